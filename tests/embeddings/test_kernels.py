"""The kernels, judged by torch's autograd and by gensim's own inner function."""

import itertools
from typing import Any

import numpy as np
import pytest
import torch

from core.embeddings import kernels
from core.embeddings.noise import alias_table
from core.embeddings.tree import huffman
from core.embeddings.window_learner import ITSELF, NO_TREE, Bag


def one_window(W_in: np.ndarray, W_out: np.ndarray, inputs: list[int], outputs: list[int], rate: float, n_own: int = 1, truth: int = -1) -> float:
    """The inputs are asked about the outputs, of which the first n_own are true; or, where `truth` is given, about that one of all outputs."""
    m, k, columns = len(inputs), len(outputs), W_in.shape[1]
    even_k = k + k % 2
    near = np.concatenate([W_in[inputs], np.zeros((1, columns), np.float32)])
    before = near.copy()
    at, steps = np.arange(m + 1), np.ones(m + 1, np.float32)
    targets, signs = np.zeros(even_k, np.int64), np.ones(even_k, np.float32)
    targets[:k], signs[:n_own] = outputs, -1
    room = np.zeros((m + 1) * even_k + kernels.LANES, np.float32), np.zeros((2, columns), np.float32), np.zeros((even_k, columns), np.float32)
    if truth >= 0:
        loss = kernels.meet_all(near, at, m, W_out, targets, k, truth, steps, np.float32(rate), room)
    else:
        loss = kernels.meet(near, at, m, W_out, targets, signs, n_own, k, n_own, steps, np.float32(rate), room)
    assert not near[m].any()
    np.add.at(W_in, inputs, near[:m] - before[:m])
    return float(loss)


def matrices(rng: np.random.Generator, vocab_size: int, d_model: int, scale: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """W_in and W_out with the padding that the kernels expect."""
    padded = -(-d_model // kernels.LANES) * kernels.LANES
    W = np.zeros((2, vocab_size, padded), np.float32)
    W[:, :, :d_model] = rng.normal(0, scale, (2, vocab_size, d_model))
    return W[0], W[1]


@pytest.mark.parametrize("case", range(24))
def test_a_window_takes_autograds_step(case: int) -> None:
    rng = np.random.default_rng(case)
    n_inputs, n_negative, d_model = int(rng.integers(1, 41)), int(rng.integers(1, 51)), int(rng.integers(2, 130))
    if case < 6:
        n_inputs, n_negative, d_model = 1 + case, 6 - case, 4 + 7 * case  # small ones, odd and even, for sure
    W_in, W_out = matrices(rng, 60, d_model)
    # Words may stand in a window twice, and be drawn as noise twice.
    inputs, outputs = rng.integers(0, 60, n_inputs).tolist(), rng.integers(0, 60, n_negative + 1).tolist()
    a, b = (torch.tensor(W, dtype=torch.float64, requires_grad=True) for W in (W_in, W_out))
    scores = a[inputs] @ b[outputs].T
    log_sigmoid = torch.nn.functional.logsigmoid
    expected = -(log_sigmoid(scores[:, 0]).sum() + log_sigmoid(-scores[:, 1:]).sum())
    expected.backward()  # type: ignore[no-untyped-call]
    loss = one_window(W_in, W_out, inputs, outputs, rate=0.1)
    assert loss == pytest.approx(expected.item(), rel=1e-6)
    for W, reference in ((W_in, a), (W_out, b)):
        assert reference.grad is not None
        np.testing.assert_allclose(W, (reference - 0.1 * reference.grad).detach().numpy(), atol=2e-5)
    assert not W_in[:, d_model:].any()
    assert not W_out[:, d_model:].any()


def test_the_loss_is_exact_where_a_table_would_end() -> None:
    for score in (-75.0, -60.0, -12.0, -6.1, -1e-3, 0.0, 0.3, 5.9, 6.1, 20.0, 75.0):
        W_in, W_out = np.zeros((2, kernels.LANES), np.float32), np.zeros((2, kernels.LANES), np.float32)
        W_in[0, 0], W_out[0, 0] = score, 1
        loss = one_window(W_in, W_out, [0], [0, 1], rate=0)
        assert loss == pytest.approx(np.logaddexp(0, -score) + np.log(2), rel=1e-6)


def test_measuring_changes_nothing() -> None:
    W_in, W_out = matrices(np.random.default_rng(1), 9, 10)
    before = W_in.copy(), W_out.copy()
    one_window(W_in, W_out, [1, 2, 3], [4, 5, 6], rate=0)
    assert np.array_equal(W_in, before[0])
    assert np.array_equal(W_out, before[1])


def test_a_run_that_diverges_says_nan() -> None:
    W_in, W_out = matrices(np.random.default_rng(1), 9, 10)
    W_in[1, 0] = np.nan
    assert np.isnan(one_window(W_in, W_out, [1, 2], [4, 5], rate=0.1))


@pytest.mark.parametrize("case", range(6))
def test_two_windows_that_share_their_noise_are_not_asked_about_each_others_word(case: int) -> None:
    rng = np.random.default_rng(case)
    W_in, W_out = matrices(rng, 30, 20)
    inputs, outputs = rng.choice(30, 2, replace=False).tolist(), rng.integers(0, 30, 3 + case).tolist()
    a, b = (torch.tensor(W, dtype=torch.float64, requires_grad=True) for W in (W_in, W_out))
    scores = a[inputs] @ b[outputs].T
    log_sigmoid = torch.nn.functional.logsigmoid
    expected = -(log_sigmoid(scores[0, 0]) + log_sigmoid(scores[1, 1]) + log_sigmoid(-scores[:, 2:]).sum())
    expected.backward()  # type: ignore[no-untyped-call]
    assert one_window(W_in, W_out, inputs, outputs, rate=0.1, n_own=2) == pytest.approx(expected.item(), rel=1e-6)
    for W, reference in ((W_in, a), (W_out, b)):
        assert reference.grad is not None
        np.testing.assert_allclose(W, (reference - 0.1 * reference.grad).detach().numpy(), atol=2e-5)


@pytest.mark.parametrize("n_words", [2, 3, 8, 33, 100])
def test_the_full_softmax_takes_autograds_step(n_words: int) -> None:
    rng = np.random.default_rng(n_words)
    W_in, W_out = matrices(rng, n_words, 11, scale=1.5)
    inputs, truth = rng.integers(0, n_words, 5).tolist(), n_words // 2
    a, b = (torch.tensor(W, dtype=torch.float64, requires_grad=True) for W in (W_in, W_out))
    expected = torch.nn.functional.cross_entropy(a[inputs] @ b.T, torch.full((5,), truth), reduction="sum")
    expected.backward()  # type: ignore[no-untyped-call]
    assert one_window(W_in, W_out, inputs, list(range(n_words)), rate=0.1, truth=truth) == pytest.approx(expected.item(), rel=1e-5)
    for W, reference in ((W_in, a), (W_out, b)):
        assert reference.grad is not None
        np.testing.assert_allclose(W, (reference - 0.1 * reference.grad).detach().numpy(), atol=2e-5)


WORDS = 40  # of the texts below; word 0 is all the noise there is
EVERY: dict[str, list[Any]] = {
    "cbow": [False, True],
    "mean": [True, False],
    "exact": [True, False],
    "how": [kernels.SAMPLED, kernels.TREE, kernels.FULL],
    "bags": [False, True],
    "tied": [False, True],
}


def walked(text: list[int], case: dict[str, Any], W_in: np.ndarray, W_out: np.ndarray, bag: Bag, rate: float = 0.1) -> tuple[float, int, int]:
    certain = np.zeros(WORDS)
    certain[0] = 1
    counts = np.arange(WORDS, 0, -1)
    tree = huffman(counts, 0) if case["how"] == kernels.TREE else NO_TREE
    ids = np.array(text, np.int32)
    ids.flags.writeable = False
    choice = (case["cbow"], case["mean"], case["exact"], False, False)
    keep, generators = np.ones(WORDS, np.float32), np.ones(1, np.uint64)
    told = kernels.walk(ids, 0, len(ids), 0, W_in, bag, W_out, keep, alias_table(certain), tree, case["how"], generators, 0, choice, 2, 3, np.float32(rate))
    return float(told[0]), int(told[1]), int(told[2])


def asked(x: torch.Tensor, outputs: torch.Tensor, word: int, how: int) -> torch.Tensor:
    """-log p of a word, given a hidden row."""
    log_sigmoid = torch.nn.functional.logsigmoid
    if how == kernels.FULL:
        return torch.nn.functional.cross_entropy((outputs[:WORDS] @ x)[None], torch.tensor([word]))
    if how == kernels.SAMPLED:
        return -log_sigmoid(outputs[word] @ x) - 3 * log_sigmoid(-(outputs[0] @ x))
    starts, nodes, signs = huffman(np.arange(WORDS, 0, -1), 0)
    path = slice(starts[word], starts[word + 1])
    return -log_sigmoid(-torch.tensor(signs[path]) * (outputs[nodes[path].tolist()] @ x)).sum()


def stretched(x: torch.Tensor, factor: float) -> torch.Tensor:
    """The same with a gradient so many times as long, as the originals take it."""
    return x.detach() + factor * (x - x.detach())


def replayed(text: list[int], case: dict[str, Any], W_in: np.ndarray, W_out: np.ndarray, rows_of: list[list[int]]) -> tuple[float, int]:
    """The same in torch and float64, a step a window (CBOW with noise: a step two windows); changes W_in and W_out.

    Tied, the walk's inputs are gathered and given back once a block: within it, they and the outputs learn as if they were two matrices.
    """
    a, b = (torch.tensor(W, dtype=torch.float64, requires_grad=True) for W in (W_in, W_out))
    total, n_predictions = 0.0, 0
    together = 2 if case["cbow"] and case["how"] == kernels.SAMPLED else 1
    for begin in range(0, len(text), together):
        loss = torch.zeros((), dtype=torch.float64)
        for centre in range(begin, min(len(text), begin + together)):
            context = [text[p] for p in range(max(0, centre - 2), min(len(text), centre + 3)) if p != centre]
            sizes = [len(rows_of[word]) for word in context]
            if case["cbow"]:
                hidden = sum((a[rows_of[word]].sum(0) for word in context), torch.zeros(a.shape[1], dtype=torch.float64))
                n = sum(sizes)
                inputs = [stretched(hidden / n, 1 if case["exact"] else n) if case["mean"] else stretched(hidden, 1 if case["exact"] else 1 / n)]
            else:
                inputs = [stretched(a[rows_of[word]].mean(0), 1 if case["exact"] else size) for word, size in zip(context, sizes, strict=True)]
            n_predictions += len(inputs)
            loss = loss + sum(asked(x, b, text[centre], case["how"]) for x in inputs)
        total += loss.item()
        grad_a, grad_b = torch.autograd.grad(loss, (a, b))
        with torch.no_grad():
            a -= 0.1 * grad_a
            b -= 0.1 * grad_b
    W_in[:], W_out[:] = a.detach().numpy(), b.detach().numpy()
    return total, n_predictions


def cases() -> list[dict[str, Any]]:
    every = [dict(zip(EVERY, values, strict=True)) for values in itertools.product(*EVERY.values())]
    # Skip-gram takes no mean, bags are never added up, and a tree's nodes are no words.
    return [
        case for case in every if (case["cbow"] or case["mean"]) and (case["mean"] or not case["bags"]) and not (case["tied"] and case["how"] == kernels.TREE)
    ]


@pytest.mark.parametrize("case", cases(), ids=lambda case: " ".join(f"{name}={value}" for name, value in case.items()))
def test_a_walk_takes_autograds_steps_in_every_system(case: dict[str, Any]) -> None:
    """Distinct words in one sentence shorter than a block, so that the rows gathered once are those of a walk window by window."""
    rng = np.random.default_rng(7)
    text = rng.permutation(np.arange(1, WORDS))[:8].tolist()
    W = [np.zeros((2 * WORDS if case["bags"] else WORDS, 16), np.float32), np.zeros((WORDS, 16), np.float32)]
    for each in W:
        each[:, :13] = rng.normal(0, 0.5, (len(each), 13))
    if case["tied"]:
        W[1] = W[0]
    # No row is in two words' bags: what one word learns another would see at once in the replay, and after the block in the walk.
    rows_of = [[word, WORDS + word] if word % 3 and case["bags"] else [word] for word in range(WORDS)]
    starts = np.cumsum([0] + [len(rows) for rows in rows_of]).astype(np.int64)
    bag = (starts, np.concatenate(rows_of).astype(np.int32)) if case["bags"] else ITSELF
    mine = [each.copy() for each in W]
    if case["tied"]:
        mine[1] = mine[0]
    found = walked(text, case, mine[0], mine[1], bag)
    theirs = [W[0].copy(), W[1].copy()]
    total, n_predictions = replayed(text, case, theirs[0], theirs[1], rows_of)
    assert found[1:] == (n_predictions, 8)
    assert found[0] == pytest.approx(total, rel=1e-5)
    if case["tied"]:
        theirs[0] = theirs[1] = theirs[0] + theirs[1] - W[0]
    np.testing.assert_allclose(mine[0], theirs[0], atol=2e-5)
    np.testing.assert_allclose(mine[1], theirs[1], atol=2e-5)


@pytest.mark.parametrize("how", [kernels.SAMPLED, kernels.FULL])
def test_a_tied_step_is_the_gradient_of_one_matrix(how: int) -> None:
    """Of two words: two windows, a rate so small that the second sees the first's words as they were."""
    W, _ = matrices(np.random.default_rng(2), WORDS, 16)
    case = {"cbow": False, "mean": True, "exact": True, "how": how}
    tied = torch.tensor(W, dtype=torch.float64, requires_grad=True)
    expected = asked(tied[9], tied, 5, how) + asked(tied[5], tied, 9, how)
    expected.backward()  # type: ignore[no-untyped-call]
    mine = W.copy()
    found = walked([5, 9], case, mine, mine, ITSELF, rate=1e-3)
    assert tied.grad is not None
    assert found[0] == pytest.approx(expected.item(), rel=0.01)
    np.testing.assert_allclose((W - mine) / 1e-3, tied.grad, atol=0.01)


def gensims_draws(seed: int, cumulative: np.ndarray, n_negative: int, centres: list[int]) -> list[list[int]]:
    """The noise words that gensim draws for windows of one context word each, from its 48-bit generator."""
    state = np.random.RandomState(seed)
    following = 2**24 * int(state.randint(0, 2**24)) + int(state.randint(0, 2**24))
    drawn = []
    for centre in centres:
        words = []
        for _ in range(n_negative):
            word = int(np.searchsorted(cumulative, (following >> 16) % int(cumulative[-1])))
            following = (following * 25214903917 + 11) % 2**48
            if word != centre:  # gensim skips a draw of the true word; we draw again
                words.append(word)
        drawn.append(words)
    return drawn


def test_a_batch_equals_gensims_inner_function() -> None:
    """In a sentence of two words each window has one input, and sharing the noise within a window makes no difference."""
    models = pytest.importorskip("gensim.models")
    inner = pytest.importorskip("gensim.models.word2vec_inner")
    rng = np.random.default_rng(3)
    text = [[f"w{i}" for i in rng.choice(300, 2, replace=False)] for _ in range(300)]
    model = models.Word2Vec(vector_size=16, window=1, min_count=1, sg=1, negative=4, sample=0, seed=5, workers=1)
    model.build_vocab(text)
    W_in, W_out = matrices(rng, len(model.wv), 16)
    model.wv.vectors[:], model.syn1neg[:] = W_in, W_out
    model.random.seed(7)
    inner.train_batch_sg(model, text, 0.025, np.zeros(16, np.float32), False)
    pairs = [[model.wv.key_to_index[word] for word in sentence] for sentence in text]
    centres = [word for pair in pairs for word in pair]
    contexts = [word for pair in pairs for word in reversed(pair)]
    before = W_in.copy()
    for centre, context, noise in zip(centres, contexts, gensims_draws(7, model.cum_table, 4, centres), strict=True):
        one_window(W_in, W_out, [context], [centre, *noise], rate=0.025)
    moved = np.abs(W_in - before).max()
    # gensim looks the sigmoid up in cells 1/83 wide, so that each of its steps is off by up to 0.3 % of the rate, and ours is not.
    assert moved > 0.05
    np.testing.assert_allclose(W_in, model.wv.vectors, atol=0.02 * moved)
    np.testing.assert_allclose(W_out, model.syn1neg, atol=0.02 * moved)
