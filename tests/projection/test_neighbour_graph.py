import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from core.projection import neighbour_graph
from core.projection.neighbour_graph import METRICS, nearest_among, nearest_neighbours
from tests.projection.made import clusters


@pytest.mark.parametrize("metric", METRICS)
def test_neighbours_are_scikit_learns_with_each_row_first_among_its_own(metric, monkeypatch):
    monkeypatch.setattr(neighbour_graph, "BLOCK", 64)
    matrix = clusters(300)
    matrix[7] = matrix[8]
    indices, distances = nearest_neighbours(matrix, 10, metric)
    assert (indices[:, 0] == np.arange(300)).all()
    theirs, _ = NearestNeighbors(n_neighbors=10, metric=metric).fit(matrix).kneighbors(matrix)
    np.testing.assert_allclose(distances, theirs, atol=2e-3)
    assert not distances[:, 0].any()


def test_neighbours_among_others_are_scikit_learns():
    rows, others = clusters(20, seed=2), clusters(90)
    indices, distances = nearest_among(rows, others, 5)
    theirs, places = NearestNeighbors(n_neighbors=5, metric="cosine").fit(others).kneighbors(rows)
    np.testing.assert_array_equal(indices, places)
    np.testing.assert_allclose(distances, theirs, atol=1e-5)


def test_a_row_of_zeros_is_at_distance_one_from_all():
    matrix = clusters(30)
    matrix[4] = 0
    _, distances = nearest_neighbours(matrix, 4)
    assert distances[4].tolist() == [0, 1, 1, 1]


def test_many_rows_are_searched_by_pynndescent_with_nearly_all_true_neighbours_found(monkeypatch):
    matrix = clusters(400)
    exact, _ = nearest_neighbours(matrix, 8)
    monkeypatch.setattr(neighbour_graph, "EXACT", 100)
    said = []
    found, distances = nearest_neighbours(matrix, 8, report=lambda what, share: said.append(share))
    assert (found[:, 0] == np.arange(400)).all()
    assert np.mean([len(set(a) & set(b)) / 8 for a, b in zip(exact, found, strict=True)]) > 0.95
    assert any(share for share in said if share), "its iterations are reported"
    assert (np.diff(distances, axis=1) >= -1e-6).all()
