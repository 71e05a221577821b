"""A run is a folder, and its state follows from what is in it."""

import fcntl
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.training import metrics
from core.training.run import Run, RunConfig, create, find, runs
from tests.training import toy
from tests.training.conftest import WORDS

Make = Callable[..., Run]


def fake_checkpoint(run: Run, step: int) -> None:
    (run.folder / "checkpoints").mkdir(exist_ok=True)
    (run.folder / "checkpoints" / f"{step:08d}.safetensors").write_bytes(b"")


def test_what_was_asked_comes_back_as_it_was(toy_run: Make) -> None:
    run = toy_run(name="Erster Lauf: “ä”", seed=3)
    assert Run(run.folder).config == run.config
    assert Run(run.folder).config.settings.seed == 3
    assert run.name == "Erster Lauf: “ä”"


def test_the_state_follows_from_the_files(toy_run: Make) -> None:
    run = toy_run(n_steps=200)
    assert run.state() == "interrupted"
    run.pause()
    assert run.state() == "paused"
    run.stop()
    assert run.state() == "stopped"
    fake_checkpoint(run, 100)
    assert (run.state(), run.status().step) == ("stopped", 100)
    fake_checkpoint(run, 200)
    assert run.state() == "done"
    (run.folder / "error.txt").write_text("The disk is full.")
    assert (run.state(), run.status().sentence) == ("failed", "The disk is full.")


def test_a_held_lock_says_that_it_trains_and_doing_says_at_what(toy_run: Make) -> None:
    run = toy_run()
    (run.folder / "doing.json").write_text(json.dumps({"phase": "waiting", "place": 2}))
    assert run.state() == "interrupted", "without the lock nobody believes it"
    with open(run.folder / "lock", "wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert (run.state(), run.status().place) == ("waiting", 2)
        (run.folder / "doing.json").write_text(json.dumps({"phase": "preparing", "what": "reading", "fraction": 0.4}))
        assert (run.state(), run.status().sentence, run.status().fraction) == ("preparing", "reading", 0.4)
        (run.folder / "doing.json").write_text('{"phase": "prep')
        assert run.state() == "running"
        with pytest.raises(ValueError, match="being trained already"), run.locked():
            pass
    assert run.state() == "interrupted"


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"system": "toy"}', "\udcff", '{"system": "none", "corpus": "x", "tokenizer": {}, "settings": {}}'])
def test_a_run_half_deleted_is_listed_with_what_remains_and_can_be_deleted(toy_run: Make, content: str | None) -> None:
    run = toy_run()
    fake_checkpoint(run, 10)
    (run.folder / "config.json").unlink()
    if content is not None:
        (run.folder / "config.json").write_text(content, errors="surrogateescape")
    damaged = next(each for each in runs() if each.id == run.id)
    assert damaged.state() == "damaged"
    assert "1 checkpoints" in damaged.status().sentence
    assert "delete it" in damaged.status().sentence
    assert damaged.name == run.id
    damaged.delete()
    assert runs() == []


def test_a_setting_of_another_version_or_out_of_range_is_named(toy_run: Make) -> None:
    run = toy_run()
    told = json.loads((run.folder / "config.json").read_text())
    told["settings"]["n_steps"] = -1
    (run.folder / "config.json").write_text(json.dumps(told))
    assert "n_steps must be at least 1" in Run(run.folder).status().sentence


def test_an_empty_folder_and_a_stray_file_break_no_list(workspace: Path, toy_run: Make) -> None:
    toy_run()
    (workspace / "empty").mkdir()
    (workspace / "stray.txt").write_text("x")
    (workspace / "slots").mkdir()
    assert sorted(run.state() for run in runs()) == ["damaged", "interrupted"]


def test_runs_of_one_name_get_folders_of_their_own(toy_run: Make) -> None:
    assert [toy_run(name="../../Évil  name").id for _ in range(3)] == ["vil-name", "vil-name-2", "vil-name-3"]
    assert [toy_run().id, toy_run().id] == ["toy-1", "toy-2"]
    assert toy_run(name="corpora").id == "corpora-1"


def test_the_newest_run_is_first_and_is_found_by_its_name(toy_run: Make) -> None:
    import os

    old, new = toy_run(), toy_run()
    os.utime(old.folder / "config.json", (1, 1))
    assert [run.id for run in runs()] == [new.id, old.id]
    assert find("toy-1").folder == old.folder
    assert find(str(old.folder)).folder == old.folder
    for name in ("toy-9", "../toy-1", "", ".", "corpora"):
        with pytest.raises(ValueError, match="no run called"):
            find(name)


def test_a_run_needs_a_text() -> None:
    with pytest.raises(ValueError, match="choose a corpus"):
        create(RunConfig("toy", " ", WORDS, toy.ToySettings(), report_every=1))


def test_a_half_written_last_line_is_ignored(toy_run: Make) -> None:
    path = toy_run().folder / "metrics.jsonl"
    for step in (1, 2):
        metrics.append(path, {"step": step, "loss": 1 / step})
    with open(path, "a") as file:
        file.write('{"step": 3, "lo')
    assert [row["step"] for row in metrics.rows(path)] == [1, 2]
    assert metrics.last_row(path)["step"] == 2
    assert metrics.columns(path)["step"].tolist() == [1, 2]
    with open(path, "a") as file:
        file.write('ss": 0.25}\n')
    assert metrics.columns(path)["loss"].tolist() == [1, 0.5, 0.25]
    assert np.isnan(metrics.columns(path)["held_out"]).all()
    metrics.drop_after(path, 1)
    assert metrics.columns(path)["step"].tolist() == [1]


def test_a_long_curve_is_thinned_and_keeps_its_end_and_its_held_out_losses(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text("".join(json.dumps({"step": step, "loss": 1.0, "held_out": 2.0 if step % 500 == 0 else None}) + "\n" for step in range(1, 5001)))
    columns = metrics.columns(path, 100)
    assert len(columns["step"]) <= 112
    assert columns["step"][[0, -1]].tolist() == [1, 5000]
    assert (columns["held_out"] == 2).sum() == 10


def test_deleting_leaves_nothing_even_of_an_earlier_attempt(workspace: Path, toy_run: Make) -> None:
    run = toy_run()
    shutil.copytree(run.folder, workspace / ".deleted-old")
    run.delete()
    assert [path.name for path in workspace.iterdir() if path.is_dir()] in (["corpora", "cache"], ["cache", "corpora"])


def test_what_somebody_wrote_into_the_metrics_is_passed_over(toy_run: Make) -> None:
    run = toy_run()
    rows = [b'{"step": 5, "loss": 2.0, "seconds": 1.0}', b"\xff\xfe{", b"null", b'{"step": null}', b'{"step": "6", "loss": 1}', b'{"step": 7, "loss": [1]}']
    (run.folder / "metrics.jsonl").write_bytes(b"\n".join([*rows, b'{"step": 10, "loss": 1.0}', b'{"step": "last"}', b""]))
    assert run.metrics()["step"].tolist() == [5, 10]
    assert metrics.last_row(run.folder / "metrics.jsonl")["step"] == 10
    assert [row["step"] for row in metrics.drop_after(run.folder / "metrics.jsonl", 9)] == [5]


def test_the_size_of_a_run_whose_files_are_being_replaced_is_told(toy_run: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    run = toy_run()
    monkeypatch.setattr("os.walk", lambda folder: [(str(folder), [], ["config.json", "gone.part"])])
    assert run.size() == (run.folder / "config.json").stat().st_size
