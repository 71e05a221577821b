"""seq2seq: its settings and its row in SYSTEMS. The model: core.models.seq2seq."""

from dataclasses import dataclass

from core.settings import setting
from core.systems.record import Preset, System
from core.text.tokenizing import CHARACTERS, SUBWORDS, TokenizerSettings


@dataclass(frozen=True)
class Seq2SeqSettings:
    cell: str = setting("lstm", "What carries the state from token to token.", choices=("lstm", "gru"))
    attention: str = setting(
        "general",
        "How the decoder looks back at the encoder's states: not at all; by their product with its own (Luong), through a matrix or not; or by a small "
        "network of both (Bahdanau).",
        choices=("none", "dot", "general", "additive"),
    )
    input_feeding: bool = setting(False, "Each step reads what the one before found in the source (Luong, section 3.3). Takes several times as long.")
    both_ways: bool = setting(True, "The encoder reads from the end too, with half of its width.")
    n_layers: int = setting(1, "Layers of the encoder, and as many of the decoder.", 1, 8)
    d_model: int = setting(128, "Width of a layer's state.", 4, 2048, 16)
    n_ctx: int = setting(64, "Tokens of the longest source or target; longer pairs are left out.", 2, 1024, 16)
    dropout: float = setting(0.1, "Share of activations dropped while training.", 0.0, 0.9, 0.05)
    batch_size: int = setting(32, "Pairs a step.", 1, 1024)
    learning_rate: float = setting(3e-3, "Highest rate; it warms up, then falls along a cosine to a tenth.", 1e-6, 1.0, 1e-4)
    warmup_steps: int = setting(100, "Steps over which the rate rises from nothing.", 0, 100_000, 10)
    weight_decay: float = setting(0.0, "AdamW's decay, on matrices only.", 0.0, 1.0, 0.01)
    n_steps: int = setting(2000, "Steps in all.", 1, 1_000_000, 100)
    seed: int = setting(1, "Where all randomness begins.", 0, 2**31 - 1)

    def __post_init__(self) -> None:
        if self.both_ways and self.d_model % 2:
            raise ValueError(f"An encoder that reads both ways gives each of them half of d_model, and {self.d_model} is odd. Take {self.d_model + 1}.")
        if self.input_feeding and self.attention == "none":
            raise ValueError("Without attention there is nothing to feed to the next step. Choose an attention, or switch input_feeding off.")


LETTERS = {"n_ctx": 16, "dropout": 0.0, "batch_size": 64}


SYSTEM = System(
    name="seq2seq",
    title="seq2seq",
    year=2015,
    paper="Sutskever et al. 2014 (arXiv 1409.3215); Bahdanau et al. 2015 (arXiv 1409.0473); Luong et al. 2015 (arXiv 1508.04025)",
    difference="A recurrent encoder and decoder; attention adds a weighted sum of the encoder's states to each step.",
    settings=Seq2SeqSettings,
    tokenizer=TokenizerSettings(kind="word", vocab_size=8000, min_count=1, lowercase=False, punctuation=True),
    learner="core.training.seq2seq:Seq2SeqLearner",
    objectives=("pairs",),
    offers=frozenset({"vectors", "neighbours", "attention", "objective", "translate"}),
    only={"attention": ("attention", ("dot", "general", "additive"))},
    corpus="task-english-chinese",
    presets=(
        Preset("quick look", "Half the width, short sentences.", {"d_model": 64, "n_ctx": 32, "n_steps": 600}),
        Preset(
            "as Bahdanau",
            "GRUs, additive attention, and each step reads what the one before found.",
            {"cell": "gru", "attention": "additive", "input_feeding": True},
        ),
        Preset(
            "without attention",
            "All of the source in one state (Sutskever): see how its length matters.",
            {"attention": "none", "both_ways": False, "n_layers": 2},
        ),
        Preset("reverse", "Letters backwards: the attention runs along the other diagonal.", {**LETTERS, "n_steps": 3000}, CHARACTERS, "task-reverse"),
        Preset("dates", "Dates in six forms, all written alike.", {**LETTERS, "n_ctx": 32, "n_steps": 1200}, CHARACTERS, "task-dates"),
        Preset("addition", "Sums of two numbers of up to three digits.", {**LETTERS, "n_steps": 10_000}, CHARACTERS, "task-addition"),
        Preset("real pairs", "For sentences in two languages, by sub-words; bring some on the page Corpora.", {"batch_size": 64, "n_steps": 5000}, SUBWORDS),
    ),
)
