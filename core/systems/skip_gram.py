"""word2vec skip-gram: its settings and its row in SYSTEMS. The learner: core.embeddings.word2vec."""

from dataclasses import dataclass

from core.systems.record import Preset, System
from core.systems.word2vec import OBJECTIVES, Word2VecSettings
from core.text.tokenizing import TokenizerSettings


@dataclass(frozen=True)
class SkipGramSettings(Word2VecSettings):
    pass


SYSTEM = System(
    name="skip-gram",
    title="word2vec skip-gram",
    year=2013,
    paper="Mikolov et al. 2013, Distributed Representations of Words and Phrases and their Compositionality (arXiv 1310.4546)",
    difference="The word predicts each word of its window.",
    settings=SkipGramSettings,
    tokenizer=TokenizerSettings(kind="word", min_count=5, vocab_size=50_000),
    learner="core.embeddings.word2vec:SkipGram",
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
