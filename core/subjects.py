"""Whatever has vectors, by its name: a run, vectors that the user opened, a file."""

from pathlib import Path

from core import exporting, formats, opened
from core.systems import Matrix
from core.text.progress import Progress, silent
from core.training.run import find, runs
from core.vectors import Vectors


def vectors(name: str, matrix: Matrix | None = None, progress: Progress = silent) -> Vectors:
    """Of a run (its id), of opened ones (theirs), or of a file; ValueError in words where there are none. matrix: a run's usual one where not said."""
    if _is_run(name):
        return exporting.vectors(find(name), matrix, progress)
    if matrix is not None:
        raise ValueError(f"Only runs keep more than one matrix, and “{name}” is no run: leave out “{matrix}”.")
    if name in {each.id for each in opened.opened()}:
        return opened.find(name).vectors()
    if Path(name).is_file():
        return formats.read(Path(name), progress).vectors
    raise _nothing(name)


def learnt_from(name: str) -> str:
    """The corpus of a run; empty for whatever else has vectors; ValueError in words where there are none."""
    if _is_run(name):
        return find(name).config.corpus
    if name not in {each.id for each in opened.opened()} and not Path(name).is_file():
        raise _nothing(name)
    return ""


def _nothing(name: str) -> ValueError:
    return ValueError(f"There is no run, no opened vectors and no file called “{name}”. `python -m core list` shows the runs.")


def _is_run(name: str) -> bool:
    return name in {run.id for run in runs()}
