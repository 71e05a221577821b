"""UniLM: its settings and its row in SYSTEMS. The model: core.models.bert."""

from dataclasses import dataclass

from core.settings import setting
from core.systems.record import Preset, System
from core.text.tokenizing import TokenizerSettings


@dataclass(frozen=True)
class UniLMSettings:
    n_layers: int = setting(4, "Blocks on top of each other.", 1, 24)
    n_heads: int = setting(4, "Attention heads of each block; d_model must be divisible by it.", 1, 32)
    d_model: int = setting(128, "Width of the residual stream.", 4, 2048, 16)
    n_ctx: int = setting(64, "Tokens of a sequence: [CLS], a, [SEP], b, [SEP]; longer pairs are left out.", 8, 2048, 16)
    masked_share: float = setting(0.15, "Of a text: share of the tokens to be predicted.", 0.01, 0.9, 0.05)
    masked_target: float = setting(0.7, "Of pairs: share of the target's tokens to be predicted.", 0.01, 1.0, 0.05)
    next_sentence: bool = setting(True, "Of a text, read from both sides, besides: is b the sentence that follows a, or one from elsewhere?")
    dropout: float = setting(0.0, "Share of activations dropped while training.", 0.0, 0.9, 0.05)
    batch_size: int = setting(32, "Sequences a step.", 1, 1024)
    learning_rate: float = setting(1e-3, "Highest rate; it warms up, then falls along a cosine to a tenth.", 1e-6, 1.0, 1e-4)
    warmup_steps: int = setting(200, "Steps over which the rate rises from nothing.", 0, 100_000, 10)
    weight_decay: float = setting(0.01, "AdamW's decay, on matrices only.", 0.0, 1.0, 0.01)
    n_steps: int = setting(2000, "Steps in all.", 1, 1_000_000, 100)
    seed: int = setting(1, "Where all randomness begins.", 0, 2**31 - 1)

    def __post_init__(self) -> None:
        if self.n_heads and self.d_model % self.n_heads:
            raise ValueError(f"d_model ({self.d_model}) must be divisible by n_heads ({self.n_heads}), so that each head gets an equal share.")


SYSTEM = System(
    name="unilm",
    title="UniLM",
    year=2019,
    paper="Dong et al. 2019, Unified Language Model Pre-training for Natural Language Understanding and Generation (arXiv 1905.03197)",
    difference="One network under four masks: seen from both sides, from the left, from the right, or a target with its source before it.",
    settings=UniLMSettings,
    tokenizer=TokenizerSettings(kind="wordpiece", vocab_size=8000, min_count=2),
    learner="core.training.unilm:UniLMLearner",
    objectives=("bidirectional", "left to right", "right to left", "sequence to sequence", "next sentence"),
    offers=frozenset({"vectors", "neighbours", "attention", "objective", "generate", "fill", "translate", "next_sentence"}),
    presets=(
        Preset("quick look", "Two layers, half the width: a minute or two.", {"n_layers": 2, "d_model": 64, "n_ctx": 32, "n_steps": 1000}),
        Preset("small", "Four layers of 128: several minutes.", {}),
        Preset(
            "reverse",
            "Trained on pairs from the beginning: each line written backwards.",
            {"n_layers": 2, "n_ctx": 48, "n_steps": 2000},
            TokenizerSettings(kind="word", min_count=1),
            "task-reverse",
        ),
    ),
)
