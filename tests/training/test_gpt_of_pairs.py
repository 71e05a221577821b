"""GPT that learnt from pairs: a source is continued with its target."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.evaluation.translations import fidelity
from core.generation.sampling import Sampling
from core.systems import system
from core.systems.gpt import GPTSettings
from core.text import corpora, encoding
from core.text.encoding import EncodedCorpus
from core.text.tokenizers import Tokenizer
from core.text.tokenizing import TokenizerSettings
from core.training.gpt import GPTLearner

TINY = GPTSettings(n_layers=1, n_heads=2, d_model=32, n_ctx=16, batch_size=64, warmup_steps=3, n_steps=150, learning_rate=1e-2, examples="pairs")


@pytest.fixture
def encoded() -> EncodedCorpus:
    return encoding.encode(corpora.find("task:sort-digits"), TokenizerSettings(kind="character", min_count=1))


@pytest.fixture
def tokenizer(encoded: EncodedCorpus) -> Tokenizer:
    return encoded.tokenizer


def test_it_learns_to_answer_and_ends_there(encoded: EncodedCorpus, tokenizer: Tokenizer) -> None:
    learner = GPTLearner(TINY, encoded)
    before = learner.held_out_loss()
    for _ in range(TINY.n_steps):
        learner.advance()
    assert learner.held_out_loss() < 0.5 * before
    prompt = learner.prompt("210210\t001122")
    assert prompt == [*tokenizer.encode("210210"), tokenizer.sep_id]
    said = learner.continuation(prompt, 30, seed=1)
    assert said[-1] == tokenizer.eos_id
    assert len(said) < 7 + 30
    assert learner.continuation(said, 5, seed=1) == said


def test_a_pair_is_read_as_one_sequence_and_a_text_without_a_tab_as_a_source(encoded: EncodedCorpus) -> None:
    trained = GPTLearner(TINY, encoded).trained
    assert trained.read("12\t1").tokens == ["1", "2", "[SEP]", "1"]
    assert trained.read("12").tokens == ["1", "2", "[SEP]"]
    with pytest.raises(ValueError, match="no token"):
        trained.read("")


def test_what_it_answers_is_what_it_would_go_on_with_and_ends_where_there_is_no_room(encoded: EncodedCorpus, tokenizer: Tokenizer) -> None:
    """By the likeliest token each time; of sources of several lengths, each as if alone."""
    learner = GPTLearner(TINY, encoded)
    for _ in range(12):
        learner.advance()
    trained = learner.trained
    sources = [tokenizer.encode(text) for text in ("210210", "2", "01201201201")]
    for source, said in zip(sources, trained.answers(sources), strict=True):
        whole = trained.continuation([*source, tokenizer.sep_id], 16 - len(source), seed=1, sampling=Sampling(temperature=0.0))
        assert said == [i for i in whole[len(source) + 1 :] if i != tokenizer.eos_id]
        assert len(said) <= 16 - len(source)
    assert trained.source("012" * 9) == (tokenizer.encode("012" * 9)[:14], 13)
    pairs = [("210210", "001122"), ("000111", "000111"), ("012012", "001122")]
    said = [trained.answer(source)[1] for source, _ in pairs]
    found = fidelity(trained, pairs)
    assert found.exact == np.mean([answer == target for answer, (_, target) in zip(said, pairs, strict=True)])
    assert 0 < found.tokens < 1


def test_of_pairs_it_answers_and_of_stretches_it_only_goes_on() -> None:
    row = system("gpt")
    assert row.offered(row.settings()) == row.offers - {"translate"}
    assert row.offered(TINY) == row.offers


def test_a_text_without_pairs_is_learnt_from_sentence_by_sentence(encoded: EncodedCorpus) -> None:
    running = corpora.find("small-world:50:1")
    found = encoding.encode(running, TokenizerSettings(kind="word", min_count=1))
    batch = GPTLearner(replace(TINY, n_ctx=32), found).objective.at(np.array([0]), torch.Generator())
    first, second = (found.tokenizer.encode(line) for line in running.text().splitlines()[:2])
    assert batch.ids.tolist() == [[*first, found.tokenizer.sep_id, *second]]
