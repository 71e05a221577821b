"""GPT: its settings and its row in SYSTEMS. The model: core.models.gpt."""

from dataclasses import dataclass

from core.settings import setting
from core.systems.record import Preset, System
from core.text.tokenizing import CHARACTERS, WORDS, TokenizerSettings


@dataclass(frozen=True)
class GPTSettings:
    n_layers: int = setting(4, "Blocks on top of each other.", 1, 24)
    n_heads: int = setting(4, "Attention heads of each block; d_model must be divisible by it.", 1, 32)
    d_model: int = setting(128, "Width of the residual stream.", 4, 2048, 16)
    n_ctx: int = setting(64, "Tokens that the model sees at once.", 2, 2048, 16)
    norm: str = setting("pre", "Layer norm before each sub-layer (GPT-2), after it (GPT-1), or nowhere.", choices=("pre", "post", "none"))
    feed_forward: bool = setting(True, "A feed-forward layer in each block; without it, attention alone.")
    activation: str = setting("gelu", "Of the feed-forward layers; OpenAI's computed gelu by tanh.", choices=("gelu", "gelu by tanh", "relu"))
    tied: bool = setting(True, "Tokens are read and predicted by one matrix (GPT-2); or by two, and all weights of a narrow model start larger.")
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


ATTENTION_ALONE = {"d_model": 64, "feed_forward": False, "tied": False, "batch_size": 32, "learning_rate": 3e-3, "weight_decay": 0.01, "n_steps": 3000}


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
    offers=frozenset({"vectors", "neighbours", "attention", "objective", "generate", "translate"}),
    only={"translate": ("examples", ("pairs",))},
    presets=(
        Preset("quick look", "Two layers, half the width: heads form within a minute.", {"n_layers": 2, "d_model": 64, "n_ctx": 32, "n_steps": 600}),
        Preset("small", "Four layers of 128: a few minutes.", {}),
        Preset(
            "characters",
            "Letter by letter, as nanoGPT's smallest example.",
            {"n_steps": 2000, "batch_size": 12},
            CHARACTERS,
        ),
        Preset(
            "induction heads",
            "Two layers of attention alone on sequences said twice: watch induction heads form, on the page Heads. Two or three minutes.",
            {"n_layers": 2, **ATTENTION_ALONE},
            WORDS,
            "repeats",
        ),
        Preset(
            "one layer: no induction",
            "The same with one layer, which cannot know what stood before a token that it looks at: no induction head forms.",
            {"n_layers": 1, **ATTENTION_ALONE},
            WORDS,
            "repeats",
        ),
        Preset(
            "sorting",
            "minGPT's demonstration: six digits, sorted, three quarters of all there are to learn from. A minute.",
            {"examples": "pairs", "n_layers": 3, "n_heads": 3, "d_model": 48, "n_ctx": 16, "batch_size": 64, "learning_rate": 2e-3, "n_steps": 1500},
            CHARACTERS,
            "task-sort-digits",
        ),
        Preset(
            "grokking",
            "Sums modulo 59, learnt by heart first, understood later: the held-out loss rises above chance, then falls. Four minutes.",
            {
                "examples": "pairs",
                "n_layers": 1,
                "norm": "none",
                "activation": "relu",
                "tied": False,
                "d_model": 64,
                "n_ctx": 8,
                "batch_size": 256,
                "learning_rate": 2e-3,
                "warmup_steps": 10,
                "weight_decay": 1.0,
                "n_steps": 6000,
            },
            WORDS,
            "task-modular-addition",
        ),
    ),
)
