"""GloVe: the learner (Pennington, Socher and Manning 2014). What a step computes, and how: core.embeddings.descent."""

import math
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

import numpy as np

from core.embeddings import matrices
from core.embeddings.arrays import padded
from core.embeddings.cooccurrence import BLOCK, IN_MEMORY, Cells, Windows, count, expected_cells
from core.embeddings.counting import CELL
from core.embeddings.descent import descend
from core.embeddings.numbered import NumberedWeights
from core.embeddings.rounds import SIDES, Epoch
from core.embeddings.window_learner import HELD_OUT
from core.machine import forget
from core.systems import Matrix
from core.systems.glove import GloVeSettings
from core.text.encoding import EncodedCorpus
from core.text.progress import Progress, silent
from core.text.tokenizers import Tokenizer
from core.training.learner import Cost, State, Step
from core.vectors import Vectors

LOOKED_AT = 2**22  # bytes of cells after which those in a file may go from memory; the system has then brought twenty times as many
PARTS = 2  # of a round for each thread
Rates = tuple[np.float32, ...]
TYPICAL_WORDS = 3_000_000  # of a text that nobody has read; for estimates alone
STILL: Rates = (np.float32(0),) * 4  # rates that change nothing


class GloVe:
    """A core.training.learner.Learner. `W_in` holds the words as words, `W_out` as contexts, "b_in" and "b_out" their biases.

    The text is counted once (`prepare`); then a step visits as large a share of the cells as its `batch_size` words are of the text, and begins the
    next epoch, in another order, where one ends; of a text that has fewer words than that it visits each cell once. So a step's tokens are words of
    text, as everywhere, though the text is not read again. Its loss is
    glove.c's: the mean over the cells visited of 1/2 f(x) (w . c + b + b~ - log x)^2, with the 1/2 that the paper leaves out.

    As in glove.c everything begins evenly within 1 / (2 d_model) of zero, AdaGrad's sums begin at 1, components of a gradient are cut at 100. Since
    2020 glove.c moves the biases without the learning rate, so that they take steps twenty times as long as it was published with, and move even at a
    rate of 0: that is a mistake, and done here only where `bias_rate` is "one".

    Tied, words and contexts are one matrix with one bias a word; each cell is visited as before, and what it says of both ends is learnt in both.
    The same settings and text give the same bits, with any number of threads (core.embeddings.rounds).
    """

    def __init__(self, settings: GloVeSettings, encoded: EncodedCorpus) -> None:
        """Raises ValueError where the text has fewer than two distinct words."""
        self.settings, self.encoded, self.step, self.first = settings, encoded, 0, encoded.tokenizer.n_special
        if np.count_nonzero(encoded.counts[self.first :]) < 2:
            raise ValueError("GloVe needs a text with at least two distinct words in its vocabulary. Take a longer text, or a smaller min_count.")
        self._windows = _windows(settings)
        generator = np.random.default_rng(np.random.SeedSequence(settings.seed, spawn_key=(0,)))
        self._weights = NumberedWeights(encoded.tokenizer.vocab_size, self.first, settings.d_model, settings.tied, generator)
        self._cells: Cells | None = None
        self._epoch: tuple[int, Epoch] | None = None
        self._looked_at = 0  # bytes of cells

    def prepare(self, progress: Progress = silent) -> None:
        """Counts the text, the first time; ValueError in words where no two words stand together."""
        if self._cells is None:
            self._cells = count(self.encoded.train, self._weights.numbers, self._windows, self.settings.n_threads, progress)
        if not len(self._cells.cells):
            raise ValueError("In this text no two words of the vocabulary stand in one sentence, so that there is nothing to count. Take another text.")

    @property
    def cells(self) -> Cells:
        """The text's, counted now where nobody has prepared."""
        self.prepare()
        assert self._cells is not None
        return self._cells

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.settings.n_threads, thread_name_prefix="glove")

    @property
    def _rates(self) -> Rates:
        """Of the vectors and of the biases: the rate, and what the square of a step is multiplied by before it is added to the sums."""
        vectors = self.settings.learning_rate
        biases = vectors if self.settings.bias_rate == "learning_rate" else 1.0
        return tuple(np.float32(x) for rate in (vectors, biases) for x in (rate, 1 if self.settings.accumulators == "steps" else rate**-2))

    def advance(self) -> Step:
        s, n_cells = self.settings, len(self.cells.cells)
        n_words = min(s.batch_size, self.cells.n_text)
        start, stop = (step * n_words * n_cells // self.cells.n_text for step in (self.step, self.step + 1))
        done = []
        for n in range(start // n_cells, -(-stop // n_cells)):
            begin, end = max(start - n * n_cells, 0), min(stop - n * n_cells, n_cells)
            done += [self._visit_round(tiles) for tiles in self._drawn(n).between(begin, end)]
        self.step += 1
        self._looked_at += (stop - start) * self.cells.cells.itemsize
        if self._looked_at > LOOKED_AT:
            self._looked_at = 0
            forget(self.cells.cells)
        cost, n_visits = (sum(column) for column in zip(*done, strict=True)) if done else (0.0, 0)
        return Step(cost / n_visits, n_words, s.learning_rate) if n_visits else Step(0.0, 0, s.learning_rate)

    def _drawn(self, n: int) -> Epoch:
        """The order of epoch n."""
        if self._epoch is None or self._epoch[0] != n:
            self._epoch = n, Epoch.drawn(self.cells, np.random.default_rng(np.random.SeedSequence(self.settings.seed, spawn_key=(1, n))))
        return self._epoch[1]

    def _visit_round(self, tiles: np.ndarray) -> tuple[float, int]:
        """Visits tiles [n_meetings SIDES 4], of which no two meetings share a word; their summed cost, and how many cells it was."""
        n_parts, size = PARTS * self.settings.n_threads, (tiles[..., 3] - tiles[..., 2]).sum(axis=1)
        flat, costs, visits = tiles.reshape(-1, 4), np.zeros(tiles[..., 0].size), np.zeros(tiles[..., 0].size, np.int64)
        ends = np.searchsorted(np.cumsum(size), np.arange(1, n_parts) * size.sum() / n_parts) + 1
        cuts = [0, *(SIDES * ends).tolist(), len(flat)]

        def work(start: int, stop: int) -> None:
            self._visit(self.cells, flat[start:stop], costs[start:stop], visits[start:stop], 0.0, self._rates)

        if self.settings.n_threads > 1:
            list(self._threads.map(work, cuts[:-1], cuts[1:]))
        else:
            work(0, len(flat))
        return float(costs.sum()), int(visits.sum())

    def _visit(self, cells: Cells, tiles: np.ndarray, costs: np.ndarray, visits: np.ndarray, longer: float, rates: Rates) -> None:
        x_max, exponent = np.float32(math.log(self.settings.x_max)), np.float32(self.settings.weight_exponent)
        table, biases, n = self._weights.table, self._weights.biases, len(self._weights.roles)
        descend(cells.cells, tiles, cells.symmetric, table, biases, n, x_max, exponent, np.float32(longer), rates, costs, visits)

    def held_out_loss(self) -> float:
        """As the step's loss, over the cells of the held-out part's first 50,000 positions; nan where it has none.

        They are counts of a shorter text: what is compared with their logarithms is what the model expects of as short a text, and they weigh
        as little as they are. What has been counted once or twice is mostly chance, so that this loss never comes near the other.
        """
        cells, tiles, longer = self._measured
        costs, visits = np.zeros(len(tiles)), np.zeros(len(tiles), np.int64)
        self._visit(cells, tiles, costs, visits, longer, STILL)
        return float(costs.sum() / visits.sum()) if visits.any() else math.nan

    @cached_property
    def _measured(self) -> tuple[Cells, np.ndarray, float]:
        held_out = np.asarray(self.encoded.held_out[:HELD_OUT])
        cells = count(held_out, self._weights.numbers, self._windows)
        return cells, Epoch.drawn(cells, np.random.default_rng(0)).tiles.reshape(-1, 4), math.log(self.cells.n_text / max(1, cells.n_text))

    def begin(self, weights: Mapping[str, np.ndarray], rows: np.ndarray) -> None:
        """Takes over another run's words: token i begins as its row rows[i], where that is not -1; AdaGrad's sums begin anew."""
        known = np.flatnonzero(rows >= 0)
        for name in self._weights.names(sums=False):
            if name in weights:
                self._weights.put(known, name, weights[name][rows[known]])

    def state(self) -> State:
        return {**self._weights.by_token(sums=True), "step": np.array(self.step)}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        for name in self._weights.names():
            self._weights.put(np.arange(len(state[name])), name, state[name])
        self.step = int(state["step"])

    def weights(self) -> State:
        """W_in and b_in, and W_out and b_out where they are not tied."""
        return self._weights.by_token(sums=False)

    def vectors(self) -> Vectors:
        """W + C without the special tokens' rows, as in the paper; tied: the one matrix."""
        return self.read(self.settings, self.encoded.tokenizer, self.encoded.counts, self.weights(), "sum")

    @staticmethod
    def read(settings: GloVeSettings, tokenizer: Tokenizer, counts: np.ndarray, weights: Mapping[str, np.ndarray], matrix: Matrix) -> Vectors:
        """See core.training.learner.Matrices."""
        return matrices.read(tokenizer, counts, weights, matrix)

    @staticmethod
    def cost(settings: GloVeSettings, vocab_size: int) -> Cost:
        return GloVe.cost_on(settings, vocab_size, 0)

    @staticmethod
    def cost_on(settings: GloVeSettings, vocab_size: int, n_words: int) -> Cost:
        """See core.training.learner.Preparing."""
        n = 1 if settings.tied else 2
        n_words, windows = n_words or TYPICAL_WORDS, _windows(settings)
        in_text, in_block = (CELL.itemsize * expected_cells(windows, vocab_size, words) for words in (n_words, min(n_words, BLOCK)))
        # A product takes 2 operations a number, a step of both its rows 14.
        flops = min(settings.batch_size, n_words) * in_text / CELL.itemsize / n_words * settings.d_model * 16
        memory = vocab_size * 2 * n * 4.0 * (padded(settings.d_model) + 1) + 2 * min(IN_MEMORY, in_text)
        # The counts of the blocks, and then the cells, stand in files where they are more than is kept in memory.
        scratch = in_text + math.ceil(n_words / BLOCK) * in_block if in_text > IN_MEMORY or n_words > BLOCK else 0.0
        return Cost(flops, memory, vocab_size * n * 4.0 * (settings.d_model + 1), moments=1.0, scratch=scratch)


def _windows(settings: GloVeSettings) -> Windows:
    return Windows(settings.window, settings.window_side == "symmetric", settings.distance_weighting)


def warm() -> None:
    """Has the kernels compiled, or loaded from their cache, before somebody waits for them; starts no thread, so that a process may fork after it."""
    numbers = np.arange(2, dtype=np.int32)
    cells = count(np.array([0, 1, 0, -1], np.int32), numbers, Windows(1), block=2)
    weights = NumberedWeights(2, 0, 2, False, np.random.default_rng(0))
    tiles = Epoch.drawn(cells, np.random.default_rng(0)).tiles.reshape(-1, 4)
    costs, visits, one = np.zeros(len(tiles)), np.zeros(len(tiles), np.int64), np.float32(1)
    descend(cells.cells, tiles, True, weights.table, weights.biases, 2, one, one, one, STILL, costs, visits)
