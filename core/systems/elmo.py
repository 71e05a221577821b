"""ELMo: its settings and its row in SYSTEMS. The model: core.models.elmo."""

from dataclasses import dataclass

from core.settings import setting
from core.systems.record import Preset, System
from core.text.tokenizing import TokenizerSettings


@dataclass(frozen=True)
class ELMoSettings:
    n_layers: int = setting(2, "LSTMs on top of each other, in each direction.", 1, 8)
    d_model: int = setting(64, "Width of a word's vector, and of each direction's output.", 4, 1024, 16)
    d_hidden: int = setting(256, "Width of an LSTM's cell, which is projected down to d_model.", 4, 4096, 16)
    n_ctx: int = setting(32, "Tokens that are read at once.", 4, 1024, 16)
    longest_word: int = setting(24, "Bytes of a word that are read, its two ends counted; a Chinese character has three.", 8, 200)
    residual: bool = setting(True, "Each layer but the first adds what it reads to what it says.")
    cell_clip: float = setting(3.0, "A cell is cut at plus and minus this; 0: not at all.", 0.0, 100.0, 1.0)
    projection_clip: float = setting(3.0, "An output is cut at plus and minus this; 0: not at all.", 0.0, 100.0, 1.0)
    dropout: float = setting(0.1, "Share of activations dropped while training.", 0.0, 0.9, 0.05)
    batch_size: int = setting(16, "Sequences a step, each read in both directions.", 1, 1024)
    learning_rate: float = setting(3e-3, "Highest rate; it warms up, then falls along a cosine to a tenth.", 1e-6, 1.0, 1e-4)
    warmup_steps: int = setting(100, "Steps over which the rate rises from nothing.", 0, 100_000, 10)
    weight_decay: float = setting(0.0, "AdamW's decay, on matrices only.", 0.0, 1.0, 0.01)
    n_steps: int = setting(1500, "Steps in all.", 1, 1_000_000, 100)
    seed: int = setting(1, "Where all randomness begins.", 0, 2**31 - 1)


SYSTEM = System(
    name="elmo",
    title="ELMo",
    year=2018,
    paper="Peters et al. 2018, Deep contextualized word representations (arXiv 1802.05365)",
    difference="Two LSTM language models over characters, one from each end of the sentence; a word's vector is a learnt mix of their layers.",
    settings=ELMoSettings,
    tokenizer=TokenizerSettings(kind="word", vocab_size=5000, min_count=2, lowercase=False, punctuation=True),
    learner="core.training.elmo:ELMoLearner",
    objectives=("forward", "backward", "gap"),
    offers=frozenset({"vectors", "neighbours", "objective", "generate", "fill", "mix"}),
    presets=(
        Preset("quick look", "Half the width, short sequences.", {"d_model": 32, "d_hidden": 128, "n_ctx": 16, "n_steps": 600}),
        Preset("without clips", "Cells and outputs as large as they will.", {"cell_clip": 0.0, "projection_clip": 0.0}),
    ),
    matrices=("in",),
)
