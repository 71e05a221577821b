"""Which words of a view are on the map: the most frequent so many, or those that were isolated."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import streamlit as st

from core import selections
from core.columns import Column
from core.projection.linear import finite_rows
from core.vectors import Vectors
from pages.ui import address, load, say
from pages.ui.sources import View

USUAL = 5000  # words
LADDER = (500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000)


@dataclass(frozen=True)
class Shown:
    """n: so many of the first words; isolated: rows as core.selections writes them, instead."""

    view: View
    n: int
    isolated: str = ""

    @property
    def key(self) -> str:
        """Tells these words from any others."""
        return f"{self.view.key}-{self.n}-{self.isolated}-{load.columns_version(self.view.source.of)}"

    @property
    def rows(self) -> np.ndarray:
        """int64, ascending: of the vocabulary."""
        return _found(self.key, self)[0]

    @property
    def vectors(self) -> Vectors:
        """Of these words alone."""
        return _found(self.key, self)[1]

    @property
    def columns(self) -> list[Column]:
        """What somebody brought of these words."""
        return load.columns(self.view.source.of, self.key, self.vectors.words)

    @property
    def n_without_place(self) -> int:
        """Words that would be here, and whose vectors are no numbers."""
        return _found(self.key, self)[2]

    def places(self, words: Iterable[str]) -> list[int]:
        """Where words are among these; those that are not here are left out."""
        index = self.view.vectors().index
        return self.of_rows(index[word] for word in words if word in index)

    def of_rows(self, rows: Iterable[int]) -> list[int]:
        """Where rows of the vocabulary are among these; those that are not here are left out."""
        wanted, here = np.fromiter(rows, np.int64), self.rows
        if not len(here):
            return []
        there = np.minimum(np.searchsorted(here, wanted), len(here) - 1)
        found: list[int] = there[here[there] == wanted].tolist()
        return found


@st.cache_resource(max_entries=8, show_spinner=False)
def _found(key: str, _shown: Shown) -> tuple[np.ndarray, Vectors, int]:
    whole = _shown.view.vectors()
    rows = selections.read(_shown.isolated) if _shown.isolated else np.arange(min(_shown.n, len(whole.words)))
    rows = rows[rows < len(whole.words)]
    whole_head = not _shown.isolated
    finite = finite_rows(whole.matrix[: len(rows)] if whole_head else whole.matrix[rows])
    if whole_head and finite.all():
        return rows, Vectors(whole.words[: len(rows)], whole.matrix[: len(rows)], None if whole.counts is None else whole.counts[: len(rows)]), 0
    kept = rows[finite]
    counts = None if whole.counts is None else whole.counts[kept]
    return kept, Vectors([whole.words[row] for row in kept], np.asarray(whole.matrix[kept], np.float32), counts), int(len(rows) - len(kept))


def picker(view: View) -> Shown:
    """How many words, or those that were isolated; both in the address. Ends the page where none has a place."""
    n_words = len(view.vectors().words)
    steps = [*(step for step in LADDER if step < n_words), n_words]
    usual = min(USUAL, n_words)
    key = f"shown-{view.source.id}"
    n = address.held(key, address.number("words") if address.number("words") in steps else usual, steps)
    n = int(st.selectbox("Words", steps, steps.index(n), format_func=lambda n: f"all {n:,}" if n == n_words else f"{n:,}", key=key))
    address.put(words=None if n == usual else n)
    return Shown(view, n, isolated())


def isolated() -> str:
    """The rows that the map is restricted to; empty where it is not. An address that is damaged is said, and shows all."""
    short = address.get("only")
    try:
        text = selections.long(short)
        return text if len(selections.read(text)) else ""
    except ValueError as wrong:
        st.warning(say.plain(str(wrong)), icon=":material/link_off:")
        address.put(only=None)
        return ""
