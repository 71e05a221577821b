"""The texts there are, what is in them, and how to bring one's own."""

import streamlit as st

from pages.ui import corpora, frame, pickers

frame.enter("corpora", "Corpora", "What the systems learn from. Two texts come with every machine; add your own below.")

corpora.show(pickers.one_of("Text", pickers.corpora(), "text"))

st.header("Add a text", anchor=False)
way = st.segmented_control("From", ["Paste", "Upload", "Web"], default="Paste", required=True, key="way", label_visibility="collapsed")
{"Paste": corpora.paste, "Upload": corpora.upload, "Web": corpora.web}[way]()
