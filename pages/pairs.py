"""What a training pair looks like: a sentence with its window, and what each objective is fed there."""

import streamlit as st

from pages.ui import forms, frame, pairs, pickers

frame.enter(
    "pairs",
    "Training pairs",
    "What each objective is fed. Click a word, or walk with the arrow keys, to make it the centre; every draw is drawn as it would be in training.",
)

objective, output = pairs.objective()

with st.container(key="panes"):
    left, right = st.columns([2, 1], gap="large")
with right:
    corpus = pickers.corpus(made_only=True)
    own = st.text_input("A sentence of your own", placeholder="in place of the text's", max_chars=500, icon=":material/edit:", **forms.kept("own"))
    settings = pairs.settings(objective, output)
with left:
    part = pairs.part(corpus, settings)
    pairs.show(part, objective, output, settings, own.strip())
