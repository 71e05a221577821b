"""A file's bytes from front to back, unpacked where it is packed, never more than is sensible; and the files that lie beside it."""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.formats.binary import Readable
from core.formats.unpacking import AGAIN, Unpacked, broken_packing_in_words
from core.machine import available_memory, size
from core.text.progress import Progress

Content = Path | bytes
PIECE = 1 << 23  # bytes at a time
BLOCK = 1 << 21  # bytes of lines at a time: what is so small is given back and had again without the system's help
LONGEST_LINE = 1 << 24  # bytes; a line of vectors of 100,000 numbers has some 1,000,000


@dataclass
class Source:
    """An open file. size: its bytes as they will come, None where only the packed size is known. at: the byte that comes next."""

    name: str  # without folder and .gz
    stream: Readable
    size: int | None
    fraction: Callable[[], float]
    progress: Progress
    beside: Mapping[str, Content] | None  # as somebody chose them
    folder: Path | None  # where others may lie
    at: int = 0
    companions: dict[str, bytes] = field(default_factory=dict)  # those that were asked for
    _ahead: bytes = b""

    def peek(self, n: int) -> bytes:
        """The next n bytes, which still come."""
        while len(self._ahead) < n and (more := self.stream.read(n - len(self._ahead))):
            self._ahead += more
        return self._ahead[:n]

    def some(self, n: int = PIECE) -> bytes:
        """Up to n bytes; none at the end only."""
        taken, self._ahead = (self._ahead[:n], self._ahead[n:]) if self._ahead else (self.stream.read(n), b"")
        self.at += len(taken)
        self.progress(f"reading {self.name}", self.fraction())
        return taken

    def take(self, n: int, what: str) -> bytes:
        """Exactly n bytes; ValueError where the file ends before."""
        begin, parts, missing = self.at, [], n
        while missing and (part := self.some(min(PIECE, missing))):
            parts.append(part)
            missing -= len(part)
        if missing:
            raise self.cut_short(begin, n, what, n - missing)
        return b"".join(parts)

    def read(self, n: int = -1, /) -> bytes:
        """As a file is read."""
        return self.some(n if n >= 0 else PIECE)

    def readinto(self, room: Any, /) -> int:
        taken = self.some(len(room))
        room[: len(taken)] = taken
        return len(taken)

    def skip(self, n: int, what: str) -> None:
        """Passes over n bytes."""
        while n > 0:
            n -= len(self.take(min(PIECE, n), what))

    def cut_short(self, begin: int, n: int, what: str, there: int) -> ValueError:
        return ValueError(f"{self.name} is cut short: {what}, {n:,} bytes from byte {begin:,} on, should follow, and {there:,} do. {AGAIN}")

    def lines(self) -> Iterator[bytes]:
        """The rest in stretches of about BLOCK bytes that end with a line end, blank lines at the very end left out."""
        rest = b""
        while part := self.some(BLOCK):
            end = _last_line(part)
            if end:
                yield b"".join((rest, memoryview(part)[:end]))
            rest = part[end:] if end else rest + part
            if len(rest) > LONGEST_LINE + BLOCK:
                begin = self.at - len(rest)
                raise ValueError(f"In {self.name} no line ends within {size(LONGEST_LINE)} of byte {begin:,}; a word and its numbers are shorter.")
        if rest.strip(b"\r\n"):
            yield rest.rstrip(b"\r\n") + b"\n"

    def companion(self, names: Sequence[str], what: str) -> tuple[str, bytes]:
        """Name and content of the file beside that is called one of `names`, or of the only one given; ValueError where there is none."""
        beside = lying(self.folder) if self.beside is None else self.beside
        for name in names:
            for each in (name, f"{name}.gz"):
                if each in beside:
                    return self._companion(each, beside[each])
        if self.beside is not None and len(self.beside) == 1:
            return self._companion(*next(iter(self.beside.items())))
        raise ValueError(f"{self.name} holds numbers only: {what} should come with it. Put {names[0]} beside it, or give both files.")

    def _companion(self, name: str, content: Content) -> tuple[str, bytes]:
        self.companions[name] = _whole(name, content, self.progress)
        return name, self.companions[name]


@contextmanager
def opened(name: str, content: Content, progress: Progress, beside: Mapping[str, Content] | None = None) -> Iterator[Source]:
    """A file to read from front to back. beside: other files by name; for a path those in its folder where none are given."""
    with ExitStack() as stack, broken_packing_in_words(name):
        raw = io.BytesIO(content) if isinstance(content, bytes) else stack.enter_context(open(content, "rb"))
        n_bytes = raw.seek(0, io.SEEK_END)
        raw.seek(0)
        if not n_bytes:
            raise ValueError(f"{name} is empty. Choose another file.")
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        stream: Readable = Unpacked(name, raw) if packed else raw
        inner = name[:-3] if packed and name.lower().endswith(".gz") else name
        folder = None if isinstance(content, bytes) else content.absolute().parent
        yield Source(inner, stream, None if packed else n_bytes, lambda: min(1.0, raw.tell() / n_bytes), progress, beside, folder)


def lying(folder: Path | None) -> Mapping[str, Content]:
    """The files of a folder by name."""
    return {} if folder is None else {each.name: each for each in folder.iterdir()}


def _last_line(part: bytes) -> int:
    """Where the last line ends that is not blank: blank ones wait, perhaps nothing follows them. 0 where none ends."""
    end = part.rfind(b"\n") + 1
    while end and part[end - 1] in b"\r\n":
        end -= 1
    return part.find(b"\n", end) + 1 if end else 0


def room_for(n_rows: int, d_model: int, name: str) -> None:
    """ValueError where so many float32 rows do not fit into memory."""
    needed, there = 4.0 * n_rows * d_model, available_memory()
    if needed > 0.9 * there:
        raise ValueError(
            f"{n_rows:,} words of {d_model:,} numbers in {name} take {size(needed)} of memory, and {size(there)} are free. Take the first part of the file: "
            "the most frequent words stand first."
        )


def _whole(name: str, content: Content, progress: Progress) -> bytes:
    with opened(name, content, progress, {}) as source:
        parts = []
        while part := source.some():
            parts.append(part)
        return b"".join(parts)
