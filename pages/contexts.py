"""A word wherever it stands: a point for each sentence, layer by layer"""

import streamlit as st

from pages.ui import contexts, frame, pickers

frame.enter(
    "contexts",
    "Contexts",
    "A static embedding has one point for a word. A model that reads sentences has one for each place where it stands: do its senses part?",
)

with st.container(key="fields-top"):
    first, second, third, fourth = st.columns(4, vertical_alignment="bottom", gap="medium")
with first:
    run = pickers.run("layers to look into", "objective")
with second:
    step = pickers.step(run)
with third:
    corpus = pickers.text(run)
with fourth:
    word = contexts.word(run)
contexts.show(run, step, corpus, word)
