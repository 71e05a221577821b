"""Skip-gram with negative sampling: its settings and its row in SYSTEMS. The learner: core.embeddings.word2vec."""

from dataclasses import dataclass

from core.settings import setting
from core.systems.record import Preset, System
from core.text.tokenizing import TokenizerSettings


@dataclass(frozen=True)
class SkipGramSettings:
    d_model: int = setting(100, "Length of a word's vector.", 2, 1000, 10)
    window: int = setting(5, "Words to the left and to the right that a word has to predict.", 1, 20)
    dynamic_window: bool = setting(True, "Draw each window's width from 1..window, so that near words count more (Mikolov 2013).")
    n_negative: int = setting(5, "Noise words drawn against each true one.", 1, 50)
    noise_exponent: float = setting(0.75, "Noise words are drawn from counts to this power: 1 as in the text, 0 all alike.", -1.0, 2.0, 0.05)
    subsample_threshold: float = setting(1e-3, "Words more frequent than this share are skipped at random; 0 keeps all.", 0.0, 1.0, 1e-4)
    learning_rate: float = setting(0.025, "Falls linearly to a ten-thousandth of this.", 1e-5, 1.0, 0.005)
    batch_size: int = setting(20_000, "Words of text a step.", 100, 1_000_000, 1000)
    n_steps: int = setting(750, "Steps in all.", 1, 1_000_000, 50)
    n_threads: int = setting(2, "Threads that share the matrices without locks; 1 gives the same result each time.", 1, 64)
    seed: int = setting(1, "Where all randomness begins.", 0, 2**31 - 1)


SYSTEM = System(
    name="skip-gram",
    title="word2vec skip-gram",
    year=2013,
    paper="Mikolov et al. 2013, Distributed Representations of Words and Phrases and their Compositionality (arXiv 1310.4546)",
    difference="The word predicts each word of its window.",
    settings=SkipGramSettings,
    tokenizer=TokenizerSettings(kind="word", min_count=5, vocab_size=50_000),
    learner="core.embeddings.word2vec:SkipGram",
    objectives=("negative sampling",),
    offers=frozenset({"vectors", "neighbours"}),
    presets=(
        Preset("quick look", "Seconds: 50 dimensions, fewer steps.", {"d_model": 50, "n_steps": 200}),
        Preset("good vectors", "A minute or two: 100 dimensions, about five passes over three million words.", {}),
        Preset("reproducible", "One thread: the same seed gives the same vectors.", {"n_threads": 1}),
    ),
)
