from dataclasses import replace

import numpy as np
import pytest
import torch

from core.blocks import masks
from core.inspection.influence import by_replacement
from core.inspection.masking import PRESETS, changes, empty_rows, masked, under
from core.models.gpt import GPT
from core.models.seq2seq import Seq2Seq
from core.models.xlnet import XLNet
from core.objectives.causal import to_read
from core.objectives.pairs import pair_batch
from core.objectives.permutation import permuted
from core.systems.gpt import GPTSettings
from core.text import tokenizers
from core.text.tokenizing import TokenizerSettings
from tests.models.judging import stirred

N = 6


@pytest.fixture
def model() -> GPT:
    torch.manual_seed(0)
    made = GPT(GPTSettings(n_layers=2, n_heads=2, d_model=8, n_ctx=16), 12)
    stirred(made)
    return made.eval()


def test_masks_by_name_are_those_of_the_blocks() -> None:
    lengths = torch.tensor([2])
    expected = {
        "full": masks.full(N),
        "causal": masks.causal(N),
        "backward": masks.causal(N).mT,
        "prefix": masks.causal(N) | masks.prefix(lengths, N),
        "window": masks.window(N, 2),
        "padding": masks.full(N) & masks.padding(torch.tensor([N - 2]), N),
    }
    for name, mask in expected.items():
        assert np.array_equal(PRESETS[name].make(N, N, 2, range(N)), mask[0, 0].expand(N, N).numpy()), name


def test_in_a_permutation_each_sees_what_came_before_it_in_the_order() -> None:
    order = [3, 0, 2, 1]
    cells = PRESETS["permutation"].make(4, 4, 0, order)
    assert [set(np.flatnonzero(cells[place])) for place in order] == [{3}, {3, 0}, {3, 0, 2}, {3, 0, 2, 1}]


def test_under_sequence_to_sequence_the_source_never_sees_the_target() -> None:
    cells = PRESETS["seq2seq"].make(N, N, 2, range(N))
    assert cells[:2, :2].all()
    assert not cells[:2, 2:].any()
    assert cells[2:, :2].all()
    assert np.array_equal(cells[2:, 2:], np.tri(4, dtype=bool))


def test_a_text_under_another_mask_says_what_it_would_and_leaves_nothing_behind(model: GPT) -> None:
    batch, tokens = to_read([3, 1, 4, 1, 5, 9]), list("abcdef")
    before = under(model, batch, tokens)
    with masked(model, batch, "self", np.ones((N, N), bool)) as other:
        after = under(model, other, tokens)
    torch.testing.assert_close(torch.tensor(after.probabilities), model(replace(batch, attn_mask=masks.full(N))).softmax(-1)[0].detach())
    assert changes(before, after)[-1] == pytest.approx(0.5 * np.abs(before.probabilities[-1] - after.probabilities[-1]).sum())
    assert after.patterns[0].allowed.all()
    assert np.isnan(before.losses[-1])
    assert (changes(before, under(model, batch, tokens)) == 0).all()


def test_masked_in_its_first_layer_alone_a_model_sees_the_future(model: GPT) -> None:
    """The study notes' question: must every decoder layer be masked?"""
    batch = to_read([3, 1, 4, 1, 5, 9])
    past = np.tri(N, dtype=bool)
    with masked(model, batch, "self", past) as everywhere:
        assert (by_replacement(model, everywhere, [7])[~past] < 1e-6).all()
    with masked(model, batch, "self", past, first_only=True) as first:
        assert (by_replacement(model, first, [7])[~past] > 1e-6).all()


def test_a_row_that_may_see_nothing_is_named_and_its_output_is_defined(model: GPT) -> None:
    batch, cells = to_read([3, 1, 4]), np.tri(3, dtype=bool)
    cells[1] = False
    assert empty_rows(cells) == [1]
    with masked(model, batch, "self", cells) as other:
        found = under(model, other, list("abc"))
    assert np.isfinite(found.probabilities).all()
    assert (found.patterns[0].weights[:, :, 1] == 0).all()


def test_of_two_streams_only_the_one_that_is_meant_gets_the_mask() -> None:
    """XLNet's: were the content stream's mask the query stream's too, a token would be predicted from itself."""
    torch.manual_seed(0)
    model = XLNet(8, 2, 2, 16, 8, 12)
    stirred(model)
    model.eval()
    read = torch.tensor([[3, 1, 4, 1]])
    batch = permuted(read, torch.arange(1, 5)[None], torch.ones_like(read, dtype=torch.bool))
    past, before = np.tri(4, dtype=bool), np.tri(4, k=-1, dtype=bool)
    for first_only in (False, True):
        with masked(model, batch, "self", past, first_only) as other:
            assert (np.diag(by_replacement(model, other, [7])) < 1e-6).all()
        with masked(model, batch, "query", before, first_only) as other:
            found = by_replacement(model, other, [7])
        assert (np.diag(found) < 1e-6).all() != first_only, "the other layers show it itself"
        assert (found[1:, 0] > 1e-6).all()


def test_a_recurrent_decoders_attention_can_be_masked_too() -> None:
    torch.manual_seed(0)
    tokens = tokenizers.train(["a b c d"], TokenizerSettings(min_count=1))
    model = Seq2Seq(8, 1, 8, tokens.vocab_size)
    stirred(model)
    batch, cells = pair_batch([[8, 9, 10]], [[9]], tokens), np.ones((2, 3), bool)
    cells[:, 1] = False
    for first_only in (False, True):
        with masked(model, batch, "cross", cells, first_only) as other:
            found = under(model, other, ["[BOS]", "b"], ["a", "b", "c"])
        assert (found.patterns[0].weights[..., 1] == 0).all()
        assert np.array_equal(found.patterns[0].allowed, cells)
