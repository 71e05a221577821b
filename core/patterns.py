"""Attention with tokens: whatever shows attention takes these."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

# Which attention of a model: its only one; an encoder's, a decoder's own, the decoder's to the encoder; XLNet's second stream.
PARTS = {"self": "self-attention", "encoder": "encoder", "decoder": "decoder", "cross": "decoder to encoder", "query": "query stream"}

# Weights as whole numbers, and what stands for 1. Of 65,000 the first three decimals are always right: 65 codes fall on each thousandth, so that the
# places where a third decimal is rounded up lie halfway between two codes, and no code lies on the wrong side of one.
UNITS = {np.dtype(np.uint8): 255, np.dtype(np.uint16): 65_000, np.dtype(np.float32): 1}

# Why a query may not attend to a key; 0 where it may. OPENED: it may, because the user says so. The viewer hatches each in its own way.
CAUSAL, PADDING, OBJECTIVE, EDITED, OPENED = 1, 2, 3, 4, 5
PADS = {"[PAD]", "<pad>"}


@dataclass(frozen=True, eq=False)
class Patterns:
    """One kind of attention of one text: `weights[layer, head, query, key]`, float32 or packed, each row a distribution over its allowed keys, or zeros."""

    queries: Sequence[str]  # the tokens that look
    keys: Sequence[str]  # the tokens that are looked at
    weights: np.ndarray
    allowed: np.ndarray  # bool [query, key]
    part: str = "self"  # of PARTS
    n_left_out: int = 0  # tokens at the end of the text for which the model's context had no room

    def packed(self, kind: type[np.unsignedinteger] = np.uint16) -> "Patterns":
        """With weights in one or two bytes: what snapshots keep. Off by at most half a unit."""
        return replace(self, weights=packed(self.weights, kind))

    def first(self, n: int) -> "Patterns":
        """Of the first n queries and keys only."""
        return replace(self, queries=list(self.queries[:n]), keys=list(self.keys[:n]), weights=self.weights[..., :n, :n], allowed=self.allowed[:n, :n])


@dataclass(frozen=True, eq=False)
class History:
    """The same attention at several steps of a run: `weights[step, layer, head, query, key]`, float32 or packed."""

    steps: list[int]
    queries: Sequence[str]
    keys: Sequence[str]
    weights: np.ndarray
    allowed: np.ndarray  # bool [query, key]
    part: str = "self"
    scores: dict[str, np.ndarray] = field(default_factory=dict)  # by name, of every [step, layer, head]

    def at(self, n: int, layers: slice = slice(None)) -> Patterns:
        """The n-th step, unpacked, of some layers or all."""
        return Patterns(self.queries, self.keys, unpacked(self.weights[n, layers]), self.allowed, self.part)


def history(found: dict[int, Patterns], most: int) -> History:
    """One kind of attention at those of the steps that read the same tokens as the last (a translation changes while a model learns).

    most: weights in all; of more, steps are left out evenly, the last never.
    """
    last = found[max(found)]
    same = [step for step, each in sorted(found.items()) if list(each.queries) == list(last.queries) and list(each.keys) == list(last.keys)]
    kept = thinned(same, most // max(1, last.weights.size))
    weights = last.weights[None] if len(kept) == 1 else np.stack([found[step].weights for step in kept])
    return History(kept, last.queries, last.keys, weights, last.allowed, last.part)


def thinned(steps: Sequence[int], most: int) -> list[int]:
    """No more than `most` of them, evenly spread, the last always among them."""
    n, end = max(1, min(len(steps), most)), len(steps) - 1
    return sorted({steps[end - round(i * end / max(1, n - 1))] for i in range(n)})


def packed(weights: np.ndarray, kind: type[np.unsignedinteger] = np.uint16) -> np.ndarray:
    """Weights in 0..1 as whole numbers of UNITS."""
    wide = np.dtype(np.float64 if kind is np.uint16 else np.float32)  # in float32 the product itself may land on the wrong side
    made: np.ndarray = np.rint(np.multiply(unpacked(weights), UNITS[np.dtype(kind)], dtype=wide)).astype(kind)
    return made


def unpacked(weights: np.ndarray) -> np.ndarray:
    """Weights as float32 in 0..1, whatever they were packed in."""
    return weights if weights.dtype == np.float32 else weights.astype(np.float32) / np.float32(UNITS[weights.dtype])


def causes(allowed: np.ndarray, keys: Sequence[str]) -> np.ndarray:
    """Why each cell is masked, uint8 [query, key], 0 where it is not: filling, what comes later, or else what the objective hides.

    Later tokens count as hidden by a causal mask where all of them are; a mask that opens some of them is the objective's own.
    """
    n_query, n_key = allowed.shape
    filling = np.broadcast_to(np.array([key in PADS for key in keys], dtype=bool), allowed.shape)
    later = np.triu(np.ones(allowed.shape, dtype=bool), 1) & ~filling
    causal = n_query == n_key and bool(later.any()) and not (allowed & later).any()
    told = np.where(filling, PADDING, np.where(later & causal, CAUSAL, OBJECTIVE))
    return np.where(allowed, 0, told).astype(np.uint8)
