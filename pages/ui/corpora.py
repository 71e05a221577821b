"""Showing a text, and taking one in."""

from collections.abc import Callable

import streamlit as st

from core.figures.text import frequency_curve
from core.machine import size
from core.text import corpora
from core.text.corpora import BUILT_IN, Corpus
from core.text.reading import ENDINGS
from core.text.web import WELL_KNOWN
from pages.ui import address, say


def show(reference: str) -> None:
    """Origin, size, frequency curve and a sample; a built-in text that has not been made yet offers to be."""
    found = {corpus.id: corpus for corpus in corpora.available()}.get(reference)
    if found is None:
        st.info(f"{BUILT_IN[reference]} has not been read on this machine yet. It is made when the first run needs it, or now.", icon=":material/menu_book:")
        if st.button("Read it now", type="primary", icon=":material/play_arrow:"):
            _take(lambda progress: corpora.find(reference, progress))
        return
    for column, (label, value) in zip(
        st.columns(4),
        (
            ("Words", f"{found.n_words:,}"),
            ("Sentences", f"{found.n_sentences:,}"),
            ("Distinct words", f"{found.n_distinct:,}"),
            ("Size", size(found.n_bytes)),
        ),
        strict=True,
    ):
        column.metric(label, value)
    st.caption(f"Where it comes from: {say.plain(found.origin)}")
    with st.container(key="panes"):
        left, right = st.columns(2, gap="large")
    with left:
        st.subheader("How often each word occurs", anchor=False)
        st.plotly_chart(frequency_curve(found.frequencies(), [word for word, _ in found.top(500)]), key="frequencies")
    with right:
        st.subheader("A sample", anchor=False)
        for line in found.sample(6, 220):
            st.text(line)
    _footer(found)


def _footer(found: Corpus) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link("pages/train.py", label="Train on it", icon=":material/play_circle:", query_params={"corpus": found.id})
        if found.id not in BUILT_IN:
            with st.popover("Remove", icon=":material/delete:"):
                st.write("Runs that were trained on it stay, but can no longer be resumed.")
                if st.button("Remove this text", type="primary"):
                    corpora.remove(found.id)
                    address.put(text=None)
                    st.session_state.pop("pick-text", None)
                    st.rerun()


def paste() -> None:
    """A text typed or pasted."""
    title = st.text_input("Title", placeholder="My text", max_chars=80, key="paste-title")
    text = st.text_area("Text", height=180, placeholder="Paste a text of a few thousand words or more; Chinese works as well.", key="paste-text")
    if st.button("Add", type="primary", key="add-pasted"):
        _take(lambda progress: corpora.add_text(title.strip() or "My text", text, progress))


def upload() -> None:
    """A file from the user's machine."""
    file = st.file_uploader(f"A file: {' '.join(ENDINGS)}, plain or .gz, in any common encoding", key="upload")
    if file is not None and st.button("Add", type="primary", key="add-uploaded"):
        _take(lambda progress: corpora.add_file(file.name, file.getvalue(), progress))


def web() -> None:
    """An address, or one of the well-known texts."""
    names = ["", *WELL_KNOWN]
    known = st.selectbox(
        "A well-known text", names, format_func=lambda name: f"{WELL_KNOWN[name].title}: {WELL_KNOWN[name].about}" if name else "none of these"
    )
    url = st.text_input("or an address", placeholder="https://…", disabled=bool(known), key="url")
    if st.button("Download", type="primary", key="download", disabled=not (known or url.strip())):
        _take(lambda progress: corpora.find(known or (url.strip() if "://" in url else f"https://{url.strip()}"), progress))


def _take(make: Callable[[corpora.Progress], Corpus]) -> None:
    """Makes a corpus with a bar that says how far it is, and shows it; what is wrong with it is said, and nothing is left behind."""
    bar = st.progress(0.0, text="reading")
    try:
        made = make(lambda what, share: bar.progress(min(share or 0.0, 1.0), text=say.plain(what)) and None)
    except (ValueError, OSError) as wrong:
        bar.empty()
        st.error(say.plain(str(wrong)), icon=":material/block:")
        return
    address.put(text=made.id)
    st.session_state.pop("pick-text", None)
    st.toast(f"{say.plain(made.title)}: {made.n_words:,} words", icon=":material/check:")
    st.rerun()
