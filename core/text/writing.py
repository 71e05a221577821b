"""Folders and files that are there whole or not at all, and a full disk said in words."""

import errno
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np

ABANDONED = 24 * 3600  # seconds after which what a killed process left half-written is swept away


@contextmanager
def folder_aside(parent: Path) -> Iterator[Path]:
    """A folder inside `parent` to write into, under a hidden name; it vanishes on leaving unless `put_in_place` has renamed it."""
    parent.mkdir(parents=True, exist_ok=True)
    _sweep(parent)
    aside = parent / f".{secrets.token_hex(6)}.part"
    with full_disk_in_words(parent):
        try:
            aside.mkdir()
            yield aside
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def put_in_place(aside: Path, target: Path) -> None:
    """Makes `aside` be `target`. Where `target` is there already (another process was faster) it stays."""
    try:
        os.rename(aside, target)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise


@contextmanager
def full_disk_in_words(place: Path) -> Iterator[None]:
    """Turns the system's "no space left" into a ValueError that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        remedy = "Free some space (old runs and texts can be removed) and try again; nothing was left half-written."
        raise ValueError(f"The disk that holds {place} is full. {remedy}") from error


class Growing:
    """An .npy file of one dimension that arrays are appended to: it never is in memory, and is whole when it is closed."""

    def __init__(self, path: Path, kind: type[np.generic]) -> None:
        self.n, self._kind = 0, np.dtype(kind)
        self._file = open(path, "wb")  # noqa: SIM115 - closed on leaving
        self._head()

    def __enter__(self) -> "Growing":
        return self

    def __exit__(self, *_: object) -> None:
        with self._file:
            self._file.seek(0)
            self._head()  # of the same length as before: numpy leaves room for a longer shape

    def append(self, array: np.ndarray) -> None:
        self._file.write(np.ascontiguousarray(array, self._kind).data)
        self.n += len(array)

    def _head(self) -> None:
        described = {"descr": np.lib.format.dtype_to_descr(self._kind), "fortran_order": False, "shape": (self.n,)}
        np.lib.format.write_array_header_1_0(self._file, described)


def pieces(path: Path, n: int, start: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
    """Elements start:stop of an .npy file of one dimension, n at a time, read and not mapped: what is mapped counts as memory until others need it."""
    with open(path, "rb") as file:
        length, kind = _read_head(file)
        stop = length if stop is None else stop
        file.seek(start * kind.itemsize, os.SEEK_CUR)
        for place in range(start, stop, n):
            piece = np.fromfile(file, kind, min(n, stop - place))
            if len(piece) < min(n, stop - place):
                raise ValueError(f"{path} is cut short.")
            yield piece


def rewrite(path: Path, changed: Callable[[np.ndarray], np.ndarray], n: int, start: int = 0, stop: int | None = None) -> None:
    """Puts `changed` of each piece in its place; of the same length and type."""
    with open(path, "r+b") as file:
        _, kind = _read_head(file)
        file.seek(start * kind.itemsize, os.SEEK_CUR)
        for piece in pieces(path, n, start, stop):
            file.write(np.ascontiguousarray(changed(piece), kind).data)


def length(path: Path) -> int:
    """How many elements an .npy file of one dimension has; ValueError where it is cut short or no such file."""
    with open(path, "rb") as file:
        n, kind = _read_head(file)
        if path.stat().st_size < file.tell() + n * kind.itemsize:
            raise ValueError(f"{path} is cut short.")
        return n


def _read_head(file: IO[bytes]) -> tuple[int, np.dtype[np.generic]]:
    np.lib.format.read_magic(file)
    shape, _, kind = np.lib.format.read_array_header_1_0(file)
    return int(shape[0]), kind


def _sweep(folder: Path) -> None:
    for left in folder.glob(".*.part"):
        try:
            if time.time() - left.stat().st_mtime > ABANDONED:
                shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink()
        except OSError:
            continue  # somebody else swept it
