"""A model's own mix of its layers, as plain numbers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mix:
    """What is taken of each layer: shares, which together are 1, the token layer's first; their sum is scaled by gamma (Peters et al. 2018, equation 1)."""

    shares: list[float]
    gamma: float
