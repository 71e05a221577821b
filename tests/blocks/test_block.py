import pytest
import torch
import torch.nn.functional as F
from torch import nn

from core.blocks.block import Block
from core.blocks.masks import causal, full, padding
from core.inspection.hooks import capture

OURS_TO_TORCHS = {
    "attention.qkv.weight": "self_attn.in_proj_weight",
    "attention.qkv.bias": "self_attn.in_proj_bias",
    "attention.out": "self_attn.out_proj",
    "feed_forward.into": "linear1",
    "feed_forward.out": "linear2",
    "attention_norm": "norm1",
    "feed_forward_norm": "norm2",
}


def torchs_name(ours: str) -> str:
    return next(theirs + ours.removeprefix(prefix) for prefix, theirs in OURS_TO_TORCHS.items() if ours.startswith(prefix))


@pytest.mark.parametrize("place", ["pre", "post"])
@pytest.mark.parametrize("act", [F.relu, F.gelu])
@pytest.mark.parametrize(("n_heads", "n", "batch"), [(1, 1, 1), (3, 7, 2), (5, 16, 3)])
def test_it_is_torchs_encoder_layer_under_the_causal_mask(place: str, act, n_heads: int, n: int, batch: int) -> None:
    torch.manual_seed(n)
    d_model = 4 * n_heads
    theirs = nn.TransformerEncoderLayer(d_model, n_heads, 24, 0.0, act, batch_first=True, norm_first=place == "pre").double()
    ours = Block(d_model, n_heads, 24, place, act).double()
    with torch.no_grad():
        for weight in theirs.parameters():
            weight.copy_(torch.randn_like(weight))
    ours.load_state_dict({name: theirs.state_dict()[torchs_name(name)] for name in ours.state_dict()})
    x = torch.randn(batch, n, d_model, dtype=torch.double)
    weight = torch.randn(batch, n, d_model, dtype=torch.double)
    out, expected = ours(x, causal(n)), theirs(x, src_mask=~causal(n)[0, 0])
    torch.testing.assert_close(out, expected, atol=1e-10, rtol=0)
    (out * weight).sum().backward()
    (expected * weight).sum().backward()
    gradients = {name: parameter.grad for name, parameter in theirs.named_parameters()}
    for name, parameter in ours.named_parameters():
        torch.testing.assert_close(parameter.grad, gradients[torchs_name(name)], atol=1e-10, rtol=1e-10)


DECODERS = {
    "cross_attention.qkv.weight": "multihead_attn.in_proj_weight",
    "cross_attention.qkv.bias": "multihead_attn.in_proj_bias",
    "cross_attention.out": "multihead_attn.out_proj",
    "cross_attention_norm": "norm2",
    "feed_forward_norm": "norm3",
}


@pytest.mark.parametrize("place", ["pre", "post"])
@pytest.mark.parametrize(("n_heads", "n", "n_source"), [(1, 1, 4), (3, 7, 5), (5, 16, 1)])
def test_with_a_memory_it_is_torchs_decoder_layer(place: str, n_heads: int, n: int, n_source: int) -> None:
    torch.manual_seed(n)
    d_model = 4 * n_heads
    theirs = nn.TransformerDecoderLayer(d_model, n_heads, 24, 0.0, F.relu, batch_first=True, norm_first=place == "pre").double()
    ours = Block(d_model, n_heads, 24, place, F.relu, cross=True).double()
    with torch.no_grad():
        for weight in theirs.parameters():
            weight.copy_(torch.randn_like(weight))

    def name_of(name: str) -> str:
        return next((new + name.removeprefix(old) for old, new in DECODERS.items() if name.startswith(old)), "") or torchs_name(name)

    ours.load_state_dict({name: theirs.state_dict()[name_of(name)] for name in ours.state_dict()})
    x, memory = torch.randn(2, n, d_model, dtype=torch.double), torch.randn(2, n_source, d_model, dtype=torch.double)
    seen = padding(torch.tensor([n_source, max(1, n_source - 2)]), n_source)
    weight = torch.randn(2, n, d_model, dtype=torch.double)
    out = ours(x, causal(n), memory=memory, memory_mask=seen.expand(2, 1, n, n_source))
    expected = theirs(x, memory, tgt_mask=~causal(n)[0, 0], memory_key_padding_mask=~seen[:, 0, 0])
    torch.testing.assert_close(out, expected, atol=1e-10, rtol=0)
    (out * weight).sum().backward()
    (expected * weight).sum().backward()
    gradients = {name: parameter.grad for name, parameter in theirs.named_parameters()}
    for name, parameter in ours.named_parameters():
        torch.testing.assert_close(parameter.grad, gradients[name_of(name)], atol=1e-10, rtol=1e-10)


def test_the_residual_stream_can_be_read_at_three_places() -> None:
    block = Block(8, 2, 16)
    x = torch.randn(1, 3, 8)
    with capture(block, "resid_*") as captured:
        out = block(x, full(3))
    assert list(captured) == ["resid_pre", "resid_mid", "resid_post"]
    assert torch.equal(captured["resid_pre"], x)
    assert torch.equal(captured["resid_post"], out)
    torch.testing.assert_close(captured["resid_mid"], x + block.attention(block.attention_norm(x), full(3)))


def test_it_attends_to_another_stream_where_one_is_given() -> None:
    block = Block(8, 2, 16, "post")
    g, h = torch.randn(1, 3, 8), torch.randn(1, 3, 8)
    assert not torch.equal(block(g, full(3), kv=h), block(g, full(3)))
    torch.testing.assert_close(block(g, full(3), kv=g), block(g, full(3)))


def test_dropout_stands_before_each_addition_and_after_the_activation() -> None:
    torch.manual_seed(0)
    block = Block(8, 2, 16, dropout=0.5)
    x = torch.randn(1, 200, 8)
    with capture(block, "resid_*") as captured:
        block(x, full(200))
    added = captured["resid_mid"] - captured["resid_pre"], captured["resid_post"] - captured["resid_mid"]
    for part in added:
        assert 0.4 < (part == 0).float().mean() < 0.6
    inner = block.feed_forward.dropout(torch.ones(10_000))
    assert set(inner.unique().tolist()) == {0.0, 2.0}
