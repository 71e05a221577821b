"""Test sets read from the files that people have.

Pairs: two words and a number, separated by tabs, commas, semicolons or blanks; between words and number there may be more (SimLex's part of
speech), and after it (each rater's own mark). MEN's lemmas ("sun-n") lose their ending. Analogies: four words a line, ": section" lines between.
"""

import csv
import gzip
import io
import math
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

from core.evaluation.sets import Kind, Pairs, Question, Questions, TestSet
from core.text.encodings import decoded
from core.text.limits import MEGABYTE, megabytes

LARGEST = 64 * MEGABYTE  # of a file, unpacked
LONGEST_LINE = 10_000  # characters
FORM = {
    "pairs": "A pair is two words and a number, with a tab, a comma or a blank between: tiger cat 7.35",
    "analogies": "An analogy is four words with blanks between: Athens Greece Oslo Norway",
}
_LEMMA = re.compile(r".-[nvjar]")


def read(name: str, content: bytes | Path, kind: Kind | None = None) -> TestSet:
    """The test set in a file, plain or .gz; ValueError with the line that is wrong and what was expected. kind: where only one will do."""
    lines = list(_lines(name, content))
    if not lines:
        raise ValueError(f"{name} holds no line that is not empty or a comment. {FORM[kind or 'pairs']}; or, for analogies: Athens Greece Oslo Norway.")
    sections = any(line.startswith(":") for _, line in lines)
    first = lines[0][1]
    questions = sections or (not _numbers(_cells(first, _separator(first))) and len(_words(first)) == 4 and not _has_numbers(lines[1:2]))
    found: Kind = "analogies" if questions else "pairs"
    if kind and found != kind:
        raise ValueError(f"{name} holds {found}, not {kind}: its line {lines[0][0]} is “{_cut(lines[0][1])}”. {FORM[kind]}.")
    return _questions(name, lines) if questions else _pairs(name, lines)


def _pairs(name: str, lines: list[tuple[int, str]]) -> Pairs:
    head = int(not _has_numbers(lines[:1]))
    separator = _separator(lines[min(head, len(lines) - 1)][1])
    rows = []
    for number, line in lines[head:]:
        cells = _cells(line, separator)
        values = _numbers(cells[2:])
        if not values or not cells[0] or not cells[1]:
            raise ValueError(f"Line {number} of {name} is no pair with a number: “{_cut(line)}”. {FORM['pairs']}.")
        rows.append((cells[0], cells[1], values[0]))
    if not rows:
        raise ValueError(f"{name} has one line only, and no number in it: “{_cut(lines[0][1])}”. {FORM['pairs']}.")
    if all(_LEMMA.fullmatch(word[-3:]) for a, b, _ in rows for word in (a, b)):
        rows = [(a[:-2], b[:-2], value) for a, b, value in rows]
    return Pairs(name, tuple(rows))


def _questions(name: str, lines: list[tuple[int, str]]) -> Questions:
    sections: dict[str, list[Question]] = {}
    section = "all"
    for number, line in lines:
        if line.startswith(":"):
            section = line.lstrip(": ").strip() or f"section {len(sections) + 1}"
            continue
        words = _words(line)
        if len(words) != 4:
            raise ValueError(f"Line {number} of {name} has {len(words)} words, not four: “{_cut(line)}”. {FORM['analogies']}.")
        sections.setdefault(section, []).append((words[0], words[1], words[2], words[3]))
    if not sections:
        raise ValueError(f"{name} has sections and no analogy in any. {FORM['analogies']}.")
    return Questions(name, {title: tuple(rows) for title, rows in sections.items()})


def _lines(name: str, content: bytes | Path) -> Iterator[tuple[int, str]]:
    """The lines that say something, with their numbers from 1."""
    if isinstance(content, Path):
        if not content.is_file():
            raise ValueError(f"There is no file {content}. Check its path.")
        with open(content, "rb") as file:
            content = file.read(LARGEST + 1)
    if name.endswith(".gz"):
        try:
            with gzip.open(io.BytesIO(content)) as stream:
                content = stream.read(LARGEST + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError(f"{name} is broken or cut short ({error}). Pack or load it again.") from error
    if len(content) > LARGEST:
        raise ValueError(f"{name} has more than {megabytes(LARGEST)}, which is more than a test set can have. Give a part of it.")
    for number, line in enumerate("".join(decoded(name, io.BytesIO(content))[0]).splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            if len(line) > LONGEST_LINE:
                raise ValueError(f"Line {number} of {name} has {len(line):,} characters, more than any pair or analogy: “{_cut(line)}”. {FORM['pairs']}.")
            yield number, line.strip("\r\n")


def _separator(line: str) -> str:
    """ "" means blanks."""
    return next((mark for mark in "\t;," if mark in line), "")


def _cells(line: str, separator: str) -> list[str]:
    cells = next(csv.reader([line], delimiter=separator), []) if separator else line.split()
    return [cell.strip() for cell in cells]


def _words(line: str) -> list[str]:
    """Of an analogy: with tabs between, they may have blanks inside."""
    return [cell for cell in _cells(line, "\t" if "\t" in line else "") if cell]


def _numbers(cells: list[str]) -> list[float]:
    """Those cells that are finite numbers."""
    found = []
    for cell in cells:
        try:
            value = float(cell)
        except ValueError:
            continue
        if math.isfinite(value):
            found.append(value)
    return found


def _has_numbers(lines: list[tuple[int, str]]) -> bool:
    return any(_numbers(_cells(line, _separator(line))[2:]) for _, line in lines)


def _cut(line: str) -> str:
    return line.strip().replace("\t", " ")[:60]
