"""Rows as they come in, and what is said of them at the end: words that stand twice, numbers that are none."""

from collections.abc import Callable, Sequence

import numpy as np

from core.formats.source import room_for
from core.vectors import Vectors

MOST = 2**53  # times that a word may have been seen
Where = Callable[[int], str]  # the place of a row in its file, as a reader finds it: "line 17", "row 16"


class Rows:
    """A float32 matrix [n d_model] that grows. expected: how many rows there will be, where somebody says so."""

    def __init__(self, name: str, d_model: int, expected: int) -> None:
        self.name, self.n, self.words = name, 0, list[str]()
        self._matrix = np.empty((self._fitting(expected, d_model), d_model), np.float32)  # memory is not taken before it is written to

    def add(self, words: Sequence[str], matrix: np.ndarray) -> None:
        """Rows that follow. matrix: any real type [n d_model]."""
        end = self.n + len(matrix)
        if end > len(self._matrix):
            larger = np.empty((self._fitting(max(end, len(self._matrix) * 3 // 2), matrix.shape[1]), matrix.shape[1]), np.float32)
            larger[: self.n] = self._matrix[: self.n]
            self._matrix = larger
        self._matrix[self.n : end] = matrix
        self.words.extend(words)
        self.n = end

    @property
    def matrix(self) -> np.ndarray:
        return self._matrix[: self.n]

    def _fitting(self, n_rows: int, d_model: int) -> int:
        room_for(n_rows, d_model, self.name)
        return n_rows


def finished(name: str, words: list[str], matrix: np.ndarray, counts: np.ndarray | None, where: Where, notes: list[str]) -> Vectors:
    """The vectors, checked; `notes` grows by what was put right. ValueError where a number, or a length, is not finite, or nothing is there.

    counts: any real type [n]; left out where one of them is none.
    """
    if not len(matrix) or not matrix.shape[1]:
        raise ValueError(f"{name} holds no vectors. Choose another file.")
    if counts is not None and not np.all((counts >= 0) & (counts < MOST)):
        notes.append(f"The counts of {name} are left out: {counts[~((counts >= 0) & (counts < MOST))][0]:g} is among them, and no word is seen so often.")
        counts = None
    vectors = Vectors(words, matrix, None if counts is None else counts.astype(np.int64))
    # A length shows whether any of a row's numbers is nan or infinite, or so large that its square is.
    for row in np.flatnonzero(~np.isfinite(vectors.lengths)):
        for column in np.flatnonzero(~np.isfinite(matrix[row]))[:1]:
            place = f"number {column + 1} of “{words[row][:50]}”"
            raise ValueError(f"{name}, {where(int(row))}: {place} is {matrix[row, column]:g}; every number has to be finite. Correct the row, or leave it out.")
        largest = f"the largest number of “{words[row][:50]}” is {np.abs(matrix[row]).max():g}"
        raise ValueError(f"{name}, {where(int(row))}: {largest}, and no vector has such numbers: its length is none. Correct the row, or leave it out.")
    if len(vectors.index) < len(words):
        vectors = _without_repetitions(vectors, where, notes)
    if "" in vectors.index:
        notes.append(f"One row has no word, {where(words.index(''))}; it stands among the others as “”.")
    return vectors


def _without_repetitions(vectors: Vectors, where: Where, notes: list[str]) -> Vectors:
    words, matrix, first = vectors.words, vectors.matrix, vectors.index
    kept = [i for i, word in enumerate(words) if first[word] == i]
    again = next(i for i, word in enumerate(words) if first[word] != i)
    n = len(words) - len(kept)
    said = "1 row is left out, of a word that stands" if n == 1 else f"{n:,} rows are left out, of words that stand"
    notes.append(f"{said} before: “{words[again][:50]}” at {where(again)} stands at {where(first[words[again]])} already.")
    # Moved up within the matrix: a second one of this size might not fit.
    for i, row in enumerate(kept):
        if i != row:
            matrix[i] = matrix[row]
    return Vectors([words[i] for i in kept], matrix[: len(kept)], None if vectors.counts is None else vectors.counts[kept])
