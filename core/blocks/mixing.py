"""A learnt mix of a network's layers (Peters et al. 2018, equation 1)."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn


class LayerMix(nn.Module):
    """gamma times the sum of the layers, each weighted by a softmax; at the beginning their mean."""

    def __init__(self, n_layers: int) -> None:
        super().__init__()
        self.weights, self.gamma = nn.Parameter(torch.zeros(n_layers)), nn.Parameter(torch.ones(()))

    @property
    def shares(self) -> Float[Tensor, " layer"]:
        """How much of each layer there is: at least 0, together 1."""
        return self.weights.softmax(dim=0)

    def forward(self, layers: Sequence[Float[Tensor, "*batch d"]]) -> Float[Tensor, "*batch d"]:
        mixed: Tensor = self.gamma * sum(share * layer for share, layer in zip(self.shares, layers, strict=True))
        return mixed
