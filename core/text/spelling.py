"""A word as the bytes that it is written with, which is all that ELMo knows of it (Peters et al. 2018); numbered as in the original program."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

BEGIN_OF_TEXT, END_OF_TEXT, BEGIN, END, FILLING = range(256, 261)  # after the 256 bytes
N_CHARACTERS = 261
SINGLE = {"[BOS]": BEGIN_OF_TEXT, "[EOS]": END_OF_TEXT}  # tokens that are no words: one character of their own


def spelled(words: Sequence[str], longest: int) -> Int[np.ndarray, "word character"]:
    """int16: each word between BEGIN and END, filled up to `longest` characters; of a longer one the beginning."""
    table = np.full((len(words), longest), FILLING, np.int16)
    for row, word in zip(table, words, strict=True):
        written = [SINGLE[word]] if word in SINGLE else list(word.encode("utf-8", "surrogatepass")[: longest - 2])
        row[: len(written) + 2] = [BEGIN, *written, END]
    return table
