"""The page What changed without a browser."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from core import opened
from core.formats import FORMATS, Reading
from core.vectors import Vectors
from tests.pages.small_run import small_run
from tests.pages.test_pages import home, open_page, said  # noqa: F401


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("changed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORRERY_HOME", str(folder))
        small_run()
        words = ["the", "king", "queen", "stranger"]
        opened.keep(Reading(Vectors(words, np.eye(4, dtype=np.float32)), FORMATS[1]), "mine.txt")
    return folder


@pytest.fixture
def there(home, trained):  # noqa: F811
    shutil.copytree(trained, home, dirs_exist_ok=True)
    return home


def test_words_are_ranked_by_how_much_their_neighbourhood_changed_during_a_run(there):
    app = open_page("changes", source="small", source2="small", step="0", word="king")
    assert not app.exception
    kept = app.dataframe[0].value["neighbours kept"]
    assert (np.diff(kept) >= 0).all()
    assert kept.iloc[0] < 0.5
    before, after = app.dataframe[1].value, app.dataframe[2].value
    common = set(before["before"]) & set(after["after"])
    assert set(before["before"][before[""] == "went"]) == set(before["before"]) - common
    assert set(after["after"][after[""] == "came"]) == set(after["after"]) - common
    assert f"kept {len(common)} of its 10" in said(app)


def test_a_moment_beside_itself_has_not_changed(there):
    app = open_page("changes", source="small", source2="small", step="40", step2="40")
    assert not app.exception
    assert (app.dataframe[0].value["neighbours kept"] == 1).all()
    assert "10.0 of 10 neighbours are the same" in said(app).replace("\\", "")


def test_a_run_beside_a_file_and_one_matrix_beside_the_other(there):
    mine = opened.opened()[0].id
    app = open_page("changes", source="small", source2=mine, word="stranger")
    assert not app.exception
    assert "is not in both" in said(app)
    app = open_page("changes", source="small", source2="small", step="40", matrix="in", matrix2="out")
    assert not app.exception
    assert app.dataframe[0].value["neighbours kept"].mean() < 0.9
