"""fastText's vector of a word: the mean of its input rows, compiled."""

from typing import no_type_check

import numpy as np
from numba import njit


@njit(nogil=True, cache=True, error_model="numpy")
@no_type_check
def compose(W_in, starts, rows, composed):
    """composed[i] = the mean of W_in[rows[starts[i]:starts[i + 1]]], zeros where there are none; summed in order, as the original does, hence to its bits.

    W_in: float32 [n_rows d_model or more]; starts: int64 [n_words + 1]; rows: int32; composed: float32 [n_words d_model].
    """
    for i in range(len(starts) - 1):
        composed[i] = 0
        for t in range(starts[i], starts[i + 1]):
            row = W_in[rows[t]]
            for q in range(composed.shape[1]):
                composed[i, q] += row[q]
        n = starts[i + 1] - starts[i]
        for q in range(composed.shape[1] if n else 0):
            composed[i, q] *= np.float32(1 / n)
