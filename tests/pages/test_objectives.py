"""The page of objectives: what each system would be fed, drawn from the Batch that its own objective makes."""

import json

import pytest
import torch

from core.systems import SYSTEMS, offering, system
from core.text import sentences, tokenizers
from core.text.tokenizing import TokenizerSettings
from pages.ui.objectives import picture, windows
from tests.pages.test_pages import home, open_page, said  # noqa: F401 - the fixture

TEXT = "paris is the capital of france .\nthe people of france speak french ."


@pytest.mark.parametrize("row", offering("objective"), ids=lambda row: row.name)
@pytest.mark.parametrize("kind", ["word", "character", "bpe", "wordpiece"])
def test_every_system_makes_an_example_of_two_sentences_that_can_be_drawn(row, kind):
    tokenizer = tokenizers.train([TEXT] * 20, TokenizerSettings(kind=kind, min_count=1, vocab_size=400, punctuation=True))
    objective = row.load_learner().objective_on(sentences.stream(TEXT, tokenizer), row.settings(), tokenizer)
    for name, batch in row.load_learner().example(objective, torch.Generator().manual_seed(1)).items():
        meta, cells = picture(batch, tokenizer, None, row, name)
        assert len(cells) == sum(mask["n_query"] * mask["n_key"] for mask in meta["masks"])
        assert any(token["target"] for sequence in meta["sequences"] for token in sequence["tokens"])
        json.dumps(meta)


def test_one_sentence_and_none_are_answered_in_words():
    app = open_page("objectives", text="hello")
    assert not app.exception
    assert "it takes two sentences" in said(app)
    app = open_page("objectives", text=" \n ")
    assert not app.exception
    assert "Type a sentence or two" in said(app)


def test_an_arrow_stands_between_a_source_and_its_target():
    app = open_page("objectives", text="one two → eins zwei")
    assert not app.exception
    assert not app.info


def test_all_systems_are_there_the_static_ones_by_their_windows():
    tokenizer = tokenizers.train([TEXT] * 20, TokenizerSettings(min_count=1, punctuation=True))
    for row in SYSTEMS:
        if "objective" not in row.offers:
            meta, cells = windows(row, TEXT, tokenizer)
            n = len(meta["sequences"][0]["tokens"])
            seen = cells.reshape(n, n)
            assert (seen == seen.T).all()
            assert not seen.diagonal().any()
            assert seen[0].sum() == min(6, row.settings().window)  # the first sentence has seven tokens


def test_elmos_example_is_drawn_three_times_and_of_a_gap_its_own_token_is_hidden():
    tokenizer = tokenizers.train([TEXT] * 20, TokenizerSettings(min_count=1, punctuation=True))
    row = system("elmo")
    learner = row.load_learner()
    objective = learner.objective_on(sentences.stream(TEXT, tokenizer), row.settings(), tokenizer)
    read = learner.example(objective, torch.Generator().manual_seed(1))
    drawn = [picture(batch, tokenizer, None, row, name)[0]["sequences"][0] for name, batch in read.items()]
    assert [each["title"].partition(";")[0] for each in drawn] == ["it reads forward", "it reads backward", "it reads with gaps"]
    words = [token["text"] for token in drawn[0]["tokens"]]
    assert [token["target"] for token in drawn[0]["tokens"][:-1]] == words[1:]
    assert [token["target"] for token in drawn[1]["tokens"][1:]] == words[:-1]
    assert not any(token["state"] for each in drawn[:2] for token in each["tokens"])
    gaps = [token for token in drawn[2]["tokens"] if token["target"]]
    assert gaps
    assert all(token["state"] == "hidden" and token["target"] == token["text"] for token in gaps)


def test_unilms_example_is_read_under_each_of_its_four_masks():
    tokenizer = tokenizers.train([TEXT] * 20, TokenizerSettings(min_count=1, punctuation=True))
    learner = system("unilm").load_learner()
    objective = learner.objective_on(sentences.stream(TEXT, tokenizer), system("unilm").settings(), tokenizer)
    read = learner.example(objective, torch.Generator().manual_seed(1))
    seen = {way: batch.attn_mask[0, 0] for way, batch in read.items()}
    below = {way: torch.ones_like(mask).tril() for way, mask in seen.items()}
    assert seen["bidirectional"].all()
    assert torch.equal(seen["left to right"], below["left to right"])
    assert torch.equal(seen["right to left"], below["right to left"].mT)
    assert len(seen) == 4
    n_source = int((read["sequence to sequence"].segments == 4).sum())
    assert seen["sequence to sequence"][:, :n_source].all()
    assert torch.equal(seen["sequence to sequence"][:, n_source:], below["sequence to sequence"][:, n_source:])
