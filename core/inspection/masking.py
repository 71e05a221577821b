"""A text under another mask than its own: masks by name, and what a model says under them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from core.batch import IGNORE, Batch
from core.blocks.hook_points import Tap
from core.inspection.attention import arranged, part_of
from core.inspection.hooks import edit, hook_points, record
from core.models.language_model import LanguageModel, resting
from core.patterns import Patterns

Cells = Bool[np.ndarray, "query key"]  # True: may see

MASK_OF = {
    "self": "attn_mask",
    "decoder": "attn_mask",
    "encoder": "source_mask",
    "cross": "memory_mask",
    "query": "query_mask",
}  # which of a Batch's masks a part has


# Masks by name. n, m: queries and keys; at: a number that some need (a length, a width, a boundary); order: the tokens' places, in XLNet's order.
def _full(n: int, m: int, at: int, order: Sequence[int]) -> Cells:
    return np.ones((n, m), dtype=bool)


def _causal(n: int, m: int, at: int, order: Sequence[int]) -> Cells:
    return np.tri(n, m, dtype=bool)


def _backward(n: int, m: int, at: int, order: Sequence[int]) -> Cells:
    return np.tri(m, n, dtype=bool).T


def _prefix(n: int, m: int, at: int, order: Sequence[int]) -> Cells:
    return np.tri(n, m, dtype=bool) | (np.arange(m) < at)


def _sequence_to_sequence(n: int, m: int, at: int, order: Sequence[int]) -> Cells:
    """The first `at` tokens see each other alone; those after them all of these, and themselves from the left."""
    return _prefix(n, m, at, order) & ~((np.arange(n) < at)[:, None] & (np.arange(m) >= at))


def _window(n: int, m: int, at: int, order: Sequence[int]) -> Cells:
    near: Cells = np.abs(np.arange(n)[:, None] - np.arange(m)) <= at
    return near


def _padding(n: int, m: int, at: int, order: Sequence[int]) -> Cells:
    """Nobody sees the last `at` tokens."""
    return np.broadcast_to(np.arange(m) < m - at, (n, m)).copy()


def _permutation(n: int, m: int, at: int, order: Sequence[int]) -> Cells:
    rank = np.empty(m, np.int64)
    rank[list(order)] = np.arange(m)
    seen: Cells = rank[:n, None] >= rank
    return seen


@dataclass(frozen=True)
class Preset:
    """A mask by name. number: what its number means, empty where it takes none; share: of the tokens, where that begins, 0: at one; square: whether
    queries and keys have to be the same tokens.
    """

    title: str
    help: str
    make: Callable[[int, int, int, Sequence[int]], Cells]
    number: str = ""
    share: float = 0.0
    square: bool = True
    ordered: bool = False


PRESETS = {
    "full": Preset("full", "Everybody sees everything (BERT; UniLM's bidirectional).", _full, square=False),
    "causal": Preset("causal", "Each position sees itself and what came before (GPT; UniLM's left-to-right).", _causal),
    "backward": Preset("right to left", "Each position sees itself and what comes after (UniLM's right-to-left).", _backward),
    "prefix": Preset("prefix", "Causal, but everybody sees the first tokens.", _prefix, "tokens of the prefix", 0.5),
    "seq2seq": Preset(
        "sequence to sequence",
        "The source sees itself; the target sees the source, and itself from the left (UniLM).",
        _sequence_to_sequence,
        "tokens of the source",
        0.5,
    ),
    "window": Preset("sliding window", "Each position sees its neighbours on both sides.", _window, "tokens on each side"),
    "permutation": Preset("permutation", "Each position sees itself and what came before it in an order of your own (XLNet).", _permutation, ordered=True),
    "padding": Preset("padding", "Nobody sees the last tokens.", _padding, "tokens of filling", square=False),
}


@dataclass(frozen=True, eq=False)
class Under:
    """What a model says of a text under a mask."""

    probabilities: Float[np.ndarray, "pos vocab"]  # of what it predicts at each position
    losses: Float[np.ndarray, " pos"]  # of the targets, in nats; not a number where there is none
    patterns: list[Patterns]


@contextmanager
def masked(model: LanguageModel, batch: Batch, part: str, cells: Cells, first_only: bool = False) -> Iterator[Batch]:
    """The batch under another mask. first_only: in the first layer of that part alone; in the others everybody sees everything."""
    mask = torch.tensor(cells, device=batch.ids.device)[None, None]
    points = [name for name in hook_points(model, "*.mask") if part_of(name) == ("self" if part == "query" else part)]
    if not first_only or not points:  # a recurrent decoder has no other layer that would ask
        yield replace(batch, **_as(part, mask))
        return
    with edit(model, points[0], _of_stream(batch, part, mask)):
        yield replace(batch, **_as(part, torch.ones_like(mask)))


def _as(part: str, mask: Tensor) -> dict[str, Any]:
    return {MASK_OF[part]: mask}


def _of_stream(batch: Batch, part: str, mask: Tensor) -> Tap:
    """The mask in place of another; of XLNet's two streams, which pass a point by turns, the query stream first, in one of them only."""
    turns = count()

    def tap(x: Tensor) -> Tensor:
        mine = batch.query_mask is None or (next(turns) % 2 == 0) == (part == "query")
        return mask if mine else x

    return tap


def under(model: LanguageModel, batch: Batch, tokens: Sequence[str], source: Sequence[str] = ()) -> Under:
    """Of a batch of one; call it within `masked` for what becomes of it there. tokens, source: of its `ids` and its `source`, as shown."""
    listening = record(model, "*.pattern") if hook_points(model, "*.pattern") else nullcontext[dict[str, list[Tensor]]]({})
    with resting(model), listening as recorded:
        logits = model(batch).float()[0]
    losses = F.cross_entropy(logits, batch.targets[0], ignore_index=IGNORE, reduction="none").masked_fill(batch.targets[0] == IGNORE, torch.nan)
    return Under(logits.softmax(-1).cpu().numpy(), losses.cpu().numpy(), arranged(recorded, batch, tokens, source))


def changes(before: Under, after: Under) -> Float[np.ndarray, " pos"]:
    """By how much the prediction at each position differs: total variation distance, 0 (the same) to 1."""
    distance: np.ndarray = 0.5 * np.abs(after.probabilities - before.probabilities).sum(-1)
    return distance


def empty_rows(cells: Cells) -> list[int]:
    """The queries that may see nothing: their weights are all zero, and they learn nothing from this attention."""
    return [int(row) for row in np.flatnonzero(~cells.any(axis=1))]
