import gzip
import io
import zipfile
from pathlib import Path

import pytest

from core.text import corpora, web
from core.text.web import WELL_KNOWN, WellKnown
from tests.text.server import Answer, serving

TEXT = "The cat sat on the mat. The dog ran away.\n" * 30


def zipped(**members: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return content.getvalue()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(web, "TIMEOUT", 5)


def test_a_text_is_loaded_once_with_progress() -> None:
    said: list[float | None] = []
    with serving({"/cats.txt": Answer(TEXT.encode())}) as (address, asked):
        corpus = corpora.find(f"{address}/cats.txt", lambda what, fraction: said.append(fraction) if what.startswith("loading") else None)
        assert corpora.find(f"{address}/cats.txt") == corpus
    assert asked == ["/cats.txt"]
    assert said[-1] == 1.0
    assert corpus.text() == TEXT
    assert corpus.origin == f"{address}/cats.txt"


@pytest.mark.parametrize(
    ("path", "content", "kind"),
    [
        ("/a.txt.gz", gzip.compress(TEXT.encode(), mtime=0), "application/gzip"),
        ("/text8.zip", zipped(text8=TEXT), "application/zip"),
        ("/download?id=3", gzip.compress(TEXT.encode(), mtime=0), "application/octet-stream"),
    ],
)
def test_packed_texts_are_unpacked(path: str, content: bytes, kind: str) -> None:
    with serving({path: Answer(content, kind)}) as (address, _):
        assert corpora.find(address + path).text() == TEXT


def test_well_known_texts_go_by_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {"text8", "wikitext-2", "wikitext-103", "tiny-shakespeare"} <= set(WELL_KNOWN)
    with serving({"/t.zip": Answer(zipped(text8=TEXT), "application/zip")}) as (address, asked):
        monkeypatch.setitem(WELL_KNOWN, "text8", WellKnown("text8", f"{address}/t.zip", ""))
        corpus = corpora.find("text8")
        assert corpus.title == "text8"
        assert corpora.find("text8") == corpora.find(corpus.id) == corpus
        assert asked == ["/t.zip"]


def test_redirects_are_followed_on_the_web_only() -> None:
    with serving({"/cats.txt": Answer(TEXT.encode())}) as (address, _):
        answers = {
            f"/{i}": Answer(status=302, headers={"Location": place})
            for i, place in enumerate([f"{address}/cats.txt", "file:///etc/passwd", "ftp://127.0.0.1/x"])
        }
        answers["/loop"] = Answer(status=302, headers={"Location": "/loop"})
        with serving(answers) as (from_here, _):
            assert corpora.find(f"{from_here}/0").text() == TEXT
            for i in (1, 2):
                with pytest.raises(ValueError, match=r"only http and https addresses|is not allowed"):
                    corpora.find(f"{from_here}/{i}")
            with pytest.raises(ValueError, match="answered 302"):
                corpora.find(f"{from_here}/loop")


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://host/a.txt", "http://", "http:///a.txt", "HTTP://a b/c", "http://[::1/a", "data://text"])
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"only http and https|no web address"):
        corpora.find(address)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Answer(status=404), r"answered 404"),
        (Answer(b"\x89PNG", "image/png"), r"is of the kind image/png, not a text"),
        (Answer(b"<html>", "text/html"), r"is a web page, not a plain text"),
        (Answer(TEXT.encode(), announced=10**10), r"is larger than 512 MB"),
        (Answer(TEXT.encode(), announced=5000), r"broke off|cannot be reached"),
        (Answer(b""), r"is empty"),
        (Answer(b"word"), r"has one word only"),
        (Answer(zipped(a=TEXT, b=TEXT), "application/zip"), r"holds 2 files"),
        (Answer(zipped(a=TEXT)[:60], "application/zip"), r"is a broken zip archive"),
        (Answer(gzip.compress(TEXT.encode(), mtime=0)[:-20], "application/gzip"), r"broken or cut short"),
    ],
)
def test_what_cannot_be_had_is_said_in_words_and_leaves_nothing(answer: Answer, sentence: str, home: Path) -> None:
    with serving({"/x": answer}) as (address, _), pytest.raises(ValueError, match=sentence):
        corpora.find(f"{address}/x")
    assert [p for p in home.rglob("*") if p.is_file()] == []


def test_a_download_without_a_length_stops_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "LARGEST_DOWNLOAD", 1000)
    with serving({"/x": Answer(b"a b " * 1_000_000, announced=None)}) as (address, _), pytest.raises(ValueError, match=r"is larger than 1,000 bytes"):
        corpora.find(f"{address}/x")


def test_without_a_network_a_sentence_says_so() -> None:
    with serving({}) as (address, _):
        pass
    with pytest.raises(ValueError, match=r"cannot be reached .* Is this machine on a network\?"):
        corpora.find(f"{address}/x")


@pytest.mark.parametrize("length", ["lots", "-5", ""])
def test_an_announced_length_that_is_no_number_is_ignored(length: str) -> None:
    with serving({"/cats.txt": Answer(TEXT.encode(), announced=None, headers={"Content-Length": length})}) as (address, _):
        assert corpora.find(f"{address}/cats.txt").text() == TEXT


def test_a_host_name_that_cannot_be_is_said_in_words() -> None:
    with pytest.raises(ValueError, match="no web address"):
        corpora.find(f"http://{'a' * 300}.com/cats.txt")
