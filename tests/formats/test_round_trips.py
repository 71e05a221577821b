"""What is written here is read by those whose formats these are, and what they write is read here: the same words, the same bits."""

import gc
import gzip
import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from gensim.models import KeyedVectors
from gensim.test.utils import datapath
from safetensors import safe_open
from safetensors.numpy import save_file

from core import formats
from core.formats import FORMATS, Format, named
from core.vector_commands import FormatName
from core.vectors import Vectors

N, D = 300, 7
# The smallest, one of the largest that are read, one of nine digits.
DELICATE = np.array([1e-38, 1e-7, 1.17549435e-38, 1e-45, 7.9e15, -0.0, 16777216], np.float32)


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    generator = np.random.default_rng(1)
    words = ["</s>", "naïve", "北京", "🙂", '"', "'", "a,b", "1.5", "nan", "#", "\\", "N/A", *(f"word{i}" for i in range(N - 12))]
    matrix = (generator.standard_normal((N, D)) * 10.0 ** generator.integers(-8, 8, (N, 1))).astype(np.float32)
    matrix[5] = DELICATE / 8
    return Vectors(words, matrix, np.arange(N, 0, -1))


def judged(path: Path, **options: object) -> Vectors:
    """As gensim reads it; without a header it leaves the file open, which is its affair."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        judge = KeyedVectors.load_word2vec_format(str(path), **options)
        gc.collect()
    return Vectors(judge.index_to_key, judge.vectors)


def same(found: Vectors, wanted: Vectors) -> None:
    assert found.words == wanted.words
    assert found.matrix.dtype == np.float32
    assert found.matrix.tobytes() == wanted.matrix.tobytes(), "every bit"


@pytest.mark.parametrize("format", FORMATS, ids=lambda each: each.name)
@pytest.mark.parametrize("gz", [False, True])
def test_what_is_written_is_read_again(vectors: Vectors, format: Format, gz: bool, tmp_path: Path) -> None:
    first, *others = formats.write(vectors, tmp_path / "some", format, gz)
    assert first.name == format.target("some") + ".gz" * gz
    assert len(others) == bool(format.beside)
    reading = formats.read(first)
    same(reading.vectors, vectors)
    assert reading.notes == []
    text_twins = {"vec", "word2vec-txt"}  # the same but for the name
    assert reading.format.name == format.name or {reading.format.name, format.name} == text_twins
    if format.name in ("parquet", "safetensors", "fasttext-bin"):
        assert reading.vectors.counts is not None
        assert np.array_equal(reading.vectors.counts, vectors.counts)
    assert not list(tmp_path.glob(".*")), "nothing half-written stays"


@pytest.mark.parametrize("format", FORMATS, ids=lambda each: each.name)
def test_the_content_shows_the_format_whatever_the_name(vectors: Vectors, format: Format, tmp_path: Path) -> None:
    paths = formats.write(vectors, tmp_path / "some", format)
    beside = {path.name: path.read_bytes() for path in paths[1:]}
    reading = formats.read(paths[0].read_bytes(), name="upload.tsv" if format.name == "tsv" else "upload", beside=beside)
    same(reading.vectors, vectors)


def test_no_two_formats_write_the_same_file() -> None:
    assert len({row.suffixes[0] for row in FORMATS}) == len(FORMATS) == len({row.name for row in FORMATS})
    assert set(FormatName.__args__) == {row.name for row in FORMATS}
    with pytest.raises(ValueError, match="no format called 'docx'; there are word2vec-bin, "):
        named("docx")


def test_a_suffix_that_is_there_already_is_not_added_again(vectors: Vectors, tmp_path: Path) -> None:
    assert formats.write(vectors, tmp_path / "a.vec", named("vec")) == [tmp_path / "a.vec"]


@pytest.mark.parametrize(("format", "options"), [("word2vec-bin", {"binary": True}), ("word2vec-txt", {}), ("vec", {}), ("glove", {"no_header": True})])
@pytest.mark.parametrize("gz", [False, True])
def test_gensim_reads_what_is_written_here(vectors: Vectors, format: str, options: dict[str, bool], gz: bool, tmp_path: Path) -> None:
    (path,) = formats.write(vectors, tmp_path / "some", named(format), gz)
    same(judged(path, **options), vectors)


@pytest.mark.parametrize(("format", "options"), [("word2vec-bin", {"binary": True}), ("word2vec-txt", {"binary": False}), ("glove", {"write_header": False})])
@pytest.mark.parametrize("ending", ["", ".gz"])
def test_what_gensim_writes_is_read_here(vectors: Vectors, format: str, options: dict[str, bool], ending: str, tmp_path: Path) -> None:
    keyed = KeyedVectors(D)
    keyed.add_vectors(vectors.words, vectors.matrix)
    path = tmp_path / f"theirs{ending}"
    keyed.save_word2vec_format(str(path), **options)
    reading = formats.read(path)
    assert reading.format.name == format
    same(reading.vectors, vectors)


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("word2vec_pre_kv_c", "word2vec-txt"),  # written by the C tool: blanks at the end of each line
        ("euclidean_vectors.bin", "word2vec-bin"),
        ("high_precision.kv.bin", "word2vec-bin"),
        ("high_precision.kv.txt", "word2vec-txt"),
        ("lee_fasttext.vec", "vec"),
        ("toy-model.vec", "vec"),
        ("crime-and-punishment.vec", "vec"),
        ("pang_lee_polarity_fasttext.vec", "vec"),  # some words are not in UTF-8
        ("w2v_keyedvectors_load_test.modeldata", "word2vec-txt"),
        ("test_glove.txt", "glove"),
    ],
)
def test_files_of_the_original_tools_are_read_as_gensim_reads_them(name: str, format: str) -> None:
    path = Path(datapath(name))
    reading = formats.read(path)
    assert reading.format.name == format
    same(reading.vectors, judged(path, binary=format.endswith("bin"), no_header=format == "glove", unicode_errors="replace"))


def test_the_line_ends_of_the_c_tool_and_their_absence_in_gensim_are_one(vectors: Vectors, tmp_path: Path) -> None:
    head = f"{N} {D}\n".encode()
    rows = [word.encode() + b" " + row.tobytes() for word, row in zip(vectors.words, vectors.matrix, strict=True)]
    for content in (head + b"".join(rows), head + b"\n".join(rows), head + b"".join(row + b"\n" for row in rows)):
        same(formats.read(content).vectors, vectors)


def test_pandas_and_pyarrow_read_the_table(vectors: Vectors, tmp_path: Path) -> None:
    (path,) = formats.write(vectors, tmp_path / "some", named("parquet"))
    table = pd.read_parquet(path)
    assert list(table.columns) == ["word", "count", "vector"]
    same(Vectors(list(table["word"]), np.stack(list(table["vector"]))), vectors)
    assert list(table["count"]) == list(range(N, 0, -1))


@pytest.mark.parametrize("kind", ["lists", "large lists", "lists of doubles", "a column a dimension", "an index of words"])
def test_tables_of_others_are_read(vectors: Vectors, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "theirs.parquet"
    values = vectors.matrix.astype(np.float64 if "doubles" in kind else np.float32)
    if kind.startswith(("lists", "large")):
        inner = pa.float64() if "doubles" in kind else pa.float32()
        lists = pa.array(list(values), (pa.large_list if "large" in kind else pa.list_)(inner))
        pq.write_table(pa.table({"rank": pa.array([str(i) for i in range(N)]), "token": vectors.words, "embedding": lists}), path, row_group_size=50)
    else:
        frame = pd.DataFrame(values, index=vectors.words, columns=[str(i) for i in range(D)])
        (frame if "index" in kind else frame.reset_index(names="word")).to_parquet(path)
    same(formats.read(path).vectors, vectors)


def test_safetensors_and_its_library_agree(vectors: Vectors, tmp_path: Path) -> None:
    (path,) = formats.write(vectors, tmp_path / "some", named("safetensors"))
    with safe_open(path, framework="numpy") as file:
        same(Vectors(json.loads(file.metadata()["words"]), file.get_tensor("matrix")), vectors)
        assert np.array_equal(file.get_tensor("counts"), vectors.counts)
    theirs = tmp_path / "theirs.safetensors"
    save_file({"embeddings": vectors.matrix.astype(np.float64), "bias": np.ones(N, np.float32)}, theirs)
    (tmp_path / "theirs.json").write_text(json.dumps({word: i for i, word in enumerate(vectors.words)}))
    same(formats.read(theirs).vectors, vectors)


def test_bfloat16_is_widened(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file as save_tensors

    matrix = torch.randn(5, 3, generator=torch.Generator().manual_seed(1)).bfloat16()
    save_tensors({"weight": matrix}, tmp_path / "a.safetensors", {"words": json.dumps(list("abcde"))})
    found = formats.read(tmp_path / "a.safetensors").vectors
    assert np.array_equal(found.matrix, matrix.float().numpy())


@pytest.mark.parametrize("kind", ["<f4", "<f2", "<f8", ">f4", "<i4", "fortran"])
def test_every_matrix_of_numpys_is_read(kind: str, tmp_path: Path) -> None:
    matrix = np.arange(20).reshape(5, 4) / (1 if kind == "<i4" else 4)
    np.save(tmp_path / "a.npy", np.asfortranarray(matrix, np.float32) if kind == "fortran" else matrix.astype(kind))
    (tmp_path / "words.txt").write_text("a\nb\nc\nd\ne\n")
    found = formats.read(tmp_path / "a.npy").vectors
    assert np.array_equal(found.matrix, matrix.astype(np.float32))
    assert found.words == list("abcde")


def test_numpy_reads_what_is_written_here(vectors: Vectors, tmp_path: Path) -> None:
    paths = formats.write(vectors, tmp_path / "some", named("npy"))
    same(Vectors(paths[1].read_text().split("\n")[:-1], np.load(paths[0])), vectors)


@pytest.mark.parametrize(
    ("metadata", "counts"),
    [
        ("a b\nc\nd\n", None),
        ("a b\r\nc\r\nd\r\n", None),
        ("a b\nc\nd", None),
        ("index\tword\tcount\n0\ta b\t7\n1\tc\t6\n2\td\t5\n", [7, 6, 5]),
        ("Name\tGroup\na b\tx\nc\ty\nd\tx\n", None),
        ("a b\tx\nc\ty\nd\tx\n", None),
    ],
)
def test_the_projectors_words_come_with_or_without_a_heading(metadata: str, counts: list[int] | None, tmp_path: Path) -> None:
    (tmp_path / "vectors.tsv").write_text("1\t2\n3\t4\n5\t6.5\n")
    (tmp_path / "metadata.tsv").write_bytes(metadata.encode())
    for name in ("vectors.tsv", "metadata.tsv"):
        reading = formats.read(tmp_path / name)
        assert reading.vectors.words == ["a b", "c", "d"]
        assert np.array_equal(reading.vectors.matrix, [[1, 2], [3, 4], [5, 6.5]])
        assert (None if reading.vectors.counts is None else list(reading.vectors.counts)) == counts
        assert len(reading.notes) == ("\t" in metadata)


def test_words_keep_their_blanks_where_the_format_can_say_them(tmp_path: Path) -> None:
    vectors = Vectors([" the", "new york", "tab\there", "end\n"], np.eye(4, dtype=np.float32))
    exact = {"npy", "safetensors", "parquet", "fasttext-bin"}
    for format in FORMATS:
        path = formats.write(vectors, tmp_path / "some", format)[0]
        found = formats.read(path).vectors.words
        shown = [" the", "new york", "tab▁here", "end▁"] if format.name == "tsv" else ["▁the", "new▁york", "tab▁here", "end▁"]
        assert found == (vectors.words if format.name in exact else shown), format.name


def test_text_packed_in_several_pieces_is_read(vectors: Vectors, tmp_path: Path) -> None:
    lines = [f"{word} " + " ".join(repr(float(x)) for x in row) + "\n" for word, row in zip(vectors.words, vectors.matrix, strict=True)]
    packed = b"".join(gzip.compress("".join(lines[i : i + 100]).encode()) for i in range(0, N, 100))
    same(formats.read(packed, name="a.txt.gz").vectors, vectors)


@pytest.mark.parametrize("block", [64, 200, 1000])
def test_blocks_may_end_anywhere(vectors: Vectors, block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.formats import source, word2vec

    monkeypatch.setattr(source, "BLOCK", block)
    monkeypatch.setattr(word2vec, "PIECE", block)
    for name in ("word2vec-txt", "glove", "word2vec-bin", "tsv"):
        same(formats.read(formats.write(vectors, tmp_path / "some", named(name))[0]).vectors, vectors)


def test_progress_is_told(vectors: Vectors, tmp_path: Path) -> None:
    told: list[tuple[str, float | None]] = []
    for format in FORMATS:
        told.clear()
        path = formats.write(vectors, tmp_path / "some", format)[0]
        formats.read(path, lambda what, fraction: told.append((what, fraction)))
        fractions = [fraction for _, fraction in told if fraction is not None]
        assert fractions, format.name
        assert all(0 <= fraction <= 1 for fraction in fractions)
