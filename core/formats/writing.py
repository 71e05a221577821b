"""Vectors into files that other programs read, whole or not there at all. Numbers keep every bit: as text in the fewest digits that say it."""

import gzip
import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from core.formats import tables, word2vec
from core.formats.binary import Writable
from core.formats.record import Format
from core.formats.text import in_order
from core.machine import n_cores
from core.text.progress import Progress, silent
from core.text.writing import full_disk_in_words
from core.vectors import Vectors

AT_ONCE = 2048  # rows
ENDS = {ord(each): "▁" for each in "\t\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"}  # what would end a cell or a line
PACKING = 4  # of gzip; numbers hardly shrink more at 9, which takes five times as long


def write(vectors: Vectors, path: Path, format: Format, gz: bool = False, progress: Progress = silent, more: Any = None) -> list[Path]:
    """Writes `path`, whose suffix becomes the format's, and what belongs beside it. ValueError for a full disk, or what the format cannot say.

    Where a format ends a word at a blank, blanks within words become ▁. more: an Arrow table [n_words] of columns that stand beside the words in formats
    that have room for them, the projector's and Parquet.
    """
    stem = next((path.name.removesuffix(each) for each in format.suffixes if path.name.endswith(each)), path.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    written = []
    for name, put in _files(vectors, format, stem, progress, more):
        target = path.parent / (name + ".gz" * gz)
        with _whole(target, gz) as file:
            put(file)
        written.append(target)
    return written


def _files(vectors: Vectors, format: Format, stem: str, progress: Progress, more: Any) -> list[tuple[str, Callable[[Writable], None]]]:
    """The files of a format, and what writes each."""
    from core.formats import fasttext

    name, beside = format.target(stem), stem + format.beside
    words, matrix = vectors.words, vectors.matrix
    n, d_model = matrix.shape
    match format.name:
        case "word2vec-bin":
            return [(name, lambda file: word2vec.write(_without_blanks(words), matrix, file))]
        case "word2vec-txt" | "vec":
            return [(name, lambda file: _write_text(_without_blanks(words), matrix, file, progress, f"{n} {d_model}\n"))]
        case "glove":
            return [(name, lambda file: _write_text(_without_blanks(words), matrix, file, progress))]
        case "fasttext-bin":
            return [(name, lambda file: fasttext.write(vectors, file, progress))]
        case "tsv":
            table = (lambda file: _write_lines(words, file)) if more is None else (lambda file: _write_table(words, more, file))
            return [(name, lambda file: _write_text(None, matrix, file, progress, between="\t")), (beside, table)]
        case "npy":
            return [(name, lambda file: _write_npy(matrix, file)), _list_of(words, beside)]
        case "safetensors":
            return [(name, lambda file: _write_safetensors(vectors, file))]
    assert format.name == "parquet", format.name
    return [(name, lambda file: tables.write(words, matrix, vectors.counts, file, more))]


def _without_blanks(words: Sequence[str]) -> list[str]:
    """Blanks inside a token would end its name: they become ▁, as SentencePiece shows them."""
    return [word if word.isalnum() else "".join("▁" if each.isspace() else each for each in word) for word in words]


def _write_text(words: Sequence[str] | None, matrix: np.ndarray, file: Writable, progress: Progress, head: str = "", between: str = " ") -> None:
    file.write(head.encode())
    starts = range(0, len(matrix), AT_ONCE)
    with ThreadPoolExecutor(n_cores()) as pool:

        def lines(begin: int) -> bytes:
            some = None if words is None else words[begin : begin + AT_ONCE]
            return _lines(some, matrix[begin : begin + AT_ONCE], between)

        for i, block in enumerate(in_order(pool, lines, starts)):
            file.write(block)
            progress("writing", min(1.0, (i + 1) * AT_ONCE / len(matrix)))


def _lines(words: Sequence[str] | None, matrix: np.ndarray, between: str) -> bytes:
    """Lines of text. Arrow writes a float32 in the fewest digits that give it back, and lets other threads work meanwhile."""
    import pyarrow as pa
    import pyarrow.compute as pc

    n, d_model = matrix.shape
    numbers = pc.cast(pa.array(np.ascontiguousarray(matrix, np.float32).reshape(-1)), pa.string())
    rows = pc.binary_join(pa.ListArray.from_arrays(pa.array(np.arange(n + 1, dtype=np.int32) * d_model), numbers), between)
    if words is not None:
        rows = pc.binary_join_element_wise(pa.array(sayable(words), pa.string()), rows, between)
    ended = pc.binary_join_element_wise(rows, "", "\n")
    return memoryview(ended.buffers()[2]).tobytes()


def sayable(words: Iterable[str]) -> list[str]:
    """Halves of characters, which UTF-8 has no bytes for, become question marks."""
    return [word if word.isascii() else word.encode("utf-8", "replace").decode() for word in words]


def _write_lines(words: Sequence[str], file: Writable) -> None:
    """One word a line, blanks kept; what would end a cell or a line becomes ▁."""
    file.write("".join(f"{word.translate(ENDS)}\n" for word in words).encode("utf-8", "replace"))


def _write_table(words: Sequence[str], more: Any, file: Writable) -> None:
    """A heading, which the projector wants where there are several columns, and a line a word; empty where there is no value."""
    columns = [
        words,
        *([("" if cell is None else f"{cell:.9g}" if isinstance(cell, float) else str(cell)) for cell in each.to_pylist()] for each in more.columns),
    ]
    lines = [("word", *more.column_names), *zip(*columns, strict=True)]
    file.write("".join("\t".join(cell.translate(ENDS) for cell in line) + "\n" for line in lines).encode("utf-8", "replace"))


def _list_of(words: Sequence[str], beside: str) -> tuple[str, Callable[[Writable], None]]:
    """One word a line, or JSON where a word is no line."""
    if not any("\n" in word or "\r" in word or "\t" in word for word in words):
        return beside, lambda file: _write_lines(words, file)
    return beside.removesuffix(".txt") + ".json", lambda file: _write_all(file, json.dumps(words, ensure_ascii=False).encode("utf-8", "replace"))


def _write_all(file: Writable, content: bytes) -> None:
    file.write(content)


def _write_npy(matrix: np.ndarray, file: Writable) -> None:
    np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": matrix.shape})
    for block in _blocks(matrix):
        file.write(block)


def _write_safetensors(vectors: Vectors, file: Writable) -> None:
    """One tensor “matrix”, and “counts” where known; the words as JSON in the metadata. The library would hold a copy of it all in memory."""
    matrix, counts = vectors.matrix, vectors.counts
    size = 4 * matrix.size
    header = {"__metadata__": {"words": json.dumps(vectors.words, ensure_ascii=False), "format": "np"}}
    tensors = {"matrix": {"dtype": "F32", "shape": list(matrix.shape), "data_offsets": [0, size]}}
    if counts is not None:
        tensors["counts"] = {"dtype": "I64", "shape": [len(counts)], "data_offsets": [size, size + 8 * len(counts)]}
    text = json.dumps({**header, **tensors}, ensure_ascii=False).encode("utf-8", "replace")
    text += b" " * (-len(text) % 8)
    file.write(len(text).to_bytes(8, "little") + text)
    for block in _blocks(matrix):
        file.write(block)
    if counts is not None:
        file.write(np.ascontiguousarray(counts, "<i8").tobytes())


def _blocks(matrix: np.ndarray) -> Iterator[bytes]:
    for begin in range(0, len(matrix), AT_ONCE):
        yield np.ascontiguousarray(matrix[begin : begin + AT_ONCE], "<f4").tobytes()


@contextmanager
def _whole(target: Path, gz: bool) -> Iterator[Writable]:
    """A file written aside, packed where asked for, and renamed when it is whole."""
    aside = target.with_name(f".{target.name[-100:]}.{secrets.token_hex(4)}.part")
    try:
        with full_disk_in_words(target.parent), open(aside, "wb") as plain:
            if gz:
                with gzip.GzipFile(target.name.removesuffix(".gz"), "wb", PACKING, plain, mtime=0) as packed:
                    yield packed
            else:
                yield plain
        os.replace(aside, target)
    finally:
        aside.unlink(missing_ok=True)
