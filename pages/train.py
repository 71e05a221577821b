"""Choose a system, a text and settings; start; watch."""

import streamlit as st

from core.systems import SYSTEMS, system
from core.text.tokenizing import TokenizerSettings
from core.training.run import RunConfig, find
from pages.ui import address, forms, frame, pickers, say, starting, watch

frame.enter("train", "Train")

if address.get("run"):
    try:
        run = find(address.get("run"))
    except ValueError as wrong:
        st.warning(say.plain(str(wrong)), icon=":material/search_off:")
        st.page_link("pages/home.py", label="All runs", icon=":material/arrow_back:")
        st.stop()
    st.subheader(say.plain(run.name), anchor=False)
    watch.watch(run)
    st.button("New run", icon=":material/add:", on_click=lambda: address.put(run=None))
    st.stop()

left, right = st.columns(2, gap="large")
with left:
    chosen = system(pickers.one_of("System", {row.name: f"{row.title} ({row.year})" for row in SYSTEMS}, "system"))
with right:
    corpus = pickers.corpus(usual=chosen.corpus)
st.caption(f"{chosen.difference} {chosen.paper}")

forms.presets(chosen)
settings = forms.settings_form(chosen.settings, chosen.name, chosen.settings())
with st.expander("How the text is cut into tokens", icon=":material/content_cut:"):
    tokenizer = forms.settings_form(TokenizerSettings, f"{chosen.name}-text", chosen.tokenizer)
name = st.text_input("Name", placeholder="as shown in the gallery; made up where you leave it empty", max_chars=80, **forms.kept("name"))
probe = ""
if "attention" in chosen.offers:
    probe = st.text_input(
        "Probe sentence",
        placeholder="its attention is kept while the run trains; a sentence of the text where you leave it empty",
        max_chars=400,
        **forms.kept("probe"),
    )
if settings is None or tokenizer is None:
    st.stop()

config = RunConfig(chosen.name, corpus, tokenizer, settings, name=name.strip(), probes=(probe.strip(),) if probe.strip() else ())
with st.container(horizontal=True, vertical_alignment="center"):
    if st.button("Train", type="primary", icon=":material/play_arrow:", key="start"):
        starting.begin(config)
    starting.duration(config)
