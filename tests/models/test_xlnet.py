"""XLNet, judged by transformers."""

from collections.abc import Mapping

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import XLNetConfig, XLNetLMHeadModel

from core.batch import IGNORE, Batch
from core.blocks.relative import distance_encodings
from core.inspection.hooks import capture
from core.models.xlnet import XLNet, remembered
from core.objectives.permutation import Permutation
from core.text import tokenizers
from core.text.tokenizing import TokenizerSettings
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


def both(n_heads: int, n_layers: int, n_memory: int, dtype: torch.dtype) -> tuple[XLNet, XLNetLMHeadModel]:
    """Two models of the same weights; theirs remembers n_memory positions."""
    d_model = 4 * n_heads
    ours = XLNet(d_model, n_heads, n_layers, 24, 16, VOCAB).to(dtype)
    stirred(ours)
    config = XLNetConfig(vocab_size=VOCAB, d_model=d_model, n_layer=n_layers, n_head=n_heads, d_inner=24, dropout=0.0, ff_activation="gelu", mem_len=n_memory)
    theirs = XLNetLMHeadModel._from_config(config, attn_implementation="eager").to(dtype)
    given_weights(theirs, ours, renamed(n_heads), ("lm_loss.weight",))
    encoded_by_them = theirs.transformer.relative_positional_encoding  # in float32, whatever the model's type

    def encoded(qlen: int, klen: int, bsz: int, **_: object) -> Tensor:
        ours = distance_encodings(qlen, klen, d_model)
        torch.testing.assert_close(ours, encoded_by_them(qlen, klen)[:, 0], atol=1e-5, rtol=0)
        return ours.to(dtype)[:, None].expand(-1, bsz, -1)

    theirs.transformer.relative_positional_encoding = encoded
    return ours, theirs


@pytest.mark.parametrize("n_memory", [0, 4])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.double, 1e-10), (torch.float, 2e-5)])
@pytest.mark.parametrize(("n_layers", "n_heads", "n"), [(1, 1, 3), (2, 3, 5), (3, 5, 7)])
def test_it_is_transformers_xlnet_in_both_streams(dtype: torch.dtype, tolerance: float, n_layers: int, n_heads: int, n: int, n_memory: int) -> None:
    """Logits of the query stream, both streams' attention, the gradient of every weight; random orders, segments, a memory."""
    torch.manual_seed(n)
    d_model = 4 * n_heads
    ours, theirs = both(n_heads, n_layers, n, dtype)
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


@pytest.mark.parametrize(("one_in", "n_memory"), [(2, 5), (3, 9), (1, 8)])
def test_stretches_that_follow_each_other_are_remembered_as_transformers_remembers_them(one_in: int, n_memory: int) -> None:
    """Three steps of our objective, the memory handed on by either side: the predictions, the memories and the gradients of the last one."""
    torch.manual_seed(one_in)
    ours, theirs = both(3, 2, n_memory, torch.double)
    tokenizer = tokenizers.train([" ".join("abcdef")], TokenizerSettings(min_count=1))
    objective = Permutation(np.arange(400) % 6 + 7, 8, tokenizer, one_in, n_memory)
    memories, mems = (), None
    for step in range(3):
        batch = objective.following(step, 2, 1, torch.Generator().manual_seed(step))
        unseen = ~batch.attn_mask[:, 0, :, -8:] | torch.eye(8, dtype=torch.bool)
        wanted = batch.targets != IGNORE
        at = wanted.nonzero()[:, 1].view(2, -1)
        _, g, seen = ours.streams(batch, memories, at)
        memories = remembered(memories, seen, n_memory)
        expected = theirs(
            batch.ids, token_type_ids=torch.zeros_like(batch.ids), perm_mask=unseen.double(), target_mapping=F.one_hot(at, 8).double(), mems=mems, use_mems=True
        )  # fmt: skip
        mems = [each.detach() for each in expected.mems]
        for mine, their in zip(memories, mems, strict=True):
            torch.testing.assert_close(mine.double(), their.transpose(0, 1), atol=1e-6, rtol=1e-6)  # ours is kept in float32
        memories = [each.transpose(0, 1) for each in mems]
    logits = ours.unembed(g)
    torch.testing.assert_close(logits, expected.logits, atol=1e-10, rtol=1e-10)
    targets = batch.targets[wanted]
    F.cross_entropy(logits.flatten(0, 1), targets).backward()
    F.cross_entropy(expected.logits.flatten(0, 1), targets).backward()
    same_gradients(ours, theirs, renamed(3), 1e-10)
