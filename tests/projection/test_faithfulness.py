import numpy as np
import pytest
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

from core.projection.faithfulness import faithfulness
from core.projection.linear import pca
from tests.projection.made import clusters


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_trustworthiness_is_scikit_learns_and_continuity_the_same_the_other_way(metric):
    matrix = clusters(120)
    layout = pca(matrix)
    ours = faithfulness(matrix, layout, metric, 7)
    assert ours.trustworthiness == pytest.approx(trustworthiness(matrix, layout, n_neighbors=7, metric=metric), abs=1e-4)
    shape = matrix / np.linalg.norm(matrix, axis=1, keepdims=True) if metric == "cosine" else matrix
    assert ours.continuity == pytest.approx(trustworthiness(layout, shape, n_neighbors=7), abs=1e-4)


def test_the_share_kept_is_that_of_the_true_neighbours_which_are_near_on_the_map():
    matrix = clusters(80)
    layout = pca(matrix)
    true = NearestNeighbors(n_neighbors=6, metric="cosine").fit(matrix).kneighbors(matrix, return_distance=False)[:, 1:]
    seen = NearestNeighbors(n_neighbors=6).fit(layout).kneighbors(layout, return_distance=False)[:, 1:]
    shares = [len(set(a) & set(b)) / 5 for a, b in zip(true, seen, strict=True)]
    np.testing.assert_allclose(faithfulness(matrix, layout, n_neighbours=5).kept, shares, atol=1e-6)


def test_a_map_that_is_the_data_is_wholly_honest_and_one_by_chance_is_not():
    flat = np.random.default_rng(1).normal(size=(100, 2)).astype(np.float32)
    whole = faithfulness(flat, flat, "euclidean")
    assert (whole.trustworthiness, whole.continuity, whole.kept.min()) == (1, 1, 1)
    assert faithfulness(clusters(100), flat).trustworthiness < 0.7


def test_of_many_points_some_are_measured_and_the_rest_are_not_invented():
    matrix = clusters(400)
    layout = pca(matrix)
    some, all_ = faithfulness(matrix, layout, whole=200), faithfulness(matrix, layout)
    assert (some.n_measured, all_.n_measured) == (200, 400)
    assert np.isfinite(some.kept).sum() == 200
    measured = np.isfinite(some.kept)
    np.testing.assert_array_equal(some.kept[measured], all_.kept[measured])
    assert some.trustworthiness == pytest.approx(all_.trustworthiness, abs=0.02)


def test_two_points_have_no_neighbourhoods_and_three_have():
    with pytest.raises(ValueError, match="no neighbourhoods"):
        faithfulness(clusters(2), np.zeros((2, 2), np.float32))
    assert faithfulness(clusters(3), pca(clusters(3))).n_neighbours == 1
    assert np.isfinite(faithfulness(np.ones((9, 4), np.float32), np.zeros((9, 2), np.float32)).trustworthiness)
