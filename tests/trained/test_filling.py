"""Filling in and judging pairs: BERT and ERNIE, trained for a moment on sentences that leave one answer."""

import math

import numpy as np
import pytest
import torch

from core.systems.bert import BERTSettings
from core.systems.ernie import ERNIESettings
from core.text import corpora, tokenizers
from core.text.encoding import EncodedCorpus, encode
from core.text.sentences import stream
from core.text.tokenizing import TokenizerSettings
from core.trained.filling import Fills
from core.training.bert import BERTLearner
from core.training.ernie import ERNIELearner
from core.training.learner import Answering
from tests.models.test_bert import judged
from tests.text.test_phrases import TEXT as CITIES

COLOURS = {"grass": "green", "snow": "white", "coal": "black", "blood": "red"}
TEXT = "".join(f"the {thing} is {colour} .\n" for thing, colour in COLOURS.items()) * 30
SMALL = {"n_layers": 1, "n_heads": 2, "d_model": 32, "n_ctx": 8, "batch_size": 16, "warmup_steps": 10, "learning_rate": 5e-3}


def encoded(text: str = TEXT, kind: str = "word", **more: object) -> EncodedCorpus:
    tokenizer = tokenizers.train([text], TokenizerSettings(kind=kind, punctuation=True, **more))  # type: ignore[arg-type]
    ids = stream(text, tokenizer).astype(np.int32)
    return EncodedCorpus(tokenizer, ids, np.bincount(ids[ids >= 0], minlength=tokenizer.vocab_size))


def trained(learner: BERTLearner, n_steps: int) -> BERTLearner:
    for _ in range(n_steps):
        learner.advance()
    return learner


@pytest.fixture(scope="module")
def bert() -> BERTLearner:
    return trained(BERTLearner(BERTSettings(n_steps=100, next_sentence=False, **{**SMALL, "d_model": 64}), encoded()), 100)


def test_it_finds_what_is_behind_each_mask(bert: BERTLearner) -> None:
    for thing, colour in COLOURS.items():
        reading, (hole,) = bert.trained.fill(f"the {thing} is [MASK] .")
        assert reading.tokens == ["[CLS]", "the", thing, "is", "[MASK]", ".", "[SEP]"]
        assert hole.position == 4
        assert hole.alternatives[0][0] == colour
        probabilities = [p for _, p in hole.alternatives]
        assert probabilities == sorted(probabilities, reverse=True)
        assert sum(probabilities) <= 1.0001
        assert not any(token.startswith("[") for token, _ in hole.alternatives)
    _, holes = bert.trained.fill("the [MASK] is [MASK] .", n_alternatives=2)
    assert [(hole.position, len(hole.alternatives)) for hole in holes] == [(2, 2), (4, 2)]


def test_without_a_hole_it_says_how_one_is_written(bert: BERTLearner) -> None:
    with pytest.raises(ValueError, match=r"There is nothing to fill in\. Write \[MASK\]"):
        bert.trained.fill("the grass is green .")
    with pytest.raises(ValueError, match="within what the model can read at once"):
        bert.trained.fill("the grass " * 3 + "[MASK]")
    with pytest.raises(ValueError, match="no token in this text"):
        bert.trained.fill("")


def test_a_probe_is_answered_the_same_each_time(bert: BERTLearner) -> None:
    assert isinstance(bert, Answering)
    given, said = bert.answer("the snow is white .")
    assert given.count("[MASK]") == 1
    assert "[MASK]" not in said
    assert bert.answer("the snow is white .") == (given, said)
    assert bert.answer("the coal is [MASK] .") == ("the coal is [MASK] .", "the coal is black .")


def test_a_pair_is_read_in_two_segments_and_what_has_no_room_is_counted(bert: BERTLearner) -> None:
    for between in ("\t", "\n"):
        reading = bert.trained.read(f"the grass{between}is green .")
        assert reading.tokens == ["[CLS]", "the", "grass", "[SEP]", "is", "green", ".", "[SEP]"]
        assert reading.batch.segments.tolist() == [[0] * 4 + [1] * 4]
        assert reading.n_left_out == 0
    reading = bert.trained.read("the " * 30 + "\tis green")
    assert (reading.tokens, reading.n_left_out) == (["[CLS]", "the", "the", "the", "[SEP]", "is", "green", "[SEP]"], 27)
    assert bert.trained.patterns("the grass\tis green")[0].queries[0] == "[CLS]"


def test_it_says_of_a_pair_what_transformers_does() -> None:
    learner = BERTLearner(BERTSettings(**SMALL), encoded())
    theirs = judged(learner.model)
    said = learner.trained.judged("the grass\nis green")
    batch = learner.trained.read("the grass\nis green").batch
    with torch.no_grad():
        expected = theirs(batch.ids, token_type_ids=batch.segments).seq_relationship_logits.softmax(-1)[0].tolist()
    assert list(said) == ["the next sentence", "another sentence"]
    assert list(said.values()) == pytest.approx(expected, abs=1e-6)


def test_ernie_tells_how_far_two_sentences_are_apart() -> None:
    learner = ERNIELearner(ERNIESettings(tasks="masking, distance", **SMALL), encoded())
    said = learner.trained.judged("the grass is green .\tthe snow is white .")
    assert list(said) == ["neighbours", "from the same document", "from different documents"]
    assert sum(said.values()) == pytest.approx(1)


def test_a_pair_is_needed_and_a_run_that_has_learnt_the_question(bert: BERTLearner) -> None:
    with pytest.raises(ValueError, match="two sentences: write each on a line of its own"):
        BERTLearner(BERTSettings(**SMALL), encoded()).trained.judged("the grass is green .")
    for learner in (bert, ERNIELearner(ERNIESettings(**SMALL), encoded())):
        with pytest.raises(ValueError, match="has not learnt which sentences follow each other"):
            learner.trained.judged("the grass\tis green")


def test_of_bpe_the_blank_before_a_hole_is_behind_it_too() -> None:
    corpus = encoded(kind="bpe", vocab_size=400)
    fills = Fills(BERTLearner.build(BERTSettings(**SMALL), corpus.tokenizer.vocab_size), corpus.tokenizer, None)
    ids = corpus.tokenizer.encode("the grass is green.")
    place = ids.index(corpus.tokenizer.encode(" green")[0])
    ids[place] = corpus.tokenizer.mask_id
    assert fills.ids("the grass is [MASK].") == ids
    assert corpus.tokenizer.decode(ids) == "the grass is[MASK]."


def test_a_phrase_may_be_found_behind_one_mask() -> None:
    """ERNIE-Gram: an n-gram of the text is an alternative like any token."""
    made = encode(corpora.add_text("cities", CITIES), TokenizerSettings(kind="wordpiece", vocab_size=120, min_count=2, phrase_passes=1, phrase_threshold=5.0))
    learner = ERNIELearner(ERNIESettings(n_ngrams=20, **SMALL), made)
    assert math.isfinite(learner.advance().loss)
    with torch.no_grad():
        learner.model.ngrams.bias[3] = 50.0
    _, (hole,) = learner.trained.fill("the cat sat on [MASK] .")
    assert hole.alternatives[0] == (" ".join(made.tokenizer.ngrams[3]), pytest.approx(1))
    given, said = learner.answer("she saw new york .")
    assert "[MASK]" in given
    assert "[MASK]" not in said, "a text is filled with tokens"
