"""What changed between two moments, two runs or two matrices: words by their neighbourhoods, and two maps with one selection"""

import streamlit as st

from pages.ui import changing, frame, neighbourhood, pickers

frame.enter("changes", "What changed", "Two moments, two runs or two matrices: which words have other neighbours now, and where they went.")

pair = changing.choose()
with st.container(key="fields-top"):
    first, second = st.columns([3, 7], vertical_alignment="bottom", gap="medium")
with first:
    word = neighbourhood.search(pair.after.view.vectors())
with second:
    method = pickers.segment("Projection", {"pca": "PCA", "umap": "UMAP"}, "projection")
with st.container(key="panes-maps"):
    changing.maps(pair, method, word)
with st.container(key="panes"):
    left, right = st.columns(2, gap="large")
with left:
    changing.ranked(pair)
with right:
    changing.both(pair, word)
