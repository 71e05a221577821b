"""Search by meaning: a sentence, and those of a text that are nearest to it"""

import streamlit as st

from pages.ui import frame, pickers, sentences

frame.enter("sentences", "Sentences", "Type a sentence, and find those of the text that mean most nearly the same, as a run or a file of vectors sees it.")

with st.container(key="fields-top"):
    first, second, third, fourth = st.columns([4, 3, 4, 3], vertical_alignment="bottom", gap="medium")
with first:
    source = pickers.source()
with second:
    view = sentences.view(source)
with third:
    corpus = pickers.text(source.of)
with fourth:
    n = sentences.number()
sentences.show(view, corpus, n)
