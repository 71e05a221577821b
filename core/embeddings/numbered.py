"""GloVe's weights and AdaGrad's sums as its kernel wants them: all of a word's side by side, the words in an order drawn at random."""

import numpy as np

from core.embeddings.arrays import rows_of_zeros


class NumberedWeights:
    """Of words in two roles, or in one where they are tied.

    numbers: int32 [vocab_size], the number of each token, -1 for the `first` ones, which are no words. table: float32 [n_words 2n, padded d_model],
    for each number n rows of weights, then n rows of sums; biases: float32 [2n n_words], likewise. n is 2, or 1 where tied.
    """

    def __init__(self, vocab_size: int, first: int, d_model: int, tied: bool, generator: np.random.Generator) -> None:
        """Weights begin evenly within 1 / (2 d_model) of zero, sums at 1."""
        self.roles = ("in",) if tied else ("in", "out")
        n, n_words = len(self.roles), vocab_size - first
        self.numbers = np.concatenate([np.full(first, -1, np.int32), generator.permutation(n_words).astype(np.int32)])
        self.table, self.biases = rows_of_zeros(n_words * 2 * n, d_model), np.ones(n_words * 2 * n, np.float32)
        rows = self.table.reshape(n_words, 2 * n, -1)
        rows[:, n:] = 1  # the padding's sums too, for it takes steps of 0 / 1
        self._views: dict[str, np.ndarray] = {}  # by number; the same memory
        for i, role in enumerate(self.roles):
            self._views |= {f"W_{role}": rows[:, i, :d_model], f"b_{role}": self.biases.reshape(n_words, 2 * n)[:, i]}
            self._views |= {f"W_{role}_sums": rows[:, n + i, :d_model], f"b_{role}_sums": self.biases.reshape(n_words, 2 * n)[:, n + i]}
        for name in self.names(sums=False):
            view = self._views[name]
            view[self.numbers[first:]] = (generator.random(view.shape, np.float32) - np.float32(0.5)) / np.float32(d_model)

    def names(self, sums: bool = True) -> list[str]:
        return [name for name in self._views if sums or not name.endswith("_sums")]

    def by_token(self, sums: bool) -> dict[str, np.ndarray]:
        """Copies in the order of the vocabulary: W_in, W_out [vocab_size d_model], b_in, b_out [vocab_size], and their sums; 0 for what is no word."""
        copies = {}
        for name in self.names(sums):
            copies[name] = np.zeros((len(self.numbers), *self._views[name].shape[1:]), np.float32)
            copies[name][self.numbers >= 0] = self._views[name][self.numbers[self.numbers >= 0]]
        return copies

    def put(self, tokens: np.ndarray, name: str, values: np.ndarray) -> None:
        """Sets the rows of these tokens; what is no word is passed over."""
        words = self.numbers[tokens] >= 0
        self._views[name][self.numbers[tokens[words]]] = values[words]
