"""Texts from the web."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.text.progress import Progress


@dataclass(frozen=True)
class WellKnown:
    title: str
    url: str
    about: str


WELL_KNOWN: dict[str, WellKnown] = {}


@contextmanager
def downloaded(url: str, progress: Progress) -> Iterator[tuple[str, Path]]:
    raise ValueError("Not yet.")
    yield "", Path()
