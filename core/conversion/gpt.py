"""GPT as transformers' GPT-2 (norm before) or OpenAI-GPT (norm after)."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.conversion.family import Arrays, Family, Widths, inner, need

PARTS = {
    "attention.qkv": "attn.c_attn", "attention.out": "attn.c_proj", "feed_forward.into": "mlp.c_fc", "feed_forward.out": "mlp.c_proj",
    "attention_norm": "ln_1", "feed_forward_norm": "ln_2", "final_norm": "ln_f", "blocks": "h",
}  # fmt: skip


def renamed(ours: Arrays, settings: Any) -> dict[str, np.ndarray]:
    """Its Conv1D keeps matrices transposed."""
    tables = ("wte.weight", "wpe.weight") if settings.norm == "pre" else ("tokens_embed.weight", "positions_embed.weight")
    names = dict(zip(("embed.weight", "positions.weight"), tables, strict=True))
    found = {}
    for name, weight in ours.items():
        if name == "unembedding.weight":
            found["lm_head.weight"] = weight
            continue
        new = names.get(name, name)
        for part, their_part in PARTS.items():
            new = new.replace(part, their_part)
        found[f"transformer.{new}"] = weight.T if ".c_" in new and weight.ndim == 2 else weight
    return found


ACTIVATIONS = {"gelu": "gelu", "gelu by tanh": "gelu_new", "relu": "relu"}  # ours: theirs
OF_GPT_1 = {"gelu by tanh": "gelu", "relu": "relu"}  # whose gelu is by tanh
ALIKE = {"gelu_pytorch_tanh": "gelu_new", "gelu_fast": "gelu_new"}


def config(settings: Any, widths: Widths) -> dict[str, Any]:
    s = settings
    if not s.feed_forward or s.norm not in ("pre", "post"):
        raise ValueError("transformers has no GPT of attention alone, or without norms, so that this run cannot be exported to it. Export its weights instead.")
    if s.norm == "post" and s.activation not in OF_GPT_1:
        raise ValueError("transformers' OpenAI-GPT computes gelu by tanh alone. Train with activation “gelu by tanh”, or export the weights.")
    sizes = {"vocab_size": widths.vocab_size, "n_positions": s.n_ctx, "n_embd": s.d_model, "n_layer": s.n_layers, "n_head": s.n_heads}
    drops = dict.fromkeys(("resid_pdrop", "embd_pdrop", "attn_pdrop"), s.dropout)
    act = {"activation_function": ACTIVATIONS[s.activation], "n_inner": widths.d_ff} if s.norm == "pre" else {"afn": OF_GPT_1[s.activation]}
    return {**sizes, **drops, **act, "tie_word_embeddings": s.tied}


def _settings(norm: str, given: Mapping[str, Any]) -> dict[str, Any]:
    for name, usual in (
        ("scale_attn_weights", True), ("scale_attn_by_inverse_layer_idx", False), ("add_cross_attention", False), ("layer_norm_epsilon", 1e-5),
    ):  # fmt: skip
        need(given, name, usual)
    name, known = ("activation_function", ACTIVATIONS) if norm == "pre" else ("afn", OF_GPT_1)
    act = given.get(name, known["gelu by tanh"])
    need({name: ALIKE.get(act, act)}, name, *known.values())
    ours = {theirs: ours for ours, theirs in known.items()}
    return {
        "n_layers": int(given["n_layer"]), "n_heads": int(given["n_head"]), "d_model": int(given["n_embd"]), "norm": norm,
        "n_ctx": int(given.get("n_positions", given.get("n_ctx", 512))), "activation": ours[ALIKE.get(act, act)],
        "tied": bool(given.get("tie_word_embeddings", True)),
    }  # fmt: skip


GPT2 = Family(
    "gpt", "gpt2", "GPT2LMHeadModel", renamed, config, lambda given: _settings("pre", given), lambda given: inner(given, "n_embd", "n_inner"),
    fits=lambda settings: settings.norm != "post", rows=("unembedding.weight",),
)  # fmt: skip
OPENAI_GPT = Family(
    "gpt", "openai-gpt", "OpenAIGPTLMHeadModel", renamed, config, lambda given: _settings("post", given), lambda given: inner(given, "n_embd", "n_inner"),
    fits=lambda settings: settings.norm == "post", rows=("unembedding.weight",),
)  # fmt: skip
