"""The texts there are, what is in them, and how to bring one's own."""

import streamlit as st

from core.text.corpora import BUILT_IN, available
from pages.ui import address, corpora, frame

frame.enter("corpora", "Corpora", "What the systems learn from. Two texts come with every machine; add your own below.")

titles = {name: title for name, title in BUILT_IN.items()} | {corpus.id: corpus.title for corpus in available()}
wanted = address.get("text")
chosen = st.selectbox("Text", list(titles), index=list(titles).index(wanted) if wanted in titles else 0, format_func=titles.__getitem__, key="shown-corpus")
address.put(text=chosen)
corpora.show(chosen)

st.header("Add a text", anchor=False)
way = st.segmented_control("From", ["Paste", "Upload", "Web"], default="Paste", required=True, key="way", label_visibility="collapsed")
{"Paste": corpora.paste, "Upload": corpora.upload, "Web": corpora.web}[way]()
