"""What a run writes: a continuation, a translation, the words behind [MASK]; with what else each token could have been"""

import streamlit as st

from pages.ui import frame, generating, pickers

frame.enter("generate", "Generate", "What a run writes, and what else it could have written. Nothing is trained again when you turn a knob.")

with st.container(key="fields-top"):
    left, middle, right = st.columns(3, vertical_alignment="bottom", gap="medium")
with left:
    run = pickers.run("something to say", *generating.WAYS)
with middle:
    step = pickers.step(run)
with right:
    way = generating.way(run)

trained = generating.model(run, step)
generating.WAYS[way].show(run, step, trained)
