"""T5, judged by transformers."""

from collections.abc import Mapping

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import T5Config, T5ForConditionalGeneration
from transformers.models.t5.modeling_t5 import T5Attention

from core.batch import IGNORE, Batch
from core.blocks.masks import causal, full, padding
from core.blocks.positions import relative_buckets
from core.inspection.hooks import capture
from core.models.t5 import T5
from tests.models.judging import given_weights, same_gradients, stirred

VOCAB = 13
PARTS = {
    "attention_norm": "layer.0.layer_norm",
    "cross_attention_norm": "layer.1.layer_norm",
    "attention.out": "layer.0.SelfAttention.o",
    "cross_attention.out": "layer.1.EncDecAttention.o",
}


def renamed(ours: Mapping[str, Tensor]) -> dict[str, Tensor]:
    result = {}
    for name, weight in ours.items():
        side, _, rest = name.partition(".")
        if name == "embed.weight":
            result["shared.weight"] = weight
        elif side.endswith("_distances"):
            result[f"{side.removesuffix('_distances')}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"] = weight
        elif side.endswith("_norm"):
            result[f"{side.removesuffix('_norm')}.final_layer_norm.weight"] = weight
        else:
            number, part = rest.split(".", 1)
            block, last = f"{side}.block.{number}", 1 if side == "encoder" else 2
            if "qkv" in part:
                at, kind = (1, "EncDecAttention") if part.startswith("cross") else (0, "SelfAttention")
                for letter, rows in zip("qkv", weight.chunk(3), strict=True):
                    result[f"{block}.layer.{at}.{kind}.{letter}.weight"] = rows
                continue
            parts = {**PARTS, "feed_forward.into": f"layer.{last}.DenseReluDense.wi", "feed_forward.out": f"layer.{last}.DenseReluDense.wo"}
            parts["feed_forward_norm"] = f"layer.{last}.layer_norm"
            result[f"{block}.{parts[part.removesuffix('.weight')]}.weight"] = weight
    return result


@pytest.mark.parametrize("both_ways", [True, False])
@pytest.mark.parametrize(("n_buckets", "furthest"), [(32, 128), (8, 20), (64, 1000)])
def test_distances_fall_into_transformers_buckets(both_ways: bool, n_buckets: int, furthest: int) -> None:
    distance = torch.arange(300) - torch.arange(250)[:, None]
    expected = T5Attention._relative_position_bucket(distance, both_ways, n_buckets, furthest)
    assert torch.equal(relative_buckets(250, 300, both_ways, n_buckets, furthest), expected)


# transformers takes the root of the mean square in float32 whatever the model's type.
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.double, 1e-5), (torch.float, 2e-5)])
@pytest.mark.parametrize(("n_layers", "n_heads", "n", "n_source"), [(1, 1, 1, 3), (2, 3, 5, 7), (3, 5, 7, 2)])
def test_it_is_transformers_t5(dtype: torch.dtype, tolerance: float, n_layers: int, n_heads: int, n: int, n_source: int) -> None:
    """Logits, three kinds of attention, and the gradient of every weight; a padded source."""
    torch.manual_seed(n)
    d_model = 4 * n_heads
    ours = T5(d_model, n_heads, n_layers, 24, 16, VOCAB, n_buckets=8).to(dtype)
    stirred(ours)
    config = T5Config(
        vocab_size=VOCAB, d_model=d_model, d_kv=4, d_ff=24, num_layers=n_layers, num_heads=n_heads, relative_attention_num_buckets=8,
        relative_attention_max_distance=128, dropout_rate=0.0, decoder_start_token_id=0, pad_token_id=0,
    )  # fmt: skip
    theirs = T5ForConditionalGeneration._from_config(config, attn_implementation="eager").to(dtype)
    given_weights(theirs, ours, renamed, ("lm_head", "encoder.embed_tokens", "decoder.embed_tokens"))
    source, ids, lengths = torch.randint(1, VOCAB, (2, n_source)), torch.randint(1, VOCAB, (2, n)), torch.tensor([n_source, max(1, n_source - 1)])
    seen = padding(lengths, n_source)
    batch = Batch(ids, torch.full_like(ids, IGNORE), causal(n), memory_mask=seen & full(n, n_source), source=source, source_mask=seen & full(n_source))
    with capture(ours, "*.pattern") as captured:
        logits = ours(batch)
    torch.testing.assert_close(ours(batch), logits, atol=tolerance, rtol=tolerance)
    expected = theirs(source, attention_mask=seen[:, 0, 0].long(), decoder_input_ids=ids, output_attentions=True)
    torch.testing.assert_close(logits, expected.logits, atol=tolerance, rtol=tolerance)
    ours_of = {kind: [p for name, p in captured.items() if name.startswith(side) and (".cross" in name) == cross] for kind, side, cross in KINDS}
    for kind, _, _ in KINDS:
        torch.testing.assert_close(torch.stack(ours_of[kind]), torch.stack(getattr(expected, kind)), atol=tolerance, rtol=0)
    targets = torch.randint(VOCAB, (2 * n,))
    F.cross_entropy(logits.flatten(0, 1), targets).backward()
    F.cross_entropy(expected.logits.flatten(0, 1), targets).backward()
    same_gradients(ours, theirs, renamed, tolerance)


KINDS = (("encoder_attentions", "encoder", False), ("decoder_attentions", "decoder", False), ("cross_attentions", "decoder", True))
