"""The Transformer as transformers' Marian (norms after, as in 2017) or Pegasus (norms before).

Their positions are all sines and then all cosines, ours take turns as in the paper: every weight that reads from the residual stream or writes to it has
its features in another order there.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.conversion.family import Arrays, Family, Widths, need

# Which reads from the stream has its columns in their order, which writes to it its rows.
PARTS = {
    "cross_attention_norm": "encoder_attn_layer_norm", "cross_attention.out": "encoder_attn.out_proj", "attention_norm": "self_attn_layer_norm",
    "attention.out": "self_attn.out_proj", "feed_forward.into": "fc1", "feed_forward.out": "fc2", "feed_forward_norm": "final_layer_norm",
}  # fmt: skip


def renamed(ours: Arrays, settings: Any) -> dict[str, np.ndarray]:
    order = np.concatenate([np.arange(0, settings.d_model, 2), np.arange(1, settings.d_model, 2)])
    found = {}
    for name, weight in ours.items():
        side, _, rest = name.partition(".")
        if name == "embed.weight":
            found["model.shared.weight"] = weight[:, order]
        elif side.endswith("_norm"):
            found[f"model.{side.removesuffix('_norm')}.layer_norm.{rest}"] = weight[order]
        else:
            number, part = rest.split(".", 1)
            part, _, kind = part.rpartition(".")
            layer, reads = f"model.{side}.layers.{number}", part.endswith(("qkv", "into"))
            turned = weight[order] if not reads else weight[:, order] if weight.ndim == 2 else weight
            if part.endswith("qkv"):
                called = "encoder_attn" if part.startswith("cross") else "self_attn"
                found |= {f"{layer}.{called}.{letter}_proj.{kind}": rows for letter, rows in zip("qkv", np.split(turned, 3), strict=True)}
            else:
                found[f"{layer}.{PARTS[part]}.{kind}"] = turned
    return found


def config(settings: Any, widths: Widths) -> dict[str, Any]:
    s = settings
    sides = {
        f"{side}_{name}": value
        for side in ("encoder", "decoder")
        for name, value in (("layers", s.n_layers), ("attention_heads", s.n_heads), ("ffn_dim", widths.d_ff))
    }
    drops = dict.fromkeys(("dropout", "attention_dropout", "activation_dropout"), s.dropout)
    more = {"decoder_vocab_size": widths.vocab_size, "share_encoder_decoder_embeddings": True} if s.norm == "post" else {}
    return {
        "vocab_size": widths.vocab_size, "d_model": s.d_model, **sides, **drops, **more, "max_position_embeddings": s.n_ctx, "activation_function": "relu",
        "scale_embedding": True, "is_encoder_decoder": True, "forced_eos_token_id": None,
    }  # fmt: skip


def _settings(norm: str, given: Mapping[str, Any]) -> dict[str, Any]:
    n_layers, n_heads, d_ff = (int(given[f"encoder_{name}"]) for name in ("layers", "attention_heads", "ffn_dim"))
    need({"activation_function": "gelu", "scale_embedding": False, **given}, "activation_function", "relu")  # what is not said is as in their programs
    need({"scale_embedding": False, **given}, "scale_embedding", True)
    for name, usual in (
        ("share_encoder_decoder_embeddings", True), ("tie_word_embeddings", True), ("decoder_layers", n_layers), ("decoder_attention_heads", n_heads),
        ("decoder_ffn_dim", d_ff),
    ):  # fmt: skip
        need(given, name, usual)
    return {"n_layers": n_layers, "n_heads": n_heads, "d_model": int(given["d_model"]), "n_ctx": int(given["max_position_embeddings"]), "norm": norm}


def _family(norm: str, model_type: str, architecture: str) -> Family:
    return Family(
        "transformer", model_type, architecture, renamed, config, lambda given: _settings(norm, given),
        lambda given: Widths(int(given.get("vocab_size", 0)), int(given["encoder_ffn_dim"])), fits=lambda settings: settings.norm == norm,
        nothing=("final_logits_bias",),
    )  # fmt: skip


MARIAN, PEGASUS = _family("post", "marian", "MarianMTModel"), _family("pre", "pegasus", "PegasusForConditionalGeneration")
