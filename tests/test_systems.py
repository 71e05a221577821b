"""The contract that every system keeps. A new row of SYSTEMS is walked over without a line being added here, but for its tiny settings."""

import contextlib
import dataclasses
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from core.patterns import PARTS
from core.settings import check, ranges
from core.systems import SCHEDULE, SYSTEMS, System, View, offering, system
from core.text import corpora, encoding
from core.text.encoding import EncodedCorpus
from core.text.tokenizing import TokenizerSettings
from core.training import metrics, recording, trainer
from core.training.learner import Answering, Attending, Generating, Learner, Mixing
from core.training.recording import WRITES
from core.training.run import Run, RunConfig, create

ROOT = Path(__file__).parents[1]
TEXT = "small-world:300:1"
WORDS = TokenizerSettings(kind="word", min_count=1, vocab_size=1000)
SENTENCE = "the king sees the queen"

# Small enough that a step takes a millisecond or so. Only names that a system has are taken.
TINY = {
    "d_model": 16,
    "n_heads": 2,
    "n_layers": 2,
    "n_ctx": 16,
    "n_memory": 12,
    "batch_size": 4,
    "n_threads": 1,
    "warmup_steps": 2,
    "n_steps": 60,
    "d_hidden": 16,
}
TINY_OF_TEXT = {"batch_size": 200}  # where a step is counted in words of text

every_system = pytest.mark.parametrize("row", SYSTEMS, ids=lambda row: row.name)


@pytest.fixture(autouse=True, scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORRERY_HOME", str(tmp_path_factory.mktemp("workspace")))
        patch.setenv("ORRERY_SLOTS", "4")
        patch.setattr(recording, "SAMPLE_LENGTH", 4)  # a sample comes with each snapshot, and a tiny run has many
        yield
        straight.cache_clear()


@pytest.fixture(scope="module")
def encoded() -> EncodedCorpus:
    return encoding.encode(corpora.find(TEXT), WORDS)


def tiny(row: System, **changes: Any) -> Any:
    known = ranges(row.settings)
    smallest = {name: value for name, value in (TINY | changes).items() if name in known}
    for name, value in TINY_OF_TEXT.items():
        if (known[name].low or 0) > smallest.get(name, value):
            smallest[name] = value
    return row.settings(**smallest)


def learner(row: System, encoded: EncodedCorpus, **changes: Any) -> Any:
    return row.load_learner()(tiny(row, **changes), encoded)


def small_run(row: System, **changes: Any) -> Run:
    return create(RunConfig(row.name, TEXT, WORDS, tiny(row, **changes), probes=(SENTENCE,), report_every=5, eval_every=30))


@contextlib.contextmanager
def unchecked() -> Iterator[None]:
    """No check of shapes: for step after step of what has been checked in its first ones, and would take twice as long."""
    from jaxtyping import config

    before = config.jaxtyping_disable
    config.update("jaxtyping_disable", True)
    try:
        yield
    finally:
        config.update("jaxtyping_disable", before)


def trained(run: Run, told: Callable[[metrics.Row], None] = lambda row: None) -> Run:
    with unchecked():
        trainer.train(run, told=told)
    return run


@cache
def straight(name: str) -> Run:
    """A run of a system that was never stopped."""
    return trained(small_run(system(name)))


def learnt(run: Run) -> list[tuple[float, ...]]:
    return [tuple(each.get(name) for name in ("step", "loss", "held_out", "learning_rate")) for each in metrics.rows(run.folder / "metrics.jsonl")]


@every_system
def test_its_row_is_complete(row: System) -> None:
    assert system(row.name) is row
    check(row.settings())
    check(row.tokenizer)
    assert {"n_steps", "seed", "learning_rate"} <= set(ranges(row.settings))
    assert len(set(ranges(row.settings)) - SCHEDULE) <= 12
    assert row.offers <= set(get_args(View))
    assert row.corpus in corpora.BUILT_IN
    assert set(row.only) <= row.offers
    for preset in row.presets:
        check(row.settings(**preset.settings))
        check(preset.tokenizer or row.tokenizer)
        assert not preset.corpus or preset.corpus in corpora.BUILT_IN, "the form offers these, by their ids"
    for text in (row.title, row.paper, row.difference, *(each.help for each in ranges(row.settings).values())):
        assert text.strip()


def test_systems_stand_in_historical_order_and_by_one_name_each() -> None:
    assert [row.year for row in SYSTEMS] == sorted(row.year for row in SYSTEMS)
    assert len({row.name for row in SYSTEMS}) == len(SYSTEMS)
    with pytest.raises(ValueError, match="There is no system called"):
        system("none")
    assert offering("vectors")


@every_system
def test_it_builds_from_its_defaults_and_takes_a_step(row: System, encoded: EncodedCorpus) -> None:
    built = row.load_learner()(dataclasses.replace(row.settings(), **{"batch_size": tiny(row).batch_size}), encoded)
    assert isinstance(built, Learner)
    step = built.advance()
    assert built.step == 1
    assert np.isfinite(step.loss)
    assert step.n_tokens > 0
    cost = built.cost(row.settings(), encoded.tokenizer.vocab_size)
    assert min(cost.flops, cost.memory, cost.weights) > 0


@every_system
def test_it_learns_a_tiny_text_by_heart(row: System, encoded: EncodedCorpus) -> None:
    """So little text that each step sees about the same, which can be learnt better and better."""
    few = EncodedCorpus(encoded.tokenizer, np.tile(encoded.ids[:60], 8), encoded.counts)
    taught = learner(row, few, n_steps=300, learning_rate=tiny(row).learning_rate * 3)
    losses = [taught.advance().loss for _ in range(5)]
    with unchecked():
        losses += [taught.advance().loss for _ in range(295)]
    assert np.mean(losses[-20:]) < 0.75 * np.mean(losses[:5])


@every_system
def test_saved_and_loaded_it_gives_the_same(row: System, encoded: EncodedCorpus, tmp_path: Path) -> None:
    first = learner(row, encoded)
    for _ in range(7):
        first.advance()
    save_file({name: np.require(array, requirements="C") for name, array in first.state().items()}, tmp_path / "state.safetensors")
    second = learner(row, encoded)
    second.restore(load_file(tmp_path / "state.safetensors"))
    assert second.step == 7
    assert second.held_out_loss() == first.held_out_loss()
    assert np.array_equal(second.vectors().matrix, first.vectors().matrix)
    assert [second.advance() for _ in range(3)] == [first.advance() for _ in range(3)], "it goes on as if nothing had happened"
    for name, array in first.weights().items():
        assert np.array_equal(second.weights()[name], array)


@every_system
def test_looking_at_it_changes_nothing(row: System, encoded: EncodedCorpus) -> None:
    looked_at, alone = learner(row, encoded), learner(row, encoded)
    for _ in range(3):
        looked_at.held_out_loss()
        looked_at.vectors()
        if isinstance(looked_at, Attending):
            looked_at.patterns(SENTENCE)
        if isinstance(looked_at, Generating):
            looked_at.continuation(encoded.tokenizer.encode(SENTENCE), 5, seed=1)
        assert looked_at.advance() == alone.advance()


@every_system
def test_paused_and_resumed_its_numbers_are_those_of_a_run_never_stopped(row: System) -> None:
    paused = small_run(row)

    def pause(each: metrics.Row) -> None:
        if each["step"] in (15, 40):
            paused.pause()

    trained(paused, pause)
    assert paused.state() == "paused"
    while paused.state() == "paused":
        (paused.folder / "stop").unlink()
        trained(paused, pause)
    assert straight(row.name).state() == paused.state() == "done", straight(row.name).error() + paused.error()
    assert learnt(paused) == learnt(straight(row.name))


@every_system
def test_killed_at_random_moments_its_numbers_are_those_of_a_run_never_stopped(row: System, forked: Callable[[Run], int]) -> None:
    killed = small_run(row)
    dice = random.Random(3)
    for _ in range(2):
        process = forked(killed)
        before = killed.status().step
        while killed.status().step < before + 5 and there(process):
            time.sleep(0.002)
        time.sleep(dice.uniform(0, 0.1))
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        while there(process):
            time.sleep(0.002)
    trained(killed)
    assert straight(row.name).state() == killed.state() == "done", straight(row.name).error() + killed.error()
    assert learnt(killed) == learnt(straight(row.name))


def there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


FORKS = """
import os, signal, sys
from pathlib import Path
import torch._dynamo  # what the first optimizer would import
from core.systems import SYSTEMS
from core.training import recording, trainer
from core.training.run import Run
for row in SYSTEMS:
    row.load_learner()
recording.SAMPLE_LENGTH = 4
trainer.CHECKPOINT_EVERY, trainer.CHECKPOINT_SHARE = 0.02, 1e9
signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
for line in sys.stdin:
    process = os.fork()
    if not process:
        trainer.train(Run(Path(line.strip())), progress=lambda what, fraction: None)
        os._exit(0)
    print(process, flush=True)
"""


@pytest.fixture(scope="module")
def forked(workspace: None) -> Iterator[Callable[[Run], int]]:
    """forked(run) -> the id of a process that trains it: as the launcher does, without waiting for imports each time."""
    with subprocess.Popen([sys.executable, "-c", FORKS], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as forks:

        def fork(run: Run) -> int:
            print(run.folder, file=forks.stdin, flush=True)
            return int(forks.stdout.readline())

        yield fork


@every_system
def test_what_it_offers_it_has(row: System, encoded: EncodedCorpus) -> None:
    made = learner(row, encoded)
    vectors = made.vectors()
    assert ("vectors" in row.offers) == (len(vectors.words) > 0)
    assert ("attention" in row.offers) == isinstance(made, Attending)
    assert ("generate" in row.offers) == isinstance(made, Generating)
    assert ("mix" in row.offers) == isinstance(made, Mixing)
    assert ("objective" in row.offers) == hasattr(made, "objective_on")
    assert bool({"fill", "translate"} & row.offers) == isinstance(made, Answering)
    last = straight(row.name).snapshots()[-1]
    assert (last.vectors() is not None) == ("vectors" in row.offers)
    assert bool(last.attention()) == ("attention" in row.offers)
    assert bool(last.samples()) == bool(row.offers & WRITES)
    assert (last.mix() is not None) == ("mix" in row.offers)
    assert last.weights() is not None


@every_system
def test_its_vectors_are_words_most_frequent_first(row: System, encoded: EncodedCorpus) -> None:
    vectors = learner(row, encoded).vectors()
    assert vectors.matrix.dtype == np.float32
    assert len(set(vectors.words)) == len(vectors.words)
    assert vectors.counts is not None
    assert (np.diff(vectors.counts) <= 0).all()


attending = pytest.mark.parametrize("row", offering("attention"), ids=lambda row: row.name)


@attending
def test_its_patterns_are_distributions_over_allowed_keys(row: System, encoded: EncodedCorpus) -> None:
    made = learner(row, encoded)
    for _ in range(3):
        made.advance()
    for found in made.patterns(SENTENCE):
        assert found.part in PARTS
        assert found.weights.shape[2:] == found.allowed.shape == (len(found.queries), len(found.keys))
        looks = np.broadcast_to(found.allowed.any(axis=-1), found.weights.shape[:3])  # the first of an order sees nothing
        assert found.weights.sum(axis=-1) == pytest.approx(looks.astype(float), abs=1e-5)
        assert (found.weights >= 0).all()
        assert (found.weights[:, :, ~found.allowed] == 0).all()


@attending
def test_it_sees_no_more_than_its_mask_allows(row: System, encoded: EncodedCorpus) -> None:
    """Where a position may not see the last word, changing that word changes nothing of its attention. Where one is translated, the last one written."""
    made = learner(row, encoded)
    for _ in range(3):
        made.advance()
    before = "the man\tthe king sees the" if "translate" in row.offers else "the king sees the"
    one, other = ({each.part: each for each in made.patterns(f"{before} {last}")} for last in ("queen", "man"))
    changed = next(part for part in ("decoder", "self", "cross") if part in one)
    # A recurrent decoder has no attention to itself: of the last word only its last step knows.
    n = len(one[changed].queries)
    blind = np.arange(n) < n - 1 if changed == "cross" else ~one[changed].allowed[:, -1]
    for part in one:
        unseen = slice(None) if part == "encoder" else blind
        assert one[part].weights[:, :, unseen] == pytest.approx(other[part].weights[:, :, unseen], abs=1e-6)
    assert not np.allclose(one[changed].weights[:, :, ~blind], other[changed].weights[:, :, ~blind]), "and where it may, something"


@pytest.mark.parametrize("row", offering("objective"), ids=lambda row: row.name)
def test_a_words_vectors_in_its_sentence_know_of_the_words_before_it_but_for_the_first_layers(row: System, encoded: EncodedCorpus) -> None:
    made = learner(row, encoded)
    one, other = (made.trained.contextual(f"the {before} sees the queen") for before in ("king", "man"))
    at = next(i for i, token in enumerate(one.tokens) if token == "queen")
    assert one.layers.shape[:2] == (made.settings.n_layers + 1, len(one.tokens))
    assert np.array_equal(one.layers[0, at], other.layers[0, at])
    assert not np.allclose(one.layers[-1, at], other.layers[-1, at])
    assert one.mixed.shape == one.layers.shape[1:]


@pytest.mark.parametrize("row", offering("generate"), ids=lambda row: row.name)
def test_it_continues_what_it_is_given_the_same_way_for_the_same_seed(row: System, encoded: EncodedCorpus) -> None:
    made = learner(row, encoded)
    begun = encoded.tokenizer.encode(SENTENCE)

    def continue_(seed: int) -> list[int]:
        return list(made.continuation(begun, 12, seed=seed))

    assert continue_(1)[: len(begun)] == begun
    assert len(begun) < len(continue_(1)) <= len(begun) + 12
    assert continue_(1) == continue_(1)
    assert any(continue_(1) != continue_(seed) for seed in (2, 3, 4))
