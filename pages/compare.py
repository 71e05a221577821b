"""The same text through several systems: scores, speed, memory, and the same word's neighbours side by side."""

import streamlit as st

from pages.ui import address, agreeing, comparing, frame, missing, scoring

frame.enter("compare", "Compare", "The same text through several systems: what each scores, what it took, and what each says about the same word.")

chosen = comparing.choose()
if not chosen:
    missing.offer()
    st.stop()
scoring.unseen(chosen)
scoring.board(chosen, scoring.sets(chosen))

st.header("The same word", anchor=False)
overlap = agreeing.overlap(chosen)
word = agreeing.search(overlap)
if word:
    agreeing.lists(chosen, word)
agreeing.agreement(chosen, overlap, word)
address.put(word=word)

st.header("More to compare", anchor=False)
left, right = st.columns(2, gap="large")
with left:
    scoring.bring()
with right:
    missing.offer(chosen[0].corpus)
