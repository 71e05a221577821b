import gzip
import re
from pathlib import Path

import pytest

from core.text import corpora, pair_files, reading


def test_a_table_is_kept_as_pairs_whatever_its_packing_encoding_and_line_ends(tmp_path: Path) -> None:
    many = [f"{i}\t{i}." for i in range(30)]
    table = "\n".join([*many, "one\teins\n\n  two  \t zwei \tfrom somewhere\r\ndrei\tthré\r猫\t一只\0猫"])
    kept = [*many, "one\teins", "two\tzwei", "drei\tthré", "猫\t一只猫"]
    for content in (table.encode(), gzip.compress(table.encode("utf-16")), table.encode("utf-8-sig")):
        corpus = pair_files.add("my table.tsv", content)
        assert corpus.text().splitlines() == kept
        assert (corpus.pairs, corpus.title, corpus.origin) == (34, "my table.tsv", "pairs of my table.tsv")
    (tmp_path / "a,b.txt").write_text(table, "utf-8")
    assert corpora.find(f"pairs:{tmp_path / 'a,b.txt'}").text().splitlines() == kept


def test_two_files_are_read_line_by_line(tmp_path: Path) -> None:
    (tmp_path / "a.en").write_text("a man\n\nhe\truns\n\n")
    (tmp_path / "a.de.gz").write_bytes(gzip.compress("ein Mann\r\n\r\ner läuft".encode()))
    corpus = corpora.find(f"pairs:{tmp_path / 'a.en'}, {tmp_path / 'a.de.gz'}")
    assert corpus.text() == "a man\tein Mann\nhe runs\ter läuft\n"
    assert (corpus.pairs, corpus.title) == (2, "a.en and a.de.gz")
    assert corpora.find(corpus.id) == corpus


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        (b"a\tb\nno pair\n", None, "Line 2 of s is no pair: it has no tab. Each line is a source, a tab and a target. It reads “no pair”."),
        (b"a\tb\n\t c\n", None, "Line 2 of s is no pair: it has nothing before the tab"),
        (b"", None, "s is empty"),
        (b"\n\n", None, "is empty: there is not a word in it"),
        (bytes(range(256)) * 9, None, "s is not a text"),
        (b"a\nb\nc\n", b"d\ne\n", "There is no line 3 of t, but there is one of s: “c”. Give two files in which the lines of the same number belong together."),
        (b"a\n", b"d\ne\n", "There is no line 2 of s, but there is one of t: “e”"),
        (b"a\n\nc\n", b"d\ne\nf\n", "Line 2 of s is empty, but there is one of t: “e”"),
        (b"a\n", b"", "t is empty"),
        (b"a\n", b"\x1f\x8bxx", "t is broken or cut short"),
    ],
)
def test_what_are_no_pairs_is_said_with_the_line_and_nothing_stays(source: bytes, target: bytes | None, said: str, home: Path) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        pair_files.add("s", source, "t", target)
    assert not list((home / "corpora").iterdir())


def test_what_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LARGEST_FILE", 10)
    with pytest.raises(ValueError, match="the most that is read is 10 bytes"):
        pair_files.add("s", b"a\tb\n" * 10)
    monkeypatch.setattr(reading, "LARGEST_FILE", 10**6)
    monkeypatch.setattr(reading, "LARGEST_TEXT", 1000)
    with pytest.raises(ValueError, match="larger than 1,000 bytes unpacked"):
        pair_files.add("s", gzip.compress(b"a\tb\n" * 10_000))


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("pairs:no.tsv", "there is no file “no.tsv”"),
        ("pairs:", "Name a table, TABLE.tsv, or two files whose lines belong together, SOURCES,TARGETS"),
        ("pairs:a,b", "no file “a”"),
    ],
)
def test_files_that_are_not_there_are_named(reference: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        corpora.find(reference)


def test_more_than_two_files_are_refused(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).write_text("x")
    with pytest.raises(ValueError, match="3 files are named"):
        corpora.find("pairs:" + ",".join(str(tmp_path / name) for name in "abc"))


def test_real_pairs_are_read_whole(shared: Path) -> None:
    data = shared / "data"
    corpus = corpora.find(f"pairs:{data / 'multi30k.val.en.gz'},{data / 'multi30k.val.de.gz'}")
    assert corpus.pairs == 1014
    assert corpus.text().startswith("A group of men are loading cotton onto a truck\tEine Gruppe von Männern lädt Baumwolle auf einen Lastwagen\n")
