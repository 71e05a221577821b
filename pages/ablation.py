"""Heads switched off: what a run says without them, how much each is missed, and training on without them"""

import streamlit as st

from pages.ui import ablating, frame, generating, masking, pickers

frame.enter("ablation", "Without heads", "Switch heads off and see what the run says then; measure how much it misses each; train on without them.")

with st.container(key="fields-top"):
    left, right = st.columns(2, vertical_alignment="bottom", gap="medium")
with left:
    run = pickers.run("attention heads", "attention")
with right:
    step = pickers.step(run)
trained = generating.model(run, step)
reading = masking.reading(run, trained)

with st.container(key="panes"):
    left, right = st.columns([2, 3], gap="large")
with left:
    off, means = ablating.choose(run, step, trained, reading)
with right:
    ablating.said_without(run, trained, reading, off, means)
ablating.train_on(run, off)
