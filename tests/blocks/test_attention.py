import pytest
import torch
from torch import nn

from core.blocks.attention import Attention
from core.blocks.masks import causal, full, padding, prefix, window
from core.inspection.hooks import capture, edit

N, LENGTHS = 6, torch.tensor([6, 2, 4])
MASKS = {
    "full": full(N),
    "causal": causal(N),
    "window": window(N, 1),
    "padding": full(N) & padding(LENGTHS, N),
    "causal and padding": causal(N) & padding(LENGTHS, N),
    "prefix": causal(N) | prefix(LENGTHS, N),
    "by head": torch.cat((full(N), causal(N), window(N, 2)), dim=1),
    "nothing permitted": ~full(N),
    "some rows with nothing": causal(N) & ~full(N).tril(-3).flip(-2),
}


def attention(d_model: int = 12, n_heads: int = 3) -> Attention:
    torch.manual_seed(0)
    made = Attention(d_model, n_heads).double()
    nn.init.normal_(made.qkv.bias)
    return made


@pytest.mark.parametrize("added", [False, True], ids=["", "with something added to the scores"])
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_listening_does_not_change_what_is_computed(mask: torch.Tensor, added: bool) -> None:
    """Outputs and gradients with F.scaled_dot_product_attention and with the pattern written out."""
    heard, unheard = attention(), attention()
    x = torch.randn(3, N, 12, dtype=torch.double, requires_grad=True)
    weight = torch.randn(3, N, 12, dtype=torch.double)
    more = torch.randn(1, 3, N, N, dtype=torch.double, requires_grad=True) if added else None
    inputs = [x] if more is None else [x, more]
    with capture(heard, "pattern") as captured:
        seen = heard(x, mask, added=more)
    gradient = torch.autograd.grad((seen * weight).sum(), [*inputs, *heard.parameters()])
    alone = unheard(x, mask, added=more)
    torch.testing.assert_close(seen, alone, atol=1e-12, rtol=0)
    for ours, theirs in zip(gradient, torch.autograd.grad((alone * weight).sum(), [*inputs, *unheard.parameters()]), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-11, rtol=0)
    pattern, allowed = captured["pattern"], mask.expand(3, 3, N, N)
    assert (pattern[~allowed] == 0).all()
    torch.testing.assert_close(pattern.sum(-1), allowed.any(-1).double())


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("short", [True, False])
def test_where_products_are_made_in_bfloat16_it_is_the_same_to_two_digits(mask: torch.Tensor, short: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outputs and gradients, by products of its own up to some length, by F.scaled_dot_product_attention beyond."""
    monkeypatch.setattr("core.blocks.attention.SHORT", N if short else N - 1)
    layer = attention().float()
    x, weight = torch.randn(3, N, 12, requires_grad=True), torch.randn(3, N, 12)
    expected = layer(x, mask)
    exact = torch.autograd.grad((expected * weight).sum(), [x, *layer.parameters()])
    with torch.autocast("cpu", torch.bfloat16):
        found = layer(x, mask)
    torch.testing.assert_close(found.float(), expected, atol=0.02, rtol=0.02)
    for ours, theirs in zip(torch.autograd.grad((found.float() * weight).sum(), [x, *layer.parameters()]), exact, strict=True):
        torch.testing.assert_close(ours, theirs, atol=0.02 * float(theirs.abs().max()) + 1e-6, rtol=0.02)


def test_a_row_that_may_see_nothing_gives_zeros() -> None:
    layer = attention()
    with capture(layer, "*") as captured:
        layer(torch.randn(1, N, 12, dtype=torch.double), ~full(N))
    assert (captured["pattern"] == 0).all()
    assert (captured["z"] == 0).all()


@pytest.mark.parametrize(("d_model", "n_heads"), [(12, 3), (10, 1), (35, 7)])
def test_it_is_torchs_multihead_attention_to_oneself_and_to_another(d_model: int, n_heads: int) -> None:
    ours, theirs = attention(d_model, n_heads), nn.MultiheadAttention(d_model, n_heads, batch_first=True).double()
    theirs.load_state_dict(
        {"in_proj_weight": ours.qkv.weight, "in_proj_bias": ours.qkv.bias, "out_proj.weight": ours.out.weight, "out_proj.bias": ours.out.bias}
    )
    x, other = torch.randn(2, N, d_model, dtype=torch.double), torch.randn(2, 4, d_model, dtype=torch.double)
    for kv, mask in ((None, causal(N)), (other, full(N, 4))):
        with capture(ours, "pattern") as captured:
            out = ours(x, mask, kv)
        source = x if kv is None else kv
        expected, weights = theirs(x, source, source, attn_mask=~mask[0, 0], average_attn_weights=False)  # True = masked, there
        torch.testing.assert_close(out, expected, atol=1e-12, rtol=0)
        torch.testing.assert_close(captured["pattern"], weights, atol=1e-12, rtol=0)


def test_dropout_acts_on_the_pattern_only_while_training() -> None:
    layer = Attention(8, 2, dropout=0.5)
    x = torch.randn(1, 5, 8)
    assert not torch.equal(layer(x, full(5)), layer(x, full(5)))
    layer.eval()
    assert torch.equal(layer(x, full(5)), layer(x, full(5)))


def test_one_layer_alone_can_be_given_another_mask() -> None:
    torch.manual_seed(0)
    layer, x = Attention(8, 2), torch.randn(1, 4, 8)
    with edit(layer, "mask", lambda mask: causal(4)):
        edited = layer(x, full(4))
    torch.testing.assert_close(edited, layer(x, causal(4)))
    assert not torch.allclose(edited, layer(x, full(4)))
