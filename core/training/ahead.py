"""What a step needs is made while the model is at the step before, so that neither waits for the other."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

Made = TypeVar("Made")

WORTH_IT = 1e-3  # seconds: what is made in less is made when it is asked for, as handing it to another thread takes some of that too


class Ahead(Generic[Made]):
    """Asked for what step n needs it gives `make(n)`, and has `make(n + 1)` made meanwhile, in a thread of its own.

    What is made must follow from the number alone: then nothing depends on when, or in which thread, it was made.
    """

    def __init__(self, make: Callable[[int], Made], worth_it: float = WORTH_IT) -> None:
        self._make, self._worth_it = make, worth_it
        self._thread = ThreadPoolExecutor(1, "ahead")  # starts with its first task, and ends when nobody holds it any more
        self._next: tuple[int, Future[tuple[Made, float]]] | None = None

    def __call__(self, step: int) -> Made:
        ready = self._next is not None and self._next[0] == step and not self._next[1].cancel()  # on a busy machine it may not have begun
        made, seconds = self._next[1].result() if ready and self._next else self._timed(step)
        self._next = (step + 1, self._thread.submit(self._timed, step + 1)) if seconds > self._worth_it else None
        return made

    def _timed(self, step: int) -> tuple[Made, float]:
        began = time.perf_counter()
        return self._make(step), time.perf_counter() - began
