"""A binary file read from front to back by a reader that says at which byte it went wrong."""

import io
import os
from typing import Any, Protocol, runtime_checkable

import numpy as np

from core.text.progress import Progress, silent

PIECE = 1 << 24  # bytes at a time


@runtime_checkable
class Readable(Protocol):
    """An open binary file, a BytesIO, a .gz: typing's own BinaryIO is none of them when it is checked."""

    def read(self, n: int = -1, /) -> bytes: ...

    def readinto(self, room: Any, /) -> int | None: ...


@runtime_checkable
class Writable(Protocol):
    def write(self, content: Any, /) -> Any: ...


class Stream:
    """A binary file read from front to back that knows where it is. size: None where it is not known, as of a .gz."""

    def __init__(self, file: Readable) -> None:
        self.file, self.at, self.ahead = file, 0, b""
        self.plain = file if isinstance(file, io.BufferedReader) and isinstance(file.raw, io.FileIO) else None  # a file on the disk as it is
        self.size = os.fstat(self.plain.fileno()).st_size if self.plain else None

    def some(self, n: int) -> bytes:
        """Up to n bytes, none at the end only."""
        taken, self.ahead = (self.ahead[:n], self.ahead[n:]) if self.ahead else (self.file.read(n), b"")
        self.at += len(taken)
        return taken

    def give_back(self, rest: bytes) -> None:
        self.ahead = rest + self.ahead
        self.at -= len(rest)

    def take(self, n: int, what: str, progress: Progress = silent) -> np.ndarray:
        """uint8 [n]; ValueError where the file has fewer. Room is made for what is there, whatever n says."""
        begin = self.at
        if self.size is not None and n > self.size - begin:
            raise self.cut_short(begin, n, what, self.size - begin)
        room = np.empty(n if self.size is not None else min(n, PIECE), np.uint8)
        while (done := self.at - begin) < n:
            if done == len(room):
                room = np.concatenate([room, np.empty(min(n, 2 * done) - done, np.uint8)])
            got = self._into(room[done : done + PIECE])
            if not got:
                raise self.cut_short(begin, n, what, done)
            progress(f"reading {what}", (done + got) / n)
        return room

    def _into(self, room: np.ndarray) -> int:
        """Fills the beginning of `room`; how many bytes, 0 at the end of the file only."""
        if self.ahead:
            taken = self.some(len(room))
            room[: len(taken)] = np.frombuffer(taken, np.uint8)
            return len(taken)
        n = self.file.readinto(room.data) or 0
        self.at += n
        return n

    def cut_short(self, begin: int, n: int, what: str, there: int) -> ValueError:
        return wrong(begin, f"{n:,} bytes of {what}", f"the file ends after {there:,}")


def wrong(at: int, expected: str, found: str) -> ValueError:
    """What is said of a broken file."""
    return ValueError(f"This is no whole fastText model: at byte {at:,} {expected} should stand, but {found}. Download or copy the file once more.")
