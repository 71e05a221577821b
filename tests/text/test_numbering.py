"""The two ways of cutting a text into numbered words give the same, and so does the regular expression that both are told by."""

import random
import sys
import unicodedata
from itertools import pairwise

import numpy as np
import pytest

from core.text import numbering
from core.text.numbering import END, LOST, Compiled, Numbering, Plain, is_mark, kinds_of_characters
from core.text.segmentation import SENTENCE_END, segment

PIECES = [
    *("a", "The", "cat", "internationalization", "don't", "state-of-the-art", "3.14", "1,000.5", "3.", ".5", "x_1", "'", "’", "-", "--", "don’t", "U.S."),
    *(" ", "  ", "\n", "\n\n", "\t", "\r", "\xa0", "\u3000", "\x1c", "\x85", "\0"),
    *(". ", "! ", "? ", "… ", ".\n", " . ", ' ." ', "?' X", '."', ".) then", "。", "！", "？」", "。”", "。’s", "e.g. this", "!?"),
    *("é", "naïve", "Cafe\u0301", "\u0301", "नमस्ते", "كِتَاب", "Ελλάδα", "٣.٤", "٣.4", "😀", "👩‍👩‍👧", "İ", "ß", "Ⓐ", "\u20dd", "\U00020001", "\U000e0101"),
    *("中文", "中文-abc", "GPT语言模型3.5", "語", "々", "한국어", "日本語です"),
]


def expected(text: str) -> list[str]:
    """The words of the text, with an end once where a sentence ends."""
    found = segment(text, punctuation=True)
    return [word for before, word in pairwise([SENTENCE_END, *found]) if word != SENTENCE_END or before != SENTENCE_END]


def as_words(made: Numbering, numbers: list[int]) -> list[str]:
    letters, starts = made.letters
    known = [letters[a:b].tobytes().decode() for a, b in pairwise(starts)]
    return [SENTENCE_END if n == END else known[n] for n in numbers]


@pytest.mark.parametrize("kind", [Plain, Compiled])
def test_words_ends_and_counts_are_those_of_the_regular_expression(kind: type[Plain] | type[Compiled]) -> None:
    dice = random.Random(1)
    made, numbers, text = kind(), [], []
    for n in range(400):
        text.append("".join(dice.choices(PIECES, k=dice.randrange(40))) + ("\n" if n % 3 else ""))
        numbers.append([n for part in made.read(text[-1].encode()) for n in part.tolist()])
    for one, found in zip(text, numbers, strict=True):
        # An end is told once even where the texts before have ended.
        assert [w for w in as_words(made, found) if w != SENTENCE_END] == [w for w in expected(one) if w != SENTENCE_END], repr(one)
    whole = [word for one in text for word in segment(one, punctuation=True)]
    whole = [word for before, word in pairwise([SENTENCE_END, *whole]) if word != SENTENCE_END or before != SENTENCE_END]
    flat = [n for some in numbers for n in some]
    assert as_words(made, flat) == whole
    assert made.counts.tolist() == np.bincount([n for n in flat if n != END]).tolist()
    letters, starts = made.letters
    assert made.marks.tolist() == [is_mark(letters[a:b].tobytes().decode()) for a, b in pairwise(starts)]


def test_noise_of_all_planes_is_cut_alike() -> None:
    dice = random.Random(2)
    made, plain = Compiled(), Plain()
    for _ in range(300):
        ranges = dice.choices(((0, 128), (0, 0x3000), (0, 0x3400), (0xE000, 0x110000)), k=60)
        text = "".join(chr(dice.randrange(*each)) for each in ranges)
        one, other = ([n for part in each.read(text.encode()) for n in part.tolist()] for each in (made, plain))
        assert as_words(made, one) == as_words(plain, other), repr(text)


def test_what_each_character_is_agrees_with_python() -> None:
    from core.text import word_kernels as kernels

    kinds = kinds_of_characters(0x110000)
    for point in range(0x110000):
        character, kind = chr(point), int(kinds[point])
        assert bool(kind & kernels.SPACE) == character.isspace()
        assert bool(kind & kernels.WORD) == (character.isalnum() or character == "_")
        assert bool(kind & kernels.COMBINING) == (unicodedata.category(character) in ("Mn", "Mc") and not kind & kernels.WORD)
    assert sys.maxunicode == len(kinds) - 1


def test_a_call_takes_up_where_the_one_before_had_no_more_room(monkeypatch: pytest.MonkeyPatch) -> None:
    text = ("The cat sat. Then 中文 it ran away!\n" * 50).encode()
    whole = [n for part in Compiled().read(text) for n in part.tolist()]
    monkeypatch.setattr(numbering, "AT_ONCE", 32)
    parts = [part.tolist() for part in Compiled().read(text)]
    assert len(parts) > 20
    assert [n for part in parts for n in part] == whole


def test_of_too_many_words_the_rarest_are_forgotten_and_the_rest_keep_their_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbering, "LIMIT", 120)
    made = Compiled()
    list(made.read(" ".join([f"w{n}" for n in range(80)] * 3 + [f"rare{n}" for n in range(50)]).encode() + b" ."))
    told = made.forget()
    assert told is not None
    assert (told[:80] == np.arange(80)).all()
    assert (told[80:130] == LOST).all()
    assert told[130] == 80, "a mark is not forgotten"
    assert made.counts.tolist() == [3] * 80 + [1]
    assert made.forget() is None
    assert as_words(made, made.number(["w79", "rare1"]).tolist()) == ["w79", "rare1"]
