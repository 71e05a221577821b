import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import core.systems
from core.text.tokenizing import TokenizerSettings
from core.training.run import Run, RunConfig, create
from tests.training import toy

ROOT = Path(__file__).parents[2]
WORDS = TokenizerSettings(kind="word", min_count=1, vocab_size=1000)


@pytest.fixture(scope="session")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which the small world is already written and encoded."""
    return tmp_path_factory.mktemp("texts")


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, texts: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace of its own for each test; the texts are shared."""
    home = tmp_path / "workspace"
    home.mkdir()
    (home / "cache").mkdir()
    for name in ("corpora", "cache/encoded"):
        (texts / name).mkdir(parents=True, exist_ok=True)
        (home / name).symlink_to(texts / name)
    monkeypatch.setenv("ORRERY_HOME", str(home))
    monkeypatch.setenv("ORRERY_SLOTS", "4")
    monkeypatch.setattr("core.systems.SYSTEMS", (*core.systems.SYSTEMS, toy.SYSTEM))
    return home


@pytest.fixture
def toy_run() -> Callable[..., Run]:
    """Makes a run of the toy system; keywords are its settings, or fields of RunConfig."""

    def make(name: str = "", report_every: int = 5, eval_every: int = 20, probes: tuple[str, ...] = ("the king has a cat",), **settings: float) -> Run:
        return create(RunConfig("toy", "small-world:500:1", WORDS, toy.ToySettings(**settings), name, probes, report_every, eval_every))  # type: ignore[arg-type]

    return make


@pytest.fixture
def spawn() -> Iterator[Callable[[Run], subprocess.Popen[bytes]]]:
    """Trains a run in a process of its own; none is left at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(run: Run) -> subprocess.Popen[bytes]:
        (run.folder / "stop").unlink(missing_ok=True)
        with open(run.folder / "log.txt", "ab") as log:
            command = [sys.executable, "-m", "tests.training.toy", str(run.folder), "--launched"]
            process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait()


def until(true: Callable[[], object], seconds: float = 20.0) -> None:
    """Waits for a condition."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
