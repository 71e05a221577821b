"""All heads of a run by what they do, and the moment each began to do it"""

import streamlit as st

from pages.ui import atlas, frame, pickers

frame.enter("heads", "Heads", "What each head does: how much of its attention falls where a role would have it; and when, while training, it began to.")

with st.container(key="fields-top"):
    left, right = st.columns(2, vertical_alignment="bottom", gap="medium")
with left:
    run = pickers.run("attention heads", "attention")
with right:
    step = pickers.step(run)
part = atlas.show(run, step)
st.header("The moment a head forms", anchor=False)
atlas.formation(run, part)
