"""Groups of words: found by scikit-learn, and named by what distinguishes their words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from core.projection.linear import pca
from core.settings import setting
from core.text.progress import Progress, silent

FEWEST = 3  # points that can be grouped
DIRECTIONS = 20  # of largest variance, in which HDBSCAN looks for crowds: in a hundred there are none
MOST = 20_000  # points that HDBSCAN takes
MANY = 20_000  # points from which on k-means learns from small batches of them


@dataclass(frozen=True)
class GroupSettings:
    method: str = setting("k-means", "k-means parts all words; HDBSCAN finds crowds, and leaves out what is in none", choices=("k-means", "HDBSCAN"))
    n_groups: int = setting(12, "How many, by k-means", 2, 200, 1)
    smallest: int = setting(10, "The fewest words that HDBSCAN calls a group", 2, 1000, 1)
    space: str = setting("vectors", "What is grouped: directions in the original space, or places on the map", choices=("vectors", "map"))
    seed: int = setting(1, "Where k-means begins", 0, 1_000_000, 1)


@dataclass(frozen=True)
class Group:
    """name: the words that belong to it more than to any other. tightness: the mean cosine of its words with their centre."""

    name: str
    size: int
    tightness: float
    rows: np.ndarray  # those that belong most first


def grouped(points: Float[np.ndarray, "n d"], settings: GroupSettings, report: Progress = silent) -> Int[np.ndarray, " n"]:
    """Each point's group, int32 [n]: the largest is 0, -1 is none. ValueError in words for what cannot be grouped."""
    n = len(points)
    fewest = settings.n_groups if settings.method == "k-means" else settings.smallest
    if n < FEWEST:
        raise ValueError(f"Words are grouped from {FEWEST} on, and there {'is' if n == 1 else 'are'} {n} here: show more.")
    if n < fewest:
        raise ValueError(f"{n} words are too few for {'so many groups' if settings.method == 'k-means' else 'a group of so many'}: choose at most {n}.")
    report("grouping", None)
    if settings.method == "k-means":
        from sklearn.cluster import KMeans, MiniBatchKMeans

        shared = {"n_clusters": settings.n_groups, "n_init": 4, "random_state": settings.seed}
        found = (MiniBatchKMeans(batch_size=4096, **shared) if n > MANY else KMeans(**shared)).fit_predict(np.asarray(points, np.float32))
    else:
        if n > MOST:
            raise ValueError(f"HDBSCAN takes at most {MOST:,} words here, and these are {n:,}: show fewer, or use k-means.")
        from sklearn.cluster import HDBSCAN

        space = pca(points, DIRECTIONS) if points.shape[1] > DIRECTIONS else points
        found = HDBSCAN(min_cluster_size=settings.smallest, copy=True).fit_predict(np.asarray(space, np.float64))
    return _by_size(found)


def _by_size(found: np.ndarray) -> np.ndarray:
    names, sizes = np.unique(found[found >= 0], return_counts=True)
    place = {int(name): rank for rank, name in enumerate(names[np.argsort(-sizes, kind="stable")])}
    return np.array([place.get(int(name), -1) for name in found], np.int32)


def described(words: Sequence[str], unit: Float[np.ndarray, "n d_model"], labels: Int[np.ndarray, " n"], n_words: int = 3) -> list[Group]:
    """Each group with its name and its words. unit: the words' directions, in order of their frequency.

    What distinguishes a word: its cosine with its own group's centre, less that with the nearest other centre. Of those that are more
    distinguished than half of the group, the most frequent name it: rare words may be the purest, but tell a reader nothing.
    """
    n_groups = int(labels.max(initial=-1)) + 1
    centres = np.stack([_unit(unit[labels == group].mean(axis=0)) for group in range(n_groups)]) if n_groups else np.zeros((0, unit.shape[1]))
    found = []
    for group in range(n_groups):
        rows = np.flatnonzero(labels == group)
        near = unit[rows] @ centres.T
        own = near[:, group].copy()
        near[:, group] = -1
        margin = own - near.max(axis=1) if n_groups > 1 else own
        order = np.argsort(-margin, kind="stable")
        pure = np.sort(rows[order[: max(n_words, len(rows) // 2)]])[:n_words]
        found.append(Group(", ".join(words[row] for row in pure), len(rows), float(own.mean()), rows[order]))
    return found


def _unit(vector: np.ndarray) -> np.ndarray:
    length = float(np.linalg.norm(vector))
    return vector / length if length else vector
