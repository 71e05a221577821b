"""The compiled part of neighbourhoods: the nearest of many, and which place among all somebody has."""

from typing import no_type_check

import numpy as np
from numba import njit

FAR = np.float32(3e38)


@njit(nogil=True, cache=True)
@no_type_check
def nearest_in_block(distances, first, indices, near):
    """The nearest columns of each row, the nearest first, into indices and near [rows k].

    distances float32 [rows n]. first: the column that is the first row itself, which then comes first; -1 where rows and columns are of two kinds.
    """
    rows, n = distances.shape
    k = indices.shape[1]
    for row in range(rows):
        begin = 0
        if first >= 0:
            indices[row, 0], near[row, 0] = first + row, 0
            begin = 1
        for place in range(begin, k):
            indices[row, place], near[row, place] = -1, FAR
        for column in range(n):
            distance = distances[row, column]
            if distance < near[row, k - 1] and (first < 0 or column != first + row) and k > begin:
                place = k - 1
                while place > begin and near[row, place - 1] > distance:
                    near[row, place], indices[row, place] = near[row, place - 1], indices[row, place - 1]
                    place -= 1
                near[row, place], indices[row, place] = distance, column


@njit(nogil=True, cache=True)
@no_type_check
def intrusion(truth, shown, own, k, penalties, kept):
    """For each row: how far beyond place k, in `truth`, its k nearest in `shown` lie, summed up; and how many of them are among its k nearest in truth.

    truth, shown: float32 [rows n] of distances. own int64 [rows]: the column that is the row itself, which is put far away in both.
    penalties float64 [rows], kept int32 [rows].
    """
    rows, n = truth.shape
    indices, near = np.empty(k, np.int32), np.empty(k, np.float32)
    for row in range(rows):
        truth[row, own[row]] = shown[row, own[row]] = FAR
        near[:], indices[:] = FAR, 0
        last = FAR
        for column in range(n):
            distance = shown[row, column]
            if distance < last:
                place = k - 1
                while place > 0 and near[place - 1] > distance:
                    near[place], indices[place] = near[place - 1], indices[place - 1]
                    place -= 1
                near[place], indices[place] = distance, column
                last = near[k - 1]
        total, inside = 0, 0
        for place in range(k):
            limit, nearer = truth[row, indices[place]], np.int32(0)
            for column in range(n):
                nearer += np.int32(truth[row, column] < limit)  # no more to it than this, so that it becomes vector code
            inside += nearer < k
            total += max(0, nearer + 1 - k)
        penalties[row], kept[row] = total, inside
