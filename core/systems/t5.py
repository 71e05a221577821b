"""T5: its settings and its row in SYSTEMS. The model: core.models.t5."""

from dataclasses import dataclass

from core.settings import setting
from core.systems.record import Preset, System
from core.text.sentinels import N_SENTINELS
from core.text.tokenizing import CHARACTERS, TokenizerSettings


@dataclass(frozen=True)
class T5Settings:
    n_layers: int = setting(2, "Blocks of the encoder, and as many of the decoder.", 1, 12)
    n_heads: int = setting(4, "Attention heads of each block; d_model must be divisible by it.", 1, 32)
    d_model: int = setting(128, "Width of the residual stream.", 4, 2048, 16)
    n_ctx: int = setting(64, "Tokens of the longest source or target; longer pairs are left out.", 8, 512, 16)
    noise_density: float = setting(0.15, "Share of a running text that is hidden.", 0.01, 0.5, 0.05)
    mean_span_length: float = setting(3.0, "Tokens that one sentinel hides, on average.", 1.0, 20.0, 0.5)
    dropout: float = setting(0.0, "Share of activations dropped while training.", 0.0, 0.9, 0.05)
    schedule: str = setting("cosine", "After the warm-up: along a cosine, or with 1/sqrt(step) as in the paper.", choices=("cosine", "inverse root"))
    batch_size: int = setting(32, "Examples a step.", 1, 1024)
    learning_rate: float = setting(2e-3, "Highest rate, reached at the end of the warm-up.", 1e-6, 1.0, 1e-4)
    warmup_steps: int = setting(200, "Steps over which the rate rises from nothing.", 0, 100_000, 10)
    weight_decay: float = setting(0.0, "AdamW's decay, on matrices only.", 0.0, 1.0, 0.01)
    n_steps: int = setting(2000, "Steps in all.", 1, 1_000_000, 100)
    seed: int = setting(1, "Where all randomness begins.", 0, 2**31 - 1)

    def __post_init__(self) -> None:
        if self.n_heads and self.d_model % self.n_heads:
            raise ValueError(f"d_model ({self.d_model}) must be divisible by n_heads ({self.n_heads}), so that each head gets an equal share.")
        n_spans = 2 * self.n_ctx * self.noise_density / max(1.0, self.mean_span_length)
        if n_spans > N_SENTINELS:
            raise ValueError(
                f"So many spans would be hidden that {N_SENTINELS} sentinels are too few. Lower n_ctx or noise_density, or raise mean_span_length."
            )


SYSTEM = System(
    name="t5",
    title="T5",
    year=2020,
    paper="Raffel et al. 2020, Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer (arXiv 1910.10683)",
    difference="Every task is text to text: spans hidden behind sentinels are restored, and what is asked stands before the source.",
    settings=T5Settings,
    tokenizer=TokenizerSettings(kind="word", vocab_size=5000, min_count=1, lowercase=False, punctuation=True),
    learner="core.training.t5:T5Learner",
    objectives=("spans", "pairs"),
    offers=frozenset({"vectors", "neighbours", "attention", "objective", "translate", "restore"}),
    corpus="small-world",
    presets=(
        Preset("quick look", "One layer, half the width.", {"n_layers": 1, "d_model": 64, "n_ctx": 32, "n_steps": 600}),
        Preset("hidden spans", "The small world's sentences with spans hidden, to be restored on the page Generate.", {"n_ctx": 32, "n_steps": 2000}),
        Preset(
            "tasks by prefix",
            "Six tasks at once, told apart by what stands before the source: “reverse: abc”, “add: 12+7”. They take many times the steps of one alone.",
            {"n_ctx": 80, "batch_size": 64, "n_steps": 8000},
            CHARACTERS,
            "task-mixed",
        ),
    ),
)
