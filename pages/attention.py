"""Every head of a run on one sentence."""

import streamlit as st

from pages.ui import frame, heads, pickers

frame.enter(
    "attention", "Attention", "Each small square is one head. Hover to look, click to pin, Esc to let go; the arrow keys move through tokens and heads."
)

with st.container(key="fields-top"):
    top = st.columns(2, vertical_alignment="bottom", gap="medium")
with top[0]:
    run = pickers.run("attention heads", "attention")
text = heads.sentence(run)
with top[1]:
    steps = heads.steps(run, text)
shown = heads.read(run, text, steps)
if shown is not None:
    heads.show(run, shown)
