"""Which word is nearest to b - a + c, for thousands of questions and all words.

The words that questions ask about are few (900 in the 19 544 of word2vec's list). So the matrix product is made once for them, a tile of the
vocabulary at a time, and a question costs three additions a word instead of a product of whole vectors: thirty times less at 300 dimensions.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import no_type_check

import numpy as np
from numba import njit

from core.machine import n_cores
from core.text.progress import Progress
from core.vectors import Measure, Vectors

TILE = 512  # words of the vocabulary at a time: their products with 900 words stay in a core's own cache
LOWEST = np.float32(-3e38)


def nearest_sums(vectors: Vectors, n_words: int, own: np.ndarray, terms: np.ndarray, left_out: np.ndarray, by: Measure, progress: Progress) -> np.ndarray:
    """The row of the best word of each question, int64 [n_questions]; -1 where all are left out.

    n_words: the first so many rows answer. own [n_asked]: rows of the words asked about. terms int32 [n_questions 3]: a, b, c as places in `own`.
    left_out int32 [n_questions k]: rows that are no answer, filled up with -1.
    """
    asked = _rows(vectors, own, by)
    best = np.full(len(terms), LOWEST, np.float32)
    where = np.full(len(terms), -1, np.int64)
    n_parts = n_cores()
    parts = [np.array_split(each, n_parts) for each in (terms, left_out, best, where)]  # views of them
    with ThreadPoolExecutor(n_parts) as threads:
        for first in range(0, n_words, TILE):
            scores = asked @ _rows(vectors, np.arange(first, min(first + TILE, n_words)), by).T
            list(threads.map(lambda *part, scores=scores, first=first: _take_better(scores, first, *part), *parts))
            progress("analogies", min(1.0, (first + TILE) / n_words))
    return where


def _rows(vectors: Vectors, rows: np.ndarray, by: Measure) -> np.ndarray:
    """float32 [n d_model]; at length 1 for the cosine. What is no number counts as nothing."""
    found = np.nan_to_num(np.asarray(vectors.matrix[rows], np.float32))  # a copy
    if by == "cosine":
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        found /= np.where(lengths > 0, lengths, np.float32(1))
    return np.ascontiguousarray(found)


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz", "nnan"})
@no_type_check
def _take_better(scores, first, terms, left_out, best, where):
    """Looks through one tile, scores [n_asked n_tile], for each question, and takes what is better than the best so far."""
    n_tile = scores.shape[1]
    sums = np.empty(n_tile, np.float32)
    for question in range(len(terms)):
        a, b, c = scores[terms[question, 0]], scores[terms[question, 1]], scores[terms[question, 2]]
        for j in range(n_tile):
            sums[j] = b[j] - a[j] + c[j]
        for k in range(left_out.shape[1]):
            row = left_out[question, k] - first
            if 0 <= row < n_tile:
                sums[row] = LOWEST
        highest = LOWEST
        for j in range(n_tile):
            highest = max(highest, sums[j])
        if highest > best[question]:
            best[question] = highest
            for j in range(n_tile):
                if sums[j] == highest:
                    where[question] = first + j
                    break
