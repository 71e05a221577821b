"""GloVe's compiled part: cells visited one after the other, each a step of AdaGrad down the slope of its cost.

For the cell (i, j) of count x, where f(x) = (x / x_max)^alpha, at most 1 (Pennington et al. 2014, equations 8 and 9):

    miss = W_i . C_j + b_i + b~_j - log x           cost = 1/2 f(x) miss^2       error = f(x) miss = d cost / d miss
    step of W_i = rate * error * C_j / sqrt(S_i)    S_i += (rate * error * C_j)^2, after the step, from 1 on;      and so C_j, b_i, b~_j

The 1/2 and the rate within the sums of squares are those of the authors' program (glove.c): equation 8 has no 1/2, and AdaGrad as Duchi et al. (2011)
have it sums the gradient's own squares. With the rate inside, the sums grow 1 / rate^2 = 400 times more slowly, and the steps shrink less. `growth`
is 1 for the program's way, 1 / rate^2 for the other.
"""

from typing import Any, no_type_check

import numpy as np
from numba import njit

from core.embeddings.kernels import LANES, Distinct

LARGEST = np.float32(100)  # what the components of the vectors' gradients are cut to, as in glove.c
ZERO, HALF, ONE, TWO = np.float32(0), np.float32(0.5), np.float32(1), np.float32(2)
# No "nnan" and "ninf": a run that diverges has to report a loss of nan. "afn": reciprocal roots by an estimate and a Newton step, to the last digit or two.
OPTIONS: dict[str, Any] = {"nogil": True, "cache": True, "error_model": "numpy", "fastmath": {"reassoc", "contract", "nsz", "arcp", "afn"}}
INLINED: dict[str, Any] = {**OPTIONS, "forceinline": True}


@njit(**INLINED)
@no_type_check
def cut(component):
    return min(max(component, -LARGEST), LARGEST)


@njit(**INLINED)
@no_type_check
def product(table, a, b):
    total = ZERO
    for q in range(table.shape[1] // LANES * LANES):
        total += table[a, q] * table[b, q]
    return total


@njit(**INLINED, pipeline_class=Distinct)
@no_type_check
def step_both(W, W_sums, C, C_sums, a, b, n, error, rate, growth):
    """Row a of W and row b of C, both from their old values. They are different rows of one table, whose sums stand n rows below."""
    for q in range(W.shape[1] // LANES * LANES):
        w, c, w_sum, c_sum = W[a, q], C[b, q], W_sums[a + n, q], C_sums[b + n, q]
        w_step, c_step = rate * cut(error * c), rate * cut(error * w)
        W[a, q] = w - w_step / np.sqrt(w_sum)
        C[b, q] = c - c_step / np.sqrt(c_sum)
        W_sums[a + n, q] = w_sum + w_step * w_step * growth
        C_sums[b + n, q] = c_sum + c_step * c_step * growth


@njit(**INLINED)
@no_type_check
def step_alone(table, a, n, error, rate, growth):
    """Row a where it is both: a word that meets itself in a tied matrix."""
    for q in range(table.shape[1] // LANES * LANES):
        step = rate * cut(TWO * error * table[a, q])
        table[a, q] -= step / np.sqrt(table[a + n, q])
        table[a + n, q] += step * step * growth


@njit(**INLINED)
@no_type_check
def step_bias(biases, a, n, error, rate, growth):
    step = rate * error
    biases[a] -= step / np.sqrt(biases[a + n])
    biases[a + n] += step * step * growth


@njit(**INLINED)
@no_type_check
def visit(table, biases, n, i, j, log_count, weight, rates):
    """One cell: its cost, and a step unless the rate is 0."""
    rate, growth, bias_rate, bias_growth = rates
    a, b = 2 * n * i, 2 * n * j + n - 1
    miss = product(table, a, b) + biases[a] + biases[b] - log_count
    error = weight * miss
    if rate > 0 and a == b:
        step_alone(table, a, n, error, rate, growth)
        step_bias(biases, a, n, TWO * error, bias_rate, bias_growth)
    elif rate > 0:
        step_both(table, table, table, table, a, b, n, error, rate, growth)
        step_bias(biases, a, n, error, bias_rate, bias_growth)
        step_bias(biases, b, n, error, bias_rate, bias_growth)
    return HALF * error * miss


@njit(**OPTIONS)
@no_type_check
def descend(cells, tiles, symmetric, table, biases, n, log_x_max, exponent, longer, rates, costs, visits):
    """Visits the cells of each tile in turn, those of a symmetric matrix from both sides; writes the tiles' summed costs and numbers of visits.

    cells: of counting.CELL. tiles: int64 [n_tiles 4], first row, first column, first cell, the cell after the last. table: [n_words 2n, padded d_model],
    for each word its n rows (W and C, or one that is both), then as many of sums; the padding is 0, its sums 1. biases: [n_words 2n], likewise.
    longer: the logarithm of how much longer the text is that the weights describe. rates: (rate, growth) of the vectors, then of the biases.
    """
    for t in range(len(tiles)):
        cost, n_visits = 0.0, 0
        for k in range(tiles[t, 2], tiles[t, 3]):
            cell = cells[k]
            i, j, log_count = tiles[t, 0] + cell.row, tiles[t, 1] + cell.column, np.log(cell.count)
            weight = ONE if log_count >= log_x_max else np.exp(exponent * (log_count - log_x_max))
            cost += visit(table, biases, n, i, j, log_count + longer, weight, rates)
            n_visits += 1
            if symmetric and i != j:
                cost += visit(table, biases, n, j, i, log_count + longer, weight, rates)
                n_visits += 1
        costs[t], visits[t] = cost, n_visits
