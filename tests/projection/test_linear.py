import numpy as np
import pytest
from sklearn.decomposition import PCA

from core.projection import linear
from core.projection.aligning import aligned, laid_over, movement, unit_spread
from core.projection.linear import along, finite_rows, pca


@pytest.mark.parametrize(("n", "d"), [(200, 20), (7, 30), (50, 2)])
def test_pca_is_scikit_learns_up_to_the_sign_of_each_axis(n, d):
    matrix = np.random.default_rng(n).normal(size=(n, d)).astype(np.float32) @ np.diag(np.linspace(3, 1, d)).astype(np.float32)
    ours, theirs = pca(matrix), PCA(2, svd_solver="full").fit_transform(matrix)
    np.testing.assert_allclose(np.abs(ours), np.abs(theirs), atol=2e-3)


def test_pca_of_much_data_is_searched_and_read_block_by_block_to_the_same_end(monkeypatch):
    matrix = np.random.default_rng(1).normal(size=(300, 40)).astype(np.float32) @ np.diag(0.8 ** np.arange(40)).astype(np.float32) + 50
    exact = pca(matrix, 3)
    monkeypatch.setattr(linear, "AT_ONCE", 64)
    np.testing.assert_allclose(pca(matrix, 3), exact, atol=1e-3)
    monkeypatch.setattr(linear, "EXACT", 10)
    np.testing.assert_allclose(pca(matrix, 3), exact, atol=1e-2)


def test_pca_of_one_point_of_one_dimension_and_of_equal_points_is_defined():
    assert pca(np.ones((1, 5), np.float32)).tolist() == [[0, 0]]
    assert pca(np.ones((2, 5), np.float32)).tolist() == [[0, 0], [0, 0]]
    assert pca(np.arange(4, dtype=np.float32)[:, None])[:, 1].tolist() == [0, 0, 0, 0]
    assert np.abs(pca(np.ones((9, 5), np.float32))).max() < 1e-6
    assert pca(np.zeros((0, 5), np.float32)).shape == (0, 2)


def test_pca_of_numbers_whose_squares_are_none_is_that_of_smaller_ones():
    matrix = np.random.default_rng(1).normal(size=(30, 4)).astype(np.float32)
    np.testing.assert_allclose(pca(matrix * np.float32(1e18)) / 1e18, pca(matrix), atol=1e-4)


def test_pca_of_numbers_that_are_none_says_so_and_which_rows_they_are_is_told():
    matrix = np.array([[1, np.nan], [0, 1], [np.inf, 0]], np.float32)
    with pytest.raises(ValueError, match="not numbers"):
        pca(matrix)
    assert finite_rows(matrix).tolist() == [False, True, False]


def test_an_axis_leads_from_one_group_to_the_other_and_the_rest_is_at_a_right_angle():
    matrix = np.array([[-1, 0, 0], [1, 0, 0], [0, 2, 0], [0, -1, 0.5]], np.float32)
    layout = along(matrix, [(np.array([0]), np.array([1]))])
    np.testing.assert_allclose(layout[:, 0], [-1, 1, 0, 0], atol=1e-6)
    assert abs(layout[2, 1] - layout[3, 1]) > 1.5, "the largest variance that remains"
    both = along(matrix, [(np.array([0]), np.array([1])), (np.array([3]), np.array([0, 1, 2]))])
    np.testing.assert_allclose(both[:, 0], layout[:, 0])
    assert both[2, 1] > 0 > both[3, 1]


def test_an_axis_from_words_to_themselves_leads_nowhere():
    with pytest.raises(ValueError, match="leads nowhere"):
        along(np.eye(3, dtype=np.float32), [(np.array([0, 1]), np.array([1, 0]))])


def test_aligning_undoes_a_turn_a_mirror_a_shift_and_a_scale():
    layout = np.random.default_rng(1).normal(size=(30, 2)).astype(np.float32)
    turn = np.array([[np.cos(2), np.sin(2)], [np.sin(2), -np.cos(2)]], np.float32)
    np.testing.assert_allclose(aligned(layout @ turn * 7 + 3, layout), unit_spread(layout), atol=1e-5)
    other = layout[::-1] @ turn * 2 + 9
    rows = np.array([3, 9, 20, 24])
    np.testing.assert_allclose(laid_over(layout[5:], other, rows, 29 - (rows + 5)), other[::-1][5:], atol=1e-4)
    assert movement(np.stack([layout, aligned(layout @ turn, layout)])) < 1e-5
    assert movement(np.stack([layout, layout[::-1]])) > 0.5
