"""Cutting a text into words at the speed of the memory: core.text.segmentation's rules as one walk over bytes of UTF-8, each word numbered as it ends.

The two are tested to give the same words. What needs jieba (a word with Han characters) is not cut here, but named by its place.
All kernels stand in one file because numba's cache watches only the file of the function that is called, not of those it calls.
"""

from typing import Any, NamedTuple, no_type_check

import numpy as np
from numba import njit

OPTIONS: dict[str, Any] = {"nogil": True, "cache": True}
INLINED: dict[str, Any] = {**OPTIONS, "forceinline": True}
END, LOST, HELD = -1, -2, -3  # among the numbers: a sentence's end, a word forgotten as rare, one that jieba has to cut

# What a character is, as bits.
SPACE, WORD, DIGIT, HAN, JOINER, POINT, COMBINING, ENDER = (1 << bit for bit in range(8))
NEWLINE = ord("\n")
CLOSING = tuple(ord(c) for c in "\"'”’)]»")  # what may stand between a mark that ends a sentence and the blank
WIDE_ENDERS, WIDE_CLOSING = tuple(ord(c) for c in "。！？"), tuple(ord(c) for c in "”’」』）")  # these need no blank
SHORT = 8  # bytes of a word that is its own key
SMALL_A, SMALL_Z = ord("a"), ord("z")


class Store(NamedTuple):
    """Distinct words, numbered from 0, and a hash table that finds them (open addressing; at most half of its slots are used)."""

    letters: np.ndarray  # uint8: the words in UTF-8, one after the other
    starts: np.ndarray  # int64 [room + 1]: where each begins in `letters`
    counts: np.ndarray  # int64 [room]: how often each was read
    marks: np.ndarray  # bool [room]: whether it is a punctuation mark
    slots: np.ndarray  # int64 [a power of two, 2]: key (see _key), and twice the number, plus 1 where the word is long; that is -1 where it is free
    size: np.ndarray  # int64 [1]: words so far


def empty(room: int, n_letters: int) -> Store:
    """A store with room for so many words, and letters."""
    slots = np.full((1 << (2 * room - 1).bit_length(), 2), -1, np.int64)
    return Store(np.zeros(n_letters, np.uint8), np.zeros(room + 1, np.int64), np.zeros(room, np.int64), np.zeros(room, np.bool_), slots, np.zeros(1, np.int64))


@njit(**INLINED)
@no_type_check
def _decoded(text, at):
    """The code point that begins at `at`, and how many bytes it has."""
    first = np.int64(text[at])
    if first < 0x80:
        return first, 1
    if first < 0xE0:
        return (first & 0x1F) << 6 | np.int64(text[at + 1]) & 0x3F, 2
    last = (np.int64(text[at + 1]) & 0x3F) << 6 | np.int64(text[at + 2]) & 0x3F
    if first < 0xF0:
        return (first & 0x0F) << 12 | last, 3
    return min((first & 0x07) << 18 | last << 6 | np.int64(text[at + 3]) & 0x3F, 0x10FFFF), 4


@njit(**INLINED)
@no_type_check
def _kind(text, at, stop, kinds):
    """The bits of the character at `at` and its bytes; none beyond the end."""
    if at >= stop:
        return 0, 0
    point, length = _decoded(text, at)
    return np.int64(kinds[point]), length


@njit(**INLINED)
@no_type_check
def _key(text, start, stop):
    """A word of up to 8 bytes itself, as one number; a hash of a longer one (FNV-1a from its ninth byte on)."""
    key = np.uint64(0)
    for i in range(start, min(start + SHORT, stop)):
        key = key << np.uint64(8) | np.uint64(text[i])
    for i in range(start + SHORT, stop):
        key = (key ^ np.uint64(text[i])) * np.uint64(1099511628211)
    return np.int64(key)


@njit(**INLINED)
@no_type_check
def _first_slot(key, n_slots):
    mixed = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    return np.int64(mixed >> np.uint64(32)) & (n_slots - 1)


@njit(**OPTIONS)
@no_type_check
def _number(store, text, start, stop, key, is_mark):
    """The number of text[start:stop], a new one where it is new."""
    letters, starts, counts, marks, slots, size = store
    length = stop - start
    is_long = np.int64(length > SHORT)
    slot = _first_slot(key, len(slots))
    while slots[slot, 1] >= 0:
        if slots[slot, 0] == key and slots[slot, 1] & 1 == is_long:
            n = slots[slot, 1] >> 1
            begin, same = starts[n], 0
            while same < length and begin + same < starts[n + 1] and letters[begin + same] == text[start + same]:
                same += 1
            if same == length and begin + same == starts[n + 1]:
                return n
        slot = (slot + 1) & (len(slots) - 1)
    n, begin = size[0], starts[size[0]]
    letters[begin : begin + length] = text[start:stop]
    starts[n + 1], counts[n], marks[n] = begin + length, 0, is_mark
    slots[slot, 0], slots[slot, 1] = key, n << 1 | is_long
    size[0] = n + 1
    return n


@njit(**INLINED)
@no_type_check
def _first_look(slots, start, stop, key):
    """The number of a short word, where it is in the first slot that it may be in, as it nearly always is; else -1."""
    slot = _first_slot(key, len(slots))
    number = slots[slot, 1]
    # Of a long word's, and of a free slot's, the last bit is set.
    return number >> 1 if slots[slot, 0] == key and not number & 1 and stop - start <= SHORT else np.int64(-1)


@njit(**INLINED)
@no_type_check
def _counted(store, text, start, stop, key, is_mark):
    """The number of text[start:stop]; counts it."""
    n = _first_look(store.slots, start, stop, key)
    if n < 0:
        n = _number(store, text, start, stop, key, is_mark)
    store.counts[n] += 1
    return n


@njit(**OPTIONS)
@no_type_check
def _word_end(text, at, stop, kinds):
    """Where the word that begins at `at` ends, and whether Han characters are in it."""
    has_han, after_digit = False, False
    while True:
        kind, length = _kind(text, at, stop, kinds)
        if kind & (WORD | COMBINING):
            has_han |= (kind & HAN) != 0
            after_digit = (kind & DIGIT) != 0
        else:
            if not kind & (JOINER | POINT):
                return at, has_han
            following, _ = _kind(text, at + length, stop, kinds)
            if not (following & WORD if kind & JOINER else after_digit and following & DIGIT):
                return at, has_han
            after_digit = False
        at += length


@njit(**INLINED)
@no_type_check
def _breaks(text, at, kinds):
    """Whether a word surely ends before `at`, as far as ASCII can tell: behind the text are zeros."""
    byte, following = text[at], text[at + 1]
    if byte >= 0x80 or kinds[byte] & (JOINER | POINT) == 0:
        return byte < 0x80
    return following < 0x80 and kinds[following] & WORD == 0


@njit(**OPTIONS)
@no_type_check
def _after_space(text, at, kinds):
    if at == 0:
        return False
    before = at - 1
    while before > 0 and text[before] & 0xC0 == 0x80:
        before -= 1
    return kinds[_decoded(text, before)[0]] & SPACE != 0


@njit(**OPTIONS)
@no_type_check
def _sentence_end(text, at, stop, kinds):
    """Of a mark at `at` that may end a sentence: whether it does, the mark that closes behind it (its place, or -1), and where to go on.

    core.text.segmentation's pattern, alternative by alternative.
    """
    point, length = _decoded(text, at)
    after = at + length
    closing, closing_length = (_decoded(text, after)) if after < stop else (np.int64(0), 0)
    closes = closing in CLOSING
    blank = after + closing_length if closes else after
    go_on = blank
    kind, length = _kind(text, go_on, stop, kinds)
    while kind & SPACE:
        go_on += length
        kind, length = _kind(text, go_on, stop, kinds)
    if go_on > blank and not (go_on < stop and SMALL_A <= text[go_on] <= SMALL_Z):
        return True, after if closes else -1, go_on
    if point in WIDE_ENDERS:
        if closing in WIDE_CLOSING:
            return True, after, after + closing_length
        return True, -1, after
    return _kind(text, after, stop, kinds)[0] & SPACE != 0 and _after_space(text, at, kinds), -1, after


@njit(**OPTIONS)
@no_type_check
def _mark(text, at, stop, kinds, store, numbers, n):
    """Numbers the mark at `at`, and END where it ends a sentence; where to go on, how many numbers there are, and whether it did."""
    kind, length = _kind(text, at, stop, kinds)
    numbers[n] = _counted(store, text, at, at + length, _key(text, at, at + length), True)
    if not kind & ENDER:
        return at + length, n + 1, False
    ended, closing, at = _sentence_end(text, at, stop, kinds)
    if closing >= 0:
        end = closing + _decoded(text, closing)[1]
        n += 1
        numbers[n] = _counted(store, text, closing, end, _key(text, closing, end), True)
    if ended:
        n += 1
        numbers[n] = END
    return at, n + 1, ended


@njit(**OPTIONS)
@no_type_check
def cut(text, at, stop, kinds, store, numbers, held, ended):
    """Numbers the words and marks of text[at:stop] until there is no more room; END once where a sentence ends.

    text: uint8, with 4 more bytes behind `stop`. kinds: uint8, the bits of each code point. store must have room for all letters.
    numbers: int32, written. held: int64 [n 2], written: where the words of each HELD begin and end. ended: whether an end came last.
    Returns where it stopped, how many numbers there are, how many held, and whether an end came last.
    """
    counts, slots, size = store.counts, store.slots, store.size
    n, n_held, room = 0, 0, len(counts) - 2
    while at < stop and n + 3 < len(numbers) and size[0] < room and n_held < len(held):
        start, key, byte = at, np.int64(0), text[at]
        while byte < 0x80 and kinds[byte] & WORD:
            key = key << 8 | np.int64(byte)
            at += 1
            byte = text[at]
        if at > start and _breaks(text, at, kinds):  # most words of most texts: letters of ASCII alone
            number = _first_look(slots, start, at, key)
            if number < 0:
                number = _number(store, text, start, at, key if at - start <= SHORT else _key(text, start, at), False)
            counts[number] += 1
            numbers[n] = number
            n, ended = n + 1, False
            continue
        at = start
        kind, length = _kind(text, at, stop, kinds)
        if kind & SPACE:
            if text[at] == NEWLINE and not ended:
                numbers[n], ended = END, True
                n += 1
            at += length
            continue
        if kind & WORD:
            ended = False
            at, has_han = _word_end(text, start, stop, kinds)
            if has_han:
                held[n_held, 0], held[n_held, 1], numbers[n] = start, at, HELD
                n_held += 1
            else:
                numbers[n] = _counted(store, text, start, at, _key(text, start, at), False)
            n += 1
            continue
        at, n, ended = _mark(text, at, stop, kinds, store, numbers, n)
    return at, n, n_held, ended


@njit(**OPTIONS)
@no_type_check
def number_each(text, ends, are_marks, store, numbers):
    """Numbers words given one after the other: text, uint8; ends, int64 [n], where each ends. The store must have room."""
    start = 0
    for i in range(len(ends)):
        numbers[i] = _number(store, text, start, ends[i], _key(text, start, ends[i]), are_marks[i])
        start = ends[i]


@njit(**OPTIONS)
@no_type_check
def move(old, kept, new):
    """Puts the words of `old` that are kept (bool [size]) into `new`, an empty store with room for them, in their order."""
    n, begin = 0, 0
    for i in range(old.size[0]):
        if kept[i]:
            start, stop = old.starts[i], old.starts[i + 1]
            new.letters[begin : begin + stop - start] = old.letters[start:stop]
            begin += stop - start
            new.starts[n + 1], new.counts[n], new.marks[n] = begin, old.counts[i], old.marks[i]
            key = _key(old.letters, start, stop)
            slot = _first_slot(key, len(new.slots))
            while new.slots[slot, 1] >= 0:
                slot = (slot + 1) & (len(new.slots) - 1)
            new.slots[slot, 0], new.slots[slot, 1] = key, n << 1 | np.int64(stop - start > SHORT)
            n += 1
    new.size[0] = n
