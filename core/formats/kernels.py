"""Numbers out of text, compiled: a line of vectors at some hundred MB a second on one core.

All bytes lie in one block that ends with a line end, so that no loop has to ask where the block ends. All kernels stand in one file because
numba's cache watches only the file of the function that is called. They are `no_type_check`: a checker round a kernel could not be compiled.
"""

from typing import no_type_check

import numpy as np
from numba import njit

BLANK, TAB, LINE, RETURN = np.uint8(32), np.uint8(9), np.uint8(10), np.uint8(13)
PLUS, MINUS, POINT, ZERO = np.uint8(43), np.uint8(45), np.uint8(46), np.uint8(48)
TEN = np.uint64(10)
NONE, STEP = np.uint64(0), np.uint64(1)
SURE = np.uint64(18)  # decimal digits that fit into 64 bits whatever they are
POWERS = 10.0 ** np.arange(23)  # those that a float64 holds exactly


@njit(nogil=True, cache=True, error_model="numpy")
@no_type_check
def number(text, at):
    """The plain number that begins at `at` (-12.345) and where it ends, correctly rounded to float64; where none ends there, what `rare_number` says.

    text: uint8; at: uint64.
    """
    begin = at
    negative = text[at] == MINUS
    if negative or text[at] == PLUS:
        at += STEP
    first, digits = at, NONE
    digit = np.uint64(np.uint8(text[at] - ZERO))
    while digit < TEN:
        digits = digits * TEN + digit
        at += STEP
        digit = np.uint64(np.uint8(text[at] - ZERO))
    n_digits, n_behind = at - first, NONE
    if text[at] == POINT:
        at += STEP
        first = at
        digit = np.uint64(np.uint8(text[at] - ZERO))
        while digit < TEN:
            digits = digits * TEN + digit
            at += STEP
            digit = np.uint64(np.uint8(text[at] - ZERO))
        n_behind = at - first
        n_digits += n_behind
    if n_digits == NONE or n_digits > SURE or text[at] > BLANK:
        return rare_number(text, begin)
    value = np.float64(digits) / POWERS[n_behind]
    return (-value if negative else value), at


@njit(nogil=True, cache=True, error_model="numpy")
@no_type_check
def rare_number(text, at):
    """Any number (1e-5, 20 digits and more), to the last bit but one of a float64; (0.0, 0) where there is none."""
    negative = text[at] == MINUS
    if negative or text[at] == PLUS:
        at += STEP
    digits, scale, at = decimal(text, at)
    if at != NONE and (text[at] == 101 or text[at] == 69):  # e, E
        power, at = exponent(text, at + STEP)
        scale += power
    if at == NONE or text[at] > BLANK:
        return 0.0, NONE
    value = np.float64(digits)
    if scale < -22:
        value = value / 1e22 * 10.0 ** (scale + 22)  # in two parts, as 10^-310 has no float64 of full precision
    elif scale < 0:
        value /= POWERS[-scale]
    elif digits > NONE:
        value *= 10.0**scale
    return (-value if negative else value), at


@njit(nogil=True, cache=True, error_model="numpy")
@no_type_check
def decimal(text, at):
    """The first 18 digits that matter as a whole number, the power of ten that it is to be taken with, and where they end: 0 where there is none."""
    digits, n_digits, scale, found, behind = NONE, NONE, 0, False, False
    while True:
        digit = np.uint64(np.uint8(text[at] - ZERO))
        if digit < TEN:
            found = True
            if n_digits < SURE:
                digits = digits * TEN + digit
                n_digits += STEP if digits > NONE else NONE
                scale -= 1 if behind else 0
            elif not behind:
                scale += 1
        elif text[at] == POINT and not behind:
            behind = True
        else:
            return digits, scale, (at if found else NONE)
        at += STEP


@njit(nogil=True, cache=True, error_model="numpy")
@no_type_check
def exponent(text, at):
    """A whole number, at most 100,000, and where it ends: 0 where there is none."""
    fewer = text[at] == MINUS
    if fewer or text[at] == PLUS:
        at += STEP
    value, first = 0, at
    while np.uint64(np.uint8(text[at] - ZERO)) < TEN:
        value = min(10 * value + np.int64(text[at] - ZERO), 100_000)
        at += STEP
    return (-value if fewer else value), (at if at != first else NONE)


@njit(nogil=True, cache=True, error_model="numpy")
@no_type_check
def numbers(text, at, row):
    """Fills row [d_model] with the numbers from `at` on to the line's end; where the next line begins, or 0 where they are not so many, or no numbers."""
    for i in range(len(row)):
        while text[at] == BLANK or text[at] == TAB:
            at += STEP
        value, at = number(text, at)
        if at == NONE:
            return at
        row[i] = value
    while text[at] == BLANK or text[at] == TAB or text[at] == RETURN:
        at += STEP
    return at + STEP if text[at] == LINE else NONE


@njit(nogil=True, cache=True, error_model="numpy")
@no_type_check
def word_end(text, begin, n_numbers):
    """Where the word of a line ends whose last n_numbers fields are numbers: a word may have blanks inside."""
    end = begin
    while text[end] != LINE:
        end += STEP
    for _ in range(n_numbers + 1):
        while end > begin and (text[end - STEP] == BLANK or text[end - STEP] == TAB or text[end - STEP] == RETURN):
            end -= STEP
        last = end
        while end > begin and text[end - STEP] != BLANK and text[end - STEP] != TAB:
            end -= STEP
    return last


@njit(nogil=True, cache=True, error_model="numpy")
@no_type_check
def rows(text, worded, matrix, words):
    """Reads lines until one is wrong: how many were right, how many bytes of `words` were filled, and where the next line begins.

    text: uint8 [n], ends with a line end; worded: whether a word begins each line; matrix: float32 [n_lines d_model];
    words: uint8, as long as text: the words, a line end behind each.
    """
    at, n_rows, n_bytes, size = NONE, 0, NONE, np.uint64(len(text))
    while at < size:
        end = at
        if worded:
            while text[end] != BLANK and text[end] != TAB and text[end] != LINE:
                end += STEP
        following = numbers(text, end, matrix[n_rows])
        if following == NONE and worded:
            end = word_end(text, at, matrix.shape[1])
            following = numbers(text, end, matrix[n_rows])
        if following == NONE:
            break
        for place in range(at, end if worded else at):
            words[n_bytes] = text[place]
            n_bytes += STEP
        words[n_bytes] = LINE
        n_bytes += STEP
        n_rows += 1
        at = following
    return n_rows, n_bytes, at
