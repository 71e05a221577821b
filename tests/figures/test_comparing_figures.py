"""Pictures of several systems."""

import numpy as np

from core.figures.comparing import agreement, colour, dots


def test_every_name_has_a_dot_a_row_in_its_own_colour_and_what_is_unknown_has_none():
    values = np.array([[0.5, np.nan], [0.25, -0.3]])
    drawn = dots(["one", "two"], ["a", "<b>"], values, np.full((2, 2), np.nan))
    assert [trace.name for trace in drawn.data] == ["a", "&lt;b&gt;"]
    assert [trace.marker.color for trace in drawn.data] == [colour(0), colour(1)]
    assert np.array_equal(drawn.data[0].x, values[0], equal_nan=True)
    assert drawn.layout.xaxis.range[0] < -0.3


def test_agreement_with_oneself_is_left_out():
    drawn = agreement(["a", "b"], np.array([[1.0, 0.4], [0.4, 1.0]]))
    assert [(each.x, each.y, each.text) for each in drawn.layout.annotations] == [(1, 0, "40%"), (0, 1, "40%")]
    assert "<b>" not in str(agreement(["<b>x", "y"], np.eye(2)).layout.xaxis.ticktext)
