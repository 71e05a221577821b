"""The map of a run's words, and who is near whom in the original space."""

import streamlit as st

from pages.ui import address, frame, neighbourhood, pickers, projections

frame.enter("embeddings", "Embeddings", "Every word is a point. Click one, or search: its neighbours come from the original space, not from the map.")

with st.container(key="fields-top"):
    top = st.columns([3, 3, 2], vertical_alignment="bottom", gap="medium")
with top[0]:
    run = pickers.run("vectors", "vectors")
with top[1]:
    step = pickers.step(run)
with top[2]:
    method = projections.picker()

with st.container(key="panes"):
    left, right = st.columns([7, 3], gap="large")
with right:
    word = neighbourhood.search(run, step)
    neighbourhood.table(run, step, word)
with left:
    projections.show(run, step, method, word)
address.put(word=word)
