"""Texts inside tables: .csv, .tsv, .jsonl, .parquet. The column whose texts are longest on average is the one read."""

import csv
import gzip
import io
import itertools
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from core.text.limits import LARGEST_TEXT, LONGEST_LINE, megabytes

N_LOOKED_AT = 200  # rows that decide the column


def separated(name: str, pieces: Iterable[str], separator: str | None) -> tuple[Iterator[str], str]:
    """The texts of a .csv or .tsv, one a line, and the column they stand in."""
    lines = whole_lines(name, pieces)
    csv.field_size_limit(LONGEST_LINE)
    begin = list(itertools.islice(lines, 50))
    separator = separator or _separator(begin[:-1] or begin)
    rows = csv.reader(itertools.chain(begin, lines), delimiter=separator)
    table = _rows(name, rows)
    head = list(itertools.islice(table, N_LOOKED_AT))
    if not head:
        raise ValueError(f"{name} has no rows. Choose another file.")
    column = _longest(head[1:] or head)
    # A first row whose field is far shorter than those below it is a heading.
    mean = sum(len(_field(row, column)) for row in head[1:]) / max(1, len(head) - 1)
    title = _field(head[0], column).strip()
    has_heading = len(head) > 1 and bool(title) and len(title) < 60 and len(title) < mean / 2
    kept = itertools.chain(head[has_heading:], table)
    return (_one_line(_field(row, column)) for row in kept), f"“{title}”" if has_heading else str(column + 1)


def json_lines(name: str, pieces: Iterable[str]) -> tuple[Iterator[str], str]:
    """The texts of a .jsonl: lines that are strings, or objects with a text in them."""
    records = _records(name, whole_lines(name, pieces))
    head = list(itertools.islice(records, N_LOOKED_AT))
    if not head:
        raise ValueError(f"{name} has no lines. Choose another file.")
    objects = [record for record in head if isinstance(record, dict)]
    if not objects:
        return (_one_line(record) for record in itertools.chain(head, records) if isinstance(record, str)), ""
    keys = list(dict.fromkeys(key for record in objects for key in record))
    lengths = {key: sum(len(r[key]) for r in objects if isinstance(r.get(key), str)) for key in keys}
    column = max(lengths, key=lambda key: lengths[key], default="")
    if not lengths.get(column):
        raise ValueError(f"No field of the objects in {name} holds a text. Give each line a field “text”.")
    return (_one_line(_value(record, column)) for record in itertools.chain(head, records)), f"“{column}”"


def parquet(name: str, stream: io.BufferedIOBase) -> tuple[Iterator[str], str]:
    """The texts of a .parquet file, and the column they stand in; read batch by batch."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(stream if not isinstance(stream, gzip.GzipFile) else pa.BufferReader(_whole(name, stream)))
        texts = [f.name for f in file.schema_arrow if pa.types.is_string(f.type) or pa.types.is_large_string(f.type)]
        if not texts:
            raise ValueError(f"No column of {name} holds text. Choose another file.")
        batch = next(file.iter_batches(N_LOOKED_AT, columns=texts), None)
    except pa.ArrowException as error:
        raise ValueError(f"{name} is no whole .parquet file ({str(error).splitlines()[0][:150]}). Load it again.") from error
    if batch is None:
        raise ValueError(f"{name} has no rows. Choose another file.")
    column = max(texts, key=lambda c: sum(len(v or "") for v in batch.column(c).to_pylist()))
    return _parquet_texts(name, file, column), f"“{column}”"


def _parquet_texts(name: str, file: Any, column: str) -> Iterator[str]:
    import pyarrow as pa

    try:
        for batch in file.iter_batches(4096, columns=[column]):
            yield from (_one_line(value or "") for value in batch.column(0).to_pylist())
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{name} is damaged ({str(error).splitlines()[0][:150]}). Load it again.") from error


def _whole(name: str, stream: io.BufferedIOBase) -> bytes:
    content = stream.read(LARGEST_TEXT + 1)
    if len(content) > LARGEST_TEXT:
        raise ValueError(f"{name} is larger than {megabytes(LARGEST_TEXT)} unpacked, the most that is read. Give a part of it.")
    return content


def whole_lines(name: str, pieces: Iterable[str]) -> Iterator[str]:
    """Lines with their ends; ValueError for one longer than the limit."""
    held = ""
    for piece in pieces:
        *lines, held = (held + piece).split("\n")
        yield from (line + "\n" for line in lines)
        if len(held) > LONGEST_LINE:
            raise ValueError(f"{name} has a line of more than {megabytes(LONGEST_LINE)}. Is it a table at all? Call a plain text .txt.")
    if held:
        yield held


def _rows(name: str, rows: Iterator[list[str]]) -> Iterator[list[str]]:
    number = 0
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise ValueError(f"{name} is no well-formed table after row {number} ({error}). Save it again, with quotes around texts.") from error
        number += 1
        if row:
            yield row


def _records(name: str, lines: Iterator[str]) -> Iterator[Any]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield json.loads(line)
            except (json.JSONDecodeError, RecursionError) as error:
                raise ValueError(f"Line {number} of {name} is not JSON ({error}). Mend or remove that line; each must be an object or a string.") from error


def _separator(lines: Sequence[str]) -> str:
    """The one that cuts most rows into the same number of fields, more than one."""
    score = {}
    for separator in ",;\t|":
        widths = Counter(map(len, csv.reader(lines, delimiter=separator)))
        width, rows = widths.most_common(1)[0] if widths else (1, 0)
        score[separator] = rows / max(1, widths.total()) if width > 1 else 0.0
    return max(score, key=lambda separator: score[separator])


def _longest(rows: Sequence[Sequence[str]]) -> int:
    width = max(map(len, rows))
    return max(range(width), key=lambda i: sum(len(_field(row, i)) for row in rows))


def _field(row: Sequence[str], column: int) -> str:
    return row[column] if column < len(row) else ""


def _value(record: Mapping[str, Any] | Any, column: str) -> str:
    value = record.get(column) if isinstance(record, dict) else record
    return value if isinstance(value, str) else ""


def _one_line(text: str) -> str:
    """A record is one line, so that a sentence does not run on into the next record."""
    return " ".join(text.split()) + "\n"
