import numpy as np

from core.figures.template import COLOURS
from core.figures.text import frequency_curve


def test_the_frequency_curve_runs_from_the_most_frequent_word_to_the_rarest():
    counts = np.array([500, 20, 20, 3, 1])
    figure = frequency_curve(counts, ["the", "of"])
    (curve,) = figure.data
    assert list(curve.x) == [1, 2, 3, 4, 5]
    assert list(curve.y) == list(counts)
    assert list(curve.text) == ["the", "of", "", "", ""]
    assert figure.layout.xaxis.type == figure.layout.yaxis.type == "log"


def test_a_long_text_is_drawn_with_few_points_and_still_reaches_its_last_word():
    counts = np.arange(100_000, 0, -1)
    (curve,) = frequency_curve(counts, []).data
    assert len(curve.x) < 400
    assert curve.x[-1] == 100_000


def test_every_figure_takes_its_colours_from_the_one_template():
    assert frequency_curve(np.array([2, 1]), []).layout.template.layout.colorway == COLOURS
