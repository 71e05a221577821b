"""Orrery: train small language models live and look inside them. `streamlit run app.py`; the pages are in pages/."""

from pages.ui import frame

frame.navigation().run()
