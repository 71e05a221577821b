"""Patching between two sentences: which head, which position carries the difference"""

import streamlit as st

from pages.ui import frame, generating, patching, pickers

frame.enter(
    "patching", "Patching", "Two sentences with different answers. What of the first, put into the pass over the second, brings the first one's answer back?"
)

with st.container(key="fields-top"):
    left, right = st.columns(2, vertical_alignment="bottom", gap="medium")
with left:
    run = pickers.run("attention heads", "attention")
with right:
    step = pickers.step(run)
trained = generating.model(run, step)
question = patching.question(run, trained)
patching.show(run, trained, question)
