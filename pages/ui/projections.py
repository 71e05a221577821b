"""The map: PCA at once, UMAP as soon as its process has it, points moving from one to the other."""

import numpy as np
import streamlit as st

from core import projecting
from core.projecting import UmapSettings
from core.training.run import Run
from pages.ui import address, forms, load, neighbourhood, say
from pages.ui.components import Click, word_map

METHODS = {"pca": "PCA", "umap": "UMAP"}
HEIGHT = 620
ROOM, GAP = 64, 16  # pixels: of the bar while UMAP works, and between it and the map


def picker() -> str:
    """PCA or UMAP, in the URL."""
    return str(st.segmented_control("Projection", list(METHODS), default="pca", required=True, format_func=METHODS.__getitem__, **forms.kept("projection")))


def show(run: Run, step: int, method: str, word: str) -> None:
    """The map of a step's words with the chosen word and its neighbours."""
    if method == "pca":
        _map(run, step, load.map_by_pca(run, step), word, "by PCA")
        return
    matrix = load.vectors(run, step).head(load.MAP_WORDS).matrix
    settings = UmapSettings()
    name = projecting.key(matrix, settings)
    layout = projecting.layout(name)
    if layout is not None:
        _map(run, step, layout, word, "by UMAP (cosine, 15 neighbours)")
        return
    # Above the map, where it is seen; the map gives it the room, so that nothing below moves.
    with st.container(height=ROOM, border=False):
        if cancelled := address.get("cancelled") == name:
            st.button("Compute UMAP", icon=":material/play_arrow:", on_click=lambda: address.put(cancelled=None))
        else:
            _wait(name, matrix, settings)
    _map(run, step, load.map_by_pca(run, step), word, "by PCA" if cancelled else "by PCA, while UMAP works", HEIGHT - ROOM - GAP)


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


def _map(run: Run, step: int, xy: np.ndarray, word: str, how: str, height: int = HEIGHT) -> None:
    vectors = load.vectors(run, step).head(load.MAP_WORDS)
    near = [each.index for each in neighbourhood.neighbours(run, step, word) if each.index < len(xy)]
    selected = vectors.index.get(word) if word else None

    def clicked(click: Click) -> None:
        neighbourhood.choose("" if click.index is None else vectors.words[click.index])

    word_map(
        f"map-{run.id}",
        xy,
        vectors.words,
        counts=vectors.counts,
        selected=selected,
        neighbours=near,
        height=height,
        caption=f"{len(xy):,} most frequent words at step {step:,}, {how}",
        on_click=clicked,
    )
