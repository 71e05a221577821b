import numpy as np

from core.figures.space import space

XYZ = np.random.default_rng(1).normal(size=(60, 3)).astype(np.float32)
WORDS = ["<b>bold</b>", *(f"w{i}" for i in range(1, 60))]


def test_every_word_is_a_point_that_knows_its_row_and_no_word_is_markup():
    drawn = space(XYZ, WORDS)
    assert drawn.data[0].customdata.tolist() == list(range(60))
    assert drawn.data[0].text[0] == "&lt;b&gt;bold&lt;/b&gt;"
    np.testing.assert_allclose(drawn.data[0].z, XYZ[:, 2])


def test_what_is_told_of_a_word_stands_beneath_it_and_is_no_markup_either():
    drawn = space(XYZ, WORDS, texts=["gloss: <i>a</i>\nweight: 1", *[""] * 59])
    assert drawn.data[0].text[0] == "&lt;b&gt;bold&lt;/b&gt;<br>gloss: &lt;i&gt;a&lt;/i&gt;<br>weight: 1"
    assert drawn.data[0].text[1] == "w1"


def test_categories_are_traces_of_their_own_and_words_of_none_are_there_too():
    values = np.arange(60) % 3 - 1
    drawn = space(XYZ, WORDS, values, ("a", "b"))
    points = [trace for trace in drawn.data if trace.mode == "markers"]
    assert [trace.name for trace in points] == ["a", "b", ""]
    assert sum(len(trace.x) for trace in points) == 60


def test_what_is_selected_has_lines_to_its_neighbours_and_nothing_goes_away():
    drawn = space(XYZ, WORDS, np.linspace(0, 1, 60), selected=4, neighbours=[7, 9])
    lines = [trace for trace in drawn.data if trace.mode == "lines"]
    assert [trace.x[0] for trace in lines] == [XYZ[4, 0]] * 2
    assert len(drawn.data[0].x) == 60
    assert set(drawn.data[-1].text) == {"w4", "w7", "w9"}


def test_the_eye_stays_where_it_was_told_to_be():
    eye = {"eye": {"x": 1.0, "y": -2.0, "z": 0.5}}
    assert space(XYZ, WORDS, camera=eye).layout.scene.camera.eye.y == -2.0
    assert len(space(np.zeros((0, 3), np.float32), []).data) == 0
