import numpy as np
import pytest

from core.embeddings import kernels, noise


def chances(table: np.ndarray) -> np.ndarray:
    """What an alias table draws, computed from its rows."""
    stays = table[:, 0] / noise.WHOLE
    result = stays.copy()
    np.add.at(result, table[:, 1], 1 - stays)
    return result / len(table)


def drawn(table: np.ndarray, truth: int, n: int, first: int = 0) -> np.ndarray:
    rows = np.zeros(n + 1, np.int64)
    kernels.draw_noise(table, first, truth, truth, rows, 1, n + 1, np.uint64(88172645463325252))
    return rows[1:]


@pytest.mark.parametrize("exponent", [-1.0, 0.0, 0.75, 1.0, 2.0])
@pytest.mark.parametrize("n", [1, 2, 3, 17, 1000])
def test_the_alias_table_holds_the_distribution(n: int, exponent: float) -> None:
    counts = np.random.default_rng(n).zipf(1.3, n).clip(1, 10**7)
    expected = counts.astype(float) ** exponent
    table = noise.alias_table(noise.noise_distribution(counts, exponent))
    np.testing.assert_allclose(chances(table), expected / expected.sum(), atol=1e-8)


def test_noise_follows_the_counts_to_the_power_given() -> None:
    counts = np.array([1000, 300, 100, 30, 10, 0])
    table = noise.alias_table(noise.noise_distribution(counts, 0.75))
    words = drawn(table, truth=-1, n=200_000)
    expected = counts**0.75 / (counts**0.75).sum()
    np.testing.assert_allclose(np.bincount(words, minlength=6) / len(words), expected, atol=0.005)
    assert not (words == 5).any()


def test_the_true_word_is_never_its_own_noise() -> None:
    table = noise.alias_table(noise.noise_distribution(np.array([10**9, 1]), 1.0))
    assert set(drawn(table, truth=4, n=100, first=4)) == {5}
    assert set(drawn(table, truth=5, n=100, first=4)) == {4}


def test_noise_of_a_low_power_does_not_overflow() -> None:
    counts = np.array([2**62, 1])
    for exponent in (-20.0, 20.0):
        assert noise.noise_distribution(counts, exponent).max() == pytest.approx(1)


def test_subsampling_keeps_what_the_formula_says() -> None:
    counts = np.array([90_000, 9_000, 900, 99, 1, 0])
    share, t = counts[:5] / counts.sum(), 1e-3
    keep = noise.keep_probability(counts, t)
    np.testing.assert_allclose(keep[:5], np.minimum(1, np.sqrt(t / share) + t / share), rtol=1e-6)
    assert (noise.keep_probability(counts, 0.0) == 1).all()
    ids = np.zeros(100_000, np.int32)
    sentence, kept, at, generator = np.empty(1000, np.int64), 0, 0, np.uint64(5)
    while at < len(ids):
        n, _, at, generator = kernels.read_sentence(ids, at, len(ids), 0, False, keep, sentence, np.uint64(generator))
        kept += n
    assert kept / len(ids) == pytest.approx(keep[0], abs=0.002)
