"""The texts there are, what is in them, and how to bring one's own."""

import streamlit as st

from pages.ui import corpora, frame, pickers

frame.enter("corpora", "Corpora", "What the systems learn from. Some texts and tasks come with every machine; add your own below.")

corpora.show(pickers.one_of("Text", pickers.corpora(), "text"))

st.header("Add a text", anchor=False)
kind = pickers.segment("What it is", {"text": "A running text", "pairs": "Pairs: a source and its target"}, "adding")
ways = {"text": {"Paste": corpora.paste, "Upload": corpora.upload, "Web": corpora.web}, "pairs": {"Paste": corpora.paste_pairs, "Upload": corpora.upload_pairs}}
way = st.segmented_control("From", list(ways[kind]), default="Paste", required=True, key=f"way-{kind}", label_visibility="collapsed")
ways[kind][way]()
