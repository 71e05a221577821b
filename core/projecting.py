"""What takes longer than a page may: layouts, their honesty, groups; in a warm process of its own, kept on disk by what it was computed from.

    task = Task("umap", {"matrix": matrix}, UmapSettings())
    result(task)       arrays by name, where it has been computed before: at once
    estimate(task)     seconds that it will take
    request(task)      else: ask for it, as often as you like; does not wait
    asked(task)        whether anybody has
    begun(task)        since when it is being computed
    progress(task)     how far it is
    cancel(task)

Files in <workspace>/cache/projections carry everything: NAME.asked.npz, .progress, .cancel, .error, .ends, .lock, .npz.
`python -m core.projecting` is the worker.
"""

import dataclasses
import hashlib
import io
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from core import locks, warm
from core.projection.kinds import KINDS
from core.workspace import subfolder, write_whole

WORKER = "core.projecting"
PASSIVE = {"OMP_WAIT_POLICY": "passive"}  # threads that wait for one another sleep: on a busy machine spinning costs more than it saves
KEPT = 400  # results
FRESH = 120.0  # seconds within which what was asked for is still waited for, as its process may be starting
TRIES = 2  # a process that is ended in the middle as often is not tried again by itself

Arrays = dict[str, np.ndarray]


class Cancelled(Exception):  # noqa: N818 - a wish, not an error
    """The user wants it no more."""


@dataclass(frozen=True, eq=False)
class Task:
    """What is to be computed, of core.projection.kinds.KINDS, and all that it is computed from.

    head_start: more arrays, which change nothing but how long it takes: the part of the result that is known.
    """

    kind: str
    arrays: Mapping[str, np.ndarray]
    settings: Any = None
    head_start: Mapping[str, np.ndarray] = field(default_factory=dict)

    @cached_property
    def name(self) -> str:
        """Of its files: a hash of the numbers and the settings."""
        described = {name: [each.shape, str(each.dtype)] for name, each in self.arrays.items()}
        settings = dataclasses.asdict(self.settings) if self.settings is not None else None
        digest = hashlib.blake2b(json.dumps([self.kind, described, settings], sort_keys=True).encode(), digest_size=16)
        for name in sorted(self.arrays):
            digest.update(np.ascontiguousarray(self.arrays[name]).data)
        return digest.hexdigest()


def result(task: Task) -> Arrays | None:
    """What was computed, by name; None when it has not been yet."""
    return _read(_file(task.name, "npz"))


def estimate(task: Task) -> float:
    """Seconds that it will take, as earlier ones have on this machine."""
    shapes = {name: each.shape for name, each in {**task.arrays, **task.head_start}.items()}
    return KINDS[task.kind].work(shapes, task.settings) * _pace().get(task.kind, 1.0)


def request(task: Task, again: bool = False) -> None:
    """Asks the worker, starting it when it is not there; a worker that is busy will be asked again by the next call.

    again: also what went wrong before.
    """
    name = task.name
    asked = _file(name, "asked.npz")
    if again:
        for leftover in ("error", "ends", "cancel"):
            _file(name, leftover).unlink(missing_ok=True)
    if _file(name, "npz").exists() or _file(name, "error").exists() or not _goes_on(name):
        return
    if again or not asked.exists():
        settings = json.dumps(dataclasses.asdict(task.settings) if task.settings is not None else None)
        write_whole(asked, _npz({**task.arrays, **task.head_start, "kind ": np.array(task.kind), "settings ": np.array(settings)}))
    warm.ensure(WORKER, PASSIVE)
    warm.ask(WORKER, {"name": name}, timeout=0.05)


def _goes_on(name: str) -> bool:
    """Whether it may be tried: not where its process was ended in the middle for the second time."""
    begun = _file(name, "progress")
    if not begun.exists() or locks.held(_file(name, "lock")):
        return True
    ends = int(_file(name, "ends").read_text() or 0) + 1 if _file(name, "ends").exists() else 1
    write_whole(_file(name, "ends"), str(ends))
    begun.unlink(missing_ok=True)
    if ends < TRIES:
        return True
    _file(name, "asked.npz").unlink(missing_ok=True)
    write_whole(
        _file(name, "error"),
        f"The process that computes this was ended from outside {ends} times in the middle of it, as the system does where there is not enough memory. "
        "Choose fewer words, or try once more.",
    )
    return False


def progress(task: Task) -> tuple[str, float | None]:
    """What is being done, and the share of it that is done."""
    try:
        told = json.loads(_file(task.name, "progress").read_bytes())
        return str(told["what"]), told["fraction"]
    except (OSError, ValueError, KeyError):
        again = _file(task.name, "ends").exists()
        return "its process was ended from outside, and begins again" if again else "waiting for its process, which starts in a few seconds", None


def asked(task: Task) -> bool:
    """Whether it is being computed now, whoever asked, or was asked for just now."""
    try:
        when = _file(task.name, "asked.npz").stat().st_mtime
    except FileNotFoundError:  # nobody has, or it is done
        return False
    return (begun(task) is not None or time.time() - when < FRESH) and not _file(task.name, "cancel").exists()


def begun(task: Task) -> float | None:
    """Since when it is being computed, in seconds since the epoch; None where it is not."""
    lock = _file(task.name, "lock")
    try:
        return lock.stat().st_mtime if locks.held(lock) else None
    except FileNotFoundError:  # done just now
        return None


def error(task: Task) -> str:
    """Why there is no result, empty where nothing is wrong."""
    path = _file(task.name, "error")
    return path.read_text(encoding="utf-8") if path.exists() else ""


def cancel(task: Task) -> None:
    """Ends the computation within a second or so, or keeps it from beginning."""
    write_whole(_file(task.name, "cancel"), "")


def warm_up() -> None:
    """Starts the worker, so that it has its imports behind it when it is asked."""
    warm.ensure(WORKER, PASSIVE)


def _file(name: str, ending: str) -> Path:
    assert name.isalnum()
    return subfolder("cache", "projections") / f"{name}.{ending}"


def _npz(arrays: Mapping[str, np.ndarray]) -> bytes:
    content = io.BytesIO()
    np.savez(content, **arrays)  # type: ignore[arg-type]  # names are not keywords of its own
    return content.getvalue()


def _read(path: Path) -> Arrays | None:
    try:
        with np.load(path, allow_pickle=False) as kept:
            return {name: kept[name] for name in kept.files}
    except (OSError, ValueError, EOFError, KeyError):
        return None


def _pace() -> dict[str, float]:
    """How long each kind takes on this machine, in units of its `work`."""
    try:
        return {kind: float(pace) for kind, pace in json.loads(_file("pace", "json").read_bytes()).items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


# ---------------------------------------------------------------- in the worker


def _compute(name: str) -> None:
    with locks.holding(_file(name, "lock"), "It is being computed already."):
        asked = None if _file(name, "npz").exists() else _read(_file(name, "asked.npz"))
        try:
            if asked is not None:
                _report(name, "beginning", None)
                write_whole(_file(name, "npz"), _npz(_computed(name, asked)))
                _prune()
        except Cancelled:
            pass
        except (ValueError, MemoryError, OSError) as wrong:
            write_whole(_file(name, "error"), str(wrong) or "There is not enough memory for this: choose fewer words.")
        finally:
            for done in ("asked.npz", "progress", "cancel", "ends"):
                _file(name, done).unlink(missing_ok=True)
    _file(name, "lock").unlink(missing_ok=True)


def _computed(name: str, asked: Arrays) -> Arrays:
    kind, settings = str(asked.pop("kind ")), json.loads(str(asked.pop("settings ")))
    row = KINDS[kind]
    chosen = None if row.settings is None else row.settings(**settings)
    began = time.monotonic()
    found = row.compute(asked, chosen, lambda what, share: _report(name, what, share))
    work = row.work({each: array.shape for each, array in asked.items()}, chosen)
    pace, before = (time.monotonic() - began) / work, _pace()
    write_whole(_file("pace", "json"), json.dumps({**before, kind: (pace + before.get(kind, pace)) / 2}))
    return found


def _report(name: str, what: str, share: float | None) -> None:
    if _file(name, "cancel").exists():
        raise Cancelled
    write_whole(_file(name, "progress"), json.dumps({"what": what, "fraction": share}))


def _prune() -> None:
    """Keeps the newest results: what is computed again when it is wanted need not be kept for ever."""
    found = sorted(_file("x", "npz").parent.glob("*.npz"), key=lambda path: path.stat().st_mtime)
    for old in found[:-KEPT]:
        old.unlink(missing_ok=True)


def _handle(message: dict[str, Any], answer: Any) -> None:
    answer({})
    _compute(message["name"])


def _prepare() -> None:
    """Imports umap, and loads what any layout needs compiled."""
    from core.projection.manifold import umap

    umap(np.random.default_rng(0).normal(size=(64, 8)).astype(np.float32))


if __name__ == "__main__":
    warm.serve(WORKER, _handle, _prepare)
