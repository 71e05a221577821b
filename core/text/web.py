"""Texts from the web: downloads with a limit, kept until they are read, and a short list of well-known texts."""

import http.client
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.text.limits import LARGEST_DOWNLOAD, megabytes
from core.text.progress import Progress
from core.text.writing import folder_aside
from core.workspace import subfolder

TIMEOUT = 20  # seconds without a byte
CHUNK = 256 * 1024
_TEXT_LIKE = ("text/", "application/json", "application/x-ndjson", "application/jsonl", "application/xml", "application/csv")
_PACKED = (
    "application/zip",
    "application/gzip",
    "application/octet-stream",
    "application/x-gzip",
    "application/x-zip",
    "binary/octet-stream",
    "application/vnd.apache.parquet",
)


@dataclass(frozen=True)
class WellKnown:
    title: str
    url: str
    about: str  # what it is, and how large


WELL_KNOWN = {
    "tiny-shakespeare": WellKnown(
        "Tiny Shakespeare",
        "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
        "Scenes of several plays, 1 MB, 0.2 million words. Good for characters.",
    ),
    "wikitext-2": WellKnown(
        "WikiText-2",
        "https://huggingface.co/datasets/Salesforce/wikitext/resolve/main/wikitext-2-raw-v1/train-00000-of-00001.parquet",
        "600 good Wikipedia articles, 11 MB, two million words.",
    ),
    "text8": WellKnown(
        "text8", "http://mattmahoney.net/dc/text8.zip", "The first 100 MB of Wikipedia in small letters without marks, 17 million words (31 MB to load)."
    ),
    "wikitext-103": WellKnown(
        "WikiText-103, first half",
        "https://huggingface.co/datasets/Salesforce/wikitext/resolve/main/wikitext-103-raw-v1/train-00000-of-00002.parquet",
        "14,000 good Wikipedia articles, 270 MB, 50 million words (160 MB to load).",
    ),
}


class _OnlyWeb(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> urllib.request.Request | None:
        _checked(newurl)  # its sentence names the address that is meant
        return super().redirect_request(req, fp, code, msg, headers, newurl)


@contextmanager
def downloaded(url: str, progress: Progress) -> Iterator[tuple[str, Path]]:
    """A file's name and where its content lies, until the block is left; ValueError in words where it cannot be had."""
    host = _checked(url)
    with folder_aside(subfolder("cache", "downloads")) as aside:
        try:
            # Only these two handlers' schemes: no file:, no ftp:, no data:.
            opener = urllib.request.OpenerDirector()
            for handler in (urllib.request.ProxyHandler, urllib.request.HTTPHandler, urllib.request.HTTPSHandler, urllib.request.HTTPDefaultErrorHandler):
                opener.add_handler(handler())
            opener.add_handler(_OnlyWeb())
            opener.add_handler(urllib.request.HTTPErrorProcessor())
            request = urllib.request.Request(url, headers={"User-Agent": "Orrery", "Accept-Encoding": "identity"})
            with opener.open(request, timeout=TIMEOUT) as response:
                name = _name(response)
                _save(response, aside / "content", progress)
        except urllib.error.HTTPError as error:
            raise ValueError(f"{host} answered {error.code} ({error.reason}) to {url}. Check the address in a browser.") from error
        except UnicodeError as error:
            raise ValueError(f"“{url[:200]}” is no web address: there is no such host name. Check it in a browser.") from error
        except (urllib.error.URLError, TimeoutError, ssl.SSLError, http.client.HTTPException, ConnectionError) as error:
            reason = " ".join(str(getattr(error, "reason", None) or error).split())
            raise ValueError(f"{host} cannot be reached ({reason}). Is this machine on a network? A file or pasted text works without one.") from error
        yield name, aside / "content"


def _checked(url: str) -> str:
    """The host of an http(s) address; ValueError for any other."""
    try:
        parts = urllib.parse.urlsplit(url)
        host = parts.hostname
    except ValueError as error:
        raise ValueError(f"“{url}” is no web address ({error}).") from error
    if parts.scheme.lower() not in ("http", "https") or not host or any(c.isspace() or not c.isprintable() for c in url):
        raise ValueError(f"“{url}” cannot be loaded: only http and https addresses can. Give a file's path without a scheme.")
    return host


def _name(response: Any) -> str:
    """What the file is called; ValueError where its content type is no text's."""
    kind = response.headers.get_content_type().lower()
    url = response.geturl()
    if kind == "text/html":
        raise ValueError(f"{url} is a web page, not a plain text. Save its text as a file, or give the address of a .txt file.")
    if not kind.startswith(_TEXT_LIKE) and kind not in _PACKED:
        raise ValueError(f"{url} is of the kind {kind}, not a text. Choose a .txt, .csv, .jsonl or .parquet file, plain, .gz or .zip.")
    name = urllib.parse.unquote(Path(urllib.parse.urlsplit(url).path).name) or urllib.parse.urlsplit(url).hostname
    return str(name)


def _save(response: Any, path: Path, progress: Progress) -> None:
    """Writes the answer to `path`, chunk by chunk, never more than the limit."""
    length = (response.headers.get("Content-Length") or "").strip()
    announced = int(length) if length.isdecimal() else 0  # a server that says nonsense is read to its end
    too_large = f"{response.geturl()} is larger than {megabytes(LARGEST_DOWNLOAD)}, the most that is loaded. Load it yourself, and give a part of it as a file."
    if announced > LARGEST_DOWNLOAD:
        raise ValueError(too_large)
    done = 0
    with open(path, "wb") as file:
        while chunk := response.read(CHUNK):
            done += len(chunk)
            if done > LARGEST_DOWNLOAD:
                raise ValueError(too_large)
            file.write(chunk)
            progress(f"loading {megabytes(done)}", min(1.0, done / announced) if announced else None)
    if done < announced:
        raise ValueError(f"{response.geturl()} broke off after {megabytes(done)} of {megabytes(announced)}. Try again.")
