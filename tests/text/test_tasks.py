"""Tasks with answers; what is right is found out another way than it was made."""

import random
import re
from datetime import date
from itertools import islice

import numpy as np
import pytest

from core.text import corpora, encoding, parallel_grammar, tasks
from core.text.numerals import HAN, ONES, TENS, chinese, english
from core.text.parallel_grammar import _ANIMALS, _COUNTRIES, _DEEDS, _KINDS, _PEOPLE, _PLACES, _THINGS
from core.text.tokenizers import END, TAB
from core.text.tokenizing import TokenizerSettings


def some(name: str, n: int = 400, seed: int = 1) -> list[tuple[str, str]]:
    return list(islice(tasks.pairs(name, seed), n))


@pytest.mark.parametrize("name", [*tasks.TASKS, "mixed", "reverse*3+addition"])
def test_the_same_seed_gives_the_same_pairs_and_no_source_comes_twice(name: str) -> None:
    pairs = some(name)
    assert pairs == some(name)
    assert pairs != some(name, seed=2)
    assert len({source for source, _ in pairs}) == 400
    assert all(side.strip() == side != "" and not re.search(r"[\t\n]", side) for pair in pairs for side in pair)


def test_letters_are_copied_reversed_and_sorted() -> None:
    assert all(target == source for source, target in some("copy"))
    assert all(target == "".join(reversed(source)) for source, target in some("reverse"))
    assert all(list(target) == sorted(source) for source, target in some("sort"))
    assert {len(source) for source, _ in some("copy")} == set(range(3, 13))


def test_sums_are_right() -> None:
    digits = set()
    for source, target in some("addition"):
        a, plus, b = source.partition("+")
        assert plus
        assert int(a) + int(b) == int(target)
        digits.add((len(a), len(b)))
    assert digits == {(a, b) for a in (1, 2, 3) for b in (1, 2, 3)}


def test_dates_are_the_days_that_they_name() -> None:
    for source, target in some("dates"):
        day = date.fromisoformat(target)
        numbers = sorted(int(number) for number in re.findall(r"\d+", source))
        assert numbers == sorted([day.day, day.year] if re.search("[A-Z]", source) else [day.day, day.month, day.year])
        if names := re.findall(r"[A-Za-z]+", source):
            assert names[-1][:3] == day.strftime("%b")
            assert names[:-1] in ([], [day.strftime("%A")])


def meant(words: str) -> int:
    """The number of English words, read from left to right."""
    total, part = 0, 0
    for word in re.split(r"[ -]", words.replace(" and ", " ")):
        if word == "hundred":
            part *= 100
        elif word == "thousand":
            total, part = total + part * 1000, 0
        else:
            part += ONES.index(word) if word in ONES else 10 * TENS.index(word)
    return total + part


def meant_in_chinese(words: str) -> int:
    """The number of Chinese words: each digit by the unit after it, what stands before 万 ten thousand times."""
    high, _, low = words.rpartition("万")
    worth = {"千": 1000, "百": 100, "十": 10}
    parts = [
        sum((HAN.index(digit) if digit else 1) * worth.get(unit, 1) for digit, unit in re.findall("([零一二三四五六七八九]?)([千百十]?)", half)[:-1])
        for half in (high, low)
    ]
    return parts[0] * 10_000 + parts[1]


def test_numbers_in_words_are_read_back() -> None:
    every = [*range(1200), *(random.Random(1).randrange(10**6) for _ in range(2000)), 10_000, 10_010, 100_000, 999_999]
    assert [meant(english(n)) for n in every] == every
    assert [meant_in_chinese(chinese(n)) for n in every] == every
    assert len({chinese(n) for n in every}) == len({english(n) for n in every}) == len(set(every))


@pytest.mark.parametrize(
    ("n", "en", "zh"),
    [
        (0, "zero", "零"),
        (10, "ten", "十"),
        (21, "twenty-one", "二十一"),
        (105, "one hundred and five", "一百零五"),
        (110, "one hundred and ten", "一百一十"),
        (4217, "four thousand two hundred and seventeen", "四千二百一十七"),
        (1001, "one thousand and one", "一千零一"),
        (120_305, "one hundred and twenty thousand three hundred and five", "十二万零三百零五"),
    ],
)
def test_numbers_in_words_as_grammars_give_them(n: int, en: str, zh: str) -> None:
    assert (english(n), chinese(n)) == (en, zh)


def test_both_languages_speak_of_the_same_and_in_another_order() -> None:
    lexicon = {word.en: word.zh for word in (*_PEOPLE, *_PLACES, *_THINGS, *_DEEDS, *_KINDS, *(w for row in (*_COUNTRIES, *_ANIMALS) for w in row))}
    lexicon.pop("dates"), lexicon.pop("bear")  # one word of two meanings, and one inside another
    crossed = 0
    for en, zh in some("english-chinese"):
        assert re.fullmatch(r"[a-z, ]+ \.", en)
        assert re.fullmatch("[一-鿿，]+。", zh)
        named = [word for word in en.split() if word in lexicon]
        assert all(lexicon[word] in zh for word in named), (en, zh)
        places = [zh.index(lexicon[word]) for word in named]
        crossed += places != sorted(places)
    assert crossed > 200
    assert some("chinese-english")[0] == some("english-chinese")[0][::-1]


def test_each_animal_is_counted_in_its_own_word() -> None:
    texts = " ".join(parallel_grammar.pair(random.Random(seed))[1] for seed in range(600))
    counted = {animal: set(re.findall(f"[一那]([只匹头])(?:[^。，的]+的)?{animal}", texts)) for animal in ("猫", "马", "狮子")}
    assert counted == {"猫": {"只"}, "马": {"匹"}, "狮子": {"头"}}


def test_a_mixture_keeps_its_shares_and_says_which_task_is_meant() -> None:
    asked = [source.partition(": ")[0] for source, _ in some("reverse*3+addition", 1000)]
    assert set(asked) == {"reverse", "add"}
    assert asked.count("reverse") == pytest.approx(750, abs=60)
    assert {source.partition(":")[0] for source, _ in some("mixed")} == {"copy", "reverse", "sort", "add", "date", "spell"}


def test_a_task_is_a_corpus_of_pairs_found_by_its_name_or_its_id() -> None:
    corpus = corpora.find("task:reverse:50:3")
    assert (corpus.id, corpus.pairs) == ("task-reverse-50-3", 50)
    assert corpus.text().splitlines() == ["\t".join(pair) for pair in some("reverse", 50, 3)]
    assert corpora.find("task-reverse-50-3") == corpus
    assert corpora.find("task-dates") == corpora.find("task:dates") == corpora.find("task:dates:20000:1")
    assert corpora.BUILT_IN["task-dates"] == corpora.find("task-dates").title
    assert corpora.find("task:reverse+addition:20").id == "task-reverse-and-addition-20-1"


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("task:revers", "is no task. There are copy, reverse"),
        ("task:", "is no task"),
        ("task:copy+", "is no task"),
        ("task:copy*0", "is no task"),
        ("task:copy:0", "write task:NAME:PAIRS:SEED with 1 to 1,000,000 pairs"),
        ("task:copy:many", "write task:NAME:PAIRS:SEED"),
        ("task:copy:5:1:9", "write task:NAME:PAIRS:SEED"),
    ],
)
def test_a_task_that_cannot_be_is_refused(reference: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        corpora.find(reference)


def test_no_more_pairs_are_made_than_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "DIGITS", 1)
    with pytest.raises(ValueError, match="only about 10 different pairs"):
        corpora.find("task:numbers:50")
    assert not corpora.available()


@pytest.mark.parametrize(("name", "n", "share"), [("sort-digits", 729, 0.25), ("modular-addition", 59 * 59, 0.6)])
def test_of_a_small_task_all_pairs_are_there_and_a_larger_part_is_held_out(name: str, n: int, share: float) -> None:
    corpus = corpora.find(f"task:{name}")
    pairs = [tuple(line.split("\t")) for line in corpus.text().splitlines()]
    assert len(pairs) == len({source for source, _ in pairs}) == corpus.pairs == n
    assert pairs != sorted(pairs)
    encoded = encoding.encode(corpus, TokenizerSettings(kind="word", min_count=1))
    assert np.count_nonzero(encoded.held_out == TAB) == pytest.approx(share * n, abs=1)
    assert encoded.held_out[-1] == encoded.train[-1] == END


def test_digits_are_sorted_and_sums_are_taken_modulo() -> None:
    assert all(target == "0" * source.count("0") + "1" * source.count("1") + "2" * source.count("2") for source, target in some("sort-digits"))
    for source, target in some("modular-addition"):
        a, b = map(int, source.split(" + "))
        assert 0 <= int(target) < 59
        assert (a + b - int(target)) % 59 == 0
