"""The attention of a sentence: the run's own probe from its snapshot, or any other by the model itself."""

import streamlit as st

from core.patterns import PARTS
from core.training.run import Run
from core.training.snapshots import Attention
from pages.ui import address, load, pickers, say
from pages.ui.components import Pin, attention_view

KEY = "attention-sentence"
LONGEST = 4000  # characters: a server refuses an address that is much longer


def sentence(run: Run) -> str:
    """A field for a sentence, in the address; empty means the run's probe."""
    shown = address.held(KEY, address.get("text")[:LONGEST])
    typed = st.text_input("Sentence", shown, LONGEST, KEY, placeholder="the run's own probe sentence; type any other", icon=":material/edit:")
    address.put(text=typed.strip())
    return typed.strip()


def patterns(run: Run, step: int, text: str) -> Attention | None:
    """What is to be shown, of the kind of attention that is chosen; None after a sentence that says why there is nothing."""
    found = _patterns(run, step, text)
    if len(found) < 2:
        return found[0] if found else None
    named = {each.part: each for each in found}
    return named[pickers.segment("Attention", {part: PARTS[part] for part in sorted(named, key=lambda part: part != "cross")}, "part")]


def _patterns(run: Run, step: int, text: str) -> list[Attention]:
    if not text:
        probes = load.attention(run, step)
        if probes:
            return probes[0]
        st.info(
            "This run has kept no attention at this step. Type a sentence above; a run that was trained without attention has none to show.",
            icon=":material/edit:",
        )
        return []
    try:
        with st.spinner("Reading the model…", show_time=True):
            found = load.trained(run, step).patterns(text)
    except ValueError as wrong:
        st.error(say.plain(str(wrong)), icon=":material/block:")
        return []
    if not found:
        st.info("This run was trained without attention: there is nothing to show. Choose another run.", icon=":material/block:")
        return []
    if found[0].n_left_out:
        st.warning(
            f"The sentence is longer than the {len(found[0].keys)} tokens that this model sees at once; its last {found[0].n_left_out} tokens are left out.",
            icon=":material/content_cut:",
        )
    if any("[UNK]" in each.keys for each in found):
        st.caption("[UNK] stands for what is not in this run's vocabulary.")
    return [Attention(each.part, list(each.queries), list(each.keys), each.bytes(), each.allowed) for each in found]


def show(run: Run, shown: Attention) -> Pin:
    """The view, beginning at the head and token of the address (there counted from 1)."""
    n_layers, n_heads = shown.weights.shape[:2]
    layer, head, token = ((address.number(part) or 1) - 1 for part in ("layer", "head", "token"))
    return attention_view(
        f"attention-{run.id}-{shown.part}",
        shown.weights,
        shown.queries,
        shown.keys,
        shown.allowed,
        layer=layer if 0 <= layer < n_layers else 0,
        head=head if 0 <= head < n_heads else 0,
        token=token if address.get("token") and 0 <= token < len(shown.queries) else None,
        height=640,
    )
