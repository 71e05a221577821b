"""The page Sentences: what is typed, what is read, what is found."""

import json
import shutil
from pathlib import Path

import pytest

from core.systems import SYSTEMS
from core.text.tokenizing import TokenizerSettings
from core.training.run import RunConfig, create, find
from core.training.trainer import train
from tests.pages.small_run import small_run
from tests.pages.test_pages import home, open_page, said  # noqa: F401


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("read")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORRERY_HOME", str(folder))
        small_run("static")
        row = next(row for row in SYSTEMS if row.name == "bert")
        corpus = find("static").config.corpus
        settings = row.settings(d_model=16, n_layers=2, n_heads=2, n_ctx=16, n_steps=2, batch_size=4)
        layered = create(RunConfig(row.name, corpus, TokenizerSettings(kind="word", min_count=1), settings, name="layered", report_every=1, eval_every=2))
        train(layered)
    return folder


@pytest.fixture
def runs(home, trained):  # noqa: F811
    shutil.copytree(trained, home, dirs_exist_ok=True)


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize("run", ["static", "layered"])
def test_the_sentence_itself_is_the_nearest_where_it_stands_in_the_text(run):
    from core.inspection import meaning
    from core.text import corpora

    sentence = next(meaning.texts_of(corpora.find(find(run).config.corpus)))
    app = open_page("sentences", source=run, n="500", sentence=sentence)
    for _ in range(60):
        if app.dataframe:
            break
        app.run()
    assert not app.exception
    table = app.dataframe[0].value
    assert table["sentence"].iloc[0] == sentence
    assert table["cosine"].iloc[0] == pytest.approx(1, abs=1e-4)
    assert "Nearest to" in said(app)
    assert ("Layer" in [each.label for each in app.select_slider]) == (run == "layered")


@pytest.mark.usefixtures("runs")
def test_before_anything_is_typed_nothing_is_read_and_words_that_are_unknown_are_said():
    app = open_page("sentences", source="static")
    assert not app.exception
    assert not app.dataframe
    app = open_page("sentences", source="static", sentence="zzzz qqqq")
    assert "None of the words" in said(app).replace("\\", "")
    app = open_page("sentences", source="static", corpus="gone", sentence="the king")
    assert not app.exception


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize("page", ["sentences", "contexts"])
def test_a_model_that_was_opened_has_no_text_of_its_own_and_reads_any_other(page):
    run = find("layered")
    config = run.folder / "config.json"
    config.write_text(config.read_text("utf-8").replace(json.dumps(run.config.corpus), json.dumps("opened:Model")), "utf-8")
    query = {"source": "layered", "sentence": "the king"} if page == "sentences" else {"run": "layered", "word": "king"}
    app = open_page(page, corpus=run.config.corpus, **query)
    assert not app.exception
    assert len(app.dataframe[0].value) > 1
    chosen = next(each for each in app.selectbox if each.label == "Text")
    assert "opened:Model" not in chosen.options
