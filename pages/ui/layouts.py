"""Where the words of a map lie: by PCA or on axes at once; by UMAP or t-SNE when they are asked for, as soon as their process has them."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from core.projecting import Task
from core.projection.aligning import aligned
from core.projection.faithfulness import Faithfulness, faithfulness
from core.projection.linear import along, pca
from core.projection.manifold import TsneSettings, UmapSettings
from pages.ui import say, waiting
from pages.ui.shown import Shown

METHODS = {"pca": "PCA", "umap": "UMAP", "tsne": "t-SNE", "axes": "Axes"}
PAIRS = 20_000_000  # distances that are measured for a map's honesty by the way


@dataclass(frozen=True)
class Axis:
    """From some words to others."""

    low: tuple[str, ...]
    high: tuple[str, ...]

    @property
    def ends(self) -> tuple[str, str]:
        return ", ".join(self.low), ", ".join(self.high)


@dataclass(frozen=True)
class Wish:
    """What kind of map is wanted. axes: of the method "axes". labels: the name of a column whose categories are kept together, and each word's."""

    method: str
    settings: UmapSettings | TsneSettings | None = None
    axes: tuple[Axis, ...] = ()
    n_components: int = 2
    labels: str = ""

    @property
    def key(self) -> str:
        settings = dataclasses.astuple(self.settings) if self.settings is not None else ()
        return f"{self.method}-{settings}-{self.axes}-{self.n_components}-{self.labels}"


@dataclass(frozen=True, eq=False)
class Layout:
    """xy float32 [n, 2 or 3]. how: "by PCA". fitted: a sentence about what it was made from. ends: of axes with a meaning."""

    key: str
    xy: np.ndarray
    how: str
    fitted: str
    metric: str = "cosine"
    honesty: Faithfulness | None = None
    ends: dict[str, str] | None = None


def of(shown: Shown, wish: Wish, labels: np.ndarray | None) -> Layout:
    """What is wanted, or PCA's with a way to what is wanted above it. labels [n]: categories of `wish.labels`."""
    if wish.method == "axes":
        return _on_axes(shown, wish)
    if wish.method == "pca" or wish.settings is None:
        return by_pca(shown, wish.n_components)
    task = _task(f"{shown.key}-{wish.key}", shown, wish, labels)
    found = waiting.result(task, METHODS[wish.method], "Nothing is computed before you ask for it. Until then the map is by PCA.")
    if found is None:
        return by_pca(shown, wish.n_components)
    trust, continuity, k, n_measured = found["scores"]
    n = len(shown.rows)
    fitted = (
        f"all {n:,} words were arranged"
        if n <= wish.settings.n_fitted
        else (f"the {wish.settings.n_fitted:,} most frequent words were arranged, the other {n - wish.settings.n_fitted:,} placed among them")
    )
    near = f"{wish.settings.n_neighbours} neighbours" if isinstance(wish.settings, UmapSettings) else f"perplexity {wish.settings.perplexity:g}"
    kept = f", “{wish.labels}” kept together" if wish.labels else ""
    return Layout(
        task.name,
        aligned(found["layout"], by_pca(dataclasses.replace(shown, view=shown.view.last), wish.n_components).xy),
        f"by {METHODS[wish.method]} ({wish.settings.metric}, {near}{kept})",
        fitted,
        wish.settings.metric,
        Faithfulness(float(trust), float(continuity), found["kept"], int(k), int(n_measured)),
    )


def by_pca(shown: Shown, n_components: int = 2) -> Layout:
    """At once; turned so that it lies nearest to the last moment's, which is as it is alone."""
    xy = _by_pca(f"{shown.key}-{n_components}", shown, n_components)
    return Layout(f"{shown.key}-pca-{n_components}", xy, "by PCA", f"the directions of largest variance of {'all ' * (len(xy) > 1)}{say.many(len(xy), 'word')}")


@st.cache_resource(max_entries=48, show_spinner="Turning the words…")
def _by_pca(key: str, _shown: Shown, _n_components: int) -> np.ndarray:
    last = dataclasses.replace(_shown, view=_shown.view.last)
    before = None if last == _shown else by_pca(last, _n_components).xy
    return aligned(pca(_shown.vectors.matrix, _n_components), before)


# ---------------------------------------------------------------- axes


def _on_axes(shown: Shown, wish: Wish) -> Layout:
    if not wish.axes:
        return by_pca(shown)
    try:
        xy = _along(f"{shown.key}-{wish.axes}", shown, wish.axes)
    except ValueError as wrong:
        st.warning(say.plain(str(wrong)), icon=":material/block:")
        return by_pca(shown)
    left, right = wish.axes[0].ends
    rest = "the largest variance at a right angle"
    bottom, top = wish.axes[1].ends if len(wish.axes) > 1 else (rest, rest)
    ends = {"left": left, "right": right, "bottom": bottom, "top": top}
    return Layout(f"{shown.key}-{wish.key}", xy, "on axes", "each axis is the cosine with the difference of its two ends", ends=ends)


@st.cache_resource(max_entries=12, show_spinner=False)
def _along(key: str, _shown: Shown, _axes: Sequence[Axis]) -> np.ndarray:
    whole = _shown.view.vectors()
    named = [[[whole.row(word) for word in side] for side in (axis.low, axis.high)] for axis in _axes]
    # The ends may be words that are not on the map: they go before it, and are taken away again.
    ends = sorted({row for axis in named for side in axis for row in side})
    place = {row: i for i, row in enumerate(ends)}
    matrix = np.concatenate([np.asarray(whole.matrix[ends], np.float32), np.asarray(_shown.vectors.matrix, np.float32)])
    axes = [(np.array([place[row] for row in low]), np.array([place[row] for row in high])) for low, high in named]
    return along(matrix, axes)[len(ends) :]


# ---------------------------------------------------------------- what takes longer


@st.cache_resource(max_entries=8, show_spinner=False)
def _task(key: str, _shown: Shown, _wish: Wish, _labels: np.ndarray | None) -> Task:
    arrays = {"matrix": np.asarray(_shown.vectors.matrix, np.float32)}
    if _labels is not None:
        arrays["labels"] = np.asarray(_labels, np.int64)
    if _wish.n_components != 2:
        arrays["n_components"] = np.array(_wish.n_components)
    return Task(_wish.method, arrays, _wish.settings)


# ---------------------------------------------------------------- honesty


def honesty(shown: Shown, layout: Layout, every: bool = False) -> Faithfulness | None:
    """How honest a layout is; None where there are too few points to tell. every: of each point, up to 10 000; else of some."""
    if layout.honesty is not None or len(shown.rows) < 3:
        return layout.honesty
    n = len(shown.rows)
    whole = 10_000 if every else max(100, min(2000, PAIRS // n))
    return _honesty(layout.key, min(whole, n), shown, layout)


@st.cache_resource(max_entries=24, show_spinner=False)
def _honesty(key: str, whole: int, _shown: Shown, _layout: Layout) -> Faithfulness:
    return faithfulness(_shown.vectors.matrix, _layout.xy, _layout.metric, whole=whole)
