"""The page Files: opening what people bring, saving what they take along."""

from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st

from core import formats, opened
from core.formats import FORMATS, Reading
from core.systems import SYSTEMS
from core.text.corpora import find
from core.training.run import RunConfig, create
from core.training.trainer import train
from core.vectors import Vectors
from pages.ui import files, load
from tests.pages.test_pages import home, open_page, said  # noqa: F401

SMALL = b"3 2\nking 1 2\nqueen 3 4\n<b>*apple*</b> 5 6\n"


@pytest.fixture
def upload(monkeypatch):
    """What the uploader of vectors holds, and with names that begin with "columns " that of columns: AppTest cannot fill them."""
    held: dict[str, bytes] = {}

    def uploader(*_, key, **__):
        files = [SimpleNamespace(name=name, getvalue=lambda each=each: each) for name, each in held.items()]
        columns = [each for each in files if each.name.startswith("columns ")]
        return next(iter(columns), None) if key.startswith("columns") else [each for each in files if each not in columns]

    monkeypatch.setattr(st, "file_uploader", uploader)
    return held


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.bin", "b.vec.gz"], [("a.bin", []), ("b.vec.gz", [])]),
        (["x.words.txt", "x.npy"], [("x.npy", ["x.words.txt"])]),
        (["metadata.tsv", "vectors.tsv.gz"], [("vectors.tsv.gz", ["metadata.tsv"])]),
        (["x.npy", "words.txt", "other.bin", "glove.txt"], [("x.npy", ["words.txt"]), ("other.bin", []), ("glove.txt", [])]),
        (["metadata.tsv"], [("metadata.tsv", [])]),
        ([], []),
    ],
)
def test_the_files_of_a_pair_find_each_other(names, expected):
    assert files.grouped(names) == expected


def test_a_file_is_opened_listed_and_removed(home, upload):  # noqa: F811
    upload["small <i>.txt"] = SMALL
    app = open_page("vectors")
    app.button(key="vectors-open").click().run()
    assert not app.exception
    (kept,) = opened.opened()
    assert kept.n_words == 3
    assert "3 words of 2 numbers" in said(app).replace("\\", "")
    upload.clear()
    app.run()
    app.button(key=f"remove-really-{kept.id}").click().run()
    assert opened.opened() == []
    assert not app.exception


def test_a_pair_is_opened_as_one(home, upload):  # noqa: F811
    upload |= {"vectors.tsv": b"1\t2\n3\t4\n", "metadata.tsv": b"king\nqueen\n"}
    app = open_page("vectors")
    app.button(key="vectors-open").click().run()
    assert [each.n_words for each in opened.opened()] == [2]


def test_a_broken_file_is_answered_with_its_line_and_nothing_is_kept(home, upload):  # noqa: F811
    upload["broken.txt"] = b"3 2\nking 1 2\nqueen 3\n"
    app = open_page("vectors")
    app.button(key="vectors-open").click().run()
    assert not app.exception
    assert "Line 3" in said(app)
    assert opened.opened() == []


TABLE = b"word,kind,weight,gloss\nking,royal,3,a <b>man</b>\nqueen,royal,2.5,a woman\n<b>*apple*</b>,fruit,,\nnobody,x,1,y\n"


def test_a_table_that_is_chosen_with_vectors_is_kept_with_them(home, upload):  # noqa: F811
    upload |= {"small.txt": SMALL, "more.csv": TABLE}
    app = open_page("vectors")
    app.button(key="vectors-open").click().run()
    assert not app.exception
    (kept,) = opened.opened()
    assert [each.name for each in kept.columns()] == ["kind", "weight", "gloss"]
    assert "Remove them" in [each.label for each in app.button]
    upload.clear()
    app = open_page("vectors", source=kept.id)
    app.button(key="columns-remove").click().run()
    assert not app.exception
    assert kept.columns() == []


def test_a_table_is_brought_to_what_is_open_and_one_that_cannot_be_is_answered_in_words(home, upload, kept):  # noqa: F811
    upload["columns 1.csv"] = TABLE
    app = open_page("vectors", source=kept.id)
    app.button(key="columns-bring").click().run()
    assert not app.exception
    assert [each.told(0) for each in kept.columns()] == ["royal", "3", "a <b>man</b>"]
    assert "1 of the 4 rows of columns 1.csv are left out" in said(app).replace("\\", "")
    upload["columns 1.csv"] = b"word,kind\nnobody,x\n"
    app = open_page("vectors", source=kept.id)
    app.button(key="columns-bring").click().run()
    assert not app.exception
    assert "names any of these 3 words" in said(app)
    assert len(kept.columns()) == 3, "what was there stays"


def test_a_table_alone_is_told_where_it_belongs(home, upload):  # noqa: F811
    upload["more.csv"] = TABLE
    app = open_page("vectors")
    app.button(key="vectors-open").click().run()
    assert not app.exception
    assert "Choose the vectors with it" in said(app)


@pytest.fixture
def kept(home):  # noqa: F811
    words = Vectors(["king", "queen", "<b>*apple*</b>"], np.arange(6, dtype=np.float32).reshape(3, 2) + 1, np.array([9, 8, 7]))
    return opened.keep(Reading(words, FORMATS[1]), "small.txt")


@pytest.mark.parametrize("format", FORMATS, ids=lambda row: row.name)
def test_every_format_can_be_taken_along_and_read_again(kept, format):
    app = open_page("vectors", source=kept.id, format=format.name)
    app.button(key="vectors-write").click().run()
    assert not app.exception
    assert not app.error
    (folder,) = (kept.folder.parents[1] / "cache" / "exports").iterdir()
    assert len(app.get("download_button")) == len(list(folder.iterdir()))
    again = formats.read(next(path for path in folder.iterdir() if path.name.endswith(format.suffixes[0])), format=format)
    np.testing.assert_allclose(again.vectors.matrix, kept.vectors().matrix)


@pytest.fixture
def run(home):  # noqa: F811
    return trained()


def trained(**settings):
    row = next(each for each in SYSTEMS if len(each.matrices) > 1)
    settings = row.settings(d_model=8, n_steps=4, n_threads=1, batch_size=500, **settings)
    made = create(RunConfig(row.name, find("small-world:300:1").id, row.tokenizer, settings, report_every=2, eval_every=2))
    train(made)
    return made


def test_a_run_shows_every_word_in_each_of_its_matrices(run):
    row = run.config.row
    n_words = len(np.load(run.folder / "counts.npy")) - 7
    found = {name: load.whole(run, 4, name) for name in row.matrices}
    assert all(note == "" and len(vectors.words) == n_words for vectors, note in found.values())
    np.testing.assert_allclose(found["sum"][0].matrix, found["in"][0].matrix + found["out"][0].matrix, rtol=1e-5)
    np.testing.assert_array_equal(load.whole(run, 4, None)[0].matrix, found[row.matrices[0]][0].matrix)
    app = open_page("embeddings", run=run.id, matrix="out")
    assert not app.exception
    assert not app.error


def test_where_weights_were_not_kept_the_frequent_words_are_shown_and_it_is_said(run):
    (run.snapshots()[0].folder / "weights.safetensors").unlink()
    first = run.snapshots()[0].step
    vectors, note = load.whole(run, first, "out")
    assert "were not kept" in note
    assert f"“{run.config.row.matrices[0]}”" in note
    assert vectors.words == run.snapshots()[0].vectors().words
    app = open_page("embeddings", run=run.id, step=str(first))
    assert not app.exception
    assert "were not kept" in said(app)


def test_a_run_with_one_matrix_only_offers_no_choice(home):  # noqa: F811
    assert load.matrices(trained(tied=True)) == ()
    run = trained(objective="hierarchical softmax")
    assert load.matrices(run) == ()
    app = open_page("embeddings", run=run.id, matrix="out")
    assert not app.exception
    assert "Matrix" not in [each.label for each in app.selectbox]
