"""An array that grows at its end: in memory while it is small, in a file when it is not."""

import os
import tempfile
from typing import IO

import numpy as np
import numpy.typing as npt

from core.embeddings.arrays import read_only
from core.workspace import subfolder


class Shelf:
    """Parts of one dtype. Beyond `limit` bytes they stand in an unnamed file of the workspace, which is gone with the process, however it ends."""

    def __init__(self, dtype: npt.DTypeLike, limit: int) -> None:
        self.dtype, self.limit = np.dtype(dtype), limit
        self._ends = [0]  # items
        self._parts: list[np.ndarray] = []
        self._file: IO[bytes] | None = None

    def append(self, part: np.ndarray) -> None:
        assert part.dtype == self.dtype
        self._ends.append(self._ends[-1] + len(part))
        self._parts.append(part)
        if self._file is None and self._ends[-1] * self.dtype.itemsize > self.limit:
            self._file = tempfile.TemporaryFile(dir=subfolder("cache", "counting"))  # noqa: SIM115 - the shelf closes it
        if self._file is not None:
            for each in self._parts:
                self._file.write(each.tobytes())
            self._file.flush()
            self._parts.clear()

    def __enter__(self) -> "Shelf":
        return self

    def __exit__(self, *_: object) -> None:
        """Closes the file; what `whole` has mapped stays."""
        if self._file is not None:
            self._file.close()

    def take(self, n: int) -> np.ndarray:
        """The n-th part that was appended, which memory need not keep any longer. Threads may take theirs at the same time."""
        if self._file is None:
            part, self._parts[n] = self._parts[n], np.zeros(0, self.dtype)
            return part
        size = self.dtype.itemsize
        start, stop = self._ends[n] * size, self._ends[n + 1] * size
        return np.frombuffer(os.pread(self._file.fileno(), stop - start, start), self.dtype)

    def whole(self) -> np.ndarray:
        """All of it, read-only: in memory, or mapped from the file."""
        if self._file is None:
            return read_only(np.concatenate([*self._parts, np.zeros(0, self.dtype)]))
        return read_only(np.memmap(self._file, self.dtype, "r", shape=(self._ends[-1],)))
