"""What a run will take is said before it starts, and what cannot fit is refused with a number that would."""

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from core.systems import system
from core.text import corpora
from core.training import calibration, estimate, trainer
from core.training.run import Run, RunConfig, create
from core.training.schedule import snapshot_steps
from tests.training import toy
from tests.training.conftest import WORDS

Make = Callable[..., Run]
GB = 1e9


def config(**settings: float) -> RunConfig:
    return RunConfig("toy", "small-world:500:1", WORDS, toy.ToySettings(**settings))  # type: ignore[arg-type]


def gpt(**settings: object) -> RunConfig:
    row = system("gpt")
    return RunConfig("gpt", "small-world:500:1", row.tokenizer, row.settings(**settings))


def test_the_reference_run_is_made_once(workspace: Path) -> None:
    expected = estimate.computed(config(n_steps=1000))
    assert expected.seconds is not None
    assert 0 < expected.seconds < 1000
    kept = (workspace / "cache" / "calibration.json").read_text()
    estimate.computed(config(n_steps=50))
    assert (workspace / "cache" / "calibration.json").read_text() == kept


def test_twice_the_steps_take_about_twice_the_time() -> None:
    once, twice = estimate.computed(config(n_steps=1000)).seconds, estimate.computed(config(n_steps=2000)).seconds
    assert once is not None
    assert twice is not None
    assert twice / once == pytest.approx(2, rel=0.2)


def test_a_damaged_calibration_is_made_again(workspace: Path) -> None:
    path = workspace / "cache" / "calibration.json"
    path.write_text('{"toy": {"points": [["x"')
    assert estimate.computed(config()).seconds is not None


def test_a_finished_run_sharpens_it(toy_run: Make) -> None:
    run = toy_run(n_steps=40, pause_ms=20)
    before = estimate.computed(run.config).seconds
    trainer.train(run)
    after = estimate.computed(run.config).seconds
    assert before is not None
    assert after is not None
    assert before < 0.5
    assert 40 * 0.02 < after < 40 * 0.04


def test_between_known_points_speed_follows_a_line_and_beyond_them_the_work() -> None:
    speed = calibration.Speed([(1e3, 0.01), (1e5, 0.1)], 0.0)
    assert speed.seconds(1e4) == pytest.approx(0.01 * 10**0.5)
    assert speed.seconds(1e6) == pytest.approx(1.0)
    assert speed.seconds(10.0) == pytest.approx(0.01)
    assert speed.with_point(1.01e5, 0.2).points == [(1e3, 0.01), (1.01e5, 0.2)]


def test_rows_come_about_six_times_a_second_and_evaluations_cost_little() -> None:
    assert estimate.paced(0.01, 0.0, 100_000)[0] == 17
    assert estimate.paced(0.5, 0.0, 1000)[0] == 1
    assert estimate.paced(0.001, 0.0, 10)[0] == 1, "a short run has a curve too"
    report_every, eval_every = estimate.paced(0.01, 0.3, 100_000)
    assert eval_every % report_every == 0
    assert 0.3 / (eval_every * 0.01) < 0.04


def test_what_cannot_fit_is_refused_with_the_numbers_that_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimate, "available_memory", lambda: 4 * GB)
    asked = gpt(n_layers=4, d_model=512, n_ctx=256, batch_size=1024)
    refused = estimate.computed(asked).refused
    assert "this machine has 4.0 GB free" in refused
    found = re.findall(r"a (batch_size|n_ctx|d_model|n_layers) of (\d+)", refused)
    assert "batch_size" in dict(found)
    for name, value in found:
        assert not estimate.computed(replace(asked, settings=replace(asked.settings, **{name: int(value)}))).refused
    name, value = found[0]
    assert estimate.computed(replace(asked, settings=replace(asked.settings, **{name: int(value) + 1}))).refused, "it is the largest that fits"
    with pytest.raises(ValueError, match="would fit"):
        create(estimate.fixed(asked, estimate.computed(asked)))


def test_where_no_single_number_is_enough_several_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimate, "available_memory", lambda: 4 * GB)
    asked = gpt(n_layers=24, d_model=2048, n_ctx=2048, batch_size=1024, n_heads=16)
    refused = estimate.computed(asked).refused
    smaller = dict(re.findall(r"(batch_size|n_ctx|d_model|n_layers) (\d+)(?=[^:]*would fit)", refused.split("free: ")[1]))
    assert len(smaller) >= 2
    fits = replace(asked, settings=replace(asked.settings, **{name: int(value) for name, value in smaller.items()}))
    assert not estimate.computed(fits).refused


def test_a_disk_too_small_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 1000})())
    assert "on disk for its snapshots" in estimate.computed(config()).refused


def test_snapshots_are_log_spaced_within_the_budget() -> None:
    steps, everywhere = snapshot_steps(100_000, 1e6, 1e5, 512_000_000)
    assert everywhere
    assert (steps[0], steps[-1]) == (0, 100_000)
    assert len(steps) <= 40
    gaps = [after / before for before, after in pairwise(steps[5:])]
    assert max(gaps) / min(gaps) < 1.1
    steps, everywhere = snapshot_steps(1000, 100e6, 2e6, 512_000_000)
    assert not everywhere, "weights of 100 MB are kept once"
    assert len(steps) == 40
    steps, everywhere = snapshot_steps(1000, 50e6, 2e6, 512_000_000)
    assert everywhere
    assert len(steps) * 52e6 <= 512e6
    assert snapshot_steps(1, 1.0, 1.0, 10**9)[0] == [0, 1]


def test_the_vocabulary_is_counted_where_the_text_is_known() -> None:
    corpus = corpora.find("small-world:500:1")
    exact = calibration.expected_vocabulary(replace(config(), corpus=corpus.id))
    assert exact < 1000
    assert calibration.expected_vocabulary(replace(config(), corpus="unknown")) == 1000
    assert calibration.expected_vocabulary(replace(config(), tokenizer=replace(WORDS, kind="character"))) == 300


def test_a_run_that_goes_on_from_another_keeps_its_words_too(workspace: Path) -> None:
    corpus = corpora.find("small-world:500:1")
    alone = calibration.expected_vocabulary(replace(config(), corpus=corpus.id))
    (workspace / "before").mkdir()
    np.save(workspace / "before" / "counts.npy", np.zeros(50, np.int64))
    assert calibration.expected_vocabulary(replace(config(), corpus=corpus.id, begun_from="before")) == alone + 50
    assert calibration.expected_vocabulary(replace(config(), corpus=corpus.id, begun_from="gone")) == alone


def test_what_a_system_would_not_take_is_refused_before_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "speed", lambda row: calibration.Speed([(1.0, 0.1)], 0.1))
    monkeypatch.setattr("core.embeddings.window_learner.MOST_WORDS", 50)
    row = system("cbow")
    asked = RunConfig("cbow", corpora.find("small-world:500:1").id, WORDS, row.settings(objective="full softmax"))
    assert "at most 50. Set vocab_size" in estimate.computed(asked).refused
    assert not estimate.computed(replace(asked, corpus="not read yet")).refused
    assert not estimate.computed(replace(asked, settings=row.settings())).refused


def test_what_a_step_takes_is_told_by_its_text_where_a_text_decides() -> None:
    row = system("glove")
    of_text = [calibration.cost(row.load_learner(), row.settings(), n_distinct, n_words).flops for n_distinct, n_words in ((419, 940_520), (6909, 353_829))]
    assert of_text[1] / of_text[0] == pytest.approx((700_237 / 353_829) / (10_271 / 940_520), rel=0.2), "cells that the small world and WikiText have"
    assert calibration.cost(toy.Toy, toy.ToySettings(), 50, 10**6) == toy.Toy.cost(toy.ToySettings(), 50)


def test_the_files_that_a_system_counts_in_are_part_of_what_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "speed", lambda row: calibration.Speed([(1.0, 0.1)], 0.1))
    row = system("glove")
    asked = RunConfig("glove", corpora.find("small-world:500:1").id, WORDS, row.settings())
    small = estimate.computed(asked).disk
    monkeypatch.setattr(calibration, "expected_words", lambda config: 10**9)
    monkeypatch.setattr(calibration, "expected_vocabulary", lambda config: 100_000)
    large = estimate.computed(asked)
    assert large.disk > 10 * GB > small
    assert f"{large.disk / GB:.0f} GB on disk" in large.takes
