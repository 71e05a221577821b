"""Sentences by meaning: how they are cut from a text, made one vector, and compared."""

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from core.inspection import meaning
from core.inspection.meaning import CLS, MEAN, Sentences
from core.text import corpora
from core.text.tokenizers import train
from core.text.tokenizing import TokenizerSettings
from core.vectors import Vectors

WORDS = ["king", "queen", "rules", "land", "the", "国王", "统治", "apple"]
VECTORS = Vectors(WORDS, np.random.default_rng(1).normal(size=(8, 6)).astype(np.float32))


@pytest.mark.usefixtures("home")
def test_the_sentences_of_a_text_are_as_written_and_of_pairs_the_sources_are_taken():
    text = "Title\nThe king rules,  the land. Then the queen rules it!\n国王统治这片土地。苹果很好吃。\nto translate this\tzu übersetzen das\n"
    assert list(meaning.texts_of(corpora.add_text("mixed", text))) == [
        "The king rules, the land.",
        "Then the queen rules it!",
        "国王统治这片土地。",
        "苹果很好吃。",
        "to translate this",
    ]


def test_a_sentence_is_the_mean_of_its_words_and_unknown_ones_are_left_out():
    read = meaning.by_words(VECTORS)
    np.testing.assert_allclose(read("The King, rules unheard")[MEAN], VECTORS.matrix[[4, 0, 2]].mean(axis=0)[None], rtol=1e-6)
    np.testing.assert_allclose(read("国王统治")[MEAN], VECTORS.matrix[[5, 6]].mean(axis=0)[None], rtol=1e-6)
    with pytest.raises(ValueError, match="None of the words"):
        read("nobody nothing")


def test_a_sentence_is_cut_as_the_text_was_that_its_vectors_were_learnt_from():
    tokenizer = train(["the king rules the land"] * 3, TokenizerSettings(kind="character", min_count=1))
    letters = [word for word in tokenizer.words if len(word) == 1]
    vectors = Vectors(letters, np.eye(len(letters), dtype=np.float32))
    found = meaning.by_words(vectors, tokenizer)("king")[MEAN][0]
    assert {letters[i] for i in np.flatnonzero(found)} == set("king")


def test_special_tokens_have_no_part_in_the_mean():
    layers = np.random.default_rng(2).normal(size=(3, 5, 4)).astype(np.float32)
    found = meaning.pooled(["[CLS]", "the", "king", "[SEP]", "[PAD]"], layers)
    np.testing.assert_allclose(found[MEAN], layers[:, 1:3].mean(axis=1))
    np.testing.assert_array_equal(found[CLS], layers[:, 0])
    assert set(meaning.pooled(["the", "king"], layers[:, :2])) == {MEAN}


@pytest.mark.parametrize("centred", [False, True])
def test_likeness_is_the_cosine_as_scikit_learn_has_it(centred):
    vectors, query = np.random.default_rng(3).normal(size=(20, 4)) + 5, np.ones(4)
    mean = vectors.mean(axis=0) * centred
    np.testing.assert_allclose(meaning.likeness(vectors, query, centred), cosine_similarity(vectors - mean, (query - mean)[None])[:, 0], rtol=1e-5)
    assert meaning.likeness(np.zeros((2, 4)), query).tolist() == [0, 0]


def test_a_text_is_read_bit_by_bit_each_sentence_once_until_its_end():
    texts = ["a a", "b b", "a a", "unknown", "c c"]

    def read(text):
        if text == "unknown":
            raise ValueError(text)
        return {MEAN: np.full((2, 3), 1.0 + texts.index(text))}

    found = Sentences(iter(texts), read, 100)
    found.advance(0)
    assert found.n_read == 0
    found.advance(5)
    assert found.texts == ["a a", "b b", "c c"]
    assert found.n == 3
    assert found.vectors(MEAN, 1).shape == (3, 3)
    some = Sentences(iter(texts), read, 2)
    some.advance(5)
    assert (some.texts, some.n) == (["a a", "b b"], 2)
