"""Attention with tokens: whatever shows attention takes these."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# Which attention of a model: its only one; an encoder's, a decoder's own, the decoder's to the encoder; XLNet's second stream.
PARTS = {"self": "self-attention", "encoder": "encoder", "decoder": "decoder", "cross": "decoder to encoder", "query": "query stream"}


@dataclass(frozen=True, eq=False)
class Patterns:
    """One kind of attention of one text: `weights[layer, head, query, key]`, float32, each row a distribution over its allowed keys, or zeros."""

    queries: Sequence[str]  # the tokens that look
    keys: Sequence[str]  # the tokens that are looked at
    weights: np.ndarray
    allowed: np.ndarray  # bool [query, key]
    part: str = "self"  # of PARTS
    n_left_out: int = 0  # tokens at the end of the text for which the model's context had no room

    def bytes(self) -> np.ndarray:
        """The weights as uint8, 255 = 1: what snapshots keep and browsers get; off by at most 1/510."""
        rounded: np.ndarray = np.rint(self.weights * 255).astype(np.uint8)
        return rounded
