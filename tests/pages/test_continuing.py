"""From the Train page a run goes on, on another text."""

import pytest

from core.text.tokenizing import TokenizerSettings
from core.training import launching, trainer
from core.training.estimate import Estimate
from core.training.run import RunConfig, create, find, runs
from tests.pages.test_pages import home, open_page, said

__all__ = ["home"]


def test_a_finished_run_goes_on_on_another_text(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.systems import system

    monkeypatch.setattr("core.training.estimate.estimate", lambda config, patience: Estimate(1.0, 1e6, 1e6, 5, 10))
    launched: list[str] = []
    monkeypatch.setattr(launching, "launch", lambda run: launched.append(run.id))
    row = system("skip-gram")
    settings = row.settings(d_model=8, n_steps=10, batch_size=500, n_threads=1)
    run = create(RunConfig("skip-gram", "small-world:300:1", TokenizerSettings(min_count=1), settings, "first", report_every=5, eval_every=5))
    trainer.train(run)
    assert run.state() == "done", run.error()
    app = open_page("train", run=run.id)
    assert not app.exception
    app.selectbox(key="continue-text").set_value("small-world").run()
    app.number_input(key="continue-steps").set_value(7).run()
    app.button(key="continue-really").click().run()
    assert not app.exception
    (new,) = (each for each in runs() if each.id != run.id)
    assert launched == [new.id]
    assert (new.config.begun_from, new.config.corpus, new.config.n_steps, new.name) == (run.id, "small-world", 7, "first, continued")
    assert app.query_params["run"] == new.id
    assert "Began with what the run first had learnt." in said(app).replace("\\", "")
    assert find(new.id).state() == "interrupted"
