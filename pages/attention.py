"""Every head of a run on one sentence, and the steps inside one of them."""

import streamlit as st

from pages.ui import frame, heads, inside, pickers

frame.enter(
    "attention", "Attention", "Each small square is one head. Hover shows, a click pins, Esc lets go; the arrow keys move through tokens, heads and layers."
)

with st.container(key="fields-top"):
    top = st.columns(2, vertical_alignment="bottom", gap="medium")
with top[0]:
    run = pickers.run("attention heads", "attention")
text = heads.sentence(run)
row = st.container(horizontal=True, gap="large")
with row:
    view = pickers.segment("View", {"heads": "All heads", "inside": "Inside one head"}, "view")
if view == "inside":
    with top[1]:
        step = pickers.step(run)
    inside.show(run, step, text)
else:
    with top[1]:
        steps = heads.steps(run, text)
    shown = heads.read(run, text, steps, row)
    if shown is not None:
        heads.show(run, shown)
