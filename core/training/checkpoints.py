"""Checkpoints: everything that is needed to go on, whole or not there. The last two are kept, for the day one of them cannot be read."""

import json
import os
import re
import secrets
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import save_file

from core.training.snapshots import Arrays, read

KEPT = 2


@dataclass(frozen=True)
class Checkpoint:
    """state: the learner's. since_row: the sums that the next row of metrics is made from."""

    step: int
    state: Arrays
    seconds: float  # trained so far
    since_row: tuple[float, float]  # loss times tokens, tokens


def write(folder: Path, checkpoint: Checkpoint) -> None:
    """Writes it aside, renames it, and forgets all but the last two."""
    folder.mkdir(exist_ok=True)
    told = {"step": checkpoint.step, "seconds": checkpoint.seconds, "since_row": checkpoint.since_row, "checksum": checksum(checkpoint.state)}
    save_whole(folder / f"{checkpoint.step:08d}.safetensors", checkpoint.state, {"checkpoint": json.dumps(told)})
    for old in sorted(folder.glob("*.safetensors"))[:-KEPT]:
        old.unlink(missing_ok=True)


def newest(folder: Path, say: Callable[[str], None]) -> Checkpoint | None:
    """The newest one that can be read; says which could not, and puts it out of the way."""
    for path in sorted(folder.glob("*.safetensors"), reverse=True):
        try:
            return _read(path)
        except ValueError as error:
            say(f"The checkpoint {path.name} cannot be used, so the one before it is: {error}")
            path.rename(path.with_suffix(".unreadable"))
    return None


def _read(path: Path) -> Checkpoint:
    state, metadata = read(path)
    try:
        told = json.loads(metadata["checkpoint"])
        loss, tokens = told["since_row"]
        checkpoint = Checkpoint(int(told["step"]), state, float(told["seconds"]), (float(loss), float(tokens)))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path.name} is not a checkpoint ({error}).") from error
    if told.get("checksum") != checksum(state):
        raise ValueError(f"{path.name} has been damaged: its checksum is wrong.")
    return checkpoint


def checksum(state: Mapping[str, np.ndarray]) -> int:
    """Of all names and bytes; safetensors itself notices only a wrong length."""
    value = 0
    for name in sorted(state):
        value = zlib.crc32(np.ascontiguousarray(state[name]).view(np.uint8).reshape(-1).data, zlib.crc32(name.encode(), value))
    return value


def save_whole(path: Path, arrays: Mapping[str, np.ndarray], metadata: dict[str, str], sure: bool = True) -> None:
    """A safetensors file, written aside and renamed. OSError when the disk is full. sure: whole even after a power cut."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        # np.require keeps a single number a single number, where ascontiguousarray would make a row of it.
        save_file({name: np.require(array, requirements="C") for name, array in arrays.items()}, aside, metadata)
        if sure:
            with open(aside, "rb") as file:
                os.fsync(file.fileno())
        os.replace(aside, path)
    except SafetensorError as error:
        number = re.search(r"os error (\d+)", str(error))
        raise OSError(int(number[1]), os.strerror(int(number[1])), str(path)) if number else error from error
    finally:
        aside.unlink(missing_ok=True)
