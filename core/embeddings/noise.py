"""Which words are left out, and which are drawn as noise: two distributions made from the words' counts."""

from typing import no_type_check

import numpy as np
from jaxtyping import Float32, Float64, Int, Int32
from numba import njit

WHOLE = 2**31 - 1  # the integer that stands for probability 1 in an alias table


def keep_probability(counts: Int[np.ndarray, " vocab"], threshold: float) -> Float32[np.ndarray, " vocab"]:
    """The probability that one occurrence of each word survives subsampling: sqrt(t / f) + t / f, at most 1, where f is the word's share.

    This is word2vec.c's formula (and gensim's); the paper's own, sqrt(t / f), is its first term. A threshold of 0 keeps every word.
    """
    share = counts / max(1, counts.sum())
    if threshold <= 0:
        return np.ones(len(counts), np.float32)
    ratio = threshold / np.where(share > 0, share, threshold)
    return np.minimum(1, np.sqrt(ratio) + ratio).astype(np.float32)


def noise_distribution(counts: Int[np.ndarray, " vocab"], exponent: float) -> Float64[np.ndarray, " vocab"]:
    """counts ** exponent, made to sum to 1; a word never seen is never drawn, whatever the exponent."""
    seen = counts > 0
    # Logarithms, less the largest: a high power of a large count would overflow.
    log_weight = exponent * np.log(np.where(seen, counts, 1))
    weight: Float64[np.ndarray, " vocab"] = np.where(seen, np.exp(log_weight - log_weight[seen].max(initial=-np.inf)), 0.0)
    weight /= weight.sum()
    return weight


def alias_table(probabilities: Float64[np.ndarray, " vocab"]) -> Int32[np.ndarray, "vocab 2"]:
    """Vose's alias method: any distribution in 8 bytes a word, drawn from with one look (word2vec.c's table has 10^8 entries).

    Row i is (threshold, alias): a draw picks a row evenly, and stays where 31 random bits are below its threshold, else goes to the alias.
    """
    table = np.empty((len(probabilities), 2), np.int32)
    _fill(np.asarray(probabilities, np.float64) * len(probabilities), table)
    return table


@njit(cache=True)
@no_type_check
def _fill(weight, table):
    """weight: mean 1; used up."""
    order = np.argsort(weight)
    poor, rich = 0, len(weight) - 1  # order[poor:rich] wait to be filled up, order[rich] is giving
    row = order[0]
    while poor < rich:
        giver = order[rich]
        table[row, 0], table[row, 1] = np.int32(weight[row] * WHOLE), giver
        weight[giver] -= 1 - weight[row]
        if weight[giver] < 1:  # it became poor itself, and is filled up next
            row = giver
            rich -= 1
        else:
            poor += 1
            row = order[poor]
    table[row, 0], table[row, 1] = WHOLE, row
    # Rounding may leave rows unvisited only when their weight is 1.
    for i in range(poor + 1, rich + 1):
        table[order[i], 0], table[order[i], 1] = WHOLE, order[i]
