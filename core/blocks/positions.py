"""Where a token stands, as something to add to its embedding."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn


class LearnedPositions(nn.Module):
    """A vector for each place, learnt (GPT, BERT)."""

    def __init__(self, n_ctx: int, d_model: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(n_ctx, d_model))

    def forward(self, n: int) -> Float[Tensor, "pos d_model"]:
        """The first n places; the caller sees to it that n is at most n_ctx."""
        assert n <= len(self.weight), f"{n} positions asked for, {len(self.weight)} learnt"
        return self.weight[:n]


def sinusoids(n: int, d_model: int) -> Float[Tensor, "pos d_model"]:
    """Sines in the even places, cosines in the odd ones, wavelengths from 2 pi to 10,000 * 2 pi (Vaswani et al. 2017, section 3.5)."""
    rate = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10_000) / d_model))
    angle = torch.arange(n)[:, None] * rate
    return torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(1)[:, :d_model]
