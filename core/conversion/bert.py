"""BERT, and ERNIE and UniLM with the same network, as transformers' BERT and ERNIE."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from core.conversion.family import Arrays, Family, Renamed, Widths, inner, need

NAMES = {
    "embed.weight": "{}embeddings.word_embeddings.weight", "positions.weight": "{}embeddings.position_embeddings.weight",
    "segments.weight": "{}embeddings.token_type_embeddings.weight", "tasks.weight": "{}embeddings.task_type_embeddings.weight",
    "embed_norm": "{}embeddings.LayerNorm", "pooler": "{}pooler.dense", "head_norm": "cls.predictions.transform.LayerNorm",
    "head_bias": "cls.predictions.bias", "head": "cls.predictions.transform.dense", "classes.0": "cls.seq_relationship",
    "attention.out": "attention.output.dense", "attention_norm": "attention.output.LayerNorm", "feed_forward.into": "intermediate.dense",
    "feed_forward.out": "output.dense", "feed_forward_norm": "output.LayerNorm", "blocks": "{}encoder.layer",
}  # fmt: skip


def named(prefix: str) -> Renamed:
    """prefix: "bert." or "ernie.". Left out: what transformers has not (classes of further tasks, n-grams predicted as one)."""

    def renamed(ours: Arrays, settings: Any) -> dict[str, np.ndarray]:
        found = {}
        for name, weight in ours.items():
            if "qkv" in name:
                block, kind = name.split(".attention.qkv.")
                for part, rows in zip(("query", "key", "value"), np.split(weight, 3), strict=True):
                    found[f"{prefix}encoder.layer{block.removeprefix('blocks')}.attention.self.{part}.{kind}"] = rows
                continue
            if name.startswith(("classes.", "ngram")) and not name.startswith("classes.0"):
                continue
            new = name
            for old, there in NAMES.items():
                if new.startswith(old) or f".{old}" in new:
                    new = new.replace(old, there.format(prefix), 1)
            found[new] = weight
        return found

    return renamed


def _config(**more: Any) -> Callable[[Any, Widths], dict[str, Any]]:
    def config(settings: Any, widths: Widths) -> dict[str, Any]:
        s = settings
        return {
            "vocab_size": widths.vocab_size, "hidden_size": s.d_model, "num_hidden_layers": s.n_layers, "num_attention_heads": s.n_heads,
            "intermediate_size": widths.d_ff, "max_position_embeddings": s.n_ctx, "type_vocab_size": 2, "hidden_dropout_prob": s.dropout,
            "attention_probs_dropout_prob": s.dropout, "hidden_act": "gelu", "layer_norm_eps": 1e-12, **more,
        }  # fmt: skip

    return config


def _settings(n_segments: tuple[int, ...], *epsilon: float) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    def settings(given: Mapping[str, Any]) -> dict[str, Any]:
        need(given, "hidden_act", "gelu")
        need(given, "position_embedding_type", "absolute")
        need(given, "layer_norm_eps", *epsilon)
        need(given, "type_vocab_size", *n_segments)
        need(given, "is_decoder", False)
        need(given, "tie_word_embeddings", True)
        return {
            "n_layers": int(given["num_hidden_layers"]), "n_heads": int(given["num_attention_heads"]), "d_model": int(given["hidden_size"]),
            "n_ctx": int(given["max_position_embeddings"]),
        }  # fmt: skip

    return settings


def _family(system: str, model_type: str, architecture: str, config: Any, settings: Any, **more: Any) -> Family:
    return Family(
        system, model_type, architecture, named(f"{model_type}."), config, settings, lambda given: inner(given, "hidden_size", "intermediate_size"),
        frame=("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1"), rows=("head_bias",), **more,
    )  # fmt: skip


BERT = _family("bert", "bert", "BertForPreTraining", _config(), _settings((2,), 1e-12))
# Its three kinds of segments are the parts of a shuffled text; Baidu's have two or four, some no tasks, and 1e-5 in their norms, where ours differ by less
# than can be seen.
ERNIE = _family(
    "ernie", "ernie", "ErnieForPreTraining", _config(use_task_id=True, task_type_vocab_size=3, type_vocab_size=3), _settings((2, 3, 4), 1e-12, 1e-5),
    of_any_height=("segments.weight", "tasks.weight"),
)  # fmt: skip
UNILM = _family("unilm", "bert", "BertForPreTraining", _config(layer_norm_eps=1e-5, type_vocab_size=6), _settings((6,), 1e-5))
