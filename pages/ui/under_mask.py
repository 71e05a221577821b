"""What a model says of a text under a mask, kept by what was asked: predictions, what each depends on, and what of it the mask explains."""

import dataclasses
import time
from typing import Any

import numpy as np
import streamlit as st

from core.training.run import Run
from pages.ui.mask_choice import order


@st.cache_resource(max_entries=16, show_spinner=False)
def before(key: tuple[Any, ...], _trained: Any, _reading: Any) -> Any:
    """What the model says under its own mask. key: what tells run, step and text from others, for the rest is not looked at."""
    from core.inspection.masking import under

    return under(_trained.model, _reading.batch, _reading.tokens, _reading.source)


@st.cache_resource(max_entries=16, show_spinner=False)
def after(
    key: tuple[Any, ...], part: str, cells: bytes, shape: tuple[int, int], first_only: bool, measure: str, _trained: Any, _reading: Any, _batch: Any
) -> tuple[Any, np.ndarray, float]:
    """What it says under these cells, how much each prediction depends on each token, and the milliseconds that this took."""
    from core.inspection import masking
    from core.inspection.influence import by_gradient, by_replacement

    begun, model = time.perf_counter(), _trained.model
    mask = np.frombuffer(cells, bool).reshape(shape)
    with masking.masked(model, _batch, part, mask, first_only) as other:
        found = masking.under(model, other, _reading.tokens, _reading.source)
        if part == "encoder":
            influence = np.zeros((0, 0))
        elif measure == "gradient":
            influence = by_gradient(model, other, of_source=part == "cross")
        else:
            influence = by_replacement(model, other, _substitutes(_trained), of_source=part == "cross")
    return found, influence, 1000 * (time.perf_counter() - begun)


def in_both_streams(batch: Any, n: int) -> Any:
    """XLNet's content and query stream in the order of a permutation: the one that is not edited follows the other."""
    import torch

    from core.blocks.masks import before, up_to

    if batch.query_mask is None:
        return batch
    rank = torch.empty(1, n, dtype=torch.long)
    rank[0, order(n)] = torch.arange(n)
    return dataclasses.replace(batch, attn_mask=up_to(rank).to(batch.ids.device), query_mask=before(rank).to(batch.ids.device))


def key_of(run: Run, step: int, batch: Any) -> tuple[Any, ...]:
    """What tells this text under these masks, by this model, from all others."""
    parts = (batch.ids, batch.source, batch.targets, batch.attn_mask, batch.query_mask, batch.segments)
    return (str(run.folder), run.config.created, step, *(() if part is None else tuple(part.ravel().tolist()) for part in parts))


def _substitutes(trained: Any) -> list[int]:
    """Frequent tokens that stand in for each one: a few, so that a token is not replaced by itself or by its like alone."""
    first, last = trained.tokenizer.n_special, trained.tokenizer.vocab_size - 1
    return sorted({min(last, first + i) for i in (0, 3, 11)})


def predictions(trained: Any, before: Any, after: Any) -> list[dict[str, Any]]:
    """At each position the likeliest token under either mask, for `mask_view`."""
    rows = []
    for one, other in zip(before.probabilities, after.probabilities, strict=True):
        a, b = int(one.argmax()), int(other.argmax())
        word = trained.shown([a, b])
        rows.append({"before": word[0], "p_before": float(one[a]), "after": word[1], "p_after": float(other[b])})
    return rows


def verdicts(influence: np.ndarray, cells: np.ndarray, batch: Any, part: str) -> np.ndarray:
    """Of each output and input whether the mask explains the influence, as core.inspection.influence tells it. batch: with the masks that are not edited."""
    from core.inspection.influence import reach, verdicts

    if not influence.size:
        return np.zeros(0, np.uint8)
    n_layers = 32  # more than any way is long

    def through(first: np.ndarray, then: np.ndarray) -> np.ndarray:
        return (first.astype(np.float32) @ reach([then] * n_layers).astype(np.float32)) > 0

    allowed, n, m = cells, *cells.shape
    if part == "cross":
        decoder = reach([own(batch, "decoder", n, n)] * n_layers)
        reached = through(decoder.astype(np.float32) @ cells.astype(np.float32) > 0, own(batch, "encoder", m, m))
    elif batch.query_mask is not None:  # what the query stream sees, and what the content stream had seen there
        allowed, content = (cells, own(batch, "self", n, m)) if part == "query" else (own(batch, "query", n, m), cells)
        reached = through(allowed, content)
    else:
        reached = reach([cells] * n_layers)
    found: np.ndarray = verdicts(influence, allowed, reached)
    return found


def own(batch: Any, part: str, n: int, m: int) -> np.ndarray:
    """A part's mask of a batch, bool [query key]."""
    from core.inspection.masking import MASK_OF

    mask: np.ndarray = getattr(batch, MASK_OF[part])[0, 0].expand(n, m).cpu().numpy()
    return mask
