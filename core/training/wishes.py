"""What is wished of a run while it is at work, and how it says what it is at."""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from core.text.progress import Progress
from core.training.run import Run
from core.workspace import write_whole


class Ended(Exception):  # noqa: N818 - it is no error
    """Somebody wishes that it ends here: "pause", "stop", a signal, or the folder has gone."""


class Wishes:
    """What the user, or the system by a signal, wants of this run."""

    def __init__(self, run: Run) -> None:
        self._stop = str(run.folder / "stop")
        self._run = run
        self._signal = ""

    def wish(self) -> str:
        """ "pause", "stop", "signal" or nothing. A few microseconds."""
        if self._signal:
            return "signal"
        return self._run.wish() if os.path.exists(self._stop) else ""

    def heed(self) -> None:
        """Ends the preparation when anything is wished, or when the folder has gone."""
        if wish := self.wish():
            raise Ended(wish)
        if not self._run.folder.exists():
            raise Ended("the run's folder has gone")

    @contextmanager
    def heeding_signals(self) -> Iterator[None]:
        """SIGTERM and SIGINT leave a checkpoint behind."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def remember_signal(number: int, frame: Any) -> None:
            if self._signal:  # asked twice: now, whatever it is at
                raise KeyboardInterrupt
            self._signal = signal.Signals(number).name

        before = {number: signal.signal(number, remember_signal) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class Preparing:
    """The Progress of what comes before the first step: tells `doing.json` and whoever listens, and gives up when that is wished."""

    def __init__(self, run: Run, wishes: Wishes, listener: Progress) -> None:
        self.run, self.wishes, self.listener = run, wishes, listener
        self._next = 0.0
        self._what, self._began = "", 0.0

    def __call__(self, what: str, fraction: float | None) -> None:
        self.tell("preparing", what, fraction)

    def tell(self, phase: str, what: str, fraction: float | None, place: int = 0) -> None:
        """At most five times a second."""
        self.listener(what, fraction)
        now = time.monotonic()
        if what != self._what:
            self._what, self._began = what, now
        if now >= self._next:
            self._next = now + 0.2
            self.wishes.heed()
            left = (now - self._began) * (1 - fraction) / fraction if fraction else None
            doing(self.run, phase, what=what, fraction=fraction, place=place, seconds_left=left)


def doing(run: Run, phase: str, **more: Any) -> None:
    """Says what the trainer is at; believed only while it holds the lock."""
    if run.folder.exists():
        write_whole(run.folder / "doing.json", json.dumps({"phase": phase, **more}))


def say(sentence: str) -> None:
    """A line for log.txt, which is the process's standard error."""
    print(time.strftime("%H:%M:%S"), sentence, file=sys.stderr, flush=True)
