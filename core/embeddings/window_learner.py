"""What word2vec and fastText share as learners: both walk over the text's windows (core.embeddings.kernels) and differ in what a word is made of."""

import math
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from core.embeddings import matrices
from core.embeddings.arrays import padded, read_only, rows_of_zeros
from core.embeddings.kernels import FULL, SAMPLED, TREE, walk
from core.embeddings.noise import alias_table, keep_probability, noise_distribution
from core.embeddings.tree import Tree, huffman
from core.machine import forget
from core.systems import Matrix
from core.text.encoding import EncodedCorpus
from core.text.tokenizers import Tokenizer
from core.training.learner import Cost, State, Step
from core.vectors import Vectors

Bag = tuple[np.ndarray, np.ndarray]  # (starts int64 [vocab_size + 1], rows int32): word w is the mean of W_in[rows[starts[w] : starts[w + 1]]]
ITSELF: Bag = (np.zeros(1, np.int64), np.zeros(0, np.int32))  # no bags: word w is row w
NO_TREE: Tree = (np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))
LAST_RATE = 1e-4  # the learning rate's end, as a share of its beginning
PARTS = 4  # of a step for each thread: whoever is done takes the next, so that none waits long for one whose core was wanted elsewhere
HELD_OUT = 50_000  # positions of the held-out part that are measured: enough for three digits, and soon done
LEAST_KEPT = 1e-3  # share of a text that has to survive subsampling
TYPICAL_KEPT = 0.7  # share of English that survives the default subsampling; for estimates alone
MOST_WORDS = 10_000  # for the full softmax
LOOKED_AT = 1 << 24  # positions of the text after which what has been read of its file need not stay in memory


class WindowLearner:
    """A core.training.learner.Learner. `W_in` [n_rows d_model] holds the vectors' rows, `W_out` [vocab_size d_model] the words, or the tree's inner nodes.

    A step passes over `batch_size` positions of the text (words and sentence ends) from where the last one ended, and begins again at its end. Its
    loss is the mean over the step's predictions (skip-gram: pairs of an input and the word it predicts; CBOW: words), in nats, of

        negative sampling     -log sigmoid of the true score, minus the sum over the noise words of log sigmoid(-score): (n_negative + 1) ln 2 at first
        hierarchical softmax  the same over the yes-and-no questions of the true word's path
        full softmax          -log p of the true word among all

    The noise words are drawn once for two windows and shared by their inputs. A step whose windows subsampling has left without two
    words has learnt from no words. Special tokens (those before `tokenizer.n_special`) are left out of text, noise and tree.

    With one thread the same settings and text give the same bits; more share the matrices without locks (Recht et al. 2011, Hogwild) and do not.
    """

    name: ClassVar[str]  # for sentences
    dynamic_window = True  # whether each window's width is drawn from 1..window
    cbow, mean, exact, ends = False, True, True, False  # as in kernels.walk

    def __init__(self, settings: Any, encoded: EncodedCorpus) -> None:
        """Raises ValueError where the text has fewer than two distinct words, too many for the full softmax, or where next to none would be read."""
        self.settings, self.encoded, self.step, self.position = settings, encoded, 0, 0
        # An end of a sentence that is a word has the row before the words', which no special token uses.
        self.first, self.vocab_size = encoded.tokenizer.n_special - self.ends, encoded.tokenizer.vocab_size
        self._train, self._held_out = read_only(encoded.train), read_only(encoded.held_out[:HELD_OUT])
        counts = encoded.counts.astype(np.int64).copy()
        counts[: self.first] = 0
        if np.count_nonzero(counts) < 2:
            raise ValueError(f"{self.name} needs a text with at least two distinct words in its vocabulary. Take a longer text, or a smaller min_count.")
        if self.ends:
            counts[self.first] = n_ends(encoded.ids)
        self._how = {"negative sampling": SAMPLED, "hierarchical softmax": TREE, "full softmax": FULL}[settings.objective]
        self.refuse(settings, self.vocab_size)
        self._keep = keep_probability(counts, settings.subsample_threshold)
        if self._keep @ counts < LEAST_KEPT * counts.sum():
            raise ValueError(
                f"With a subsample_threshold of {settings.subsample_threshold:g} fewer than one word in a thousand of this text would be read. "
                "Raise it (0.001 suits most texts), or set it to 0, which keeps all."
            )
        self._noise = alias_table(noise_distribution(counts[self.first :], settings.noise_exponent))
        # Of all words that have a vector, whether this text has them or not: whoever reads the vectors and counts can build it again.
        self._tree = huffman(counts if encoded.seen is None else encoded.seen, self.first) if self._how == TREE else NO_TREE
        self._bag = self.bag()
        begin, measuring, training = np.random.SeedSequence(settings.seed).spawn(3)
        # xorshift's state must not be 0.
        self._measuring = measuring.generate_state(1, np.uint64) | np.uint64(1)
        self._generators = training.generate_state(settings.n_threads, np.uint64) | np.uint64(1)
        d_model = settings.d_model
        self._in = rows_of_zeros(self.n_rows(), d_model)
        self._out = self._in if settings.tied else rows_of_zeros(self.vocab_size, d_model)
        self.W_in, self.W_out = self._in[:, :d_model], self._out[:, :d_model]
        self._scatter_evenly(np.random.default_rng(begin))

    def bag(self) -> Bag:
        """Which rows a word is the mean of."""
        return ITSELF

    def n_rows(self) -> int:
        """Of W_in."""
        return self.vocab_size

    def _scatter_evenly(self, generator: np.random.Generator) -> None:
        """Evenly within 1 / (2 d_model) of zero, as in word2vec.c, a block of rows at a time."""
        for start in range(self.first, len(self.W_in), 65536):
            block = self.W_in[start : start + 65536]
            block[:] = (generator.random(block.shape, np.float32) - np.float32(0.5)) / np.float32(self.settings.d_model)

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.settings.n_threads, thread_name_prefix="window")

    @property
    def learning_rate(self) -> float:
        """Of the next step: falls on a line from the setting's to a ten-thousandth of it at n_steps."""
        return float(self.settings.learning_rate * max(LAST_RATE, 1 - (1 - LAST_RATE) * self.step / self.settings.n_steps))

    def advance(self) -> Step:
        rate, n = self.learning_rate, self.settings.n_threads
        n_parts = n * PARTS if n > 1 else 1
        cuts = self.position + np.arange(n_parts + 1) * self.settings.batch_size // n_parts
        parts = iter(range(n_parts))

        def work(thread: int) -> list[tuple[float, int, int]]:
            return [self._pass(self._train, int(cuts[i]), int(cuts[i + 1]), self._generators, thread, rate) for i in parts]

        done = [part for each in (self._threads.map(work, range(n)) if n > 1 else [work(0)]) for part in each]
        loss, n_predictions, n_words = (sum(column) for column in zip(*done, strict=True))
        if cuts[-1] // LOOKED_AT > self.position // LOOKED_AT:
            forget(self.encoded.ids)
        self.position = int(cuts[-1]) % len(self._train)
        self.step += 1
        return Step(loss / n_predictions, int(n_words), rate) if n_predictions else Step(0.0, 0, rate)

    def _pass(self, ids: np.ndarray, start: int, stop: int, generators: np.ndarray, thread: int, rate: float) -> tuple[float, int, int]:
        """The kernel's pass over ids[start:stop]: summed loss, predictions, words. A rate of 0 measures and changes nothing."""
        s = self.settings
        return walk(  # type: ignore[no-any-return]
            ids, start, stop, self.first, self._in, self._bag, self._out, self._keep, self._noise, self._tree, self._how, generators, thread,
            (self.cbow, self.mean, self.exact, self.dynamic_window, self.ends), s.window, s.n_negative, np.float32(rate),
        )  # fmt: skip

    def held_out_loss(self) -> float:
        """As the step's loss, over the first 50,000 positions of the held-out part, with the same windows and noise each time."""
        loss, n_predictions, _ = self._pass(self._held_out, 0, len(self._held_out), self._measuring.copy(), 0, 0.0)
        return loss / n_predictions if n_predictions else math.nan

    def begin(self, weights: Mapping[str, np.ndarray], rows: np.ndarray) -> None:
        """Takes over another run's words: token i begins as its row rows[i], where that is not -1."""
        known = np.flatnonzero(rows >= 0)
        self.W_in[known] = weights["W_in"][rows[known]]
        if "W_out" in weights and not self.settings.tied and self._how != TREE:  # a tree's nodes mean other words in another tree
            self.W_out[known] = weights["W_out"][rows[known]]

    def state(self) -> State:
        return {**self.weights(), "generators": self._generators.copy(), "position": np.array(self.position), "step": np.array(self.step)}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self.W_in[:] = state["W_in"]
        if self._out is not self._in:
            self.W_out[:] = state[self._out_name]
        self._generators[:] = state["generators"]
        self.position, self.step = int(state["position"]), int(state["step"])

    @property
    def _out_name(self) -> str:
        return "W_nodes" if self._how == TREE else "W_out"

    def weights(self) -> State:
        """W_in, and W_out (the tree's inner nodes are no words: W_nodes) where it is a matrix of its own."""
        out = {} if self._out is self._in else {self._out_name: self.W_out.copy()}
        return {"W_in": self.W_in.copy(), **out}

    def vectors(self) -> Vectors:
        """The words' vectors, without the special tokens'."""
        return self.read(self.settings, self.encoded.tokenizer, self.encoded.counts, {"W_in": self.W_in, "W_out": self.W_out}, "in")

    @staticmethod
    def read(settings: Any, tokenizer: Tokenizer, counts: np.ndarray, weights: Mapping[str, np.ndarray], matrix: Matrix) -> Vectors:
        """See core.training.learner.Matrices."""
        return matrices.read(tokenizer, counts, weights, matrix)

    @staticmethod
    def refuse(settings: Any, vocab_size: int) -> None:
        """Where the full softmax would take forever."""
        if settings.objective == "full softmax" and vocab_size > MOST_WORDS:
            raise ValueError(
                f"The full softmax scores every word at every prediction, which takes too long with {vocab_size:,} of them: at most {MOST_WORDS:,}. "
                f"Set vocab_size to {MOST_WORDS:,} or less (1,000 is quick), raise min_count, or choose negative sampling or the hierarchical softmax."
            )

    @classmethod
    def cost(cls, settings: Any, vocab_size: int) -> Cost:
        dynamic = getattr(settings, "dynamic_window", cls.dynamic_window)
        inputs = 1 if cls.cbow else (settings.window + 1) if dynamic else 2 * settings.window
        full, tree = settings.objective == "full softmax", settings.objective == "hierarchical softmax"
        outputs = vocab_size if full else math.log2(max(2, vocab_size)) if tree else settings.n_negative + 1
        # Three products of 2 operations a number: the scores and both gradients; and each word is read and written once.
        flops = settings.batch_size * TYPICAL_KEPT * (inputs * outputs * 6 + 4 * settings.window) * settings.d_model
        n_matrices = 1 if settings.tied else 2
        # While training, rows are padded, and a word has its row of the alias table, its probability and its count.
        memory = vocab_size * (n_matrices * padded(settings.d_model) * 4.0 + 20)
        return Cost(flops, memory, n_matrices * vocab_size * settings.d_model * 4.0, moments=0.0)


def n_ends(ids: np.ndarray) -> int:
    """Of sentences, or of the sides of a pair, counted a stretch of the file at a time."""
    n = 0
    for at in range(0, len(ids), LOOKED_AT):
        n += int(np.count_nonzero(ids[at : at + LOOKED_AT] < 0))
        forget(ids)
    return n


def warm() -> None:
    """Has the kernels compiled, or loaded from their cache, before somebody waits for them; starts no thread, so that a process may fork after it."""
    counts = np.ones(2, np.int64)
    noise = alias_table(noise_distribution(counts, 0.75))
    generators, ids = np.ones(1, np.uint64), read_only(np.array([0, 1], np.int32))
    choice = (False, True, True, True, False)
    keep = keep_probability(counts, 0.0)
    walk(ids, 0, 2, 0, rows_of_zeros(2, 2), ITSELF, rows_of_zeros(2, 2), keep, noise, NO_TREE, SAMPLED, generators, 0, choice, 1, 1, np.float32(0.1))
