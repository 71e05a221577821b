"""Maps of 10 000 x 100: UMAP from the click to the layout beside umap-learn alone, and layouts over time beside AlignedUMAP.

    python -m benchmarks.projection [--json] [--rounds 3] [--words 10000] [--d-model 100] [--steps 750] [--moments 8] [--words-over-time 2000]

Ours is what the page does: it asks the warm process, whose answer includes the map's honesty, and waits for the file. umap-learn's is `fit_transform` with
the same settings, in this process, compiled before and with all cores. Each round has vectors of its own, crowds of crowds in fewer dimensions than
they have. Trustworthiness and continuity of both are scikit-learn's.

Over time: snapshots of a small skip-gram run. Steadiness is how far a word moves from one moment to the next, in units of the map's spread: of our warm
start and Procrustes, of AlignedUMAP, and of moments that are arranged each by itself and then turned.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measuring import Line, arguments, compare, report
from core import projecting
from core.projecting import Task
from core.projection.aligning import aligned, movement
from core.projection.linear import pca
from core.projection.manifold import USUAL_UMAP, umap
from core.projection.over_time import umap_over_time

PATIENCE = 600.0  # seconds until a layout counts as lost
N_NEIGHBOURS = 15


def crowds(n: int, d_model: int, seed: int) -> np.ndarray:
    """float32 [n d_model]: forty crowds, each with a shape of its own in twelve directions, and a little noise in all."""
    random = np.random.default_rng(seed)
    centres, spread = 2 * random.standard_normal((40, d_model)), random.standard_normal((40, 12, d_model))
    of = random.integers(40, size=n)
    inside = np.einsum("nk,nkd->nd", random.standard_normal((n, 12)), spread[of]) * 0.4
    return np.asarray(centres[of] + inside + 0.3 * random.standard_normal((n, d_model)), np.float32)


def seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def clicked(matrix: np.ndarray) -> np.ndarray:
    """The layout, as the page gets it."""
    task = Task("umap", {"matrix": matrix}, USUAL_UMAP)
    until = time.monotonic() + PATIENCE
    while (found := projecting.result(task)) is None:
        assert not projecting.error(task), projecting.error(task)
        assert time.monotonic() < until, "the process that computes layouts does not answer"
        projecting.request(task)
        time.sleep(0.05)
    return found["layout"]


def by_umap_learn(matrix: np.ndarray) -> np.ndarray:
    from umap import UMAP

    made = UMAP(n_neighbors=USUAL_UMAP.n_neighbours, min_dist=USUAL_UMAP.min_dist, metric=USUAL_UMAP.metric)
    return np.asarray(made.fit_transform(matrix), np.float32)


def honesty(matrix: np.ndarray, layout: np.ndarray) -> tuple[float, float]:
    """Trustworthiness and continuity; of directions, whose order by distance is that of the cosine."""
    from sklearn.manifold import trustworthiness

    unit = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    return trustworthiness(unit, layout, n_neighbors=N_NEIGHBOURS), trustworthiness(layout, unit, n_neighbors=N_NEIGHBOURS)


def at_one_moment(n: int, d_model: int, rounds: int) -> list[Line]:
    first = seconds(lambda: clicked(crowds(n, d_model, seed=1000)))  # starts the process
    by_umap_learn(crowds(min(n, 5000), d_model, seed=1000))  # compiles
    layouts: dict[str, np.ndarray] = {}

    def rate(name: str, make: Callable[[np.ndarray], np.ndarray]) -> Callable[[int], float]:
        def once(n_round: int) -> float:
            matrix = crowds(n, d_model, n_round)
            return 1 / seconds(lambda: layouts.update({name: make(matrix)}))

        return once

    lines = compare("umap_vs_umap_learn", "/s", "umap_learn", rate("ours", clicked), rate("umap_learn", by_umap_learn), rounds, 2.0)
    taken = {name: [1 / each for each in line.rounds] for name, line in zip(("ours", "umap_learn"), lines[1:], strict=True)}
    lines[1:] = [
        Line("umap_s", "ours, from the click to the layout, honesty included", float(np.median(taken["ours"])), "s", tuple(taken["ours"])),
        Line("umap_learn_s", "umap-learn, fit_transform alone", float(np.median(taken["umap_learn"])), "s", tuple(taken["umap_learn"])),
        Line("umap_first_s", "ours, where its process has to be started", first, "s"),
    ]
    for name, layout in layouts.items():
        trust, continuity = honesty(crowds(n, d_model, rounds - 1), layout)
        lines += [Line(f"trustworthiness_{name}", f"{name}, of 1", trust, ""), Line(f"continuity_{name}", f"{name}, of 1", continuity, "")]
    by_pca = [timed_pca(crowds(n, d_model, each)) for each in range(rounds)]
    return [*lines, Line("pca_s", "PCA (goal 0.3)", float(np.median(by_pca)), "s", tuple(by_pca))]


def timed_pca(matrix: np.ndarray) -> float:
    return seconds(lambda: pca(matrix))


def snapshots(corpus: str, n_steps: int, n_moments: int, n_words: int) -> list[np.ndarray]:
    """A run's vectors as they form, float32 [n d_model] each."""
    from core.systems import system
    from core.text.corpora import find
    from core.text.tokenizing import TokenizerSettings
    from core.training.run import RunConfig, create
    from core.training.trainer import train

    row = system("skip-gram")
    settings = row.settings(d_model=50, n_steps=n_steps, seed=1)
    run = create(RunConfig(row.name, find(corpus).id, TokenizerSettings(kind="word"), settings, name="over time"))
    train(run)
    found = run.snapshots()
    chosen = found[-n_moments:]
    return [np.asarray(each.vectors().matrix[:n_words], np.float32) for each in chosen]


def by_aligned_umap(moments: Sequence[np.ndarray]) -> list[np.ndarray]:
    from umap import AlignedUMAP

    same = {row: row for row in range(len(moments[0]))}
    made = AlignedUMAP(n_neighbors=USUAL_UMAP.n_neighbours, min_dist=USUAL_UMAP.min_dist, metric=USUAL_UMAP.metric, random_state=1)
    return list(made.fit(list(moments), relations=[same] * (len(moments) - 1)).embeddings_)


def each_alone(moments: Sequence[np.ndarray]) -> list[np.ndarray]:
    layouts: list[np.ndarray] = []
    for moment in moments:
        layouts.append(aligned(umap(moment), layouts[-1] if layouts else None))
    return layouts


def over_time(corpus: str, n_steps: int, n_moments: int, n_words: int) -> list[Line]:
    moments = snapshots(corpus, n_steps, n_moments, n_words)
    ways = {"warm_start": lambda: list(umap_over_time(moments)), "aligned_umap": lambda: by_aligned_umap(moments), "alone": lambda: each_alone(moments)}
    lines = []
    for name, make in ways.items():
        made: list[np.ndarray] = []
        took = seconds(lambda make=make, made=made: made.extend(make()))
        trust = np.mean([honesty(moment, layout)[0] for moment, layout in zip(moments, made, strict=True)])
        lines += [
            Line(f"movement_{name}", "from a moment to the next, in units of the spread", movement(np.stack(made)), ""),
            Line(f"trustworthiness_{name}", "mean of the moments", float(trust), ""),
            Line(f"over_time_{name}_s", f"{len(moments)} moments of {len(moments[0]):,} words", took, "s"),
        ]
    return lines


def main() -> None:
    parser = arguments(__doc__, rounds=3)
    for name, usual in (("words", 10_000), ("d-model", 100), ("steps", 750), ("moments", 8), ("words-over-time", 2000)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--corpus", default="documentation", help="the text of the run over time")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="orrery-") as folder:
        os.environ["ORRERY_HOME"] = str(Path(folder))  # its process ends when the folder has gone
        lines = at_one_moment(given.words, given.d_model, given.rounds) + over_time(given.corpus, given.steps, given.moments, given.words_over_time)
    settings = {
        "corpus": given.corpus,
        "steps": given.steps,
        "words": given.words,
        "d_model": given.d_model,
        "rounds": given.rounds,
        "moments": given.moments,
        "words_over_time": given.words_over_time,
    }
    report("projection", lines, settings, given.json)


if __name__ == "__main__":
    sys.exit(main())
