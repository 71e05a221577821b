import math
import threading
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mittens import GloVe as Mittens

from core.embeddings import cooccurrence, glove
from core.embeddings.descent import descend
from core.embeddings.glove import GloVe, warm
from core.embeddings.kernels import LANES
from core.embeddings.rounds import Epoch, tournament
from core.systems import system
from core.systems.glove import GloVeSettings
from core.text import tokenizers
from core.text.encoding import EncodedCorpus
from core.text.tokenizing import TokenizerSettings
from core.training.learner import Learner, Matrices, Preparing

SMALL = {"d_model": 12, "window": 4, "batch_size": 500, "n_steps": 40, "n_threads": 1, "x_max": 20.0}
FIRST = len(tokenizers.SPECIALS)
CELL = np.dtype([("row", np.uint16), ("column", np.uint16), ("count", np.float64)])  # in double precision, as the tables below


def encoded(ids: list[int] | np.ndarray, vocab_size: int) -> EncodedCorpus:
    """A text of words 0, 1, ... (-1: a sentence end, -2: [UNK])."""
    array = np.array(ids, np.int32)
    array = np.where(array >= 0, array + FIRST, np.where(array == -2, 1, -1)).astype(np.int32)
    names = Counter({f"w{i:02}": vocab_size - i for i in range(vocab_size)})
    tokenizer = tokenizers.of_counts(names, TokenizerSettings())
    return EncodedCorpus(tokenizer, array, np.bincount(array[array >= 0], minlength=tokenizer.vocab_size))


def a_text(n_words: int = 4000, vocab_size: int = 40, seed: int = 1) -> EncodedCorpus:
    """Sentences of 7 words, nine in ten from one of two halves of the vocabulary, and an unknown word at the end of each."""
    rng = np.random.default_rng(seed)
    ids: list[int] = []
    while len(ids) < n_words:
        half = (int(rng.integers(2)) + (rng.random(7) < 0.1)) % 2
        ids += [*(half * (vocab_size // 2) + rng.integers(0, vocab_size // 2, 7)).tolist(), -2, -1]
    return encoded(ids, vocab_size)


def learner(text: EncodedCorpus | None = None, **changes: Any) -> GloVe:
    return GloVe(GloVeSettings(**{**SMALL, **changes}), a_text() if text is None else text)


def some_cells(n_words: int = 9, n: int = 30, symmetric: bool = False) -> np.ndarray:
    """Of one tile, from rare to frequent ones; on the diagonal too."""
    rng = np.random.default_rng(5)
    pairs = [(i, j) for i in range(n_words) for j in range(n_words) if not symmetric or i >= j]
    cells = np.empty(n, CELL)
    for k, chosen in enumerate(rng.permutation(len(pairs))[:n]):
        cells[k] = (*pairs[chosen], math.exp(rng.normal(1, 2)))
    return cells


class Tables:
    """Weights of n_words words in double precision, and AdaGrad's sums, as `descend` takes them."""

    def __init__(self, n_words: int = 9, d_model: int = 5, n: int = 2, scale: float = 1.0) -> None:
        rng = np.random.default_rng(2)
        self.n, self.table, self.biases = n, np.zeros((n_words, 2 * n, LANES)), np.ones((n_words, 2 * n))
        self.W, self.b = self.table[:, :n, :d_model], self.biases[:, :n]
        self.W[:], self.b[:] = rng.normal(0, scale, self.W.shape), rng.normal(0, scale, self.b.shape)
        self.table[:, n:] = 1

    def descend(self, cells: np.ndarray, rate: float, symmetric: bool = False, x_max: float = 10.0, exponent: float = 0.75, **others: float) -> float:
        """One visit of all cells in their order; the summed cost."""
        rates = (rate, others.get("growth", 1.0), others.get("bias_rate", rate), 1.0)
        costs, visits, tiles = np.zeros(1), np.zeros(1, np.int64), np.array([[0, 0, 0, len(cells)]])
        descend(cells, tiles, symmetric, self.table.reshape(-1, LANES), self.biases.reshape(-1), self.n, math.log(x_max), exponent, 0.0, rates, costs, visits)
        assert visits[0] == len(cells) + (symmetric and np.count_nonzero(cells["row"] != cells["column"]))
        return float(costs[0])

    def gradients(self, cells: np.ndarray, **how: Any) -> tuple[np.ndarray, np.ndarray]:
        """d cost / d W and d cost / d b, from a step so small that the cells do not disturb each other."""
        W, b = self.W.copy(), self.b.copy()
        self.descend(cells, 1e-9, **how)
        found = (W - self.W) / 1e-9, (b - self.b) / 1e-9
        self.W[:], self.b[:], self.table[:, self.n :], self.biases[:, self.n :] = W, b, 1, 1
        return found


def full(cells: np.ndarray, n_words: int, symmetric: bool = False) -> np.ndarray:
    counts = np.zeros((n_words, n_words))
    counts[cells["row"], cells["column"]] = cells["count"]
    return np.maximum(counts, counts.T) if symmetric else counts


def equation_8(W: torch.Tensor, b: torch.Tensor, counts: np.ndarray, x_max: float, exponent: float) -> torch.Tensor:
    """The paper's cost over all cells, halved. W: [words, roles, d_model], b: [words, roles]."""
    i, j = (torch.as_tensor(index) for index in np.nonzero(counts))
    x = torch.as_tensor(counts[i, j])
    miss = (W[i, 0] * W[j, -1]).sum(1) + b[i, 0] + b[j, -1] - x.log()
    return (0.5 * torch.where(x < x_max, (x / x_max) ** exponent, 1.0) * miss**2).sum()


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize(("x_max", "exponent"), [(10.0, 0.75), (2.0, 0.3), (100.0, 0.0)])
def test_gradients_are_those_of_autograd(x_max: float, exponent: float, symmetric: bool, tied: bool) -> None:
    tables, cells = Tables(n=1 if tied else 2), some_cells(symmetric=symmetric)
    W, b = (torch.tensor(each, requires_grad=True) for each in (tables.W, tables.b))
    cost = equation_8(W, b, full(cells, 9, symmetric), x_max, exponent)
    cost.backward()
    found = tables.gradients(cells, symmetric=symmetric, x_max=x_max, exponent=exponent)
    np.testing.assert_allclose(found[0], W.grad, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(found[1], b.grad, rtol=1e-5, atol=1e-5)
    assert tables.descend(cells, 0.0, symmetric, x_max, exponent) == pytest.approx(cost.item(), rel=1e-9)


def test_full_batch_steps_are_those_of_mittens() -> None:
    """Our cost and gradients under mittens' AdaGrad, which is torch's with sums that begin at 0.1."""
    tables, cells = Tables(scale=0.3), some_cells()
    start = {"W": tables.W[:, 0].copy(), "C": tables.W[:, 1].copy(), "bw": tables.b[:, :1].copy(), "bc": tables.b[:, 1:].copy()}
    theirs = Mittens(n=5, xmax=10, max_iter=4, test_mode=True, display_progress=0)
    theirs.fit(full(cells, 9), fixed_initialization={name: each.copy() for name, each in start.items()})
    parameters = [torch.nn.Parameter(torch.tensor(each)) for each in (tables.W, tables.b)]
    optimizer = torch.optim.Adagrad(parameters, lr=0.05, initial_accumulator_value=0.1, eps=0.0)
    costs = []
    for _ in range(4):
        costs.append(tables.descend(cells, 0.0))
        for parameter, gradient in zip(parameters, tables.gradients(cells), strict=True):
            parameter.grad = torch.tensor(gradient)
        optimizer.step()
        tables.W[:], tables.b[:] = (parameter.detach().numpy() for parameter in parameters)
    np.testing.assert_allclose(costs, theirs.errors, rtol=1e-5)
    np.testing.assert_allclose(tables.W[:, 0], theirs.W, atol=1e-6)
    np.testing.assert_allclose(tables.W[:, 1], theirs.C, atol=1e-6)
    np.testing.assert_allclose(tables.b, np.concatenate([theirs.bw, theirs.bc], axis=1), atol=1e-6)


# glove.c at its newest: -threads 1 -iter 2 -vector-size 2 -x-max 10 -alpha 0.5 -eta 0.1, on the cells below; W's rows and then C's, each with its bias.
GLOVE_C_CELLS = [(1, 1, 0.5), (2, 1, 3.0), (3, 2, 20.0), (2, 3, 150.0), (1, 3, 1.0)]
GLOVE_C_START = [[-0.41, -0.26, 0.3], [0.08, -0.41, -0.07], [-0.02, -0.34, 0.23], [-0.39, -0.11, 0.02], [-0.07, 0.09, 0.24], [0.46, -0.22, 0.15]]
GLOVE_C_END = [
    [-0.487459311, -0.192367974, -1.603557489], [0.161380883, -0.387864565, 2.900046998], [-0.018464335, -0.317815404, 1.842401742],
    [-0.413422309, -0.043538111, -0.913455114], [-0.065313112, 0.084801912, 1.852401742], [0.478625895, -0.216130265, 3.151940666],
]  # fmt: skip
GLOVE_C_COSTS = [2.970539, 2.080886]  # a cell


def test_steps_are_those_of_glove_c() -> None:
    """With the biases' rate of 1 that it has had since 2020."""
    tables, start = Tables(3, 2), np.array(GLOVE_C_START)
    for role, part in enumerate((start[:3], start[3:])):
        tables.W[:, role], tables.b[:, role] = part[:, :2], part[:, 2]
    cells = np.array([(i - 1, j - 1, x) for i, j, x in GLOVE_C_CELLS], CELL)
    costs = [tables.descend(cells, 0.1, x_max=10.0, exponent=0.5, bias_rate=1.0) / 5 for _ in range(2)]
    np.testing.assert_allclose(costs, GLOVE_C_COSTS, atol=1e-6)
    for role, part in enumerate((np.array(GLOVE_C_END[:3]), np.array(GLOVE_C_END[3:]))):
        np.testing.assert_allclose(np.column_stack([tables.W[:, role], tables.b[:, role]]), part, atol=1e-8)


def test_the_sums_take_in_steps_or_gradients_and_gradients_are_cut() -> None:
    """One cell seen twice: the second step is divided by the root of the sum that the first has left."""
    for growth, share in ((1.0, 1.0), (1 / 0.05**2, 0.05**-2)):
        tables, cells = Tables(1, 1), np.array([(0, 0, 1.0)], CELL)
        tables.W[:], tables.b[:] = [[[3.0], [200.0]]], 0.0
        tables.descend(cells, 0.05, growth=growth)
        first = np.array([100.0, 100.0]) * 0.05  # 600 * 200 and 600 * 3, cut
        np.testing.assert_allclose(tables.W[0, :, 0], np.array([3.0, 200.0]) - first)
        np.testing.assert_allclose(tables.table[0, 2:, 0], 1 + first**2 * share)
        before = tables.W[0, :, 0].copy()
        tables.descend(cells, 0.05, growth=growth)
        np.testing.assert_allclose(before - tables.W[0, :, 0], np.array([-100.0, 100.0]) * 0.05 / np.sqrt(1 + first**2 * share))


def test_it_is_a_learner() -> None:
    assert all(isinstance(learner(), each) for each in (Learner, Preparing, Matrices))


@pytest.mark.parametrize("changes", [{}, {"tied": True}, {"window_side": "left"}, {"accumulators": "gradients"}, {"bias_rate": "one"}], ids=str)
def test_words_of_one_half_find_each_other(changes: dict[str, Any]) -> None:
    model = learner(n_steps=160, **changes)
    first = model.held_out_loss()
    losses = [model.advance().loss for _ in range(160)]
    assert np.mean(losses[-8:]) < 0.2 * np.mean(losses[:8])
    assert model.held_out_loss() < 0.5 * first
    near = {neighbour.word for neighbour in model.vectors().neighbours("w03", 10)}
    assert len(near & {f"w{i:02}" for i in range(20)}) >= 9


@pytest.mark.parametrize("changes", [{}, {"tied": True}, {"window_side": "left"}, {"distance_weighting": False, "x_max": 3.0, "weight_exponent": 0.5}], ids=str)
def test_an_epoch_visits_every_cell_once_and_its_loss_is_the_papers_halved(changes: dict[str, Any]) -> None:
    text = a_text()
    n_words = int(np.count_nonzero(text.train >= FIRST))
    n_steps = next(n for n in range(3, n_words) if n_words % n == 0)  # so that no step reaches into the next epoch
    model = learner(text, learning_rate=1e-4, batch_size=n_words // n_steps, **changes)
    cuts = [n * len(model.cells.cells) // n_steps for n in range(n_steps + 1)]
    rounds = [tiles for begin, end in pairwise(cuts) for tiles in model._drawn(0).between(begin, end)]
    visited = np.concatenate([np.arange(start, stop) for tiles in rounds for *_, start, stop in tiles.reshape(-1, 4)])
    assert np.array_equal(np.sort(visited), np.arange(len(model.cells.cells)))
    rows, columns, counts = model.cells.triples()
    X = np.zeros((40, 40))
    X[rows, columns] = counts
    if model.cells.symmetric:
        X[columns, rows] = counts
    weights = model.weights()
    order = np.argsort(model._weights.numbers[FIRST:])  # the word of each number
    W, b = (
        torch.tensor(np.stack([weights[f"{kind}_{role}"][FIRST:][order] for role in model._weights.roles], axis=1), dtype=torch.float64) for kind in ("W", "b")
    )
    s = model.settings
    expected = equation_8(W, b, X, s.x_max, s.weight_exponent).item() / np.count_nonzero(X)
    losses = [model.advance() for _ in range(n_steps)]
    assert all(step.n_tokens == n_words // n_steps for step in losses)
    assert np.mean([step.loss for step in losses]) == pytest.approx(expected, rel=0.02)


def test_a_step_visits_the_cells_of_a_short_text_once() -> None:
    text = a_text(300)
    long, exact = learner(text, batch_size=10**7), learner(text, batch_size=int(np.count_nonzero(text.train >= FIRST)))
    assert [long.advance() for _ in range(3)] == [exact.advance() for _ in range(3)]


def test_the_same_bits_with_any_number_of_threads() -> None:
    models = [learner(n_threads=n) for n in (1, 2, 5)] + [learner(seed=2)]
    steps = [[model.advance() for _ in range(12)] for model in models]
    assert steps[0] == steps[1] == steps[2] != steps[3]
    for name, array in models[0].state().items():
        assert np.array_equal(models[1].state()[name], array)
        assert np.array_equal(models[2].state()[name], array)


@pytest.mark.parametrize("tied", [False, True])
def test_a_restored_learner_goes_on_as_if_nothing_had_happened(tied: bool) -> None:
    whole, half = learner(batch_size=700, tied=tied), learner(batch_size=700, tied=tied)
    losses = [whole.advance().loss for _ in range(14)]
    begun = [half.advance().loss for _ in range(6)]
    state = {name: array.copy() for name, array in half.state().items()}
    half.advance()  # must not reach into the state that was taken
    other = learner(batch_size=700, tied=tied)
    other.restore(state)
    assert begun + [other.advance().loss for _ in range(8)] == losses
    assert other.held_out_loss() == whole.held_out_loss()
    assert all(np.array_equal(array, other.state()[name]) for name, array in whole.state().items())


def test_cells_in_a_file_are_learnt_from_as_those_in_memory(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_memory = learner(n_threads=2)
    losses = [in_memory.advance().loss for _ in range(8)]
    monkeypatch.setattr(cooccurrence, "IN_MEMORY", 0)
    monkeypatch.setattr(glove, "LOOKED_AT", 0)
    filed = learner(n_threads=2)
    assert [filed.advance().loss for _ in range(8)] == losses


def test_measuring_takes_nothing_from_the_training() -> None:
    watched, alone = learner(), learner()
    for _ in range(4):
        assert watched.held_out_loss() == watched.held_out_loss()
        assert watched.advance() == alone.advance()


def test_the_held_out_counts_are_compared_with_what_is_expected_of_as_short_a_text() -> None:
    """A text that says the same again at its end: the model of its beginning, which is 19 times as long, fits it as it is."""
    sentence = [*range(8), -1]
    text = encoded(sentence * 400, 8)
    model = learner(text, n_steps=400, batch_size=3000, x_max=1.0)
    for _ in range(400):
        step = model.advance()
    assert step.loss < 1e-3
    assert model.held_out_loss() < 1e-2


def test_special_tokens_are_neither_trained_nor_shown() -> None:
    model = learner()
    for _ in range(5):
        model.advance()
    assert not any(array[:FIRST].any() for name, array in model.state().items() if array.ndim)
    vectors = model.vectors()
    assert vectors.words[0] == "w00"
    assert len(vectors.words) == 40
    assert vectors.counts is not None
    assert vectors.counts[0] == model.encoded.counts[FIRST]


def test_its_matrices_are_read_without_the_text() -> None:
    model = learner()
    model.advance()
    weights = model.weights()
    assert set(weights) == {"W_in", "W_out", "b_in", "b_out"}
    for matrix in system("glove").matrices:
        read = model.read(model.settings, model.encoded.tokenizer, model.encoded.counts, weights, matrix)
        assert read.matrix.shape == (40, 24 if matrix == "concatenation" else 12)
        assert np.array_equal(read.matrix, model.vectors().matrix) == (matrix == "sum")
    tied = learner(tied=True)
    assert set(tied.weights()) == {"W_in", "b_in"}
    assert np.array_equal(tied.vectors().matrix, tied.weights()["W_in"][FIRST:])


def test_it_takes_over_the_words_that_another_run_knows() -> None:
    old, new = learner(), learner(seed=7)
    old.advance()
    rows = np.full(40 + FIRST, -1)
    rows[[FIRST + 2, FIRST + 30]] = FIRST + 5, FIRST
    before = new.weights()
    new.begin(old.weights(), rows)
    for name, array in new.weights().items():
        assert np.array_equal(array[[FIRST + 2, FIRST + 30]], old.weights()[name][[FIRST + 5, FIRST]])
        others = np.setdiff1d(np.arange(40 + FIRST), [FIRST + 2, FIRST + 30])
        assert np.array_equal(array[others], before[name][others])
    tied = learner(tied=True)
    tied.begin(old.weights(), np.arange(40 + FIRST))
    assert np.array_equal(tied.weights()["W_in"], old.weights()["W_in"])


def test_counting_can_be_called_off_and_taken_up_again() -> None:
    model = learner()

    def impatient(what: str, fraction: float | None) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        model.prepare(impatient)
    model.prepare()
    assert model.advance() == learner().advance()


def test_texts_without_anything_to_count_are_refused_in_words() -> None:
    with pytest.raises(ValueError, match="at least two distinct words"):
        learner(encoded([0, -2, 0, -1], 2))
    with pytest.raises(ValueError, match="nothing to count"):
        learner(encoded([0, -1, 1, -1] * 20, 2)).prepare()
    assert math.isnan(learner(encoded([0, 1, 0], 2)).held_out_loss())


def test_a_step_smaller_than_a_cell_has_learnt_from_none() -> None:
    model = learner(encoded([*[0, -1] * 990, *[0, 1, -1] * 10, *[0, -1] * 50], 2), batch_size=100)
    steps = [model.advance() for _ in range(12)]
    assert {step.n_tokens for step in steps} == {0, 100}
    assert all(math.isfinite(step.loss) for step in steps)


def test_a_run_that_diverges_says_so() -> None:
    model = learner()
    model._weights.table[:] = np.inf
    assert not math.isfinite(model.advance().loss)


@pytest.mark.parametrize("n", [1, 2, 5, 16])
def test_in_a_tournament_everybody_meets_everybody_once_and_nobody_plays_twice_in_a_round(n: int) -> None:
    pairs, rounds = tournament(n, np.random.default_rng(3))
    assert sorted(tuple(sorted(pair)) for pair in pairs.tolist()) == [(a, b) for a in range(n) for b in range(a, n)]
    assert (np.diff(rounds) >= 0).all()
    for number in set(rounds.tolist()):
        players = [player for a, b in pairs[rounds == number].tolist() for player in {a, b}]
        assert len(players) == len(set(players))


def test_every_epoch_has_an_order_of_its_own() -> None:
    model = learner()
    orders = [Epoch.drawn(model.cells, np.random.default_rng(seed)).tiles for seed in (1, 2, 1)]
    assert np.array_equal(orders[0], orders[2])
    assert not np.array_equal(orders[0], orders[1])
    assert not np.array_equal(model._drawn(0).tiles, model._drawn(1).tiles)


def test_cost_grows_with_what_is_asked() -> None:
    small, wide, tied = (GloVe.cost(GloVeSettings(**changes), 1000) for changes in ({}, {"d_model": 200}, {"tied": True}))
    assert small.weights == 2 * 1000 * 101 * 4 == 2 * tied.weights
    assert wide.flops == 2 * small.flops
    assert wide.memory > small.memory > small.weights


def test_warming_starts_no_thread() -> None:
    before = threading.active_count()
    warm()
    assert threading.active_count() == before
