"""Vectors from elsewhere, opened to be looked at; and those of a run or a file, to be taken along in any format."""

import streamlit as st

from pages.ui import attention_files, columns, files, frame

frame.enter("vectors", "Files", "Open vectors, models and attention that were made elsewhere, and browse them as a run's; or take a run's vectors with you.")

with st.container(key="panes"):
    left, right = st.columns(2, gap="large")
with left:
    st.header("Open a file", anchor=False)
    files.upload()
    files.opened_ones()
    st.header("Open a model", anchor=False)
    files.model()
    st.header("Open attention", anchor=False)
    attention_files.upload()
    attention_files.opened_ones()
with right:
    st.header("Save vectors", anchor=False)
    source = files.source()
    if source is not None:
        files.save(source)
        st.header("Columns for colour and text", anchor=False)
        columns.show(source)
