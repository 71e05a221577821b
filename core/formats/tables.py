"""Parquet: a column of words, and either one column of lists or a column a dimension; and a column of counts, where there is one."""

import tempfile
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.formats.binary import Writable
from core.formats.lists import COUNTS, WORDS
from core.formats.rows import Rows, finished
from core.formats.source import PIECE, Source
from core.formats.unpacking import AGAIN
from core.vectors import Vectors

AT_ONCE = 8192  # rows


def read(source: Source, notes: list[str]) -> Vectors:
    """Written aside first: a table is read from its end."""
    with tempfile.TemporaryFile() as file:
        while part := source.some(PIECE):
            file.write(part)
        file.seek(0)
        return _read(source, file, notes)


def _read(source: Source, file: Any, notes: list[str]) -> Vectors:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(file)
        columns = _Columns(source.name, table.schema_arrow)
        rows: Rows | None = None
        counts: list[np.ndarray] = []
        for batch in table.iter_batches(batch_size=AT_ONCE, columns=columns.wanted):
            begin = rows.n if rows else 0
            matrix = columns.matrix(batch, begin)
            rows = rows or Rows(source.name, matrix.shape[1], table.metadata.num_rows)
            rows.add(columns.words(batch, begin), matrix)
            if columns.count:
                counts.append(np.asarray(batch.column(columns.count).fill_null(0)))
            source.progress(f"reading {source.name}", rows.n / max(1, table.metadata.num_rows))
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:  # a column may be called what is no text
        if isinstance(error, OSError) and error.errno:
            raise
        raise ValueError(f"{source.name} is no Parquet table that can be read, or is cut short ({error}). {AGAIN}") from error
    if rows is None:
        raise ValueError(f"{source.name} holds no vectors: the table has no rows. Choose another file.")
    return finished(source.name, rows.words, rows.matrix, np.concatenate(counts) if counts else None, lambda row: f"row {row + 1:,}", notes)


class _Columns:
    """Which columns are what."""

    def __init__(self, name: str, schema: Any) -> None:
        import pyarrow.types as kinds

        self.name = name
        fields = list(schema)
        texts = [each.name for each in fields if kinds.is_string(each.type) or kinds.is_large_string(each.type) or kinds.is_dictionary(each.type)]
        lists = [each.name for each in fields if kinds.is_list(each.type) or kinds.is_large_list(each.type) or kinds.is_fixed_size_list(each.type)]
        numbers = [each.name for each in fields if kinds.is_floating(each.type) or kinds.is_integer(each.type)]
        self.count = next((each for each in numbers if each.casefold() in COUNTS), None)
        self.lists = lists[:1]
        self.numbers = [each for each in numbers if each != self.count and not each.startswith("__index")]
        has = f"It has {', '.join(each.name for each in fields[:8])}{'…' if len(fields) > 8 else ''}."
        if not texts:
            raise ValueError(f"{name} has no column of words. {has}")
        if not self.lists and not self.numbers:
            raise ValueError(f"{name} has no column of lists of numbers, nor a column a dimension. {has}")
        self.word = next((each for each in texts if each.casefold() in WORDS), texts[0])
        self.wanted = [self.word, *(self.lists or self.numbers), *([self.count] if self.count else [])]
        self.d_model: int | None = None

    def words(self, batch: Any, begin: int) -> list[str]:
        column = batch.column(self.word)
        try:
            found: list[str | None] = column.to_pylist()
        except UnicodeDecodeError as error:
            row = next(i for i in range(len(column)) if not _is_text(column[i]))
            raise ValueError(f"{self.name}, row {begin + row + 1:,}: the word is not in UTF-8. {AGAIN}") from error
        if None in found:
            raise ValueError(f"{self.name}, row {begin + found.index(None) + 1:,}: the word is missing.")
        return [str(word) for word in found]

    def matrix(self, batch: Any, begin: int) -> np.ndarray:
        """float32 [n d_model]; ValueError where a row is shorter or longer than the first, or lacks a number."""
        if not self.lists:
            self._complete(sum(np.asarray(batch.column(each).is_null()) for each in self.numbers) > 0, begin)
            return np.stack([_floats(batch.column(each)) for each in self.numbers], axis=1)
        column = batch.column(self.lists[0])
        sizes = np.asarray(column.value_lengths().fill_null(-1))
        self.d_model = self.d_model if self.d_model is not None else int(sizes[0])
        odd = np.flatnonzero(sizes != self.d_model)
        if len(odd):
            raise ValueError(f"{self.name}, row {begin + odd[0] + 1:,}: there are {max(0, sizes[odd[0]]):,} numbers, and {self.d_model:,} were expected.")
        values = column.flatten()
        if values.null_count and self.d_model:
            self._complete(np.asarray(values.is_null()).reshape(-1, self.d_model).any(axis=1), begin)
        return _floats(values).reshape(len(sizes), self.d_model)

    def _complete(self, missing: Any, begin: int) -> None:
        if np.any(missing):
            raise ValueError(f"{self.name}, row {begin + int(np.argmax(missing)) + 1:,}: a number is missing.")


def _is_text(word: Any) -> bool:
    try:
        word.as_py()
    except UnicodeDecodeError:
        return False
    return True


def _floats(values: Any) -> np.ndarray:
    try:
        return np.asarray(values.to_numpy(zero_copy_only=False), np.float32)
    except (TypeError, ValueError) as error:
        raise ValueError(f"Its lists hold {values.type}, and numbers were expected.") from error


def write(words: Sequence[str], matrix: np.ndarray, counts: np.ndarray | None, file: Writable, more: Any = None) -> None:
    """Columns word, count where known, vector: a list of d_model float32; and those of the Arrow table `more`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    d_model = matrix.shape[1]
    more = pa.table({}) if more is None else more.select([each for each in more.column_names if each not in ("word", "count", "vector")])
    kinds = [("word", pa.string()), *([("count", pa.int64())] if counts is not None else []), ("vector", pa.list_(pa.float32(), d_model)), *more.schema]
    with pq.ParquetWriter(file, pa.schema(kinds), compression="zstd", use_dictionary=False) as writer:
        for begin in range(0, len(words), AT_ONCE):
            rows = slice(begin, begin + AT_ONCE)
            flat = pa.array(np.ascontiguousarray(matrix[rows], np.float32).reshape(-1))
            seen = [] if counts is None else [pa.array(np.asarray(counts[rows], np.int64))]
            others = [each.slice(begin, AT_ONCE).combine_chunks() for each in more.columns]
            columns = [pa.array(words[rows], pa.string()), *seen, pa.FixedSizeListArray.from_arrays(flat, d_model), *others]
            writer.write_batch(pa.record_batch(columns, schema=pa.schema(kinds)))
