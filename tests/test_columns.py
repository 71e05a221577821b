"""What a table knows of words is joined to them, kept beside them, and written with them; a table that cannot be is answered in words."""

import gzip
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core import columns, exporting, formats, opened
from core.formats import FORMATS, Reading, named
from core.vectors import Vectors

WORDS = ["king", "queen", "new york", "007", "国王", '"q"', "apple", "pear"]
TABLE = pd.DataFrame(
    {
        "title": [f"the {i}th, of “many”" for i in range(40)],
        "word": [*WORDS[::-1], *(f"other{i}" for i in range(32))],
        "kind": ["fruit", "fruit", None, "place", "royal", "", "royal", "royal", *["x"] * 32],
        "weight": [0.5, np.nan, 2, 3, 4, 5, -np.inf, 1e6, *range(32)],
        "level": [1, 1, 2, 2, 3, 3, 1, 1, *range(32)],
        "seen": [True, False] * 20,
        "nothing": [None] * 40,
    }
)

pytestmark = pytest.mark.usefixtures("home")


def written(how: str, table: pd.DataFrame = TABLE) -> tuple[str, bytes]:
    """A table as somebody saves it."""
    content = io.BytesIO()
    if how == "parquet":
        table.to_parquet(content, index=False)
        return "more.parquet", content.getvalue()
    if how == "projector":
        lines = [table.columns, *table.astype(object).where(table.notna(), "").to_numpy()]
        return "more.tsv", "".join("\t".join(map(str, line)) + "\n" for line in lines).encode()
    text = table.to_csv(index=False, sep=";" if how == "semicolons" else ",").encode()
    return ("more.csv.gz", gzip.compress(text, mtime=0)) if how == "packed" else ("more.csv", b"\xef\xbb\xbf" + text)


def told(found: list[columns.Column]) -> dict[str, list[str]]:
    return {each.name: [each.told(row) for row in range(len(each.values))] for each in found}


@pytest.mark.parametrize("how", ["parquet", "comma", "semicolons", "projector", "packed"])
def test_a_table_is_joined_by_its_column_of_words_however_it_is_saved(how: str) -> None:
    name, content = written(how)
    found, notes = columns.of(WORDS, content, name)
    judge = pd.DataFrame({"word": WORDS}).merge(TABLE, on="word", how="left")  # pandas
    by_name = {each.name: each for each in found}
    assert list(by_name) == ["title", "kind", "weight", "level", "seen"]
    assert told(found)["title"] == judge["title"].tolist()
    assert told(found)["kind"] == judge["kind"].fillna("").tolist()
    np.testing.assert_allclose(by_name["weight"].values, judge["weight"].where(np.isfinite(judge["weight"])).to_numpy(np.float32))
    assert told(found)["level"] == judge["level"].astype(str).tolist()
    assert [each.lower() for each in told(found)["seen"]] == [str(each).lower() for each in judge["seen"]]
    assert by_name["kind"].names[0] == "royal", "the frequent first"
    assert by_name["level"].names == ("1", "2", "3")
    assert any("32 of the 40 rows" in note and "other0" in note for note in notes)


def test_texts_that_all_differ_are_read_and_part_no_words() -> None:
    words = [f"w{i}" for i in range(1000)]
    table = pd.DataFrame({"word": words, "gloss": [f"meaning {i}" for i in range(1000)], "kind": [f"kind {i % 100}" for i in range(1000)]})
    found, notes = columns.of(words, written("comma", table)[1], "more.csv")
    assert [each.categorical for each in found] == [False, True]
    assert notes == ["“gloss” is shown as text and colours nothing: it has 1,000 different values."]


def test_whole_numbers_that_all_differ_are_numbers_however_few_words_have_one() -> None:
    found, notes = columns.of(WORDS, f"word,rating\n{WORDS[0]},1\n{WORDS[3]},5\n".encode(), "ratings.csv")
    assert not found[0].names
    np.testing.assert_array_equal(found[0].values[[0, 1, 3]], [1, np.nan, 5])
    assert not any("colours nothing" in note for note in notes)


def test_words_that_stand_twice_are_taken_once_and_missing_ones_are_empty() -> None:
    found, notes = columns.of(WORDS, b"word,kind\nking,first\nking,second\nqueen,third\n", "t.csv")
    assert told(found)["kind"][:3] == ["first", "third", ""]
    assert "1 rows of t.csv are left out, of words that stand before, such as “king”." in notes
    assert "6 of the 8 words have no row in t.csv: their cells are empty." in notes


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"word,kind\n", "no rows"),
        (b"word\nking\n", "one column"),
        (b"word,kind\nnobody,1\nnothing,2\n", "names any of these 8 words: “word” begins with “nobody”, “nothing”"),
        (b"height,width\n0.5,1.5\n", "names any of these"),
        (b"word,kind\nking,1,2\n", "Expected 2 columns, got 3"),
        (b"word,kind\nking,\xff\n", "neither text in UTF-8"),
        (b"word,kind\nking,\nqueen,\n", "no cell in their rows"),
        (b"\x80\x04\x95\x00\x00\x00.", "begins with the bytes 80 04 95"),
        (bytes(range(256)) * 4, "begins with the bytes 00 01"),
        (b"PAR1 and then nothing", "no whole table"),
        (written("parquet")[1][:-40], "no whole table"),
        (written("parquet", TABLE[["weight"]])[1], "no column of words. It has weight"),
        (written("parquet", pd.DataFrame({"vector": [[1.0, 2.0]]}))[1], "no column of words"),
        (gzip.compress(b"word,kind\n" * 99, mtime=0)[:-9], "cut short as a .gz"),
    ],
)
def test_a_table_that_cannot_be_joined_is_answered_in_words(content: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=r"t\.csv") as wrong:
        columns.of(WORDS, content, "t.csv")
    assert said in str(wrong.value)


def test_a_million_rows_of_as_many_texts_are_joined_in_seconds() -> None:
    n = 200_000
    words = [f"w{i}" for i in range(n)]
    content = "word,text,value\n" + "".join(f"w{i},text {i},{i / 7}\n" for i in range(n - 1, -1, -1))
    found, _ = columns.of(words, content.encode(), "large.csv")
    assert found[0].told(n - 1) == f"text {n - 1}"
    assert found[1].values[7] == 1


@pytest.fixture
def vectors() -> Vectors:
    return Vectors(WORDS, np.random.default_rng(1).standard_normal((8, 3)).astype(np.float32), np.arange(8, 0, -1))


def test_what_was_brought_is_kept_with_the_vectors_for_any_of_their_words_until_it_is_removed(vectors: Vectors) -> None:
    found = opened.keep(Reading(vectors, FORMATS[1]), "some.txt")
    assert found.columns() == []
    columns.bring(found.folder, WORDS, written("comma")[1], "more.csv")
    once = told(opened.find(found.id).columns())
    assert once == told(columns.of(WORDS, written("comma")[1], "more.csv")[0])
    some = columns.kept(found.folder, ["apple", "nobody", "king"])
    assert told(some)["kind"] == ["fruit", "", "royal"]
    (found.folder / columns.KEPT).write_bytes(b"PAR1")
    assert found.columns() == [], "damaged ones are none"
    columns.remove(found.folder)
    columns.remove(found.folder)
    assert found.columns() == []


@pytest.mark.parametrize("format", ["tsv", "parquet"])
def test_columns_stand_in_the_files_that_have_room_for_them_and_are_opened_with_the_vectors(format: str, vectors: Vectors, tmp_path: Path) -> None:
    found, _ = columns.of(WORDS, written("comma")[1], "more.csv")
    path, *others = formats.write(vectors, tmp_path / "some", named(format), more=columns.as_table(found))
    judge = pd.read_csv(others[0], sep="\t", dtype=str, keep_default_na=False) if others else pd.read_parquet(path)
    assert judge["title"].tolist() == told(found)["title"]
    again = opened.add(path)
    assert told(again.columns()) == told(found)
    assert again.vectors().words == WORDS
    np.testing.assert_array_equal(again.vectors().matrix, vectors.matrix)
    other = {"tsv": "parquet", "parquet": "tsv"}[format]
    (converted, *_), _ = exporting.convert(path, named(other), tmp_path / "there")
    assert told(opened.add(converted).columns()) == told(found)


def test_a_table_of_vectors_by_columns_has_its_texts_as_columns(vectors: Vectors, tmp_path: Path) -> None:
    pd.DataFrame({"word": WORDS, "d0": vectors.matrix[:, 0], "d1": vectors.matrix[:, 1], "kind": ["a", "b"] * 4}).to_parquet(tmp_path / "wide.parquet")
    added = opened.add(tmp_path / "wide.parquet")
    assert added.d_model == 2
    assert told(added.columns()) == {"kind": ["a", "b"] * 4}


def test_without_columns_the_projector_gets_a_bare_list(vectors: Vectors, tmp_path: Path) -> None:
    _, words = formats.write(vectors, tmp_path / "some", named("tsv"), more=columns.as_table([]))
    assert words.read_text("utf-8").splitlines() == WORDS
