"""word2vec skip-gram with negative sampling: the learner (Mikolov et al. 2013, arXiv 1310.4546, equation 4)."""

import math
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

import numpy as np

from core.embeddings.kernels import LANES, skip_gram
from core.embeddings.noise import alias_table, keep_probability, noise_distribution
from core.systems.skip_gram import SkipGramSettings
from core.text.encoding import EncodedCorpus
from core.training.learner import Cost, State, Step
from core.vectors import Vectors

LAST_RATE = 1e-4  # the learning rate's end, as a share of its beginning
PARTS = 4  # of a step for each thread: whoever is done takes the next, so that none waits long for one whose core was wanted elsewhere
HELD_OUT = 50_000  # positions of the held-out part that are measured: enough for three digits, and soon done
TYPICAL_KEPT = 0.7  # share of English that survives the default subsampling; for estimates alone


class SkipGram:
    """A core.training.learner.Learner. `W_in` [vocab d_model] holds the vectors, `W_out` the words as they are predicted.

    A step passes over `batch_size` positions of the text (words and sentence ends) from where the last one ended, and begins again at its end. Its
    loss is that of equation 4: for each pair of an input and the word it predicts, -log sigmoid of their product minus the sum over the
    n_negative noise words of log sigmoid(-product), averaged over the step's pairs; (n_negative + 1) ln 2 before anything is learnt; a step
    whose windows subsampling has left without two words has learnt from no words. The noise words are drawn once a window and shared by its
    inputs, which see the outputs as they were before the window.
    Special tokens (those before `tokenizer.n_special`) are left out of the text and of the noise.

    With one thread the same settings and text give the same bits; more share the matrices without locks (Recht et al. 2011, Hogwild) and do not.
    """

    def __init__(self, settings: SkipGramSettings, encoded: EncodedCorpus) -> None:
        """Raises ValueError where the text has fewer than two distinct words: there would be nothing to tell apart."""
        self.settings, self.encoded, self.step, self.position = settings, encoded, 0, 0
        self.first = encoded.tokenizer.n_special
        self._train, self._held_out = _read_only(encoded.train), _read_only(encoded.held_out[:HELD_OUT])
        counts = encoded.counts.astype(np.int64).copy()
        counts[: self.first] = 0
        if np.count_nonzero(counts) < 2:
            raise ValueError("Skip-gram needs a text with at least two distinct words in its vocabulary. Take a longer text, or a smaller min_count.")
        self._keep = keep_probability(counts, settings.subsample_threshold)
        self._noise = alias_table(noise_distribution(counts[self.first :], settings.noise_exponent))
        begin, measuring, training = np.random.SeedSequence(settings.seed).spawn(3)
        # xorshift's state must not be 0.
        self._measuring = measuring.generate_state(1, np.uint64) | np.uint64(1)
        self._generators = training.generate_state(settings.n_threads, np.uint64) | np.uint64(1)
        shape = (len(counts), settings.d_model)
        self._in, self._out = _rows(*shape), _rows(*shape)
        self.W_in, self.W_out = self._in[:, : settings.d_model], self._out[:, : settings.d_model]
        self.W_in[self.first :] = (np.random.default_rng(begin).random(shape, np.float32)[self.first :] - np.float32(0.5)) / np.float32(settings.d_model)

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.settings.n_threads, thread_name_prefix="skip-gram")

    @property
    def learning_rate(self) -> float:
        """Of the next step: falls on a line from the setting's to a ten-thousandth of it at n_steps."""
        return self.settings.learning_rate * max(LAST_RATE, 1 - (1 - LAST_RATE) * self.step / self.settings.n_steps)

    def advance(self) -> Step:
        rate, n = self.learning_rate, self.settings.n_threads
        n_parts = n * PARTS if n > 1 else 1
        cuts = self.position + np.arange(n_parts + 1) * self.settings.batch_size // n_parts
        parts = iter(range(n_parts))

        def work(thread: int) -> list[tuple[float, int, int]]:
            return [self._pass(self._train, int(cuts[i]), int(cuts[i + 1]), self._generators, thread, rate) for i in parts]

        done = [part for each in (self._threads.map(work, range(n)) if n > 1 else [work(0)]) for part in each]
        loss, n_predictions, n_words = (sum(column) for column in zip(*done, strict=True))
        self.position = int(cuts[-1]) % len(self._train)
        self.step += 1
        return Step(loss / n_predictions, int(n_words), rate) if n_predictions else Step(0.0, 0, rate)

    def _pass(self, ids: np.ndarray, start: int, stop: int, generators: np.ndarray, thread: int, rate: float) -> tuple[float, int, int]:
        """The kernel's pass over ids[start:stop]: summed loss, pairs, words. A rate of 0 measures and changes nothing."""
        s = self.settings
        return skip_gram(  # type: ignore[no-any-return]
            ids, start, stop, self.first, self._in, self._out, self._keep, self._noise, generators, thread,
            s.window, s.dynamic_window, s.n_negative, np.float32(rate),
        )  # fmt: skip

    def held_out_loss(self) -> float:
        """As the step's loss, over the first 50,000 positions of the held-out part, with the same windows and noise each time."""
        loss, n_predictions, _ = self._pass(self._held_out, 0, len(self._held_out), self._measuring.copy(), 0, 0.0)
        return loss / n_predictions if n_predictions else math.nan

    def state(self) -> State:
        return {**self.weights(), "generators": self._generators.copy(), "position": np.array(self.position), "step": np.array(self.step)}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self.W_in[:], self.W_out[:] = state["W_in"], state["W_out"]
        self._generators[:] = state["generators"]
        self.position, self.step = int(state["position"]), int(state["step"])

    def weights(self) -> State:
        return {"W_in": self.W_in.copy(), "W_out": self.W_out.copy()}

    def vectors(self) -> Vectors:
        """W_in's rows without the special tokens'."""
        return Vectors(self.encoded.tokenizer.words[self.first :], self.W_in[self.first :].copy(), self.encoded.counts[self.first :])

    @staticmethod
    def cost(settings: SkipGramSettings, vocab_size: int) -> Cost:
        width = (settings.window + 1) if settings.dynamic_window else 2 * settings.window
        pairs = settings.batch_size * TYPICAL_KEPT * width
        # Three products of 2 operations a number: the scores and both gradients.
        flops = pairs * (settings.n_negative + 1) * settings.d_model * 6
        weights = 2.0 * vocab_size * settings.d_model * 4
        # While training, rows are padded, and a word has its row of the alias table, its probability and its count.
        return Cost(flops, vocab_size * (2.0 * _padded(settings.d_model) * 4 + 20), weights)


def _padded(d_model: int) -> int:
    return -(-d_model // LANES) * LANES


def _rows(n: int, d_model: int) -> np.ndarray:
    """Zeros, float32 [n padded], every row beginning at a multiple of 32 bytes, so that no vector of 8 floats lies across two cache lines."""
    columns = _padded(d_model)
    room = np.zeros(n * columns + LANES, np.float32)
    skipped = -(room.ctypes.data // 4) % LANES
    return room[skipped : skipped + n * columns].reshape(n, columns)


def _read_only(ids: np.ndarray) -> np.ndarray:
    """The same memory as a plain read-only array, mapped from a file or not: one type, hence one compiled kernel."""
    plain = np.asarray(ids).view(np.ndarray)
    plain.flags.writeable = False
    return plain


def warm() -> None:
    """Has the kernels compiled, or loaded from their cache, before somebody waits for them; starts no thread, so that a process may fork after it."""
    counts = np.ones(2, np.int64)
    noise = alias_table(noise_distribution(counts, 0.75))
    rows, generators = _rows(2, 2), np.ones(1, np.uint64)
    ids = _read_only(np.array([0, 1], np.int32))
    skip_gram(ids, 0, 2, 0, rows, _rows(2, 2), keep_probability(counts, 0.0), noise, generators, 0, 1, True, 1, np.float32(0.1))
