import os
import signal
import time

import numpy as np
import pytest

from core import locks, projecting, warm
from core.grouping import GroupSettings
from core.projecting import Task
from core.projection.faithfulness import faithfulness
from core.projection.manifold import UmapSettings, umap


@pytest.fixture
def matrix():
    return np.random.default_rng(3).normal(size=(150, 12)).astype(np.float32)


def wait_until(condition, seconds=200):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.1)


def files(home):
    return sorted(path.name.partition(".")[2] for path in (home / "cache" / "projections").iterdir())


def test_a_result_is_named_by_what_it_is_computed_from(matrix):
    def name(array, **settings):
        return Task("umap", {"matrix": array}, UmapSettings(**settings)).name

    changed = matrix.copy()
    changed[7, 3] += 1e-3
    assert name(matrix) == name(matrix.copy())
    assert len({name(matrix), name(matrix, seed=2), name(matrix[:-1]), name(changed), name(matrix.reshape(-1, 24))}) == 5
    assert Task("tsne", {"matrix": matrix}, UmapSettings()).name != name(matrix)


def test_the_worker_computes_what_the_functions_do_and_says_how_long_it_took(home, matrix):
    task = Task("umap", {"matrix": matrix}, UmapSettings(n_neighbours=8, n_fitted=140))
    assert projecting.result(task) is None

    def there():
        projecting.request(task)
        return projecting.result(task) is not None

    wait_until(there)
    found = projecting.result(task)
    np.testing.assert_array_equal(found["layout"][:140], umap(matrix[:140], UmapSettings(n_neighbours=8)))
    assert found["layout"].shape == (150, 2)
    honest = faithfulness(matrix, found["layout"])
    assert found["scores"].tolist() == pytest.approx([honest.trustworthiness, honest.continuity, 15, 150])
    assert projecting.error(task) == ""
    wait_until(lambda: files(home) == ["json", "npz"])
    assert 0 < projecting.estimate(task) < 100


@pytest.fixture
def here(home, monkeypatch):
    """No worker: what it would do is done in this process."""
    monkeypatch.setattr(warm, "ensure", lambda name, environment: None)
    return home


def killed_in_the_middle(task):
    """A process takes the task up as the worker does, and is ended by `kill -9`."""
    ready, begun = os.pipe()
    child = os.fork()
    if not child:
        with locks.holding(projecting._file(task.name, "lock"), ""):
            projecting._report(task.name, "arranging the words", 0.5)
            os.write(begun, b"!")
            time.sleep(600)
    os.read(ready, 1)
    projecting.request(task)
    assert projecting.progress(task) == ("arranging the words", 0.5)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def test_a_worker_that_is_killed_in_the_middle_begins_again_and_the_second_time_it_is_said(here, matrix):
    task = Task("umap", {"matrix": matrix}, UmapSettings())
    projecting.request(task)
    killed_in_the_middle(task)
    projecting.request(task)
    assert "begins again" in projecting.progress(task)[0]
    assert projecting.error(task) == ""
    killed_in_the_middle(task)
    projecting.request(task)
    assert "not enough memory" in projecting.error(task)
    projecting.request(task, again=True)
    assert projecting.error(task) == ""
    assert projecting._file(task.name, "asked.npz").exists()


def test_vectors_that_are_no_numbers_are_answered_in_words(here, matrix):
    matrix[4, 4] = np.nan
    task = Task("umap", {"matrix": matrix}, UmapSettings())
    projecting.request(task)
    projecting._compute(task.name)
    assert "not numbers" in projecting.error(task)
    assert projecting.result(task) is None


def test_whoever_comes_by_sees_that_a_task_is_being_computed_until_it_is_cancelled(here, matrix):
    task = Task("umap", {"matrix": matrix}, UmapSettings())
    assert not projecting.asked(task)
    projecting.request(task)
    assert projecting.asked(task), "its process may be starting"
    assert projecting.begun(task) is None
    os.utime(projecting._file(task.name, "asked.npz"), (1e9, 1e9))
    assert not projecting.asked(task), "that was long ago, and nobody computes it"
    with locks.holding(projecting._file(task.name, "lock"), "never"):
        assert projecting.asked(task)
        assert projecting.begun(task) == pytest.approx(time.time(), abs=600)
        projecting.cancel(task)
        assert not projecting.asked(task)


def test_a_cancelled_task_ends_without_a_result_or_an_error(here, matrix):
    task = Task("umap", {"matrix": matrix}, UmapSettings())
    projecting.request(task)
    projecting.cancel(task)
    projecting._compute(task.name)
    assert projecting.result(task) is None
    assert projecting.error(task) == ""
    assert files(here) == []


def test_a_damaged_result_is_computed_again_and_old_ones_go(here, matrix, monkeypatch):
    task = Task("groups", {"points": matrix}, GroupSettings())
    projecting.request(task)
    projecting._compute(task.name)
    assert projecting.result(task) is not None
    projecting._file(task.name, "npz").write_bytes(b"half")
    assert projecting.result(task) is None
    monkeypatch.setattr(projecting, "KEPT", 1)
    for n in (100, 120):
        other = Task("groups", {"points": matrix[:n]}, GroupSettings())
        projecting.request(other)
        projecting._compute(other.name)
    assert files(here).count("npz") == 1
