import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

from core.projection import aligned, nearest_neighbours, pca, umap_layout, unit_spread


def clusters(n: int, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    centres = generator.normal(size=(6, 20)) * 2
    return (centres[np.arange(n) % 6] + generator.normal(size=(n, 20)) * 0.5).astype(np.float32)


@pytest.mark.parametrize(("n", "d"), [(200, 20), (7, 30), (50, 2)])
def test_pca_is_scikit_learns_up_to_the_sign_of_each_axis(n, d):
    matrix = np.random.default_rng(n).normal(size=(n, d)).astype(np.float32) @ np.diag(np.linspace(3, 1, d)).astype(np.float32)
    ours, theirs = pca(matrix), PCA(2, svd_solver="full").fit_transform(matrix)
    np.testing.assert_allclose(np.abs(ours), np.abs(theirs), atol=2e-3)


def test_pca_of_one_point_of_one_dimension_and_of_equal_points_is_defined():
    assert pca(np.ones((1, 5), np.float32)).tolist() == [[0, 0]]
    assert pca(np.arange(4, dtype=np.float32)[:, None])[:, 1].tolist() == [0, 0, 0, 0]
    assert np.abs(pca(np.ones((9, 5), np.float32))).max() < 1e-6


def test_pca_of_numbers_that_are_none_says_so():
    with pytest.raises(ValueError, match="not numbers"):
        pca(np.array([[1, np.nan], [0, 1]], np.float32))


def test_aligning_undoes_a_turn_a_mirror_a_shift_and_a_scale():
    layout = np.random.default_rng(1).normal(size=(30, 2)).astype(np.float32)
    turn = np.array([[np.cos(2), np.sin(2)], [np.sin(2), -np.cos(2)]], np.float32)
    np.testing.assert_allclose(aligned(layout @ turn * 7 + 3, layout), unit_spread(layout), atol=1e-5)


def test_neighbours_are_scikit_learns_with_each_row_first_among_its_own():
    matrix = clusters(300)
    matrix[7] = matrix[8]
    indices, distances = nearest_neighbours(matrix, 10, block=64)
    assert (indices[:, 0] == np.arange(300)).all()
    theirs, _ = NearestNeighbors(n_neighbors=10, metric="cosine").fit(matrix).kneighbors(matrix)
    np.testing.assert_allclose(distances, theirs, atol=1e-5)


def test_umap_keeps_neighbourhoods_and_is_the_same_each_time():
    matrix = clusters(120)
    layout = umap_layout(matrix)
    assert layout.shape == (120, 2)
    assert trustworthiness(matrix, layout, n_neighbors=5, metric="cosine") > 0.9
    np.testing.assert_array_equal(layout, umap_layout(matrix))


def test_a_handful_of_points_needs_no_umap():
    matrix = clusters(4)
    np.testing.assert_array_equal(umap_layout(matrix), unit_spread(pca(matrix)))
