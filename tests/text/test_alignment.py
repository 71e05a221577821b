"""What each token of a target comes from, told from the tokens, whatever they are."""

import random

import numpy as np
import pytest

from core.text.alignment import aligned
from core.text.tasks import TASKS


def pairs(source: list[str], target: list[str]) -> set[tuple[str, str]]:
    found = aligned(source, target)
    assert found is not None
    return {(source[j].strip(), target[i].strip()) for i, j in np.argwhere(found)}


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("abc", "abc", [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
        ("abc", "cba", [[0, 0, 1], [0, 1, 0], [1, 0, 0]]),
        ("cab", "abc", [[0, 1, 0], [0, 0, 1], [1, 0, 0]]),
        ("bab", "abb", [[0, 1, 0], [1, 0, 1], [1, 0, 1]]),  # either b
    ],
)
def test_copied_reversed_and_sorted_letters_are_known(source: str, target: str, expected: list[list[int]]) -> None:
    assert np.array_equal(aligned(list(source), list(target)), np.array(expected, bool))


def test_pieces_are_aligned_where_any_of_their_letters_are_and_special_tokens_with_nothing() -> None:
    found = aligned(["reverse", ":", " ab", "cd", "[EOS]"], ["[BOS]", " dc", "b", "##a"])
    assert np.array_equal(found, np.array([[0, 0, 0, 0, 0], [0, 0, 0, 1, 0], [0, 0, 1, 0, 0], [0, 0, 1, 0, 0]], bool))


def test_words_of_the_small_world_find_their_translations_in_both_directions() -> None:
    english, chinese = [f" {word}" for word in ["the", "duchess", "flew", "to", "paris", "to", "learn", "french", "."]], list("公爵夫人飞到巴黎学习法语。")
    assert pairs(english, chinese) == {("duchess", each) for each in "公爵夫人"} | {("paris", "巴"), ("paris", "黎"), ("french", "法"), ("french", "语")}
    assert pairs(chinese, english) == {(zh, en) for en, zh in pairs(english, chinese)}


def test_every_sentence_of_the_grammar_is_aligned_and_what_is_unknown_is_not() -> None:
    rng = random.Random(1)
    for _ in range(100):
        source, target = TASKS["english-chinese"].pair(rng)
        found = aligned([f" {word}" for word in source.split()], list(target))
        assert found is not None
        assert found.any(0).sum() >= 2, (source, target)
    assert aligned(list("12+7"), list("19")) is None
    assert aligned([], []) is None
    assert aligned(["hello"], ["bonjour"]) is None
    assert aligned([" the", " barking"], list("国王")) is None, "a king is a whole word"
