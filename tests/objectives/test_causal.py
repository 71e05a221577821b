import numpy as np
import pytest
import torch

from core.batch import IGNORE
from core.blocks.masks import causal, is_causal
from core.objectives.causal import Causal, CausalPairs, to_read
from core.text import tokenizers
from core.text.tokenizers import END, TAB, Tokenizer
from core.text.tokenizing import TokenizerSettings

EOS = 3


@pytest.fixture
def tokenizer() -> Tokenizer:
    return tokenizers.train(["a b c d e"], TokenizerSettings())


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_each_target_is_the_token_after_it() -> None:
    stream = np.arange(100, 200, dtype=np.int32)
    batch = Causal(stream, 8, EOS).sample(5, generator())
    assert batch.ids.shape == batch.targets.shape == (5, 8)
    assert torch.equal(batch.targets, batch.ids + 1)
    assert torch.equal(batch.attn_mask, causal(8))


def test_all_places_are_drawn_and_none_beyond_the_text() -> None:
    stream = np.arange(12, dtype=np.int32)
    batch = Causal(stream, 4, EOS).sample(2000, generator())
    assert set(batch.ids[:, 0].tolist()) == set(range(8))
    assert batch.targets.max() == 11


def test_a_sentences_end_becomes_a_token_that_is_read_and_predicted() -> None:
    stream = np.array([10, -1, 11, 12, -1], dtype=np.int32)
    batch = Causal(stream, 4, EOS).sample(1, generator())
    assert batch.ids.tolist() == [[10, EOS, 11, 12]]
    assert batch.targets.tolist() == [[EOS, 11, 12, EOS]]


def test_the_same_generator_gives_the_same_examples() -> None:
    objective = Causal(np.arange(1000, dtype=np.int32), 8, EOS)
    same, again, other = (objective.sample(4, generator(seed)).ids for seed in (1, 1, 2))
    assert torch.equal(same, again)
    assert not torch.equal(same, other)


def test_spread_examples_cover_the_text_without_overlap() -> None:
    objective = Causal(np.arange(1001, dtype=np.int32), 10, EOS)
    batches = objective.spread(10_000, batch_size=30)
    assert [len(batch.ids) for batch in batches] == [30, 30, 30, 10]
    assert sorted(torch.cat([batch.targets.flatten() for batch in batches]).tolist()) == list(range(1, 1001))
    few = torch.cat([batch.ids for batch in objective.spread(55, batch_size=30)])
    assert few[:, 0].tolist() == [0, 247, 495, 742, 990]


def test_a_short_text_gives_short_sequences_and_no_text_a_sentence() -> None:
    objective = Causal(np.arange(4, dtype=np.int32), 64, EOS)
    assert objective.sample(2, generator()).ids.tolist() == [[0, 1, 2]] * 2
    assert [batch.ids.tolist() for batch in objective.spread(1000, 8)] == [[[0, 1, 2]]]
    with pytest.raises(ValueError, match="at least two"):
        Causal(np.arange(1, dtype=np.int32), 64, EOS)


def test_of_a_text_to_read_nobody_knows_what_follows_its_last_token() -> None:
    batch = to_read([5, 6, 7])
    assert batch.ids.tolist() == [[5, 6, 7]]
    assert batch.targets.tolist() == [[6, 7, IGNORE]]
    assert torch.equal(batch.attn_mask, causal(3))


def test_of_a_pair_the_target_is_predicted_and_the_source_only_read(tokenizer: Tokenizer) -> None:
    t, stream = tokenizer, np.array([7, 8, TAB, 9, END, 10, TAB, 11, 7, END])
    batch = CausalPairs(stream, 4, t).sample(2, generator())
    assert batch.ids.tolist() == [[7, 8, t.sep_id, 9], [10, t.sep_id, 11, 7]]
    assert batch.targets.tolist() == [[IGNORE, IGNORE, 9, t.eos_id], [IGNORE, 11, 7, t.eos_id]]
    assert is_causal(batch.attn_mask)


def test_nobody_sees_the_filling_after_a_short_pair_and_too_long_ones_are_left_out(tokenizer: Tokenizer) -> None:
    t, stream = tokenizer, np.array([7, TAB, 8, END, 7, 8, TAB, 9, END, 7, 8, 9, TAB, 10, END])
    objective = CausalPairs(stream, 4, t)
    batch = objective.sample(10, generator())
    assert batch.ids.tolist() == [[7, t.sep_id, 8, t.pad_id], [7, 8, t.sep_id, 9]]
    assert batch.targets[0].tolist() == [IGNORE, 8, t.eos_id, IGNORE]
    assert objective.n_left_out == 1
