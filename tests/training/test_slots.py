"""No more train at once than there are slots, in order of arrival, whatever is killed."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.training import slots
from core.training.run import Run
from tests.training.conftest import ROOT, until

Make = Callable[..., Run]
Spawn = Callable[[Run], "subprocess.Popen[bytes]"]


def test_the_number_of_slots_is_asked_for_or_follows_from_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    assert slots.n_slots() == 4
    monkeypatch.delenv("ORRERY_SLOTS")
    assert slots.n_slots() == (1 if len(os.sched_getaffinity(0)) <= 2 else 2)
    for wrong in ("0", "many", "-1"):
        monkeypatch.setenv("ORRERY_SLOTS", wrong)
        with pytest.raises(ValueError, match="whole number above nothing"):
            slots.n_slots()


def test_a_second_run_waits_says_its_place_and_begins_when_the_first_ends(toy_run: Make, spawn: Spawn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORRERY_SLOTS", "1")
    first, second, third = (toy_run(n_steps=100_000, pause_ms=5) for _ in range(3))
    spawn(first)
    until(lambda: first.state() == "running")
    spawn(second)
    until(lambda: second.state() == "waiting")
    process = spawn(third)
    until(lambda: third.status().place == 2)
    assert second.status().place == 1
    assert "place 2 in line" in third.status().sentence
    first.pause()
    until(lambda: second.state() == "running")
    until(lambda: third.status().place == 1)
    assert first.state() == "paused"
    third.stop()
    assert process.wait(10) == 0
    assert third.state() == "stopped"


def test_killed_ones_hold_neither_a_slot_nor_a_place(toy_run: Make, spawn: Spawn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORRERY_SLOTS", "1")
    first, second, third = (toy_run(n_steps=100_000, pause_ms=5) for _ in range(3))
    running = spawn(first)
    until(lambda: first.state() == "running")
    waiting = spawn(second)
    until(lambda: second.state() == "waiting")
    spawn(third)
    until(lambda: third.status().place == 2)
    waiting.kill()
    waiting.wait()
    until(lambda: third.status().place == 1)
    assert second.state() == "interrupted"
    running.kill()
    running.wait()
    until(lambda: third.state() == "running")


def test_a_waiting_run_can_be_deleted(toy_run: Make, spawn: Spawn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORRERY_SLOTS", "1")
    first, second = (toy_run(n_steps=100_000, pause_ms=5) for _ in range(2))
    spawn(first)
    until(lambda: first.state() == "running")
    process = spawn(second)
    until(lambda: second.state() == "waiting")
    second.delete()
    assert process.wait(10) == 0
    assert not second.folder.exists()


ARRIVES = """
import sys, time
from core.training import slots
name, out = sys.argv[1:]
def waiting(place):
    open(out + ".waiting-" + name, "w").close()
with slots.slot(waiting, 0.02):
    with open(out, "a") as file:
        file.write(name)
    time.sleep(0.05)
"""


def test_who_comes_first_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORRERY_SLOTS", "1")
    out = tmp_path / "out"
    processes = []
    with slots.slot(lambda place: None):
        for name in "abcd":
            processes.append(subprocess.Popen([sys.executable, "-c", ARRIVES, name, str(out)], cwd=ROOT))
            until((tmp_path / f"out.waiting-{name}").exists)
        assert not out.exists()
    for process in processes:
        assert process.wait(20) == 0
    assert out.read_text() == "abcd"
    assert list((tmp_path / "workspace" / "slots").glob("*.ticket")) == []
