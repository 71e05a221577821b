"""Every head of a run on one sentence, and the steps inside one of them."""

import streamlit as st

from core.attention_files import AttentionFile
from pages.ui import attention_files, flowing, frame, heads, inside, pickers

frame.enter(
    "attention", "Attention", "Each small square is one head. Hover shows, a click pins, Esc lets go; the arrow keys move through tokens, heads and layers."
)

with st.container(key="fields-top"):
    top = st.columns(2, vertical_alignment="bottom", gap="medium")
with top[0]:
    run = pickers.run_or_attention("attention heads")
if isinstance(run, AttentionFile):
    attention_files.show(run)
    st.stop()
text = heads.sentence(run)
row = st.container(horizontal=True, gap="large", key="row-view")
with row:
    view = pickers.segment("View", {"heads": "All heads", "inside": "Inside one head", "flow": "Flow"}, "view")
if view in ("inside", "flow"):
    with top[1]:
        step = pickers.step(run)
    (inside if view == "inside" else flowing).show(run, step, text)
else:
    with top[1]:
        steps = heads.steps(run, text)
    shown = heads.read(run, text, steps, row)
    if shown is not None:
        heads.show(run, shown)
