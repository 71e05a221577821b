"""Tables of numbers and texts beside words, with a heading: CSV (commas, semicolons, tabs or bars), the projector's metadata, Parquet; plain or .gz."""

import csv
import io
from typing import Any

from core.formats.guessing import is_text
from core.formats.lists import COUNTS
from core.formats.source import Content, opened
from core.text.progress import Progress, silent


def read(content: Content, name: str, progress: Progress = silent, vectors: bool = False) -> Any:
    """An Arrow table of numbers and texts; those of text files are all texts. ValueError in words where it is none.

    vectors: the table is one of vectors, whose numbers are left out.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with opened(name, content, progress, {}) as source:
        start = source.peek(1 << 16)
        whole = b"".join(iter(source.some, b""))
    try:
        if start.startswith(b"PAR1"):
            table = pq.read_table(pa.BufferReader(whole))
            return _readable(_beside_vectors(table) if vectors else table)
        if not is_text(start):
            raise ValueError(f"{name} is neither text in UTF-8 nor Parquet: it begins with the bytes {start[:8].hex(' ')}. Save the table as CSV in UTF-8.")
        return _separated(whole.removeprefix(b"\xef\xbb\xbf"), name)
    except (pa.ArrowException, OSError) as error:
        said = str(error).splitlines()[0][:200]
        raise ValueError(f"{name} is no whole table ({said}). Save it again, as CSV in UTF-8 with quotes around texts, or as Parquet.") from error


def _separated(content: bytes, name: str) -> Any:
    """A table of texts. Cells of one with tabs stand as they are, as the projector reads them; of others they may be quoted."""
    import pyarrow as pa
    import pyarrow.csv as reader

    first = content[: 1 << 20].decode("utf-8", "replace").partition("\n")[0].rstrip("\r")
    separator = max("\t,;|", key=first.count)
    heading = first.split(separator) if separator == "\t" else next(csv.reader([first], delimiter=separator), [])
    if len(heading) < 2:
        raise ValueError(f"{name} has one column, “{first[:60]}”. A column of words and another beside it are wanted, with a heading.")
    names = [f"{each} {i + 1}" if each in heading[:i] or not each.strip() else each for i, each in enumerate(heading)]
    return reader.read_csv(
        io.BytesIO(content),
        reader.ReadOptions(column_names=names, skip_rows_after_names=1, block_size=1 << 24),
        reader.ParseOptions(delimiter=separator, quote_char=False if separator == "\t" else '"', newlines_in_values=separator != "\t"),
        reader.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
    )


def is_a(kind: Any, *names: str) -> bool:
    import pyarrow.types as kinds

    return any(getattr(kinds, f"is_{name}")(kind) for name in names)


def _beside_vectors(table: Any) -> Any:
    """Without counts, and without numbers where a vector is a column a dimension."""
    lists = any(is_a(each.type, "list", "large_list", "fixed_size_list") for each in table.schema)
    numbers = {each.name for each in table.schema if not lists and is_a(each.type, "floating", "integer")}
    return table.drop_columns([each for each in table.column_names if each in numbers or each.casefold() in COUNTS])


def _readable(table: Any) -> Any:
    """Its columns of one value a cell: numbers as they are, truths and all else as text."""
    import pyarrow as pa

    found = {}
    for field, column in zip(table.schema, table.columns, strict=True):
        if is_a(field.type, "integer", "floating"):
            found[field.name] = column
        elif not is_a(field.type, "nested", "null", "binary", "large_binary"):
            found[field.name] = column.cast(pa.string())
    return pa.table(found)
