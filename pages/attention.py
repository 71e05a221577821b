"""Every head of a run on one sentence."""

import streamlit as st

from pages.ui import address, frame, heads, pickers

frame.enter(
    "attention", "Attention", "Each small square is one head. Hover to look, click to pin, Esc to let go; the arrow keys move through tokens and heads."
)

with st.container(key="fields-top"):
    top = st.columns(2, vertical_alignment="bottom", gap="medium")
with top[0]:
    run = pickers.run("attention heads", "attention")
with top[1]:
    step = pickers.step(run)

text = heads.sentence(run)
shown = heads.patterns(run, step, text)
if shown is None:
    st.stop()
pin = heads.show(run, shown)
address.put(layer=pin.layer + 1, head=pin.head + 1, token=None if pin.token is None else pin.token + 1)
