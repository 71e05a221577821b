"""The kernels, judged by torch's autograd and by gensim's own inner function."""

import numpy as np
import pytest
import torch

from core.embeddings import kernels


def one_window(W_in: np.ndarray, W_out: np.ndarray, inputs: list[int], outputs: list[int], rate: float) -> float:
    rows, targets = np.array(inputs, np.int64), np.array(outputs, np.int64)
    space = kernels.room(len(inputs), len(outputs), W_in.shape[1])
    return float(kernels.window_of(W_in, rows, len(rows), W_out, targets, len(targets), np.float32(rate), space))


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
        W_in, W_out = np.zeros((2, 8), np.float32), np.zeros((2, 8), np.float32)
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
