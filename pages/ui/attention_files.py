"""Attention from elsewhere: files opened, listed, removed, and shown as a run's is."""

from functools import partial

import streamlit as st

from core import attention_files
from core.attention_files import AttentionFile
from pages.ui import heads, kept, load, say

LARGEST = 1024  # MB
WANTED = """numpy.savez("attention.npz",
    attentions=...,  # [layer, head, query, key]
    tokens=...)      # a string each"""


def upload() -> None:
    """A file, or a sentence where it is broken."""
    turn = st.session_state.get("attention-turn", 0)
    st.caption("An .npz of any model's attention, with its tokens:")
    st.code(WANTED, "python")
    with st.popover("With an encoder, steps, a mask", type="tertiary"):
        st.caption(
            "From transformers: `numpy.stack([each.numpy() for each in output.attentions])`. Of an encoder and a decoder: `encoder_attentions`, "
            "`decoder_attentions`, `cross_attentions`, and `source_tokens` besides. At several steps of a training: a first axis more, and `steps`. "
            "`mask` (`encoder_mask`, ...) is [query, key], True where attention is allowed; without one a key without any weight counts as masked."
        )
    chosen = st.file_uploader("Attention", ["npz"], key=f"attention-upload-{turn}", max_upload_size=LARGEST, label_visibility="collapsed")
    if chosen is None or not st.button("Open", type="primary", icon=":material/file_open:", key="attention-open"):
        return
    try:
        with st.spinner("Reading…"):
            made = attention_files.add(chosen.getvalue(), chosen.name)
    except (ValueError, OSError) as wrong:
        st.error(say.plain(str(wrong)), icon=":material/block:")
        return
    st.session_state["attention-turn"] = turn + 1  # an uploader of its own for the next one
    st.switch_page("pages/attention.py", query_params={"run": made.id})


def opened_ones() -> None:
    """What is open, ways to it and away."""
    for each in attention_files.opened():
        look = partial(st.page_link, "pages/attention.py", label="Look at its heads", icon=":material/grid_view:", query_params={"run": each.id})
        kept.card(each, "this attention", look)


def show(file: AttentionFile) -> None:
    """Its heads, as far as a browser takes them."""
    try:
        found = load.kept_attention(file)
    except (ValueError, OSError):
        found = []
    if not found:
        st.error("What was kept of this file can no longer be read. Remove it on the page Files, and open it again.", icon=":material/block:")
        return
    shown = heads.one_part(found)
    if len(shown.steps) < len(file.snapshots()):
        st.caption(f"{len(shown.steps)} of {len(file.snapshots())} steps are shown: all would be too many for a browser.")
    st.caption(say.plain(file.about))
    heads.show(file, heads.fitting(shown))
