"""The mask lab: which mask a text is under, what is seen through it, and what becomes of every prediction."""

import base64
import binascii
from typing import Any

import numpy as np
import streamlit as st

from core.patterns import EDITED, OPENED, PARTS, causes
from core.training.run import Run
from pages.ui import address, pickers, say
from pages.ui.components import mask_view
from pages.ui.viewer import attention_view

LONGEST = 48  # tokens of a text whose cells can be hit
OWN = "own"
HINT = (
    "Click a cell to open or close it; drag to paint. Orange frames: edited. Right: how much each prediction changes when a token is replaced; "
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
    return found


def as_read(trained: Any) -> Any:
    """The model as it reads under one of its masks, where it has several (XLNet's orders, UniLM's four); in the address."""
    return trained.under(pickers.segment("Read under", {way: way for way in trained.ways}, "read")) if trained.ways else trained


def probe(run: Run) -> str:
    """The run's own sentence, as its tokens say it."""
    if run.config.probes:
        return run.config.probes[0]
    probes = run.snapshots()[-1].attention()
    kinds = {each.part: each for each in probes[0]} if probes else {}
    own = next((kinds[name].keys for name in ("self", "encoder") if name in kinds), [])
    return " ".join(token.strip() for token in own if not token.startswith("["))


def part(reading: Any) -> str:
    """Which of the model's attentions is under the mask; in the address."""
    there = {"decoder": PARTS["decoder"], "cross": PARTS["cross"], "encoder": PARTS["encoder"]} if reading.source else {"self": PARTS["self"]}
    if reading.batch.query_mask is not None:
        there["query"] = PARTS["query"]
    return pickers.segment("Attention", there, "part")


def lab(run: Run, trained: Any, reading: Any, part: str) -> None:
    """The editor, what is seen through the mask, and the attention under it."""
    from core.inspection import masking
    from core.inspection.influence import by_replacement

    queries, keys = _sides(reading, part)
    own = _own(reading.batch, part, len(queries), len(keys))
    cells = _chosen(own)
    first_only = st.toggle(
        "In the first layer only", key="first-only", bind="query-params", help="In the other layers everybody sees everything. Does it suffice?"
    )
    batch, model = reading.batch, trained.model
    before = masking.under(model, batch, reading.tokens, reading.source)
    with masking.masked(model, batch, part, cells, first_only) as other:
        after = masking.under(model, other, reading.tokens, reading.source)
        influence = np.zeros((0, 0)) if part == "encoder" else by_replacement(model, other, _substitutes(trained), of_source=part == "cross")
    _said(cells, own, before, after, queries)
    picture = {
        "queries": queries,
        "keys": keys,
        "predictions": [] if part == "encoder" else _predictions(trained, before, after),
        "order": _order(len(keys)) if address.get("mask") == "permutation" else None,
        "hint": HINT,
    }
    columns = {
        "cells": cells.astype(np.uint8),
        "own": own.astype(np.uint8),
        "influence": influence.astype(np.float32),
        "verdicts": _verdicts(influence, cells, reading.batch, part),
        "changes": masking.changes(before, after).astype(np.float32),
    }
    mask_view(f"mask-{run.id}-{part}", picture, columns, lambda sent: address.put(cells=_packed(sent)), lambda order: address.put(order=order, cells=None))
    st.subheader("Attention under this mask", anchor=False)
    shown = next(each for each in after.patterns if each.part == part)
    why = np.where(cells == own, causes(shown.allowed, shown.keys), np.where(shown.allowed, OPENED, EDITED))
    attention_view(f"masked-{run.id}-{part}", shown.weights, shown.queries, shown.keys, why, height=440)


def _sides(reading: Any, part: str) -> tuple[list[str], list[str]]:
    source = list(reading.source)
    return {"encoder": (source, source), "cross": (reading.tokens, source)}.get(part, (reading.tokens, reading.tokens))


def _own(batch: Any, part: str, n: int, m: int) -> np.ndarray:
    from core.inspection.masking import MASK_OF

    mask: np.ndarray = getattr(batch, MASK_OF[part])[0, 0].expand(n, m).cpu().numpy()
    return mask


# ------------------------------------------------------------------ which mask


def _chosen(own: np.ndarray) -> np.ndarray:
    """The run's own mask, one by name, or the user's: each is in the address."""
    from core.inspection.masking import PRESETS

    n, m = own.shape
    offered = {OWN: "the run's own"} | {name: each.title for name, each in PRESETS.items() if n == m or not each.square}
    before = address.get("mask") or OWN
    name = pickers.segment("Mask", offered, "mask")
    if name != before:
        address.put(cells=None)
    cells = own
    if name != OWN:
        preset, at = PRESETS[name], 0
        st.caption(preset.help)
        if preset.number:
            at = st.slider(
                preset.number.capitalize(), 0, m, min(m, max(1, address.number("at") or (m // 2 if "source" in preset.number else 1))), key=f"at-{name}"
            )
            if address.number("at") not in (None, at):
                address.put(cells=None)
            address.put(at=at)
        cells = preset.make(n, m, at, _order(m))
    edited = _unpacked(address.get("cells"), own.shape)
    if edited is not None:
        st.button("Take back what I edited", icon=":material/undo:", on_click=lambda: address.put(cells=None))
        return edited
    return cells


def _order(n: int) -> list[int]:
    """The order of a permutation, from the address; from left to right where it says none of so many tokens."""
    parts = address.get("order").split("-")
    found = [int(part) for part in parts if part.isdigit() and len(part) < 4]
    return found if sorted(found) == list(range(n)) else list(range(n))


def _packed(cells: str) -> str:
    """Zeros and ones as a few letters for the address."""
    bits = np.frombuffer(cells.encode(), np.uint8) == ord("1")
    return base64.urlsafe_b64encode(np.packbits(bits).tobytes()).decode().rstrip("=")


def _unpacked(text: str, shape: tuple[int, int]) -> np.ndarray | None:
    """The mask of an address; None where it is of another size, or none."""
    n = shape[0] * shape[1]
    try:
        content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    if not text or len(content) != (n + 7) // 8:
        return None
    cells: np.ndarray = np.unpackbits(np.frombuffer(content, np.uint8))[:n].astype(bool).reshape(shape)
    return cells


# ------------------------------------------------------------------ what comes of it


def _substitutes(trained: Any) -> list[int]:
    """Frequent tokens that stand in for each one: a few, so that a token is not replaced by itself or by its like alone."""
    first, last = trained.tokenizer.n_special, trained.tokenizer.vocab_size - 1
    return sorted({min(last, first + i) for i in (0, 3, 11)})


def _predictions(trained: Any, before: Any, after: Any) -> list[dict[str, Any]]:
    rows = []
    for one, other in zip(before.probabilities, after.probabilities, strict=True):
        a, b = int(one.argmax()), int(other.argmax())
        word = trained.shown([a, b])
        rows.append({"before": word[0], "p_before": float(one[a]), "after": word[1], "p_after": float(other[b])})
    return rows


def _verdicts(influence: np.ndarray, cells: np.ndarray, batch: Any, part: str) -> np.ndarray:
    from core.inspection.influence import reach, verdicts

    if not influence.size:
        return np.zeros(0, np.uint8)
    n_layers = 32  # more than any way is long
    if part == "cross":
        decoder = reach([_own(batch, "decoder", len(cells), len(cells))] * n_layers)
        encoder = reach([_own(batch, "encoder", cells.shape[1], cells.shape[1])] * n_layers)
        reached = (decoder.astype(np.float32) @ cells.astype(np.float32) @ encoder.astype(np.float32)) > 0
    else:
        reached = reach([cells] * n_layers)
    found: np.ndarray = verdicts(influence, cells, reached)
    return found


def _said(cells: np.ndarray, own: np.ndarray, before: Any, after: Any, queries: list[str]) -> None:
    """What changed, in numbers; and rows that see nothing."""
    from core.inspection.masking import changes, empty_rows

    moved = changes(before, after)
    others = int((before.probabilities.argmax(-1) != after.probabilities.argmax(-1)).sum())
    said = f"{int((cells != own).sum())} of {cells.size} cells differ from the run's own mask. "
    said += f"{others} of {len(moved)} predictions are other ones; on average {100 * moved.mean():.1f} % of the probability moved. "
    if not np.isnan(before.losses).all():
        said += f"The loss goes from {np.nanmean(before.losses):.3f} to {np.nanmean(after.losses):.3f} nats."
    st.caption(said)
    if blind := empty_rows(cells):
        names = ", ".join(f"“{queries[i]}”" for i in blind[:5])
        st.info(
            f"{say.plain(names)} may see nothing: the weights of such a row are all 0, and the token learns nothing from this attention.",
            icon=":material/visibility_off:",
        )
