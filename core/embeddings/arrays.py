"""Arrays as the kernels want them: rows that begin where a cache line does, texts of one type."""

import numpy as np

from core.embeddings.kernels import LANES


def padded(d_model: int) -> int:
    return -(-d_model // LANES) * LANES


def rows_of_zeros(n: int, d_model: int) -> np.ndarray:
    """Float32 [n padded], every row beginning where a cache line does."""
    columns = padded(d_model)
    room = np.zeros(n * columns + LANES, np.float32)
    skipped = -(room.ctypes.data // 4) % LANES
    return room[skipped : skipped + n * columns].reshape(n, columns)


def read_only(ids: np.ndarray) -> np.ndarray:
    """The same memory as a plain read-only array, mapped from a file or not: one type, hence one compiled kernel."""
    plain = np.asarray(ids).view(np.ndarray)
    plain.flags.writeable = False
    return plain
