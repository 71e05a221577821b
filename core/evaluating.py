"""Scores of runs, opened vectors and files: for the command line, and for pages in a warm process of its own, so that no page waits.

    task = Task(subject, matrix, by, unseen, sets)     what is to be scored, and on what
    scores(task)                                       those known so far, by test set's id: at once
    request(task)                                      ask for the others, as often as you like; does not wait
    progress(task), error(task)                        how far it is; why there is nothing
    cancel(task)

Files in <workspace>/cache/evaluation carry everything: NAME.asked, NAME.progress, NAME.cancel, NAME.error of a task, and one KEY.json a score.
`python -m core.evaluating` is the worker.
"""

import dataclasses
import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from core import warm
from core.evaluation import Score, TestSet, score
from core.evaluation.reading import read
from core.evaluation.sets import kept, of_small_world
from core.subjects import learnt_from
from core.subjects import vectors as named
from core.systems import Matrix
from core.text.progress import Progress
from core.vectors import Measure
from core.workspace import subfolder, write_whole

WORKER = "core.evaluating"
EVERY = 0.2  # seconds between two words about progress


class Cancelled(Exception):  # noqa: N818 - a wish, not an error
    """The user wants it no more."""


@dataclass(frozen=True)
class Task:
    """subject: a run's id, opened vectors' id, or a file. version: what tells its vectors from later ones of the same name. sets: ids of test sets."""

    subject: str
    version: str
    sets: tuple[str, ...]
    matrix: Matrix | None = None
    by: Measure = "cosine"
    unseen: bool = False

    @cached_property
    def name(self) -> str:
        return _hash(asdict(self))

    def key(self, set_id: str) -> str:
        """The name of one score."""
        return _hash([asdict(dataclasses.replace(self, sets=())), set_id])


def test_sets() -> dict[str, TestSet]:
    """All that can be asked for by id: the user's own, then the small world's."""
    return kept() | {each.id: each for each in of_small_world()}


def scores(task: Task) -> dict[str, Score]:
    """Those that have been computed, now or before."""
    found = {set_id: _read_score(_file(task.key(set_id), "json")) for set_id in task.sets}
    return {set_id: each for set_id, each in found.items() if each is not None}


def request(task: Task) -> None:
    """Asks the worker, starting it when it is not there; a worker that is busy will be asked again by the next call."""
    if len(scores(task)) == len(task.sets):
        return
    write_whole(_file(task.name, "asked"), json.dumps(asdict(task)))
    _file(task.name, "cancel").unlink(missing_ok=True)
    warm.ensure(WORKER)
    warm.ask(WORKER, {"name": task.name}, timeout=0.05)


def progress(task: Task) -> tuple[str, float | None]:
    """What is being done, and the share of it that is done."""
    try:
        told = json.loads(_file(task.name, "progress").read_bytes())
        return str(told["what"]), told["fraction"]
    except (OSError, ValueError, KeyError):
        return "waiting for the evaluating process", None


def error(task: Task) -> str:
    """Why there is no score, empty where nothing is wrong."""
    path = _file(task.name, "error")
    return path.read_text(encoding="utf-8") if path.exists() else ""


def cancel(task: Task) -> None:
    """Ends the computation within a second or so, or keeps it from beginning."""
    write_whole(_file(task.name, "cancel"), "")


def compute(name: str) -> None:
    """What the worker does: the scores of a task that are not known yet."""
    try:
        asked = json.loads(_file(name, "asked").read_bytes())
    except (OSError, ValueError):  # done meanwhile, or given up
        return
    task = Task(**{**asked, "sets": tuple(asked["sets"])})
    _file(name, "error").unlink(missing_ok=True)
    try:
        _compute(task)
    except Cancelled:
        pass
    except (ValueError, MemoryError, OSError) as wrong:
        write_whole(_file(name, "error"), str(wrong) or "There is not enough memory to score these vectors.")
    finally:
        for done in ("asked", "progress", "cancel"):
            _file(name, done).unlink(missing_ok=True)


def _compute(task: Task) -> None:
    known = test_sets()
    missing = [known[set_id] for set_id in task.sets if set_id in known and set_id not in scores(task)]
    report = _Report(task, len(missing))
    report("reading the vectors", None)
    vectors = named(task.subject, task.matrix, report)
    for each in missing:
        report(each.title, 0.0)
        found = score(vectors, each, task.by, task.unseen, report)
        write_whole(_file(task.key(each.id), "json"), json.dumps(asdict(found)))
        report.done += 1


@dataclass
class _Report:
    """Progress of a task, written now and then; raises Cancelled where the user has asked for it."""

    task: Task
    n: int
    done: int = 0
    told: float = 0.0

    def __call__(self, what: str, fraction: float | None) -> None:
        if time.monotonic() - self.told < EVERY:
            return
        self.told = time.monotonic()
        if _file(self.task.name, "cancel").exists():
            raise Cancelled
        write_whole(_file(self.task.name, "progress"), json.dumps({"what": what, "fraction": min(1.0, (self.done + (fraction or 0)) / self.n)}))


def _read_score(path: Path) -> Score | None:
    try:
        told = json.loads(path.read_bytes())
        return Score(**{**told, "sections": tuple(Score(**each) for each in told["sections"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _hash(described: Any) -> str:
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()[:32]


def _file(name: str, ending: str) -> Path:
    assert name.isalnum()
    return subfolder("cache", "evaluation") / f"{name}.{ending}"


def _handle(message: dict[str, Any], answer: Any) -> None:
    answer({})
    compute(message["name"])


def lines(name: str, pairs: Sequence[Path], questions: Sequence[Path], matrix: Matrix | None, by: Measure, unseen: bool, progress: Progress) -> Iterator[str]:
    """A small table for a terminal. Without a file: the user's own test sets, and the small world's where a run has learnt from one."""
    given: list[TestSet] = [*(read(path.name, path, "pairs") for path in pairs), *(read(path.name, path, "analogies") for path in questions)]
    sets = given or [*kept().values(), *(of_small_world() if learnt_from(name).startswith("small-world") else ())]
    if not sets:
        raise ValueError(
            "There is no test set: name one with --pairs (word, word, number a line) or --analogies (four words a line), or add one on the page Compare."
        )
    vectors = named(name, matrix, progress)
    yield f"{name}: {len(vectors.words):,} words, {vectors.matrix.shape[1]:,} dimensions"
    if unseen and vectors.subwords is None:
        yield "These vectors have no n-grams, from which words that they lack could be put together: what is not covered stays out."
    scored = [score(vectors, each, by, unseen, progress) for each in sets]
    rows = [("TEST SET", "SCORE", "COVERED"), *(row for each in scored for row in (_row(each), *(_row(part, "  ") for part in each.sections)))]
    widths = [max(len(row[i]) for row in rows) for i in range(2)]
    yield from (f"{row[0].ljust(widths[0])}  {row[1].ljust(widths[1])}  {row[2]}" for row in rows)


def _row(found: Score, indent: str = "") -> tuple[str, str, str]:
    shown = "-"
    if found.value == found.value:
        shown = f"rho {found.value:.3f} ± {found.error:.3f}" if found.kind == "pairs" else f"{found.value:.1%} ± {found.error:.1%}"
    return f"{indent}{found.title}", shown, f"{found.n_covered:,} of {found.n:,} ({found.covered:.0%})"


def _prepare() -> None:
    from core.evaluation import nearest  # noqa: F401 - compiled, or read from its cache


if __name__ == "__main__":
    warm.serve(WORKER, _handle, _prepare)
