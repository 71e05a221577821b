"""Where a token stands, as something to add to its embedding."""

import math

import torch
from jaxtyping import Float, Int
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


def relative_buckets(n_query: int, n_key: int, both_ways: bool, n_buckets: int = 32, furthest: int = 128) -> Int[Tensor, "query key"]:
    """Which bucket the distance from a query to a key falls into (Raffel et al. 2020, section 2.1).

    The first half of the buckets is one distance each, the rest grow like its logarithm up to `furthest`; with both_ways half of all buckets are for
    keys that come after, else those share bucket 0 with the query's own place.
    """
    distance = torch.arange(n_key) - torch.arange(n_query)[:, None]
    n = n_buckets // 2 if both_ways else n_buckets
    side = (distance > 0) * n if both_ways else torch.zeros_like(distance)
    far = distance.abs() if both_ways else (-distance).clamp(min=0)
    exact = n // 2
    coarse = exact + (torch.log(far.clamp(min=1) / exact) / math.log(furthest / exact) * (n - exact)).long().clamp(max=n - exact - 1)
    return side + torch.where(far < exact, far, coarse)


class RelativePositions(nn.Module):
    """What T5 adds to the scores: a number for each head and bucket of distance, the same in all layers."""

    def __init__(self, n_heads: int, both_ways: bool, n_buckets: int = 32, furthest: int = 128) -> None:
        super().__init__()
        self.both_ways, self.furthest = both_ways, furthest
        self.weight = nn.Parameter(torch.zeros(n_buckets, n_heads))

    def forward(self, n_query: int, n_key: int) -> Float[Tensor, "1 n_heads query key"]:
        buckets = relative_buckets(n_query, n_key, self.both_ways, len(self.weight), self.furthest).to(self.weight.device)
        return self.weight[buckets].permute(2, 0, 1)[None]
