"""A broken file is answered with the line or byte that is wrong and what was expected; what is only odd is taken, and said."""

import gzip
import io
import json
import pickle
import re
import struct
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from gensim.models import KeyedVectors

from core import formats
from core.formats import Reading, named, source, unpacking
from core.formats.record import Format
from core.vectors import Vectors

GOOD = "the 0.1 0.2 0.3\nof -0.4 5e-1 +.6\ncat 7. 0.8 0.9\n"
MATRIX = np.array([[0.1, 0.2, 0.3], [-0.4, 0.5, 0.6], [7, 0.8, 0.9]], np.float32)


def read(text: str | bytes, name: str = "a.txt", format: Format | None = None, **beside: bytes) -> Reading:
    content = text.encode() if isinstance(text, str) else text
    return formats.read(content, name=name, format=format, beside={key.replace("_", "."): value for key, value in beside.items()})


@pytest.mark.parametrize("head", ["", "3 3\n"])
@pytest.mark.parametrize(
    "text",
    [GOOD, GOOD.replace("\n", " \n"), GOOD.replace("\n", "\r\n"), GOOD.replace(" ", "\t"), GOOD.replace(" ", "  "), GOOD + "\n\n", GOOD[:-1], "\ufeff" + GOOD],
    ids=["as it is", "blanks at the end", "carriage returns", "tabs", "two blanks", "blank lines at the end", "no last line end", "byte order mark"],
)
def test_harmless_differences_are_no_matter(head: str, text: str) -> None:
    text = "\ufeff" * text.startswith("\ufeff") + head + text.removeprefix("\ufeff")
    found = read(text)
    assert found.vectors.words == ["the", "of", "cat"]
    assert np.array_equal(found.vectors.matrix, MATRIX)
    assert found.notes == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace(" 5e-1 +.6", " 5e-1"), "Line 2 of a.txt has 2 numbers after “of”; 3 were expected"),
        (GOOD.replace("+.6", "+.6 9"), "Line 2 of a.txt has 1 more numbers than the others"),
        (GOOD.replace("5e-1", "five"), "Line 2 of a.txt has “five” after “of” as number 2, which is no number"),
        (GOOD.replace("5e-1", "0,5"), "“0,5” after “of” as number 2, which is no number"),
        (GOOD.replace("5e-1", "5e-"), "“5e-” after “of” as number 2, which is no number"),
        (GOOD.replace("5e-1", "1.2.3"), "“1.2.3” after “of” as number 2, which is no number"),
        (GOOD.replace("5e-1", "nan"), "Line 2 of a.txt has “nan” after “of” as number 2, which is no finite number"),
        (GOOD.replace("5e-1", "-inf"), "Line 2 of a.txt has “-inf” after “of” as number 2, which is no finite number"),
        (GOOD.replace("5e-1", "1e39"), "a.txt, line 2: number 2 of “of” is inf; every number has to be finite"),
        (GOOD.replace("5e-1", "1e38"), "a.txt, line 2: the largest number of “of” is 1e+38, and no vector has such numbers"),
        (GOOD.replace("\nof", "\n\nof"), "Line 2 of a.txt is blank; a word and 3 numbers should stand there"),
        (GOOD[:-5], "Line 3 of a.txt has 2 numbers after “cat”; 3 were expected. Correct the line; where it is the last, the file is cut short"),
        ("4 3\n" + GOOD, "Line 1 of a.txt announces 4 words, and there are 3: the file ends after line 4"),
        ("3 4\n" + GOOD, "Line 1 of a.txt announces 4 numbers a word; line 2 has 3"),
        ("3 3\n" + GOOD.replace("5e-1", "x"), "Line 3 of a.txt has “x”"),
        ("2 3\nthe 1 None 2\nof 3 4 5\n", "Line 2 of a.txt has “None” after “the” as number 2, which is no number"),
        ("3 3\n", "a.txt ends after line 1, which announces 3 words of 3 numbers"),
        ("", "a.txt is empty"),
        ("\n\n", "a.txt holds text, but no vectors"),
        ("to be or not to be\nthat is the question\n", "a.txt holds text, but no vectors: line 1 is “to be or not to be”, where a word and its numbers were"),
    ],
)
def test_a_broken_text_is_answered_with_its_line(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        read(text)


def test_the_line_is_right_far_into_a_large_file(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"w{i} {i} {i}.5" for i in range(5000)]
    lines[3210] = "w3210 3210"
    monkeypatch.setattr(source, "BLOCK", 1000)
    for head, number in (("", 3211), ("5000 2\n", 3212)):
        with pytest.raises(ValueError, match=f"Line {number:,} of a.txt has 1 numbers after “w3210”; 2 were expected"):
            read(head + "\n".join(lines) + "\n")


def test_of_a_word_that_stands_twice_the_first_row_is_kept_as_gensim_does(tmp_path: Path) -> None:
    text = "5 2\na 1 2\nb 3 4\na 5 6\nc 7 8\nb 9 10\n"
    found = read(text)
    (tmp_path / "a.txt").write_text(text)
    judge = KeyedVectors.load_word2vec_format(str(tmp_path / "a.txt"))
    assert found.vectors.words == judge.index_to_key[:3] == ["a", "b", "c"]  # gensim leaves room for the others
    assert np.array_equal(found.vectors.matrix, judge.vectors[:3])
    assert found.notes == ["2 rows are left out, of words that stand before: “a” at line 4 stands at line 2 already."]


def test_blanks_inside_words_belong_to_the_word() -> None:
    found = read(". . . 0.1 0.2\nnew york 0.3 0.4\nat name@domain.com 0.5 0.6\n\u00a0 1 2\nwindows xp 95 7 8\n")
    assert found.vectors.words == [". . .", "new york", "at name@domain.com", "\u00a0", "windows xp 95"]
    assert np.array_equal(found.vectors.matrix[1], np.array([0.3, 0.4], np.float32))
    assert found.notes == ["4 words are written with blanks inside, the first in line 1: “. . .”."]


def test_a_row_without_a_word_is_said() -> None:
    found = read("a 1 2\n 3 4\n")
    assert found.vectors.words == ["a", ""]
    assert found.notes == ["One row has no word, line 2; it stands among the others as “”."]


def test_words_that_are_not_in_utf8_are_shown_as_well_as_can_be() -> None:
    found = read("Österreich 1 2\nof 3 4\nmañana 5 6\n".encode("latin-1"))
    assert found.vectors.words == ["\ufffdsterreich", "of", "ma\ufffdana"]
    assert found.notes == ["2 words are not in UTF-8, the first in line 1: what could not be read is shown as �."]


def test_more_words_than_announced_are_read_and_said() -> None:
    """As Stanford's GloVe writes: the first line counts the words, and <unk> follows them."""
    found = read("3 3\n" + GOOD + "<unk> 1 2 3\n")
    assert found.vectors.words[-1] == "<unk>"
    assert found.notes == ["Line 1 of a.txt announces 3 words, and there are 4; all were read."]


def test_a_format_that_is_said_is_believed() -> None:
    assert read("1 1\n2 2\n", format=named("glove")).vectors.words == ["1", "2"]
    assert read("1 1\n2 2\n").vectors.words == ["2"]
    with pytest.raises(ValueError, match=r"a.txt should begin with a line of two sizes, how many words and how many numbers each, not with “the"):
        read(GOOD, format=named("word2vec-bin"))


@pytest.mark.parametrize(
    "text", ["0.1234567890123456789012345", "1234567890123456789.012", "1.5E+3", "-0", "000.5", "1e-300", "4.9e-324", "123e-25", "1e-60", "9e18"]
)
def test_numbers_are_read_as_python_reads_them(text: str) -> None:
    assert read(f"a {text} 1\n").vectors.matrix[0, 0] == np.float32(float(text))


def test_random_numbers_in_all_notations_are_read_to_the_bit() -> None:
    values = np.random.default_rng(1).integers(0, 2**32, 4000, np.uint32).view(np.float32)
    values = values[np.isfinite(values) & (np.abs(values) < 1e18)]
    for notation in ("{!r}", "{:.9g}", "{:.20f}", "{:.18e}", "{:f}"):
        texts = [notation.format(float(value)) for value in values]
        found = read("".join(f"w{i} {text} 1\n" for i, text in enumerate(texts))).vectors.matrix[:, 0]
        assert np.array_equal(found, np.array([float(text) for text in texts]).astype(np.float32)), notation


# binary


def binary(words: list[bytes], matrix: np.ndarray, head: str | None = None) -> bytes:
    rows = b"".join(word + b" " + row.tobytes() + b"\n" for word, row in zip(words, matrix.astype("<f4"), strict=True))
    return (head or f"{len(words)} {matrix.shape[1]}\n").encode() + rows


@pytest.fixture(scope="module")
def whole() -> bytes:
    return binary([b"the", b"of", b"cat"] * 20, np.random.default_rng(1).standard_normal((60, 8)).astype(np.float32))


def unlike(n: int, d: int) -> tuple[list[bytes], np.ndarray]:
    return [f"w{i}".encode() for i in range(n)], np.random.default_rng(2).standard_normal((n, d)).astype(np.float32)


def test_a_binary_file_cut_short_is_answered_with_the_byte_and_the_word() -> None:
    content = binary(*unlike(60, 8))
    with pytest.raises(ValueError, match=r"a.bin is cut short, or its first line is wrong: it announces 60 words .* the file ends at byte 1,000, in word 31"):
        read(content[:1000], "a.bin")
    with pytest.raises(ValueError, match=r"a.bin is cut short in word 60: there are 29 bytes from byte \d\S* on, where a word, a blank and 32 bytes"):
        read(content[:-8], "a.bin")
    with pytest.raises(ValueError, match=r"broken or cut short as a .gz"):
        read(gzip.compress(content)[:-100], "a.bin.gz")
    with pytest.raises(ValueError, match=r"a.bin is cut short in word 32"):
        read(gzip.compress(content[:1150]), "a.bin.gz")


@pytest.mark.parametrize("head", ["60 9\n", "60 7\n", "61 8\n", "1000000 8\n", "60 1000000\n", "99999999999 300\n"])
def test_a_first_line_that_lies_is_answered(head: str) -> None:
    words, matrix = unlike(60, 8)
    with pytest.raises(ValueError, match=r"announces|is cut short") as answered:
        read(binary(words, matrix, head), "a.bin")
    assert re.search(r"byte \d|word \d", str(answered.value))
    with pytest.raises(ValueError, match=r"announces|is cut short|take"):
        read(gzip.compress(binary(words, matrix, head)), "a.bin.gz")


def test_more_rows_than_announced_are_read_and_said() -> None:
    words, matrix = unlike(60, 8)
    found = read(binary(words, matrix, "50 8\n"), "a.bin")
    assert len(found.vectors.words) == 60
    assert found.notes == ["Byte 0 of a.bin announces 50 words, and there are 60; all were read."]


def test_blanks_inside_a_binary_files_words_are_noticed() -> None:
    words, matrix = unlike(60, 8)
    words[7] = b"new york"
    with pytest.raises(ValueError, match=r"goes wrong before byte \d+: a word and a blank should stand there, not .*Words in this format have no blanks"):
        read(binary(words, matrix), "a.bin")


def test_a_torn_row_is_noticed_where_its_bytes_happen_to_be_text() -> None:
    content = binary([b"new york", b"of"], np.array([[1, 2], [3, 4]], np.float32))
    with pytest.raises(ValueError, match=r"goes wrong before byte 16: a word and a blank should stand there"):
        read(content, "a.bin")


def test_duplicates_nan_and_wrong_utf8_in_a_binary_file(whole: bytes) -> None:
    found = read(whole, "a.bin")
    assert found.vectors.words == ["the", "of", "cat"]
    assert found.notes == ["57 rows are left out, of words that stand before: “the” at byte 115 stands at byte 5 already."]
    words, matrix = unlike(5, 4)
    matrix[3, 1] = np.nan
    with pytest.raises(ValueError, match=r"a.bin, byte 64: number 2 of “w3” is nan; every number has to be finite"):
        read(binary(words, matrix), "a.bin")
    matrix[3, 1] = 0
    words[3] = "né".encode("latin-1")
    found = read(binary(words, matrix), "a.bin")
    assert found.vectors.words[3] == "n\ufffd"
    assert found.notes == ["1 word is not in UTF-8, the first at byte 64: what could not be read is shown as �."]


# what is no file of vectors


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (Path("executed"),))  # type: ignore[return-value]


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_pickle_is_never_opened(protocol: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"a.kv is a Python pickle, which could run anything .*save_word2vec_format"):
        read(pickle.dumps({"vectors": Evil()}, protocol), "a.kv")
    np.save(tmp_path / "a.npy", np.array([[Evil()], [Evil()]], object), allow_pickle=True)
    with pytest.raises(ValueError, match="holds Python objects, which could run anything"):
        read((tmp_path / "a.npy").read_bytes(), "a.npy", words_txt=b"a\nb\n")
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "is a PDF"),
        (b"PK\x03\x04\x14\x00", "is a zip archive .* Unpack it"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"BZh91AY", "bzip2"),
        ("the 1 2\n".encode("utf-16"), "UTF-16. Save it as UTF-8"),
        (bytes(range(256)) * 20, "begins with the bytes 00 01 02 03"),
        (b"\x00" * 1000, "begins with the bytes 00 00 00 00"),
        (b"<!DOCTYPE html>\n<html><body>404</body></html>\n", "is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "Git LFS leaves in its place"),
        (gzip.compress(gzip.compress(GOOD.encode(), mtime=0), mtime=0), "packed twice"),
        (gzip.compress(b"", mtime=0), "is empty"),
        (b"\x1f\x8b\x08\x00rubbish that is no gzip", r"broken or cut short as a \.gz"),
    ],
)
def test_what_is_something_else_is_called_by_its_name(content: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(content, "a.bin")


def test_a_file_that_unpacks_beyond_measure_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "UNSUSPECTED", 100_000)
    for format, content in (
        ("parquet", b"PAR1" + bytes(5_000_000)),
        ("glove", b"word 0.0 0.0 0.0\n" * 300_000),
        ("word2vec-bin", b"1 2000000\nw " + bytes(8_000_000)),
    ):
        with pytest.raises(ValueError, match="unpacks to more than 100 times its size, as no vectors do"):
            read(gzip.compress(content), "a.gz", format=named(format))


def test_a_line_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "LONGEST_LINE", 10_000)
    monkeypatch.setattr(source, "BLOCK", 1000)
    with pytest.raises(ValueError, match=r"In a.txt no line ends within 10 kB of byte 48"):
        read(GOOD + "x" * 50_000)


def test_more_than_fits_into_memory_is_said_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "available_memory", lambda: 30_000.0)
    words, matrix = unlike(1000, 8)
    for content, name in ((binary(words, matrix), "a.bin"), (b"".join(b"w%d 1 2 3 4 5 6 7 8\n" % i for i in range(1000)), "a.txt")):
        with pytest.raises(ValueError, match=r"words of 8 numbers in a.\w+ take \d+ kB of memory, and 30 kB are free"):
            read(content, name)


# pairs


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (b"a\nb\n", "metadata.tsv has 2 lines, and there are 3 rows of numbers"),
        (b"a\nb\nc\nd\n", "metadata.tsv has 4 lines, and there are 3 rows of numbers"),
        (b"a\nb\nc\nd\ne\n", "metadata.tsv has 5 lines, and there are 3 rows of numbers"),
        (b"id\tword\n1\ta\n2\n3\tc\n", "Line 3 of metadata.tsv has no column 2, where the word should stand"),
        ("é\nb\nc\n".encode("latin-1"), "metadata.tsv is not in UTF-8: line 1 has"),
    ],
)
def test_words_that_do_not_fit_their_numbers_are_answered(words: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read("1.5\t2\n3\t4\n5\t6\n", "vectors.tsv", metadata_tsv=words)


def test_numbers_without_words_say_what_should_come_with_them(tmp_path: Path) -> None:
    (tmp_path / "x.vectors.tsv").write_text("1.5\t2\n3\t4\n")
    with pytest.raises(ValueError, match=r"x.vectors.tsv holds numbers only: a table of their words should come with it. Put x.metadata.tsv beside it"):
        formats.read(tmp_path / "x.vectors.tsv")
    np.save(tmp_path / "x.npy", np.eye(2))
    with pytest.raises(ValueError, match=r"Put x.words.txt beside it"):
        formats.read(tmp_path / "x.npy")
    assert formats.read(tmp_path / "x.npy", beside={"anything.txt": b"a\nb\n"}).vectors.words == ["a", "b"]
    np.savetxt(tmp_path / "saved.txt", np.eye(3))
    with pytest.raises(ValueError, match=r"saved.txt holds numbers only.* Put saved.metadata.tsv beside it"):
        formats.read(tmp_path / "saved.txt")
    assert formats.read(tmp_path / "saved.txt", beside={"words.txt": b"a\nb\nc\n"}).vectors.words == ["a", "b", "c"]
    assert read("17 0.5 1\n3 0.25 2\n").vectors.words == ["17", "3"]  # nodes of a graph


def test_a_broken_row_of_the_projectors_table_is_answered_with_its_line() -> None:
    with pytest.raises(ValueError, match=r"Line 2 of vectors.tsv has “x” as number 2, which is no number"):
        read("1.5\t2\n3\tx\n5\t6\n", "vectors.tsv", metadata_tsv=b"a\nb\nc\n")
    with pytest.raises(ValueError, match=r"Line 2 of vectors.tsv has 1 numbers; 2 were expected"):
        read("1.5\t2\n3\n5\t6\n", "vectors.tsv", metadata_tsv=b"a\nb\nc\n")
    with pytest.raises(ValueError, match=r"Line 2 of vectors.tsv has 3 numbers; 2 were expected"):
        read("1.5\t2\n3\t4\t5\n5\t6\n", "vectors.tsv", metadata_tsv=b"a\nb\nc\n")


# arrays and tables


def npy(matrix: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.save(out, matrix)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (npy(np.eye(3))[:-10], "a.npy is cut short: 3 rows of 3 numbers, 72 bytes from byte 128 on, should follow, and 62 do"),
        (npy(np.eye(3))[:50], "no beginning of a .npy file that can be read, before byte"),
        (npy(np.ones(3)), r"holds an array of shape \(3,\); a matrix with a row a word was expected"),
        (npy(np.array([["a", "b"]])), "holds values of type <U1; numbers were expected"),
        (npy(np.array([[1, np.nan], [1, 2], [3, 4]])), "a.npy, row 1: number 2 of “a” is nan"),
        (npy(np.eye(4)), "words.txt has 3 lines, and there are 4 rows of numbers"),
        (npy(np.zeros((3, 0))), "holds no vectors"),
        (npy(np.eye(3)).replace(b"(3, 3)", b"(3,-3)"), r"a.npy holds an array of shape \(3, -3\)"),
        (
            b"\x93NUMPY\x01\x00v\x00" + b"{'descr': __import__('os').getcwd(), 'fortran_order': False, 'shape': (1, 1)}".ljust(117) + b"\n",
            "no beginning of a .npy",
        ),
        (npy(np.eye(3)).replace(b"(3, 3)", b"(9, 9)"), "should follow, and 72 do"),
    ],
)
def test_a_broken_npy_is_answered(content: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(content, "a.npy", words_txt=b"a\nb\nc\n")


def tensors(header: object, data: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


ONE = {"matrix": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}, "__metadata__": {"words": '["a", "b"]'}}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (tensors(ONE, b"\0" * 9), r"a.safetensors is cut short: 2 rows of 2 numbers, 16 bytes from byte \d+ on, should follow, and 9 do"),
        (struct.pack("<Q", 5000) + b'{"a":', "announces a header of 5,000 bytes in its first 8, and has not so many"),
        (struct.pack("<Q", 5) + b'{"a":', "has a header, from byte 8 on, that is none of safetensors"),
        (tensors({"matrix": [1, 2]}), "that is none of safetensors"),
        (tensors({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}, b"\0" * 8), "has no tensor of two dimensions"),
        (tensors({**ONE, "matrix": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 16]}}, b"\0" * 16), "not what its shape"),
        (tensors({**ONE, "matrix": {"dtype": "F8_E5M2", "shape": [2, 2], "data_offsets": [0, 4]}}, b"\0" * 4), "holds numbers of type F8_E5M2"),
        (tensors({**ONE, "__metadata__": {"words": '["a"]'}}, b"\0" * 16), "has 1 words, and there are 2 rows"),
        (tensors({**ONE, "__metadata__": {"words": "[1, 2]"}}, b"\0" * 16), "should hold a list of words"),
        (tensors({name: ONE["matrix"] for name in ("x", "y")}, b"\0" * 16), r"has 2 matrices \(x, y"),
        (tensors({**ONE, "matrix": {"dtype": "F32", "shape": [2, 2], "data_offsets": [-8, 8]}}, b"\0" * 16), "begin at byte .*, before the end of what"),
    ],
)
def test_broken_safetensors_are_answered(content: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(content, "a.safetensors")


def table(**columns: object) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (table(word=["a", "b"], vector=[[1.0, 2.0], [3.0]]), "a.parquet, row 2: there are 1 numbers, and 2 were expected"),
        (table(word=["a", "b"], vector=[[1.0, 2.0], None]), "a.parquet, row 2: there are 0 numbers, and 2 were expected"),
        (table(word=["a", "b"], vector=[[1.0, 2.0], [None, 3.0]]), "a.parquet, row 2: a number is missing"),
        (table(word=["a", None], vector=[[1.0], [2.0]]), "a.parquet, row 2: the word is missing"),
        (table(word=["a", "b"], x=[1.0, None]), "a.parquet, row 2: a number is missing"),
        (table(word=pa.array([b"a", b"\xff"]).view(pa.string()), x=[1.0, 2.0]), "a.parquet, row 2: the word is not in UTF-8"),
        (table(word=["a", "b"], vector=[[1.0], [float("nan")]]), "a.parquet, row 2: number 1 of “b” is nan"),
        (table(word=["a", "b"], vector=[["x"], ["y"]]), "numbers were expected"),
        (table(x=[1.0], y=[2.0]), "has no column of words. It has x, y"),
        (table(word=["a"], other=["b"]), "has no column of lists of numbers, nor a column a dimension. It has word, other"),
        (table(word=pa.array([], pa.string()), x=pa.array([], pa.float32())), "holds no vectors"),
        (table(word=["a"], x=[1.0])[:-20], "is no Parquet table that can be read, or is cut short"),
    ],
)
def test_a_broken_table_is_answered(content: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read(content, "a.parquet")


@pytest.mark.parametrize("count", [-1, float("inf"), 1e300])
def test_counts_that_are_none_are_left_out_and_said(count: float) -> None:
    found = read(table(word=["a", "b"], count=[5, count], x=[1.0, 2.0]), "a.parquet")
    assert (found.vectors.counts is None, found.vectors.words) == (True, ["a", "b"])
    assert found.notes == [f"The counts of a.parquet are left out: {count:g} is among them, and no word is seen so often."]
    assert read(table(word=["a", "b"], count=[5, 3.0], x=[1.0, 2.0]), "a.parquet").vectors.counts.tolist() == [5, 3]


@pytest.mark.parametrize("format", formats.FORMATS, ids=lambda each: each.name)
def test_whatever_byte_is_cut_off_or_turned_the_answer_is_a_sentence(format: Format, tmp_path: Path) -> None:
    """No other error than a ValueError, and no file cut short is taken for a whole one with fewer words."""
    vectors = Vectors([f"w{i}" for i in range(6)], np.random.default_rng(1).standard_normal((6, 3)).astype(np.float32))
    first, *others = formats.write(vectors, tmp_path / "some", format)
    content, beside = first.read_bytes(), {path.name: path.read_bytes() for path in others}
    generator = np.random.default_rng(2)
    for cut in {*range(0, len(content), max(1, len(content) // 60)), len(content) - 2}:
        if format.name == "glove" and content[cut - 1 : cut] == b"\n":
            continue  # nothing in this format says how many lines there are
        found = answered(content[:cut], first.name, beside)
        assert found is None or len(found.vectors.words) == 6 or format.name == "glove", cut
    for _ in range(60):
        turned = bytearray(content)
        turned[generator.integers(len(content))] ^= 1 << generator.integers(8)
        answered(bytes(turned), first.name, beside)


def answered(content: bytes, name: str, beside: dict[str, bytes]) -> Reading | None:
    """What is read, or nothing where the answer is a sentence."""
    try:
        return formats.read(content, name=name, beside=beside)
    except ValueError as error:
        said = str(error)
    assert said.count(" ") > 3
    assert said.endswith((".", "?"))
    return None


def test_a_folder_or_nothing_at_all_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"is a folder. Choose a file"):
        formats.read(tmp_path)
    with pytest.raises(ValueError, match=r"There is no file .*absent.txt. Check its path"):
        formats.read(tmp_path / "absent.txt")


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.formats import writing

    def full(*_: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing, "_lines", full)
    with pytest.raises(ValueError, match="is full"):
        formats.write(Vectors(["a"], np.ones((1, 2), np.float32)), tmp_path / "a", named("vec"))
    assert not list(tmp_path.iterdir())
