"""When snapshots are made: at log-spaced steps, under a disk budget."""

from typing import Any

import numpy as np

N_WORDS = 5000  # whose vectors a snapshot keeps
N_SNAPSHOTS = 40  # at most


def small_parts(settings: Any, vocab_size: int) -> float:
    """Bytes of a snapshot without its weights, roughly: its vectors, and something for attention and samples."""
    return 4.0 * int(getattr(settings, "d_model", 0)) * min(N_WORDS, vocab_size) + 100_000


def snapshot_steps(n_steps: int, weights: float, others: float, budget: int) -> tuple[list[int], bool]:
    """The steps, with 0 and the last, and whether the budget has room for the weights in each (the last always has them).

    weights, others: bytes of one snapshot's model and of the rest of it.
    """
    everywhere = budget >= 8 * (weights + others)
    n = int(budget // max(1.0, weights + others)) if everywhere else int((budget - weights) // max(1.0, others))
    n = min(max(n, 2), N_SNAPSHOTS, max(8, n_steps // 20))  # a short run is not spent on its pictures
    first = max(1, n_steps // 200)  # before, nothing much happens, and the first row of metrics should not wait
    return sorted({0, n_steps} | {round(step) for step in np.geomspace(first, n_steps, n - 1)}), everywhere
