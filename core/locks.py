"""File locks: held while a process works, let go of by the operating system however it ends. No pid files."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


def held(path: Path) -> bool:
    """Whether some process holds the lock of this file; False when there is no such file."""
    try:
        with open(path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def take(path: Path, patience: float = 0.0) -> IO[bytes] | None:
    """The open file with its lock held (close it to let go), or None when another holds it for longer than `patience` seconds."""
    file = open(path, "ab")  # noqa: SIM115 - the caller closes it
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return file
        except BlockingIOError:
            if time.monotonic() >= until:
                file.close()
                return None
            time.sleep(0.02)


@contextmanager
def holding(path: Path, otherwise: str) -> Iterator[None]:
    """Holds the lock; ValueError with the sentence `otherwise` when another does."""
    # Patience: a reader asking `held` has it for microseconds.
    file = take(path, patience=0.4)
    if file is None:
        raise ValueError(otherwise)
    with file:
        yield
