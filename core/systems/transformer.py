"""The Transformer: its settings and its row in SYSTEMS. The model: core.models.transformer."""

from dataclasses import dataclass

from core.settings import setting
from core.systems.record import Preset, System
from core.text.tokenizing import CHARACTERS, SUBWORDS, TokenizerSettings


@dataclass(frozen=True)
class TransformerSettings:
    n_layers: int = setting(2, "Blocks of the encoder, and as many of the decoder.", 1, 12)
    n_heads: int = setting(4, "Attention heads of each block; d_model must be divisible by it.", 1, 32)
    d_model: int = setting(128, "Width of the residual stream.", 4, 2048, 16)
    n_ctx: int = setting(64, "Tokens of the longest source or target; longer pairs are left out.", 2, 2048, 16)
    norm: str = setting("post", "Layer norm after each sub-layer, as in the paper, or before it.", choices=("post", "pre"))
    dropout: float = setting(0.1, "Share of activations dropped while training.", 0.0, 0.9, 0.05)
    label_smoothing: float = setting(0.1, "Share of each target's probability that is spread over all tokens.", 0.0, 0.9, 0.05)
    schedule: str = setting("cosine", "After the warm-up: along a cosine, or with 1/sqrt(step) as in the paper.", choices=("cosine", "inverse root"))
    batch_size: int = setting(32, "Pairs a step.", 1, 1024)
    learning_rate: float = setting(1e-3, "Highest rate, reached at the end of the warm-up.", 1e-6, 1.0, 1e-4)
    warmup_steps: int = setting(200, "Steps over which the rate rises from nothing.", 0, 100_000, 10)
    weight_decay: float = setting(0.0, "AdamW's decay, on matrices only.", 0.0, 1.0, 0.01)
    n_steps: int = setting(2000, "Steps in all.", 1, 1_000_000, 100)
    seed: int = setting(1, "Where all randomness begins.", 0, 2**31 - 1)

    def __post_init__(self) -> None:
        if self.n_heads and self.d_model % self.n_heads:
            raise ValueError(f"d_model ({self.d_model}) must be divisible by n_heads ({self.n_heads}), so that each head gets an equal share.")


LETTERS = {"d_model": 64, "n_ctx": 16, "dropout": 0.0, "label_smoothing": 0.0, "batch_size": 64, "learning_rate": 2e-3}


SYSTEM = System(
    name="transformer",
    title="Transformer",
    year=2017,
    paper="Vaswani et al. 2017, Attention Is All You Need (arXiv 1706.03762)",
    difference="Self-attention in place of recurrence, in an encoder and a decoder.",
    settings=TransformerSettings,
    tokenizer=TokenizerSettings(kind="word", vocab_size=8000, min_count=1, lowercase=False, punctuation=True),
    learner="core.training.transformer:TransformerLearner",
    objectives=("pairs",),
    offers=frozenset({"vectors", "neighbours", "attention", "objective", "translate"}),
    corpus="task-english-chinese",
    presets=(
        Preset("quick look", "One layer, half the width: a minute.", {"n_layers": 1, "d_model": 64, "n_ctx": 32, "n_steps": 600}),
        Preset(
            "reverse",
            "Letters backwards: the cross-attention runs along the other diagonal. Two minutes.",
            {**LETTERS, "n_steps": 1500},
            CHARACTERS,
            "task-reverse",
        ),
        Preset("dates", "Dates in six forms, all written alike. Two minutes.", {**LETTERS, "n_ctx": 32, "n_steps": 1200}, CHARACTERS, "task-dates"),
        Preset(
            "addition",
            "Sums of two numbers of up to three digits. Several minutes.",
            {**LETTERS, "d_model": 128, "norm": "pre", "n_steps": 6000},
            CHARACTERS,
            "task-addition",
        ),
        Preset("real pairs", "For sentences in two languages, by sub-words; bring some on the page Corpora.", {"batch_size": 64, "n_steps": 5000}, SUBWORDS),
    ),
)
