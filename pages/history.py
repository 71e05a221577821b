"""A run's words over time: map, neighbours, loss and samples under one head, also while it trains"""

import streamlit as st

from pages.ui import frame, history, neighbourhood, pickers

frame.enter("history", "Over time", "Drag along the curve, or play it: map, neighbours and samples show the run at that moment.")

with st.container(key="fields-top"):
    first, second, third = st.columns([4, 4, 3], vertical_alignment="bottom", gap="medium")
with first:
    run = pickers.run("vectors", "vectors")
with second:
    word = neighbourhood.search(history.Film(run, tuple(each.step for each in run.snapshots())).moments[-1])
with third:
    method = pickers.segment("Projection", {"pca": "PCA", "umap": "UMAP"}, "projection")
history.show(run, method, word, neighbourhood.choose)
