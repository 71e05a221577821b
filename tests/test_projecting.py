import time

import numpy as np
import pytest

from core import projecting, warm
from core.projecting import UmapSettings
from core.projection import umap_layout


@pytest.fixture
def matrix():
    return np.random.default_rng(3).normal(size=(150, 12)).astype(np.float32)


def wait_until(condition, seconds=120):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.1)


def test_a_layout_is_named_by_what_it_is_computed_from(matrix):
    name = projecting.key(matrix, UmapSettings())
    assert name == projecting.key(matrix.copy(), UmapSettings())
    assert name != projecting.key(matrix, UmapSettings(seed=2))
    assert name != projecting.key(matrix[:-1], UmapSettings())
    changed = matrix.copy()
    changed[7, 3] += 1e-3
    assert name != projecting.key(changed, UmapSettings())


def test_the_worker_computes_the_very_layout_that_the_function_does_and_keeps_it(home, matrix):
    settings = UmapSettings(n_neighbours=8)
    name = projecting.key(matrix, settings)
    assert projecting.layout(name) is None

    def there():
        projecting.request(name, matrix, settings)
        return projecting.layout(name) is not None

    wait_until(there)
    np.testing.assert_array_equal(projecting.layout(name), umap_layout(matrix, n_neighbours=8))
    assert projecting.error(name) == ""
    assert [path.name for path in (home / "cache" / "projections").iterdir() if path.name.endswith("npz")] == []


def test_vectors_that_are_no_numbers_are_answered_in_words(home, matrix):
    matrix[4, 4] = np.nan
    name = projecting.key(matrix, UmapSettings())
    projecting._file(name, "asked.npz")
    projecting.request(name, matrix, UmapSettings())
    projecting._compute(name)
    assert "not numbers" in projecting.error(name)
    assert projecting.layout(name) is None


def test_a_cancelled_layout_ends_without_a_result_or_an_error(home, matrix, monkeypatch):
    monkeypatch.setattr(warm, "ensure", lambda name: None)
    name = projecting.key(matrix, UmapSettings())
    projecting.request(name, matrix, UmapSettings())
    projecting.cancel(name)
    projecting._compute(name)
    assert projecting.layout(name) is None
    assert projecting.error(name) == ""
    assert list((home / "cache" / "projections").iterdir()) == []
