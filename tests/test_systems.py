"""The contract that every system keeps. A new row of SYSTEMS is walked over without a line being added here, but for its tiny settings."""

import dataclasses
import random
import subprocess
import sys
import time
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
from core.training import metrics, trainer
from core.training.learner import Answering, Attending, Generating, Learner
from core.training.recording import WRITES
from core.training.run import Run, RunConfig, create

ROOT = Path(__file__).parents[1]
TEXT = "small-world:300:1"
WORDS = TokenizerSettings(kind="word", min_count=1, vocab_size=1000)
SENTENCE = "the king sees the queen"

# Small enough that a step takes a millisecond or so. Only names that a system has are taken.
TINY = {"d_model": 16, "n_heads": 2, "n_layers": 2, "n_ctx": 16, "batch_size": 4, "n_threads": 1, "warmup_steps": 2, "n_steps": 60}
TINY_OF_TEXT = {"batch_size": 200}  # where a step is counted in words of text

every_system = pytest.mark.parametrize("row", SYSTEMS, ids=lambda row: row.name)


@pytest.fixture(autouse=True, scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORRERY_HOME", str(tmp_path_factory.mktemp("workspace")))
        patch.setenv("ORRERY_SLOTS", "4")
        yield


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
    for preset in row.presets:
        check(row.settings(**preset.settings))
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
    trained = learner(row, few, n_steps=300, learning_rate=tiny(row).learning_rate * 3)
    losses = [trained.advance().loss for _ in range(300)]
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
    straight, paused = small_run(row), small_run(row)
    trainer.train(straight)
    trainer.train(paused, told=lambda each: paused.pause() if each["step"] in (15, 40) else None)
    assert paused.state() == "paused"
    while paused.state() == "paused":
        (paused.folder / "stop").unlink()
        trainer.train(paused, told=lambda each: paused.pause() if each["step"] in (15, 40) else None)
    assert straight.state() == paused.state() == "done", straight.error() + paused.error()
    assert learnt(paused) == learnt(straight)


@every_system
def test_killed_at_random_moments_its_numbers_are_those_of_a_run_never_stopped(row: System) -> None:
    n_steps = 150
    straight, killed = small_run(row, n_steps=n_steps), small_run(row, n_steps=n_steps)
    begin = [sys.executable, "-c", KILLED, str(killed.folder)]
    dice = random.Random(3)
    for _ in range(2):
        process = subprocess.Popen(begin, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        before = killed.status().step
        while killed.status().step < min(n_steps, before + 5) and process.poll() is None:
            time.sleep(0.002)
        time.sleep(dice.uniform(0, 0.3))
        process.kill()
        process.wait()
    trainer.train(straight)
    trainer.train(killed)
    assert straight.state() == killed.state() == "done", straight.error() + killed.error()
    assert learnt(killed) == learnt(straight)


KILLED = """
import sys
from pathlib import Path
from core.training import trainer
from core.training.run import Run
trainer.CHECKPOINT_EVERY, trainer.CHECKPOINT_SHARE = 0.05, 1e9
trainer.train(Run(Path(sys.argv[1])), progress=lambda what, fraction: None)
"""


@every_system
def test_what_it_offers_it_has(row: System, encoded: EncodedCorpus) -> None:
    made = learner(row, encoded)
    vectors = made.vectors()
    assert ("vectors" in row.offers) == (len(vectors.words) > 0)
    assert ("attention" in row.offers) == isinstance(made, Attending)
    assert ("generate" in row.offers) == isinstance(made, Generating)
    assert ("objective" in row.offers) == hasattr(made, "objective_on")
    assert bool({"fill", "translate"} & row.offers) == isinstance(made, Answering)
    run = small_run(row, n_steps=20)
    trainer.train(run)
    last = run.snapshots()[-1]
    assert (last.vectors() is not None) == ("vectors" in row.offers)
    assert bool(last.attention()) == ("attention" in row.offers)
    assert bool(last.samples()) == bool(row.offers & WRITES)
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
        assert found.weights.sum(axis=-1) == pytest.approx(1, abs=1e-5)
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
