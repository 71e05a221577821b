"""The compiled part of core.embeddings.cooccurrence: words by their places, rows of counts, tiles of cells."""

from typing import Any, no_type_check

import numpy as np
from numba import njit

CELL = np.dtype([("row", np.uint16), ("column", np.uint16), ("count", np.float32)])  # row and column within the cell's tile
OPTIONS: dict[str, Any] = {"nogil": True, "cache": True, "error_model": "numpy"}


@njit(**OPTIONS)
@no_type_check
def renumber(ids, numbers, tokens, n):
    """Writes words' numbers, and -1 for an end, into tokens from n on; passes over a token without a number. Returns the place after the last."""
    for at in range(len(ids)):
        token = ids[at]
        number = np.int32(-1) if token < 0 else numbers[token]
        if number >= 0 or token < 0:
            tokens[n] = number
            n += 1
    return n


@njit(**OPTIONS)
@no_type_check
def invert(tokens, n_words):
    """places[starts[w] : starts[w + 1]] are the places of word w, in order."""
    starts = np.zeros(n_words + 1, np.int64)
    for token in tokens:
        if token >= 0:
            starts[token + 1] += 1
    starts = np.cumsum(starts)
    following, places = starts[:-1].copy(), np.empty(starts[-1], np.int32)
    for place in range(len(tokens)):
        token = tokens[place]
        if token >= 0:
            places[following[token]] = place
            following[token] += 1
    return starts, places


@njit(**OPTIONS)
@no_type_check
def met(row, touched, m, column, much):
    """Adds to a dense row and lists the column where it is new; returns how many are listed. Without a branch, which nobody could foresee."""
    before = row[column]
    touched[m] = column
    row[column] = before + much
    return m + (before == 0)


@njit(**OPTIONS)
@no_type_check
def compressed(row, touched, m, n, columns, counts):
    """Moves row[touched[:m]] behind the n counts there are, and clears it; returns the arrays, grown where they have to be."""
    if n + m > len(columns):
        size = 2 * (n + m)
        more_columns, more_counts = np.empty(size, np.int32), np.empty(size, np.float32)
        more_columns[:n], more_counts[:n] = columns[:n], counts[:n]
        columns, counts = more_columns, more_counts
    for u in range(m):
        columns[n + u], counts[n + u] = touched[u], row[touched[u]]
        row[touched[u]] = 0
    return columns, counts


@njit(**OPTIONS)
@no_type_check
def count_rows(tokens, margin, starts, places, first, last, weights, symmetric):
    """The rows of words first to last: how many columns each has, these, and their counts; of a symmetric matrix the columns up to the row's own.

    tokens begin and end with -1; a pair counts where its later word stands at `margin` or after it; weights[d]: what it counts at distance d.
    The sums are doubles: single precision adds 1/15 to a common word's count in vain.
    """
    n_words, width = len(starts) - 1, len(weights) - 1
    row, touched = np.zeros(n_words), np.empty(n_words + 1, np.int32)
    lengths, columns, counts, n = np.zeros(last - first, np.int64), np.empty(1024, np.int32), np.empty(1024, np.float32), 0
    for word in range(first, last):
        m, most = 0, word if symmetric else n_words
        for at in range(starts[word], starts[word + 1]):
            place = places[at]
            own = place >= margin
            for direction in range(-1, 2 if symmetric else 0, 2):
                for d in range(1, width + 1):
                    other = tokens[place + direction * d]
                    if other < 0:
                        break
                    if other <= most and (own or place + direction * d >= margin):
                        m = met(row, touched, m, other, weights[d])
        columns, counts = compressed(row, touched, m, n, columns, counts)
        lengths[word - first] = m
        n += m
    return lengths, columns[:n].copy(), counts[:n].copy()


@njit(**OPTIONS)
@no_type_check
def add_rows(lengths, columns, counts, n_words):
    """The sums of the same rows of several blocks of text, as `count_rows` gives them. lengths: [n_blocks n_rows]; the rows stand block by block."""
    n_blocks, n_rows = lengths.shape
    begin = np.cumsum(lengths.ravel()).reshape(n_blocks, n_rows) - lengths
    row, touched = np.zeros(n_words), np.empty(n_words + 1, np.int32)
    sums, sum_columns, sum_counts, n = np.zeros(n_rows, np.int64), np.empty(1024, np.int32), np.empty(1024, np.float32), 0
    for i in range(n_rows):
        m = 0
        for block in range(n_blocks):
            for k in range(begin[block, i], begin[block, i] + lengths[block, i]):
                m = met(row, touched, m, columns[k], counts[k])
        sum_columns, sum_counts = compressed(row, touched, m, n, sum_columns, sum_counts)
        sums[i] = m
        n += m
    return sums, sum_columns[:n].copy(), sum_counts[:n].copy()


@njit(**OPTIONS)
@no_type_check
def tiles(lengths, columns, counts, band, n_bands):
    """A band's rows cut into its tiles, one after the other, each in the order of its rows; and how many cells each tile has."""
    sizes = np.zeros(n_bands, np.int64)
    for column in columns:
        sizes[column // band] += 1
    following, cells, k = np.cumsum(sizes) - sizes, np.empty(len(columns), CELL), 0
    for i in range(len(lengths)):
        for _ in range(lengths[i]):
            tile = columns[k] // band
            cell = cells[following[tile]]
            cell.row, cell.column, cell.count = i, columns[k] - tile * band, counts[k]
            following[tile] += 1
            k += 1
    return cells, sizes
