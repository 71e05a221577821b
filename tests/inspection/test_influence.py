from dataclasses import replace

import numpy as np
import pytest
import torch

from core.blocks.masks import full, window
from core.inspection.influence import by_gradient, by_replacement, reach, repeated, verdicts
from core.models.gpt import GPT
from core.models.transformer import Transformer
from core.objectives.causal import to_read
from core.objectives.pairs import pair_batch
from core.systems.gpt import GPTSettings
from core.text import tokenizers
from core.text.tokenizing import TokenizerSettings
from tests.models.judging import stirred

IDS = [3, 1, 4, 1, 5, 9]


@pytest.fixture
def model() -> GPT:
    torch.manual_seed(0)
    made = GPT(GPTSettings(n_layers=2, n_heads=2, d_model=8, n_ctx=16), 12)
    stirred(made)
    return made.eval()


def test_under_a_causal_mask_nothing_comes_from_the_future(model: GPT) -> None:
    past = np.tri(len(IDS), dtype=bool)
    for measured in (by_replacement(model, to_read(IDS), [7, 8]), by_gradient(model, to_read(IDS))):
        assert (measured[~past] < 1e-6).all()
        assert (measured[past] > 1e-6).all()
    assert model.embed.weight.grad is None


def test_a_change_is_half_the_sum_of_what_the_probabilities_change_by(model: GPT) -> None:
    measured = by_replacement(model, to_read(IDS), [7])
    other = [*IDS[:2], 7, *IDS[3:]]
    before, after = model(to_read(IDS)).softmax(-1)[0, 4], model(to_read(other)).softmax(-1)[0, 4]
    assert measured[4, 2] == pytest.approx(0.5 * (before - after).abs().sum().item(), abs=1e-6)


def test_a_gradient_is_that_of_the_likeliest_log_probability(model: GPT) -> None:
    place = model.embed(torch.tensor([IDS])) + model.positions(len(IDS))
    place = place.detach().requires_grad_()
    x = place
    for block in model.blocks:
        x = block(x, to_read(IDS).attn_mask)
    best = model.unembed(model.normed(x)).log_softmax(-1)[0, 3].max()
    (gradient,) = torch.autograd.grad(best, place)
    assert by_gradient(model, to_read(IDS))[3] == pytest.approx(gradient[0].norm(dim=-1).numpy(), abs=1e-5)


def test_what_a_window_cannot_see_at_once_it_learns_from_those_between(model: GPT) -> None:
    mask = window(6, 1)
    batch = replace(to_read(IDS), attn_mask=mask)
    measured = by_replacement(model, batch, [7])
    allowed = mask[0, 0].numpy()
    known = reach([allowed, allowed])
    assert np.array_equal(known, window(6, 2)[0, 0].numpy())
    told = verdicts(measured, allowed, known)
    assert set(told[allowed]) == {1}
    assert (told[known & ~allowed] == 2).all()
    assert (told[~known] == 0).all()


def test_influence_that_no_mask_explains_is_a_leak(model: GPT) -> None:
    past = np.tri(6, dtype=bool)
    measured = by_replacement(model, replace(to_read(IDS), attn_mask=full(6)), [7])
    assert (verdicts(measured, past, reach([past, past]))[~past] == 3).all()


def test_a_decoder_depends_on_the_whole_source_and_on_its_own_past() -> None:
    torch.manual_seed(0)
    tokenizer = tokenizers.train(["a b c d e f"], TokenizerSettings())
    made = Transformer(8, 2, 1, 16, 16, tokenizer.vocab_size)
    stirred(made)
    batch = pair_batch([[7, 8, 9]], [[10, 11]], tokenizer)
    for measure in (lambda of: by_replacement(made, batch, [12], of_source=of), lambda of: by_gradient(made, batch, of_source=of)):
        assert measure(True).shape == (3, 3)
        assert (measure(True) > 1e-6).all()
        assert (measure(False)[~np.tri(3, dtype=bool)] < 1e-6).all()


def test_a_batch_repeated_is_the_same_sequence_many_times(model: GPT) -> None:
    many = repeated(to_read(IDS), 4)
    torch.testing.assert_close(model(many)[3], model(to_read(IDS))[0])
