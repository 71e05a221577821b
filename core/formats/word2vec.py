"""word2vec's binary files: a line of two sizes, then each word, a blank, and its float32 numbers, little-endian; after the numbers a line end, or none.

The C tool writes that line end, gensim does not. Nothing marks where a row begins, so that a wrong size moves all that follows: rows are read on to
the end of the file, and where they do not come out even, the first of them that is odd is named.
"""

import numpy as np

from core.formats.binary import Writable
from core.formats.rows import Rows, finished
from core.formats.source import PIECE, Source
from core.formats.unpacking import AGAIN
from core.vectors import Vectors

LONGEST = 4096  # bytes of a word, and of the line of sizes
HUGE = 1e9  # no vector has such numbers, and bytes that are no numbers soon do
AT_ONCE = 4096  # rows gathered before they are put into the matrix


def read(source: Source, notes: list[str]) -> Vectors:
    head = source.peek(LONGEST).partition(b"\n")
    sizes = head[0].split()
    if not head[1] or len(sizes) != 2 or not all(size.isdigit() and len(size) < 12 for size in sizes):
        shown = head[0][:40].decode("utf-8", "replace")
        raise ValueError(f"{source.name} should begin with a line of two sizes, how many words and how many numbers each, not with “{shown}”.")
    source.take(len(head[0]) + 1, "the sizes")
    return _Reader(source, int(sizes[0]), int(sizes[1]), notes).vectors()


class _Reader:
    def __init__(self, source: Source, n_words: int, d_model: int, notes: list[str]) -> None:
        self.source, self.n_words, self.d_model, self.notes = source, n_words, d_model, notes
        least = source.at + n_words * (4 * d_model + 1)
        if not n_words or not d_model:
            raise ValueError(f"{source.name} announces {n_words:,} words of {d_model:,} numbers in its first line. Choose another file.")
        if source.size is not None and source.size < least:
            raise ValueError(
                f"{source.name} is cut short, or its first line is wrong: it announces {n_words:,} words of {d_model:,} numbers, which take {least:,} bytes "
                f"at least, and the file ends at byte {source.size:,}, in word {1 + max(0, source.size - source.at) // (4 * d_model + 1):,}. {AGAIN}"
            )
        self.rows = Rows(source.name, d_model, n_words if source.size is not None else min(n_words, 1 << 20))
        self.places: list[int] = []  # the byte where each row begins
        self.odd: tuple[int, bytes] | None = None  # the first word that is none, and its place
        self.broken: list[int] = []  # rows whose words are not in UTF-8
        self.controlled: list[int] = []  # rows whose words hold control characters

    def vectors(self) -> Vectors:
        buffer, begin = b"", self.source.at
        while part := self.source.some(PIECE):
            buffer += part
            used = self._take(buffer, begin)
            buffer, begin = buffer[used:], begin + used
            if len(buffer) > LONGEST + 4 * self.d_model + 1 + PIECE:
                raise self._uneven(begin, buffer)
        n = self.rows.n
        if buffer.strip(b"\n") or n < self.n_words:
            raise self._uneven(begin, buffer.lstrip(b"\n"))
        torn = self._torn()
        if torn is not None:
            self.odd = (self.places[torn], self.rows.words[torn].encode())
            raise self._uneven(begin, b"")
        if n > self.n_words:
            self.notes.append(f"Byte 0 of {self.source.name} announces {self.n_words:,} words, and there are {n:,}; all were read.")
        if self.broken:
            words = "1 word is" if len(self.broken) == 1 else f"{len(self.broken):,} words are"
            self.notes.append(f"{words} not in UTF-8, the first at byte {self.places[self.broken[0]]:,}: what could not be read is shown as �.")
        return finished(self.source.name, self.rows.words, self.rows.matrix, None, lambda row: f"byte {self.places[row]:,}", self.notes)

    def _take(self, buffer: bytes, begin: int) -> int:
        """Takes the whole rows of a buffer whose first byte is `begin` of the file, and says how many bytes they had."""
        n_bytes, at, words, starts = 4 * self.d_model, 0, list[str](), list[int]()
        while True:
            end = buffer.find(b" ", at, at + LONGEST)
            if end < 0 or end + 1 + n_bytes > len(buffer):
                break
            word = buffer[at:end].lstrip(b"\n")
            self.places.append(begin + end - len(word))
            words.append(self._word(word))
            starts.append(end + 1)
            at = end + 1 + n_bytes
        data = np.frombuffer(buffer, np.uint8)
        for first in range(0, len(starts), AT_ONCE):
            some = starts[first : first + AT_ONCE]
            block = np.empty((len(some), n_bytes), np.uint8)
            for i, start in enumerate(some):
                block[i] = data[start : start + n_bytes]
            self.rows.add(words[first : first + AT_ONCE], block.view("<f4"))
        return at

    def _word(self, word: bytes) -> str:
        """The word of the last of `places`."""
        try:
            decoded = word.decode()
        except UnicodeDecodeError:
            self.broken.append(len(self.places) - 1)
            self.odd = self.odd or (self.places[-1], word)
            return word.decode("utf-8", "replace")
        if not decoded.isprintable() and any(byte < 32 for byte in word):
            self.controlled.append(len(self.places) - 1)
            self.odd = self.odd or (self.places[-1], word)
        return decoded

    def _torn(self) -> int | None:
        """The first row whose word is rubbish because the row before began too early, as after a word with a blank inside: then its numbers are none."""
        doubtful = (row for row in sorted({*self.broken, *self.controlled}) if row)
        return next((row for row in doubtful if not np.abs(self.rows.matrix[row - 1]).max() < HUGE or "\n" in self.rows.words[row]), None)

    def _uneven(self, begin: int, rest: bytes) -> ValueError:
        """What is said where the rows do not come out even with the file."""
        announced = f"Its first line announces {self.n_words:,} words of {self.d_model:,} numbers"
        if self.odd is not None:
            place, word = self.odd
            return ValueError(
                f"{self.source.name} goes wrong before byte {place:,}: a word and a blank should stand there, not {word[:12]!r}. {announced}: "
                f"is that so? Words in this format have no blanks inside. {AGAIN}"
            )
        there = f"{len(rest):,} bytes from byte {begin:,} on" if rest else "nothing"
        row = self.rows.n + 1
        if row <= self.n_words:
            return ValueError(
                f"{self.source.name} is cut short in word {row:,}: there {'is' if not rest else 'are'} {there}, where a word, a blank and "
                f"{4 * self.d_model:,} bytes of numbers should follow. {announced}. {AGAIN}"
            )
        return ValueError(f"{self.source.name} holds more than words: after the last there are {there}. {announced}: is that so?")


def write(words: list[str], matrix: np.ndarray, file: Writable) -> None:
    """As the C tool writes it, with a line end behind each row. words: without blanks."""
    n, d_model = matrix.shape
    file.write(f"{n} {d_model}\n".encode())
    for begin in range(0, n, AT_ONCE):
        block = np.ascontiguousarray(matrix[begin : begin + AT_ONCE], "<f4")
        file.write(b"".join(word.encode("utf-8", "replace") + b" " + row.tobytes() + b"\n" for word, row in zip(words[begin:], block, strict=False)))
