"""ERNIE: its settings and its row in SYSTEMS. The model is BERT's with an embedding for the task: core.models.bert."""

from dataclasses import dataclass

from core.settings import setting
from core.systems.record import Preset, System
from core.text.tokenizing import TokenizerSettings

PHRASES = TokenizerSettings(kind="wordpiece", vocab_size=8000, min_count=2, phrase_passes=2, phrase_threshold=50.0)


@dataclass(frozen=True)
class ERNIESettings:
    n_layers: int = setting(4, "Blocks on top of each other.", 1, 24)
    n_heads: int = setting(4, "Attention heads of each block; d_model must be divisible by it.", 1, 32)
    d_model: int = setting(128, "Width of the residual stream.", 4, 2048, 16)
    n_ctx: int = setting(64, "Tokens of a sequence.", 8, 2048, 16)
    masked_share: float = setting(0.15, "Share of the tokens to be predicted: of those 80 % are hidden, 10 % another token, 10 % as they are.", 0.01, 0.9, 0.05)
    units: str = setting(
        "phrases", "What is hidden together: phrases that the tokenizer learnt (its phrase_passes), words, or nothing.", choices=("phrases", "words", "tokens")
    )
    n_ngrams: int = setting(0, "So many phrases, the most frequent, are each predicted as one behind a single [MASK] (ERNIE-Gram).", 0, 20_000, 500)
    tasks: str = setting("masking", "What is trained besides the hidden tokens: the order of shuffled parts, and how far two sentences are apart.", choices=(
        "masking", "masking, order", "masking, distance", "masking, order, distance",
    ))  # fmt: skip
    taught: str = setting(
        "together", "Several tasks: all from the start; each added to those before (ERNIE 2.0's continual multi-task); or one after the other.",
        choices=("together", "continually", "one by one"),
    )  # fmt: skip
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
        if self.n_ngrams and self.units != "phrases":
            raise ValueError("Phrases can be predicted as one (n_ngrams) only where they are hidden together. Set units to phrases, or n_ngrams to 0.")


SYSTEM = System(
    name="ernie",
    title="ERNIE",
    year=2019,
    paper="Sun et al. 2019, ERNIE (arXiv 1904.09223); 2020, ERNIE 2.0 (arXiv 1907.12412); Xiao et al. 2021, ERNIE-Gram (arXiv 2010.12148)",
    difference="BERT whose masks cover whole phrases, so that the words of one cannot give each other away; several tasks at once.",
    settings=ERNIESettings,
    tokenizer=PHRASES,
    learner="core.training.ernie:ERNIELearner",
    objectives=("masked tokens", "sentence order", "sentence distance"),
    offers=frozenset({"vectors", "neighbours", "attention", "fill", "next_sentence", "objective"}),
    presets=(
        Preset("quick look", "Two layers, half the width: a minute or two.", {"n_layers": 2, "d_model": 64, "n_ctx": 32, "n_steps": 1000}),
        Preset("small", "Four layers of 128, whole phrases hidden: several minutes.", {}),
        Preset("ERNIE 2.0", "Three tasks, each added to those before.", {"tasks": "masking, order, distance", "taught": "continually"}),
        Preset("ERNIE-Gram", "The 2,000 most frequent phrases predicted as one.", {"n_ngrams": 2000}),
    ),
)
