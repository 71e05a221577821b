"""Training pairs: what the picture says is what would be drawn, and the page keeps all of it in its URL."""

import dataclasses
import json
import time

import numpy as np
import pytest

from core.embeddings import examples
from core.embeddings.examples import CombineSettings
from core.text.corpora import add_text, find
from pages.ui.pair_picture import picture
from pages.ui.pair_sentences import sentences
from pages.ui.pairing import OBJECTIVES, OUTPUTS, Place
from tests.pages.test_pages import home, open_page, said  # noqa: F401

PART = examples.part(["The quick brown fox jumps over the lazy dog. A fox and a dog met.\n" * 3], min_count=2)
SENTENCE = ["The", "quick", "unheard", "brown", "fox", "jumps"]


def place(objective: str = "skip-gram", output: str = "negative", centre: int | None = 3, **window) -> Place:
    row = OBJECTIVES[objective]
    return Place(PART, SENTENCE, row, output, type(row.window)(**{"min_count": 2, **window}), row.noise, wanted=centre)


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("output", OUTPUTS)
def test_every_objective_has_a_picture_and_sentences(objective, output):
    seen = place(objective, output, **({} if objective == "glove" else {"subsample_threshold": 0.0}))
    drawn = picture(seen)
    json.dumps(drawn)  # plain values
    assert drawn["centre"] == 3
    ends = objective.startswith("subword") and output != "hierarchical"
    assert len(sentences(seen)) == 3 + ends
    assert ("An end of a sentence is a word as well" in sentences(seen)[2]) == ends
    assert drawn["cells"] if objective == "glove" else drawn["outputs"]


def test_skip_gram_feeds_the_windows_words_and_asks_for_the_one_in_the_middle():
    drawn = picture(place(subsample_threshold=0.0, dynamic_window=False, window=2))
    assert [box["text"] for box in drawn["inputs"]] == ["The", "quick", "fox", "jumps"]  # over the word outside the vocabulary
    true, *noise = drawn["outputs"][0]["boxes"]
    assert (true["text"], true["label"]) == ("brown", "1")
    assert len(noise) == 5
    assert all(box["label"] == "0" and box["text"] != "brown" for box in noise)
    assert {(arc["from"], arc["to"]) for arc in drawn["arcs"]} == {(0, 3), (1, 3), (4, 3), (5, 3)}


def test_cbow_feeds_one_row_the_mean_or_the_sum_of_the_window():
    for how in ("mean", "sum"):
        seen = dataclasses.replace(place("cbow", subsample_threshold=0.0), combine=CombineSettings(how))
        assert picture(seen)["middle"]["said"] == how
        assert f"The {how} of the window's words" in " ".join(sentences(seen))


def test_subword_skip_gram_goes_the_other_way_with_the_words_own_ngrams():
    drawn = picture(place("subword-skip-gram", subsample_threshold=0.0, dynamic_window=False, window=1))
    from core.embeddings.ngrams import Ngrams

    assert [box["text"] for box in drawn["inputs"]] == ["brown", *(piece for piece, _ in Ngrams().named("brown"))]
    assert [group["boxes"][0]["text"] for group in drawn["outputs"]] == ["quick", "fox"]
    assert {(arc["from"], arc["to"]) for arc in drawn["arcs"]} == {(3, 1), (3, 4)}


def test_a_path_ends_at_the_word_and_halves_the_text_on_its_way():
    boxes = picture(place(output="hierarchical", subsample_threshold=0.0))["outputs"][0]["boxes"]
    assert boxes[0]["said"] == "root"
    assert boxes[-1]["text"] == "brown"
    way = examples.path(PART.tree, PART.counts, PART.tokenizer.index["brown"])
    beneath = [each for _, _, each in way]
    assert beneath[0] == PART.counts.sum()
    assert beneath == sorted(beneath, reverse=True)


def test_the_cooccurrences_of_a_sentence_are_part_of_the_row():
    drawn = picture(place("glove", window=2))["cells"]
    rows = {row["text"]: row for row in drawn["rows"]}
    assert rows["fox"]["x"] == "3.00"  # beside brown, in each of three sentences
    assert 0 < rows["fox"]["here"] <= 1
    assert rows["fox"]["log_x"] == f"{np.log(3):.2f}"


def test_the_same_number_of_a_draw_draws_the_same_and_another_one_differently():
    first, again = (place(centre=None) for _ in range(2))
    assert picture(first) == picture(again)
    draws = {tuple(Place(PART, SENTENCE, OBJECTIVES["skip-gram"], "negative", first.window, number=n).read.tolist()) for n in range(1, 20)}
    assert len(draws) > 1


def test_a_word_that_is_not_read_says_why():
    assert "not in the vocabulary" in sentences(place(centre=2))[0]
    left_out = place(centre=0, subsample_threshold=1e-9)
    assert "was left out" in sentences(left_out)[0]
    assert picture(left_out)["outputs"] == []


def part_of(app, name: str) -> str:
    """Of the address; AppTest gives a text, or a list of texts."""
    value = app.query_params.get(name, "")
    return value if isinstance(value, str) else value[0]


@pytest.fixture
def corpus(home):  # noqa: F811
    return find("small-world:300:1").id


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_page_says_what_is_fed(corpus, objective):
    app = open_page("pairs", corpus=corpus, objective=objective, sentence="3")
    assert not app.exception
    assert "Loss of a" in said(app)
    assert part_of(app, "objective") == ("" if objective == "skip-gram" else objective)


def test_buttons_turn_sentences_and_draws_and_the_address_follows(corpus):
    app = open_page("pairs", corpus=corpus)
    app.button(key="pairs-next").click().run()
    assert part_of(app, "sentence") == "2"
    app.button(key="pairs-draw").click().run()
    assert part_of(app, "draw") == "2"
    app.button(key="pairs-previous").click().run()
    app.button(key="pairs-previous").click().run()
    assert "sentence" in said(app)
    assert not app.exception


def test_a_sentence_of_ones_own_may_hold_anything(corpus):
    for text in ("<script>alert(1)</script> **the** king $x$ :red[y]", "国王和王后去了小世界", "!!!"):
        app = open_page("pairs", corpus=corpus, own=text)
        assert not app.exception


def test_settings_that_cannot_be_are_said(corpus):
    app = open_page("pairs", corpus=corpus, objective="subword-skip-gram")
    app.number_input(key="subwords-ngrams-min_n").set_value(9).run()
    assert not app.exception
    assert "at most max_n" in said(app)


def test_a_text_without_enough_words_is_answered_in_words(home):  # noqa: F811
    app = open_page("pairs", corpus=add_text("Once", "every word here is seen a single time").id)
    assert not app.exception
    assert "Lower min" in said(app)


def test_a_walk_goes_from_word_to_word_and_its_pause_is_in_the_address(corpus):
    app = open_page("pairs", corpus=corpus, at="1", own="the king and the queen and the king")
    app.button(key="pairs-play").click().run()
    assert part_of(app, "play") == "yes"
    time.sleep(2)
    app.run()
    app.button(key="pairs-play").click().run()
    assert "play" not in app.query_params
    assert int(part_of(app, "at")) > 1
