"""The compiled part of UMAP: each point pulled to its neighbours in the graph, and pushed away from others drawn by chance."""

from typing import no_type_check

import numpy as np
from numba import njit, prange

SHIFT = 16  # bits of a float32 that a table does without: it has 128 steps from one power of two to the next
LOWEST, HIGHEST = (127 - 24) << 23, (127 + 14) << 23  # the bits of 2^-24 and of 2^14: squared distances beyond are taken for these
MOST = np.float32(4)  # of a step


def forces(a: float, b: float) -> tuple[np.ndarray, np.ndarray]:
    """Of attraction and repulsion, for each step of squared distance: the slopes of log q and log(1 - q) for q = 1 / (1 + a d^2b), over d."""
    square = (np.arange(LOWEST, HIGHEST, 1 << SHIFT) + (1 << SHIFT - 1)).astype(np.int32).view(np.float32).astype(np.float64)
    tail = a * square**b + 1
    return (-2 * a * b * square ** (b - 1) / tail).astype(np.float32), (2 * b / ((0.001 + square) * tail)).astype(np.float32)


@njit(parallel=True, fastmath=True, nogil=True, cache=True, error_model="numpy")
@no_type_check
def arrange(xy, first, starts, ends, period, due, begin, stop, n_epochs, attraction, repulsion, n_negative, seed):
    """Epochs `begin` to `stop` of `n_epochs`. The points from row `first` on move, xy float32 [n 2] or [n 3]; those before it stand still.

    starts int32 [n_moving + 1]: the edges of each moving point, as a sparse matrix has them; ends int32 [n_edges]: the other end. period float32
    [n_edges]: epochs from one visit of an edge to the next; due [n_edges]: the next one. The step falls from 1 to 0 over all epochs.

    Every point moves itself alone, and knows the others as they were when the epoch began. So cores share the work without a lock, and the layout is
    the same however many they are.
    """
    n = len(xy)
    n_moving = len(starts) - 1
    last = len(attraction) - 1
    deep = xy.shape[1] == 3
    moved = xy[first:].copy()
    for epoch in range(begin, stop):
        step = np.float32(1.0 - epoch / n_epochs)
        for i in prange(n_moving):
            drawn = (np.uint64(seed) + np.uint64(i) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(epoch) * np.uint64(0xBF58476D1CE4E5B9)) | np.uint64(1)
            drawn ^= drawn >> np.uint64(31)
            drawn *= np.uint64(0x94D049BB133111EB)
            drawn ^= drawn >> np.uint64(29)
            x, y, z, dz = xy[first + i, 0], xy[first + i, 1], np.float32(0), np.float32(0)
            if deep:
                z = xy[first + i, 2]
            for edge in range(starts[i], starts[i + 1]):
                if due[edge] > epoch:
                    continue
                due[edge] += period[edge]
                other = ends[edge]
                dx, dy = x - xy[other, 0], y - xy[other, 1]
                if deep:
                    dz = z - xy[other, 2]
                place = (np.float32(dx * dx + dy * dy + dz * dz).view(np.int32) - LOWEST) >> SHIFT
                pull = attraction[min(max(place, 0), last)]
                # Twice: umap-learn moves both ends of an edge, and has it in both directions.
                x += np.float32(2) * step * min(MOST, max(-MOST, pull * dx))
                y += np.float32(2) * step * min(MOST, max(-MOST, pull * dy))
                z += np.float32(2) * step * min(MOST, max(-MOST, pull * dz))
                for _ in range(n_negative):
                    drawn ^= drawn << np.uint64(13)
                    drawn ^= drawn >> np.uint64(7)
                    drawn ^= drawn << np.uint64(17)
                    other = np.int64(((drawn >> np.uint64(32)) * np.uint64(n)) >> np.uint64(32))
                    dx, dy = x - xy[other, 0], y - xy[other, 1]
                    if deep:
                        dz = z - xy[other, 2]
                    place = (np.float32(dx * dx + dy * dy + dz * dz).view(np.int32) - LOWEST) >> SHIFT
                    push = repulsion[min(max(place, 0), last)]
                    x += step * min(MOST, max(-MOST, push * dx))
                    y += step * min(MOST, max(-MOST, push * dy))
                    z += step * min(MOST, max(-MOST, push * dz))
            moved[i, 0], moved[i, 1] = x, y
            if deep:
                moved[i, 2] = z
        xy[first:] = moved
