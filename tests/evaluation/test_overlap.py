"""Agreement of neighbour lists."""

import numpy as np
import pytest

from core.evaluation.overlap import distinct, overlap
from core.vectors import Neighbour, Vectors


def random(n: int, seed: int, names: str = "w") -> Vectors:
    return Vectors([f"{names}{i}" for i in range(n)], np.random.default_rng(seed).normal(size=(n, 5)).astype(np.float32))


def test_a_turned_and_stretched_copy_agrees_wholly_and_a_stranger_by_chance():
    one, stranger = random(300, 1), random(300, 2)
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(5, 5)))[0]
    copy = Vectors(one.words, (7 * one.matrix @ turn).astype(np.float32))
    found = overlap([one, copy, stranger], 100, 10)
    assert found.mean[0, 1] == 1
    assert found.mean[0, 2] == pytest.approx(10 / 299, abs=0.03)
    assert found.mean[1, 2] == found.mean[2, 1]
    assert found.words == one.words[:100]


def test_overlap_is_that_of_the_lists_themselves():
    one, other = random(60, 1), random(60, 2)
    found = overlap([one, other], 60, 7)
    for i, word in enumerate(one.words):
        lists = [{each.word for each in each.neighbours(word, 7)} for each in (one, other)]
        assert found.shares[0, 1, i] == pytest.approx(len(lists[0] & lists[1]) / 7)
    agreed = found.agreed()
    assert [share for _, share in agreed] == sorted(share for _, share in agreed)


def test_only_words_known_to_all_are_asked_and_answer():
    one = Vectors([" King", "queen", "cat", "dog", "x"], np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32))
    other = Vectors(["cat", "king", "queen", "dog", "y", "z"], np.random.default_rng(2).normal(size=(6, 3)).astype(np.float32))
    found = overlap([one, other], 10, 2)
    assert found.words == ["King", "cat", "queen", "dog"] or found.words == ["King", "queen", "cat", "dog"]
    assert found.n_candidates == 4


@pytest.mark.parametrize("words", [["a", "b"], ["p"]])
def test_nothing_in_common_is_no_number(words):
    found = overlap([random(5, 1), Vectors(words, np.ones((len(words), 5), np.float32))])
    assert found.words == []
    assert np.isnan(found.mean).all()
    assert found.agreed() == []


def test_the_same_word_in_other_letters_is_no_neighbour_of_it():
    near = [Neighbour(word, 0.5, i) for i, word in enumerate(["king", " king", "King", " queen", "queen", "prince"])]
    assert [each.word for each in distinct(near, " king", 5)] == [" queen", "prince"]
