"""Runs start in processes that outlive whoever started them, warm or cold."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import warm
from core.systems import system
from core.training import launching
from core.training.estimate import estimate
from core.training.run import ACTIVE, Run, RunConfig, create
from tests.training.conftest import ROOT, until

SENTENCE = ("the king has a cat",)


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    yield
    for process in (*launching._STARTED, *warm._STARTED):
        process.kill()
        process.wait()
    launching._STARTED.clear()
    warm._STARTED.clear()


def skip_gram(n_steps: int = 40, **fields: int) -> RunConfig:
    row = system("skip-gram")
    settings = row.settings(d_model=10, n_steps=n_steps, batch_size=500, n_threads=1)
    return RunConfig("skip-gram", "small-world:2000:1", row.tokenizer, settings, probes=SENTENCE, **fields)  # type: ignore[arg-type]


def endless() -> Run:
    return create(skip_gram(n_steps=1_000_000, report_every=20, eval_every=2000))


def worker_pid() -> int:
    (process,) = [each for each in warm._STARTED if each.poll() is None]
    return process.pid


def test_without_a_launcher_a_new_interpreter_trains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launching, "warm", lambda: None)
    run = create(skip_gram(report_every=10))
    launching.launch(run)
    assert run.state() in (*ACTIVE, "done")
    until(lambda: run.state() == "done", 60)
    assert "Done at step 40" in (run.folder / "log.txt").read_text()


def test_the_launcher_estimates_forks_and_is_not_needed_any_more(workspace: Path) -> None:
    expected = estimate(skip_gram(), patience=60)
    assert expected.seconds is not None
    assert expected.report_every >= 1
    done = launching.start(skip_gram())
    until(lambda: done.state() == "done", 60)
    one, two = endless(), endless()
    for run in (one, two):
        launching.launch(run)
        assert run.held(), "when launch returns, it is at work"
        with pytest.raises(ValueError, match="being trained already"):
            launching.launch(run)
    log = (workspace / "cache" / "warm" / f"{launching.NAME}.log").read_text()
    assert "Ready, with 1 thread(s)" in log
    os.kill(worker_pid(), signal.SIGKILL)
    until(lambda: one.status().step > 40 and two.status().step > 40, 60)
    one.pause()
    two.delete()
    until(lambda: one.state() == "paused")
    assert not two.folder.exists()
    before = one.status().step
    launching.launch(one)
    until(lambda: one.status().step > before and one.state() == "running", 60)
    one.stop()
    until(lambda: one.state() == "stopped")


START = """
import sys
from core.training import launching
from tests.training.test_launching import endless
run = endless()
launching.launch(run)
print(run.folder, flush=True)
import time
time.sleep(60)
"""


def test_a_run_outlives_who_started_it() -> None:
    starter = subprocess.Popen([sys.executable, "-c", START], cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert starter.stdout is not None
    with starter.stdout:
        run = Run(Path(starter.stdout.readline().strip()))
    os.killpg(starter.pid, signal.SIGKILL)
    starter.wait()
    until(lambda: run.status().step > 0, 60)
    assert run.held()
    run.delete()
    # The launcher that it started goes with its workspace, which this test's folder is.
    (Path(warm._address(launching.NAME, run.folder.parent))).unlink(missing_ok=True)
    time.sleep(0.1)


def test_what_is_asked_while_it_begins_counts() -> None:
    run = endless()
    launching.launch(run)
    run.pause()
    until(lambda: run.state() == "paused", 60)
