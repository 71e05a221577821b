"""Vectors from elsewhere, opened to be looked at; and those of a run or a file, to be taken along in any format."""

import streamlit as st

from pages.ui import files, frame

frame.enter("vectors", "Vector files", "Open vectors that were made elsewhere, and browse them as a run's; or take a run's with you, for any other program.")

with st.container(key="panes"):
    left, right = st.columns(2, gap="large")
with left:
    st.header("Open a file", anchor=False)
    files.upload()
    files.opened_ones()
    st.header("Open a model", anchor=False)
    files.model()
with right:
    st.header("Save vectors", anchor=False)
    files.save()
