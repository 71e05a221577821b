"""The attention of a sentence: the run's own probe from its snapshot, or any other by the model itself."""

import streamlit as st

from core.training.run import Run
from core.training.snapshots import Attention
from pages.ui import address, load, say
from pages.ui.components import Pin, attention_view

KEY = "attention-sentence"
LONGEST = 4000  # characters: a server refuses an address that is much longer


def sentence(run: Run) -> str:
    """A field for a sentence, in the address; empty means the run's probe."""
    if KEY not in st.session_state:
        st.session_state[KEY] = address.get("text")[:LONGEST]
    typed = st.text_input("Sentence", key=KEY, placeholder="the run's own probe sentence; type any other", icon=":material/edit:", max_chars=LONGEST)
    address.put(text=typed.strip())
    return typed.strip()


def patterns(run: Run, step: int, text: str) -> Attention | None:
    """What is to be shown; None after a sentence that says why there is nothing."""
    if not text:
        probes = load.attention(run, step)
        if probes:
            return probes[0]
        st.info("This run has kept no probe sentence at this step. Type one above.", icon=":material/edit:")
        return None
    try:
        with st.spinner("Reading the model…", show_time=True):
            found = load.trained(run, step).patterns(text)
    except ValueError as wrong:
        st.error(say.plain(str(wrong)), icon=":material/block:")
        return None
    if found.n_left_out:
        st.warning(
            f"The sentence is longer than the {len(found.tokens)} tokens that this model sees at once; its last {found.n_left_out} tokens are left out.",
            icon=":material/content_cut:",
        )
    if "[UNK]" in found.tokens:
        st.caption("[UNK] stands for what is not in this run's vocabulary.")
    return Attention(found.tokens, found.bytes(), found.allowed)


def show(run: Run, shown: Attention) -> Pin:
    """The view, beginning at the head and token of the address (there counted from 1)."""
    n_layers, n_heads = shown.weights.shape[:2]
    layer, head, token = ((address.number(part) or 1) - 1 for part in ("layer", "head", "token"))
    return attention_view(
        f"attention-{run.id}",
        shown.weights,
        shown.tokens,
        shown.tokens,
        shown.allowed,
        layer=layer if 0 <= layer < n_layers else 0,
        head=head if 0 <= head < n_heads else 0,
        token=token if address.get("token") and 0 <= token < len(shown.tokens) else None,
        height=640,
    )
