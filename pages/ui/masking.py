"""The mask lab: which mask a text is under, what is seen through it, and what becomes of every prediction."""

from typing import Any

import numpy as np
import streamlit as st

from core.patterns import EDITED, OPENED, PARTS, causes
from core.training.run import Run
from pages.ui import address, mask_choice, pickers, say, under_mask
from pages.ui.components import mask_view
from pages.ui.heads import probe, say_what_was_cut
from pages.ui.viewer import LOOK, attention_view

LONGEST = 48  # tokens of a text whose cells can be hit
STATES = {"difference": {"from": "0"}, "before": {"step": "0"}}  # what the view shows of the attention before and after; after, where neither is asked for
HINT = (
    "Click a cell to open or close it; drag to paint. Orange frames: edited. Right: how much each prediction depends on each token; "
    "a dot: by way of others that may see it; an orange cell: a leak."
)


def reading(run: Run, trained: Any) -> Any:
    """The text as the model reads it; the page ends with a sentence where there is none, or where it is too long to be edited cell by cell."""
    key = f"masked-text-{run.id}"
    shown = address.held(key, (address.get("text") or probe(run))[:1000])
    text = st.text_input("Sentence", shown, key=key, max_chars=1000, icon=":material/edit:", placeholder="a sentence; or a source, → and its target").strip()
    address.put(text=text)
    try:
        found = as_read(trained).read(text.replace("→", "\t"))
    except ValueError as wrong:
        st.error(say.plain(str(wrong)), icon=":material/block:")
        st.stop()
    if max(len(found.tokens), len(found.source)) > LONGEST:
        st.warning(
            f"This text has {max(len(found.tokens), len(found.source))} tokens; cells can be edited for up to {LONGEST}. Shorten it.",
            icon=":material/content_cut:",
        )
        st.stop()
    say_what_was_cut(max(len(found.tokens), len(found.source)), found.n_left_out)
    return found


def as_read(trained: Any) -> Any:
    """The model as it reads under one of its masks, where it has several (XLNet's orders, UniLM's four); in the address."""
    return trained.under(pickers.segment("Read under", {way: way for way in trained.ways}, "read")) if trained.ways else trained


def part(trained: Any, reading: Any) -> str:
    """Which of the model's attentions is under the mask; in the address. The page ends with a sentence where it has none."""
    from core.inspection.attention import part_of
    from core.inspection.hooks import hook_points

    there = {part_of(name) for name in hook_points(trained.model, "*.pattern")} | ({"query"} if reading.batch.query_mask is not None else set())
    if not there:
        st.info("This run was trained without attention: there is no mask to edit. Choose another run.", icon=":material/block:")
        st.stop()
    titles = {name: PARTS[name] for name in ("decoder", "cross", "encoder", "self", "query") if name in there}
    return pickers.segment("Attention", titles, "part") if len(titles) > 1 else next(iter(titles))


def lab(run: Run, step: int, trained: Any, reading: Any, part: str) -> None:
    """The editor, what is seen through the mask, and the attention under it."""
    from core.inspection.masking import changes

    queries, keys = _sides(reading, part)
    own = under_mask.own(reading.batch, part, len(queries), len(keys))
    cells = mask_choice.chosen(own, part)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large", key="row-measure"):
        measure = pickers.segment("Does see, by", {"replacing": "replacing a token", "gradient": "gradient"}, "influence")
        first_only = st.toggle(
            "In the first layer only", key="first-only", bind="query-params", help="In the other layers everybody sees everything. Does it suffice?"
        )
    batch = under_mask.in_both_streams(reading.batch, len(keys)) if address.get("mask") == "permutation" else reading.batch
    before = under_mask.before(under_mask.key_of(run, step, reading.batch), trained, reading)
    asked = (part, cells.tobytes(), cells.shape, first_only, measure)
    after, influence, took = under_mask.after(under_mask.key_of(run, step, batch), *asked, trained, reading, batch)
    _said(cells, own, before, after, queries, took)
    picture = {
        "queries": queries,
        "keys": keys,
        "predictions": [] if part == "encoder" else under_mask.predictions(trained, before, after),
        "order": mask_choice.order(len(keys)) if address.get("mask") == "permutation" else None,
        "gradient": measure == "gradient",
        "hint": HINT,
    }
    columns = {
        "cells": cells.astype(np.uint8),
        "own": own.astype(np.uint8),
        "influence": influence.astype(np.float32),
        "verdicts": under_mask.verdicts(influence, cells, batch, part),
        "changes": changes(before, after).astype(np.float32),
    }

    def edited(sent: str) -> None:
        address.put(cells=mask_choice.packed(sent))

    mask_view(f"mask-{run.id}-{part}", picture, columns, edited, lambda order: address.put(order=order, cells=None))
    st.subheader("Attention before and under this mask", anchor=False)
    _attention(run, part, before, after, cells if first_only else None)


def _attention(run: Run, part: str, before: Any, after: Any, first: np.ndarray | None) -> None:
    """Both and their difference, in one view; what is looked at is in the address, the state as `state`. first: the mask of the first layer alone."""
    one, other = (next(each for each in under.patterns if each.part == part) for under in (before, after))
    was, now = one.allowed, np.repeat(other.allowed[None], len(other.weights), axis=0)
    if first is not None:
        now[0] = first
    own = np.broadcast_to(causes(was, one.keys), now.shape)
    why = np.stack([own, np.where(was == now, own, np.where(now, OPENED, EDITED))])
    names = tuple(name for name in LOOK if name != "from")
    look = {name: address.get(name) for name in names if address.get(name)} | STATES.get(address.get("state"), {})
    told = attention_view(
        f"masked-{run.id}-{part}",
        np.stack([one.weights, other.weights]),
        other.queries,
        other.keys,
        why,
        look=look,
        steps=(0, 1),
        title=f"{run.name} · {PARTS[part]}, before and under an edited mask",
        height=440,
        compared=True,
    )
    state = next((name for name, parts in STATES.items() if parts.items() <= told.items()), None)
    address.put(**{name: told.get(name) for name in names}, state=state)


def _sides(reading: Any, part: str) -> tuple[list[str], list[str]]:
    source = list(reading.source)
    return {"encoder": (source, source), "cross": (reading.tokens, source)}.get(part, (reading.tokens, reading.tokens))


def _said(cells: np.ndarray, own: np.ndarray, before: Any, after: Any, queries: list[str], took: float) -> None:
    """What changed, in numbers; and rows that see nothing."""
    from core.inspection.masking import changes, empty_rows

    moved = changes(before, after)
    others = int((before.probabilities.argmax(-1) != after.probabilities.argmax(-1)).sum())
    said = f"{int((cells != own).sum())} of {cells.size} cells differ from the run's own mask. "
    said += f"{others} of {len(moved)} predictions are other ones; on average {100 * moved.mean():.1f} % of the probability moved. "
    if not np.isnan(before.losses).all():
        said += f"The loss goes from {np.nanmean(before.losses):.3f} to {np.nanmean(after.losses):.3f} nats. "
    st.caption(f"{said}Computed in {took:.0f} ms.")
    if blind := empty_rows(cells):
        names = ", ".join(f"“{queries[i]}”" for i in blind[:5])
        st.info(
            f"{say.plain(names)} may see nothing: the weights of such a row are all 0, and the token learns nothing from this attention.",
            icon=":material/visibility_off:",
        )
