"""The logit lens: what each layer would predict if it were the last"""

import streamlit as st

from pages.ui import frame, generating, lensing, masking, pickers

frame.enter(
    "lens", "Logit lens", "What each layer would predict if it were the last: the residual stream after it, through the last norm and the output matrix."
)

with st.container(key="fields-top"):
    left, right = st.columns(2, vertical_alignment="bottom", gap="medium")
with left:
    run = pickers.run("layers to look through", "attention")
with right:
    step = pickers.step(run)
trained = generating.model(run, step)
reading = masking.reading(run, trained)
lensing.show(run, trained, reading)
