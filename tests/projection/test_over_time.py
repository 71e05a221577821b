import numpy as np
from sklearn.manifold import trustworthiness

from core.projecting import Task
from core.projection.aligning import aligned, movement
from core.projection.kinds import KINDS
from core.projection.linear import pca
from core.projection.manifold import UmapSettings, umap
from core.projection.over_time import pca_over_time, umap_over_time
from tests.projection.made import clusters


def moments(n_moments: int = 4) -> list[np.ndarray]:
    """A cloud that falls into groups."""
    begin, end = np.random.default_rng(2).normal(size=(120, 20)).astype(np.float32), clusters(120)
    return [(begin * (1 - share) + end * share).astype(np.float32) for share in np.linspace(0.3, 1, n_moments)]


def test_layouts_over_time_move_less_than_those_made_alone_and_are_as_true():
    matrices = moments()
    together = list(umap_over_time(matrices))
    alone = [umap(matrix) for matrix in matrices]
    for i in range(1, len(alone)):
        alone[i] = aligned(alone[i], alone[i - 1])
    assert movement(np.stack(together)) < 0.8 * movement(np.stack(alone))
    judged = [trustworthiness(matrices[-1], layouts[-1], n_neighbors=10, metric="cosine") for layouts in (together, alone)]
    assert judged[0] > judged[1] - 0.02


def test_a_map_over_time_goes_on_from_where_it_ended_as_if_it_had_been_made_at_once():
    matrices = np.stack(moments())
    settings = UmapSettings()
    told = []
    whole = KINDS["umap over time"].compute({"matrices": matrices}, settings, lambda what, share: None)["layouts"]
    first = KINDS["umap over time"].compute({"matrices": matrices[:2]}, settings, lambda what, share: None)
    rest = KINDS["umap over time"].compute({"matrices": matrices, **first}, settings, lambda what, share: told.append(what))["layouts"]
    np.testing.assert_array_equal(rest, whole)
    assert set(told) == {"moment 3 of 4", "moment 4 of 4"}
    work = KINDS["umap over time"].work
    assert work({"matrices": matrices.shape, "layouts": (2, 120, 2)}, settings) < work({"matrices": matrices.shape}, settings) / 2
    assert Task("umap over time", {"matrices": matrices}, settings).name == Task("umap over time", {"matrices": matrices}, settings, first).name


def test_pca_over_time_ends_as_it_is_alone():
    matrices = moments()
    layouts = pca_over_time(matrices)
    np.testing.assert_allclose(layouts[-1], aligned(pca(matrices[-1]), None))
    assert all(np.isfinite(layout).all() for layout in layouts)
