"""The tree of hierarchical softmax, judged by gensim's."""

import numpy as np
import pytest

from core.embeddings.kernels import TREE, walk
from core.embeddings.noise import alias_table
from core.embeddings.tree import Tree, huffman
from core.embeddings.window_learner import ITSELF


def path(tree: Tree, word: int) -> list[tuple[int, float]]:
    starts, nodes, signs = tree
    return list(zip(nodes[starts[word] : starts[word + 1]].tolist(), signs[starts[word] : starts[word + 1]].tolist(), strict=True))


def test_every_word_is_found_by_a_path_of_its_own_from_the_root() -> None:
    counts = np.random.default_rng(1).integers(1, 1000, 50)
    tree = huffman(counts, 0)
    paths = [path(tree, word) for word in range(50)]
    assert len({tuple(each) for each in paths}) == 50
    assert {each[0][0] for each in paths} == {48}, "n words have n - 1 inner nodes, the root being the last"
    assert {node for each in paths for node, _ in each} == set(range(49))
    for node in range(49):  # each node is asked a yes and a no, by words that came to it the same way
        ways = {tuple(each[: [n for n, _ in each].index(node)]) for each in paths if node in [n for n, _ in each]}
        assert len(ways) == 1
        assert {sign for each in paths for n, sign in each if n == node} == {-1.0, 1.0}


def test_special_tokens_and_words_never_seen_have_no_path() -> None:
    tree = huffman(np.array([9, 9, 9, 5, 0, 3, 1]), 3)
    assert [len(path(tree, word)) for word in range(7)] == [0, 0, 0, 1, 0, 2, 2]
    assert set(tree[1].tolist()) == {3, 4}


def gensims_model(sg: int, n_words: int = 60):
    models = pytest.importorskip("gensim.models")
    rng = np.random.default_rng(3)
    # Distinct words in a sentence: the walk gathers a block's words once, gensim every window's.
    share = 1 / np.arange(1, n_words + 1)
    text = [[f"w{i}" for i in rng.choice(n_words, rng.integers(2, 12), replace=False, p=share / share.sum())] for _ in range(20)]
    model = models.Word2Vec(vector_size=16, window=1, min_count=1, sg=sg, hs=1, negative=0, sample=0, seed=5, workers=1)
    model.build_vocab(text)
    return model, text


def gensims_tree(model) -> Tree:
    codes = [model.wv.get_vecattr(word, "code") for word in model.wv.index_to_key]
    points = [model.wv.get_vecattr(word, "point") for word in model.wv.index_to_key]
    starts = np.cumsum([0] + [len(code) for code in codes]).astype(np.int64)
    return starts, np.concatenate(points).astype(np.int32), (2 * np.concatenate(codes).astype(np.float32) - 1).astype(np.float32)


def test_paths_are_as_short_as_gensims() -> None:
    model, _ = gensims_model(1)
    counts = np.array([model.wv.get_vecattr(word, "count") for word in model.wv.index_to_key])
    lengths = [np.diff(tree[0]) for tree in (huffman(counts, 0), gensims_tree(model))]
    assert (counts * lengths[0]).sum() == (counts * lengths[1]).sum()


@pytest.mark.parametrize("cbow", [False, True])
def test_a_batch_equals_gensims_inner_function(cbow: bool) -> None:
    inner = pytest.importorskip("gensim.models.word2vec_inner")
    model, text = gensims_model(sg=0 if cbow else 1)
    n_words = len(model.wv)
    W_in, W_out = np.random.default_rng(1).normal(0, 0.5, (2, n_words, 16)).astype(np.float32)
    model.wv.vectors[:], model.syn1[:] = W_in, W_out
    before = W_in.copy()
    work = np.zeros(16, np.float32)
    if cbow:
        inner.train_batch_cbow(model, text, 0.025, work, np.zeros(16, np.float32), False)
    else:
        inner.train_batch_sg(model, text, 0.025, work, False)
    ids = np.array([i for sentence in text for i in [*(model.wv.key_to_index[word] for word in sentence), -1]], np.int32)
    noise, keep = alias_table(np.full(n_words, 1 / n_words)), np.ones(n_words, np.float32)
    choice = (cbow, True, False, False, False)  # the mean, with the original's step
    walk(ids, 0, len(ids), 0, W_in, ITSELF, W_out, keep, noise, gensims_tree(model), TREE, np.ones(1, np.uint64), 0, choice, 1, 1, np.float32(0.025))
    moved = np.abs(W_in - before).max()
    # gensim looks the sigmoid up in cells 1/83 wide, always at the lower edge, which alone moves it by 3 % here (a replay with its table agrees to 1e-6).
    assert moved > 0.02
    np.testing.assert_allclose(W_in, model.wv.vectors, atol=0.05 * moved)
    np.testing.assert_allclose(W_out, model.syn1, atol=0.05 * moved)
