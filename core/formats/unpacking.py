"""A .gz from front to back, never more of it than is sensible."""

import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from core.machine import size

PIECE = 1 << 23  # bytes where nobody says how many
PACKED = 1 << 17  # bytes unpacked at a time
GZIP = 31  # zlib's word for its header and checksum
UNSUSPECTED = 1 << 28  # bytes that may come out of whatever little
RATIO = 100  # unpacked / packed; numbers that were learnt give 2 to 5, zlib at most 1032
AGAIN = "Copy or download it once more."


class Unpacked:
    """A .gz as a stream; ValueError where more comes out than honest numbers could be packed into it. gzip.GzipFile takes half as long again."""

    def __init__(self, name: str, packed: io.BufferedReader | io.BytesIO) -> None:
        self.name, self.packed, self.n_out = name, packed, 0
        self._member = zlib.decompressobj(GZIP)

    def read(self, n: int = -1, /) -> bytes:
        """n bytes; fewer at the end only."""
        parts, missing = [], n if n >= 0 else PIECE
        while missing and self._goes_on():
            food = self._member.unconsumed_tail or self.packed.read(PACKED)
            part = self._member.decompress(food, missing)
            if not food and not part and not self._member.eof:
                raise EOFError("the end is missing")
            parts.append(part)
            missing -= len(part)
            self._measure(len(part))
        return b"".join(parts)

    def readinto(self, room: Any, /) -> int:
        taken = self.read(len(room))
        room[: len(taken)] = taken
        return len(taken)

    def _goes_on(self) -> bool:
        """Whether more may come; where one packed file ends and another follows, as they may be joined, that one is begun."""
        if not self._member.eof:
            return True
        food = (self._member.unused_data or self.packed.read(PACKED)).lstrip(b"\0")
        if not food:
            return False
        self.packed.seek(-len(food), io.SEEK_CUR)
        self._member = zlib.decompressobj(GZIP)
        return True

    def _measure(self, n: int) -> None:
        self.n_out += n
        if self.n_out > max(UNSUSPECTED, RATIO * self.packed.tell()):
            raise ValueError(
                f"{self.name} unpacks to more than {RATIO} times its size, as no vectors do; after {size(self.n_out)} it was given up. "
                "Unpack it yourself and open what comes out."
            )


@contextmanager
def broken_packing_in_words(name: str) -> Iterator[None]:
    try:
        yield
    except (EOFError, zlib.error) as error:
        raise ValueError(f"{name} is broken or cut short as a .gz ({error}). {AGAIN}") from error
