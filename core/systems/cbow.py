"""word2vec CBOW: its settings and its row in SYSTEMS. The learner: core.embeddings.word2vec."""

from dataclasses import dataclass

from core.settings import setting
from core.systems.record import Preset, System
from core.systems.word2vec import OBJECTIVES, Word2VecSettings
from core.text.tokenizing import TokenizerSettings


@dataclass(frozen=True)
class CBOWSettings(Word2VecSettings):
    combine: str = setting("mean", "The window's words are averaged, or added up.", choices=("mean", "sum"))
    learning_rate: float = setting(
        0.1, "Falls linearly to a ten-thousandth of this. The original programs take 0.05, with their longer step.", 1e-5, 1.0, 0.005
    )
    gradient: str = setting(
        "exact",
        "Each word of the window takes its own share of the gradient; or what the original programs give it: of a mean the whole (a longer step).",
        choices=("exact", "original"),
    )


SYSTEM = System(
    name="cbow",
    title="word2vec CBOW",
    year=2013,
    paper="Mikolov et al. 2013, Efficient Estimation of Word Representations in Vector Space (arXiv 1301.3781)",
    difference="The window's mean predicts the word in its middle.",
    settings=CBOWSettings,
    tokenizer=TokenizerSettings(kind="word", min_count=5, vocab_size=50_000),
    learner="core.embeddings.word2vec:CBOW",
    objectives=OBJECTIVES,
    offers=frozenset({"vectors", "neighbours"}),
    matrices=("in", "out", "sum", "mean", "concatenation"),
    presets=(
        Preset("quick look", "Seconds: 50 dimensions, fewer steps.", {"d_model": 50, "n_steps": 200}),
        Preset("good vectors", "A minute or two: 100 dimensions, about five passes over three million words.", {}),
        Preset("reproducible", "One thread: the same seed gives the same vectors.", {"n_threads": 1}),
        Preset(
            "full softmax",
            "As the study notes have it: every word of a small vocabulary is scored at each prediction.",
            {"objective": "full softmax", "d_model": 50, "batch_size": 2000, "n_steps": 300},
            TokenizerSettings(kind="word", min_count=5, vocab_size=1000),
        ),
    ),
)
