import random

import pytest

from core.text import corpora, repeats
from core.text.encoding import encode
from core.text.tokenizing import WORDS
from core.training.recording import _sentence


def test_each_line_is_said_twice_and_halves_are_of_all_lengths() -> None:
    corpus = corpora.find("repeats:500:3")
    lines = [line.split() for line in corpus.text().splitlines()]
    assert len(lines) == 500
    assert all(line[: len(line) // 2] == line[len(line) // 2 :] for line in lines)
    assert {len(line) // 2 for line in lines} == set(range(8, 32))
    assert len({syllable for line in lines for syllable in line}) == 64
    assert (corpus.id, corpus.held_out) == ("repeats-500-3", 0.05)


def test_a_half_tells_nothing_of_itself() -> None:
    """What follows a syllable is any of the 64, about alike often."""
    rng = random.Random(1)
    halves = [line[: len(line) // 2] for line in (repeats.line(rng).split() for _ in range(3000))]
    after = [half[i + 1] for half in halves for i in range(len(half) - 1) if half[i] == "ba"]
    assert max(after.count(each) for each in repeats.SYLLABLES) < 4 * len(after) / 64


def test_the_same_seed_gives_the_same_lines() -> None:
    assert corpora.find("repeats:20:1").text() == corpora.find("repeats:20").text()
    assert corpora.find("repeats:20:2").text() != corpora.find("repeats:20:1").text()


def test_lines_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be made: write repeats:LINES:SEED"):
        corpora.find("repeats:0")


def test_the_probe_of_a_run_on_them_is_a_whole_line_with_both_its_halves() -> None:
    words = _sentence(encode(corpora.find("repeats:1000:1"), WORDS)).split()
    assert len(words) >= 16
    assert words[: len(words) // 2] == words[len(words) // 2 :]
