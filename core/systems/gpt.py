"""GPT: its settings and its row in SYSTEMS. The model: core.models.gpt."""

from dataclasses import dataclass

from core.settings import setting
from core.systems.record import Preset, System
from core.text.tokenizing import TokenizerSettings


@dataclass(frozen=True)
class GPTSettings:
    n_layers: int = setting(4, "Blocks on top of each other.", 1, 24)
    n_heads: int = setting(4, "Attention heads of each block; d_model must be divisible by it.", 1, 32)
    d_model: int = setting(128, "Width of the residual stream.", 4, 2048, 16)
    n_ctx: int = setting(64, "Tokens that the model sees at once.", 2, 2048, 16)
    norm: str = setting("pre", "Layer norm before each sub-layer (GPT-2), after it (GPT-1), or nowhere.", choices=("pre", "post", "none"))
    feed_forward: bool = setting(True, "A feed-forward layer in each block; without it, attention alone.")
    activation: str = setting("gelu", "Of the feed-forward layers; OpenAI's computed gelu by tanh.", choices=("gelu", "gelu by tanh", "relu"))
    examples: str = setting(
        "stretches",
        "Stretches of running text; or pairs, the text's own or two sentences that follow each other, whose second side is predicted from the first.",
        choices=("stretches", "pairs"),
    )
    dropout: float = setting(0.0, "Share of activations dropped while training.", 0.0, 0.9, 0.05)
    batch_size: int = setting(16, "Sequences a step; all pairs, where there are fewer.", 1, 4096)
    learning_rate: float = setting(1e-3, "Highest rate; it warms up, then falls along a cosine to a tenth.", 1e-6, 1.0, 1e-4)
    warmup_steps: int = setting(100, "Steps over which the rate rises from nothing.", 0, 100_000, 10)
    weight_decay: float = setting(0.1, "AdamW's decay, on matrices only.", 0.0, 1.0, 0.01)
    n_steps: int = setting(1500, "Steps in all.", 1, 1_000_000, 100)
    seed: int = setting(1, "Where all randomness begins.", 0, 2**31 - 1)

    def __post_init__(self) -> None:
        if self.n_heads and self.d_model % self.n_heads:
            raise ValueError(f"d_model ({self.d_model}) must be divisible by n_heads ({self.n_heads}), so that each head gets an equal share.")


SYSTEM = System(
    name="gpt",
    title="GPT",
    year=2018,
    paper="Radford et al. 2018, Improving Language Understanding by Generative Pre-Training; Radford et al. 2019 (GPT-2)",
    difference="The decoder alone: a causal mask, and each position predicts the next token.",
    settings=GPTSettings,
    tokenizer=TokenizerSettings(kind="bpe", vocab_size=2000, min_count=2, lowercase=False),
    learner="core.training.gpt:GPTLearner",
    objectives=("causal",),
    offers=frozenset({"vectors", "neighbours", "attention", "objective", "generate"}),
    presets=(
        Preset("quick look", "Two layers, half the width: heads form within a minute.", {"n_layers": 2, "d_model": 64, "n_ctx": 32, "n_steps": 600}),
        Preset("small", "Four layers of 128: a few minutes.", {}),
        Preset(
            "characters",
            "Letter by letter, as nanoGPT's smallest example.",
            {"n_steps": 2000, "batch_size": 12},
            TokenizerSettings(kind="character", min_count=1, lowercase=False),
        ),
    ),
)
