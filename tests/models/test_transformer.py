"""The Transformer, judged by transformers' Marian (the 2017 arrangement) and by torch's own layers (norms first)."""

from collections.abc import Mapping

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import MarianConfig, MarianMTModel

from core.batch import IGNORE, Batch
from core.blocks.masks import causal, full, padding
from core.inspection.hooks import capture
from core.models.transformer import Transformer
from tests.models.judging import given_weights, same_gradients, stirred

VOCAB = 13
PARTS = {
    "cross_attention_norm": "encoder_attn_layer_norm",
    "cross_attention.out": "encoder_attn.out_proj",
    "cross_attention.qkv": "encoder_attn",
    "attention_norm": "self_attn_layer_norm",
    "attention.out": "self_attn.out_proj",
    "attention.qkv": "self_attn",
    "feed_forward.into": "fc1",
    "feed_forward.out": "fc2",
    "feed_forward_norm": "final_layer_norm",
}


def renamed(ours: Mapping[str, Tensor]) -> dict[str, Tensor]:
    result = {"model.shared.weight": ours["embed.weight"]}
    for name, weight in ours.items():
        if name != "embed.weight":
            side, number, rest = name.split(".", 2)
            old, new = next(pair for pair in PARTS.items() if rest.startswith(pair[0]))
            if "qkv" in old:
                for letter, rows in zip("qkv", weight.chunk(3), strict=True):
                    result[f"model.{side}.layers.{number}.{new}.{letter}_proj{rest.removeprefix(old)}"] = rows
            else:
                result[f"model.{side}.layers.{number}.{new}{rest.removeprefix(old)}"] = weight
    return result


def batch_of(ids: Tensor, source: Tensor, lengths: Tensor) -> Batch:
    n, n_source = ids.shape[1], source.shape[1]
    seen = padding(lengths, n_source)
    return Batch(ids, torch.full_like(ids, IGNORE), causal(n), memory_mask=seen & full(n, n_source), source=source, source_mask=seen & full(n_source))


def transformer(n_layers: int, n_heads: int, norm: str = "post") -> Transformer:
    made = Transformer(4 * n_heads, n_heads, n_layers, 24, 16, VOCAB, norm)
    stirred(made)
    return made


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.double, 1e-10), (torch.float, 2e-5)])
@pytest.mark.parametrize(("n_layers", "n_heads", "n", "n_source"), [(1, 1, 1, 3), (2, 3, 5, 7), (3, 5, 7, 2)])
def test_it_is_transformers_marian(dtype: torch.dtype, tolerance: float, n_layers: int, n_heads: int, n: int, n_source: int) -> None:
    """Logits, three kinds of attention, and the gradient of every weight; a padded source."""
    torch.manual_seed(n)
    ours = transformer(n_layers, n_heads).to(dtype)
    config = MarianConfig(
        vocab_size=VOCAB, d_model=4 * n_heads, encoder_layers=n_layers, decoder_layers=n_layers, encoder_attention_heads=n_heads,
        decoder_attention_heads=n_heads, encoder_ffn_dim=24, decoder_ffn_dim=24, max_position_embeddings=16, pad_token_id=0, decoder_start_token_id=0,
        activation_function="relu", scale_embedding=True, dropout=0.0, eos_token_id=None, forced_eos_token_id=None,
    )  # fmt: skip
    theirs = MarianMTModel._from_config(config, attn_implementation="eager").to(dtype)
    tied = ("lm_head", "model.encoder.embed_tokens", "model.decoder.embed_tokens", "final_logits_bias")
    given_weights(theirs, ours, renamed, (*tied, "model.encoder.embed_positions", "model.decoder.embed_positions"))
    with torch.no_grad():  # Marian has all sines before all cosines, the paper by turns: the same up to an order of the features
        for side in (theirs.model.encoder, theirs.model.decoder):
            side.embed_positions.weight.copy_(ours.places)
    source, ids, lengths = torch.randint(1, VOCAB, (2, n_source)), torch.randint(1, VOCAB, (2, n)), torch.tensor([n_source, max(1, n_source - 1)])
    batch = batch_of(ids, source, lengths)
    with capture(ours, "*.pattern") as captured:
        logits = ours(batch)
    torch.testing.assert_close(ours(batch), logits, atol=tolerance, rtol=tolerance)
    expected = theirs(source, attention_mask=padding(lengths, n_source)[:, 0, 0].long(), decoder_input_ids=ids, output_attentions=True)
    torch.testing.assert_close(logits, expected.logits, atol=tolerance, rtol=tolerance)
    for kind, side, cross in (("encoder_attentions", "encoder", False), ("decoder_attentions", "decoder", False), ("cross_attentions", "decoder", True)):
        found = [p for name, p in captured.items() if name.startswith(side) and (".cross" in name) == cross]
        torch.testing.assert_close(torch.stack(found), torch.stack(getattr(expected, kind)), atol=tolerance, rtol=0)
    targets = torch.randint(VOCAB, (2 * n,))
    F.cross_entropy(logits.flatten(0, 1), targets).backward()
    F.cross_entropy(expected.logits.flatten(0, 1), targets).backward()
    same_gradients(ours, theirs, renamed, tolerance, but=("model.shared",))  # Marian drops the gradient of the row of its padding
    shared = theirs.model.shared.weight.grad
    torch.testing.assert_close(ours.embed.weight.grad[1:], shared[1:], atol=tolerance, rtol=tolerance)


def test_with_norms_first_it_is_torchs_layers_one_after_the_other() -> None:
    torch.manual_seed(1)
    ours = transformer(2, 3, "pre").double()
    layer = nn.TransformerEncoderLayer(12, 3, 24, 0.0, batch_first=True, norm_first=True).double()
    other = nn.TransformerDecoderLayer(12, 3, 24, 0.0, batch_first=True, norm_first=True).double()
    names = {"attention.qkv.": "self_attn.in_proj_", "attention.out": "self_attn.out_proj", "feed_forward.into": "linear1", "feed_forward.out": "linear2"}
    norms = {"attention_norm": "norm1", "cross_attention_norm": "norm2", "cross_attention.qkv.": "multihead_attn.in_proj_"}

    def weights(block: nn.Module, last: str) -> dict[str, Tensor]:
        every = {**names, **norms, "cross_attention.out": "multihead_attn.out_proj", "feed_forward_norm": last}
        return {next(new + name.removeprefix(old) for old, new in every.items() if name.startswith(old)): w for name, w in block.named_parameters()}

    source, ids, lengths = torch.randint(1, VOCAB, (2, 6)), torch.randint(1, VOCAB, (2, 5)), torch.tensor([6, 4])
    batch = batch_of(ids, source, lengths)
    memory, x = ours.embedded(source), ours.embedded(ids)
    blind = ~padding(lengths, 6)[:, 0, 0]
    for block in ours.encoder:
        layer.load_state_dict(weights(block, "norm2"))
        memory = layer(memory, src_key_padding_mask=blind)
    memory = ours.encoder_norm(memory)
    for block in ours.decoder:
        other.load_state_dict(weights(block, "norm3"))
        x = other(x, memory, tgt_mask=~causal(5)[0, 0], memory_key_padding_mask=blind)
    torch.testing.assert_close(ours(batch), ours.unembed(ours.decoder_norm(x)), atol=1e-10, rtol=0)
