import numpy as np
import pytest
import torch

from core.batch import IGNORE
from core.objectives.pairs import Pairs, pair_batch
from core.text import tokenizers
from core.text.tokenizers import END, TAB, Tokenizer
from core.text.tokenizing import TokenizerSettings


@pytest.fixture
def tokenizer() -> Tokenizer:
    return tokenizers.train(["a b c d e"], TokenizerSettings())


def test_the_target_is_what_comes_next_and_nobody_sees_the_filling(tokenizer: Tokenizer) -> None:
    batch = pair_batch([[7, 8, 9], [7]], [[10], [10, 11]], tokenizer)
    t = tokenizer
    assert batch.source.tolist() == [[7, 8, 9], [7, t.pad_id, t.pad_id]]
    assert batch.ids.tolist() == [[t.bos_id, 10, t.pad_id], [t.bos_id, 10, 11]]
    assert batch.targets.tolist() == [[10, t.eos_id, IGNORE], [10, 11, t.eos_id]]
    assert batch.memory_mask[1, 0].tolist() == [[True, False, False]] * 3
    assert batch.source_mask[0, 0].all()
    assert batch.attn_mask[0, 0].tolist() == [[True, False, False], [True, True, False], [True, True, False]]
    assert batch.n_tokens == 12


def test_what_does_not_fit_is_left_out_and_counted(tokenizer: Tokenizer) -> None:
    stream = np.array([7, TAB, 8, END, 7, 8, 9, TAB, 7, END, 7, TAB, 7, 8, 9, END])
    objective = Pairs(stream, 3, tokenizer)
    assert (objective.bounds.tolist(), objective.n_left_out) == ([[0, 1, 2, 3], [4, 7, 8, 9]], 1)
    with pytest.raises(ValueError, match=r"all 3 are longer than n_ctx \(1 tokens\)"):
        Pairs(stream, 1, tokenizer)
    with pytest.raises(ValueError, match="it takes two sentences"):
        Pairs(np.array([7, 8]), 8, tokenizer)


def test_a_batch_is_of_pairs_of_like_length_and_follows_from_its_generator(tokenizer: Tokenizer) -> None:
    lengths = np.tile(np.arange(1, 31), 20)
    stream = np.concatenate([[7] * n + [TAB, 8, END] for n in lengths])
    objective = Pairs(stream, 64, tokenizer)
    drawn = [objective.sample(8, torch.Generator().manual_seed(seed)) for seed in range(60)]
    filled = np.mean([(batch.source != tokenizer.pad_id).float().mean() for batch in drawn])
    assert filled > 0.85  # of pairs of any length together it would be about half
    assert torch.equal(objective.sample(8, torch.Generator().manual_seed(3)).source, drawn[3].source)
    assert {int(n) for batch in drawn for n in (batch.source != tokenizer.pad_id).sum(1)} >= {1, 30}
    assert torch.equal(objective.spread(100, 8)[0].source, objective.spread(100, 8)[0].source)
