"""Attention with tokens: whatever shows attention takes these."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Patterns:
    """The attention of one text: `weights[layer, head, query, key]`, float32, each row a distribution over its allowed keys."""

    tokens: list[str]
    weights: np.ndarray
    allowed: np.ndarray  # bool [query, key]
    n_left_out: int = 0  # tokens at the end of the text for which the model's context had no room

    def bytes(self) -> np.ndarray:
        """The weights as uint8, 255 = 1: what snapshots keep and browsers get; off by at most 1/510."""
        rounded: np.ndarray = np.rint(self.weights * 255).astype(np.uint8)
        return rounded
