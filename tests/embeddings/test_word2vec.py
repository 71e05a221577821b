import math
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.embeddings.window_learner import WindowLearner, warm
from core.embeddings.word2vec import CBOW, SkipGram
from core.systems.cbow import CBOWSettings
from core.systems.skip_gram import SkipGramSettings
from core.systems.word2vec import OBJECTIVES
from core.text import tokenizers
from core.text.encoding import EncodedCorpus
from core.text.tokenizing import TokenizerSettings
from core.training.learner import Learner

SMALL = {"d_model": 12, "window": 3, "n_negative": 3, "batch_size": 500, "n_steps": 40, "n_threads": 1, "subsample_threshold": 0.0, "learning_rate": 0.05}
FIRST = len(tokenizers.SPECIALS)


def encoded(ids: list[int] | np.ndarray, vocab_size: int) -> EncodedCorpus:
    """A text of words 0, 1, ... (-1: a sentence end, -2: [UNK])."""
    array = np.array(ids, np.int32)
    array = np.where(array >= 0, array + FIRST, np.where(array == -2, 1, -1)).astype(np.int32)
    names = Counter({f"w{i:02}": vocab_size - i for i in range(vocab_size)})
    tokenizer = tokenizers.of_counts(names, TokenizerSettings())
    return EncodedCorpus(tokenizer, array, np.bincount(array[array >= 0], minlength=tokenizer.vocab_size))


def a_text(n_words: int = 4000, vocab_size: int = 40, seed: int = 1) -> EncodedCorpus:
    """Sentences of 7 words that stay within one of two halves of the vocabulary, and an unknown word at the end of each."""
    rng = np.random.default_rng(seed)
    ids: list[int] = []
    while len(ids) < n_words:
        half = int(rng.integers(2)) * (vocab_size // 2)
        ids += [*(half + rng.integers(0, vocab_size // 2, 7)).tolist(), -2, -1]
    return encoded(ids, vocab_size)


def learner(text: EncodedCorpus | None = None, **changes: Any) -> SkipGram:
    return SkipGram(SkipGramSettings(**{**SMALL, **changes}), a_text() if text is None else text)


def test_it_is_a_learner() -> None:
    assert isinstance(learner(), Learner)


def test_words_of_one_half_find_each_other() -> None:
    model = learner(n_steps=80, learning_rate=0.1)
    first = model.held_out_loss()
    for _ in range(80):
        step = model.advance()
    assert step.loss < 0.85 * 4 * math.log(2)
    assert model.held_out_loss() < 0.85 * first
    near = {neighbour.word for neighbour in model.vectors().neighbours("w03", 10)}
    assert len(near & {f"w{i:02}" for i in range(20)}) >= 9


def test_the_loss_begins_at_ln_2_a_prediction() -> None:
    # Nothing is learnt within a step so small, so that the mean is that of W_out = 0.
    assert learner(batch_size=100, learning_rate=1e-5).advance().loss == pytest.approx(4 * math.log(2), rel=1e-4)
    assert learner(n_negative=8).held_out_loss() == pytest.approx(9 * math.log(2), rel=1e-6)


def test_one_thread_and_a_seed_give_the_same_bits() -> None:
    models = [learner(), learner(), learner(seed=2)]
    losses = [[model.advance().loss for _ in range(5)] for model in models]
    assert losses[0] == losses[1] != losses[2]
    assert np.array_equal(models[0].W_in, models[1].W_in)
    assert not np.array_equal(models[0].W_in, models[2].W_in)


def test_a_restored_learner_goes_on_as_if_nothing_had_happened() -> None:
    whole, half = learner(batch_size=700), learner(batch_size=700)
    losses = [whole.advance().loss for _ in range(14)]
    begun = [half.advance().loss for _ in range(6)]
    state = {name: array.copy() for name, array in half.state().items()}
    half.advance()  # must not reach into the state that was taken
    other = learner(batch_size=700)
    other.restore(state)
    assert begun + [other.advance().loss for _ in range(8)] == losses
    assert other.held_out_loss() == whole.held_out_loss()
    assert all(np.array_equal(array, other.state()[name]) for name, array in whole.state().items())


def test_measuring_takes_nothing_from_the_training() -> None:
    watched, alone = learner(), learner()
    for _ in range(4):
        assert watched.held_out_loss() == watched.held_out_loss()
        assert watched.advance() == alone.advance()


def test_two_threads_reach_the_loss_of_one() -> None:
    one, two = learner(n_threads=1), learner(n_threads=2)
    for _ in range(40):
        one.advance()
        two.advance()
    assert two.held_out_loss() == pytest.approx(one.held_out_loss(), rel=0.03)


def test_special_tokens_are_neither_trained_nor_shown() -> None:
    model = learner()
    for _ in range(5):
        model.advance()
    assert not model.W_in[:FIRST].any()
    assert not model.W_out[:FIRST].any()
    vectors = model.vectors()
    assert vectors.words[0] == "w00"
    assert len(vectors.words) == 40
    assert vectors.counts is not None
    assert vectors.counts[0] == model.encoded.counts[FIRST]


def test_no_window_reaches_over_the_end_of_a_sentence() -> None:
    """Pairs that stand side by side only across an end never become inputs of each other: with noise far away, their scores stay put."""
    text = encoded([0, 1, -1, 2, 3, -1] * 50, 4)
    model = learner(text, learning_rate=0.1, n_steps=200, window=5, dynamic_window=False)
    for _ in range(200):
        model.advance()
    scores = model.W_in[FIRST:] @ model.W_out[FIRST:].T
    together, apart = scores[[0, 1, 2, 3], [1, 0, 3, 2]], scores[[0, 1, 2, 3], [2, 3, 0, 1]]
    assert together.min() > 0 > apart.max()


@pytest.mark.parametrize("dynamic", [True, False])
def test_windows_are_as_wide_as_set(dynamic: bool) -> None:
    """Predictions in a text without ends: 2 w a word, or w + 1 on average where the width is drawn from 1..w."""
    text = encoded(np.random.default_rng(1).integers(0, 30, 100_000), 30)
    model = learner(text, window=4, dynamic_window=dynamic)
    _, pairs, words = model._pass(model._train, 0, len(model._train), model._measuring.copy(), 0, 0.0)
    assert words == len(model._train)
    assert pairs / words == pytest.approx(5 if dynamic else 8, rel=0.01)


def test_a_step_takes_its_words_and_goes_round() -> None:
    model = learner(batch_size=1500)
    n, seen = len(model.encoded.train), 0
    for taken in range(1, 8):
        seen += model.advance().n_tokens
        assert model.position == taken * 1500 % n
    # 7 of 9 positions are words; the others are specials and ends.
    assert seen == pytest.approx(7 * 1500 * 7 / 9, abs=10)


def test_the_rate_falls_on_a_line_to_a_ten_thousandth() -> None:
    model = learner(n_steps=10)
    rates = [model.advance().learning_rate for _ in range(10)] + [model.learning_rate, model.learning_rate]
    assert rates[0] == 0.05
    np.testing.assert_allclose(np.diff(rates[:11]), -0.05 * (1 - 1e-4) / 10)
    assert rates[10] == rates[11] == pytest.approx(5e-6)


def test_a_few_words_are_enough() -> None:
    text = encoded([0, 1, 0], 2)
    for n_threads in (1, 2):
        model = learner(text, n_threads=n_threads, n_negative=20, window=20)
        assert math.isfinite(model.advance().loss)
        assert math.isnan(model.held_out_loss())  # one word: nothing to predict


def test_a_text_of_one_word_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="at least two distinct words"):
        learner(encoded([0, -2, 0, -1], 2))


def test_a_mapped_text_is_read_as_it_is(tmp_path: Path) -> None:
    text = a_text()
    np.save(tmp_path / "ids.npy", text.ids)
    mapped = EncodedCorpus(text.tokenizer, np.load(tmp_path / "ids.npy", mmap_mode="r"), text.counts)
    assert learner(mapped).advance() == learner(text).advance()


def test_cost_grows_with_what_is_asked() -> None:
    small, wide = SkipGram.cost(SkipGramSettings(), 1000), SkipGram.cost(SkipGramSettings(d_model=200), 1000)
    assert small.weights == 2 * 1000 * 100 * 4
    assert wide.flops == 2 * small.flops
    assert wide.memory > small.memory > small.weights


def test_warming_starts_no_thread() -> None:
    before = threading.active_count()
    warm()
    assert threading.active_count() == before


def test_a_step_that_subsampling_leaves_without_two_words_has_learnt_from_none() -> None:
    model = learner(encoded([0, 1, -1] * 200, 2), subsample_threshold=1e-6, batch_size=100)
    taken = model.advance()
    assert (taken.loss, taken.n_tokens) == (0.0, 0)
    assert model.step == 1


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("system", [SkipGram, CBOW])
def test_words_of_one_half_find_each_other_under_every_objective(system: type[WindowLearner], objective: str) -> None:
    kind = CBOWSettings if system is CBOW else SkipGramSettings
    model = system(kind(**{**SMALL, "n_steps": 120, "learning_rate": 0.2, "objective": objective}), a_text())
    first = model.held_out_loss()
    for _ in range(120):
        model.advance()
    assert model.held_out_loss() < 0.9 * first
    near = {neighbour.word for neighbour in model.vectors().neighbours("w03", 10)}
    assert len(near & {f"w{i:02}" for i in range(20)}) >= 8


@pytest.mark.parametrize("combine", ["mean", "sum"])
@pytest.mark.parametrize("gradient", ["exact", "original"])
def test_cbow_learns_by_mean_and_sum_and_by_either_step(combine: str, gradient: str) -> None:
    settings = CBOWSettings(**{**SMALL, "n_steps": 80, "learning_rate": 0.1}, combine=combine, gradient=gradient)
    model = CBOW(settings, a_text())
    first = model.held_out_loss()
    assert first == pytest.approx(4 * math.log(2), rel=1e-6)
    for _ in range(80):
        model.advance()
    assert model.held_out_loss() < 0.95 * first


def test_a_tied_run_has_one_matrix_and_says_so() -> None:
    model = learner(tied=True)
    for _ in range(5):
        model.advance()
    assert set(model.weights()) == {"W_in"}
    other = learner(tied=True)
    other.restore(model.state())
    assert other.advance() == model.advance()
    for matrix in ("in", "out", "sum"):
        read = SkipGram.read(model.settings, model.encoded.tokenizer, model.encoded.counts, model.weights(), matrix)  # type: ignore[arg-type]
        assert np.array_equal(read.matrix, model.W_in[FIRST:])


def test_each_matrix_is_read_from_the_weights_alone() -> None:
    model = learner()
    for _ in range(5):
        model.advance()

    def read(matrix: Any) -> np.ndarray:
        return SkipGram.read(model.settings, model.encoded.tokenizer, model.encoded.counts, model.weights(), matrix).matrix

    W_in, W_out = model.W_in[FIRST:], model.W_out[FIRST:]
    for matrix, expected in (("in", W_in), ("out", W_out), ("sum", W_in + W_out), ("mean", (W_in + W_out) / 2), ("concatenation", np.hstack([W_in, W_out]))):
        np.testing.assert_allclose(read(matrix), expected, rtol=1e-6)


def test_a_trees_nodes_are_not_taken_for_words() -> None:
    model = learner(objective="hierarchical softmax")
    assert set(model.weights()) == {"W_in", "W_nodes"}
    assert np.array_equal(SkipGram.read(model.settings, model.encoded.tokenizer, model.encoded.counts, model.weights(), "out").matrix, model.W_in[FIRST:])
    with pytest.raises(ValueError, match="no words"):
        learner(objective="hierarchical softmax", tied=True)


def test_a_text_of_which_nothing_would_be_read_is_refused() -> None:
    with pytest.raises(ValueError, match=r"subsample_threshold of 1e-09 fewer than one word in a thousand .* Raise it"):
        learner(subsample_threshold=1e-9)


def test_the_full_softmax_refuses_a_large_vocabulary_and_says_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"at most 10,000.*vocab_size"):
        learner(encoded(list(range(10_001)), 10_001), objective="full softmax")


def test_a_run_begins_with_the_words_of_another() -> None:
    old, new = learner(), learner(seed=2)
    for _ in range(5):
        old.advance()
    rows = np.full(len(new.W_in), -1)
    rows[FIRST + 3], rows[FIRST + 5] = FIRST + 7, FIRST + 1
    before = new.W_in.copy()
    new.begin(old.weights(), rows)
    assert np.array_equal(new.W_in[FIRST + 3], old.W_in[FIRST + 7])
    assert np.array_equal(new.W_out[FIRST + 5], old.W_out[FIRST + 1])
    assert np.array_equal(new.W_in[FIRST + 4], before[FIRST + 4])
