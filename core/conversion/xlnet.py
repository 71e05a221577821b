"""XLNet as transformers' XLNet."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.conversion.family import Arrays, Family, Widths, inner, need

TABLES = {"embed.weight": "transformer.word_embedding.weight", "unknown": "transformer.mask_emb", "head_bias": "lm_loss.bias"}
PARTS = {
    "attention.content_bias": "rel_attn.r_w_bias", "attention.distance_bias": "rel_attn.r_r_bias", "attention.segment_bias": "rel_attn.r_s_bias",
    "attention.segments": "rel_attn.seg_embed", "attention_norm": "rel_attn.layer_norm", "feed_forward.into": "ff.layer_1",
    "feed_forward.out": "ff.layer_2", "feed_forward_norm": "ff.layer_norm",
}  # fmt: skip


def renamed(ours: Arrays, settings: Any) -> dict[str, np.ndarray]:
    """Matrices of heads as [d_model, head, d_head]."""

    def by_head(weight: np.ndarray) -> np.ndarray:
        return weight.reshape(len(weight), settings.n_heads, -1)

    found = {}
    for name, weight in ours.items():
        if name in TABLES:
            found[TABLES[name]] = weight[None, None] if name == "unknown" else weight
            continue
        _, number, rest = name.split(".", 2)
        layer = f"transformer.layer.{number}"
        if "qkv" in rest:
            found |= {f"{layer}.rel_attn.{letter}": by_head(part.T) for letter, part in zip("qkv", np.split(weight, 3), strict=True)}
        elif rest == "attention.distance.weight":
            found[f"{layer}.rel_attn.r"] = by_head(weight.T)
        elif rest == "attention.out.weight":
            found[f"{layer}.rel_attn.o"] = by_head(weight)
        else:
            old, new = next(pair for pair in PARTS.items() if rest.startswith(pair[0]))
            found[f"{layer}.{new}{rest.removeprefix(old)}"] = weight
    return found


def config(settings: Any, widths: Widths) -> dict[str, Any]:
    s = settings
    sizes = {"vocab_size": widths.vocab_size, "d_model": s.d_model, "n_layer": s.n_layers, "n_head": s.n_heads, "d_inner": widths.d_ff}
    return {**sizes, "dropout": s.dropout, "mem_len": s.n_memory or None}


def settings(given: Mapping[str, Any]) -> dict[str, Any]:
    for name, usual in (
        ("ff_activation", "gelu"), ("attn_type", "bi"), ("bi_data", False), ("clamp_len", -1), ("same_length", False), ("layer_norm_eps", 1e-12),
        ("tie_word_embeddings", True),
    ):  # fmt: skip
        need(given, name, usual)
    return {"n_layers": int(given["n_layer"]), "n_heads": int(given["n_head"]), "d_model": int(given["d_model"]), "n_ctx": 512, "n_memory": 0}


XLNET = Family(
    "xlnet", "xlnet", "XLNetLMHeadModel", renamed, config, settings, lambda given: inner(given, "d_model", "d_inner"),
    frame=("$A", "$A [SEP] $B:1 [SEP]:1 [CLS]:2"), rows=("head_bias",),
)  # fmt: skip
