"""Each row's nearest rows: exact by matrix products up to 50 000 rows, by pynndescent (Dong, Moses and Li 2011) beyond."""

import contextlib
import io
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from jaxtyping import Float, Int

from core.machine import n_cores
from core.text.progress import Progress, silent

EXACT = 50_000  # rows
BLOCK = 512  # rows of products at a time
METRICS = ("cosine", "euclidean", "correlation")


def nearest_neighbours(
    matrix: Float[np.ndarray, "n d_model"], n_neighbours: int, metric: str = "cosine", report: Progress = silent
) -> tuple[Int[np.ndarray, "n k"], Float[np.ndarray, "n k"]]:
    """Indices int32 and distances float32, each row itself first. Metrics: cosine (1 - it; a row of zeros is at 1 from all), euclidean, correlation."""
    if len(matrix) > EXACT:
        return _approximate(matrix, n_neighbours, metric, report)
    prepared = as_products(matrix, metric)
    return _exact(prepared, prepared, n_neighbours, metric, itself=True, report=report)


def nearest_among(
    rows: Float[np.ndarray, "m d_model"], others: Float[np.ndarray, "n d_model"], n_neighbours: int, metric: str = "cosine", report: Progress = silent
) -> tuple[Int[np.ndarray, "m k"], Float[np.ndarray, "m k"]]:
    """For each of some rows the nearest of others, exact."""
    return _exact(as_products(rows, metric), as_products(others, metric), n_neighbours, metric, itself=False, report=report)


def as_products(matrix: np.ndarray, metric: str) -> np.ndarray:
    """Rows whose products tell how near they are: at length 1, or as they are for euclidean."""
    found = np.asarray(matrix, np.float32)
    if metric == "euclidean":
        return np.ascontiguousarray(found - found.mean(axis=0, dtype=np.float64).astype(np.float32) if len(found) else found)
    if metric == "correlation":
        found = found - found.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    return np.ascontiguousarray(found / np.where(lengths > 0, lengths, np.float32(1)))


def distances(rows: np.ndarray, others: np.ndarray, metric: str) -> np.ndarray:
    """float32 [m n], of rows as `as_products` makes them; for euclidean the square."""
    products = rows @ others.T
    if metric != "euclidean":
        return np.asarray(np.subtract(1, products, out=products))
    squares = np.einsum("ij,ij->i", rows, rows)[:, None] + np.einsum("ij,ij->i", others, others)
    return np.asarray(np.maximum(squares - 2 * products, 0), np.float32)


def _exact(rows: np.ndarray, others: np.ndarray, k: int, metric: str, itself: bool, report: Progress) -> tuple[np.ndarray, np.ndarray]:
    from core.projection.ranking import nearest_in_block  # numba, which no page's first paint may wait for

    m = len(rows)
    indices, near = np.empty((m, k), np.int32), np.empty((m, k), np.float32)

    def fill(begin: int) -> None:
        end = min(begin + BLOCK, m)
        nearest_in_block(distances(rows[begin:end], others, metric), begin if itself else -1, indices[begin:end], near[begin:end])

    with ThreadPoolExecutor(n_cores()) as threads:
        for done, _ in enumerate(threads.map(fill, range(0, m, BLOCK))):
            report("finding neighbours", min(1.0, (done + 1) * BLOCK / max(m, 1)))
    return indices, np.sqrt(near) if metric == "euclidean" else np.maximum(near, 0)


def _approximate(matrix: np.ndarray, k: int, metric: str, report: Progress) -> tuple[np.ndarray, np.ndarray]:
    with warnings.catch_warnings(), contextlib.redirect_stdout(Lines(_iterations(report))):
        warnings.simplefilter("ignore")  # of its own compilation
        from pynndescent import NNDescent

        indices, near = NNDescent(matrix, metric=metric, n_neighbors=k, random_state=1, low_memory=True, verbose=True).neighbor_graph
    # Each row itself first, also where another is as near.
    own = np.arange(len(matrix), dtype=np.int32)[:, None]
    order = np.argsort(np.where(indices == own, np.float32(-1), near), axis=1, kind="stable")
    indices, near = np.take_along_axis(indices, order, axis=1), np.take_along_axis(near, order, axis=1)
    indices[:, :1], near[:, 0] = own, 0
    return np.asarray(indices, np.int32), np.asarray(near, np.float32)


def _iterations(report: Progress) -> Callable[[str], None]:
    """What it prints, "3 / 14", as a report."""

    def heard(line: str) -> None:
        done, _, total = line.partition("/")
        if done.strip().isdigit() and total.strip().isdigit():
            report("finding neighbours", int(done) / max(int(total), 1))
        else:
            report("finding neighbours", None)

    return heard


class Lines(io.StringIO):
    """A place to print to, which hands on each line."""

    def __init__(self, heard: Callable[[str], None]) -> None:
        super().__init__()
        self.heard, self.part = heard, ""

    def write(self, text: str) -> int:
        *lines, self.part = (self.part + text).split("\n")
        for line in lines:
            self.heard(line)
        return len(text)
