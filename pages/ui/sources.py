"""Whatever has vectors to look at: runs, and files that the user opened. A `View` of one is a moment and a matrix of it."""

from collections import Counter
from dataclasses import dataclass, replace

import streamlit as st

from core import opened
from core.columns import Column
from core.opened import Opened
from core.systems import Matrix
from core.training.run import Run
from core.vectors import Vectors
from pages.ui import load, say


@dataclass(frozen=True)
class Source:
    """A run or an opened file; cheap to make."""

    id: str  # in an address
    name: str
    of: Run | Opened
    steps: tuple[int, ...] = ()

    @property
    def matrices(self) -> tuple[Matrix, ...]:
        """What can be chosen among, the usual one first; none where there is one only."""
        return load.matrices(self.of) if isinstance(self.of, Run) else ()

    @property
    def version(self) -> float:
        return self.of.config.created if isinstance(self.of, Run) else self.of.created


@dataclass(frozen=True)
class View:
    """One table of vectors: a source, a moment of it, one of its matrices."""

    source: Source
    step: int = 0
    matrix: Matrix | None = None

    @property
    def key(self) -> str:
        """Tells widgets of one view from those of another."""
        return f"{self.source.id}-{self.source.version}-{self.step}-{self.matrix}"

    def vectors(self) -> Vectors:
        """Of every word there is; the page ends with a sentence where they cannot be read."""
        return self._read()[0]

    def columns(self) -> list[Column]:
        """What somebody brought of its words."""
        return load.columns(self.source.of, f"{self.key}-{load.columns_version(self.source.of)}", self.vectors().words)

    @property
    def note(self) -> str:
        """Why not all that was asked for is shown; empty where it is."""
        return self._read()[1]

    def _read(self) -> tuple[Vectors, str]:
        of = self.source.of
        try:
            return load.whole(of, self.step, self.matrix) if isinstance(of, Run) else (load.opened(of), "")
        except (ValueError, OSError) as wrong:
            st.error(say.plain(str(wrong)), icon=":material/block:")
            st.stop()

    @property
    def last(self) -> "View":
        """The same at the source's last moment."""
        return replace(self, step=self.source.steps[-1]) if self.source.steps else self

    def when(self) -> str:
        """For a caption: of which moment and which matrix."""
        matrix = f", matrix “{self.matrix}”" if self.matrix and self.matrix != self.source.matrices[0] else ""
        return (f" at step {self.step:,}" if self.source.steps else "") + matrix


def available() -> dict[str, Source]:
    """By id: runs with something to show, the newest first, then the opened files."""
    runs = load.runs_offering("vectors")
    found = [Source(run.id, run.name, run, tuple(each.step for each in run.snapshots())) for run in runs]
    taken = {each.id for each in found}
    # An id is made of the file's name and its content: a run that is called the same is hardly there, and wins.
    found += [Source(each.id, each.name, each) for each in opened.opened() if each.id not in taken]
    return {each.id: each for each in found}


def titles(found: dict[str, Source]) -> dict[str, str]:
    """What each is called, told apart where two are called the same."""
    namesakes = Counter(each.name for each in found.values())
    return {id: each.name if namesakes[each.name] == 1 else f"{each.name} ({id})" for id, each in found.items()}
