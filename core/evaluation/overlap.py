"""How far several vectors agree about a word's neighbours. Their vocabularies differ, so that only words known to all can answer."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluation.scores import form
from core.text.progress import Progress, silent
from core.vectors import Neighbour, Vectors

MOST_CANDIDATES = 30_000  # words among which neighbours are looked for
BLOCK = 256  # words at a time


@dataclass(frozen=True)
class Overlap:
    """words: those asked, the most frequent first. shares: float32 [n_vectors n_vectors n_words], the share of neighbours that two have in common.

    n_candidates: words known to all, at most MOST_CANDIDATES.
    """

    words: list[str]
    shares: np.ndarray
    n_candidates: int

    @property
    def mean(self) -> np.ndarray:
        """float64 [n_vectors n_vectors]; not a number where no word is known to all."""
        return self.shares.mean(axis=2, dtype=np.float64) if self.words else np.full(self.shares.shape[:2], np.nan)

    def agreed(self) -> list[tuple[str, float]]:
        """Each word with its mean share over all pairs of vectors, the most disputed first."""
        pairs = np.triu_indices(len(self.shares), 1)
        means = self.shares[pairs].mean(axis=0) if self.words and len(pairs[0]) else np.ones(len(self.words))
        return [(self.words[i], float(means[i])) for i in np.argsort(means, kind="stable")]


def overlap(vectors: Sequence[Vectors], n_words: int = 1000, n: int = 10, progress: Progress = silent) -> Overlap:
    """Of the n nearest by cosine, for the n_words most frequent words that all know."""
    words, rows = _common(vectors)
    n_words, n = min(n_words, len(words)), min(n, len(words) - 1)
    if n < 1:
        return Overlap([], np.zeros((len(vectors), len(vectors), 0), np.float32), len(words))
    near = []
    for i, (each, own) in enumerate(zip(vectors, rows, strict=True)):
        progress("neighbours", i / len(vectors))
        near.append(_nearest(np.asarray(each.matrix[own], np.float32), n_words, n))
    shares = np.ones((len(vectors), len(vectors), n_words), np.float32)
    for i in range(len(vectors)):
        for j in range(i):
            shares[i, j] = shares[j, i] = (near[i][:, :, None] == near[j][:, None, :]).any(axis=2).sum(axis=1) / n
    return Overlap(words[:n_words], shares, len(words))


def distinct(neighbours: list[Neighbour], word: str, n: int) -> list[Neighbour]:
    """The first n that differ from `word` and from each other in more than capitals and blanks."""
    found: dict[str, Neighbour] = {}
    for each in neighbours:
        if form(each.word) != form(word):
            found.setdefault(form(each.word), each)
    return list(found.values())[:n]


def _common(vectors: Sequence[Vectors]) -> tuple[list[str], list[np.ndarray]]:
    """The words that all know, by their mean rank, and the rows of them in each."""
    known: list[dict[str, int]] = []
    for each in vectors:
        rows: dict[str, int] = {}
        for row, word in enumerate(each.words):
            rows.setdefault(form(word), row)
        known.append(rows)
    forms = [each for each in known[0] if each and all(each in rows for rows in known[1:])] if known else []
    ranks = np.array([[rows[each] for each in forms] for rows in known]).reshape(len(known), len(forms))
    order = np.argsort(ranks.mean(axis=0), kind="stable")[:MOST_CANDIDATES] if forms else np.zeros(0, int)
    own = ranks[:, order]
    return [vectors[0].words[row].strip() for row in own[0]] if forms else [], list(own)


def _nearest(matrix: np.ndarray, n_words: int, n: int) -> np.ndarray:
    """int64 [n_words n]: for each of the first rows the n nearest others."""
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    unit = matrix / np.where(lengths > 0, lengths, np.float32(1))
    found = np.empty((n_words, n), np.int64)
    for first in range(0, n_words, BLOCK):
        stop = min(first + BLOCK, n_words)
        similarities = unit[first:stop] @ unit.T
        similarities[np.arange(stop - first), np.arange(first, stop)] = -np.inf
        found[first:stop] = np.argpartition(-similarities, n - 1, axis=1)[:, :n]
    return found
