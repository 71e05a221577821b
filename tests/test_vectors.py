"""Neighbours, analogies, similarities and odd ones out, judged by gensim's KeyedVectors."""

import numpy as np
import pytest
from gensim.models import KeyedVectors

from core.vectors import Neighbour, Vectors

N, D = 200, 12


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    matrix = np.random.default_rng(1).standard_normal((N, D)).astype(np.float32)
    return Vectors([f"w{i}" for i in range(N)], matrix * np.linspace(0.2, 3, N, dtype=np.float32)[:, None])


@pytest.fixture(scope="module")
def judge(vectors: Vectors) -> KeyedVectors:
    keyed = KeyedVectors(D)
    keyed.add_vectors(vectors.words, vectors.matrix)
    return keyed


def pairs(near: list[Neighbour]) -> dict[str, float]:
    return {each.word: each.similarity for each in near}


@pytest.mark.parametrize("word", ["w0", "w7", "w199"])
def test_neighbours_by_cosine_are_those_of_gensim(vectors: Vectors, judge: KeyedVectors, word: str) -> None:
    ours = vectors.neighbours(word, 10)
    theirs = judge.most_similar(word, topn=10)
    assert [each.word for each in ours] == [name for name, _ in theirs]
    assert [each.similarity for each in ours] == pytest.approx([cosine for _, cosine in theirs], abs=1e-6)
    assert [vectors.words[each.index] for each in ours] == [each.word for each in ours]


def test_neighbours_by_dot_product_count_the_lengths_too(vectors: Vectors) -> None:
    products = vectors.matrix @ vectors.matrix[7]
    products[7] = -np.inf
    best = np.argsort(-products)[:5]
    assert pairs(vectors.neighbours("w7", 5, by="dot")) == pytest.approx({f"w{i}": products[i] for i in best}, rel=1e-5)


@pytest.mark.parametrize(("plus", "minus"), [(["w1", "w2"], ["w3"]), (["w1"], []), (["w5", "w6", "w7"], ["w8", "w9"]), ([], ["w4"])])
def test_analogies_are_those_of_gensim(vectors: Vectors, judge: KeyedVectors, plus: list[str], minus: list[str]) -> None:
    theirs = judge.most_similar(positive=plus, negative=minus, topn=8)
    assert pairs(vectors.analogy(plus, minus, 8)) == pytest.approx(dict(theirs), abs=1e-6)


def test_an_analogy_by_dot_product_adds_the_vectors_as_they_are(vectors: Vectors) -> None:
    products = vectors.matrix @ (vectors.matrix[1] + vectors.matrix[2] - vectors.matrix[3])
    products[[1, 2, 3]] = -np.inf
    best = np.argsort(-products)[:4]
    assert [each.index for each in vectors.analogy(["w1", "w2"], ["w3"], 4, by="dot")] == list(best)


def test_an_analogy_of_nothing_is_refused(vectors: Vectors) -> None:
    with pytest.raises(ValueError, match="needs a word"):
        vectors.analogy([], [])


def test_similarity_is_that_of_gensim(vectors: Vectors, judge: KeyedVectors) -> None:
    assert vectors.similarity("w3", "w80") == pytest.approx(judge.similarity("w3", "w80"), abs=1e-6)
    assert vectors.similarity("w3", "w80", by="dot") == pytest.approx(float(vectors.matrix[3] @ vectors.matrix[80]), rel=1e-5)


def test_the_odd_one_out_is_that_of_gensim(vectors: Vectors, judge: KeyedVectors) -> None:
    for words in (["w1", "w2", "w3"], ["w10", "w20", "w30", "w40", "w50"]):
        ranked = vectors.odd_one_out(words)
        assert ranked[0][0] == judge.doesnt_match(words)
        assert {word: cosine for word, cosine in ranked} == pytest.approx({word: cosine for cosine, word in judge.rank_by_centrality(words)}, abs=1e-6)
    with pytest.raises(ValueError, match="three or more"):
        vectors.odd_one_out(["w1", "w2"])


def test_a_word_is_found_folded_and_a_missing_one_is_said(vectors: Vectors) -> None:
    assert vectors.row(" W7 ") == 7
    assert np.array_equal(vectors.vector("W7"), vectors.matrix[7])
    with pytest.raises(ValueError, match="“nothing” is not among the 200 words"):
        vectors.neighbours("nothing")


def test_a_row_of_zeros_is_near_nothing_and_breaks_nothing() -> None:
    vectors = Vectors(["zero", "a", "b"], np.array([[0, 0], [1, 0], [0, 2]], np.float32))
    assert pairs(vectors.neighbours("zero")) == {"a": 0, "b": 0}
    assert pairs(vectors.neighbours("a")) == {"zero": 0, "b": 0}
    assert np.array_equal(vectors.unit, [[0, 0], [1, 0], [0, 1]])


def test_of_a_word_that_stands_twice_the_first_row_counts() -> None:
    vectors = Vectors(["a", "b", "a"], np.array([[1, 0], [0, 1], [-1, 0]], np.float32))
    assert vectors.row("a") == 0


def test_more_neighbours_than_words_are_all_the_others(vectors: Vectors) -> None:
    assert len(vectors.neighbours("w0", 1000)) == N - 1
    assert Vectors(["a"], np.ones((1, 2), np.float32)).neighbours("a") == []


class Letters:
    """Parts of a word: its letters, each with a row; and the word itself where it was seen."""

    kind = "letters"

    def __init__(self, seen: Vectors) -> None:
        self.seen = seen

    def parts(self, word: str) -> list[tuple[str, np.ndarray]]:
        letters = [(letter, np.array([ord(letter), 1], np.float32)) for letter in word.lower() if letter.isalpha()]
        known = self.seen.index.get(word.lower())
        return [*([] if known is None else [(word.lower(), self.seen.matrix[known])]), *letters]


def test_a_word_never_seen_is_the_mean_of_its_parts() -> None:
    seen = Vectors(["ab", "zz"], np.array([[1, 2], [3, -4]], np.float32))
    vectors = Vectors(seen.words, seen.matrix, subwords=Letters(seen))
    assert np.array_equal(vectors.vector("ac"), [98, 1])
    assert {each.word for each in vectors.neighbours("ac")} == {"ab", "zz"}
    assert [each.word for each in vectors.neighbours("AB")] == ["zz"], "the word as it was seen is no neighbour of itself"
    assert vectors.similarity("ac", "ac") == pytest.approx(1)
    assert vectors.head(1).neighbours("ca")[0].word == "ab"
    with pytest.raises(ValueError, match="not among"):
        vectors.vector("123")
