"""What can be looked at while and after a run trains: snapshots at log-spaced steps, and one live view that is overwritten.

snapshots/NNNNNNNN/vectors.safetensors    "matrix" float32 [n_words<=5000, d_model], "counts"; metadata: words
                   weights.safetensors    the model alone (left out where the disk budget is too small, but never of the last)
                   attention.safetensors  "0.self", "0.cross"...: [n_layers, n_heads, query, key], of each probe each kind of attention, packed (see
                                          core.patterns), and "0.self.allowed"...; metadata: patterns, a [probe, part, queries, keys] for each
                   samples.json           [{"probe", "prompt", "text"}]
                   mix.json               {"shares", "gamma"} of the model's own mix of its layers
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from core.mix import Mix
from core.patterns import Patterns
from core.vectors import Vectors

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Snapshot:
    """One moment of a run."""

    step: int
    folder: Path

    def vectors(self) -> Vectors | None:
        """The most frequent words' vectors; None where the system has none."""
        path = self.folder / "vectors.safetensors"
        if not path.exists():
            return None
        arrays, metadata = read(path)
        return Vectors(json.loads(metadata["words"]), arrays["matrix"], arrays.get("counts"))

    def weights(self) -> Arrays | None:
        """The model alone, for `Learner`'s load; None where the budget left them out."""
        path = self.folder / "weights.safetensors"
        return read(path)[0] if path.exists() else None

    def attention(self) -> list[list[Patterns]]:
        """Of each probe each kind of attention; empty where the system has none."""
        path = self.folder / "attention.safetensors"
        if not path.exists():
            return []
        arrays, metadata = read(path)
        probes: dict[int, list[Patterns]] = {}
        for probe, part, queries, keys in json.loads(metadata.get("patterns", "[]")):
            name = f"{probe}.{part}"
            probes.setdefault(probe, []).append(Patterns(queries, keys, arrays[name], arrays[f"{name}.allowed"].astype(bool), part))
        return list(probes.values())

    def samples(self) -> list[dict[str, str]]:
        """[{"probe", "prompt", "text"}]: what it makes of the first probe; empty where the system writes nothing."""
        path = self.folder / "samples.json"
        return list(json.loads(path.read_bytes())) if path.exists() else []

    def mix(self) -> Mix | None:
        """None where the system has none."""
        path = self.folder / "mix.json"
        return Mix(**json.loads(path.read_bytes())) if path.exists() else None


@dataclass(frozen=True)
class Live:
    """The moving picture of a training run."""

    step: int
    xy: np.ndarray | None = None  # float32 [n<=2000, 2]
    words: list[str] = field(default_factory=list)  # of xy's rows
    attention: Patterns | None = None  # of the first probe, packed; what a decoder asks its encoder where there is one
    text: str = ""  # a sample that grows


def listed(folder: Path) -> list[Snapshot]:
    """The snapshots of a run's `snapshots/`, by step. What exists is whole."""
    if not folder.is_dir():
        return []
    return sorted((Snapshot(int(path.name), path) for path in folder.iterdir() if path.name.isdigit()), key=lambda each: each.step)


def read_live(path: Path) -> Live | None:
    """None before the first live view."""
    try:
        arrays, metadata = read(path)
    except (FileNotFoundError, ValueError):
        return None
    told = json.loads(metadata["live"])
    attention = None
    if "attention" in arrays:
        attention = Patterns(told["queries"], told["keys"], arrays["attention"], arrays["allowed"].astype(bool), told["part"])
    return Live(told["step"], arrays.get("xy"), told.get("words", []), attention, told.get("text", ""))


def read(path: Path) -> tuple[Arrays, dict[str, str]]:
    """Arrays and metadata of a safetensors file; ValueError in words where it is cut short or not one."""
    try:
        with safe_open(path, framework="numpy") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, dict(file.metadata() or {})  # noqa: SIM118 - it is no dict
    except (SafetensorError, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise ValueError(f"{path.name} is cut short or is no safetensors file ({error}).") from error


def as_metadata(**values: Any) -> dict[str, str]:
    """Safetensors metadata: each value as JSON text."""
    return {name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for name, value in values.items()}
