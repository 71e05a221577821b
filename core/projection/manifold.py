"""Many dimensions on two by their neighbourhoods: UMAP (McInnes, Healy and Melville 2018) and t-SNE (van der Maaten and Hinton 2008).

umap-learn makes UMAP's graph and the curve of its forces; core.projection.umap_kernel arranges the points, several times as fast and the same each
time. t-SNE is scikit-learn's. Neither is imported before it is asked for.
"""

import contextlib
import re
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from core.projection.aligning import unit_spread
from core.projection.linear import finite_rows, pca
from core.projection.neighbour_graph import METRICS, Lines, nearest_among, nearest_neighbours
from core.settings import setting
from core.text.progress import Progress, silent

FEWEST = 5  # points that have neighbourhoods to speak of
SLICE = 10  # epochs from one report to the next
WARM = 0.9  # of the epochs are passed over where a layout is gone on from: larger steps would melt it (see benchmarks.projection)


@dataclass(frozen=True)
class UmapSettings:
    n_neighbours: int = setting(15, "How many neighbours count: few show fine groups, many the whole", 2, 200, 1)
    min_dist: float = setting(0.1, "How near points may come: small packs groups, large spreads them", 0.0, 0.99, 0.05)
    metric: str = setting("cosine", "How near words are in the original space", choices=METRICS)
    n_fitted: int = setting(20_000, "The most frequent words are arranged, so many; rarer ones are placed among them afterwards", 100, 1_000_000, 1000)
    seed: int = setting(1, "Another number, another arrangement of equal worth", 0, 1_000_000, 1)


@dataclass(frozen=True)
class TsneSettings:
    perplexity: float = setting(30.0, "About how many neighbours count", 2.0, 200.0, 1.0)
    metric: str = setting("cosine", "How near words are in the original space", choices=("cosine", "euclidean"))
    n_fitted: int = setting(5_000, "The most frequent words are arranged, so many; rarer ones are placed among them afterwards", 100, 50_000, 500)
    seed: int = setting(1, "Another number, another arrangement of equal worth", 0, 1_000_000, 1)


USUAL_UMAP, USUAL_TSNE = UmapSettings(), TsneSettings()


def check(matrix: np.ndarray, method: str) -> None:
    """ValueError in words for what has no neighbourhoods to arrange."""
    n = len(matrix)
    if n < FEWEST:
        raise ValueError(f"{method} arranges neighbourhoods, which begin with {FEWEST} points, and there {'is' if n == 1 else 'are'} {n} here. PCA shows them.")
    if not finite_rows(matrix).all():
        raise ValueError("The vectors hold values that are not numbers (NaN or infinity), so that they have no place on a map.")
    if (matrix == matrix[0]).all():
        raise ValueError(f"All {n:,} vectors are equal, so that {method} has nothing to arrange. Train longer, or choose other vectors.")


def umap(
    matrix: Float[np.ndarray, "n d_model"],
    settings: UmapSettings = USUAL_UMAP,
    labels: Int[np.ndarray, " n"] | None = None,
    init: Float[np.ndarray, "n k"] | None = None,
    report: Progress = silent,
    n_components: int = 2,
) -> Float[np.ndarray, "n k"]:
    """UMAP's layout with unit spread, the same each time. ValueError in words where there is nothing to arrange.

    labels: categories that are kept together (supervised; -1: unknown). init: a layout to go on from; where not said, PCA's to begin with.
    n_components: 2 or 3.
    """
    check(matrix, "UMAP")
    graph = _graph(matrix, settings, labels, report)
    start = _start(pca(matrix, n_components) if init is None else init, settings.seed)
    n_epochs = 500 if len(matrix) <= 10_000 else 200  # umap-learn's own numbers
    return unit_spread(_arranged(start, 0, graph, n_epochs, settings, report, begin=0 if init is None else int(WARM * n_epochs)))


def _graph(matrix: np.ndarray, settings: UmapSettings, labels: np.ndarray | None, report: Progress) -> Any:
    k = min(settings.n_neighbours, len(matrix) - 1)
    indices, distances = nearest_neighbours(matrix, k, settings.metric, report)
    report("weighing the graph", None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that TensorFlow is absent
        from umap.umap_ import discrete_metric_simplicial_set_intersection, fuzzy_simplicial_set

        graph = fuzzy_simplicial_set(matrix, k, np.random.RandomState(0), settings.metric, knn_indices=indices, knn_dists=distances)[0]
        if labels is not None:
            graph = discrete_metric_simplicial_set_intersection(graph, np.asarray(labels, np.float64))
    return graph.tocsr()


def _start(layout: np.ndarray, seed: int) -> np.ndarray:
    """A layout in a square of side 10, as umap-learn begins, and none of its points on another."""
    layout = layout - layout.min(axis=0)
    largest = layout.max()
    noise = np.random.default_rng(seed).normal(scale=1e-3, size=layout.shape)
    return np.ascontiguousarray(layout * (10 / largest if largest > 0 else 1) + noise, np.float32)


def _arranged(xy: np.ndarray, first: int, graph: Any, n_epochs: int, settings: UmapSettings, report: Progress, begin: int = 0) -> np.ndarray:
    """xy [n 2] after the epochs from `begin` to n_epochs, in which the points from `first` on move along the edges of graph [n_moving n]."""
    from umap.umap_ import find_ab_params

    from core.projection.umap_kernel import arrange, forces

    graph.data[graph.data < graph.data.max() / n_epochs] = 0  # such edges would never be visited
    graph.eliminate_zeros()
    attraction, repulsion = forces(*_curve(find_ab_params, settings.min_dist))
    period = (graph.data.max() / graph.data).astype(np.float32)
    due = period + np.float32(begin)
    starts, ends = graph.indptr.astype(np.int32), graph.indices.astype(np.int32)
    for epoch in range(begin, n_epochs, SLICE):
        report("arranging the words", (epoch - begin) / (n_epochs - begin))
        arrange(xy, first, starts, ends, period, due, epoch, min(epoch + SLICE, n_epochs), n_epochs, attraction, repulsion, 5, settings.seed)
    return xy


def _curve(find_ab_params: Any, min_dist: float) -> tuple[float, float]:
    a, b = find_ab_params(1.0, min_dist)
    return float(a), float(b)


def tsne(matrix: Float[np.ndarray, "n d_model"], settings: TsneSettings = USUAL_TSNE, report: Progress = silent) -> Float[np.ndarray, "n 2"]:
    """t-SNE's layout with unit spread, begun with PCA's. ValueError in words where there is nothing to arrange."""
    check(matrix, "t-SNE")
    from sklearn.manifold import TSNE

    class Reporting(TSNE):  # type: ignore[misc]  # scikit-learn has no types
        _N_ITER_CHECK = SLICE

    def heard(line: str) -> None:
        iteration = re.search(r"Iteration (\d+)", line)
        report("arranging the words" if iteration else "finding neighbours", int(iteration[1]) / 1000 if iteration else None)

    model = Reporting(
        perplexity=min(settings.perplexity, (len(matrix) - 1) / 3),
        metric=settings.metric,
        init=unit_spread(pca(matrix)) * 1e-4,
        random_state=settings.seed,
        max_iter=1000,
        verbose=2,
    )
    with contextlib.redirect_stdout(Lines(heard)):
        return unit_spread(model.fit_transform(np.asarray(matrix, np.float32)))


def placed(
    rows: Float[np.ndarray, "m d_model"],
    fitted: Float[np.ndarray, "n d_model"],
    layout: Float[np.ndarray, "n c"],
    settings: UmapSettings | TsneSettings,
    report: Progress = silent,
) -> Float[np.ndarray, "m c"]:
    """Where new rows belong on the layout of others, which stay where they are: UMAP's `transform`. In the layout's own unit.

    Each begins at the mean of its neighbours, weighted as umap-learn weighs them; on a map by UMAP it is then pulled and pushed as those were.
    """
    k = min(settings.n_neighbours if isinstance(settings, UmapSettings) else 15, len(fitted))
    indices, distances = nearest_among(rows, fitted, k, settings.metric, report)
    import scipy.sparse
    from umap.umap_ import compute_membership_strengths, smooth_knn_dist

    sigmas, rhos = smooth_knn_dist(distances, float(k), local_connectivity=0.0)
    _, _, weights, _ = compute_membership_strengths(indices, distances, sigmas, rhos, bipartite=True)
    weights = weights.reshape(len(rows), k) + 1e-12
    start = np.einsum("mk,mkc->mc", weights / weights.sum(axis=1, keepdims=True), layout[indices])
    if isinstance(settings, TsneSettings):
        return np.asarray(start, np.float32)
    graph = scipy.sparse.csr_matrix((weights.ravel(), indices.ravel(), np.arange(0, weights.size + 1, k)), shape=(len(rows), len(fitted)))
    unit = 10 / max(float(np.ptp(layout, axis=0).max()), 1e-9)  # a layout has unit spread; its forces belong to the square it was made in
    xy = np.ascontiguousarray(np.concatenate([layout, start]) * unit, np.float32)
    return np.asarray(_arranged(xy, len(fitted), graph, 30, settings, report)[len(fitted) :] / unit, np.float32)
