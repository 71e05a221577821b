"""Folders and files that are there whole or not at all, and a full disk said in words."""

import errno
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ABANDONED = 24 * 3600  # seconds after which what a killed process left half-written is swept away


@contextmanager
def folder_aside(parent: Path) -> Iterator[Path]:
    """A folder inside `parent` to write into, under a hidden name; it vanishes on leaving unless `put_in_place` has renamed it."""
    parent.mkdir(parents=True, exist_ok=True)
    _sweep(parent)
    aside = parent / f".{secrets.token_hex(6)}.part"
    with full_disk_in_words(parent):
        try:
            aside.mkdir()
            yield aside
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def put_in_place(aside: Path, target: Path) -> None:
    """Makes `aside` be `target`. Where `target` is there already (another process was faster) it stays."""
    try:
        os.rename(aside, target)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise


@contextmanager
def full_disk_in_words(place: Path) -> Iterator[None]:
    """Turns the system's "no space left" into a ValueError that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        remedy = "Free some space (old runs and texts can be removed) and try again; nothing was left half-written."
        raise ValueError(f"The disk that holds {place} is full. {remedy}") from error


def _sweep(folder: Path) -> None:
    for left in folder.glob(".*.part"):
        try:
            if time.time() - left.stat().st_mtime > ABANDONED:
                shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink()
        except OSError:
            continue  # somebody else swept it
