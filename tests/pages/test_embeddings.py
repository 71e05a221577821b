"""The page Embeddings: runs and opened files alike, and each of its questions."""

import io
import re
import zipfile

import numpy as np
import pandas as pd
import pytest
import streamlit as st

from core import columns, opened, selections
from core.formats import FORMATS, Reading
from core.vectors import Vectors
from pages.ui import asking, colours, layouts, load, projections, taking
from pages.ui.bars import bars
from pages.ui.shown import Shown
from pages.ui.sources import View, available
from pages.ui.word_map import Colour
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
        assert sum("itself" in name for name, _ in shares) == (word in WORDS), "only a word that was seen has a row of its own"
        assert [name for name, _ in vectors.subwords.parts(word)] != [name for name, _ in shares] or len(shares) < 2
        assert len(shares) == len(vectors.subwords.parts(word))


def test_next_to_nothing_is_nothing_on_either_side():
    assert ">0.0%<" in bars(["ing"], [-1e-5])
    assert ">-0.1%<" in bars(["ing"], [-1e-3])


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


# ---------------------------------------------------------------- the map


def test_nothing_expensive_is_computed_on_page_load_and_a_damaged_address_is_answered_in_words(file):
    app = open_page("embeddings", source=file, projection="umap", chosen="%%%", only="~gone")
    assert not app.exception
    assert any(re.match(r"Run UMAP · about \d+ s", button.label) for button in app.button)
    assert "damaged" in said(app)
    assert "not kept in this workspace" in said(app)
    assert not list(opened.find(file).folder.parents[1].glob("cache/projections/*.npz"))


def test_how_honest_a_map_is_and_what_it_was_made_from_is_said(file):
    app = open_page("embeddings", source=file)
    told = said(app).replace("\\", "")
    assert "Trustworthiness" in told
    assert "of all 9 words" in told


def test_axes_have_a_meaning_and_words_that_are_unknown_are_said(file):
    app = open_page("embeddings", source=file, projection="axes", left="man", right="woman, nobody", bottom="apple", top="king")
    assert not app.exception
    assert "nobody” is not among" in said(app).replace("\\", "")
    assert "cosine with the difference of its two ends" in said(app)
    app = open_page("embeddings", source=file, projection="axes", left="man", right="man")
    assert "leads nowhere" in said(app)


def test_a_selection_is_a_table_that_is_mapped_alone_and_taken_back(file):
    rows = selections.written(np.array([0, 1, 3, 7]))
    app = open_page("embeddings", source=file, chosen=rows, ask="chosen")
    assert app.dataframe[0].value["word"].tolist() == ["king", "queen", "woman", "**bold**"]
    app.button(key="isolate").click().run()
    assert not app.exception
    assert part_of(app, "only") == rows
    assert "of all 4 words" in said(app)
    app.button(key="all-words").click().run()
    assert part_of(app, "only") == ""


def test_a_choice_of_many_words_asks_the_disk_no_more_often_than_a_choice_of_one(file, monkeypatch):
    words, asked = Shown(View(available()[file]), 9), []
    monkeypatch.setattr(load, "columns_version", lambda of: asked.append(of) or 0.0)
    assert words.of_rows([3]) == [3]
    once = len(asked)
    assert words.of_rows([0, 3, 8, 100, 100_000]) == [0, 3, 8], "those that are not here are left out"
    assert len(asked) == 2 * once


def test_a_map_that_cannot_be_coloured_as_was_asked_says_why_and_what_to_do(file):
    app = open_page("embeddings", source=file, colour="group")
    next(each for each in app.button if "find them" in each.label).click()
    app.run()
    assert part_of(app, "ask") == "groups"
    assert not [each for each in app.button if "find them" in each.label], "it is asked there"


def test_columns_that_were_brought_colour_are_read_and_are_taken_along(file):
    kept = opened.find(file)
    lines = ["word,kind,weight,gloss", *(f"{word},{'royal' if 'q' in word else 'other'},{i / 2},{word} <b>x</b>" for i, word in enumerate(WORDS))]
    columns.bring(kept.folder, WORDS, "\n".join(lines).encode(), "more.csv")
    app = open_page("embeddings", source=file, colour="kind", chosen=selections.written(np.array([0, 1])))
    assert not app.exception
    offered = next(each for each in app.selectbox if each.label == "Colour by").options
    assert {"kind", "weight"} < set(offered)
    assert "gloss" not in offered, "texts that all differ are read, and colour nothing"
    words = Shown(View(available()[file]), 5000)
    layout = layouts.by_pca(words)
    for name in ("kind", "weight"):
        colour = colours.offered(words)[name](layout)
        texts = projections._told(words, colour)
        assert f"{name}: " not in texts[0], "what colours is told already"
        assert "gloss: queen <b>x</b>" in texts[1]
        table = taking.coordinates(words, layout, colour)
        assert table["kind"].tolist() == ["other", "royal", *["other"] * 7]
        np.testing.assert_allclose(table["weight"], np.arange(9) / 2)
    with zipfile.ZipFile(io.BytesIO(taking.projector(words, "mine"))) as packed:
        metadata = packed.read("mine/mine.metadata.tsv").decode().splitlines()
    assert metadata[0] == "word\tkind\tweight\tgloss"
    assert metadata[2] == "queen\troyal\t0.5\tqueen <b>x</b>"
    app = open_page("embeddings", source=file, dims="3", colour="weight")
    assert not app.exception


def test_what_is_on_the_map_can_be_taken_along(file):
    view = View(available()[file])
    words = Shown(view, 5000)
    layout = layouts.by_pca(words)
    places = taking.coordinates(words, layout, Colour(np.arange(9) % 2, "kind", ("a", "b")))
    assert places["word"].tolist() == WORDS
    np.testing.assert_allclose(places[["x", "y"]].to_numpy(), layout.xy)
    assert places["kind"].tolist()[:3] == ["a", "b", "a"]
    assert places["neighbours_kept"].between(0, 1).all()
    assert taking.coordinates(words, layout, rows=np.array([1, 8]))["word"].tolist() == ["queen", "国王"]
    near = taking.neighbours(words)
    vectors = opened.find(file).vectors()
    for word in ("king", "apple"):
        told = near[near["word"] == word]
        ours = vectors.neighbours(word, 8)
        np.testing.assert_allclose(told["cosine"], [each.similarity for each in ours], atol=1e-5)
    with zipfile.ZipFile(io.BytesIO(taking.projector(words, "mine"))) as packed:
        names = packed.namelist()
        config = packed.read("mine/projector_config.pbtxt").decode()
        assert all(f'"{name.partition("/")[2]}"' in config for name in names if name.endswith(".tsv"))
        assert len(packed.read(names[0]).splitlines()) == 9


def test_chosen_words_are_taken_along_though_a_button_makes_its_table_when_nobody_knows_the_address_any_more(file, monkeypatch):
    made = {}
    monkeypatch.setattr(st, "download_button", lambda label, data, *given, key=None, **more: made.update({key: data}))
    open_page("embeddings", source=file, take="chosen", chosen=selections.written(np.array([1, 8])))
    assert list(pd.read_csv(io.StringIO(made["take-csv"]()))["word"]) == ["queen", "国王"]
    assert list(pd.read_parquet(io.BytesIO(made["take-parquet"]()))["word"]) == ["queen", "国王"]


@pytest.mark.parametrize(
    ("matrix", "told"),
    [
        (np.ones((9, 4)), "equal"),
        (np.arange(9.0)[:, None], "one dimension"),
        (np.where(np.arange(9)[:, None] == 3, np.nan, MATRIX), "1 word of these has no place"),
        (np.full((9, 4), np.nan), "None of these words has a place"),
    ],
    ids=["equal", "one dimension", "some NaN", "all NaN"],
)
@pytest.mark.parametrize("projection", ["pca", "umap", "tsne", "axes"])
def test_vectors_whose_map_is_odd_are_answered_in_words(home, matrix, told, projection):  # noqa: F811
    id = opened.keep(Reading(Vectors(WORDS, matrix.astype(np.float32)), FORMATS[1]), "odd.txt").id
    app = open_page("embeddings", source=id, projection=projection, word="king", left="man", right="woman", colour="neighbours kept")
    assert not app.exception
    assert told in said(app).replace("\\", "")


def test_two_points_are_a_map(home):  # noqa: F811
    id = opened.keep(Reading(Vectors(["one", "two"], np.eye(2, dtype=np.float32)), FORMATS[1]), "two.txt").id
    for query in ({"projection": "umap"}, {"dims": "3"}, {"ask": "groups"}, {"word": "one"}):
        app = open_page("embeddings", source=id, **query)
        assert not app.exception
