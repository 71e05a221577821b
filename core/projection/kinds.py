"""What the projecting process can be asked for: by its name, what computes it from which arrays, and how much work that is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.grouping import GroupSettings, grouped
from core.projection.faithfulness import WHOLE, faithfulness
from core.projection.manifold import WARM, TsneSettings, UmapSettings, placed, tsne, umap
from core.projection.neighbour_graph import EXACT
from core.projection.over_time import umap_over_time
from core.text.progress import Progress

Arrays = dict[str, np.ndarray]
Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Kind:
    """compute: arrays by name, settings and a report in, arrays by name out. work: about the seconds it takes on two cores of 2023."""

    compute: Callable[[Arrays, Any, Progress], Arrays]
    work: Callable[[Shapes, Any], float]
    settings: type[Any] | None = None


def _layout(arrays: Arrays, settings: UmapSettings | TsneSettings, report: Progress) -> Arrays:
    """matrix [n d], labels int [n] where supervised, n_components [] where not 2 -> layout float32 [n n_components], kept float32 [n], and
    scores float64 [4]: trustworthiness, continuity, neighbours, points measured.
    """
    matrix, labels = arrays["matrix"], arrays.get("labels")
    fitted = matrix[: settings.n_fitted]
    if isinstance(settings, UmapSettings):
        layout = umap(fitted, settings, None if labels is None else labels[: len(fitted)], report=report, n_components=int(arrays.get("n_components", 2)))
    else:
        layout = tsne(fitted, settings, report)
    if len(matrix) > len(fitted):
        layout = np.concatenate([layout, placed(matrix[len(fitted) :], fitted, layout, settings, report)])
    found = faithfulness(matrix, layout, settings.metric, report=report)
    scores = [found.trustworthiness, found.continuity, found.n_neighbours, found.n_measured]
    return {"layout": layout, "kept": found.kept, "scores": np.array(scores, np.float64)}


def _over_time(arrays: Arrays, settings: UmapSettings, report: Progress) -> Arrays:
    """matrices [n_moments n d], layouts [k n 2] of the first k where they are known -> layouts float32 [n_moments n 2]."""
    return {"layouts": np.stack(list(umap_over_time(list(arrays["matrices"]), settings, report, list(arrays.get("layouts", ())))))}


def _groups(arrays: Arrays, settings: GroupSettings, report: Progress) -> Arrays:
    """points [n d] -> labels int32 [n]."""
    return {"labels": grouped(arrays["points"], settings, report)}


def _groups_work(shapes: Shapes, settings: GroupSettings) -> float:
    n, d_model = shapes["points"]
    return 0.3 + (3e-8 * n * settings.n_groups * (d_model + 20) if settings.method == "k-means" else 2e-7 * n * n)


def _umap_work(shapes: Shapes, settings: UmapSettings) -> float:
    n, d_model = shapes["matrix"]
    return _arranging(min(n, settings.n_fitted), d_model, settings.n_neighbours) + _placing(n, d_model, settings.n_fitted) + _measuring(n, d_model)


def _arranging(n: int, d_model: int, k: int, share: float = 1.0) -> float:
    """share: of the epochs."""
    near = 4e-11 * n * n * (d_model + 50) if n <= EXACT else 2e-6 * n * np.log2(n) * (d_model + 50) / 10
    return float(0.1 + near + share * 1.3e-8 * n * k * (500 if n <= 10_000 else 200))


def _placing(n: int, d_model: int, n_fitted: int) -> float:
    return 4e-11 * max(0, n - n_fitted) * n_fitted * (d_model + 50)


def _measuring(n: int, d_model: int) -> float:
    return 1e-10 * n * min(n, WHOLE) * (d_model + 100)


def _tsne_work(shapes: Shapes, settings: TsneSettings) -> float:
    n, d_model = shapes["matrix"]
    return 0.5 + 4e-3 * min(n, settings.n_fitted) * (0.5 + settings.perplexity / 60) + _placing(n, d_model, settings.n_fitted) + _measuring(n, d_model)


def _over_time_work(shapes: Shapes, settings: UmapSettings) -> float:
    moments, n, d_model = shapes["matrices"]
    known = shapes.get("layouts", (0,))[0]
    later = (moments - max(1, known)) * _arranging(n, d_model, settings.n_neighbours, 1 - WARM)
    return later if known else later + _arranging(n, d_model, settings.n_neighbours)


KINDS: dict[str, Kind] = {
    "umap": Kind(_layout, _umap_work, UmapSettings),
    "tsne": Kind(_layout, _tsne_work, TsneSettings),
    "groups": Kind(_groups, _groups_work, GroupSettings),
    "umap over time": Kind(_over_time, _over_time_work, UmapSettings),
}
