"""From the command line everything that the pages do with runs, and every mistake in words."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from core.command_form import asked
from core.systems import system
from core.training.run import Run, runs

ROOT = Path(__file__).parents[1]
TINY = ("--corpus", "small-world:2000:1", "--d-model", "8", "--n-steps", "30", "--batch-size", "500", "--n-threads", "1", "--tokenizer.min-count", "1")


@pytest.fixture(autouse=True, scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("workspace")
    os.environ["ORRERY_HOME"] = str(home)
    yield home
    del os.environ["ORRERY_HOME"]


def core(*arguments: str, seconds: float = 60.0) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-m", "core", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False)


@pytest.fixture(scope="module")
def trained(workspace: Path) -> Run:
    """A run made from the command line."""
    done = core("train", "skip-gram", *TINY, "--name", "tiny one", "--tokenizer.kind", "word")
    assert done.returncode == 0, done.stderr
    assert "step 30 of 30" in done.stderr
    return Run(workspace / "tiny-one")


def test_a_run_is_trained_with_what_was_asked(trained: Run) -> None:
    assert trained.state() == "done"
    assert (trained.config.settings.d_model, trained.config.settings.batch_size, trained.config.tokenizer.min_count) == (8, 500, 1)
    assert trained.config.settings.window == 5
    listed = core("list").stdout
    assert "tiny-one" in listed
    assert "done" in listed
    assert "30 of 30" in listed


def test_a_preset_is_where_a_run_begins_and_the_line_changes_it() -> None:
    row = system("gpt")
    for preset in row.presets:
        config = asked(row, ["--preset", preset.name])
        assert config.settings == row.settings(**preset.settings)
        assert (config.tokenizer, config.corpus) == (preset.tokenizer or row.tokenizer, preset.corpus or row.corpus)
    config = asked(row, ["--preset=sorting", "--n-layers", "1", "--tokenizer.lowercase", "--corpus", "mine"])
    assert (config.settings.n_layers, config.settings.examples, config.tokenizer.kind, config.tokenizer.lowercase, config.corpus) == (
        1, "pairs", "character", True, "mine",
    )  # fmt: skip
    with pytest.raises(ValueError, match="GPT has no preset called “sort”; there are quick look, small"):
        asked(row, ["--preset", "sort"])


HELP = """
import sys
from core.__main__ import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
print([name for name in ("torch", "numba", "umap") if name in sys.modules])
"""


def test_help_is_there_at_once_and_names_every_setting() -> None:
    for arguments in (["train", "gpt", "--help"], ["list"], ["--help"], ["export", "--help"]):
        shown = subprocess.run([sys.executable, "-c", HELP, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)
        assert shown.stdout.strip().endswith("[]"), "nothing slow is imported"
    text = core("train", "gpt", "--help").stdout
    for name in ("--n-layers", "--learning-rate", "--tokenizer.kind", "--corpus", "--probes", "From 1 to 24", "{pre,post,none}"):
        assert name in text
    assert "skip-gram" in core("--help").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "gtp"], "There is no system called 'gtp'; there are"),
        (["train", "gpt", "--n-layers", "99"], "n_layers must be at most 24, not 99."),
        (["train", "gpt", "--n-heads", "3"], "must be divisible by n_heads"),
        (["train", "gpt", "--n-layers", "many"], "invalid literal"),
        (["train", "gpt", "--depth", "3"], "--depth"),
        (["train", "skip-gram", "--corpus", "no/such/file.txt"], "no/such/file.txt"),
        (["train", "skip-gram", "--corpus", "small-world:2000:1", "--tokenizer.min-count", "1000000"], "min_count"),
        (["resume", "nothing"], "There is no run called 'nothing'"),
        (["resume", ".."], "There is no run called '..'"),
        (["export", "nothing"], "There is no run called 'nothing'"),
        (["continue", "nothing", "--corpus", "documentation"], "There is no run called 'nothing'"),
        (["delete", "nothing"], "There is no run called 'nothing'"),
        (["train", "gpt", "--corpus", "~nobody-of-this-name/text.txt"], "There is no text called"),
        (["train", "gpt", "--corpus", "x" * 5000], "There is no text called"),
        (["dance"], "There is no command 'dance'"),
    ],
)
def test_a_mistake_is_a_sentence_and_never_a_traceback(arguments: list[str], words: str) -> None:
    failed = core(*arguments)
    assert failed.returncode == 2
    assert words in failed.stderr
    assert "Traceback" not in failed.stderr


def test_vectors_and_weights_are_exported_in_forms_that_others_read(trained: Run, tmp_path: Path) -> None:
    assert core("export", trained.id, "--to", str(tmp_path)).returncode == 0
    head, *rows = (tmp_path / "tiny-one.vec").read_text().splitlines()
    n_words, d_model = (int(number) for number in head.split())
    assert (len(rows), d_model) == (n_words, 8)
    last = trained.snapshots()[-1].vectors()
    assert last is not None
    first = dict((line.split(" ")[0], np.array(line.split(" ")[1:], float)) for line in rows)
    assert first[last.words[0]] == pytest.approx(last.matrix[0], rel=1e-4)
    assert core("export", trained.id, "--format", "tsv", "--to", str(tmp_path)).returncode == 0
    assert len((tmp_path / "tiny-one.metadata.tsv").read_text().splitlines()) == n_words
    assert len((tmp_path / "tiny-one.vectors.tsv").read_text().splitlines()[0].split("\t")) == 8
    assert core("export", trained.id, "--format", "weights", "--to", str(tmp_path)).returncode == 0
    from safetensors.numpy import load_file

    assert load_file(tmp_path / "tiny-one.safetensors")


def test_ctrl_c_leaves_a_checkpoint_and_says_how_to_go_on(workspace: Path) -> None:
    arguments = [*TINY, "--n-steps", "100000", "--name", "long"]
    process = subprocess.Popen(
        [sys.executable, "-m", "core", "train", "skip-gram", *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    run = Run(workspace / "long")
    deadline = time.monotonic() + 60
    while not run.folder.exists() or run.status().step < 10:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "python -m core resume long" in out
    assert "Traceback" not in err
    assert run.state() == "interrupted"
    before = run.checkpoint_steps()[-1]
    going = subprocess.Popen([sys.executable, "-m", "core.training", "long"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not (run.state() == "running" and run.status().step > before):
        assert time.monotonic() < deadline + 60
        time.sleep(0.02)
    second = core("resume", "long")
    assert second.returncode == 2
    assert "being trained already" in second.stderr
    going.send_signal(signal.SIGTERM)
    going.communicate(timeout=30)
    assert run.checkpoint_steps()[-1] > before
    assert core("delete", "long").returncode == 0
    assert "long" not in [each.id for each in runs()]


def test_a_done_run_has_nothing_to_resume(trained: Run) -> None:
    assert "is done" in core("resume", trained.id).stdout


def test_a_run_goes_on_from_another_on_another_text(trained: Run, workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "second.txt").write_text("the king has a zebra and the zebra has a king .\n" * 40)
    done = core("continue", trained.id, "--corpus", str(tmp_path / "second.txt"), "--n-steps", "10", "--learning-rate", "0.01", "--name", "further")
    assert done.returncode == 0, done.stderr
    further = Run(workspace / "further")
    assert (further.config.begun_from, further.config.n_steps, further.config.settings.learning_rate) == (trained.id, 10, 0.01)
    assert core("export", "further", "--to", str(tmp_path)).returncode == 0
    words = [line.split(" ")[0] for line in (tmp_path / "further.vec").read_text().splitlines()[1:]]
    assert {"zebra", "king", "queen"} <= set(words)


def test_a_failure_while_training_is_a_sentence_too(workspace: Path) -> None:
    failed = core("train", "skip-gram", *TINY, "--n-steps", "100000", "--learning-rate", "1.0", "--d-model", "9", "--name", "e", "--tokenizer.vocab-size", "7")
    assert failed.returncode == 2
    assert "Traceback" not in failed.stderr


def test_a_place_that_cannot_be_used_is_named_with_what_to_do(trained: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    failed = core("export", trained.id, "--to", str(tmp_path / "file"))
    assert failed.returncode == 2
    assert failed.stderr.startswith(str(tmp_path / "file"))
    assert "name a folder" in failed.stderr
