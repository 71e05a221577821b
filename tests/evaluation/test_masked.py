"""How much of what is hidden a model finds."""

import math

import numpy as np
import pytest
import torch

from core.evaluation.masked import LEVELS, error, found, lines
from core.systems import system
from core.systems.bert import BERTSettings
from core.systems.ernie import ERNIESettings
from core.text import corpora
from core.text.encoding import EncodedCorpus, encode
from core.text.progress import silent
from core.text.tokenizing import TokenizerSettings
from core.training import trainer
from core.training.bert import BERTLearner
from core.training.ernie import ERNIELearner
from core.training.run import RunConfig, create
from tests.test_systems import tiny
from tests.text.test_phrases import TEXT as CITIES

SMALL = {"n_layers": 1, "n_heads": 2, "d_model": 64, "n_ctx": 8, "batch_size": 16, "warmup_steps": 10, "learning_rate": 5e-3}
COLOURS = "".join(f"the {thing} is {colour} .\n" for thing, colour in (("grass", "green"), ("snow", "white"), ("coal", "black"))) * 40
PHRASES = TokenizerSettings(kind="wordpiece", vocab_size=90, min_count=2, phrase_passes=1, phrase_threshold=5.0)


@pytest.fixture(scope="module")
def cities(tmp_path_factory: pytest.TempPathFactory) -> EncodedCorpus:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORRERY_HOME", str(tmp_path_factory.mktemp("home")))
        return encode(corpora.add_text("cities", CITIES), PHRASES)


def test_what_follows_from_the_rest_is_found_and_by_an_untrained_model_nothing(home: object) -> None:
    encoded = encode(corpora.add_text("colours", COLOURS), TokenizerSettings(punctuation=True))
    learner = BERTLearner(BERTSettings(n_steps=120, next_sentence=False, **SMALL), encoded)
    before = found(learner.trained, encoded.held_out, "tokens", silent)
    for _ in range(120):
        learner.advance()
    after = found(learner.trained, encoded.held_out, "tokens", silent)
    assert before.share < 0.5
    assert after.share == after.tokens > 0.9, "all else being seen, each word follows"
    assert len(after.whole) == len(before.whole) > 0
    assert np.array_equal(found(learner.trained, encoded.held_out, "tokens", silent).whole, after.whole), "the same holes each time"
    assert not len(found(learner.trained, encoded.held_out, "phrases", silent).whole), "words have no phrases"


def test_a_unit_is_found_when_all_its_tokens_are(cities: EncodedCorpus) -> None:
    """By a model that says the same token everywhere: a word of that token alone is found, a phrase never."""
    learner = BERTLearner(BERTSettings(**{**SMALL, "n_ctx": 32}), cities)
    the = cities.tokenizer.index["the"]
    with torch.no_grad():
        learner.model.head_bias[the] = 100.0
    shares = {level: found(learner.trained, cities.train, level, silent) for level in LEVELS}
    assert 0 < shares["tokens"].share < 0.3
    assert 0 < shares["words"].tokens <= shares["words"].share
    assert shares["phrases"].share == 0 < len(shares["phrases"].whole)
    assert error(shares["words"]) == pytest.approx(math.sqrt(shares["words"].share * (1 - shares["words"].share) / len(shares["words"].whole)))


def test_a_phrase_that_is_predicted_as_one_is_found_as_one(cities: EncodedCorpus) -> None:
    learner = ERNIELearner(ERNIESettings(n_ngrams=20, **{**SMALL, "n_ctx": 32}), cities)
    with torch.no_grad():
        learner.model.ngrams.bias[0] = 100.0
    phrases = found(learner.trained, cities.train, "phrases", silent)
    assert 0 < phrases.share < 1
    assert phrases.share == pytest.approx(phrases.tokens)


def test_a_run_is_told_how_much_it_finds_or_why_nothing(home: object) -> None:
    corpus = corpora.add_text("cities", CITIES)
    bert, gpt = (create(RunConfig(name, corpus.id, PHRASES, tiny(system(name), n_steps=2), report_every=2, eval_every=2)) for name in ("bert", "gpt"))
    with pytest.raises(ValueError, match="GPT does not learn from what is hidden"):
        list(lines(gpt, silent))
    with pytest.raises(ValueError, match="it has kept no weights yet"):
        list(lines(bert, silent))
    trainer.train(bert)
    assert bert.state() == "done", bert.error()
    assert [line.split("  ")[0] for line in lines(bert, silent)][1:] == ["HIDDEN", "a token", "a word", "a phrase"]
