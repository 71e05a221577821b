"""How many train at once: slots that are held by file locks, so that nothing has to be scheduled and nothing can be left held.

    slots/slot-K            locked by the run that trains
    slots/NNN.ticket        locked by a run that waits; their names are in the order of arrival

A killed waiter's lock is gone, and whoever looks next sweeps its ticket away.
"""

import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from core import locks
from core.machine import n_cores
from core.workspace import subfolder


def n_slots() -> int:
    """How many may train at once: $ORRERY_SLOTS, or 1 on two cores, or 2 on more."""
    asked = os.environ.get("ORRERY_SLOTS", "")
    if asked and (not asked.isdigit() or int(asked) < 1):
        raise ValueError(f"ORRERY_SLOTS must be a whole number above nothing, not {asked!r}.")
    return int(asked) if asked else 1 if n_cores() <= 2 else 2


@contextmanager
def slot(waiting: Callable[[int], None], patience: float = 0.1) -> Iterator[None]:
    """Holds a slot, in order of arrival. Until there is one, `waiting(place)` is called every `patience` seconds (1 is next); it may raise to give up."""
    folder = subfolder("slots")
    with _ticket(folder) as (mine, ticket):
        while (taken := _taken(folder) if (place := _place(folder, mine)) == 1 else None) is None:
            waiting(place)
            time.sleep(patience)
        # The ticket goes only now, or the next in line would find neither slot nor queue.
        ticket.close()
    with taken:
        yield


@contextmanager
def _ticket(folder: Path) -> Iterator[tuple[Path, IO[bytes]]]:
    aside = folder / f".{secrets.token_hex(8)}"
    file = locks.take(aside)
    assert file is not None, "a new file's lock is free"
    with file:
        # Locked first, named then: nobody can take it for a dead waiter's.
        mine = folder / f"{time.time_ns():020d}-{aside.name[1:]}.ticket"
        aside.rename(mine)
        try:
            yield mine, file
        finally:
            mine.unlink(missing_ok=True)


def _place(folder: Path, mine: Path) -> int:
    """1 when nobody alive came earlier."""
    place = 1
    for earlier in sorted(folder.glob("*.ticket")):
        if earlier.name >= mine.name:
            break
        if locks.held(earlier):
            place += 1
        else:
            earlier.unlink(missing_ok=True)
    return place


def _taken(folder: Path) -> IO[bytes] | None:
    """A free slot, locked."""
    for number in range(n_slots()):
        if file := locks.take(folder / f"slot-{number}"):
            return file
    return None
