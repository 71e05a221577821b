"""Vectors as text, a line a word: word2vec's and fastText's with a first line of two sizes, GloVe's without.

A word may have blanks inside: the last d_model fields of a line are its numbers. Blocks of the file are read by compiled code in as many threads as
there are cores, one block after the other is given back, and the first wrong line of the file is the one that is named.
"""

import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice
from typing import TypeVar

import numpy as np

from core.formats.rows import Rows, finished
from core.formats.source import Source
from core.formats.unpacking import AGAIN
from core.machine import n_cores
from core.vectors import Vectors

Item = TypeVar("Item")
Answer = TypeVar("Answer")
NUMBER = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
NOT_FINITE = re.compile(rb"[+-]?(nan|inf|infinity)", re.IGNORECASE)
LOOKED_AT = 20  # lines from which the length of a vector is taken
SHOWN = 40  # characters of what is wrong


@dataclass(frozen=True)
class Shape:
    """What the beginning of a file says: sizes, where it has a first line of them, and the numbers a word."""

    d_model: int
    n_words: int | None = None  # as the first line says

    @property
    def first_row(self) -> int:
        """The line of the first word, counted from 1."""
        return 1 if self.n_words is None else 2


@dataclass(frozen=True)
class Parsed:
    """Lines read, and the first one that could not be."""

    words: bytes  # a line end behind each
    matrix: np.ndarray
    wrong: bytes | None


def read(source: Source, notes: list[str], headed: bool | None = None) -> Vectors:
    """headed: whether the first line has sizes; where nobody knows it has when it is two whole numbers."""
    lines = source.lines()
    first = b"".join(islice(lines, 2)).removeprefix(b"\xef\xbb\xbf")  # two blocks, as the first line may be one
    shape, body = _begun(source.name, first, headed)
    # Not what the first line says: it may say anything.
    expected = 1 + round(1.1 * body.count(b"\n") / max(source.fraction(), 1e-6))
    rows = parsed(source, chain([body], lines), shape.d_model, notes, shape.first_row, expected)
    if shape.n_words is not None and shape.n_words != rows.n:
        said = f"Line 1 of {source.name} announces {shape.n_words:,} words, and there are {rows.n:,}"
        if rows.n < shape.n_words:
            raise ValueError(f"{said}: the file ends after line {rows.n + 1:,}. {AGAIN} Or correct the first line.")
        notes.append(f"{said}; all were read.")
    return finished(source.name, rows.words, rows.matrix, None, lambda row: f"line {row + shape.first_row:,}", notes)


def parsed(source: Source, blocks: Iterable[bytes], d_model: int, notes: list[str], first_row: int, expected: int, worded: bool = True) -> Rows:
    """The rows of all blocks. first_row: the line of the first, as lines are named to the user; worded: whether lines begin with a word."""
    rows = Rows(source.name, d_model, max(expected, 1))
    doubtful = Doubtful(source.name, first_row)
    with ThreadPoolExecutor(n_cores()) as pool:
        for part in in_order(pool, lambda block: _parse(block, d_model, worded), blocks):
            rows.add(doubtful.words(part.words, rows.n) if worded else [""] * len(part.matrix), part.matrix)
            if part.wrong is not None:
                raise _explained(source.name, part.wrong, rows.n + first_row, d_model, worded)
    notes.extend(doubtful.notes())
    return rows


def _parse(block: bytes, d_model: int, worded: bool) -> Parsed:
    from core.formats import kernels  # numba, which nobody needs before the first file

    text = np.frombuffer(block, np.uint8)
    n_lines = int(np.count_nonzero(text == 10))
    matrix, words = np.empty((n_lines, d_model), np.float32), np.empty(len(text) + 1, np.uint8)
    n_rows, n_bytes, at = (int(n) for n in kernels.rows(text, worded, matrix, words))
    wrong = None if n_rows == n_lines else block[at : block.index(b"\n", at)]
    return Parsed(words[:n_bytes].tobytes(), matrix[:n_rows], wrong)


def in_order(pool: ThreadPoolExecutor, function: Callable[[Item], Answer], items: Iterable[Item]) -> Iterator[Answer]:
    """What `function` makes of each item, some of them worked on at once, never many held."""
    at_work: deque[Future[Answer]] = deque()
    for item in items:
        at_work.append(pool.submit(function, item))
        if len(at_work) > n_cores() + 1:
            yield at_work.popleft().result()
    while at_work:
        yield at_work.popleft().result()


class Doubtful:
    """Words as text, and what was odd about some of them."""

    def __init__(self, name: str, first_row: int) -> None:
        self.name, self.first_row = name, first_row
        self.broken: list[int] = []
        self.blanks: list[tuple[int, str]] = []

    def words(self, lines: bytes, row: int) -> list[str]:
        """The words of lines that begin at `row`; ValueError where one ends in numbers, for then it is the numbers that are too many."""
        try:
            words = lines.decode().split("\n")[:-1]
        except UnicodeDecodeError:
            words = [self._word(word, row + i) for i, word in enumerate(lines.split(b"\n")[:-1])]
        if b" " in lines or b"\t" in lines:
            for i, word in enumerate(words):
                if " " in word or "\t" in word:
                    self._blank(word, row + i)
        return words

    def _word(self, word: bytes, row: int) -> str:
        try:
            return word.decode()
        except UnicodeDecodeError:
            self.broken.append(row)
            return word.decode("utf-8", "replace")

    def _blank(self, word: str, row: int) -> None:
        _, *others = word.split()
        if others and all(NUMBER.fullmatch(each.encode()) for each in others):
            raise ValueError(
                f"Line {row + self.first_row:,} of {self.name} has {len(others)} more numbers than the others. "
                f"Take them out; or, where “{word[:SHOWN]}” is the word, write _ for its blanks."
            )
        self.blanks.append((row, word))

    def notes(self) -> Iterator[str]:
        if self.broken:
            line = f"line {self.broken[0] + self.first_row:,}"
            yield f"{_words(len(self.broken))} not in UTF-8, the first in {line}: what could not be read is shown as �."
        if self.blanks:
            row, word = self.blanks[0]
            yield f"{_words(len(self.blanks))} written with blanks inside, the first in line {row + self.first_row:,}: “{word[:SHOWN]}”."


def _words(n: int) -> str:
    return "1 word is" if n == 1 else f"{n:,} words are"


def _begun(name: str, block: bytes, headed: bool | None) -> tuple[Shape, bytes]:
    """The shape, and the block without the line of sizes."""
    lines = block.split(b"\n", LOOKED_AT + 1)[: min(block.count(b"\n"), LOOKED_AT + 1)]
    sizes = lines[0].split() if lines else []
    could_be = len(sizes) == 2 and all(size.isdigit() and len(size) < 12 for size in sizes)
    if headed and not could_be:
        raise ValueError(f"Line 1 of {name} should say how many words there are and how many numbers each has, not “{_shown(lines[0])}”.")
    below = Counter(n_numbers(line) for line in lines[1:])
    usual_below = below.most_common(1)[0][0] if below else 0
    if not could_be or (headed is False and usual_below == 1):
        usual = Counter(n_numbers(line) for line in lines).most_common(1)
        if not usual or not usual[0][0]:
            raise ValueError(f"Line 1 of {name} ends in no number: “{_shown(block)}”. A word and its numbers should stand in each line.")
        return Shape(usual[0][0]), block
    n_words, d_model = int(sizes[0]), int(sizes[1])
    if not below:
        raise ValueError(f"{name} ends after line 1, which announces {n_words:,} words of {d_model:,} numbers. {AGAIN}")
    if below[d_model] < below[usual_below]:  # else it is some of the lines that are wrong, and told of where they are read
        raise ValueError(f"Line 1 of {name} announces {d_model:,} numbers a word; line 2 has {n_numbers(lines[1]):,}. Correct the first line.")
    return Shape(d_model, n_words), block[len(lines[0]) + 1 :]


def n_numbers(line: bytes) -> int:
    """How many numbers a line ends with, its first field left out."""
    fields = line.split()[1:]
    n = 0
    while n < len(fields) and (NUMBER.fullmatch(fields[-1 - n]) or NOT_FINITE.fullmatch(fields[-1 - n])):
        n += 1
    return n


def _explained(name: str, line: bytes, number: int, d_model: int, worded: bool) -> ValueError:
    """What is wrong with a line that could not be read."""
    place, expected = f"Line {number:,} of {name}", f"{'a word and ' * worded}{d_model:,} numbers"
    fields = line.split()
    if not fields:
        return ValueError(f"{place} is blank; {expected} should stand there. Take it out.")
    word, found = (f" after “{_shown(fields[0])}”", fields[1:]) if worded else ("", fields)
    for i, field in enumerate(found[-d_model:] if d_model else ()):
        if not NUMBER.fullmatch(field):
            wanted = "finite number" if NOT_FINITE.fullmatch(field) else "number"
            if len(found) >= d_model or wanted == "finite number" or i:
                return ValueError(f"{place} has “{_shown(field)}”{word} as number {max(0, len(found) - d_model) + i + 1}, which is no {wanted}. Correct it.")
    return ValueError(f"{place} has {len(found):,} numbers{word}; {d_model:,} were expected. Correct the line; where it is the last, the file is cut short.")


def _shown(text: bytes) -> str:
    shown = text.decode("utf-8", "replace").strip()
    return shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}…"
