from pathlib import Path

import numpy as np
import pytest

from core.inspection.occurrences import grouped, senses_of, sentences_with, separation, spans
from core.text import corpora
from core.text.small_world import sense_examples


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (["the", "bank", "of", "the", "bank"], [(1, 2), (4, 5)]),
        (["[CLS]", "ban", "##k", "##s", "ban", "##k", "."], [(4, 6)]),  # "banks" is another word
        ([" the", " ban", "k", " is"], [(1, 3)]),
        (["b", "a", "n", "k"], [(0, 4)]),
        (["river"], []),
    ],
)
def test_a_word_is_found_whole_or_in_pieces(tokens: list[str], expected: list[tuple[int, int]]) -> None:
    assert spans(tokens, "Bank") == expected


def test_sentences_with_a_word_come_as_written_and_once(home: Path) -> None:
    corpus = corpora.add_text("t", "A bank is here. The Bank is there.\nNo word of it. A bank is here.\n" * 3)
    assert sentences_with(corpus, "bank") == ["A bank is here .", "The Bank is there ."]
    assert len(sentences_with(corpus, "bank", 1)) == 1
    with pytest.raises(ValueError, match="“zebra” stands nowhere in the text “t”"):
        sentences_with(corpus, "zebra")


def test_the_small_worlds_senses_are_known_by_their_company() -> None:
    examples = sense_examples(200)
    for word in {word for _, word, _ in examples}:
        mine = [(sentence, sense) for sentence, name, sense in examples if name == word]
        numbers, names = senses_of(word, [sentence for sentence, _ in mine])
        assert [names[number] for number in numbers] == [sense for _, sense in mine]
    assert senses_of("king", ["the king"])[0].tolist() == [-1]


def test_groups_far_apart_are_separated_and_mixed_ones_not() -> None:
    rng = np.random.default_rng(0)
    far = np.concatenate([rng.normal((5, 0, 0), 0.1, (20, 3)), rng.normal((0, 5, 0), 0.1, (20, 3))])
    groups = np.repeat([0, 1], 20)
    apart, mixed = separation(far, groups), separation(rng.normal(size=(40, 3)), groups)
    assert apart is not None
    assert mixed is not None
    assert apart.silhouette > 0.95
    assert apart.nearest == 1
    assert mixed.silhouette < 0.1
    assert separation(far, np.zeros(40, np.int64)) is None
    assert separation(np.ones((40, 3)), groups).nearest == 0.5
    assert len(set(grouped(far, 2)[:20])) == 1
