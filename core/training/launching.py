"""Starts runs, each in a process of its own that outlives whoever started it.

A launcher (see core.warm) has torch, the kernels and the tokenizers in memory and forks a child for each run; without it a new interpreter is
started, two seconds slower. It answers estimates too, for it knows what a learner costs.
"""

import os
import pkgutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from core import warm as worker
from core.training.config import RunConfig, from_json
from core.training.run import Run, create
from core.workspace import workspace

NAME = "core.training.launching"
PATIENCE = 4.0  # seconds for the launcher's answer
STARTING = 20.0  # seconds for a new interpreter to hold the run's lock
# One thread for numpy in the launcher, for a process that forks should have no others. And threads that wait for each other sleep instead of
# spinning: on two busy cores a small model's step took a tenth of the time (0.08 s instead of 0.9 s).
ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}
_STARTED: list[subprocess.Popen[bytes]] = []  # kept to be reaped


def warm() -> None:
    """Has a launcher started, without waiting for it."""
    worker.ensure(NAME, ENVIRONMENT)


def start(config: RunConfig) -> Run:
    """Creates a run and launches it. ValueError, in words, where it cannot be."""
    run = create(config)
    launch(run)
    return run


def launch(run: Run) -> None:
    """Starts or resumes a run; when it returns the trainer holds the run's lock. ValueError, in words, where it is training already."""
    run.config.check()
    if run.held():
        raise ValueError(f"The run {run.id} is being trained already.")
    (run.folder / "stop").unlink(missing_ok=True)
    environment = {name: value for name, value in os.environ.items() if name.startswith("ORRERY_")}
    if worker.ask(NAME, {"train": str(run.folder), "environment": environment}, PATIENCE) is None:
        _launch_cold(run)
    warm()  # for the next time


def _launch_cold(run: Run) -> None:
    _STARTED[:] = [process for process in _STARTED if process.poll() is None]
    with open(run.folder / "log.txt", "ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "core.training", str(run.folder), "--launched"],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "ORRERY_HOME": str(workspace()), **ENVIRONMENT},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _STARTED.append(process)
    until = time.monotonic() + STARTING
    while not run.held() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    if process.poll():
        raise ValueError(f"The training could not be started; {run.folder / 'log.txt'} says why.")


def _prepare() -> None:
    """Everything slow that a child will need. Starts no thread."""
    import tokenizers  # noqa: F401
    import torch._dynamo  # noqa: F401 - two seconds' worth that the first optimizer imports otherwise

    from core.systems import SYSTEMS
    from core.training import estimate, trainer  # noqa: F401

    for row in SYSTEMS:
        row.load_learner()
        module = pkgutil.resolve_name(row.learner.partition(":")[0])
        getattr(module, "warm", lambda: None)()
    tasks = Path("/proc/self/task")  # the system's own count, where it tells: libraries start threads that Python does not know
    n_threads = len(list(tasks.iterdir())) if tasks.is_dir() else threading.active_count()
    print(f"Ready, with {n_threads} thread(s).", flush=True)


def _handle(message: worker.Message, answer: Callable[[worker.Message], None]) -> None:
    """In a forked child: one estimate, or one training."""
    if "estimate" in message:
        from core.training.estimate import computed

        answer(asdict(computed(from_json(message["estimate"]))))
        return
    from core.training.trainer import train

    run = Run(Path(message["train"]))
    os.environ.update(message["environment"])
    os.setsid()
    with open(run.folder / "log.txt", "ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    train(run, started=lambda: answer({}))


if __name__ == "__main__":
    worker.serve(NAME, _handle, _prepare, forks=True)
