import numpy as np
import pytest
from sklearn.manifold import trustworthiness
from sklearn.neighbors import KNeighborsClassifier

from core.projection import manifold
from core.projection.manifold import TsneSettings, UmapSettings, placed, tsne, umap
from tests.projection.made import clusters


def told_apart(layout: np.ndarray, groups: np.ndarray) -> float:
    """The share of points whose neighbours on the map are of their own group."""
    return float(KNeighborsClassifier(5).fit(layout, groups).score(layout, groups))


def test_umap_keeps_neighbourhoods_and_is_the_same_each_time():
    matrix, said = clusters(150), []
    layout = umap(matrix, report=lambda what, share: said.append((what, share)))
    assert layout.shape == (150, 2)
    assert trustworthiness(matrix, layout, n_neighbors=5, metric="cosine") > 0.9
    np.testing.assert_array_equal(layout, umap(matrix))
    assert ("arranging the words", 0.5) in said


def test_umap_is_as_trustworthy_as_umap_learns_own():
    import warnings

    matrix = clusters(300, n_clusters=12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from umap import UMAP

        theirs = UMAP(metric="cosine", random_state=1).fit_transform(matrix)
    judged = [trustworthiness(matrix, layout, n_neighbors=10, metric="cosine") for layout in (umap(matrix), theirs)]
    assert judged[0] > judged[1] - 0.01


def test_settings_change_what_they_say():
    matrix = clusters(120)
    near, far = (umap(matrix, UmapSettings(min_dist=distance)) for distance in (0.0, 0.9))

    def closeness(layout):
        return np.median([np.sort(np.linalg.norm(layout - point, axis=1))[1] for point in layout])

    assert closeness(near) < closeness(far)
    assert not np.array_equal(umap(matrix), umap(matrix, UmapSettings(seed=2)))
    assert not np.array_equal(umap(matrix), umap(matrix, UmapSettings(metric="euclidean")))


def test_supervised_umap_parts_what_the_vectors_do_not():
    matrix = np.random.default_rng(1).normal(size=(150, 10)).astype(np.float32)
    labels = np.arange(150) % 2
    assert told_apart(umap(matrix, labels=labels), labels) > told_apart(umap(matrix), labels) + 0.15


def test_in_three_dimensions_neighbourhoods_are_kept_no_worse():
    matrix = clusters(150)
    space, flat = umap(matrix, n_components=3), umap(matrix)
    assert space.shape == (150, 3)
    assert np.ptp(space, axis=0).min() > 0.3
    judged = [trustworthiness(matrix, layout, n_neighbors=5, metric="cosine") for layout in (space, flat)]
    assert judged[0] > judged[1] - 0.02


def test_new_words_are_placed_among_their_own_and_the_others_stay():
    matrix = clusters(200)
    settings = UmapSettings(n_fitted=150)
    layout = umap(matrix[:150], settings)
    before = layout.copy()
    new = placed(matrix[150:], matrix[:150], layout, settings)
    np.testing.assert_array_equal(layout, before)
    groups = np.arange(200) % 6
    assert KNeighborsClassifier(5).fit(layout, groups[:150]).score(new, groups[150:]) > 0.95


def test_tsne_keeps_neighbourhoods_and_places_new_words():
    matrix, said = clusters(90), []
    layout = tsne(matrix[:80], TsneSettings(perplexity=10.0), report=lambda what, share: said.append(share))
    assert trustworthiness(matrix[:80], layout, n_neighbors=5, metric="cosine") > 0.9
    assert any(share and share > 0.5 for share in said)
    groups = np.arange(90) % 6
    new = placed(matrix[80:], matrix[:80], layout, TsneSettings())
    assert KNeighborsClassifier(5).fit(layout, groups[:80]).score(new, groups[80:]) > 0.8


@pytest.mark.parametrize("method", [umap, tsne])
def test_what_cannot_be_arranged_is_answered_in_words(method):
    with pytest.raises(ValueError, match="begin with 5 points, and there are 2 here"):
        method(clusters(2))
    with pytest.raises(ValueError, match="All 30 vectors are equal"):
        method(np.ones((30, 4), np.float32))
    with pytest.raises(ValueError, match="not numbers"):
        method(np.full((30, 4), np.nan, np.float32))


def test_one_dimension_and_many_equal_rows_are_arranged_all_the_same():
    line = np.linspace(1, 9, 40, dtype=np.float32)[:, None]
    assert np.isfinite(umap(line, UmapSettings(metric="euclidean"))).all()
    assert np.isfinite(umap(line)).all(), "by cosine all are equal"
    twins = clusters(40)
    twins[5:30] = twins[4]
    assert np.isfinite(umap(twins)).all()


def test_the_forces_are_the_slopes_of_umaps_curve():
    from core.projection.umap_kernel import HIGHEST, LOWEST, SHIFT, forces

    a, b = 1.577, 0.895
    attraction, repulsion = forces(a, b)
    for distance in (0.05, 0.7, 3.0, 40.0):
        place = (int(np.float32(distance**2).view(np.int32)) - LOWEST) >> SHIFT
        assert 0 < place < (HIGHEST - LOWEST) >> SHIFT

        def log_q(d):
            return -np.log1p(a * d ** (2 * b))

        slope = (log_q(distance + 1e-5) - log_q(distance - 1e-5)) / 2e-5
        assert attraction[place] * distance == pytest.approx(slope, rel=0.02)
    assert repulsion[-1] < 1e-6 < repulsion[0]


def test_a_wish_to_stop_is_heard_at_every_step():
    class Enough(Exception):  # noqa: N818
        pass

    def stop(what, share):
        if what == "arranging the words" and share and share > 0.2:
            raise Enough

    with pytest.raises(Enough):
        umap(clusters(60), report=stop)
    with pytest.raises(Enough):
        tsne(clusters(60), report=stop)
    assert manifold.SLICE <= 20
