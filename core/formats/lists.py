"""Words that lie beside their numbers: one a line, a table with or without a heading, or JSON."""

import json

import numpy as np

from core.formats.unpacking import AGAIN

WORDS = ("word", "token", "label", "term", "name", "text")
COUNTS = ("count", "counts", "frequency", "freq")


def words(name: str, content: bytes, n_rows: int, notes: list[str]) -> tuple[list[str], np.ndarray | None]:
    """n_rows words, and how often each was seen where a column says so; ValueError where they are more or fewer, or not to be read."""
    if content.lstrip()[:1] in (b"[", b"{") and name.lower().removesuffix(".gz").endswith(".json"):
        return _json(name, content, n_rows), None
    try:
        lines = content.removeprefix(b"\xef\xbb\xbf").decode().split("\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"{name} is not in UTF-8: line {line:,} has the byte {content[error.start]:#04x} at place {error.start:,}. Save it as UTF-8."
        ) from error
    lines = [line.removesuffix("\r") for line in (lines[:-1] if not lines[-1] else lines)]
    if len(lines) == n_rows and not any("\t" in line for line in lines):
        return lines, None
    return _table(name, [line.split("\t") for line in lines], n_rows, notes)


def _table(name: str, rows: list[list[str]], n_rows: int, notes: list[str]) -> tuple[list[str], np.ndarray | None]:
    """A heading is there where there is one line more than rows of numbers; of one column only where it says so, as the projector wants none there."""
    heading = [cell.strip().casefold() for cell in rows[0]] if len(rows) == n_rows + 1 else []
    heading = heading if len(heading) > 1 or (heading and heading[0] in WORDS) else []
    body = rows[1:] if heading else rows
    if len(body) != n_rows:
        raise ValueError(
            f"{name} has {len(rows):,} lines, and there are {n_rows:,} rows of numbers: a line for each, and a heading or none, were expected. {AGAIN}"
        )
    column = next((heading.index(wanted) for wanted in WORDS if wanted in heading), 0)
    short = next((i for i, row in enumerate(body) if len(row) <= column), None)
    if short is not None:
        raise ValueError(f"Line {short + 1 + bool(heading):,} of {name} has no column {column + 1}, where the word should stand.")
    if len(rows[0]) > 1:
        called = f"“{rows[0][column]}”" if heading else f"{column + 1}"
        notes.append(f"The words of {name} are taken from its column {called}; it has {len(rows[0])}.")
    at = next((heading.index(wanted) for wanted in COUNTS if wanted in heading), None)
    seen = [row[at] if at is not None and at < len(row) else "" for row in body]
    counts = np.array(seen, np.int64) if at is not None and all(cell.isdigit() and len(cell) < 18 for cell in seen) else None
    return [row[column] for row in body], counts


def _json(name: str, content: bytes, n_rows: int) -> list[str]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{name} is no JSON ({error}). {AGAIN}") from error
    if isinstance(found, dict) and isinstance(found.get("words"), list):
        found = found["words"]
    if isinstance(found, dict) and sorted(map(str, found.values())) == sorted(map(str, range(n_rows))):
        found = sorted(found, key=lambda word: int(found[word]))
    if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
        raise ValueError(f'{name} should hold a list of words, ["the", "of"…], or the row of each, {{"the": 0, "of": 1…}}.')
    if len(found) != n_rows:
        raise ValueError(f"{name} has {len(found):,} words, and there are {n_rows:,} rows of numbers: a word for each was expected.")
    return found
