"""Vectors with names: whatever shows words takes these."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Neighbour:
    word: str
    similarity: float  # cosine, or the dot product where asked for
    index: int


@dataclass(frozen=True, eq=False)
class Vectors:
    """One row a word, most frequent first. matrix: float32 [n_words, d_model]; counts: how often each word was seen, where known."""

    words: list[str]
    matrix: np.ndarray
    counts: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.matrix.ndim != 2 or len(self.words) != len(self.matrix):
            raise ValueError(f"{len(self.words)} words need as many rows of numbers, not a matrix of shape {self.matrix.shape}.")

    @cached_property
    def index(self) -> dict[str, int]:
        """Row of each word; of a word that stands twice, the first."""
        return {word: i for i, word in reversed(list(enumerate(self.words)))}

    @cached_property
    def unit(self) -> np.ndarray:
        """The rows at length 1; a row of zeros stays zero."""
        norms = np.linalg.norm(self.matrix, axis=1, keepdims=True)
        return (self.matrix / np.where(norms > 0, norms, 1)).astype(np.float32)

    def row(self, word: str) -> int:
        """The row of a word, as written or folded; ValueError in words where there is none."""
        for form in (word, word.lower(), word.strip(), word.strip().lower()):
            if form in self.index:
                return self.index[form]
        raise ValueError(f"“{word}” is not among the {len(self.words):,} words of this vocabulary. Try another spelling, or train with a smaller min_count.")

    def neighbours(self, word: str, n: int = 10) -> list[Neighbour]:
        """The n nearest words by cosine in the original space, the word itself left out."""
        row = self.row(word)
        return self.nearest(self.unit[row], n, leave_out=(row,))

    def nearest(self, vector: np.ndarray, n: int = 10, leave_out: tuple[int, ...] = ()) -> list[Neighbour]:
        """The n words whose directions are nearest to `vector` [d_model]."""
        length = float(np.linalg.norm(vector))
        similarities = self.unit @ (vector / length if length else vector).astype(np.float32)
        similarities[list(leave_out)] = -np.inf
        n = min(n, len(self.words) - len(leave_out))
        if n <= 0:
            return []
        best = np.argpartition(-similarities, n - 1)[:n]
        best = best[np.argsort(-similarities[best], kind="stable")]
        return [Neighbour(self.words[i], float(similarities[i]), int(i)) for i in best]

    def head(self, n: int) -> "Vectors":
        """The n most frequent words."""
        return Vectors(self.words[:n], self.matrix[:n], None if self.counts is None else self.counts[:n])
