"""Showing a text, and taking one in."""

from collections.abc import Callable

import streamlit as st

from core.figures.text import frequency_curve
from core.machine import size
from core.text import corpora, pair_files
from core.text.corpora import BUILT_IN, SLOW, Corpus
from core.text.reading import ENDINGS
from core.text.web import WELL_KNOWN
from pages.ui import address, say


def show(reference: str) -> None:
    """Origin, size, frequency curve and a sample; a built-in text that has not been made yet is made, or offers to be where that takes a while."""
    found = corpora.kept(reference)
    if found is None and reference in SLOW:
        st.info(f"{BUILT_IN[reference]} has not been read on this machine yet. It is made when the first run needs it, or now.", icon=":material/menu_book:")
        if not st.button("Read it now", type="primary", icon=":material/play_arrow:"):
            return
    if found is None:
        _take(lambda progress: corpora.find(reference, progress))
        return
    unit = ("Pairs", found.pairs) if found.pairs else ("Sentences", found.n_sentences)
    facts = (("Words", found.n_words), unit, ("Distinct words", found.n_distinct))
    for column, (label, value) in zip(st.columns(4), [*((name, f"{n:,}") for name, n in facts), ("Size", size(found.n_bytes))], strict=True):
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
            st.text(line.replace("\t", "  →  ") if found.pairs else line)


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


def paste_pairs() -> None:
    """Pairs typed or pasted: a table, or two texts side by side."""
    title = st.text_input("Title", placeholder="My pairs", max_chars=80, key="paste-pairs-title")
    left, right = st.columns(2)
    sources = left.text_area("Sources, one a line", height=180, placeholder="the cat sleeps\nthe dog sleeps", key="paste-sources")
    targets = right.text_area("Targets, one a line", height=180, placeholder="die Katze schläft\nder Hund schläft", key="paste-targets")
    st.caption("A table copied from a spreadsheet has both already, a tab between them: paste it on the left, and leave the right empty.")
    if st.button("Add", type="primary", key="add-pairs"):
        beside = ("the targets", targets.encode()) if targets.strip() else ("", None)
        name = "the sources" if targets.strip() else "what was pasted"
        _take(lambda progress: pair_files.add(name, sources.encode(), *beside, progress=progress, title=title.strip() or "My pairs"))


def upload_pairs() -> None:
    """A table of pairs, or two files line by line."""
    left, right = st.columns(2)
    table = left.file_uploader("Sources, or a table: source, tab, target (.tsv, .txt, plain or .gz)", key="upload-sources")
    targets = right.file_uploader("Targets, line by line (not for a table)", key="upload-targets")
    if table is not None and st.button("Add", type="primary", key="add-uploaded-pairs"):
        beside = (targets.name, targets.getvalue()) if targets is not None else ("", None)
        _take(lambda progress: pair_files.add(table.name, table.getvalue(), *beside, progress=progress))


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
