"""What is known of words beside their vectors: a table that brings it, and what was brought."""

import streamlit as st

from core import columns as core
from core.columns import Column
from pages.ui import files, say
from pages.ui.sources import Source, View

LARGEST = 1024  # MB
ENDINGS = ("csv", "tsv", "txt", "parquet", "gz")
NOTES = "columns-notes"


def show(source: Source) -> None:
    """The columns of a source's words, and a way to others in their place."""
    view = View(source, source.steps[-1] if source.steps else 0)
    known = view.columns()
    if known:
        _known(source, known)
    else:
        st.caption(f"A table that names the words of {say.plain(source.name)}: its other columns colour them on the map, or are read there under the pointer.")
    turn = st.session_state.get("columns-turn", 0)
    label = "CSV, the projector's metadata or Parquet, with a heading"
    chosen = st.file_uploader(label, ENDINGS, key=f"columns-upload-{turn}", max_upload_size=LARGEST)
    if chosen is None or not st.button("Bring these columns", type="primary", icon=":material/table:", key="columns-bring"):
        return
    words = view.vectors().words
    notes = files.with_bar(lambda progress: core.bring(source.of.folder, words, chosen.getvalue(), chosen.name, progress))
    if notes is not None:
        st.session_state["columns-turn"] = turn + 1  # an uploader of its own for the next one
        st.session_state[NOTES] = (source.id, notes)
        st.rerun()


def _known(source: Source, known: list[Column]) -> None:
    table = [
        {
            "column": each.name,
            "holds": "categories" if each.categorical else "texts" if each.names else "numbers",
            "words that have one": int(each.known.sum()),
            "such as": each.told(int(each.known.argmax())),
        }
        for each in known
    ]
    st.dataframe(table, hide_index=True, height="content")
    of, notes = st.session_state.get(NOTES, ("", []))
    for note in notes if of == source.id else []:
        st.caption(f":material/info: {say.plain(note)}")
    with st.container(horizontal=True, vertical_alignment="center"):
        colour = next((each.name for each in known if each.categorical or not each.names), "")
        query = {"source": source.id, **({"colour": colour} if colour else {})}
        st.page_link("pages/embeddings.py", label="See them on the map", icon=":material/scatter_plot:", query_params=query)
        if st.button("Remove them", icon=":material/delete:", key="columns-remove"):
            core.remove(source.of.folder)
            st.rerun()
