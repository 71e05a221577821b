"""A run that begins with what another has learnt, on another text."""

import random
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

import core.systems
from core.systems import System
from core.text import corpora, tokenizers
from core.text.segmentation import SENTENCE_END, segment
from core.text.tokenizing import TokenizerSettings
from core.training import checkpoints, continuing, trainer
from core.training.estimate import Estimate
from core.training.learner import Continuing
from core.training.run import Run, RunConfig, create, find, runs
from tests.test_systems import tiny
from tests.training import toy
from tests.training.conftest import until
from tests.training.test_trainer import learnt

Make = Callable[..., Run]
Spawn = Callable[[Run], "subprocess.Popen[bytes]"]
FIRST = "the cat sat on the mat . a dog ran home .\n" * 40 + "once only\n"
SECOND = "the bird sang . a dog sang to the bird . rare\n" * 30


def trained(name: str, text: str, min_count: int = 2, row: System = toy.SYSTEM, **changes: float) -> Run:
    settings = toy.ToySettings(n_steps=30, **changes) if row is toy.SYSTEM else tiny(row, n_steps=30, **changes)  # type: ignore[arg-type]
    tokenizer = TokenizerSettings(kind="word", min_count=min_count, vocab_size=1000)
    run = create(RunConfig(row.name, corpora.add_text(name, text).id, tokenizer, settings, name, report_every=5, eval_every=10))
    trainer.train(run)
    assert run.state() == "done", run.error()
    return run


def begun(old: Run, text: str = SECOND, **changes: object) -> Run:
    config = continuing.config(old, corpora.add_text("second", text).id, **changes)
    return continuing.made(old, paced(config))


def paced(config: RunConfig) -> RunConfig:
    return replace(config, report_every=5, eval_every=10)


def test_the_vocabulary_is_the_old_one_and_the_new_texts_words_as_gensim_has_it() -> None:
    from gensim.models import Word2Vec

    def sentences(text: str) -> list[list[str]]:
        return [line.split() for line in text.replace(" .", "").split("\n") if line]

    judge = Word2Vec(sentences(FIRST), min_count=2, vector_size=4, epochs=1, workers=1)
    judge.build_vocab(sentences(SECOND), update=True)
    run = begun(trained("first", FIRST))
    trainer.train(run)
    assert run.state() == "done", run.error()
    tokenizer, counts = tokenizers.load(run.folder / "tokenizer.json"), np.load(run.folder / "counts.npy")
    assert set(tokenizer.words[7:]) == set(judge.wv.key_to_index) >= {"cat", "bird", "rare"}
    seen = Counter(word for word in segment(FIRST + SECOND) if word != SENTENCE_END)
    assert dict(zip(tokenizer.words[7:], counts[7:].tolist(), strict=True)) == {word: seen[word] for word in tokenizer.words[7:]}
    assert (np.diff(counts[7:]) <= 0).all(), "the most frequent of both texts first"


def test_each_word_keeps_its_vector_and_a_new_one_begins_as_any(monkeypatch: pytest.MonkeyPatch) -> None:
    old = trained("first", FIRST)
    run = begun(old, n_steps=10)
    trainer.train(run)
    before, after = old.snapshots()[-1].vectors(), run.snapshots()[0].vectors()
    assert before is not None
    assert after is not None
    for word in before.words:
        if not word.startswith("["):
            assert np.array_equal(after.matrix[after.row(word)], before.matrix[before.row(word)]), word
    assert np.abs(after.matrix[after.row("bird")]).sum() > 0


def test_words_that_the_new_text_lacks_are_not_counted_in_it() -> None:
    run = begun(trained("first", FIRST))
    found, total = continuing.encoded(run)
    cat, bird, dog = (found.tokenizer.index[word] for word in ("cat", "bird", "dog"))
    assert (found.counts[cat], total[cat]) == (0, 40)
    assert (found.counts[bird], total[bird]) == (60, 60)
    assert (found.counts[dog], total[dog]) == (30, 70)
    assert found.counts.sum() == np.count_nonzero(found.ids >= 0)
    assert found.seen is not None
    assert np.array_equal(found.seen, total), "a tree has a place for each"


def test_it_goes_on_without_the_old_run_and_ends_the_same_after_being_killed(spawn: Spawn, monkeypatch: pytest.MonkeyPatch) -> None:
    old = trained("first", FIRST)
    straight, killed = begun(old, n_steps=200), begun(old, n_steps=200)
    (killed.folder / "config.json").write_text(killed.config.to_json().replace('"pause_ms": 0', '"pause_ms": 8'))
    killed = Run(killed.folder)
    old.delete()
    trainer.train(straight)
    monkeypatch.setenv("TOY_CHECKPOINT_EVERY", "0.1")
    dice = random.Random(5)
    for _ in range(4):
        process = spawn(killed)
        until(killed.held)
        time.sleep(dice.uniform(0.05, 0.9))
        process.kill()
        process.wait()
    spawn(killed).wait(30)
    assert killed.state() == "done", killed.error()
    assert learnt(killed) == learnt(straight)
    assert killed.config.begun_from == old.id


def test_a_run_goes_on_from_one_that_went_on_from_another() -> None:
    second = begun(trained("first", FIRST))
    trainer.train(second)
    third = begun(second, FIRST + "and a fish swam home .\n" * 9)
    trainer.train(third)
    assert third.state() == "done", third.error()
    words = tokenizers.load(third.folder / "tokenizer.json").words
    assert {"cat", "bird", "fish"} <= set(words)
    total = np.load(third.folder / "counts.npy")
    assert total[words.index("cat")] == 80
    assert third.config.name == "first, continued, continued"


def test_the_newest_weights_are_those_of_the_checkpoint_where_it_is_newer() -> None:
    old = trained("first", FIRST)
    shutil.rmtree(old.folder / "snapshots" / "00000030")
    weights = continuing.newest_weights(old)
    found = checkpoints.newest(old.folder / "checkpoints", print)
    assert found is not None
    assert weights.keys() == {"w_in", "w_out"}
    assert np.array_equal(weights["w_in"], found.state["w_in"])


def test_phrases_of_the_first_text_are_joined_in_the_second() -> None:
    tokenizer = TokenizerSettings(kind="word", phrase_passes=1, phrase_threshold=3.0)
    text = "".join(random.Random(1).choices(["he saw new york .\n", "the cat sat .\n", "a dog ran home .\n", "she ran .\n"], k=200))
    run = create(RunConfig("toy", corpora.add_text("first", text).id, tokenizer, toy.ToySettings(n_steps=5), "p", report_every=5, eval_every=5))
    trainer.train(run)
    on = begun(run, "new york is large and so is old york . " * 20, n_steps=5)
    trainer.train(on)
    assert on.state() == "done", on.error()
    found, _ = continuing.encoded(on)
    assert found.counts[found.tokenizer.index["new_york"]] == 20
    assert found.tokenizer.encode("New York is large") == [found.tokenizer.index[word] for word in ("new_york", "is", "large")]
    assert found.ids[found.ids >= 0].tolist()[:3] == found.tokenizer.encode("New York is large")


@pytest.mark.parametrize("kind", ["character", "bpe"])
def test_other_tokenizers_stay_what_they_are(kind: str) -> None:
    tokenizer = TokenizerSettings(kind=kind, vocab_size=300, lowercase=False)
    run = create(RunConfig("toy", corpora.add_text("first", FIRST).id, tokenizer, toy.ToySettings(n_steps=5), "p", report_every=5, eval_every=5))
    trainer.train(run)
    on = begun(run, SECOND + "ünknown\n", n_steps=5)
    trainer.train(on)
    assert on.state() == "done", on.error()
    assert tokenizers.load(on.folder / "tokenizer.json").digest == tokenizers.load(run.folder / "tokenizer.json").digest


@pytest.mark.parametrize("row", [row for row in core.systems.SYSTEMS if row.name != "toy"], ids=lambda row: row.name)
def test_every_system_goes_on_from_its_own_weights(row: System) -> None:
    old = trained("first", FIRST, row=row, subsample_threshold=0.0)
    on = continuing.made(old, paced(continuing.config(old, corpora.add_text("second", SECOND).id, n_steps=20)))
    trainer.train(on)
    assert on.state() == "done", on.error()
    before, after, last = old.snapshots()[-1].vectors(), on.snapshots()[0].vectors(), on.snapshots()[-1].vectors()
    assert before is not None
    assert after is not None
    assert last is not None
    ordinary = [word for word in before.words if word in after.words]
    assert len(ordinary) >= 8
    for word in ordinary:
        assert after.matrix[after.row(word)] == pytest.approx(before.matrix[before.row(word)], abs=1e-6), word
    assert not np.allclose(after.matrix[after.row("bird")], last.matrix[last.row("bird")]), "it learns"
    assert isinstance(row.load_learner()(on.config.settings, continuing.encoded(on)[0]), Continuing)


def test_what_cannot_be_is_a_sentence(toy_run: Make) -> None:
    fresh = toy_run()
    with pytest.raises(ValueError, match="has kept no weights yet"):
        continuing.begin(fresh, "small-world:500:1")
    old = trained("first", FIRST)
    with pytest.raises(ValueError, match=r"d_model cannot change where a run goes on from another one's weights; batch_size, .* can"):
        continuing.begin(old, "small-world:500:1", d_model=4)
    with pytest.raises(ValueError, match="n_steps must be at least 1"):
        continuing.begin(old, "small-world:500:1", n_steps=0)
    with pytest.raises(ValueError, match="choose a corpus"):
        continuing.begin(old, " ")
    before = {run.id for run in runs()}
    (old.folder / "tokenizer.json").write_text("{")
    with pytest.raises(ValueError, match="is not a tokenizer of ours, or is cut short"):
        continuing.begin(old, "small-world:500:1")
    assert {run.id for run in runs()} == before


@pytest.mark.parametrize("name", ["weights.safetensors", "tokenizer.json", "counts.npy"])
def test_a_damaged_beginning_is_a_sentence(name: str) -> None:
    run = begun(trained("first", FIRST))
    content = (run.folder / "beginning" / name).read_bytes()
    (run.folder / "beginning" / name).write_bytes(content[: len(content) // 2])
    trainer.train(run)
    assert run.state() == "failed"
    assert any(words in run.error() for words in ("cut short", "gone or damaged"))
    (run.folder / "beginning" / name).write_bytes(content)
    trainer.train(run)
    assert run.state() == "done", "and mended it goes on"


def test_weights_of_another_shape_are_a_sentence() -> None:
    run = begun(trained("first", FIRST))
    (run.folder / "config.json").write_text(run.config.to_json().replace('"d_model": 8', '"d_model": 6'))
    trainer.train(Run(run.folder))
    assert "The weights that this run begins with are not those of a Toy with its settings" in run.error()


def test_a_run_published_from_a_page_is_made_and_can_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.training.estimate.estimate", lambda config, patience: Estimate(1.0, 1e6, 1e6, 3, 6))
    old = trained("first", FIRST)
    run = continuing.begin(old, corpora.add_text("second", SECOND).id, name="On", n_steps=12)
    assert (find("on").id, run.config.n_steps, run.config.report_every) == ("on", 12, 3)
    trainer.train(run)
    assert run.state() == "done", run.error()


def test_settings_of_the_text_are_the_old_runs() -> None:
    old = trained("first", FIRST, min_count=3)
    assert continuing.config(old, "documentation").tokenizer == old.config.tokenizer
    assert continuing.config(old, "documentation").corpus == "documentation"
