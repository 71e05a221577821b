"""The map of a run's words, or of a file's, and what their vectors answer in the original space."""

import streamlit as st

from pages.ui import asking, frame, pickers, projections

frame.enter("embeddings", "Embeddings", "Every word is a point. Click one, or ask: the answers come from the original space, not from the map.")

with st.container(key="fields-top"):
    first, others = st.columns([3, 7], vertical_alignment="bottom", gap="medium")
with first:
    source = pickers.source()
with others:
    words = projections.choose(source)

with st.container(key="panes"):
    left, right = st.columns([13, 7], gap="large")
with left:
    layout, colour = projections.place(words)
with right:
    marked = asking.answer(words, layout, asking.picker(words.view))
if layout is not None:
    with left:
        projections.show(words, layout, colour, marked)
