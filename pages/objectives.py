"""One text, every system's training example: what is fed, what is hidden, what must be said, and who may see whom"""

import streamlit as st

from pages.ui import frame, objectives

frame.enter(
    "objectives",
    "Objectives",
    "The same text as each system is trained on it. Hover a token to see what it may see; the arrow keys step through what has to be said, in its order.",
)

text = objectives.text()
tokens = objectives.tokens()
objectives.draw_again()
for row in objectives.chosen():
    objectives.show(row, text, tokens)
st.page_link("pages/pairs.py", label="What word2vec, GloVe and fastText are fed: windows, noise, n-grams, co-occurrences", icon=":material/conversion_path:")
