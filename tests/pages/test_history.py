"""The page Over time without a browser: what it says; what moves is looked at in tests/browser."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import projecting
from core.training.run import Run, find
from core.workspace import write_whole
from pages.ui import history
from tests.pages.small_run import small_run
from tests.pages.test_pages import home, open_page, said  # noqa: F401


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("timed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORRERY_HOME", str(folder))
        small_run()
    return folder


@pytest.fixture
def run(home, trained):  # noqa: F811
    shutil.copytree(trained, home, dirs_exist_ok=True)
    return find("small")


def test_when_each_neighbour_arrived_is_a_table_whose_steps_are_snapshots(run):
    app = open_page("history", run="small", word="king")
    assert not app.exception
    table = app.dataframe[0].value
    assert len(table) == 10
    steps = {each.step for each in run.snapshots()}
    assert set(table["there ever since step"]) <= steps
    assert table["rank now"].tolist() == list(range(1, 11))
    assert (table.iloc[:, 3] <= table["there ever since step"]).all()


def test_umap_over_time_waits_to_be_asked_for_and_says_how_long_it_takes(run):
    app = open_page("history", run="small", projection="umap")
    assert not app.exception
    assert any("Run UMAP over time · about" in button.label for button in app.button)
    assert not list((run.folder.parent / "cache").glob("projections/*.npz")), "nothing was computed"


def test_a_map_over_time_begins_with_the_moments_that_it_has(run):
    film = history.Film(run, tuple(each.step for each in run.snapshots()))
    whole = history._task(film)
    assert not whole.head_start
    matrices = whole.arrays["matrices"]
    earlier = replace(whole, arrays={"matrices": matrices[:-2]})
    known = np.random.default_rng(1).normal(size=(*matrices[:-2].shape[:2], 2)).astype(np.float32)
    write_whole(projecting._file(earlier.name, "npz"), projecting._npz({"layouts": known}))
    again = history._task(film)
    np.testing.assert_array_equal(again.head_start["layouts"], known)
    assert again.name == whole.name
    assert 0 < projecting.estimate(again) < projecting.estimate(whole) * 2 / len(matrices), "the first moment takes longest"
    app = open_page("history", run="small", projection="umap")
    assert not app.exception


def test_a_map_that_is_asked_for_while_moments_come_is_made_of_those_there_were_and_goes_on_with_the_new_ones(run, monkeypatch, tmp_path):
    wanted = []
    monkeypatch.setattr(projecting, "request", lambda task, again=False: wanted.append(task))
    monkeypatch.setattr(Run, "state", lambda run: "running")
    late = run.snapshots()[-1].folder
    shutil.move(late, tmp_path / "late")
    app = open_page("history", run="small", projection="umap")
    next(button for button in app.button if "Run UMAP over time" in button.label).click()
    app.run()
    first = wanted[0]
    shutil.move(tmp_path / "late", late)
    app.run()
    assert wanted[-1].name == first.name, "what was asked for is not forgotten"
    known = np.random.default_rng(1).normal(size=(*first.arrays["matrices"].shape[:2], 2)).astype(np.float32)
    write_whole(projecting._file(first.name, "npz"), projecting._npz({"layouts": known}))
    app.run()
    app.run()
    assert not app.exception
    assert len(wanted[-1].arrays["matrices"]) == len(known) + 1
    np.testing.assert_array_equal(wanted[-1].head_start["layouts"], known)


def test_a_run_with_one_snapshot_and_an_unknown_word_are_answered_in_words(run):
    for snapshot in run.snapshots()[:-1]:
        shutil.rmtree(snapshot.folder)
    app = open_page("history", run="small", word="nobody")
    assert not app.exception
    assert "one snapshot only" in said(app)
    assert "is not among" in said(app)


def test_a_damaged_selection_in_the_address_is_no_traceback(run):
    app = open_page("history", run="small", trails="%%%")
    assert not app.exception
    assert "damaged" in said(app)
