"""The page Generate: what it asks a run first, and addresses that do not belong to the run."""

import pytest

from core.systems import system
from core.text import corpora
from core.text.tokenizing import TokenizerSettings
from core.training import recording, trainer
from core.training.run import Run, RunConfig, create
from tests.pages.test_pages import home, open_page, said

__all__ = ["home"]


def small_run(name: str, corpus: str) -> Run:
    row = system(name)
    settings = row.settings(n_layers=1, n_heads=2, d_model=8, n_ctx=12, batch_size=2, n_steps=2, warmup_steps=1)
    tokenizer = TokenizerSettings(kind="word", min_count=1, punctuation=True)
    run = create(RunConfig(name, corpora.find(corpus).id, tokenizer, settings, report_every=1, eval_every=2))
    trainer.train(run)
    assert run.state() == "done", run.error()
    return run


@pytest.fixture(autouse=True)
def short_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "SAMPLE_LENGTH", 2)


@pytest.mark.parametrize(("corpus", "first"), [("small-world:100:1", "restore"), ("task:copy:200:1", "translate")])
def test_a_run_is_asked_first_for_what_it_has_learnt(corpus: str, first: str) -> None:
    """A T5 of a text puts back what is hidden; its first snapshot, which cannot yet, is shown the same text as its last."""
    run = small_run("t5", corpus)
    app = open_page("generate", run=run.id)
    assert not app.exception
    assert app.session_state["segment-way"] == first
    whole = app.text_area(f"text-{run.id}").value
    assert whole
    assert "<extra_id" not in whole, "a run's own text is shown as it was before spans of it were hidden"
    assert {each.samples()[0]["prompt"] for each in run.snapshots()} == {run.snapshots()[-1].samples()[0]["prompt"]}
    for text in ("x" * 2000, "<extra_id_99> [MASK] \u202e$x$ <b>"):
        assert not open_page("generate", run=run.id, text=text).exception


def test_a_link_with_tokens_that_the_run_has_not_is_shown_without_them() -> None:
    run = small_run("gpt", "small-world:100:1")
    for take in ("0.999999", "1.²", "-.-"):
        app = open_page("generate", run=run.id, take=take, text="the " * 400)
        assert not app.exception
        assert "40 tokens" in said(app)
