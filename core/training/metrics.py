"""The rows of `metrics.jsonl`: appended by the trainer, read in thinned columns by whoever shows them."""

import json
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core.workspace import write_whole

NAMES = ("step", "loss", "held_out", "speed", "learning_rate", "seconds", "seconds_left", "waited")
OF_TASK = "loss: "  # before a task's name: its own loss, a column where a run has several
Row = dict[str, Any]
Columns = dict[str, np.ndarray]  # float64 [n_rows] each; not a number where a row does not say


def append(path: Path, row: Row) -> None:
    """Adds a row in one write, so that a reader sees at most one half-written line, the last one. OSError when the disk is full."""
    line = (json.dumps(row) + "\n").encode()
    number = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        if os.write(number, line) != len(line):
            raise OSError(28, "No space left on device")
    finally:
        os.close(number)


def rows(path: Path) -> list[Row]:
    """All whole rows; a half-written last line is ignored."""
    return _parsed(path.read_bytes())[0] if path.exists() else []


def last_row(path: Path) -> Row:
    """The newest whole row, empty before the first."""
    try:
        with open(path, "rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 4096))
            tail = file.read()
    except FileNotFoundError:
        return {}
    found = _parsed(tail)[0]
    return found[-1] if found else {}


def drop_after(path: Path, step: int) -> list[Row]:
    """Forgets the rows newer than `step`, and a half-written line; gives those that stay."""
    kept = [row for row in rows(path) if row["step"] <= step]
    write_whole(path, "".join(json.dumps(row) + "\n" for row in kept))
    return kept


def columns(path: Path, n_rows: int = 1000) -> Columns:
    """Columns by NAMES and the tasks' names, thinned to about n_rows; the last row and rows with a held-out loss stay before others."""
    with _LOCK:
        names, table = _read_on(path)
    if len(table) > n_rows:
        spread = np.linspace(0, len(table) - 1, n_rows).astype(int)
        evaluated = np.flatnonzero(~np.isnan(table[:, NAMES.index("held_out")]))
        evaluated = evaluated[np.linspace(0, len(evaluated) - 1, min(len(evaluated), n_rows)).astype(int)]
        table = table[np.union1d(spread, evaluated)]
    return {name: table[:, i].copy() for i, name in enumerate(names)}


@dataclass
class _Read:
    """How far a file has been read: a page asks each second, and the rows of an hour need not be parsed each time."""

    inode: int = -1
    offset: int = 0
    names: tuple[str, ...] = NAMES
    table: np.ndarray = field(default_factory=lambda: np.empty((0, len(NAMES))))


_LOCK = threading.Lock()
_READ: dict[Path, _Read] = {}


def _read_on(path: Path) -> tuple[tuple[str, ...], np.ndarray]:
    try:
        with open(path, "rb") as file:
            inode, size = os.fstat(file.fileno()).st_ino, os.fstat(file.fileno()).st_size
            read = _READ.get(path)
            if read is None or read.inode != inode or read.offset > size:
                read = _Read(inode)
            file.seek(read.offset)
            new, n_bytes = _parsed(file.read())
    except FileNotFoundError:
        return NAMES, _Read().table
    names = tuple(dict.fromkeys([*read.names, *(name for row in new for name in row if name.startswith(OF_TASK))]))
    numbers = [[np.nan if row.get(name) is None else row[name] for name in names] for row in new]
    known = np.pad(read.table, ((0, 0), (0, len(names) - len(read.names))), constant_values=np.nan)
    table = np.concatenate([known, np.array(numbers, np.float64).reshape(-1, len(names))])
    while len(_READ) > 64:  # a few browsers' worth
        _READ.pop(next(iter(_READ)))
    _READ[path] = _Read(inode, read.offset + n_bytes, names, table)
    return names, table


def _is_row(row: Any) -> bool:
    """Whether it is one of ours: a number, or nothing, under each name. Somebody may have written into the file."""
    return isinstance(row, dict) and isinstance(row.get("step"), int) and all(isinstance(value, int | float | None) for value in row.values())


def _parsed(content: bytes) -> tuple[list[Row], int]:
    """The whole rows and how many bytes they take."""
    whole = content[: content.rfind(b"\n") + 1]
    found = []
    for line in whole.splitlines():
        try:
            row = json.loads(line)
        except ValueError:  # a line cut by a full disk, or the first of a tail
            continue
        if _is_row(row):
            found.append(row)
    return found, len(whole)
