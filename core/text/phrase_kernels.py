"""Pairs of neighbouring words, counted and joined: core.text.phrases says what for."""

from typing import Any, NamedTuple, no_type_check

import numpy as np
from numba import njit

OPTIONS: dict[str, Any] = {"nogil": True, "cache": True}


class Pairs(NamedTuple):
    """A hash table of pairs of numbers (open addressing; at most half of it is used)."""

    keys: np.ndarray  # int64 [a power of two]: first << 32 | second, -1 where free
    values: np.ndarray  # int64 [the same]
    size: np.ndarray  # int64 [1]


def empty(room: int) -> Pairs:
    """A table with room for so many pairs."""
    slots = 1 << (2 * max(1, room) - 1).bit_length()
    return Pairs(np.full(slots, -1, np.int64), np.zeros(slots, np.int64), np.zeros(1, np.int64))


@njit(**OPTIONS)
@no_type_check
def _slot(keys, key):
    """Where a key stands, or would stand."""
    slot = np.int64((np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)) & (len(keys) - 1)
    while keys[slot] >= 0 and keys[slot] != key:
        slot = (slot + 1) & (len(keys) - 1)
    return slot


@njit(**OPTIONS)
@no_type_check
def score(together, first, second, least, n_words):
    """word2phrase.c's, in its own precision: (count(ab) - min_count) / count(a) / count(b) * words."""
    return np.float32(together - least) / np.float32(first) / np.float32(second) * np.float32(n_words)


@njit(**OPTIONS)
@no_type_check
def count(numbers, at, last, counts, least, n_words, threshold, pairs):
    """Counts the pairs of numbers[at:], as long as there is room; where it stopped, and the last number.

    last: the number before numbers[at], below 0 where there is none. Pairs that cannot pass the threshold, however often they stand together,
    are not counted: so those of the most frequent words, and of words seen less than `least` times.
    """
    room = len(pairs.keys) // 2
    while at < len(numbers) and pairs.size[0] < room:
        first, second = last, np.int64(numbers[at])
        last = second
        at += 1
        if first < 0 or second < 0 or counts[first] < least or counts[second] < least:
            continue
        most = min(counts[first], counts[second])
        if not score(most, counts[first], counts[second], least, n_words) > threshold:
            continue
        slot = _slot(pairs.keys, first << 32 | second)
        if pairs.keys[slot] < 0:
            pairs.keys[slot] = first << 32 | second
            pairs.size[0] += 1
        pairs.values[slot] += 1
    return at, last


@njit(**OPTIONS)
@no_type_check
def fill(keys, values, pairs):
    """Puts keys and their values into an empty table with room for them."""
    for i in range(len(keys)):
        slot = _slot(pairs.keys, keys[i])
        pairs.keys[slot], pairs.values[slot] = keys[i], values[i]
    pairs.size[0] = len(keys)


@njit(**OPTIONS)
@no_type_check
def join(numbers, waiting, begins, pairs, out):
    """Joins, from left to right, each two neighbours that stand in `pairs` into their value; a joined one is not joined again.

    waiting: the number before, -1 for none; begins: bool, whether a number begins a pair; out: int32 [len(numbers) + 1], written. Returns how
    many were written, and the number that still waits for its neighbour.
    """
    n = 0
    for number in numbers:
        if waiting >= 0 and number >= 0 and begins[waiting]:
            slot = _slot(pairs.keys, np.int64(waiting) << 32 | np.int64(number))
            if pairs.keys[slot] >= 0:
                out[n] = pairs.values[slot]
                n += 1
                waiting = np.int64(-1)
                continue
        if waiting >= 0:
            out[n] = waiting
            n += 1
        waiting = np.int64(number)
        if number < 0:
            out[n] = number
            n += 1
    return n, waiting
