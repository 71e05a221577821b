"""Exporting, converting and opening, from the command line."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors

from core import columns, exporting, formats, opened
from core.__main__ import main
from core.embeddings import matrices
from core.formats import named
from core.training.run import Run
from core.vectors import Vectors

ROOT = Path(__file__).parents[1]
TINY = ("--corpus", "small-world:2000:1", "--d-model", "8", "--n-steps", "30", "--batch-size", "500", "--n-threads", "1", "--tokenizer.min-count", "1")


@pytest.fixture(autouse=True, scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("workspace")
    os.environ["ORRERY_HOME"] = str(home)
    yield home
    del os.environ["ORRERY_HOME"]


def core(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-m", "core", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def trained(workspace: Path) -> Run:
    done = core("train", "skip-gram", *TINY, "--name", "tiny")
    assert done.returncode == 0, done.stderr
    return Run(workspace / "tiny")


def weights(run: Run) -> dict[str, np.ndarray]:
    found = run.snapshots()[-1].weights()
    assert found is not None
    return found


def test_a_run_is_exported_for_gensim(trained: Run, tmp_path: Path) -> None:
    done = core("export", trained.id, "--format", "word2vec-bin", "--gz", "--to", str(tmp_path))
    assert done.stdout.strip() == str(tmp_path / "tiny.bin.gz")
    judge = KeyedVectors.load_word2vec_format(str(tmp_path / "tiny.bin.gz"), binary=True)
    whole = exporting.vectors(trained)
    assert judge.index_to_key == whole.words
    assert np.array_equal(judge.vectors, whole.matrix)


def test_a_run_with_one_matrix_of_words_has_no_other(trained: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "skip-gram", *TINY, "--objective", "hierarchical softmax", "--name", "tree"]) == 0
    assert "of memory" in capsys.readouterr().err, "what it takes is said before it starts"
    assert main(["export", "tree", "--matrix", "sum", "--to", str(tmp_path)]) == 2
    assert "no matrix “sum”: its second matrix is of a tree's nodes" in capsys.readouterr().err
    assert main(["export", "tree", "--format", "weights", "--gz", "--to", str(tmp_path)]) == 2
    assert "Leave out --gz" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("matrix", ["in", "out", "sum", "mean", "concatenation"])
def test_each_matrix_of_a_run_can_be_had(trained: Run, matrix: str, tmp_path: Path) -> None:
    whole, named_whole = exporting.vectors(trained, matrix), weights(trained)
    special = len(named_whole["W_in"]) - len(whole.words)
    assert np.array_equal(whole.matrix, matrices.combined(named_whole["W_in"], named_whole["W_out"], matrix)[special:])
    (path,) = exporting.export(trained, "npy", tmp_path, matrix=matrix)[:1]
    assert path.name == f"tiny-{matrix}.npy"
    assert np.array_equal(np.load(path), whole.matrix)


def test_the_text_of_a_run_is_not_needed(trained: Run, workspace: Path, tmp_path: Path) -> None:
    before = exporting.vectors(trained)
    copy = Run(Path(shutil.copytree(trained.folder, workspace / "copy")))
    corpora = workspace / "corpora"
    corpora.rename(tmp_path / "away")
    shutil.move(workspace / "cache", tmp_path / "cache")
    try:
        after = exporting.vectors(copy)
        assert after.words == before.words
        assert np.array_equal(after.matrix, before.matrix)
        assert before.counts is not None
        assert np.array_equal(after.counts, before.counts)
    finally:
        shutil.rmtree(corpora, ignore_errors=True)
        (tmp_path / "away").rename(corpora)
        shutil.rmtree(workspace / "cache", ignore_errors=True)
        shutil.move(tmp_path / "cache", workspace / "cache")
        copy.delete()


def test_an_older_run_without_counts_counts_its_text_again(trained: Run, workspace: Path) -> None:
    copy = Run(Path(shutil.copytree(trained.folder, workspace / "older")))
    (copy.folder / "counts.npy").unlink(missing_ok=True)
    assert list(exporting.vectors(copy).counts) == list(exporting.vectors(trained).counts)
    (copy.folder / "counts.npy").write_bytes(b"damaged")
    assert list(exporting.vectors(copy).counts) == list(exporting.vectors(trained).counts)
    copy.delete()


def test_no_two_formats_overwrite_one_another(trained: Run, tmp_path: Path) -> None:
    names = [path.name for each in (*(row.name for row in formats.FORMATS), exporting.WEIGHTS) for path in exporting.export(trained, each, tmp_path)]
    assert len(set(names)) == len(names) == len(list(tmp_path.iterdir()))


def test_a_file_is_converted(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("the 1 2\nof 3 4\nthe 5 6\n")
    done = core("convert", str(tmp_path / "a.txt"), "--format", "parquet", "--to", str(tmp_path / "new folder"))
    assert done.stdout.strip() == str(tmp_path / "new folder" / "a.parquet")
    assert "1 row is left out, of a word that stands before" in done.stderr
    assert formats.read(tmp_path / "new folder" / "a.parquet").vectors.words == ["the", "of"]


def test_a_file_is_never_written_over_itself(tmp_path: Path) -> None:
    path = formats.write(Vectors(["a"], np.ones((1, 2), np.float32)), tmp_path / "a", named("vec"))[0]
    before = path.read_bytes()
    failed = core("convert", str(path), "--format", "vec", "--to", str(tmp_path))
    assert failed.returncode == 2
    assert "That would overwrite" in failed.stderr
    assert path.read_bytes() == before


def test_opened_files_are_listed_exported_and_removed(tmp_path: Path) -> None:
    (tmp_path / "my vectors.txt").write_text("2 2\nthe 1 2\nof 3 4\n")
    (tmp_path / "more.csv").write_text("word,kind\nof,small\nthe,large\nand,large\n")
    done = core("open", str(tmp_path / "my vectors.txt"), "--name", "mine", "--columns", str(tmp_path / "more.csv"))
    id = done.stdout.strip()
    assert id.startswith("mine-")
    assert "1 of the 3 rows of more.csv are left out" in done.stderr
    (kind,) = opened.find(id).columns()
    assert [kind.told(0), kind.told(1)] == ["large", "small"]
    assert f"{id}  2 words of 2 numbers, from a file in the format word2vec text." in core("vectors").stdout
    assert core("export", id, "--format", "glove", "--to", str(tmp_path)).returncode == 0
    assert (tmp_path / f"{id}.glove.txt").read_text() == "the 1 2\nof 3 4\n"
    assert core("vectors", "--remove", id).returncode == 0
    assert core("vectors").stdout == ""
    assert opened.opened() == []


def test_a_table_is_brought_to_the_words_of_a_run(trained: Run, tmp_path: Path) -> None:
    words = exporting.vectors(trained).words
    (tmp_path / "more.csv").write_text(f"word,kind\n{words[0]},first\n")
    assert core("columns", trained.id, str(tmp_path / "more.csv")).stdout.strip() == trained.id
    (kind,) = columns.kept(trained.folder, words)
    assert [kind.told(0), kind.told(1)] == ["first", ""]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["columns", "tiny", "README.md"], "README.md"),
        (["export", "nothing", "--format", "glove"], "There is no run called 'nothing'"),
        (["export", "tiny", "--format", "docx"], "docx"),
        (["export", "tiny", "--matrix", "middle"], "middle"),
        (["convert", "no/such/file", "--format", "vec"], "no/such/file"),
        (["convert", ".", "--format", "vec"], "is a folder"),
        (["open", "README.md"], "holds text, but no vectors"),
        (["vectors", "--remove", "nothing"], "There are no opened vectors called 'nothing'"),
    ],
)
def test_a_mistake_is_a_sentence_and_never_a_traceback(trained: Run, arguments: list[str], words: str) -> None:
    failed = core(*arguments)
    assert failed.returncode == 2
    assert words in failed.stderr
    assert "Traceback" not in failed.stderr
