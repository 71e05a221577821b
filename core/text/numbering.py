"""Texts as numbers of their words, in two ways that give the same: plain Python, at once there, for a text of a few megabytes; compiled, for more.

A number is a word as written or a punctuation mark; END (-1) stands where a sentence ends, once and never first; LOST (-2) for a word that had
been forgotten: of a text with more distinct words than LIMIT the rarest are dropped now and then, as word2vec.c's ReduceVocab does
(though no more of them than it takes: there the bar rises by one each time).
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.text.segmentation import HAN, SENTENCE_END, stretches, words

if TYPE_CHECKING:
    from core.text.word_kernels import Store

END, LOST = -1, -2
COMPILED_FROM = 6_000_000  # bytes of text: below, compiled code takes longer to load than Python to do it
LIMIT = 3_000_000  # distinct words held at a time, some 150 MB
AT_ONCE = 1 << 18  # numbers given at a time

Numbers = npt.NDArray[np.int32]


def is_mark(word: str) -> bool:
    return not any(character.isalnum() or character == "_" for character in word)


class Plain:
    """A dictionary; every distinct stretch between two blanks is cut once."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._stretches: dict[str, list[int]] = {SENTENCE_END: [END]}
        self._counts = np.zeros(0, np.int64)
        self._last = END

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """How often each word was read [n]."""
        return np.pad(self._counts, (0, len(self._numbers) - len(self._counts)))

    @property
    def marks(self) -> npt.NDArray[np.bool_]:
        """Which of them are punctuation marks [n]."""
        return np.fromiter(map(is_mark, self._numbers), np.bool_, len(self._numbers))

    @property
    def letters(self) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
        """The words in UTF-8, one after the other, and where each begins, with the end of the last [n + 1]."""
        return joined(list(self._numbers))

    def read(self, text: bytes) -> Iterator[Numbers]:
        """The numbers of a text in UTF-8."""
        found: list[int] = [self._last]
        for stretch in stretches(text.decode()):
            if stretch not in self._stretches:
                self._stretches[stretch] = self.number(words(stretch, punctuation=True)).tolist()
            found += self._stretches[stretch]
        read = np.array(found, np.int32)
        self._last = found[-1]
        self._counts = self.counts + np.bincount(read[1:][read[1:] != END], minlength=len(self._numbers))
        yield read[1:][(read[1:] != END) | (read[:-1] != END)]

    def number(self, found: Sequence[str]) -> Numbers:
        """The number of each of these words, a new one where it is new; nothing is counted."""
        return np.fromiter((self._numbers.setdefault(word, len(self._numbers)) for word in found), np.int32, len(found))

    def forget(self) -> Numbers | None:
        """Drops the rarest words where there are too many: the new number of each old one, LOST of those dropped. None where there are not."""
        return None  # a text of a few megabytes has no such number of words


class Compiled:
    """core.text.word_kernels, and jieba for the words with Han characters, which the kernel only finds."""

    def __init__(self) -> None:
        from core.text import word_kernels

        self._kernels = word_kernels
        self._store: Store = word_kernels.empty(1 << 16, 1 << 20)
        self._ended = True
        self._out, self._held = np.empty(AT_ONCE, np.int32), np.empty((AT_ONCE // 16, 2), np.int64)

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        return self._store.counts[: self._size]

    @property
    def marks(self) -> npt.NDArray[np.bool_]:
        return self._store.marks[: self._size]

    @property
    def letters(self) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
        starts = self._store.starts[: self._size + 1]
        return self._store.letters[: starts[-1]], starts

    def read(self, text: bytes) -> Iterator[Numbers]:
        padded = np.frombuffer(text + bytes(4), np.uint8)
        kinds, at = kinds_of_characters(0x80 if text.isascii() else 0x110000), 0
        while at < len(text):
            self._make_room(AT_ONCE // 4, len(text) - at)
            at, n, n_held, self._ended = self._kernels.cut(padded, at, len(text), kinds, self._store, self._out, self._held, self._ended)
            yield self._cut_held(text, self._out[:n], self._held[:n_held]) if n_held else self._out[:n].copy()

    def number(self, found: Sequence[str]) -> Numbers:
        letters, starts = joined(found)
        self._make_room(len(found), len(letters))
        numbers = np.empty(len(found), np.int32)
        marks = np.fromiter(map(is_mark, found), np.bool_, len(found))
        self._kernels.number_each(letters, starts[1:], marks, self._store, numbers)
        return numbers

    def forget(self) -> Numbers | None:
        if self._size <= LIMIT:
            return None
        kept, rarest = np.ones(self._size, np.bool_), 0
        while kept.sum() > LIMIT * 3 // 4 and rarest < self.counts.max():
            rarest += 1
            kept = self.marks | (self.counts > rarest)
        self._move(kept, len(self._store.counts), len(self._store.letters))
        return np.where(kept, np.cumsum(kept) - 1, LOST).astype(np.int32)

    @property
    def _size(self) -> int:
        return int(self._store.size[0])

    def _make_room(self, n_words: int, n_letters: int) -> None:
        room, letters = len(self._store.counts), len(self._store.letters)
        needed, needed_letters = self._size + n_words, int(self._store.starts[self._size]) + n_letters
        if needed > room or needed_letters > letters:
            # Words double their room, for the table of slots has to be filled anew; letters take what they need and a little.
            room = max(needed, min(2 * needed, LIMIT + AT_ONCE)) if needed > room else room
            self._move(np.ones(self._size, np.bool_), room, needed_letters * 5 // 4 if needed_letters > letters else letters)

    def _move(self, kept: npt.NDArray[np.bool_], room: int, n_letters: int) -> None:
        new = self._kernels.empty(room, n_letters)
        self._kernels.move(self._store, kept, new)
        self._store = new

    def _cut_held(self, text: bytes, numbers: Numbers, held: npt.NDArray[np.int64]) -> Numbers:
        """The numbers with the words that jieba makes in place of each HELD."""
        cut = [words(text[start:end].decode(), punctuation=True) for start, end in held]
        found = self.number([word for some in cut for word in some])
        np.add.at(self._store.counts, found, 1)
        sizes = np.ones(len(numbers), np.int64)
        is_held = numbers == self._kernels.HELD
        sizes[is_held] = [len(some) for some in cut]
        spread = np.repeat(numbers, sizes)
        spread[np.repeat(is_held, sizes)] = found
        return spread


Numbering = Plain | Compiled


def numbering(n_bytes: int) -> Numbering:
    """The one that is faster for a text of so many bytes."""
    return Compiled() if n_bytes >= COMPILED_FROM else Plain()


def joined(found: Sequence[str]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Words in UTF-8, one after the other, and where each begins (with the end of the last)."""
    encoded = [word.encode("utf-8", "surrogatepass") for word in found]
    starts = np.zeros(len(found) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, encoded), np.int64, len(found)), out=starts[1:])
    return np.frombuffer(b"".join(encoded), np.uint8), starts


@lru_cache(maxsize=2)
def kinds_of_characters(n: int) -> npt.NDArray[np.uint8]:
    """What each of the first n characters is to core.text.word_kernels: uint8 [n], as the regular expressions of core.text.segmentation have it."""
    from core.text import word_kernels as kernels

    everything = "".join(map(chr, range(n)))
    kinds = np.zeros(n, np.uint8)
    classes = ((r"\s", kernels.SPACE), (r"\w", kernels.WORD), (r"\d", kernels.DIGIT), (r"['’-]", kernels.JOINER), (r"[.,]", kernels.POINT))
    for pattern, bit in (*classes, (r"[.!?…。！？]", kernels.ENDER), (HAN.pattern, kernels.HAN)):
        for found in re.finditer(f"(?:{pattern})+", everything):
            kinds[found.start() : found.end()] |= bit
    for point in (*range(0x300, min(n, 0x20000)), *range(0xE0100, min(n, 0xE01F0))):  # beyond them none is defined, and a million would be asked
        if unicodedata.category(everything[point]) in ("Mn", "Mc") and not kinds[point] & kernels.WORD:
            kinds[point] |= kernels.COMBINING
    return kinds
