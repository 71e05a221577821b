"""Vectors that a user opened are there again at once, whatever file they came in, until they are removed."""

import json
from pathlib import Path

import numpy as np
import pytest
from gensim.models.fasttext import load_facebook_vectors
from gensim.test.utils import datapath

from core import formats, opened
from core.formats import FORMATS, Format, named
from core.training.run import runs
from core.vectors import Vectors
from core.workspace import workspace

N, D = 40, 5

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def vectors() -> Vectors:
    matrix = np.random.default_rng(1).standard_normal((N, D)).astype(np.float32)
    return Vectors(["the", "new york", "naïve", *(f"w{i}" for i in range(N - 3))], matrix, np.arange(N, 0, -1))


@pytest.mark.parametrize("format", FORMATS, ids=lambda each: each.name)
def test_what_was_opened_is_there_again(vectors: Vectors, format: Format, tmp_path: Path) -> None:
    path = formats.write(vectors, tmp_path / "some", format)[0]
    added = opened.add(path)
    direct = formats.read(path).vectors
    (again,) = opened.opened()
    assert again == added == opened.find(added.id)
    assert again.name == path.name
    found = again.vectors()
    assert found.words == direct.words
    assert np.array_equal(found.matrix, direct.matrix)
    assert (None if found.counts is None else list(found.counts)) == (None if direct.counts is None else list(direct.counts))
    assert found.neighbours("the", 5) == direct.neighbours("the", 5)
    assert again.about.startswith(f"40 words of 5 numbers, from a file in the format {named(again.format).title}")
    assert runs() == [], "the folder of vectors is no run"


def test_the_matrix_stays_on_the_disk(vectors: Vectors, tmp_path: Path) -> None:
    added = opened.add(formats.write(vectors, tmp_path / "some", named("vec"))[0])
    matrix = added.vectors().matrix
    assert isinstance(matrix.base, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        matrix[0, 0] = 1


def test_words_never_seen_keep_their_vectors() -> None:
    path = Path(datapath("toy-model.bin"))
    found = opened.add(path).vectors()
    judge = load_facebook_vectors(str(path))
    for word in ("anarchist", "neverseen", "naïve"):
        assert found.vector(word) == pytest.approx(judge.get_vector(word), abs=1e-7)
    assert "words never seen have vectors too" in opened.opened()[0].about
    with pytest.raises(ValueError, match="not among"):
        found.vector("")


def test_the_same_vectors_under_the_same_name_are_kept_once(vectors: Vectors, tmp_path: Path) -> None:
    path = formats.write(vectors, tmp_path / "some", named("word2vec-bin"))[0]
    first, again = opened.add(path), opened.add(path.read_bytes(), "some.bin")
    assert first.id == again.id
    other = opened.add(path, "another name")
    assert {each.id for each in opened.opened()} == {first.id, other.id}
    changed = Vectors(vectors.words, vectors.matrix + 1)
    assert opened.add(formats.write(changed, tmp_path / "some", named("word2vec-bin"))[0]).id != first.id


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "...", "/", "naïve 北京.vec", "a" * 500, "con\nnew", "a b;rm -rf *", ".hidden", "-rf"])
def test_whatever_a_file_is_called_it_stays_in_its_folder(name: str) -> None:
    added = opened.add(b"a 1 2\nb 3 4\n", name)
    assert added.folder.parent == workspace() / "vectors"
    assert added.folder.is_dir()
    assert opened.find(added.id).vectors().words == ["a", "b"]
    added.remove()
    assert opened.opened() == []


def test_removed_ones_are_gone_and_removing_twice_is_no_error(vectors: Vectors, tmp_path: Path) -> None:
    path = formats.write(vectors, tmp_path / "some", named("vec"))[0]
    added = opened.add(path)
    added.remove()
    added.remove()
    assert opened.opened() == []
    assert path.exists(), "the user's file stays"
    assert not list((workspace() / "vectors").iterdir())


@pytest.mark.parametrize("id", ["nothing", "..", "../corpora", "", "A", "a/b", "x" * 5000])
def test_an_id_that_there_is_not_is_said(id: str) -> None:
    with pytest.raises(ValueError, match=r"There are no opened vectors called .*; there are none at all"):
        opened.find(id)


def test_what_is_half_there_is_not_listed(vectors: Vectors, tmp_path: Path) -> None:
    added = opened.add(formats.write(vectors, tmp_path / "some", named("vec"))[0])
    content = (added.folder / "matrix.npy").read_bytes()
    (added.folder / "matrix.npy").write_bytes(content[:-1])
    assert opened.opened() == []
    assert opened.add(tmp_path / "some.vec").vectors().words[1] == "new▁york", "it is put in place of the damaged one"
    (added.folder / "about.json").write_text(json.dumps({"id": added.id}))
    (workspace() / "vectors" / "stray").mkdir()
    assert opened.opened() == []


def test_what_is_damaged_is_said_with_what_to_do(vectors: Vectors, tmp_path: Path) -> None:
    added = opened.add(formats.write(vectors, tmp_path / "some", named("vec"))[0])
    (added.folder / "words.json").write_text('["the"')
    with pytest.raises(ValueError, match=r"can no longer be read .* Remove them, and open their file again"):
        added.vectors()


def test_what_was_odd_about_the_file_is_remembered() -> None:
    added = opened.add(b"a 1 2\nb 3 4\na 5 6\n", "twice.txt")
    assert added.notes == opened.find(added.id).notes == ("1 row is left out, of a word that stands before: “a” at line 3 stands at line 1 already.",)


def test_a_broken_file_leaves_nothing_behind() -> None:
    with pytest.raises(ValueError, match=r"Line 2 of a.txt"):
        opened.add(b"a 1 2\nb 3\n", "a.txt")
    assert not (workspace() / "vectors").exists() or not list((workspace() / "vectors").iterdir())


def test_both_files_of_a_pair_are_taken_from_an_upload() -> None:
    added = opened.add(b"1.5\t2\n3\t4\n", "vectors.tsv", beside={"the words.tsv": b"a b\nc\n"})
    assert added.vectors().words == ["a b", "c"]


def test_progress_is_told(vectors: Vectors, tmp_path: Path) -> None:
    told: list[str] = []
    opened.add(formats.write(vectors, tmp_path / "some", named("vec"))[0], progress=lambda what, fraction: told.append(what))
    assert "reading some.vec" in told
    assert "keeping the vectors" in told
