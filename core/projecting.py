"""UMAP in a warm process of its own, so that no page waits for its imports (2 s warm, up to 19 s cold) or its compilation.

    key = projecting.key(vectors, settings)        what the layout is computed from decides its name
    projecting.layout(key)                         it, where it has been computed before: at once
    projecting.request(key, vectors, settings)     else: ask for it, as often as you like; does not wait
    projecting.progress(key)                       how far it is
    projecting.cancel(key)

Files in <workspace>/cache/projections carry everything: KEY.asked.npz, KEY.progress, KEY.cancel, KEY.error, KEY.npy. `python -m core.projecting` is the worker.
"""

import hashlib
import io
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core import warm
from core.projection import umap_layout
from core.workspace import subfolder, write_whole

WORKER = "core.projecting"


@dataclass(frozen=True)
class UmapSettings:
    n_neighbours: int = 15
    min_dist: float = 0.1
    seed: int = 1


class Cancelled(Exception):  # noqa: N818 - a wish, not an error
    """The user wants it no more."""


def key(matrix: np.ndarray, settings: UmapSettings) -> str:
    """The name of a layout: a hash of the numbers [n, d] and the settings."""
    described = json.dumps([matrix.shape, str(matrix.dtype), asdict(settings)], sort_keys=True)
    return hashlib.sha256(described.encode() + np.ascontiguousarray(matrix).tobytes()).hexdigest()[:32]


def layout(name: str) -> np.ndarray | None:
    """The layout float32 [n, 2], None when it has not been computed yet."""
    path = _file(name, "npy")
    return np.load(path, allow_pickle=False) if path.exists() else None


def request(name: str, matrix: np.ndarray, settings: UmapSettings) -> None:
    """Asks the worker, starting it when it is not there; a worker that is busy will be asked again by the next call."""
    asked = _file(name, "asked.npz")
    if _file(name, "npy").exists():
        return
    if not asked.exists():
        content = io.BytesIO()
        np.savez(content, matrix=matrix, n_neighbours=settings.n_neighbours, min_dist=settings.min_dist, seed=settings.seed)
        write_whole(asked, content.getvalue())
    _file(name, "cancel").unlink(missing_ok=True)
    warm.ensure(WORKER)
    warm.ask(WORKER, {"name": name}, timeout=0.05)


def progress(name: str) -> tuple[str, float | None]:
    """What is being done, and the share of it that is done."""
    try:
        told = json.loads(_file(name, "progress").read_bytes())
        return str(told["what"]), told["fraction"]
    except (OSError, ValueError, KeyError):
        return "waiting for the projection process", None


def error(name: str) -> str:
    """Why there is no layout, empty where nothing is wrong."""
    path = _file(name, "error")
    return path.read_text(encoding="utf-8") if path.exists() else ""


def cancel(name: str) -> None:
    """Ends the computation within a second, or keeps it from beginning."""
    write_whole(_file(name, "cancel"), "")


def _file(name: str, ending: str) -> Path:
    assert name.isalnum()
    return subfolder("cache", "projections") / f"{name}.{ending}"


def _compute(name: str) -> None:
    if _file(name, "npy").exists():
        _file(name, "asked.npz").unlink(missing_ok=True)
    if not _file(name, "asked.npz").exists():
        return
    for leftover in ("error", "progress"):
        _file(name, leftover).unlink(missing_ok=True)
    try:
        with np.load(_file(name, "asked.npz"), allow_pickle=False) as asked:
            settings = UmapSettings(int(asked["n_neighbours"]), float(asked["min_dist"]), int(asked["seed"]))
            found = umap_layout(asked["matrix"], settings.n_neighbours, settings.min_dist, settings.seed, lambda what, share: _report(name, what, share))
        content = io.BytesIO()
        np.save(content, found, allow_pickle=False)
        write_whole(_file(name, "npy"), content.getvalue())
    except Cancelled:
        pass
    except (ValueError, MemoryError, OSError) as wrong:
        write_whole(_file(name, "error"), str(wrong) or "There is not enough memory for this projection: choose fewer words.")
    finally:
        for done in ("asked.npz", "progress", "cancel"):
            _file(name, done).unlink(missing_ok=True)


def _report(name: str, what: str, share: float | None) -> None:
    if _file(name, "cancel").exists():
        raise Cancelled
    write_whole(_file(name, "progress"), json.dumps({"what": what, "fraction": share}))


def _handle(message: dict[str, Any], answer: Any) -> None:
    answer({})
    _compute(message["name"])


def _prepare() -> None:
    """Imports umap and has it compile what any layout needs."""
    umap_layout(np.random.default_rng(0).normal(size=(200, 8)).astype(np.float32))


if __name__ == "__main__":
    warm.serve(WORKER, _handle, _prepare)
