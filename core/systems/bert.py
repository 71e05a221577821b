"""BERT: its settings and its row in SYSTEMS. The model: core.models.bert."""

from dataclasses import dataclass

from core.settings import setting
from core.systems.record import Preset, System
from core.text.tokenizing import TokenizerSettings


@dataclass(frozen=True)
class BERTSettings:
    n_layers: int = setting(4, "Blocks on top of each other.", 1, 24)
    n_heads: int = setting(4, "Attention heads of each block; d_model must be divisible by it.", 1, 32)
    d_model: int = setting(128, "Width of the residual stream.", 4, 2048, 16)
    n_ctx: int = setting(64, "Tokens of a sequence: [CLS], a, [SEP], b, [SEP].", 8, 2048, 16)
    masked_share: float = setting(0.15, "Share of the tokens to be predicted: of those 80 % are hidden, 10 % another token, 10 % as they are.", 0.01, 0.9, 0.05)
    whole_words: bool = setting(False, "All pieces of a word are hidden together (in Chinese all characters of one).")
    masks: str = setting("dynamic", "Drawn anew each time; or in ten ways for each stretch of the text, once and for all.", choices=("dynamic", "static"))
    next_sentence: bool = setting(True, "Trained besides: is b the sentence that follows a, or one from elsewhere?")
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
    name="bert",
    title="BERT",
    year=2018,
    paper="Devlin et al. 2018, BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding (arXiv 1810.04805)",
    difference="Every token sees all others; what is predicted is hidden, and whether a second sentence follows the first.",
    settings=BERTSettings,
    tokenizer=TokenizerSettings(kind="wordpiece", vocab_size=8000, min_count=2),
    learner="core.training.bert:BERTLearner",
    objectives=("masked tokens", "next sentence"),
    offers=frozenset({"vectors", "neighbours", "attention", "fill", "next_sentence", "objective"}),
    presets=(
        Preset("quick look", "Two layers, half the width: a minute or two.", {"n_layers": 2, "d_model": 64, "n_ctx": 32, "n_steps": 1000}),
        Preset("small", "Four layers of 128: several minutes.", {}),
        Preset("whole words", "All pieces of a word hidden together, no question about sentences.", {"whole_words": True, "next_sentence": False}),
        Preset("as in 2018", "Each stretch of the text hidden in ten ways, once and for all.", {"masks": "static", "dropout": 0.1}),
    ),
)
