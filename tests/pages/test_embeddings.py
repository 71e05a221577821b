"""The page Embeddings: runs and opened files alike, and each of its questions."""

import numpy as np
import pytest

from core import opened
from core.formats import FORMATS, Reading
from core.vectors import Vectors
from pages.ui import asking
from tests.pages.test_pages import home, open_page, said  # noqa: F401
from tests.pages.test_pairs import part_of

WORDS = ["king", "queen", "man", "woman", "apple", "pear", "state-of-the-art", "**bold**", "国王"]
# Royal, female, edible: king - man + woman is queen.
MATRIX = np.array(
    [[1, 0, 0, 0.3], [1, 1, 0, 0.3], [0, 0, 0, 0.9], [0, 1, 0, 0.9], [0, 0, 1, 0], [0, 0.1, 1, 0], [0.4, 0, 0.3, 0], [0.1, 0.1, 0.1, 0.1], [0.9, 0, 0, 0.3]],
    np.float32,
)


@pytest.fixture
def file(home):  # noqa: F811
    return opened.keep(Reading(Vectors(WORDS, MATRIX, np.arange(90, 0, -10)), FORMATS[1]), "small.txt").id


@pytest.fixture
def subword_file(home):  # noqa: F811
    from core.embeddings.ngrams import NgramRows, Ngrams

    generator = np.random.default_rng(1)
    own, shared = generator.normal(size=(9, 4)).astype(np.float32), generator.normal(size=(50, 4)).astype(np.float32)
    rows = NgramRows(Ngrams(3, 4, 50), {word: i for i, word in enumerate(WORDS)}, own, shared)
    matrix = np.stack([np.mean([row for _, row in rows.parts(word)], axis=0) for word in WORDS])
    return opened.keep(Reading(Vectors(WORDS, matrix, subwords=rows), FORMATS[4]), "small.bin").id


@pytest.mark.parametrize(
    ("expression", "plus", "minus"),
    [
        ("king - man + woman", ["king", "woman"], ["man"]),
        ("king −man +woman", ["king", "woman"], ["man"]),
        ("king+woman", ["king", "woman"], []),
        ("- man + king", ["king"], ["man"]),
        ("state-of-the-art - king", ["state-of-the-art"], ["king"]),
        ("king-man+woman", ["king", "woman"], ["man"]),
        ("国王 - 王", ["国王"], ["王"]),
        ("  ", [], []),
        ("+ - +", [], []),
    ],
)
def test_an_analogy_is_read_as_it_is_written(expression, plus, minus):
    assert asking.terms(expression, WORDS) == (plus, minus)


def test_the_shares_of_ngrams_make_one(subword_file):
    vectors = opened.find(subword_file).vectors()
    for word in ("king", "unheard"):
        shares = asking.ngram_shares(vectors, word)
        assert sum(share for _, share in shares) == pytest.approx(1)
        assert [name for name, _ in vectors.subwords.parts(word)] != [name for name, _ in shares] or len(shares) < 2
        assert len(shares) == len(vectors.subwords.parts(word))


def test_an_opened_file_is_browsed_as_a_run_is(file):
    app = open_page("embeddings", source=file, word="king")
    assert not app.exception
    assert "Nearest to **king** by cosine, seen 90 times" in said(app)
    assert "国王" in list(app.dataframe[0].value["word"])
    assert "word" in app.query_params


def test_a_link_that_names_a_run_finds_files_too_and_says_what_is_not_there(file):
    app = open_page("embeddings", run=file)
    assert part_of(app, "source") == file
    app = open_page("embeddings", source="long-gone")
    assert "no run or file with vectors called" in said(app)


def test_neighbours_by_dot_product_take_lengths_into_account(file):
    app = open_page("embeddings", source=file, word="apple", by="dot")
    assert "by dot product" in said(app)
    assert app.dataframe[0].value["dot product"].iloc[0] == pytest.approx(1.0)


def test_king_minus_man_plus_woman_is_queen(file):
    app = open_page("embeddings", source=file, ask="analogy", analogy="king - man + woman")
    assert not app.exception
    assert app.dataframe[0].value["word"].iloc[0] == "queen"


def test_a_word_that_is_not_there_is_said_with_words_that_begin_so(file):
    for query in (
        {"ask": "analogy", "analogy": "king - ma"},
        {"ask": "odd", "odd": "king, ma"},
        {"ask": "similarity", "first": "ma", "second": "king"},
        {"word": "ma"},
    ):
        app = open_page("embeddings", source=file, **query)
        assert not app.exception
        assert "is not among the 9 words" in said(app)
    app = open_page("embeddings", source=file, ask="analogy", analogy="king - ma")
    assert "man" in said(app)


def test_how_alike_two_words_are_and_how_many_are_nearer(file):
    app = open_page("embeddings", source=file, ask="similarity", first="apple", second="pear")
    assert float(app.metric[0].value) == pytest.approx(1 / np.sqrt(1.01), abs=1e-3)
    assert "0 words of 9 are nearer" in said(app).replace("\\", "")


def test_the_odd_one_is_named_and_hostile_words_are_nothing_but_words(file):
    app = open_page("embeddings", source=file, ask="odd", odd="apple, pear, **bold**, king")
    assert not app.exception
    assert "**king** is the odd one" in said(app)


def test_any_word_has_neighbours_and_shares_where_there_are_ngrams(subword_file):
    app = open_page("embeddings", source=subword_file, ask="ngrams", word="kingdom<b>")
    assert not app.exception
    assert "never seen" in said(app)
    assert any("&lt;k" in html.proto.body and "<b>" not in html.proto.body for html in app.get("html"))


def test_without_ngrams_nobody_is_asked_for_them(file):
    app = open_page("embeddings", source=file, ask="ngrams")
    assert not app.exception
    assert part_of(app, "ask") == ""


def test_a_file_that_went_away_is_answered_in_words(file):
    (opened.find(file).folder / "words.json").write_text("[]")
    app = open_page("embeddings", source=file)
    assert not app.exception
