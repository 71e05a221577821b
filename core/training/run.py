"""A run is a folder: the trainer writes it, whoever shows it reads it, and they share nothing else.

    config.json       what was asked; written once
    tokenizer.json    how the text was cut
    counts.npy        int64 [vocab_size], how often each token stands in the text (and in those of the runs that it goes on from)
    beginning/        of a run that goes on from another one (see core.training.continuing)
    metrics.jsonl     a row of numbers a few times a second
    checkpoints/      NNNNNNNN.safetensors, the last two: everything that is needed to go on
    snapshots/        NNNNNNNN/, at log-spaced steps: what can be looked at (see core.training.snapshots)
    tensorboard/      the same numbers for TensorBoard
    lock              held by the trainer while it works; the operating system lets go of it however the process ends
    doing.json        what the trainer is at; believed only while the lock is held
    stop              "pause" or "stop": the user's wish
    watched           touched by whoever looks; while it is fresh the trainer writes live.safetensors
    error.txt         why it failed, in a sentence
    note.txt          what is to be known of how it learns from its text, in a sentence
    log.txt           what the process printed

The state is derived from these, never stored, so that a killed process cannot leave a lie behind.
"""

import dataclasses
import json
import os
import re
import secrets
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from core import locks
from core.training.config import RunConfig, from_json
from core.training.metrics import Columns, columns, last_row
from core.training.snapshots import Live, Snapshot, listed, read_live
from core.workspace import NOT_RUNS, workspace, write_whole

State = Literal["waiting", "preparing", "running", "paused", "stopped", "interrupted", "failed", "done", "damaged"]
ACTIVE: tuple[State, ...] = ("waiting", "preparing", "running")
RESUMABLE: tuple[State, ...] = ("paused", "stopped", "interrupted", "failed")

__all__ = ["ACTIVE", "RESUMABLE", "Run", "RunConfig", "State", "Status", "create", "find", "runs"]


@dataclass(frozen=True)
class Status:
    """A run at a glance."""

    state: State
    step: int = 0
    n_steps: int = 0
    sentence: str = ""  # what it is at, why it failed, what is damaged and what to do
    place: int = 0  # waiting: 1 is next
    fraction: float | None = None  # preparing: how far, where known
    seconds: float = 0.0  # trained so far
    seconds_left: float | None = None  # of the training; while preparing, of what it is at


@dataclass(frozen=True)
class Run:
    """A run folder. Cheap to make; every method looks at the disk."""

    folder: Path

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def name(self) -> str:
        """As shown: the user's name for it, or its id."""
        try:
            return self.config.name or self.id
        except ValueError:
            return self.id

    @cached_property
    def config(self) -> RunConfig:
        """What was asked; ValueError in words where config.json is missing or unreadable."""
        try:
            return from_json((self.folder / "config.json").read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError("config.json is missing or cannot be read.") from error

    def state(self) -> State:
        return self.status().state

    def status(self) -> Status:
        """State and progress. A folder without a readable config.json is "damaged", and its sentence says what remains."""
        try:
            config = self.config
        except ValueError as error:
            return Status("damaged", sentence=f"{error} {self._remains()}")
        last = last_row(self.folder / "metrics.jsonl")
        seconds = float(last.get("seconds") or 0)
        if self.held():
            return self._working(config.n_steps, int(last.get("step") or 0), seconds, last.get("seconds_left"))
        step = max(self.checkpoint_steps(), default=0)
        return Status(self._resting(step), step, config.n_steps, self.error(), seconds=seconds)

    def _working(self, n_steps: int, step: int, seconds: float, seconds_left: float | None) -> Status:
        doing = _read_json(self.folder / "doing.json")
        phase = doing.get("phase")
        if phase not in ("waiting", "preparing"):
            return Status("running", step, n_steps, seconds=seconds, seconds_left=seconds_left)
        return Status(phase, step, n_steps, doing.get("what", ""), doing.get("place", 0), doing.get("fraction"), seconds, doing.get("seconds_left"))

    def _resting(self, step: int) -> State:
        if (self.folder / "error.txt").exists():
            return "failed"
        if step >= self.config.n_steps:
            return "done"
        return {"pause": "paused", "stop": "stopped"}.get(self.wish(), "interrupted")  # type: ignore[return-value]

    def _remains(self) -> str:
        kept = [f"{n} {what}" for what, n in (("checkpoints", len(self.checkpoint_steps())), ("snapshots", len(self.snapshots()))) if n]
        return f"What remains of this run: {' and '.join(kept) or 'nothing to go on with'}. It cannot be resumed; delete it, or put its config.json back."

    def metrics(self, n_rows: int = 1000) -> Columns:
        """Columns by name (step, loss, held_out, speed, learning_rate, seconds, seconds_left), thinned to about n_rows."""
        return columns(self.folder / "metrics.jsonl", n_rows)

    def snapshots(self) -> list[Snapshot]:
        """What can be looked at, by step."""
        return listed(self.folder / "snapshots")

    def live(self) -> Live | None:
        """The last live view, None before the first one."""
        return read_live(self.folder / "live.safetensors")

    def watch(self) -> None:
        """Tells the trainer that somebody looks; call it about once a second."""
        if self.folder.is_dir():
            (self.folder / "watched").touch()

    def checkpoint_steps(self) -> list[int]:
        """Steps of the checkpoints on disk, whole or not, oldest first."""
        names = [path.stem for path in (self.folder / "checkpoints").glob("*.safetensors")]
        return sorted(int(name) for name in names if name.isdigit())

    def size(self) -> int:
        """Bytes on disk."""
        return sum(_size(Path(folder) / name) for folder, _, names in os.walk(self.folder) for name in names)

    def error(self) -> str:
        """Why it failed, empty when it did not."""
        return self._sentence("error.txt")

    def note(self) -> str:
        """What is to be known of how it learns from its text; mostly nothing."""
        return self._sentence("note.txt")

    def _sentence(self, name: str) -> str:
        path = self.folder / name
        return path.read_text(encoding="utf-8", errors="replace").strip() if path.exists() else ""

    def wish(self) -> str:
        """ "pause", "stop" or nothing."""
        try:
            return (self.folder / "stop").read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return ""

    def pause(self) -> None:
        """Asks the trainer to leave a checkpoint and go."""
        write_whole(self.folder / "stop", "pause")

    def stop(self) -> None:
        """Asks the trainer to end here: a last snapshot, a checkpoint."""
        write_whole(self.folder / "stop", "stop")

    def delete(self) -> None:
        """Removes the run, training or not: a trainer notices that its folder has gone, and ends."""
        if self.held():
            self.stop()
        # Renamed first: a removal cut short leaves no half run in the list.
        away = self.folder.with_name(f".deleted-{self.id}-{secrets.token_hex(4)}")
        self.folder.rename(away)
        for leftover in self.folder.parent.glob(".deleted-*"):
            shutil.rmtree(leftover, ignore_errors=True)

    def held(self) -> bool:
        """Whether a trainer is at work."""
        return locks.held(self.folder / "lock")

    def locked(self) -> AbstractContextManager[None]:
        """Holds the run's lock; ValueError in words when a trainer does already."""
        return locks.holding(self.folder / "lock", f"The run {self.id} is being trained already.")


def create(config: RunConfig, write: Callable[[Path], None] = lambda folder: None) -> Run:
    """A new run folder, not yet started. Rows and evaluations are fixed here for this machine; ValueError where it cannot fit.

    write: what else belongs into the folder before anybody sees it.
    """
    config.check()
    if not config.report_every:
        from core.training.estimate import estimate, fixed  # asks the launcher, so that no torch is imported here

        config = fixed(config, estimate(config, patience=10))
    if not config.eval_every:
        config = dataclasses.replace(config, eval_every=config.report_every)
    aside = workspace() / f".new-{secrets.token_hex(4)}"
    aside.mkdir()
    try:
        write(aside)
        (aside / "config.json").write_text(config.to_json(), encoding="utf-8")
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    stem = re.sub(r"[^a-z0-9]+", "-", (config.name or config.system).lower()).strip("-")[:40] or config.system
    for number in range(1, 100_000):
        folder = workspace() / (f"{stem}-{number}" if not config.name or number > 1 or stem in NOT_RUNS else stem)
        try:
            if not folder.exists():
                aside.rename(folder)
                return Run(folder)
        except OSError:  # somebody took the name in between
            continue
    raise ValueError(f"There are too many runs called {stem}; give this one another name.")


def runs() -> list[Run]:
    """All runs of the workspace, the newest first; damaged ones too."""
    found = [path for path in workspace().iterdir() if path.is_dir() and path.name not in NOT_RUNS and not path.name.startswith(".")]
    return [Run(path) for path in sorted(found, key=_born, reverse=True)]


def find(name: str) -> Run:
    """The run of that id, or at that path; ValueError in words where there is none."""
    for run in runs():
        if name == run.id:
            return run
    if os.sep in name and (Path(name) / "config.json").exists():
        return Run(Path(name).resolve())
    raise ValueError(f"There is no run called {name!r} in {workspace()}. `python -m core list` shows those that there are.")


def _size(path: Path) -> int:
    """Nothing where it has gone meanwhile: a trainer replaces its files."""
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def _born(folder: Path) -> float:
    try:
        return (folder / "config.json").stat().st_mtime  # written once
    except OSError:
        return 0.0


def _read_json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}
