"""A warm process answers, outlives who started it, and goes when it should."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import locks, warm

ROOT = Path(__file__).parents[1]
WORKER = """
import os, time
from core import warm

def prepare():
    time.sleep(0.2)

def handle(message, answer):
    if message.get("fail"):
        raise ValueError("in words")
    if message.get("odd"):
        raise RuntimeError("not in words")
    time.sleep(message.get("sleep", 0))
    answer({"pid": os.getpid(), "parent": os.getppid(), "echo": message})

if __name__ == "__main__":
    warm.serve(os.environ["WORKER"], handle, prepare, forks=os.environ.get("FORKS") == "1", idle=float(os.environ.get("IDLE", 60)))
"""


@pytest.fixture
def name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A worker's module, importable; whatever was started of it is ended."""
    monkeypatch.setenv("ORRERY_HOME", str(tmp_path / "workspace"))
    (tmp_path / "a_worker.py").write_text(WORKER)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT)]))
    monkeypatch.setenv("WORKER", "a_worker")
    yield "a_worker"
    for process in warm._STARTED:
        process.kill()
        process.wait()
    warm._STARTED.clear()


def test_nobody_answers_where_nobody_is(name: str) -> None:
    began = time.monotonic()
    assert warm.ask(name, {}, 5) is None
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("forks", ["0", "1"])
def test_it_answers_says_errors_in_words_and_survives_the_others(name: str, monkeypatch: pytest.MonkeyPatch, forks: str) -> None:
    monkeypatch.setenv("FORKS", forks)
    warm.ensure(name)
    warm.ensure(name)
    answer = warm.ask(name, {"x": "ä"}, 10, starting=True)
    assert answer is not None
    assert answer["echo"] == {"x": "ä"}
    (process,) = [each for each in warm._STARTED if each.poll() is None]
    assert (answer["parent"] if forks == "1" else answer["pid"]) == process.pid
    with pytest.raises(ValueError, match="in words"):
        warm.ask(name, {"fail": 1}, 5)
    assert warm.ask(name, {"odd": 1}, 5) is None
    assert warm.ask(name, {"sleep": 2}, 0.2) is None
    assert warm.ask(name, {}, 5) is not None


def test_it_outlives_who_started_it_and_no_other_takes_its_place(name: str) -> None:
    code = f"from core import warm; warm.ensure({name!r}); print(warm.ask({name!r}, {{}}, 10, starting=True)['pid'])"
    starter = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    pid = int(starter.stdout)
    try:
        answer = warm.ask(name, {}, 5)
        assert answer is not None
        assert answer["pid"] == pid
        warm.ensure(name)
        assert not warm._STARTED
    finally:
        os.kill(pid, signal.SIGKILL)


def test_it_goes_when_idle_and_when_its_socket_goes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDLE", "0.1")
    warm.ensure(name)
    assert warm.ask(name, {}, 10, starting=True) is not None
    assert warm._STARTED[0].wait(10) == 0
    monkeypatch.setenv("IDLE", "60")
    warm.ensure(name)
    assert warm.ask(name, {}, 10, starting=True) is not None
    from core.workspace import workspace

    warm._address(name, workspace()).unlink()
    assert warm._STARTED[-1].wait(10) == 0


def test_a_killed_one_is_replaced(name: str) -> None:
    warm.ensure(name)
    assert warm.ask(name, {}, 10, starting=True) is not None
    warm._STARTED[0].kill()
    warm._STARTED[0].wait()
    assert warm.ask(name, {}, 5) is None
    warm.ensure(name)
    deadline = time.monotonic() + 10
    while warm.ask(name, {}, 5, starting=True) is None:
        assert time.monotonic() < deadline


def test_a_folder_of_somebody_else_is_not_trusted(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(prefix="w") as short:  # a socket's path has to be
        monkeypatch.setattr("tempfile.tempdir", short)
        (Path(short) / f"orrery-{os.getuid()}").mkdir(mode=0o777)
        (Path(short) / f"orrery-{os.getuid()}").chmod(0o777)
        with pytest.raises(ValueError, match="not a private folder"):
            warm.ask(name, {}, 1)


def test_a_lock_is_held_until_its_holder_ends(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not locks.held(path)
    with locks.holding(path, "taken"):
        assert locks.held(path)
        assert locks.take(path) is None
        with pytest.raises(ValueError, match="taken"), locks.holding(path, "taken"):
            pass
    assert not locks.held(path)
