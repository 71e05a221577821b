"""The pair of tables that projector.tensorflow.org takes: numbers with tabs between them, and the words line by line in a second file."""

from itertools import chain

from core.formats import lists
from core.formats.rows import finished
from core.formats.source import Source
from core.formats.text import parsed
from core.vectors import Vectors

LONGEST = 1 << 20


def read(source: Source, notes: list[str]) -> Vectors:
    lines = source.lines()
    first = next(lines, b"").removeprefix(b"\xef\xbb\xbf")
    d_model = len(first[: first.find(b"\n")].split())
    expected = 1 + round(1.1 * first.count(b"\n") / max(source.fraction(), 1e-6))
    rows = parsed(source, chain([first], lines), d_model, notes, 1, expected, worded=False)
    name, content = source.companion(beside(source.name), "a table of their words")
    words, counts = lists.words(name, content, rows.n, notes)
    return finished(source.name, words, rows.matrix, counts, lambda row: f"line {row + 1:,}", notes)


def beside(name: str) -> list[str]:
    """What the table of words of a table of numbers may be called."""
    swapped = [name.replace(old, "metadata") for old in ("vectors", "tensors", "tensor", "vecs") if old in name]
    return [*dict.fromkeys([*swapped, f"{name.removesuffix('.tsv').removesuffix('.txt')}.metadata.tsv", "metadata.tsv"])]
