"""Many dimensions on two: PCA at once, UMAP from an exact neighbour graph. Torch and umap are not imported before `umap_layout` is called."""

import io
import warnings
from collections.abc import Callable

import numpy as np


def pca(matrix: np.ndarray, n_components: int = 2) -> np.ndarray:
    """The rows [n, d] on their n_components directions of largest variance: float32 [n, n_components].

    By the eigenvectors of the covariance [d, d], which for words by the ten thousand is far smaller than the data. Each direction points
    to where its largest weight is positive, so that the same data give the same picture. Directions that do not exist are zeros.
    """
    if not np.isfinite(matrix).all():
        raise ValueError("The vectors hold values that are not numbers (NaN or infinity), so that they have no place on a map.")
    # Doubles only where they are cheap: the covariance, not the data.
    centred = matrix - matrix.mean(axis=0, dtype=np.float64).astype(np.float32)
    _, directions = np.linalg.eigh((centred.T @ centred).astype(np.float64))
    directions = directions[:, ::-1][:, :n_components]
    largest = np.abs(directions).argmax(axis=0)
    directions = directions * np.where(directions[largest, np.arange(directions.shape[1])] < 0, -1, 1)
    layout = np.zeros((len(matrix), n_components), np.float32)
    layout[:, : directions.shape[1]] = centred @ directions.astype(np.float32)
    return layout


def unit_spread(layout: np.ndarray) -> np.ndarray:
    """A layout [n, k] moved to the origin and scaled so that its points lie at distance 1 on average (root mean square)."""
    centred = layout - layout.mean(axis=0)
    spread = np.sqrt((centred**2).sum(axis=1).mean())
    return np.asarray(centred / spread if spread > 0 else centred, np.float32)


def aligned(layout: np.ndarray, previous: np.ndarray | None) -> np.ndarray:
    """A layout [n, k] with unit spread, turned and mirrored so that it lies nearest to the previous one (orthogonal Procrustes)."""
    layout = unit_spread(layout)
    if previous is None or previous.shape != layout.shape:
        return layout
    u, _, v = np.linalg.svd(layout.T @ unit_spread(previous))
    return np.asarray(layout @ (u @ v), np.float32)


def nearest_neighbours(matrix: np.ndarray, n_neighbours: int, block: int = 2048) -> tuple[np.ndarray, np.ndarray]:
    """The exact neighbour graph by cosine: indices int32 and distances (1 - cosine) float32, both [n, n_neighbours], each row itself first.

    By blocked matrix products; a row of zeros is at distance 1 from all.
    """
    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    unit = np.asarray(matrix / np.where(norms > 0, norms, 1), np.float32)
    n = len(unit)
    indices, distances = np.empty((n, n_neighbours), np.int32), np.empty((n, n_neighbours), np.float32)
    for start in range(0, n, block):
        rows = np.arange(start, min(start + block, n))
        distance = 1 - unit[rows] @ unit.T
        distance[np.arange(len(rows)), rows] = -1  # each row itself first, whatever stands twice
        near = np.argpartition(distance, n_neighbours - 1, axis=1)[:, :n_neighbours]
        near_distance = np.take_along_axis(distance, near, axis=1)
        order = np.argsort(near_distance, axis=1, kind="stable")
        indices[rows] = np.take_along_axis(near, order, axis=1)
        distances[rows] = np.maximum(np.take_along_axis(near_distance, order, axis=1), 0)
    return indices, distances


def umap_layout(
    matrix: np.ndarray, n_neighbours: int = 15, min_dist: float = 0.1, seed: int = 1, report: Callable[[str, float | None], None] = lambda what, share: None
) -> np.ndarray:
    """UMAP by cosine (McInnes et al. 2018, by umap-learn) from the exact neighbour graph and PCA's layout: float32 [n, 2], unit spread.

    The same matrix and seed give the same layout. Fewer than five rows are PCA's.
    """
    n = len(matrix)
    if n < 5:
        return unit_spread(pca(matrix))
    report("finding neighbours", None)
    n_neighbours = min(n_neighbours, n - 1)
    indices, distances = nearest_neighbours(matrix, n_neighbours)
    start = unit_spread(pca(matrix)) * 10
    start += np.random.default_rng(seed).normal(scale=1e-3, size=start.shape).astype(np.float32)
    report("arranging the words", None)
    with warnings.catch_warnings():
        # It says that TensorFlow is absent, that `transform` needs a search index, that a seed means one thread: all three are meant.
        warnings.simplefilter("ignore")
        import umap

        model = umap.UMAP(
            n_neighbors=n_neighbours,
            min_dist=min_dist,
            metric="cosine",
            init=start.astype(np.float32),
            random_state=seed,
            precomputed_knn=(indices, distances, None),
            force_approximation_algorithm=True,
            tqdm_kwds={"disable": False, "file": _Epochs(report), "bar_format": "{n}/{total}", "mininterval": 0.2},
        )
        return unit_spread(model.fit_transform(matrix))


class _Epochs(io.StringIO):
    """What umap-learn's progress bar writes to: its "120/500" becomes a report."""

    def __init__(self, report: Callable[[str, float | None], None]) -> None:
        super().__init__()
        self.report = report

    def write(self, text: str) -> int:
        done, _, total = text.strip().partition("/")
        if done.isdigit() and total.isdigit():
            self.report("arranging the words", int(done) / max(int(total), 1))
        return len(text)
