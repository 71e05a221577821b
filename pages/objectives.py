"""One text, every system's training example: what is fed, what is hidden, what must be said, and who may see whom"""

import streamlit as st

from pages.ui import frame, glance, objectives

frame.enter(
    "objectives",
    "Objectives",
    "The same text as each system is trained on it. Hover a token to see what it may see; the arrow keys step through what has to be said, in its order.",
)

text = objectives.text()
tokens = objectives.tokens()
objectives.draw_again()
with st.spinner("Drawing examples…"):
    examples = [objectives.made(row, text, tokens) for row in objectives.chosen()]
glance.show(examples)
for example in examples:
    objectives.show(example)
st.page_link("pages/pairs.py", label="What word2vec, GloVe and fastText are fed: windows, noise, n-grams, co-occurrences", icon=":material/conversion_path:")
