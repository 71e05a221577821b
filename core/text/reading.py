"""The user's own texts: .txt .md .csv .tsv .jsonl .parquet, plain, .gz or .zip, in any encoding that can be told; never more than the limit at once.

Whatever comes is read as a stream and never unpacked whole; what is wrong is a ValueError that says where and what to do.
"""

import gzip
import io
import shutil
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import cast

from core.text import tables
from core.text.encodings import decoded
from core.text.limits import LARGEST_FILE, LARGEST_ON_DISK, LARGEST_TEXT, MEGABYTE, SPARE, megabytes
from core.text.progress import Progress
from core.text.writing import full_disk_in_words

CHUNK = 1024 * 1024
LOOK_EVERY = 256 * MEGABYTE  # written, between two looks at how much room the disk has
ENDINGS = (".txt", ".md", ".csv", ".tsv", ".jsonl", ".parquet")


def write_text(text: str, path: Path) -> None:
    """Writes a pasted text to `path`, tidied."""
    write_pieces((text[i : i + CHUNK] for i in range(0, len(text), CHUNK)), path, LARGEST_TEXT, lambda: None)


def write_file(name: str, content: bytes | Path, path: Path, progress: Progress, on_disk: bool = False) -> str:
    """Writes the text of a file to `path` and says, in brackets, what had to be chosen (encoding, column); ValueError in words.

    on_disk: whether it is a file of the user's own disk, which may be larger than what is sent.
    """
    with unpacked(name, content, progress, on_disk) as (inner, stream, told):
        texts, note = _texts(inner, stream)
        write_pieces(texts, path, largest_text(on_disk), told)
    return note


def largest_text(on_disk: bool) -> int:
    """Bytes of text that are read at most."""
    return LARGEST_ON_DISK if on_disk else LARGEST_TEXT


@contextmanager
def unpacked(name: str, content: bytes | Path, progress: Progress, on_disk: bool = False) -> Iterator[tuple[str, io.BufferedIOBase, Callable[[], None]]]:
    """A file's name without its packing, its content as a stream of bytes, and what to call now and then to say how far it is.

    ValueError in words, within the block too, where the file is empty, too large, broken or may not be read.
    """
    try:
        size, largest = len(content) if isinstance(content, bytes) else content.stat().st_size, LARGEST_ON_DISK if on_disk else LARGEST_FILE
        if size > largest:
            raise ValueError(f"{name} has {megabytes(size)}; the most that is read is {megabytes(largest)}. Give a part of it.")
        if size == 0:
            raise ValueError(f"{name} is empty. Choose another file.")
        with _plain(name, content, largest_text(on_disk)) as (inner, stream, file):

            def told() -> None:
                progress(f"reading {name}", None if file.closed else min(1.0, file.tell() / size))

            told()
            yield inner, stream, told
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
        raise ValueError(f"{name} is broken or cut short ({error}). Pack or load it again.") from error
    except PermissionError as error:
        raise ValueError(f"{name} may not be read by this program ({error.strerror}). Change its permissions, or copy it.") from error


def _texts(name: str, stream: io.BufferedIOBase) -> tuple[Iterable[str], str]:
    """The texts in a plain file, and what had to be chosen."""
    ending = Path(name).suffix.lower()
    if ending == ".parquet":
        texts, column = tables.parquet(name, stream)
        return texts, f"(column {column})"
    pieces, encoding = decoded(name, stream)
    column = ""
    if ending in (".csv", ".tsv"):
        pieces, column = tables.separated(name, pieces, "\t" if ending == ".tsv" else None)
    elif ending in (".jsonl", ".ndjson"):
        pieces, column = tables.json_lines(name, pieces)
    chosen = [f"encoding {encoding}"] * (encoding != "utf-8") + [f"column {column}"] * bool(column)
    return pieces, f"({', '.join(chosen)})" if chosen else ""


@contextmanager
def _plain(name: str, content: bytes | Path, largest: int) -> Iterator[tuple[str, io.BufferedIOBase, io.BufferedIOBase]]:
    """The name without its packing, its content as a stream of bytes, and the file as it is packed."""
    with ExitStack() as stack:
        file: io.BufferedIOBase = io.BytesIO(content) if isinstance(content, bytes) else stack.enter_context(open(content, "rb"))
        start = file.read(4)
        file.seek(0)
        if start.startswith(b"\x1f\x8b") or name.lower().endswith(".gz"):
            yield name.removesuffix(".gz").removesuffix(".GZ"), stack.enter_context(gzip.GzipFile(fileobj=file)), file
        elif start == b"PK\x03\x04" or name.lower().endswith(".zip"):
            yield *_member(name, file, stack, largest), file
        else:
            yield ("x.parquet" if start == b"PAR1" else name), file, file


def _member(name: str, file: io.BufferedIOBase, stack: ExitStack, largest: int) -> tuple[str, io.BufferedIOBase]:
    """The one text inside a zip archive."""
    try:
        archive = stack.enter_context(zipfile.ZipFile(cast(io.BytesIO, file)))
    except zipfile.BadZipFile as error:
        raise ValueError(f"{name} is a broken zip archive ({error}). Pack or load it again.") from error
    members = [m for m in archive.infolist() if not m.is_dir() and not m.filename.startswith("__MACOSX/")]
    if len(members) != 1:
        raise ValueError(f"{name} holds {len(members)} files; a zip archive with exactly one text can be read. Unpack it, and choose one of them.")
    if members[0].file_size > largest:
        raise ValueError(f"{members[0].filename} in {name} has {megabytes(members[0].file_size)}; the most that is read is {megabytes(largest)} of text.")
    try:
        return Path(members[0].filename).name, cast(io.BufferedIOBase, stack.enter_context(archive.open(members[0])))
    except (RuntimeError, NotImplementedError) as error:
        raise ValueError(f"{name} cannot be unpacked ({error}). Pack it without a password, or unpack it.") from error


def write_pieces(pieces: Iterable[str], path: Path, largest: int, told: Callable[[], None]) -> None:
    """Writes a text tidied: composed characters (NFC), \\n for every line end, no NUL; ValueError beyond the limit."""
    size, next_look = 0, LOOK_EVERY
    held = ""
    with full_disk_in_words(path.parent), open(path, "wb") as file:
        for piece in pieces:
            # A line end of two characters, or a letter and its accent, may be cut apart: the last character waits for the next piece.
            text = held + piece
            cut = max(text.rfind("\n"), text.rfind(" "), 0) if len(text) < 10 * CHUNK else len(text)
            cut -= text[cut - 1 : cut] == "\r"
            held = text[cut:]
            size += _put(text[:cut], file)
            told()
            if size > largest:
                raise ValueError(f"This text is larger than {megabytes(largest)} unpacked, the most that is read. Give a part of it.")
            if size > next_look:
                next_look += LOOK_EVERY
                _leave_room(path.parent)
        _put(held, file)


def _leave_room(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < SPARE:
        raise ValueError(f"The disk that holds {folder.parent} has only {megabytes(free)} left, and the text goes on. Make room, or give a part of it.")


def _put(text: str, file: io.BufferedIOBase) -> int:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    content = text.encode() if text.isascii() else unicodedata.normalize("NFC", text).encode("utf-8", "replace")
    file.write(content)
    return len(content)
