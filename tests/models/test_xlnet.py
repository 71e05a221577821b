"""XLNet, judged by transformers."""

from collections.abc import Mapping

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import XLNetConfig, XLNetLMHeadModel

from core.batch import IGNORE, Batch
from core.blocks.relative import distance_encodings
from core.inspection.hooks import capture
from core.models.xlnet import XLNet
from tests.models.judging import given_weights, same_gradients, stirred

VOCAB = 13
PARTS = {
    "attention.content_bias": "rel_attn.r_w_bias",
    "attention.distance_bias": "rel_attn.r_r_bias",
    "attention.segment_bias": "rel_attn.r_s_bias",
    "attention.segments": "rel_attn.seg_embed",
    "attention_norm": "rel_attn.layer_norm",
    "feed_forward.into": "ff.layer_1",
    "feed_forward.out": "ff.layer_2",
    "feed_forward_norm": "ff.layer_norm",
}


def renamed(n_heads: int):
    def inner(ours: Mapping[str, Tensor]) -> dict[str, Tensor]:
        result = {}
        for name, weight in ours.items():
            if name in ("embed.weight", "unknown", "head_bias"):
                other = {"embed.weight": "transformer.word_embedding.weight", "unknown": "transformer.mask_emb", "head_bias": "lm_loss.bias"}[name]
                result[other] = weight[None, None] if name == "unknown" else weight
                continue
            _, number, rest = name.split(".", 2)
            layer = f"transformer.layer.{number}"
            if "qkv" in rest:
                result |= {f"{layer}.rel_attn.{letter}": part.T.unflatten(-1, (n_heads, -1)) for letter, part in zip("qkv", weight.chunk(3), strict=True)}
            elif rest == "attention.distance.weight":
                result[f"{layer}.rel_attn.r"] = weight.T.unflatten(-1, (n_heads, -1))
            elif rest == "attention.out.weight":
                result[f"{layer}.rel_attn.o"] = weight.unflatten(-1, (n_heads, -1))
            else:
                old, new = next(pair for pair in PARTS.items() if rest.startswith(pair[0]))
                result[f"{layer}.{new}{rest.removeprefix(old)}"] = weight
        return result

    return inner


def order_masks(order: Tensor) -> tuple[Tensor, Tensor]:
    """Content and query mask of orders [batch pos]: order[b, i] is the place of position i in the order of prediction."""
    before = order[:, None, :, None] > order[:, None, None]
    return before | torch.eye(order.shape[1], dtype=torch.bool), before


@pytest.mark.parametrize("n_memory", [0, 4])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.double, 1e-10), (torch.float, 2e-5)])
@pytest.mark.parametrize(("n_layers", "n_heads", "n"), [(1, 1, 3), (2, 3, 5), (3, 5, 7)])
def test_it_is_transformers_xlnet_in_both_streams(dtype: torch.dtype, tolerance: float, n_layers: int, n_heads: int, n: int, n_memory: int) -> None:
    """Logits of the query stream, both streams' attention, the gradient of every weight; random orders, segments, a memory."""
    torch.manual_seed(n)
    d_model = 4 * n_heads
    ours = XLNet(d_model, n_heads, n_layers, 24, 16, VOCAB).to(dtype)
    stirred(ours)
    config = XLNetConfig(vocab_size=VOCAB, d_model=d_model, n_layer=n_layers, n_head=n_heads, d_inner=24, dropout=0.0, ff_activation="gelu", mem_len=n)
    theirs = XLNetLMHeadModel._from_config(config, attn_implementation="eager").to(dtype)
    given_weights(theirs, ours, renamed(n_heads), ("lm_loss.weight",))
    encoded = distance_encodings(n, n_memory + n, d_model)
    theirs_encoded = theirs.transformer.relative_positional_encoding(n, n_memory + n)[:, 0]  # in float32, whatever the model's type
    torch.testing.assert_close(encoded, theirs_encoded, atol=1e-5, rtol=0)
    theirs.transformer.relative_positional_encoding = lambda qlen, klen, bsz, **_: encoded.to(dtype)[:, None].expand(-1, bsz, -1)
    ids, segments, order = torch.randint(VOCAB, (2, n)), torch.randint(2, (2, n)), torch.stack([torch.randperm(n) for _ in range(2)])
    content, query = order_masks(order)
    remembered = torch.ones(2, 1, n, n_memory, dtype=torch.bool)
    memories = [torch.randn(2, n_memory, d_model, dtype=dtype) for _ in range(n_layers)] if n_memory else []
    batch = Batch(ids, torch.full_like(ids, IGNORE), torch.cat([remembered, content], -1), segments=segments, query_mask=torch.cat([remembered, query], -1))
    with capture(ours, "*.pattern") as captured:
        _, g, _ = ours.streams(batch, memories)
    _, unheard, kept = ours.streams(batch, memories)
    torch.testing.assert_close(unheard, g, atol=tolerance, rtol=tolerance)
    assert g is not None
    logits = ours.unembed(g)
    expected = theirs(
        ids, token_type_ids=segments, perm_mask=(~query[:, 0]).to(dtype), target_mapping=torch.eye(n, dtype=dtype).expand(2, n, n), output_attentions=True,
        mems=[memory.transpose(0, 1) for memory in memories] or None, use_mems=True,
    )  # fmt: skip
    # Of whoever is first in the order and sees no memory, transformers lets the query see everything.
    seen = torch.ones(2, n, dtype=torch.bool) if n_memory else order > 0
    torch.testing.assert_close(logits[seen], expected.logits[seen], atol=tolerance, rtol=tolerance)
    for found, (h, _) in zip(captured.values(), expected.attentions, strict=True):
        torch.testing.assert_close(found, h, atol=tolerance, rtol=0)
    torch.testing.assert_close(kept[-1], expected.mems[-1].transpose(0, 1)[:, -n:], atol=tolerance, rtol=tolerance)
    targets = torch.randint(VOCAB, (int(seen.sum()),))
    F.cross_entropy(logits[seen], targets).backward()
    F.cross_entropy(expected.logits[seen], targets).backward()
    same_gradients(ours, theirs, renamed(n_heads), tolerance)
