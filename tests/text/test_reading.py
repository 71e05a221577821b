import csv
import gzip
import io
import json
import os
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.text import corpora, reading
from core.text.limits import LARGEST_FILE, LARGEST_TEXT

TEXT = "The cat sat on the mat.\nThe dog ran away, it's true.\n" * 5
ROWS = [{"id": i, "title": f"row {i}", "body": f"The cat, number {i}, sat “here”; on\nthe mat."} for i in range(300)]
BODIES = [" ".join(row["body"].split()) for row in ROWS]  # type: ignore[attr-defined]


def table(separator: str, heading: bool = True) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator)
    writer.writerows([["id", "title", "body"]] * heading + [list(row.values()) for row in ROWS])
    return out.getvalue().encode()


def parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), out)
    return out.getvalue()


def lines(records: list[object]) -> bytes:
    return "\n".join(json.dumps(record) for record in records).encode()


@pytest.mark.parametrize(
    ("name", "content", "column"),
    [
        ("a.csv", table(","), "“body”"),
        ("a.csv", table(";"), "“body”"),
        ("a.tsv", table("\t"), "“body”"),
        ("a.csv", table(",", heading=False), "3"),
        ("a.jsonl", lines(ROWS), "“body”"),  # type: ignore[arg-type]
        ("a.parquet", parquet(), "“body”"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_tables_give_their_longest_texts_and_say_which_column(name: str, content: bytes, column: str, packed: bool) -> None:
    corpus = corpora.add_file(name + ".gz" * packed, gzip.compress(content) if packed else content)
    assert corpus.text().splitlines() == BODIES
    assert corpus.origin == f"file {name + '.gz' * packed} (column {column})"


def test_json_lines_may_be_strings() -> None:
    assert corpora.add_file("a.jsonl", lines(["one two", "three\nfour"])).text().splitlines() == ["one two", "three four"]


@pytest.mark.parametrize("name", ["a.txt", "a.md", "README", "a.txt.gz"])
def test_plain_texts_come_as_they_are(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(gzip.compress(TEXT.encode()) if name.endswith(".gz") else TEXT.encode())
    assert corpora.find(str(tmp_path / name)).text() == TEXT


CHINESE = "语言模型从文本中学习词语之间的关系。我们在这里训练一个小模型，然后观察它的注意力。\n" * 20
FRENCH = "Le garçon a mangé un gâteau près de la forêt, où l'été était déjà passé. Ça va très bien, n'est-ce pas?\n" * 20
RUSSIAN = "Маленькая модель учится на русском тексте, и мы смотрим на её внимание каждый день.\n" * 20


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        *((CHINESE, name) for name in ("utf-8", "utf-8-sig", "utf-16", "utf-32", "gb18030", "gb2312", "big5")),
        *((FRENCH, name) for name in ("utf-8", "latin-1", "cp1252", "utf-16-le", "utf-16-be")),
        *((RUSSIAN, name) for name in ("cp1251", "koi8-r", "utf-16")),
    ],
)
def test_the_encoding_is_told(text: str, encoding: str) -> None:
    if encoding == "big5":
        text = "語言模型從文本中學習詞語之間的關係。我們在這裡訓練一個小模型，然後觀察它的注意力。\n" * 20
    corpus = corpora.add_file("a.txt", text.encode(encoding))
    assert corpus.text() == text


def test_a_character_cut_apart_by_reading_in_pieces_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.text import encodings

    monkeypatch.setattr(encodings, "CHUNK", 7)
    assert corpora.add_file("a.txt", CHINESE.encode()).text() == CHINESE


def test_line_ends_and_composed_characters_are_made_the_same() -> None:
    assert corpora.add_text("a", "one\r\ntwo\rthree cafe\u0301\0 four").text() == "one\ntwo\nthree café four"
    long = "word\r\n" * 400_000
    assert corpora.add_text("b", long).text() == long.replace("\r", "")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.txt", b"", r"a\.txt is empty"),
        ("a.txt", b" \n\t ", r"is empty: there is not a word in it"),
        ("a.txt", b"...!!!", r"is empty: there is not a word in it"),
        ("a.txt", b"word", r"has one word only, “word”"),
        ("a.txt", os.urandom(5000), r"is not a text"),
        ("a.txt", b"\x7fELF\x02\x01\x01" + b"\0" * 3000, r"is not a text"),
        ("a.txt", b"good text " * 200_000 + b"\0\1\2\3" * 100_000, r"is not a text all through"),
        ("a.txt.gz", b"not gzip at all", r"broken or cut short"),
        ("a.txt.gz", gzip.compress(TEXT.encode() * 100, mtime=0)[:-9], r"broken or cut short"),
        ("a.txt.gz", gzip.compress(b"", mtime=0), r"is empty"),
        ("a.zip", b"PK\x03\x04junk", r"broken zip"),
        ("a.jsonl", b'{"text": "a b"}\n{"text": oops}\n', r"Line 2 of a\.jsonl is not JSON"),
        ("a.jsonl", b'{"n": 1}\n{"n": 2}\n', r"No field of the objects in a\.jsonl holds a text"),
        ("a.jsonl", b"\n\n", r"has no lines"),
        ("a.jsonl", b"[" * 100_000, r"Line 1 of a\.jsonl is not JSON"),
        ("a.csv", b"\n\n", r"has no rows"),
        ("a.parquet", b"PAR1 but no more", r"is no whole \.parquet file"),
        ("a.parquet", parquet()[:-100], r"is no whole \.parquet file"),
    ],
)
def test_bad_input_is_said_in_words_and_leaves_nothing(name: str, content: bytes, sentence: str, home: Path) -> None:
    with pytest.raises(ValueError, match=sentence):
        corpora.add_file(name, content)
    assert list((home / "corpora").iterdir()) == []


def test_what_is_sent_may_be_a_gigabyte_and_a_file_on_the_disk_what_streams_through_it(tmp_path: Path) -> None:
    file = tmp_path / "huge.txt"
    file.touch()
    os.truncate(file, 2 * 1024**3)  # a hole: takes no room
    with pytest.raises(ValueError, match=r"huge\.txt has 2,048 MB; the most that is read is 1,024 MB"):
        corpora.add_file("huge.txt", file)
    with pytest.raises(ValueError, match="is not a text"):  # read, and found to be nothing but zeros
        corpora.find(str(file))
    os.truncate(file, 100 * 1024**3)
    with pytest.raises(ValueError, match=r"huge\.txt has 102,400 MB; the most that is read is 65,536 MB"):
        corpora.find(str(file))
    assert LARGEST_FILE < 2 * 1024**3


def test_a_text_larger_than_the_disk_is_given_up_while_there_is_room_left(monkeypatch: pytest.MonkeyPatch, home: Path, tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text("word " * 500_000)
    monkeypatch.setattr(reading, "LOOK_EVERY", 1_000_000)
    monkeypatch.setattr(reading.shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(10**12, 10**12, 10**8))  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match=r"has only 95 MB left, and the text goes on\. Make room"):
        corpora.find(str(tmp_path / "long.txt"))
    assert list((home / "corpora").iterdir()) == []


def test_reading_says_how_far_it_is_and_can_be_called_off(home: Path, tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text("word " * 1_000_000)
    shares: list[float | None] = []

    def listen(what: str, share: float | None) -> None:
        if what == "reading long.txt":
            shares.append(share)
            if len(shares) == 3:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        corpora.find(str(tmp_path / "long.txt"), listen)
    assert None not in shares
    assert shares == sorted(shares)  # type: ignore[type-var]
    assert 0 < shares[-1] < 1  # type: ignore[operator]
    assert list((home / "corpora").iterdir()) == []


def test_a_gzip_bomb_is_refused_at_the_limit(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    assert LARGEST_TEXT == 512 * 1024**2
    monkeypatch.setattr(reading, "LARGEST_TEXT", 3 * 1024**2)
    bomb = gzip.compress(b"boom bang " * 10_000_000, 1)
    with pytest.raises(ValueError, match=r"larger than 3\.0 MB unpacked"):
        corpora.add_file("bomb.txt.gz", bomb)
    assert list((home / "corpora").iterdir()) == []


def test_a_full_disk_is_said_in_words_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(reading, "_put", full)
    with pytest.raises(ValueError, match=r"The disk that holds .* is full"):
        corpora.add_text("a", TEXT)
    assert list((home / "corpora").iterdir()) == []
