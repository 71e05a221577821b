"""fastText's learner: word2vec whose words are means of rows, their own and their n-grams' (Bojanowski et al. 2017, arXiv 1607.04606)."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.embeddings import matrices, window_learner
from core.embeddings.arrays import rows_of_zeros
from core.embeddings.composing import compose
from core.embeddings.kernels import BLOCK
from core.embeddings.ngrams import EOS, Arguments, NgramRows, Ngrams
from core.embeddings.window_learner import TYPICAL_KEPT, Bag, WindowLearner
from core.embeddings.word2vec import CBOW, SkipGram
from core.systems import Matrix
from core.systems.fasttext import FastTextSettings
from core.text.encoding import EncodedCorpus
from core.text.tokenizers import Tokenizer
from core.training.learner import Cost
from core.vectors import Vectors

N_PIECES = 18  # of a word in running text, on average; for estimates alone
LOSSES = {"hierarchical softmax": 1, "negative sampling": 2, "full softmax": 3}  # as fastText's files number them
MODELS = {"cbow": 1, "skip-gram": 2}


class FastText(WindowLearner):
    """W_in [vocab_size + n_buckets d_model]: a row a word, then a row a bucket. A word's vector is the mean of its own row and its pieces'.

    As in the original program, each of these rows takes the whole of the vector's gradient, where the mean's own gradient would be an n-th of it:
    the vector moves by the gradient, and the rows n times as fast as the loss says. CBOW's input is the mean of all rows of all words of the window,
    so that long words count more, and each row takes the whole gradient too.

    Differences from the original: a pair's word in the window predicts the word in the middle, not the other way round, which over a text are the
    same pairs; the words of a window share their noise, and the vectors of some neighbouring windows are put together once for all of them.

    With `sentence_ends` an end of a sentence is a word that predicts and is predicted, without pieces, as the original's </s> for an end of a line. It
    takes over what is common to all words, so that on a text of short lines their vectors are told apart the better. It is not among `vectors`.
    """

    name = "fastText"
    exact = False

    def __init__(self, settings: FastTextSettings, encoded: EncodedCorpus) -> None:
        self.cbow = settings.model == "cbow"
        self.ends = settings.sentence_ends and settings.objective != "hierarchical softmax"  # the tree holds the words that are in the vectors
        super().__init__(settings, encoded)

    def bag(self) -> Bag:
        return table(self.settings, self.encoded.tokenizer)

    def n_rows(self) -> int:
        return self.vocab_size + _ngrams(self.settings).n_buckets

    def _scatter_evenly(self, generator: np.random.Generator) -> None:
        """Evenly within 1 / d_model of zero, twice word2vec's width, as in the original."""
        super()._scatter_evenly(generator)
        self.W_in *= 2

    def begin(self, weights: Mapping[str, np.ndarray], rows: np.ndarray) -> None:
        """The buckets too; ValueError where the other run had not as many."""
        n_buckets = _ngrams(self.settings).n_buckets
        n_words = len(weights["W_in"]) - n_buckets
        if n_words <= rows.max() or ("W_out" in weights and n_words != len(weights["W_out"])):
            raise ValueError(f"{len(weights['W_in']):,} rows are not those of its words and {n_buckets:,} buckets")
        super().begin(weights, rows)
        self.W_in[self.vocab_size :] = weights["W_in"][n_words:]

    def vectors(self) -> Vectors:
        """The words' vectors. What gives words never seen their vectors are this learner's own rows, which move on."""
        weights = {"W_in": self.W_in} if self._out is self._in else {"W_in": self.W_in, self._out_name: self.W_out}
        return words_of(self.settings, self.encoded.tokenizer, self.encoded.counts, weights, "in", self._bag)

    @staticmethod
    def read(settings: Any, tokenizer: Tokenizer, counts: np.ndarray, weights: Mapping[str, np.ndarray], matrix: Matrix) -> Vectors:
        """See core.training.learner.Matrices. Words never seen have vectors where the input's are asked for."""
        return words_of(settings, tokenizer, counts, weights, matrix, table(settings, tokenizer))

    @classmethod
    def cost(cls, settings: Any, vocab_size: int) -> Cost:
        words = (CBOW if settings.model == "cbow" else SkipGram).cost(settings, vocab_size)
        # A word of the block is gathered and added to row by row, 4 operations a number.
        in_blocks = settings.batch_size * TYPICAL_KEPT * (BLOCK + 2 * settings.window) / BLOCK
        rows = 4.0 * _ngrams(settings).n_buckets * settings.d_model
        return Cost(words.flops + in_blocks * N_PIECES * settings.d_model * 4, words.memory + rows + 4.0 * N_PIECES * vocab_size, words.weights + rows, 0.0)


def table(settings: FastTextSettings, tokenizer: Tokenizer) -> Bag:
    """The rows of each token; those of special tokens are never asked for, as a text holds none."""
    words = [word.encode() for word in tokenizer.words]
    words[tokenizer.n_special - 1] = EOS.encode()  # an end of a sentence
    return _ngrams(settings).table(words, len(words))


def _ngrams(settings: FastTextSettings) -> Ngrams:
    """Without n-grams there are no rows for them either, as in the original."""
    return Ngrams(settings.min_n, settings.max_n, settings.n_buckets if settings.max_n else 0)


def words_of(settings: FastTextSettings, tokenizer: Tokenizer, counts: np.ndarray, weights: Mapping[str, np.ndarray], matrix: Matrix, bag: Bag) -> Vectors:
    """The words of a tokenizer with their vectors, and, of the input's, what gives words never seen theirs."""
    words, W_in, W_out = slice(tokenizer.n_special, tokenizer.vocab_size), weights["W_in"], weights.get("W_out")
    composed = np.empty((tokenizer.vocab_size, W_in.shape[1]), np.float32)
    compose(W_in, *bag, composed)
    names = tokenizer.words[words]
    if matrix != "in" and W_out is not None:
        return Vectors(names, matrices.combined(composed[words], W_out[words], matrix), counts[words])
    arguments = Arguments(
        settings.window,
        max(1, round(settings.n_steps * settings.batch_size / max(1, int(counts.sum())))),
        tokenizer.settings.min_count,
        settings.n_negative,
        loss=LOSSES[settings.objective],
        model=MODELS[settings.model],
        subsample_threshold=settings.subsample_threshold,
    )
    index = {name: i for i, name in reversed(list(enumerate(names)))}
    own, shared = W_in[words], W_in[tokenizer.vocab_size :]
    # fastText says yes where the tree is said no here (core.embeddings.tree); of a tied matrix its own rows are what predicted.
    out = W_out[words] if W_out is not None else -weights["W_nodes"][words] if "W_nodes" in weights else own
    rows = NgramRows(_ngrams(settings), index, own, shared, out, arguments, tokenizer.settings.lowercase)
    return Vectors(names, composed[words], counts[words], rows)


def warm() -> None:
    """Has the kernels compiled, or loaded from their cache, before somebody waits for them; starts no thread."""
    window_learner.warm()
    rows = rows_of_zeros(2, 2)
    compose(rows[:, :2], np.array([0, 2]), np.array([0, 1], np.int32), np.empty((1, 2), np.float32))
