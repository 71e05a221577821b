"""The map: PCA at once, UMAP as soon as its process has it, points moving from one to the other."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core import projecting
from core.projecting import UmapSettings
from pages.ui import address, forms, load, pickers, say
from pages.ui.asking import Marked
from pages.ui.components import Click, word_map
from pages.ui.sources import Source, View

METHODS = {"pca": "PCA", "umap": "UMAP"}
HEIGHT = 620
ROOM, GAP = 64, 16  # pixels: of the bar while UMAP works, and between it and the map


def choose(source: Source) -> tuple[View, str]:
    """A moment and a matrix of a source, where there is a choice, and PCA or UMAP; all in the URL."""
    widths = [3] * bool(source.steps) + [2] * bool(source.matrices) + [2]
    columns = iter(st.columns(widths, vertical_alignment="bottom", gap="medium"))
    step, matrix = 0, None
    if source.steps:
        with next(columns):
            step = pickers.step(source.of)
    if source.matrices:
        with next(columns):
            matrix = pickers.matrix(source)
    with next(columns):
        method = st.segmented_control("Projection", list(METHODS), default="pca", required=True, format_func=METHODS.__getitem__, **forms.kept("projection"))
    return View(source, step, matrix), str(method)


def show(view: View, method: str, marked: Marked) -> None:
    """The map of a view's most frequent words, with the word that is looked at, the answers and what was named."""
    if method == "pca":
        _map(view, _by_pca(view), marked, "by PCA")
        return
    matrix = view.vectors().head(load.MAP_WORDS).matrix
    settings = UmapSettings()
    name = projecting.key(matrix, settings)
    layout = projecting.layout(name)
    if layout is not None:
        _map(view, layout, marked, "by UMAP (cosine, 15 neighbours)")
        return
    # Above the map, where it is seen; the map gives it the room, so that nothing below moves.
    with st.container(height=ROOM, border=False):
        if cancelled := address.get("cancelled") == name:
            st.button("Compute UMAP", icon=":material/play_arrow:", on_click=lambda: address.put(cancelled=None))
        else:
            _wait(name, matrix, settings)
    _map(view, _by_pca(view), marked, "by PCA" if cancelled else "by PCA, while UMAP works", HEIGHT - ROOM - GAP)


def _by_pca(view: View) -> np.ndarray:
    try:
        return view.map_by_pca()
    except ValueError as wrong:
        st.error(say.plain(str(wrong)), icon=":material/block:")
        st.stop()


@st.fragment(run_every=0.7)
def _wait(name: str, matrix: np.ndarray, settings: UmapSettings) -> None:
    """Asks until the layout is there; then the page draws it."""
    if projecting.layout(name) is not None:
        st.rerun()
    if projecting.error(name):
        st.error(say.plain(projecting.error(name)), icon=":material/error:")
        return
    projecting.request(name, matrix, settings)
    what, share = projecting.progress(name)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(share or 0.0, text=f"UMAP: {what}")
        if st.button("Cancel", key="cancel-umap"):
            projecting.cancel(name)
            address.put(cancelled=name)
            st.rerun()


def _map(view: View, xy: np.ndarray, marked: Marked, how: str, height: int = HEIGHT) -> None:
    whole = view.vectors()
    vectors = whole.head(load.MAP_WORDS)
    places = vectors.index

    def on_map(words: Sequence[str]) -> list[int]:
        return [places[word] for word in words if word in places]

    def clicked(click: Click) -> None:
        marked.clicked("" if click.index is None else vectors.words[click.index])

    n = f"{len(xy):,}"
    of = (f"The {n} most frequent of " if whole.counts is not None else f"The first {n} of ") if len(whole.words) > len(xy) else ""
    word_map(
        f"map-{view.source.id}",
        xy,
        vectors.words,
        counts=vectors.counts,
        selected=places.get(marked.word) if marked.word else None,
        neighbours=on_map(marked.answers) if marked.word in places else [],
        # A word that has no place on the map has no lines to its neighbours either: they are shown by themselves.
        matches=on_map([*marked.named, *([] if marked.word in places else marked.answers)]),
        height=height,
        caption=f"{of}{len(whole.words):,} words{view.when()}, {how}",
        on_click=clicked,
    )
