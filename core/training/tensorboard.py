"""The run's numbers for TensorBoard: `tensorboard --logdir runs`."""

import math
import time
from pathlib import Path

from core.training.metrics import Row

SHOWN = ("loss", "held_out", "speed", "learning_rate")


class Events:
    """Collects rows and writes them when told: before each checkpoint, so that no row up to a checkpoint is ever missing.

    Rows newer than the checkpoint that a run goes back to are declared void by TensorBoard's own means (purge_step).
    """

    def __init__(self, folder: Path, after_step: int) -> None:
        self.folder = folder
        self._purge_step = after_step + 1
        self._rows: list[tuple[float, Row]] = []

    def add(self, row: Row) -> None:
        self._rows.append((time.time(), row))

    def flush(self) -> None:
        """Writes what has been collected."""
        if not self._rows:
            return
        from tensorboardX import SummaryWriter  # imports torch where there is one: not before it is needed

        with SummaryWriter(str(self.folder), purge_step=self._purge_step) as writer:
            for moment, row in self._rows:
                for name in SHOWN:
                    if row.get(name) is not None and math.isfinite(row[name]):
                        writer.add_scalar(name, row[name], row["step"], walltime=moment)
        self._purge_step = self._rows[-1][1]["step"] + 1
        self._rows.clear()
