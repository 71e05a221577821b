"""Vectors with names: whatever shows words takes these."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal, Protocol, runtime_checkable

import numpy as np

Measure = Literal["cosine", "dot"]  # of the directions alone, or of the vectors with their lengths


@dataclass(frozen=True)
class Neighbour:
    word: str
    similarity: float  # cosine, or the dot product where asked for
    index: int


@runtime_checkable
class Subwords(Protocol):
    """What gives words that were never seen a vector, such as their character n-grams."""

    kind: ClassVar[str]  # of their parts, in the plural

    def parts(self, word: str) -> list[tuple[str, np.ndarray]]:
        """Name and row [d_model] of each part, the word itself first where it was seen; the word's vector is their mean. Nothing where there is no part."""


@dataclass(frozen=True, eq=False)
class Vectors:
    """One row a word, most frequent first. matrix: float32 [n_words, d_model]; counts: how often each word was seen, where known."""

    words: list[str]
    matrix: np.ndarray
    counts: np.ndarray | None = None
    subwords: Subwords | None = None  # where there are some, every word has a vector

    def __post_init__(self) -> None:
        if self.matrix.ndim != 2 or len(self.words) != len(self.matrix):
            raise ValueError(f"{len(self.words)} words need as many rows of numbers, not a matrix of shape {self.matrix.shape}.")

    @cached_property
    def index(self) -> dict[str, int]:
        """Row of each word; of a word that stands twice, the first."""
        return dict(zip(reversed(self.words), range(len(self.words) - 1, -1, -1), strict=True))

    @cached_property
    def lengths(self) -> np.ndarray:
        """float32 [n_words]: the length of each row."""
        matrix = np.asarray(self.matrix, np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(np.sqrt(np.einsum("ij,ij->i", matrix, matrix)))

    @cached_property
    def unit(self) -> np.ndarray:
        """The rows at length 1; a row of zeros stays zero. A second matrix: neighbours do without."""
        return np.asarray(self.matrix / _divisor(self.lengths)[:, None], np.float32)

    def ready(self) -> "Vectors":
        """The same, with all that the first search would have to make."""
        _ = self.index, self.lengths
        return self

    def row(self, word: str) -> int:
        """The row of a word, as written or folded; ValueError in words where there is none."""
        for form in (word, word.lower(), word.strip(), word.strip().lower()):
            if form in self.index:
                return self.index[form]
        remedy = "Try another spelling; in a run, a smaller min_count keeps rarer words."
        raise ValueError(f"“{word}” is not among the {len(self.words):,} words of this vocabulary. {remedy}")

    def vector(self, word: str) -> np.ndarray:
        """float32 [d_model]: the word's row, or, where it has none, the mean of its parts; ValueError in words where there is neither."""
        return self._found(word)[0]

    def neighbours(self, word: str, n: int = 10, by: Measure = "cosine") -> list[Neighbour]:
        """The n nearest words in the original space, the word itself left out."""
        vector, rows = self._found(word)
        return self.nearest(vector, n, rows, by)

    def nearest(self, vector: np.ndarray, n: int = 10, leave_out: Iterable[int] = (), by: Measure = "cosine") -> list[Neighbour]:
        """The n words that are nearest to `vector` [d_model]. leave_out: rows."""
        similarities = self.similarities(vector, by)
        left_out = sorted(set(leave_out))
        similarities[left_out] = -np.inf
        n = min(n, len(self.words) - len(left_out))
        if n <= 0:
            return []
        best = np.argpartition(-similarities, n - 1)[:n]
        best = best[np.argsort(-similarities[best], kind="stable")]
        return [Neighbour(self.words[i], float(similarities[i]), int(i)) for i in best]

    def similarities(self, vector: np.ndarray, by: Measure = "cosine") -> np.ndarray:
        """float32 [n_words]: of every word with `vector` [d_model]; the cosine with a row of zeros is 0."""
        if by == "dot":
            return np.asarray(self.matrix @ vector.astype(np.float32))
        return np.asarray(self.matrix @ _unit(vector) / _divisor(self.lengths))

    def analogy(self, plus: Sequence[str], minus: Sequence[str], n: int = 10, by: Measure = "cosine") -> list[Neighbour]:
        """What is nearest to the sum of `plus` without `minus`, the words asked left out: king + woman - man.

        By cosine the words' directions are added (3CosAdd, Mikolov et al. 2013), by dot product the vectors as they are.
        """
        if not plus and not minus:
            raise ValueError("An analogy needs a word at least. Name one to begin with.")
        total = np.zeros(self.matrix.shape[1], np.float32)
        asked: list[int] = []
        for sign, words in ((1, plus), (-1, minus)):
            for word in words:
                vector, rows = self._found(word)
                total += sign * (vector if by == "dot" else _unit(vector))
                asked.extend(rows)
        return self.nearest(total, n, asked, by)

    def similarity(self, a: str, b: str, by: Measure = "cosine") -> float:
        """Of two words."""
        first, second = self.vector(a), self.vector(b)
        return float(first @ second) if by == "dot" else float(_unit(first) @ _unit(second))

    def odd_one_out(self, words: Sequence[str]) -> list[tuple[str, float]]:
        """Each word with its cosine to the mean of all their directions, the odd one first; ValueError in words for fewer than three."""
        if len(words) < 3:
            raise ValueError(f"Among {len(words)} word{'s' * (len(words) != 1)} none is odd. Name three or more.")
        directions = np.stack([_unit(self.vector(word)) for word in words])
        cosines = directions @ _unit(directions.mean(axis=0))
        return [(words[i], float(cosines[i])) for i in np.argsort(cosines, kind="stable")]

    def head(self, n: int) -> "Vectors":
        """The n most frequent words."""
        return Vectors(self.words[:n], self.matrix[:n], None if self.counts is None else self.counts[:n], self.subwords)

    def _found(self, word: str) -> tuple[np.ndarray, tuple[int, ...]]:
        """The word's vector, and the row that is its own: none for a word that was never seen."""
        parts = [] if self.subwords is None or word in self.index else self.subwords.parts(word.strip())
        if not parts:
            row = self.row(word)
            return np.asarray(self.matrix[row], np.float32), (row,)
        own = self.index.get(parts[0][0])  # the parts of a word that differs in its capitals alone begin with the word as it was seen
        return np.stack([row for _, row in parts]).mean(axis=0, dtype=np.float32), () if own is None else (own,)


def _unit(vector: np.ndarray) -> np.ndarray:
    """At length 1; zeros stay zeros."""
    length = float(np.linalg.norm(np.asarray(vector, np.float64)))
    return (vector / length if length else vector).astype(np.float32)


def _divisor(lengths: np.ndarray) -> np.ndarray:
    return np.where(lengths > 0, lengths, np.float32(1))
