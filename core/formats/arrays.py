"""Matrices as arrays: .npy with its words beside it, and safetensors with its words within. Only numbers are read, never an object."""

import json
import struct
import tokenize
from collections.abc import Callable
from typing import Any, cast

import numpy as np

from core.formats import lists
from core.formats.rows import Rows, finished
from core.formats.source import PIECE, Source
from core.formats.unpacking import AGAIN
from core.vectors import Vectors

MATRICES = ("matrix", "vectors", "embeddings", "embedding", "weight", "W_in")  # names that are understood where a file has several tensors
TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4"}
LONGEST_HEADER = 100_000_000  # bytes, as in the safetensors library


def read_npy(source: Source, notes: list[str]) -> Vectors:
    dtype, shape, fortran = _npy_header(source)
    matrix = _numbers(source, dtype, shape, fortran, lambda block: block)
    stem = source.name.removesuffix(".npy")
    names = [f"{each}{suffix}" for each in (f"{stem}.words", stem, "words", "vocab") for suffix in (".txt", ".json", ".tsv")]
    name, content = source.companion(names, "a list of their words")
    words, counts = lists.words(name, content, len(matrix), notes)
    return finished(source.name, words, matrix, counts, lambda row: f"row {row + 1:,}", notes)


def _npy_header(source: Source) -> tuple[np.dtype[Any], tuple[int, int], bool]:
    """Type and shape; ValueError for what is no matrix of numbers."""
    try:
        file = cast(Any, _Taken(source))
        version = np.lib.format.read_magic(file)
        header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        if version not in header:
            raise ValueError(f"its version {version[0]}.{version[1]} is for tables with named columns")
        shape, fortran, dtype = header[version](file)
    except (ValueError, SyntaxError, tokenize.TokenError) as error:
        raise ValueError(f"{source.name} has no beginning of a .npy file that can be read, before byte {source.at:,} ({error}). {AGAIN}") from error
    if dtype.hasobject:
        raise ValueError(f"{source.name} holds Python objects, which could run anything when opened. Save numbers: numpy.save(path, x.astype('float32')).")
    if dtype.kind not in "fiu":
        raise ValueError(f"{source.name} holds values of type {dtype}; numbers were expected.")
    if len(shape) != 2 or min(shape) < 0:
        raise ValueError(f"{source.name} holds an array of shape {shape}; a matrix with a row a word was expected.")
    return dtype, shape, fortran


class _Taken:
    """What numpy reads a header from."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def read(self, n: int) -> bytes:
        return self.source.take(n, "the .npy header")


def read_safetensors(source: Source, notes: list[str]) -> Vectors:
    length = int(struct.unpack("<Q", source.take(8, "the header's length"))[0])
    if length > LONGEST_HEADER or (source.size is not None and length > source.size - 8):
        raise ValueError(f"{source.name} announces a header of {length:,} bytes in its first 8, and has not so many. {AGAIN}")
    try:
        header = json.loads(source.take(length, "the header"))
        metadata = {str(key): str(value) for key, value in header.pop("__metadata__", {}).items()}
        tensors = {name: _Tensor(name, **each) for name, each in header.items()}
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{source.name} has a header, from byte 8 on, that is none of safetensors ({error}). {AGAIN}") from error
    chosen = _chosen(source.name, tensors)
    arrays = _tensors(source, tensors, {chosen, "counts"})
    matrix, counts = arrays[chosen], arrays.get("counts")
    n = len(matrix)
    words = _words(source, metadata, n, notes)
    return finished(source.name, words, matrix, counts if counts is not None and counts.shape == (n,) else None, lambda row: f"row {row + 1:,}", notes)


class _Tensor:
    def __init__(self, name: str, dtype: str, shape: list[int], data_offsets: list[int]) -> None:
        self.name, self.dtype, self.shape = name, dtype, tuple(int(n) for n in shape)
        self.begin, self.end = (int(n) for n in data_offsets)


def _chosen(name: str, tensors: dict[str, _Tensor]) -> str:
    """The tensor that is the matrix."""
    flat = [each.name for each in tensors.values() if len(each.shape) == 2]
    if not flat:
        raise ValueError(f"{name} has no tensor of two dimensions, a row a word. It has {', '.join(tensors) or 'none at all'}.")
    known = [each for each in MATRICES if each in flat]
    if len(flat) > 1 and not known:
        raise ValueError(f"{name} has {len(flat)} matrices ({', '.join(flat[:5])}…); one was expected, or one called “matrix”.")
    kind = tensors[(known or flat)[0]].dtype
    if kind not in TYPES:
        raise ValueError(f"{name} holds numbers of type {kind}; {', '.join(TYPES)} are read.")
    return (known or flat)[0]


def _tensors(source: Source, tensors: dict[str, _Tensor], wanted: set[str]) -> dict[str, np.ndarray]:
    """Those wanted, in the order in which they stand in the file, so that a .gz need not be gone back in."""
    start, found = source.at, {}
    for tensor in sorted(tensors.values(), key=lambda each: each.begin):
        if tensor.name not in wanted or tensor.dtype not in TYPES:
            continue
        if start + tensor.begin < source.at:
            raise ValueError(f"{source.name} lets the tensor {tensor.name} begin at byte {start + tensor.begin:,}, before the end of what comes first. {AGAIN}")
        source.skip(start + tensor.begin - source.at, f"the tensor {tensor.name}")
        dtype = np.dtype(TYPES[tensor.dtype])
        if tensor.end - tensor.begin != dtype.itemsize * int(np.prod(tensor.shape, dtype=object)) or min(tensor.shape, default=1) < 0:
            raise ValueError(f"{source.name} gives the tensor {tensor.name} {tensor.end - tensor.begin:,} bytes, and not what its shape {tensor.shape} takes.")
        if len(tensor.shape) != 2:
            found[tensor.name] = np.frombuffer(source.take(tensor.end - tensor.begin, f"the tensor {tensor.name}"), dtype).reshape(tensor.shape)
            continue
        # bfloat16 is the upper half of a float32.
        widened = (lambda block: (block.astype(np.uint32) << 16).view(np.float32)) if tensor.dtype == "BF16" else (lambda block: block)
        found[tensor.name] = _numbers(source, dtype, (tensor.shape[0], tensor.shape[1]), False, widened)
    return found


def _words(source: Source, metadata: dict[str, str], n_rows: int, notes: list[str]) -> list[str]:
    for key in ("words", "vocab", "tokens"):
        if key in metadata:
            return lists.words(f"“{key}” in the metadata of {source.name}.json", metadata[key].encode(), n_rows, notes)[0]
    stem = source.name.removesuffix(".safetensors")
    names = [f"{each}{suffix}" for each in (f"{stem}.words", stem, "words", "vocab") for suffix in (".txt", ".json", ".tsv")]
    return lists.words(*source.companion(names, "a list of their words"), n_rows, notes)[0]


def _numbers(source: Source, dtype: np.dtype[Any], shape: tuple[int, int], fortran: bool, widened: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """A float32 matrix read by blocks of rows, or of columns where it lies so."""
    n_rows, n_columns = shape[::-1] if fortran else shape
    n_bytes = n_rows * n_columns * dtype.itemsize
    if source.size is not None and n_bytes > source.size - source.at:
        raise source.cut_short(source.at, n_bytes, f"{shape[0]:,} rows of {shape[1]:,} numbers", source.size - source.at)
    rows = Rows(source.name, n_columns, n_rows)
    at_once = max(1, PIECE // max(1, n_columns * dtype.itemsize))
    for begin in range(0, n_rows, at_once):
        n = min(at_once, n_rows - begin)
        block = source.take(n * n_columns * dtype.itemsize, f"the rows from {begin + 1:,} on")
        with np.errstate(over="ignore"):  # what is too large for float32 is told of as a number that is not finite
            rows.add([], widened(np.frombuffer(block, dtype).reshape(n, n_columns)).astype(np.float32))
    return np.ascontiguousarray(rows.matrix.T) if fortran else rows.matrix
