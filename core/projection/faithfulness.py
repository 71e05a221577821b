"""How honest a map is: whose neighbours on it are neighbours in truth, and whose true neighbours it keeps.

Venna and Kaski 2001: trustworthiness falls with strangers among a point's neighbours on the map, continuity with true neighbours that are missing
there; both are 1 where the neighbourhoods are the same. Equal to scikit-learn's `trustworthiness`, where no two distances are.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from core.machine import n_cores
from core.projection.neighbour_graph import as_products, distances
from core.text.progress import Progress, silent

N_NEIGHBOURS = 15
WHOLE = 10_000  # points, up to which each is measured; of more, so many drawn by chance
BLOCK = 256  # rows at a time


@dataclass(frozen=True)
class Faithfulness:
    """kept: float32 [n], the share of each point's true neighbours that are among its nearest on the map; NaN of points that were not measured."""

    trustworthiness: float
    continuity: float
    kept: np.ndarray
    n_neighbours: int
    n_measured: int


def faithfulness(
    matrix: Float[np.ndarray, "n d_model"],
    layout: Float[np.ndarray, "n k"],
    metric: str = "cosine",
    n_neighbours: int = N_NEIGHBOURS,
    whole: int = WHOLE,
    report: Progress = silent,
) -> Faithfulness:
    """Of at most `whole` points, each against all. ValueError in words for fewer than three points, which have no neighbourhoods to keep."""
    from core.projection.ranking import intrusion

    n = len(matrix)
    if n < 3:
        raise ValueError(f"{n} points have no neighbourhoods that a map could keep or lose; three have.")
    k = min(n_neighbours, max(1, (n - 1) // 2))
    rows = np.arange(n) if n <= whole else np.sort(np.random.default_rng(1).choice(n, whole, replace=False))
    true, shown = as_products(matrix, metric), as_products(layout, "euclidean")
    strangers, missing, kept = np.empty(len(rows)), np.empty(len(rows)), np.empty(len(rows), np.int32)

    def measure(begin: int) -> None:
        some = slice(begin, begin + BLOCK)
        own = rows[some].astype(np.int64)
        truth, seen = distances(true[own], true, metric), distances(shown[own], shown, "euclidean")
        intrusion(truth, seen, own, k, strangers[some], kept[some])
        intrusion(seen, truth, own, k, missing[some], kept[some])

    with ThreadPoolExecutor(n_cores()) as threads:
        for done, _ in enumerate(threads.map(measure, range(0, len(rows), BLOCK))):
            report("measuring honesty", min(1.0, (done + 1) * BLOCK / len(rows)))
    most = k * (2 * n - 3 * k - 1) / 2  # the sum of ranks beyond k that a point can have at worst
    share = np.full(n, np.nan, np.float32)
    share[rows] = kept / k
    return Faithfulness(float(1 - strangers.mean() / most), float(1 - missing.mean() / most), share, k, len(rows))
