"""Each step inside a head against torch: its own multi-head attention, and the products written out."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from core.batch import Batch
from core.blocks.masks import causal, full
from core.inspection.attention import patterns
from core.inspection.hooks import capture
from core.inspection.inside import inside
from core.models.bert import BERT
from core.models.gpt import GPT
from core.models.seq2seq import Seq2Seq
from core.models.t5 import T5
from core.models.transformer import Transformer
from core.models.xlnet import XLNet
from core.objectives.causal import to_read
from core.systems.gpt import GPTSettings


def gpt() -> GPT:
    torch.manual_seed(0)
    model = GPT(GPTSettings(n_layers=2, n_heads=3, d_model=12, n_ctx=8), 10)
    for block in model.blocks:
        torch.nn.init.normal_(block.attention.qkv.weight, std=1.0)
    return model


BATCH = to_read([1, 2, 3, 4, 5])
IDS, SOURCE = torch.tensor([[6, 7, 8, 9]]), torch.tensor([[3, 4, 5]])
PAIR = Batch(IDS, IDS, causal(4), full(4, 3), source=SOURCE, source_mask=full(3))


def test_weights_and_outputs_are_those_of_torchs_multihead_attention() -> None:
    model = gpt()
    with capture(model, "blocks.1.resid_pre") as captured:
        model.hidden(BATCH)
    block = model.blocks[1]
    x = block.attention_norm(captured["blocks.1.resid_pre"])
    judge = torch.nn.MultiheadAttention(12, 3, batch_first=True)
    qkv, o = block.attention.qkv, block.attention.out
    judge.load_state_dict({"in_proj_weight": qkv.weight, "in_proj_bias": qkv.bias, "out_proj.weight": o.weight, "out_proj.bias": o.bias})
    out, weights = judge(x, x, x, attn_mask=~BATCH.attn_mask[0, 0], average_attn_weights=False)
    heads = [inside(model, BATCH, "abcde", "", "self", 1, head) for head in range(3)]
    np.testing.assert_allclose(np.stack([each.own.weights for each in heads]), weights[0].detach(), atol=1e-5)
    together = sum(each.own.output for each in heads) + block.attention.out.bias.detach().numpy()
    np.testing.assert_allclose(together, out[0].detach(), atol=1e-5)


@pytest.mark.parametrize("head", [0, 2])
def test_each_step_follows_from_the_one_before(head: int) -> None:
    found = inside(gpt(), BATCH, "abcde", "", "self", 0, head)
    q, k, v = map(torch.tensor, (found.q, found.k, found.v))
    allowed = torch.tensor(found.allowed)
    for step, factor in ((found.own, 0.5), (found.other, 1.0)):  # d_head is 4
        scores = torch.einsum("id,jd->ij", q, k) * factor
        weights = torch.softmax(scores.masked_fill(~allowed, -torch.inf), -1)
        assert step.factor == factor
        np.testing.assert_allclose(step.scores, scores, atol=1e-5)
        np.testing.assert_allclose(step.weights, weights, atol=1e-6)
        np.testing.assert_allclose(step.z, F.scaled_dot_product_attention(q[None], k[None], v[None], allowed[None], scale=factor)[0], atol=1e-5)
        np.testing.assert_allclose(step.entropies[0, head], torch.distributions.Categorical(weights).entropy().mean() / np.log(2), atol=1e-5)
    assert found.added is None
    assert found.own.entropies.shape == (2, 3)


def test_without_the_scale_the_softmax_saturates_in_every_head() -> None:
    found = inside(gpt(), BATCH, "abcde", "", "self", 0, 0)
    assert (found.other.entropies < found.own.entropies).all()


def test_t5_adds_distances_and_has_its_scale_the_other_way_round() -> None:
    torch.manual_seed(0)
    model = T5(d_model=12, n_heads=3, n_layers=2, d_ff=24, n_ctx=16, vocab_size=20)
    found = inside(model, PAIR, "abcd", "abc", "encoder", 1, 2)
    bias = model.encoder_distances(3, 3)[0, 2].detach().numpy()
    np.testing.assert_allclose(found.added, bias, atol=1e-5)
    np.testing.assert_allclose(found.own.scores, found.products + bias, atol=1e-5)
    np.testing.assert_allclose(found.other.scores, found.products / 2 + bias, atol=1e-5)


@pytest.mark.parametrize("part", ["encoder", "decoder", "cross"])
def test_a_decoder_asks_its_encoder_by_keys_of_another_length(part: str) -> None:
    torch.manual_seed(0)
    model = Transformer(d_model=12, n_heads=3, n_layers=2, d_ff=24, n_ctx=16, vocab_size=20)
    found = inside(model, PAIR, "abcd", "abc", part, 1, 0)
    seen = {each.part: each for each in patterns(model, PAIR, "abcd", "abc")}[part]
    np.testing.assert_allclose(found.own.weights, seen.weights[1, 0], atol=1e-6)
    assert np.array_equal(found.allowed, seen.allowed)
    assert (found.queries, found.keys) == (list(seen.queries), list(seen.keys))


def test_a_token_alone_looks_at_itself() -> None:
    model = BERT(d_model=8, n_heads=2, n_layers=1, n_ctx=4, vocab_size=9)
    found = inside(model, to_read([3]), "a", "", "self", 0, 1)
    assert found.own.weights.tolist() == [[1.0]]
    assert found.own.entropies.tolist() == [[0.0, 0.0]]


@pytest.mark.parametrize("part", ["query", "self"])
def test_each_of_xlnets_streams_has_its_own_queries(part: str) -> None:
    torch.manual_seed(0)
    model = XLNet(d_model=12, n_heads=3, n_layers=2, d_ff=24, n_ctx=8, vocab_size=10)
    ids = torch.tensor([[1, 2, 3, 4]])
    batch = Batch(ids, ids, causal(4), query_mask=causal(4) & ~torch.eye(4, dtype=torch.bool))
    found = inside(model, batch, "abcd", "", part, 1, 2)
    seen = {each.part: each for each in patterns(model, batch, "abcd")}[part]
    np.testing.assert_allclose(found.own.weights, seen.weights[1, 2], atol=1e-6)
    assert found.added is not None


def test_a_recurrent_decoder_has_no_heads_to_look_into() -> None:
    model = Seq2Seq(d_model=8, n_layers=1, n_ctx=8, vocab_size=20)
    with pytest.raises(ValueError, match="asks with its state"):
        inside(model, PAIR, "abcd", "abc", "cross", 0, 0)
