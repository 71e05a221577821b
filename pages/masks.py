"""A sentence under any mask: click cells, see the prediction"""

import streamlit as st

from pages.ui import frame, generating, masking, pickers

frame.enter(
    "masks", "Mask lab", "Who may see whom, edited by you: click or drag cells, or take a mask by its name. Attention, predictions and losses follow at once."
)

with st.container(key="fields-top"):
    left, middle, right = st.columns(3, vertical_alignment="bottom", gap="medium")
with left:
    run = pickers.run("a mask to edit", "attention")
with middle:
    step = pickers.step(run)
trained = generating.model(run, step)
reading = masking.reading(run, trained)
with right:
    part = masking.part(trained, reading)
masking.lab(run, step, trained, reading, part)
