"""XLNet: its settings and its row in SYSTEMS. The model: core.models.xlnet."""

from dataclasses import dataclass

from core.settings import setting
from core.systems.record import Preset, System
from core.text.tokenizing import TokenizerSettings


@dataclass(frozen=True)
class XLNetSettings:
    n_layers: int = setting(4, "Blocks on top of each other.", 1, 24)
    n_heads: int = setting(4, "Attention heads of each block; d_model must be divisible by it.", 1, 32)
    d_model: int = setting(128, "Width of the residual stream; an even number.", 4, 2048, 16)
    n_ctx: int = setting(64, "Tokens of a sequence.", 2, 2048, 16)
    n_memory: int = setting(64, "Positions before the sequence that it can look back at, in what was computed for them a step ago; 0: none.", 0, 2048, 16)
    predict_one_in: int = setting(2, "One in so many tokens is predicted, the last of the order: K, 6 in the paper; 1: all of them.", 1, 64)
    examples: str = setting(
        "stretches",
        "Stretches of running text, each remembering the one before; or pairs, the text's own or two sentences that follow each other.",
        choices=("stretches", "pairs"),
    )
    dropout: float = setting(0.0, "Share of activations dropped while training.", 0.0, 0.9, 0.05)
    batch_size: int = setting(16, "Sequences a step.", 1, 1024)
    learning_rate: float = setting(1e-3, "Highest rate; it warms up, then falls along a cosine to a tenth.", 1e-6, 1.0, 1e-4)
    warmup_steps: int = setting(200, "Steps over which the rate rises from nothing.", 0, 100_000, 10)
    weight_decay: float = setting(0.01, "AdamW's decay, on matrices only.", 0.0, 1.0, 0.01)
    n_steps: int = setting(2000, "Steps in all.", 1, 1_000_000, 100)
    seed: int = setting(1, "Where all randomness begins.", 0, 2**31 - 1)

    def __post_init__(self) -> None:
        if self.n_heads and self.d_model % self.n_heads:
            raise ValueError(f"d_model ({self.d_model}) must be divisible by n_heads ({self.n_heads}), so that each head gets an equal share.")
        if self.d_model % 2:
            raise ValueError(f"d_model ({self.d_model}) must be even: a distance is encoded in as many sines as cosines.")


SYSTEM = System(
    name="xlnet",
    title="XLNet",
    year=2019,
    paper="Yang et al. 2019, XLNet: Generalized Autoregressive Pretraining for Language Understanding (arXiv 1906.08237)",
    difference="Each token is predicted from those before it in a random order, by a second stream that does not know it.",
    settings=XLNetSettings,
    tokenizer=TokenizerSettings(kind="bpe", vocab_size=2000, min_count=2, lowercase=False),
    learner="core.training.xlnet:XLNetLearner",
    objectives=("permutation",),
    offers=frozenset({"vectors", "neighbours", "attention", "objective", "generate", "fill"}),
    presets=(
        Preset("quick look", "Two layers, half the width.", {"n_layers": 2, "d_model": 64, "n_ctx": 32, "n_memory": 32, "n_steps": 800}),
        Preset("as the paper", "One token in six is predicted.", {"predict_one_in": 6}),
        Preset("pairs", "Two segments, which the scores tell apart; no memory.", {"examples": "pairs"}),
    ),
)
