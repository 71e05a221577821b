"""Training survives whatever happens to its process, its disk and its folder."""

import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.text import corpora, tokenizers
from core.training import checkpoints, metrics, trainer
from core.training.learner import Step
from core.training.run import Run
from tests.training import toy
from tests.training.conftest import ROOT, until

Make = Callable[..., Run]
Spawn = Callable[[Run], "subprocess.Popen[bytes]"]
SAME = ("step", "loss", "held_out", "learning_rate")


def learnt(run: Run) -> list[tuple[float, ...]]:
    """What must not depend on whether it was interrupted."""
    return [tuple(row.get(name) for name in SAME) for row in metrics.rows(run.folder / "metrics.jsonl")]


def test_a_run_learns_and_leaves_what_can_be_looked_at(toy_run: Make) -> None:
    run, told = toy_run(n_steps=100), []
    trainer.train(run, told=told.append)
    assert run.state() == "done"
    columns = run.metrics()
    assert columns["step"].tolist() == list(range(5, 101, 5))
    assert [row["step"] for row in told] == columns["step"].tolist()
    assert columns["loss"][-1] < columns["loss"][0] - 0.5
    assert columns["step"][~np.isnan(columns["held_out"])].tolist() == [20, 40, 60, 80, 100]
    assert columns["seconds_left"][-1] == 0
    snapshots = run.snapshots()
    assert (snapshots[0].step, snapshots[-1].step) == (0, 100)
    last = snapshots[-1]
    vectors, weights = last.vectors(), last.weights()
    assert vectors is not None
    assert weights is not None
    assert vectors.matrix.shape == (len(vectors.words), 8)
    assert np.array_equal(weights["w_in"], vectors.matrix)
    ((attention,),) = last.attention()
    assert attention.queries == attention.keys
    assert attention.keys[:2] == ["the", "king"]
    assert attention.weights.shape == (1, 2, 5, 5)
    assert attention.weights[0, 0, 1].tolist() == [32_500, 32_500, 0, 0, 0]  # of 65,000
    assert np.array_equal(attention.allowed, np.tri(5, dtype=bool))
    assert last.samples()[0]["text"].startswith(last.samples()[0]["prompt"])
    assert (run.folder / "tokenizer.json").exists()


def test_the_loss_of_a_row_is_the_mean_since_the_row_before(toy_run: Make) -> None:
    each, five = toy_run(n_steps=20, report_every=1), toy_run(n_steps=20, report_every=5)
    trainer.train(each)
    trainer.train(five)
    assert five.metrics()["loss"] == pytest.approx(each.metrics()["loss"].reshape(4, 5).mean(axis=1))


def test_paused_stopped_and_resumed_from_another_process_it_ends_the_same(toy_run: Make, spawn: Spawn) -> None:
    straight, broken = toy_run(n_steps=150), toy_run(n_steps=150, pause_ms=10)
    trainer.train(straight)
    for wish, state in ((broken.pause, "paused"), (broken.stop, "stopped")):
        process = spawn(broken)
        until(lambda: broken.status().step > len(broken.checkpoint_steps()) and broken.state() == "running")
        until(lambda: broken.status().step >= 20)
        wish()
        assert process.wait(20) == 0
        assert broken.state() == state
        assert 0 < broken.status().step < 150
    spawn(broken).wait(30)
    assert broken.state() == "done"
    assert learnt(broken) == learnt(straight)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_leaves_a_checkpoint(toy_run: Make, spawn: Spawn, number: signal.Signals) -> None:
    run = toy_run(n_steps=1000, pause_ms=10)
    process = spawn(run)
    until(lambda: run.status().step >= 10)
    process.send_signal(number)
    assert process.wait(20) == 0
    assert run.state() == "interrupted"
    assert run.checkpoint_steps()[-1] >= 10


def test_killed_at_random_moments_it_loses_only_what_came_after_the_checkpoint(toy_run: Make, spawn: Spawn, monkeypatch: pytest.MonkeyPatch) -> None:
    straight, killed = toy_run(n_steps=240), toy_run(n_steps=240, pause_ms=8)
    trainer.train(straight)
    monkeypatch.setenv("TOY_CHECKPOINT_EVERY", "0.1")
    dice = random.Random(5)
    for _ in range(5):
        process = spawn(killed)
        until(killed.held)
        time.sleep(dice.uniform(0.05, 0.9))
        process.kill()
        process.wait()
        assert killed.state() in ("interrupted", "done")
    assert killed.status().step > 0
    spawn(killed).wait(30)
    assert killed.state() == "done"
    assert learnt(killed) == learnt(straight)
    assert [each.step for each in killed.snapshots()] == [each.step for each in straight.snapshots()]
    for mine, theirs in zip(killed.snapshots(), straight.snapshots(), strict=True):
        assert np.array_equal(mine.weights()["w_in"], theirs.weights()["w_in"])  # type: ignore[index]
    assert not list(killed.folder.rglob("*.part"))


@pytest.mark.parametrize("damage", ["cut short", "a byte changed", "emptied"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(
    toy_run: Make, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], damage: str
) -> None:
    monkeypatch.setattr(trainer, "CHECKPOINT_EVERY", 0.0)
    monkeypatch.setattr(trainer, "CHECKPOINT_SHARE", 1e9)
    straight, run = toy_run(n_steps=60), toy_run(n_steps=60)
    trainer.train(straight)
    trainer.train(run, told=lambda row: run.pause() if row["step"] == 40 else None)
    steps = run.checkpoint_steps()
    assert len(steps) == 2
    path = run.folder / "checkpoints" / f"{steps[-1]:08d}.safetensors"
    content = bytearray(path.read_bytes())
    content[-50] ^= 1
    path.write_bytes({"cut short": bytes(content[:-100]), "a byte changed": bytes(content), "emptied": b""}[damage])
    (run.folder / "stop").unlink()
    trainer.train(run)
    said = capfd.readouterr().err
    assert f"{steps[-1]:08d}.safetensors cannot be used" in said
    assert f"Goes on from step {steps[0]}" in said
    assert learnt(run) == learnt(straight)


def test_a_learning_rate_too_high_ends_in_a_sentence(toy_run: Make) -> None:
    run = toy_run(n_steps=50, learning_rate=1e9)
    trainer.train(run)
    assert run.state() == "failed"
    assert "learning rate of 1e+09 is too high" in run.error()


def test_what_takes_long_before_the_first_step_is_done_once_and_can_be_called_off(toy_run: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    run, said = toy_run(n_steps=20), []

    def prepare(self: toy.Toy, progress: Callable[[str, float | None], None]) -> None:
        said.append(self.step)
        for n in range(1, 3):
            time.sleep(0.21)
            progress("counting pairs", n / 2)
            said.append((run.status().state, run.status().sentence, run.status().fraction))

    monkeypatch.setattr(toy.Toy, "prepare", prepare, raising=False)
    monkeypatch.setattr(toy.Toy, "cost_on", staticmethod(lambda settings, vocab_size, n_words: toy.Toy.cost(settings, vocab_size)), raising=False)
    trainer.train(run, told=lambda row: run.pause() if row["step"] == 10 else None)
    assert said[:3] == [0, ("preparing", "counting pairs", 0.5), ("preparing", "counting pairs", 1.0)]
    assert run.status().step == 10
    trainer.train(run)  # the wish to pause is still there: it is heeded while preparing
    assert said[3:] == [0]
    (run.folder / "stop").unlink()
    trainer.train(run)
    assert run.state() == "done", run.error()
    assert said.count(0) == 3, "before what was learnt is put back"


def test_how_often_each_token_stands_in_the_text_is_kept_in_the_run(toy_run: Make) -> None:
    run = toy_run(n_steps=5)
    trainer.train(run)
    counts, tokenizer = np.load(run.folder / "counts.npy"), tokenizers.load(run.folder / "tokenizer.json")
    assert (counts.dtype, counts.shape) == (np.int64, (tokenizer.vocab_size,))
    assert (counts[:7] == 0).all()
    assert counts.sum() == corpora.find("small-world:500:1").n_words


def test_a_failed_run_can_be_resumed(toy_run: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    run = toy_run(n_steps=20)
    monkeypatch.setattr(toy.Toy, "advance", _raise(MemoryError()))
    trainer.train(run)
    assert "not enough memory" in run.error()
    monkeypatch.undo()
    monkeypatch.setattr("core.systems.SYSTEMS", (toy.SYSTEM,))
    monkeypatch.setenv("ORRERY_HOME", str(run.folder.parent))
    trainer.train(run)
    assert (run.state(), run.error()) == ("done", "")


def _raise(error: Exception) -> Callable[..., None]:
    def raising(*_: object) -> None:
        raise error

    return raising


@pytest.mark.parametrize(
    ("error", "words"),
    [(RuntimeError("odd"), "nobody foresaw: RuntimeError: odd"), (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "not enough memory")],
)
def test_whatever_goes_wrong_is_a_sentence(toy_run: Make, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str) -> None:
    run = toy_run(n_steps=20)
    monkeypatch.setattr(toy.Toy, "held_out_loss", _raise(error))
    trainer.train(run)
    assert words in run.error()


FULL = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from tests.training import toy
toy.register()
from core.training import trainer
from core.training.run import Run
from pathlib import Path
run = Run(Path(sys.argv[1]))
def limit(row):
    if row["step"] == 40:
        trainer.CHECKPOINT_EVERY = 0
        resource.setrlimit(resource.RLIMIT_FSIZE, (600, resource.RLIM_INFINITY))
trainer.train(run, told=limit)
"""


def test_a_disk_that_lets_nothing_more_be_written_is_a_sentence_and_the_checkpoint_stays(toy_run: Make) -> None:
    run = toy_run(n_steps=100)
    trainer.train(run, told=lambda row: run.pause() if row["step"] == 20 else None)
    (run.folder / "stop").unlink()
    done = subprocess.run([sys.executable, "-c", FULL, str(run.folder)], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert run.state() == "failed", done.stderr
    assert "The disk is full" in run.error()
    assert f"up to step {run.checkpoint_steps()[-1]} is kept" in run.error()
    assert checkpoints.newest(run.folder / "checkpoints", print) is not None
    straight = toy_run(n_steps=100)
    trainer.train(straight)
    trainer.train(run)
    assert learnt(run) == learnt(straight)


def test_a_small_full_disk(toy_run: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(disk)], capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small disk")
    try:
        run = toy_run(n_steps=400)
        folder = disk / run.id
        shutil.move(run.folder, folder)
        on_disk = Run(folder)
        trainer.train(on_disk, told=lambda row: _fill(disk) if row["step"] == 50 else None)
        assert on_disk.state() == "failed"
        assert "The disk is full" in on_disk.error()
        (disk / "filler").unlink()
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def _fill(disk: Path) -> None:
    with open(disk / "filler", "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            file.truncate(file.tell() - 8192)


def test_a_folder_deleted_while_it_trains_ends_the_training(toy_run: Make, spawn: Spawn) -> None:
    run = toy_run(n_steps=10_000, pause_ms=5)
    process = spawn(run)
    until(lambda: run.status().step >= 10)
    run.delete()
    assert process.wait(20) == 0
    assert not run.folder.exists()


def test_a_part_deleted_while_it_trains_is_a_sentence(toy_run: Make) -> None:
    run = toy_run(n_steps=400)
    trainer.train(run, told=lambda row: shutil.rmtree(run.folder / "snapshots", ignore_errors=True) if row["step"] == 10 else None)
    assert run.state() in ("done", "failed")
    assert run.checkpoint_steps()


def test_a_text_that_cannot_be_found_is_a_sentence(toy_run: Make) -> None:
    from dataclasses import replace

    run = toy_run()
    (run.folder / "config.json").write_text(replace(run.config, corpus="nothing-like-this").to_json())
    again = Run(run.folder)
    trainer.train(again)
    assert again.state() == "failed"
    assert "nothing-like-this" in again.error()


def test_while_watched_it_shows_where_it_is(toy_run: Make) -> None:
    run, seen = toy_run(n_steps=300, pause_ms=8), []
    assert run.live() is None

    def look(row: metrics.Row) -> None:
        run.watch()
        if (live := run.live()) and (not seen or live.step > seen[-1].step):
            seen.append(live)

    trainer.train(run, told=look)
    assert len(seen) >= 2
    first, last = seen[0], seen[-1]
    assert first.xy is not None
    assert first.xy.shape == (len(first.words), 2)
    assert first.xy.dtype == np.float32
    assert first.attention is not None
    assert first.attention.weights.shape == (1, 2, 5, 5)
    assert first.attention.keys[0] == "the"
    assert last.text.startswith(first.text)
    assert len(last.text) > len(first.text)


def test_unwatched_it_shows_nothing(toy_run: Make) -> None:
    run = toy_run(n_steps=20)
    trainer.train(run)
    assert not (run.folder / "live.safetensors").exists()


def test_being_watched_changes_nothing_of_what_is_learnt(toy_run: Make) -> None:
    alone, watched = toy_run(n_steps=60), toy_run(n_steps=60)
    watched.watch()
    trainer.train(alone)
    trainer.train(watched)
    assert learnt(alone) == learnt(watched)


def test_a_probe_without_a_token_is_passed_over(toy_run: Make) -> None:
    run = toy_run(n_steps=5, probes=("", "the king", "  "))
    trainer.train(run)
    assert run.state() == "done", run.error()
    assert [each.keys for (each,) in run.snapshots()[-1].attention()] == [["the", "king"]]


def test_steps_that_learn_from_no_words_have_no_loss_and_are_no_failure(toy_run: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    run = toy_run(n_steps=10, report_every=1)
    advance = toy.Toy.advance
    monkeypatch.setattr(toy.Toy, "advance", lambda self: Step(0.0, 0, advance(self).learning_rate) if self.step == 3 else advance(self))
    trainer.train(run)
    assert run.state() == "done", run.error()
    assert np.isnan(run.metrics()["loss"]).tolist() == [step == 4 for step in range(1, 11)]


def test_where_even_the_sentence_cannot_be_written_the_log_has_it(toy_run: Make, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    run = toy_run(n_steps=20)
    full = OSError(28, "No space left on device")
    monkeypatch.setattr(toy.Toy, "advance", _raise(full))
    monkeypatch.setattr("core.training.failing.write_whole", _raise(full))
    trainer.train(run)
    assert "The disk is full" in capfd.readouterr().err
    assert not run.held()


def test_a_wish_that_is_being_written_is_left_alone_while_leftovers_go(toy_run: Make) -> None:
    run = toy_run(n_steps=5)
    (run.folder / ".stop.0123.part").write_text("pau")
    (run.folder / ".live.0123.part").write_text("half")
    trainer.train(run)
    assert (run.folder / ".stop.0123.part").exists()
    assert not (run.folder / ".live.0123.part").exists()
