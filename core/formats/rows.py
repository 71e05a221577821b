"""Rows as they come in, and what is said of them at the end: words that stand twice, numbers that are none."""

from collections.abc import Callable, Sequence

import numpy as np

from core.formats.source import room_for
from core.vectors import BLOCK, Vectors

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
    """The vectors, checked; `notes` grows by what was put right. ValueError where a number is not finite, or nothing is there."""
    if not len(matrix) or not matrix.shape[1]:
        raise ValueError(f"{name} holds no vectors. Choose another file.")
    for begin in range(0, len(matrix), BLOCK):
        block = matrix[begin : begin + BLOCK]
        # A sum shows in one pass whether any number is nan or infinite; that it may overflow by itself is why the place is looked for.
        with np.errstate(over="ignore", invalid="ignore"):
            suspicious = not np.isfinite(block.sum())
        if suspicious and not np.isfinite(block).all():
            row, column = (int(i) for i in np.argwhere(~np.isfinite(block))[0])
            place = f"number {column + 1} of “{words[begin + row][:50]}”"
            raise ValueError(
                f"{name}, {where(begin + row)}: {place} is {block[row, column]:g}; every number has to be finite. Correct the row, or leave it out."
            )
    if len(set(words)) < len(words):
        words, matrix, counts = _without_repetitions(words, matrix, counts, where, notes)
    if "" in words:
        notes.append(f"One row has no word, {where(words.index(''))}; it stands among the others as “”.")
    return Vectors(words, matrix, counts)


def _without_repetitions(
    words: list[str], matrix: np.ndarray, counts: np.ndarray | None, where: Where, notes: list[str]
) -> tuple[list[str], np.ndarray, np.ndarray | None]:
    seen: dict[str, int] = {}
    kept: list[int] = []
    again: list[int] = []
    for i, word in enumerate(words):
        (kept if seen.setdefault(word, i) == i else again).append(i)
    example = words[again[0]]
    rows = "1 row is" if len(again) == 1 else f"{len(again):,} rows are"
    notes.append(f"{rows} left out, of words that stood before: “{example[:50]}” at {where(again[0])} stands at {where(seen[example])} already.")
    # Moved up within the matrix: a second one of this size might not fit.
    for i, row in enumerate(kept):
        if i != row:
            matrix[i] = matrix[row]
    return [words[i] for i in kept], matrix[: len(kept)], None if counts is None else counts[kept]
