"""What this is, ways to begin, and the runs there are."""

import streamlit as st

from pages.ui import frame, gallery, starting

frame.enter("home", "Orrery", "Train small language models on your own text, watch their vectors and attention heads form, and look inside.")

starting.cards()
st.header("Runs", anchor=False)
gallery.show()
