"""fastText's learner, judged by torch's autograd, and its files by gensim and the official library."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch

from core.embeddings.fasttext import FastText
from core.embeddings.ngrams import NgramRows, Ngrams
from core.formats import fasttext as format
from core.systems import Matrix
from core.systems.fasttext import FastTextSettings
from core.text.encoding import EncodedCorpus
from core.training.learner import Learner, Matrices
from tests.embeddings.test_word2vec import FIRST, a_text, encoded

SMALL = {
    "d_model": 12,
    "window": 3,
    "n_negative": 3,
    "batch_size": 500,
    "n_steps": 40,
    "n_threads": 1,
    "subsample_threshold": 0.0,
    "n_buckets": 200,
    "sentence_ends": False,
}
UNSEEN = ["w99", "w1", "öde", "x"]


def learner(text: EncodedCorpus | None = None, **changes: Any) -> FastText:
    return FastText(FastTextSettings(**{**SMALL, **changes}), a_text() if text is None else text)


def trained(**changes: Any) -> FastText:
    model = learner(**changes)
    for _ in range(5):
        model.advance()
    return model


def test_it_is_a_learner_whose_matrices_can_be_chosen() -> None:
    assert isinstance(learner(), Learner)
    assert isinstance(learner(), Matrices)


@pytest.mark.parametrize("model", ["skip-gram", "cbow"])
@pytest.mark.parametrize("objective", ["negative sampling", "hierarchical softmax", "full softmax"])
def test_words_of_one_half_find_each_other(model: str, objective: str) -> None:
    built = learner(model=model, objective=objective, n_steps=100, learning_rate=0.1 if model == "skip-gram" else 0.3)
    first = built.held_out_loss()
    for _ in range(100):
        built.advance()
    assert built.held_out_loss() < 0.9 * first
    near = {neighbour.word for neighbour in built.vectors().neighbours("w03", 10)}
    assert len(near & {f"w{i:02}" for i in range(20)}) >= 8


@pytest.mark.parametrize("model", ["skip-gram", "cbow"])
def test_a_step_is_autograds_with_the_whole_gradient_for_every_row(model: str) -> None:
    """Two words predict each other against one noise word; each row of a mean takes what the mean would take, as in the original's Model::update."""
    text, rate = encoded([0, 1, -1, 2, -1] * 4, 3), 1e-3
    built = learner(text, model=model, window=1, n_negative=1, batch_size=3, learning_rate=rate, n_steps=10**6, noise_exponent=0.0)
    rng = np.random.default_rng(1)
    built.W_in[:] = rng.normal(0, 0.4, built.W_in.shape)
    built.W_out[FIRST:] = rng.normal(0, 0.4, (3, 12))
    W_in, W_out = (torch.tensor(W.astype(np.float64), requires_grad=True) for W in (built.W_in, built.W_out))
    starts, rows = built._bag
    bags = [rows[starts[FIRST + i] : starts[FIRST + i + 1]].tolist() for i in range(3)]
    assert [len(bag) for bag in bags] == [7, 7, 7], "<w00> has six pieces"
    step = built.advance()
    hidden = [W_in[bag].mean(0) for bag in bags]
    log_sigmoid = torch.nn.functional.logsigmoid
    losses = []
    for noise in [(2, 2)] if model == "cbow" else [(2, 2), (0, 2), (2, 1), (0, 1)]:  # CBOW's two windows share noise that is neither's word
        pairs = ((1, 0, noise[1]), (0, 1, noise[0]))  # input, its target, the noise against it
        losses.append(-sum(log_sigmoid(hidden[i] @ W_out[FIRST + j]) + log_sigmoid(-(hidden[i] @ W_out[FIRST + k])) for i, j, k in pairs))
    likely = [loss for loss in losses if abs(loss.item() / 2 - step.loss) < 1e-4]
    assert len(likely) == 1
    likely[0].backward()
    assert W_in.grad is not None
    assert W_out.grad is not None
    np.testing.assert_allclose((W_in.detach().numpy() - built.W_in) / rate, 7 * W_in.grad.numpy(), atol=2e-3)
    np.testing.assert_allclose((W_out.detach().numpy() - built.W_out) / rate, W_out.grad.numpy(), atol=2e-3)


def test_a_word_is_the_mean_of_its_row_and_its_pieces_rows() -> None:
    built = trained()
    vectors = built.vectors()
    ngrams = Ngrams(3, 6, 200)
    for word in ("w00", "w17"):
        own = built.encoded.tokenizer.index[word]
        rows = [own, *(built.vocab_size + bucket for _, bucket in ngrams.named(word))]
        np.testing.assert_allclose(vectors.vector(word), built.W_in[rows].mean(axis=0), atol=1e-6)
    unseen = [built.vocab_size + bucket for _, bucket in ngrams.named("w99")]
    np.testing.assert_allclose(vectors.vector("w99"), built.W_in[unseen].mean(axis=0), atol=1e-6)
    assert vectors.words[0] == "w00"
    assert len(vectors.words) == 40


def test_the_parts_of_a_word_are_named_and_their_mean_is_the_word() -> None:
    vectors = trained().vectors()
    assert isinstance(vectors.subwords, NgramRows)
    parts = vectors.subwords.parts("W03")
    assert [name for name, _ in parts] == ["w03", "<w0", "<w03", "<w03>", "w03", "w03>", "03>"]
    np.testing.assert_allclose(np.mean([row for _, row in parts], axis=0), vectors.vector("w03"), atol=1e-6)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("matrix", get_args(Matrix))
def test_vectors_are_read_from_weights_alone(matrix: Matrix, tied: bool) -> None:
    built = trained(tied=tied)
    weights = built.weights()
    assert set(weights) == ({"W_in"} if tied else {"W_in", "W_out"})
    assert len(weights["W_in"]) == built.vocab_size + 200
    read = FastText.read(built.settings, built.encoded.tokenizer, built.encoded.counts, weights, matrix)
    composed = built.vectors().matrix
    out = built.W_out[FIRST : built.vocab_size]
    expected = {"in": composed, "out": out, "sum": composed + out, "mean": (composed + out) / 2, "concatenation": np.hstack([composed, out])}[matrix]
    np.testing.assert_allclose(read.matrix, composed if tied else expected, atol=1e-6)
    assert (read.subwords is not None) == (tied or matrix == "in")
    if read.subwords is not None:
        np.testing.assert_allclose(read.vector("unseen"), built.vectors().vector("unseen"), atol=1e-7)


def test_a_tree_has_no_words_to_predict() -> None:
    built = trained(objective="hierarchical softmax")
    assert set(built.weights()) == {"W_in", "W_nodes"}
    read = FastText.read(built.settings, built.encoded.tokenizer, built.encoded.counts, built.weights(), "sum")
    np.testing.assert_allclose(read.matrix, built.vectors().matrix, atol=1e-7)


def test_without_ngrams_it_is_word2vec() -> None:
    built = trained(max_n=0)
    assert len(built.W_in) == built.vocab_size, "there are no rows for n-grams either"
    assert np.array_equal(built.vectors().matrix, built.W_in[FIRST : built.vocab_size])
    with pytest.raises(ValueError, match="not among"):
        built.vectors().vector("unseen")


def test_nonsense_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match=r"max_n, 2\) are shorter"):
        FastTextSettings(min_n=3, max_n=2)
    with pytest.raises(ValueError, match="nothing can be tied"):
        FastTextSettings(tied=True, objective="hierarchical softmax")
    with pytest.raises(ValueError, match="fastText needs a text with at least two distinct words"):
        learner(encoded([0, -2, 0, -1], 2))


@pytest.mark.parametrize("objective", ["negative sampling", "full softmax"])
def test_an_end_of_a_sentence_is_a_word_that_predicts_and_is_predicted(objective: str) -> None:
    """Of sentences of one word there is nothing else to learn from: each predicts the end, and the end predicts it."""
    text = encoded([0, -1, 1, -1, 2, -1] * 30, 3)
    built = learner(text, sentence_ends=True, objective=objective, n_negative=1)
    assert learner(text, objective=objective).advance().n_tokens == 0, "without it there is nothing"
    before = built.W_in[FIRST - 1].copy()
    step = built.advance()
    assert step.n_tokens == 250, "an end is no word of the text"
    assert np.abs(built.W_in[FIRST - 1] - before).max() > 0
    assert np.abs(built.W_out[FIRST - 1]).max() > 0
    assert built._bag[1][built._bag[0][FIRST - 1] : built._bag[0][FIRST]].tolist() == [FIRST - 1], "it has no pieces"
    assert built.vectors().words == ["w00", "w01", "w02"]


def test_two_threads_reach_the_loss_of_one() -> None:
    one, two = learner(n_threads=1), learner(n_threads=2)
    for _ in range(40):
        one.advance()
        two.advance()
    assert two.held_out_loss() == pytest.approx(one.held_out_loss(), rel=0.03)


def test_another_run_hands_on_its_words_and_its_buckets() -> None:
    before = trained()
    after = learner(a_text(vocab_size=30), seed=2)
    rows = np.full(after.vocab_size, -1)
    rows[FIRST:] = np.arange(FIRST, after.vocab_size)
    after.begin(before.weights(), rows)
    for word in ("w00", "w29", "unseen"):
        assert np.array_equal(after.vectors().vector(word), before.vectors().vector(word))
    with pytest.raises(ValueError, match="247 rows are not those of its words and 150 buckets"):
        learner(a_text(vocab_size=30), n_buckets=150).begin(before.weights(), rows)


def test_cost_grows_with_buckets() -> None:
    few, many = (FastText.cost(FastTextSettings(n_buckets=n), 1000) for n in (1000, 101_000))
    assert many.weights - few.weights == 100_000 * 100 * 4
    assert many.memory - few.memory == 100_000 * 100 * 4
    built = learner()
    n_bytes = sum(array.nbytes for array in built.weights().values())
    assert FastText.cost(built.settings, built.vocab_size).weights == n_bytes
    assert FastText.cost(FastTextSettings(model="cbow"), 1000).flops < few.flops


def saved(tmp_path: Path, **changes: Any) -> tuple[FastText, Path]:
    built = trained(**changes)
    format.write(built.vectors(), tmp_path / "model.bin")
    return built, tmp_path / "model.bin"


@pytest.mark.parametrize("model", ["skip-gram", "cbow"])
def test_a_trained_model_is_a_file_that_gensim_opens_and_trains_on(tmp_path: Path, model: str) -> None:
    gensim = pytest.importorskip("gensim.models.fasttext")
    built, path = saved(tmp_path, model=model)
    theirs = gensim.load_facebook_model(str(path))
    for word in [*built.vectors().words, *UNSEEN]:
        if built.vectors().subwords.parts(word):
            np.testing.assert_allclose(theirs.wv[word], built.vectors().vector(word), atol=1e-6)
    assert (theirs.sg, theirs.window, theirs.negative, theirs.wv.min_n, theirs.wv.max_n) == (model == "skip-gram", 3, 3, 3, 6)
    np.testing.assert_array_equal(theirs.syn1neg, built.W_out[FIRST:])
    again = format.read(path)
    assert np.array_equal(again.matrix, built.vectors().matrix)
    assert again.counts is not None
    assert np.array_equal(again.counts, built.encoded.counts[FIRST:])


@pytest.mark.parametrize("model", ["skip-gram", "cbow"])
@pytest.mark.parametrize("objective", ["negative sampling", "hierarchical softmax"])
def test_a_trained_model_is_a_file_that_the_official_library_opens(tmp_path: Path, model: str, objective: str) -> None:
    official = pytest.importorskip("fasttext")
    built, path = saved(tmp_path, model=model, objective=objective)
    theirs = official.load_model(str(path))
    for word in built.vectors().words:
        assert np.array_equal(theirs.get_word_vector(word), built.vectors().vector(word))
    for word in UNSEEN:
        if built.vectors().subwords.parts(word):
            np.testing.assert_allclose(theirs.get_word_vector(word), built.vectors().vector(word), atol=1e-7)
    theirs.save_model(str(tmp_path / "again.bin"))
    assert (tmp_path / "again.bin").read_bytes() == path.read_bytes()


def test_the_official_library_asks_a_trees_nodes_what_they_learnt_here(tmp_path: Path) -> None:
    """It predicts with supervised models alone: the words are made labels. Ties among the counts are where trees differ."""
    official = pytest.importorskip("fasttext")
    text = encoded([word for word in range(12) for _ in range(30 - 2 * (word // 3))] + [-1], 12)
    built = learner(text, objective="hierarchical softmax", max_n=0)
    for _ in range(10):
        built.advance()
    vectors = built.vectors()
    assert isinstance(vectors.subwords, NgramRows)
    labels = tuple((f"__label__{word}".encode(), int(n)) for word, n in zip(vectors.words, vectors.counts, strict=True))
    arguments = replace(vectors.subwords.arguments, model=3, labels=labels)
    model = replace(vectors.subwords, arguments=arguments, ngrams=Ngrams(0, 0, 0), shared=np.zeros((0, 12), np.float32))
    format.write(replace(vectors, subwords=model), tmp_path / "model.bin")
    theirs = official.load_model(str(tmp_path / "model.bin"))
    starts, nodes, signs = built._tree
    for word in (0, 5, 11):
        found = {label: p for p, label in theirs.f.predict(f"w{word:02}\n", 12, 0.0, "strict")}
        for other in range(12):
            way = slice(starts[FIRST + other], starts[FIRST + other + 1])
            expected = np.prod(1 / (1 + np.exp(signs[way] * (built.W_out[nodes[way]] @ built.W_in[FIRST + word]))))
            assert found.get(f"__label__w{other:02}", 0.0) == pytest.approx(expected, abs=1e-3)  # its sigmoid is a table


def test_the_file_of_a_tied_model_predicts_by_its_words_own_rows(tmp_path: Path) -> None:
    built, path = saved(tmp_path, tied=True)
    again = format.read(path).subwords
    assert isinstance(again, NgramRows)
    assert np.array_equal(again.W_out, built.W_in[FIRST : built.vocab_size])


def test_the_loss_begins_at_ln_2_a_prediction() -> None:
    assert learner(batch_size=100, learning_rate=1e-5).advance().loss == pytest.approx(4 * math.log(2), rel=1e-4)
