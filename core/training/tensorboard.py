"""The run's numbers for TensorBoard: `tensorboard --logdir runs`.

Event files are records of small protocol-buffer messages (tensorboard/compat/proto: event.proto, summary.proto); the few fields needed are
written by hand, because the libraries that write them take two seconds to import, torch included.
"""

import math
import struct
import time
from functools import cache
from pathlib import Path

from core.training.metrics import Row

SHOWN = ("loss", "held_out", "speed", "learning_rate")


class Events:
    """One stretch of training is one event file, to which each row is appended at once.

    It begins by declaring void all rows from `from_step` on (SessionLog.START), so that steps taken again after a kill stand there once.
    """

    def __init__(self, folder: Path, from_step: int) -> None:
        folder.mkdir(exist_ok=True)
        seconds, rest = divmod(time.time_ns(), 10**9)
        self.path = folder / f"events.out.tfevents.{seconds:010d}.{rest:09d}"
        start = _field(7, b"\x08\x01")
        self._append(_event(0, _field(3, b"brain.Event:2")), _event(from_step, start))

    def add(self, row: Row) -> None:
        """Appends a row of metrics."""
        shown = [(name, row[name]) for name in SHOWN if row.get(name) is not None and math.isfinite(row[name])]
        values = b"".join(_field(1, _field(1, name.encode()) + b"\x15" + struct.pack("<f", value)) for name, value in shown)
        self._append(_event(row["step"], _field(5, values)))

    def _append(self, *events: bytes) -> None:
        with open(self.path, "ab") as file:
            file.write(b"".join(_record(event) for event in events))


def _event(step: int, what: bytes) -> bytes:
    return b"\x09" + struct.pack("<d", time.time()) + b"\x10" + _varint(step) + what


def _field(number: int, content: bytes) -> bytes:
    """A field of bytes, text or an inner message."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    low = b""
    while value > 127:
        low += bytes([value & 127 | 128])
        value >>= 7
    return low + bytes([value])


def _record(content: bytes) -> bytes:
    length = struct.pack("<Q", len(content))
    return length + _checksum(length) + content + _checksum(content)


def _checksum(content: bytes) -> bytes:
    """TFRecord's masked CRC-32C."""
    value, table = 0xFFFFFFFF, _table()
    for byte in content:
        value = table[(value ^ byte) & 0xFF] ^ value >> 8
    value ^= 0xFFFFFFFF
    return struct.pack("<I", ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF)


@cache
def _table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ 0x82F63B78 * (value & 1)
        table.append(value)
    return table
