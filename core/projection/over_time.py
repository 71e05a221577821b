"""Layouts of the same words at several moments, each beginning where the one before ended, so that what has not changed stays."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float

from core.projection.aligning import aligned
from core.projection.linear import pca
from core.projection.manifold import USUAL_UMAP, UmapSettings, umap
from core.text.progress import Progress, silent


def pca_over_time(matrices: Sequence[Float[np.ndarray, "n d_model"]]) -> list[Float[np.ndarray, "n 2"]]:
    """PCA of each moment, turned so that it lies nearest to the one after it: the last is as it would be alone."""
    layouts: list[np.ndarray] = []
    for matrix in reversed(matrices):
        layouts.append(aligned(pca(matrix), layouts[-1] if layouts else None))
    return layouts[::-1]


def umap_over_time(
    matrices: Sequence[Float[np.ndarray, "n d_model"]],
    settings: UmapSettings = USUAL_UMAP,
    report: Progress = silent,
    known: Sequence[Float[np.ndarray, "n 2"]] = (),
) -> Iterator[Float[np.ndarray, "n 2"]]:
    """UMAP of each moment with unit spread, one after the other, from the layout before. known: the first layouts, where they have been made before."""
    before: np.ndarray | None = None
    for i, matrix in enumerate(matrices):
        before = known[i] if i < len(known) else aligned(umap(matrix, settings, init=before, report=_within(report, i, len(matrices))), before)
        yield before


def _within(report: Progress, i: int, n: int) -> Progress:
    return lambda what, share: report(f"moment {i + 1} of {n}", (i + (share or 0)) / n)
