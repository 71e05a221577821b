"""Every page without a browser: empty, with a run that is gone, with settings that cannot be."""

import os
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.training.run import runs

ROOT = Path(__file__).parents[2]
PAGES = (
    "home",
    "train",
    "embeddings",
    "history",
    "changes",
    "contexts",
    "sentences",
    "attention",
    "corpora",
    "tokens",
    "pairs",
    "compare",
    "vectors",
    "objectives",
    "generate",
    "masks",
    "ablation",
    "patching",
    "lens",
)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("ORRERY_HOME", str(tmp_path))
    from core.training import launching

    monkeypatch.setattr(launching, "warm", lambda: None)  # no process outlives these tests
    # AppTest forgets before each run that st.navigation was ever called, so that each would be a first deep link, started twice, its click lost.
    monkeypatch.setattr("streamlit.runtime.pages_manager.Path.exists", lambda path: path.name != "pages" and os.path.exists(path))
    return tmp_path


def open_page(name: str, **query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.switch_page(f"pages/{name}.py")
    for part, value in query.items():
        app.query_params[part] = value
    return app.run()


def said(app: AppTest) -> str:
    return " ".join(str(each.value) for kind in (app.info, app.warning, app.error, app.caption, app.markdown) for each in kind)


@pytest.mark.parametrize("page", [name for name in PAGES if name not in ("tokens", "pairs", "objectives")])
def test_an_empty_workspace_is_answered_with_what_to_do_next(page):
    app = open_page(page)
    assert not app.exception
    assert app.title[0].value
    if page in ("home", "embeddings", "history", "changes", "attention", "generate", "masks", "ablation", "patching", "lens", "heads", "contexts"):
        assert "Train" in said(app)


@pytest.mark.parametrize("page", ["train", "embeddings", "history", "changes", "attention", "generate", "masks", "contexts"])
def test_a_link_to_a_run_that_is_gone_says_so(page):
    app = open_page(page, run="long-gone")
    assert not app.exception
    assert "no run" in said(app)


@pytest.mark.parametrize(("page", "part"), [("train", "corpus"), ("corpora", "text")])
def test_a_link_to_a_text_that_is_gone_says_so(page, part):
    app = open_page(page, **{part: "long-gone"})
    assert not app.exception
    assert f"no {part} called" in said(app)


def test_a_very_long_sentence_in_a_link_is_cut_and_not_an_exception():
    app = open_page("tokens", corpus="small-world", sentence="x" * 900)
    assert not app.exception


def test_settings_that_cannot_be_are_said_and_nothing_starts():
    app = open_page("train", system="gpt")
    app.number_input(key="gpt-n_heads").set_value(5).run()
    assert not app.exception
    assert "must be divisible by n_heads" in said(app)
    assert "start" not in [button.key for button in app.button]
    assert runs() == []


def test_a_preset_fills_the_form():
    app = open_page("train", system="gpt")
    app.button(key="preset-gpt-quick look").click().run()
    assert app.number_input(key="gpt-n_layers").value == 2
    assert app.number_input(key="gpt-d_model").value == 64


def test_a_damaged_run_is_shown_with_its_remedy_and_can_be_deleted(home):
    (home / "torn").mkdir()
    (home / "torn" / "metrics.jsonl").write_text('{"step": 1, "loss": 2.0}\n')
    app = open_page("home")
    assert not app.exception
    assert "damaged" in said(app)
    app.button(key="delete-torn").click().run()
    assert not (home / "torn").exists()


def test_a_pasted_text_becomes_a_corpus_and_an_empty_one_a_sentence():
    app = open_page("corpora")
    app.button(key="add-pasted").click().run()
    assert not app.exception
    assert app.error
    app.text_area(key="paste-text").set_value("The cat sat on the mat and the dog sat on the log. " * 40)
    app.text_input(key="paste-title").set_value("Cats <b>")
    app.button(key="add-pasted").click().run()
    assert not app.exception
    assert app.metric[0].value == "520"


def test_pasted_pairs_become_a_corpus_and_what_are_none_a_sentence():
    app = open_page("corpora", text="small-world", adding="pairs")
    app.text_area(key="paste-sources").set_value("the cat sleeps\nthe dog sleeps")
    app.text_area(key="paste-targets").set_value("die Katze schläft")
    app.button(key="add-pairs").click().run()
    assert "There is no line 2 of the targets" in said(app).replace("\\", "")
    app.text_area(key="paste-targets").set_value("die Katze schläft\nder Hund schläft")
    app.button(key="add-pairs").click().run()
    assert not app.exception
    assert (app.metric[1].label, app.metric[1].value) == ("Pairs", "2")
    assert "the cat sleeps  →  die Katze schläft" in [each.value for each in app.text]


def test_a_task_is_made_when_it_is_looked_at():
    app = open_page("corpora", text="task-numbers")
    assert not app.exception
    assert (app.metric[1].label, app.metric[1].value) == ("Pairs", "20,000")


def test_the_text_that_is_offered_follows_the_system_until_somebody_chooses():
    app = open_page("train", system="gpt")
    assert app.selectbox(key="pick-corpus").value == "documentation"
    app.selectbox(key="pick-corpus").set_value("task-dates").run()
    app.selectbox(key="pick-system").set_value("transformer").run()
    assert app.selectbox(key="pick-corpus").value == "task-dates"
