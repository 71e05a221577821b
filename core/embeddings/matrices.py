"""A static embedding's two matrices, and what can be made of them: one row a word in each."""

from collections.abc import Mapping

import numpy as np

from core.systems import Matrix
from core.text.tokenizers import Tokenizer
from core.vectors import Vectors


def combined(W_in: np.ndarray, W_out: np.ndarray | None, which: Matrix) -> np.ndarray:
    """float32 [n d_model], or [n 2*d_model] for the concatenation. W_out is None where one tied matrix is both: then it is that one, whatever is asked."""
    if W_out is None or which == "in":
        return np.array(W_in, np.float32)
    if which == "out":
        return np.array(W_out, np.float32)
    if which == "concatenation":
        return np.concatenate([W_in, W_out], axis=1).astype(np.float32)
    return np.asarray((W_in + W_out) / (2 if which == "mean" else 1), np.float32)


def read(tokenizer: Tokenizer, counts: np.ndarray, weights: Mapping[str, np.ndarray], which: Matrix) -> Vectors:
    """The words' vectors of {"W_in", "W_out"} [vocab_size or more, d_model], without the special tokens'. counts: int64 [vocab_size]."""
    words = slice(tokenizer.n_special, tokenizer.vocab_size)
    W_out = weights.get("W_out")
    return Vectors(tokenizer.words[words], combined(weights["W_in"][words], None if W_out is None else W_out[words], which), counts[words])
