import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from core.grouping import GroupSettings, described, grouped
from tests.projection.made import clusters

TRUE = np.arange(240) % 6


@pytest.mark.parametrize("settings", [GroupSettings("k-means", n_groups=6), GroupSettings("HDBSCAN", smallest=10)])
def test_groups_that_are_there_are_found(settings):
    found = grouped(clusters(240), settings)
    assert adjusted_rand_score(TRUE[found >= 0], found[found >= 0]) > 0.95
    assert (found >= 0).mean() > 0.8
    sizes = np.bincount(found[found >= 0])
    assert (np.diff(sizes) <= 0).all(), "the largest comes first"


def test_what_is_in_no_crowd_belongs_to_none():
    matrix = np.concatenate([clusters(120), 20 * np.random.default_rng(1).normal(size=(10, 20)).astype(np.float32)])
    found = grouped(matrix, GroupSettings("HDBSCAN", smallest=8))
    assert (found[120:] == -1).mean() > 0.8


def test_a_group_is_named_by_frequent_words_that_are_its_own():
    words = [f"w{i}" for i in range(240)]
    matrix = clusters(240)
    unit = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    groups = described(words, unit, TRUE)
    assert len(groups) == 6
    for i, group in enumerate(groups):
        named = [int(word[1:]) for word in group.name.split(", ")]
        assert all(TRUE[row] == i for row in named)
        assert max(named) < 120, "not the rarest"
        assert sorted(group.rows) == np.flatnonzero(i == TRUE).tolist()
        assert 0.8 < group.tightness <= 1
    assert described(words, unit, np.full(240, -1)) == []
    assert described(words, unit, np.zeros(240, int))[0].size == 240


def test_too_few_and_too_many_words_are_answered_in_words():
    with pytest.raises(ValueError, match="there is 1 here"):
        grouped(clusters(1), GroupSettings("k-means", n_groups=6))
    with pytest.raises(ValueError, match="5 words are too few for so many groups: choose at most 5"):
        grouped(clusters(5), GroupSettings("k-means", n_groups=6))
    with pytest.raises(ValueError, match="at most 20,000"):
        grouped(np.zeros((20_001, 2), np.float32), GroupSettings("HDBSCAN"))
