"""Test sets as people have them, and what is wrong with broken ones."""

import gzip
import math
from pathlib import Path

import pytest
from gensim.test.utils import datapath

from core.evaluation.reading import read
from core.evaluation.sets import Pairs, Questions, forget, keep, kept, of_small_world
from core.text import small_world


def test_the_files_that_everybody_has_are_read():
    wordsim, simlex, questions = (read(name, Path(datapath(name))) for name in ("wordsim353.tsv", "simlex999.txt", "questions-words.txt"))
    assert (len(wordsim), len(simlex), len(questions)) == (353, 999, 19544)
    assert wordsim.rows[0] == ("love", "sex", 6.77)
    assert len(questions.sections) == 14
    assert questions.sections["family"][0] == ("boy", "girl", "brother", "sister")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tabs.tsv", "tiger\tcat\t7.35\nbook\tpaper\t7.46\n"),
        ("commas with a head.csv", "Word 1,Word 2,Human (mean)\ntiger,cat,7.35\nbook,paper,7.46\n"),
        ("quoted.csv", '"tiger","cat",7.35\n"book","paper",7.46\n'),
        ("semicolons.csv", "tiger;cat;7.35\nbook;paper;7.46\n"),
        ("blanks.txt", "tiger cat 7.35\nbook   paper 7.46\n"),
        ("MEN's lemmas.txt", "tiger-n cat-n 7.35\nbook-n paper-n 7.46\n"),
        ("SimLex's own.txt", "word1\tword2\tPOS\tSimLex999\tconc(w1)\ntiger\tcat\tN\t7.35\t4.5\nbook\tpaper\tN\t7.46\t4.1\n"),
        ("SimVerb's.txt", "tiger\tcat\tV\t7.35\tSYNONYMS\nbook\tpaper\tV\t7.46\tNONE\n"),
        ("rare words.txt", "tiger\tcat\t7.35\t8\t7\t7\nbook\tpaper\t7.46\t7\t8\t7\n"),
        ("comments and a mark.txt", "\ufeff# about\n\ntiger cat 7.35\r\nbook paper 7.46"),
    ],
)
def test_pairs_are_read_however_they_are_written(name, text):
    assert read(name, text.encode()).rows == (("tiger", "cat", 7.35), ("book", "paper", 7.46))


def test_words_with_blanks_and_chinese_words_are_read():
    assert read("a.tsv", "New York\tLos Angeles\t8\n老虎\t猫\t7.5\n".encode()).rows == (("New York", "Los Angeles", 8.0), ("老虎", "猫", 7.5))
    assert read("b.txt", "老虎 猫 7.5\n足球 球 9\n".encode("utf-16")).rows[0] == ("老虎", "猫", 7.5)


def test_packed_files_are_read():
    assert len(read("a.txt.gz", gzip.compress(b"tiger cat 7.35\nbook paper 7"))) == 2
    with pytest.raises(ValueError, match="broken or cut short"):
        read("a.txt.gz", gzip.compress(b"tiger cat 7.35\n" * 100)[:-12])


def test_analogies_may_have_no_sections():
    found = read("a.txt", b"man king woman queen\nking man queen woman\n")
    assert isinstance(found, Questions)
    assert found.sections == {"all": (("man", "king", "woman", "queen"), ("king", "man", "queen", "woman"))}
    found = read("tabs.txt", b"New York\tUSA\tLos Angeles\tUSA\n")
    assert found.sections == {"all": (("New York", "USA", "Los Angeles", "USA"),)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tiger cat 7\nbook paper\n", "Line 2 of a.txt is no pair with a number: “book paper”"),
        ("tiger,cat,7\nbook,paper,much\n", "Line 2 of a.txt"),
        ("# about\n\ntiger\tcat\t7\nbook\t\t3\n", "Line 4 of a.txt"),
        ("tiger cat nan\nbook paper inf\n", "Line 2 of a.txt"),
        (": family\nboy girl brother\n", "Line 2 of a.txt has 3 words, not four"),
        ("a b c d\na b c d e\n", "Line 2 of a.txt has 5 words"),
        (": family\n", "sections and no analogy"),
        ("# nothing\n\n", "no line that is not empty"),
        ("word1 word2 score\n", "one line only"),
        ('tiger,cat,7\na,"' + "x" * 200_000 + '",3\n', "Line 2 of a.txt has 200,006 characters"),
    ],
)
def test_a_broken_file_is_answered_with_its_line_and_what_was_expected(text, said):
    with pytest.raises(ValueError, match=said) as told:
        read("a.txt", text.encode())
    assert "tiger cat 7.35" in str(told.value) or "Athens Greece Oslo Norway" in str(told.value)


def test_one_kind_where_the_other_was_asked_for_is_said():
    with pytest.raises(ValueError, match="holds analogies, not pairs"):
        read("q.txt", b"man king woman queen\n", "pairs")
    with pytest.raises(ValueError, match="holds pairs, not analogies"):
        read("p.txt", b"man king 3\n", "analogies")
    with pytest.raises(ValueError, match="not a text"):
        read("picture.png", bytes(range(256)) * 20)
    with pytest.raises(ValueError, match="no file"):
        read("gone.txt", Path("/nowhere/gone.txt"))


def test_the_small_worlds_truths_are_two_test_sets():
    kinds, questions = of_small_world()
    truths = small_world.truths()
    assert all((truths.groups[a] == truths.groups[b]) == bool(value) for a, b, value in kinds.rows)
    assert sum(value for *_, value in kinds.rows) == len(kinds) / 2
    assert len(questions) == sum(map(len, truths.analogies.values()))
    assert of_small_world()[0].id == kinds.id


def test_what_was_brought_once_is_kept(home):
    assert kept() == {}
    pairs, questions = read("wörter <b>.txt", b"tiger cat 7.25\nbook paper 7\n"), read("q.txt", b"man king woman queen\n")
    for each in (pairs, questions, pairs):
        keep(each)
    assert list(kept().values()) == [pairs, questions]
    (home / "evaluation" / "broken.json").write_text('{"kind": "pairs"}')
    forget(questions.id)
    assert list(kept()) == [pairs.id]
    assert isinstance(kept()[pairs.id], Pairs)
    assert not math.isnan(kept()[pairs.id].rows[0][2])
