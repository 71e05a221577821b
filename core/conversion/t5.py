"""T5 as transformers' T5."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.conversion.family import Arrays, Family, checked_width, need

PARTS = {
    "attention_norm": "layer.0.layer_norm", "cross_attention_norm": "layer.1.layer_norm",
    "attention.out": "layer.0.SelfAttention.o", "cross_attention.out": "layer.1.EncDecAttention.o",
}  # fmt: skip


def renamed(ours: Arrays, settings: Any) -> dict[str, np.ndarray]:
    found = {}
    for name, weight in ours.items():
        side, _, rest = name.partition(".")
        if name == "embed.weight":
            found["shared.weight"] = weight
        elif side.endswith("_distances"):
            found[f"{side.removesuffix('_distances')}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"] = weight
        elif side.endswith("_norm"):
            found[f"{side.removesuffix('_norm')}.final_layer_norm.weight"] = weight
        else:
            number, part = rest.split(".", 1)
            block, last = f"{side}.block.{number}", 1 if side == "encoder" else 2
            if "qkv" in part:
                at, kind = (1, "EncDecAttention") if part.startswith("cross") else (0, "SelfAttention")
                found |= {f"{block}.layer.{at}.{kind}.{letter}.weight": rows for letter, rows in zip("qkv", np.split(weight, 3), strict=True)}
                continue
            dense = {"feed_forward.into": "DenseReluDense.wi", "feed_forward.out": "DenseReluDense.wo", "feed_forward_norm": "layer_norm"}
            parts = PARTS | {mine: f"layer.{last}.{theirs}" for mine, theirs in dense.items()}
            found[f"{block}.{parts[part.removesuffix('.weight')]}.weight"] = weight
    return found


def config(settings: Any, vocab_size: int) -> dict[str, Any]:
    s = settings
    return {
        "vocab_size": vocab_size, "d_model": s.d_model, "d_kv": s.d_model // s.n_heads, "d_ff": 4 * s.d_model, "num_layers": s.n_layers,
        "num_decoder_layers": s.n_layers, "num_heads": s.n_heads, "dropout_rate": s.dropout, "feed_forward_proj": "relu",
    }  # fmt: skip


def settings(given: Mapping[str, Any]) -> dict[str, Any]:
    need(given, "feed_forward_proj", "relu")
    need(given, "num_decoder_layers", None, given["num_layers"])
    need(given, "d_kv", int(given["d_model"]) // int(given["num_heads"]))
    need(given, "relative_attention_num_buckets", 32)
    checked_width(given, "d_model", "d_ff")
    return {
        "n_layers": int(given["num_layers"]),
        "n_heads": int(given["num_heads"]),
        "d_model": int(given["d_model"]),
        "n_ctx": int(given.get("n_positions", 512)),
    }


T5 = Family("t5", "t5", "T5ForConditionalGeneration", renamed, config, settings)
