"""The page Compare without a browser."""

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import evaluating, opened, warm
from core.evaluation.reading import read
from core.evaluation.sets import keep, kept, of_small_world
from core.systems import SYSTEMS, offering, system
from core.text import corpora
from core.text.tokenizing import TokenizerSettings
from core.training.run import RunConfig, create, find, runs
from core.training.trainer import train
from pages.ui import missing
from pages.ui.comparing import MOST
from tests.pages.test_pages import home, open_page, said  # noqa: F401 - the fixture `home` serves every test here

WORDS = TokenizerSettings(kind="word", min_count=1)
CHINESE = "国王 住 在 城堡 里 。 女王 住 在 宫殿 里 。 国王 和 女王 吃 面包 。 猫 吃 鱼 。 狗 吃 肉 。 "


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with two runs on a small world, one on a Chinese text, and opened vectors."""
    folder = tmp_path_factory.mktemp("compared")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORRERY_HOME", str(folder))
        row = offering("vectors")[0]
        world, chinese = corpora.find("small-world:1500:1").id, corpora.add_text("<b>中文", CHINESE * 60).id
        for name, corpus, d_model in (("one *a* <b>", world, 8), ("two", world, 12), ("中文", chinese, 8)):
            settings = row.settings(d_model=d_model, n_steps=30, batch_size=500, n_threads=1)
            train(create(RunConfig(row.name, corpus, WORDS, settings, name=name, report_every=10, eval_every=30)))
        opened.add(b"3 2\nking 1 0\nqueen 0.9 0.1\n<b>x</b> 0 1\n", "mine.vec")
    return folder


@pytest.fixture
def there(home: Path, trained: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: F811
    """A copy of it; what would be asked of the evaluating process is done at once."""
    shutil.copytree(trained, home, dirs_exist_ok=True)

    def ask(name: str, message: dict, timeout: float, *, starting: bool = False) -> None:
        if name == evaluating.WORKER:
            evaluating.compute(message["name"])

    monkeypatch.setattr(warm, "ensure", lambda name, environment=None: None)
    monkeypatch.setattr(warm, "ask", ask)
    return home


def table(app: AppTest) -> str:
    return " ".join(str(each.proto.body) for each in app.get("html"))


def test_nothing_to_compare_is_answered_with_the_button_that_begins():
    app = open_page("compare")
    assert not app.exception
    assert "no run with vectors yet" in said(app)
    assert "train-missing" in [button.key for button in app.button]


def test_two_runs_are_scored_on_the_small_worlds_truths(there):
    app = open_page("compare", runs="one-a-b,two")
    app.run()
    assert not app.exception
    shown = table(app)
    assert "one *a* &lt;b&gt;" in shown
    assert "Small world: analogies" in shown
    assert "2,404 of 2,404 covered (100%)" in shown
    assert "Words a second" in shown
    assert "one-a-b,two" in app.query_params["runs"]


def test_the_newest_runs_of_the_same_text_are_compared_at_first(there):
    app = open_page("compare")
    assert not app.exception
    assert len(app.multiselect(key="compare-runs").value) >= 2


def test_a_word_shows_each_ones_neighbours_and_what_they_share(there):
    app = open_page("compare", runs="one-a-b,two", word="king")
    assert not app.exception
    assert len(app.dataframe) == 2
    marks = [set(frame.value["in"]) for frame in app.dataframe]
    assert marks[0] | marks[1] <= {"●", "◆", "◇"}
    words = [set(frame.value["word"]) for frame in app.dataframe]
    shared = sum(mark == "●" for mark in app.dataframe[0].value["in"])
    assert shared == len(words[0] & words[1])
    assert f"{shared} of {20 - shared} words are in all lists" in said(app)


def test_chinese_words_opened_vectors_and_words_with_markup(there):
    mine = opened.opened()[0].id
    app = open_page("compare", runs=f"two,{mine}", word="<b>x</b>")
    assert not app.exception
    assert [list(frame.value["word"]) for frame in app.dataframe] == [["queen", "king"]]
    assert "is not among its" in said(app)
    app = open_page("compare", runs="two,run", word="国王")
    chinese = next(run.id for run in runs() if run.name == "中文")
    app = open_page("compare", runs=f"two,{chinese}", word="国王")
    assert not app.exception
    assert "女王" in list(app.dataframe[0].value["word"])
    assert "next to no word in common" in said(app)


def test_a_run_that_is_gone_is_said_and_the_others_stay(there):
    app = open_page("compare", runs="one-a-b,two,long-gone <b>")
    assert not app.exception
    assert "is left out" in said(app)
    assert app.multiselect(key="compare-runs").value == ["one-a-b", "two"]


def test_one_alone_is_no_comparison(there):
    app = open_page("compare", runs="two")
    assert "Choose two or more" in said(app)


def test_a_kept_test_set_is_scored_and_can_be_removed(there):
    id = keep(read("mine <i>.tsv", b"king\tqueen\t9\nking\tdog\t1\nparis\tfrance\t8\nred\tblue\t7\ncat\tdog\t8\n"))
    app = open_page("compare", runs="one-a-b,two")
    app.run()
    assert "mine &lt;i&gt;.tsv" in table(app)
    app.button(key=f"forget-{id}").click().run()
    assert not app.exception
    assert kept() == {}
    assert "mine &lt;i&gt;.tsv" not in table(app)


def test_scores_can_be_given_up_and_asked_for_again(there, monkeypatch):
    with monkeypatch.context() as slow:
        slow.setattr(evaluating, "compute", lambda name: None)
        app = open_page("compare", runs="one-a-b,two")
        app.button(key="cancel-scores").click().run()
    assert not app.exception
    assert "2,404 of 2,404" not in table(app)
    again = next(button for button in app.button if button.label == "Compute the scores")
    again.click().run()
    app.run()
    assert "2,404 of 2,404" in table(app)


def test_what_cannot_be_scored_is_said(there, monkeypatch):
    def broken(task: object) -> None:
        raise ValueError("Broken <b>.")

    monkeypatch.setattr(evaluating, "_compute", broken)
    app = open_page("compare", runs="one-a-b,two")
    app.run()
    assert not app.exception
    assert "Broken" in said(app)


@pytest.mark.parametrize("row", offering("vectors"), ids=lambda row: row.name)
def test_settings_made_alike_are_settings_that_can_be(row):
    for other in SYSTEMS:
        like = RunConfig(other.name, "small-world", other.tokenizer, other.settings())
        made = missing.comparable(row, "small-world", like)
        made.check()
        assert made.tokenizer.kind == like.tokenizer.kind
        if hasattr(made.settings, "window") and hasattr(like.settings, "window"):
            assert made.settings.window == like.settings.window
    missing.comparable(row, "small-world", None).check()
    odd = system("skip-gram").settings(d_model=50, n_steps=7500)
    made = missing.comparable(row, "small-world", RunConfig("skip-gram", "small-world", WORDS, odd))
    made.check()
    assert made.settings.n_steps == 10 * row.settings().n_steps


def test_the_missing_systems_are_trained_and_then_compared(there, monkeypatch):
    started: list[RunConfig] = []

    def start(config: RunConfig):
        started.append(config)
        return create(RunConfig(config.system, config.corpus, config.tokenizer, config.settings, report_every=1))

    monkeypatch.setattr("core.training.launching.start", start)
    app = open_page("compare", runs="one-a-b,two")
    app.button(key="train-missing").click().run()
    assert not app.exception
    lacking = [row.name for row in offering("vectors") if row.name != offering("vectors")[0].name]
    assert [config.system for config in started] == lacking[: MOST - 1], "as many as can be compared with what is there"
    assert {config.corpus for config in started} == {next(run for run in runs() if run.id == "two").config.corpus}
    chosen = app.multiselect(key="compare-runs").value
    assert len(chosen) == MOST, "as many as can be compared, those that were just begun among them"
    assert {config.system for config in started} <= {find(each).config.system for each in chosen}
    assert "one-a-b" in chosen
    assert len(of_small_world()[0]) == 2404
