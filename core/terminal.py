"""What slow work looks like on a terminal."""

import math
import shutil
import sys
import time

from core.training.estimate import Estimate
from core.training.metrics import Row


class Line:
    """One line that says where it is: overwritten on a terminal, now and then a new one elsewhere."""

    def __init__(self) -> None:
        self._next = 0.0
        self._terminal = sys.stderr.isatty()

    def progress(self, what: str, fraction: float | None) -> None:
        self._show(what if fraction is None else f"{what}, {100 * fraction:.0f} %")

    def row(self, row: Row, n_steps: int) -> None:
        held_out = f"  held out {row['held_out']:.4f}" if math.isfinite(row.get("held_out") or math.nan) else ""
        left = f"{row['seconds_left']:.0f} s left"
        self._show(f"step {row['step']:,} of {n_steps:,}  loss {row['loss']:.4f}  {row['speed']:,.0f} a second  {left}{held_out}", row["step"] >= n_steps)

    def expects(self, expected: Estimate) -> None:
        """What a run will take, before it starts."""
        if not expected.refused and expected.seconds is not None:
            self.end()
            print(f"Takes about {max(1, round(expected.seconds)):,} s, {expected.takes}.", file=sys.stderr)

    def end(self) -> None:
        if self._terminal:
            print(file=sys.stderr)

    def _show(self, text: str, surely: bool = False) -> None:
        if time.monotonic() < self._next and not surely:
            return
        self._next = time.monotonic() + (0.1 if self._terminal else 2.0)
        if self._terminal:
            width = shutil.get_terminal_size().columns - 1
            print("\r" + text[:width].ljust(width), end="", file=sys.stderr, flush=True)
        else:
            print(text, file=sys.stderr, flush=True)
