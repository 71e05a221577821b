"""T5 as transformers' T5."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.conversion.family import Arrays, Family, Widths, need

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


def config(settings: Any, widths: Widths) -> dict[str, Any]:
    s = settings
    return {
        "vocab_size": widths.vocab_size, "d_model": s.d_model, "d_kv": widths.d_heads // s.n_heads, "d_ff": widths.d_ff, "num_layers": s.n_layers,
        "num_decoder_layers": s.n_layers, "num_heads": s.n_heads, "dropout_rate": s.dropout, "feed_forward_proj": "relu", "n_positions": s.n_ctx,
    }  # fmt: skip


def settings(given: Mapping[str, Any]) -> dict[str, Any]:
    for name, usual in (
        ("feed_forward_proj", "relu"), ("num_decoder_layers", int(given["num_layers"])), ("relative_attention_num_buckets", 32),
        ("relative_attention_max_distance", 128), ("layer_norm_epsilon", 1e-6), ("tie_word_embeddings", True), ("scale_decoder_outputs", True),
    ):  # fmt: skip
        need(given, name, usual)
    return {
        "n_layers": int(given["num_layers"]),
        "n_heads": int(given["num_heads"]),
        "d_model": int(given["d_model"]),
        "n_ctx": min(512, int(given.get("n_positions", 512))),
    }


def widths(given: Mapping[str, Any]) -> Widths:
    return Widths(int(given.get("vocab_size", 0)), int(given["d_ff"]), int(given["num_heads"]) * int(given["d_kv"]))


T5 = Family("t5", "t5", "T5ForConditionalGeneration", renamed, config, settings, widths, frame=("$A [EOS]", "$A [EOS] $B [EOS]"))
