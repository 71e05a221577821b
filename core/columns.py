"""What else is known of words: numbers, categories and texts, from a table that somebody brings; kept in the folder of a run or of opened vectors.

A table is CSV (commas, semicolons, tabs or bars), the projector's metadata, or Parquet, plain or .gz, with a heading. One of its columns names the
words; the others join the words of the same spelling.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from core.formats import sheets
from core.formats.lists import WORDS
from core.formats.record import Reading
from core.formats.sheets import is_a
from core.formats.source import Content
from core.formats.writing import sayable
from core.text.progress import Progress, silent
from core.workspace import write_whole

KEPT = "columns.parquet"
MOST = 50  # columns
FEW = 16  # whole numbers that differ, up to which they are categories; and as many texts, where any of them repeats
LIKELY = 0.1  # of the words or rows, that a column has to name which is not called so
MANY = 200  # texts that differ, beyond which they are no categories


@dataclass(frozen=True, eq=False)
class Column:
    """One a word. values [n]: numbers, float32 (NaN: none); or int32, each the place of a text in `names` (-1: none), of which the frequent stand first."""

    name: str
    values: np.ndarray
    names: tuple[str, ...] = ()

    @cached_property
    def categorical(self) -> bool:
        """Whether its texts repeat, so that they part the words; others are read, one by one."""
        n_known = int(self.known.sum())
        return 0 < len(self.names) < n_known and len(self.names) <= max(FEW, min(MANY, n_known // 2))

    @property
    def known(self) -> np.ndarray:
        """bool [n]: which words have a value."""
        return np.asarray(self.values >= 0 if self.names else ~np.isnan(self.values))

    def told(self, row: int) -> str:
        """A word's value as text; empty where it has none."""
        value = self.values[row]
        if self.names:
            return self.names[value] if value >= 0 else ""
        return "" if np.isnan(value) else f"{value:.6g}"

    def texts(self) -> list[str | None]:
        return [self.names[value] if value >= 0 else None for value in self.values]


def of(words: Sequence[str], content: Content, name: str, progress: Progress = silent, vectors: bool = False) -> tuple[list[Column], list[str]]:
    """The columns of a table for these words, and sentences about what did not fit; ValueError in words where there is nothing to join.

    vectors: the table is one of vectors, whose numbers are no columns.
    """
    return _joined(sheets.read(content, name, progress, vectors), words, name)


def beside(reading: Reading) -> tuple[list[Column], list[str]]:
    """The columns that came with vectors in their own files, and sentences. What cannot be joined is said, and is no reason not to open them."""
    if reading.table is None:
        return [], []
    name, content = reading.table
    if isinstance(content, bytes) and not content.startswith(b"PAR1") and b"\t" not in content.partition(b"\n")[0]:
        return [], []  # a list of words
    try:
        return of(reading.vectors.words, content, name, vectors=True)
    except ValueError as wrong:
        return [], [] if reading.format.name == "parquet" else [str(wrong)]


def bring(folder: Path, words: Sequence[str], content: Content, name: str, progress: Progress = silent) -> list[str]:
    """Keeps a table's columns in the folder of a run or of opened vectors, in place of those before; the sentences of `of`."""
    found, notes = of(words, content, name, progress)
    keep(folder, words, found)
    return notes


def keep(folder: Path, words: Sequence[str], columns: Sequence[Column]) -> None:
    """Keeps columns [n words] in a folder."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    content, table = io.BytesIO(), as_table(columns)
    assert table is not None, "what is kept has a column at least"
    pq.write_table(table.add_column(0, " word", pa.array(sayable(words))), content, compression="zstd")
    write_whole(folder / KEPT, content.getvalue())


def kept(folder: Path, words: Sequence[str]) -> list[Column]:
    """What is kept in a folder, for these words, which may be some of those it was brought for; nothing where there is none, or it is damaged."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(folder / KEPT)
        rows = pc.index_in(pa.array(sayable(words)), value_set=table.column(" word").combine_chunks())
    except (OSError, KeyError, pa.ArrowException):
        return []
    return _columns(table.drop_columns([" word"]).take(rows))


def remove(folder: Path) -> None:
    """Takes the columns of a folder away."""
    (folder / KEPT).unlink(missing_ok=True)


def as_table(columns: Sequence[Column]) -> Any:
    """As a table of Arrow: float32 and strings, null where there is no value. None where there is no column."""
    import pyarrow as pa

    if not columns:
        return None
    return pa.table({each.name: pa.array(each.texts(), pa.string()) if each.names else pa.array(each.values, from_pandas=True) for each in columns})


# ---------------------------------------------------------------- joining


def _joined(table: Any, words: Sequence[str], name: str) -> tuple[list[Column], list[str]]:
    import pyarrow as pa
    import pyarrow.compute as pc

    vocabulary = pa.array(sayable(words))
    spelt = {each: table.column(each).cast(pa.string()) for each in table.column_names if not is_a(table.schema.field(each).type, "floating")}
    has = (
        f"It has {', '.join(table.column_names[:8])}{'…' if table.num_columns > 8 else ''}." if table.num_columns else "It has no columns of texts or numbers."
    )
    if not spelt or not table.num_rows:
        raise ValueError(f"{name} has no rows. Choose another table." if spelt else f"{name} has no column of words. {has}")
    hits = {each: pc.sum(pc.is_in(column, value_set=vocabulary)).as_py() or 0 for each, column in spelt.items()}
    word = max(hits, key=lambda each: (hits[each] > 0 and each.strip().casefold() in WORDS, hits[each]))
    enough = 1 if word.strip().casefold() in WORDS else LIKELY * min(table.num_rows, len(words))  # a number may be a word by chance
    if not hits[word] or hits[word] < enough:
        likely = next((each for each in spelt if each.strip().casefold() in WORDS), next(iter(spelt)))
        there = ", ".join(f"“{str(each)[:30]}”" for each in spelt[likely].slice(0, 3).to_pylist())
        raise ValueError(f"No column of {name} names any of these {len(words):,} words: “{likely}” begins with {there}. {has}")
    rows = pc.index_in(vocabulary, value_set=spelt[word].combine_chunks())
    joined = table.drop_columns([word]).take(rows)
    notes = _notes(spelt[word], vocabulary, len(words) - rows.null_count, hits[word], name)
    if word in words and word.strip().casefold() not in WORDS:
        notes.append(f"The first line of {name} is taken for its heading, though “{word}” is a word here, too.")
    if joined.num_columns > MOST:
        notes.append(f"{name} has {joined.num_columns:,} columns beside the words; the first {MOST} are kept.")
    found = _columns(joined.select(range(min(MOST, joined.num_columns))))
    if not found:
        raise ValueError(f"{name} says nothing of these words: beside the column “{word}” no cell in their rows holds a number or a text.")
    for each in found:
        if each.names and not each.categorical:
            notes.append(f"“{each.name}” is shown as text and colours nothing: it has {len(each.names):,} different values.")
    return found, notes


def _notes(spelt: Any, vocabulary: Any, n_found: int, hits: int, name: str) -> list[str]:
    """What of a table is of no word, what stands twice, which words it does not have."""
    import pyarrow.compute as pc

    notes, n_rows, n_words = [], len(spelt), len(vocabulary)
    if hits < n_rows:
        example = spelt.filter(pc.invert(pc.is_in(spelt, value_set=vocabulary)))[0].as_py()
        notes.append(f"{n_rows - hits:,} of the {n_rows:,} rows of {name} are left out: their words are not here, such as “{str(example)[:50]}”.")
    if hits > n_found:
        twice = next(each["values"] for each in pc.value_counts(spelt.filter(pc.is_in(spelt, value_set=vocabulary))).to_pylist() if each["counts"] > 1)
        notes.append(f"{hits - n_found:,} rows of {name} are left out, of words that stand before, such as “{twice[:50]}”.")
    if n_found < n_words:
        notes.append(f"{n_words - n_found:,} of the {n_words:,} words have no row in {name}: their cells are empty.")
    return notes


def _columns(table: Any) -> list[Column]:
    """Those of a joined table in which any word has a value."""
    found = (_column(name, column.combine_chunks()) for name, column in zip(table.column_names, table.columns, strict=True))
    return [each for each in found if each.known.any()]


def _column(name: str, cells: Any) -> Column:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not is_a(cells.type, "integer", "floating"):
        empty = pc.equal(pc.utf8_trim_whitespace(cells), "")
        cells = pc.if_else(empty, None, cells)
        try:
            cells = pc.cast(cells, pa.float64())
        except pa.ArrowInvalid:
            return _of_texts(name, cells)
    values = np.array(cells.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64)
    values[~np.isfinite(values)] = np.nan
    known = values[~np.isnan(values)]
    different = np.unique(known)
    if 0 < len(different) <= FEW and (different == np.round(different)).all() and len(different) < len(known):
        places = np.searchsorted(different, values)
        return Column(name, np.where(np.isnan(values), -1, places).astype(np.int32), tuple(f"{each:.0f}" for each in different))
    return Column(name, values.astype(np.float32))


def _of_texts(name: str, cells: Any) -> Column:
    coded = cells.dictionary_encode()
    codes = np.asarray(coded.indices.fill_null(-1).to_numpy(zero_copy_only=False), np.int64)
    names = coded.dictionary.to_pylist()
    order = np.argsort(-np.bincount(codes[codes >= 0], minlength=len(names)), kind="stable")
    places = np.empty(len(names) + 1, np.int32)
    places[order], places[-1] = np.arange(len(names)), -1
    return Column(name, places[codes], tuple(names[i] for i in order))
