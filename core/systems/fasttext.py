"""fastText: its settings and its row in SYSTEMS. The learner: core.embeddings.fasttext."""

from dataclasses import dataclass

from core.settings import setting
from core.systems.record import Preset, System
from core.systems.word2vec import OBJECTIVES
from core.text.tokenizing import TokenizerSettings


@dataclass(frozen=True)
class FastTextSettings:
    model: str = setting("skip-gram", "Each word of the window predicts by itself, or their mean does.", choices=("skip-gram", "cbow"))
    d_model: int = setting(100, "Length of a word's vector.", 2, 1000, 10)
    window: int = setting(5, "Words to the left and to the right; each window's width is drawn from 1 to this.", 1, 20)
    min_n: int = setting(3, "Characters of the shortest n-grams of a word, < and > at its ends counted.", 1, 10)
    max_n: int = setting(6, "Characters of the longest ones; 0: no n-grams.", 0, 10)
    n_buckets: int = setting(
        200_000,
        "Rows that all n-grams share by their hash. The original's 2,000,000 suit a vocabulary of millions; a text of ours has a tenth of the "
        "n-grams, and each snapshot of a run keeps every row.",
        100,
        10_000_000,
        10_000,
    )
    objective: str = setting(
        "negative sampling",
        "True word against a few noise words; a path of yes-or-no questions down a tree; or among all words (small vocabularies only).",
        choices=OBJECTIVES,
    )
    n_negative: int = setting(5, "Noise words drawn against each true one (negative sampling).", 1, 50)
    noise_exponent: float = setting(0.5, "Noise words are drawn from counts to this power; the original's is 0.5, word2vec's 0.75.", -1.0, 2.0, 0.05)
    subsample_threshold: float = setting(1e-4, "Words more frequent than this share are skipped at random; 0 keeps all.", 0.0, 1.0, 1e-4)
    sentence_ends: bool = setting(
        True, "An end of a sentence is a word among the others, as an end of a line is in the original; not with the hierarchical softmax."
    )
    tied: bool = setting(False, "Words are predicted by their own rows, those without the n-grams, instead of by a second matrix.")
    learning_rate: float = setting(0.05, "Falls linearly to a ten-thousandth of this.", 1e-5, 1.0, 0.005)
    batch_size: int = setting(20_000, "Words of text a step.", 100, 1_000_000, 1000)
    n_steps: int = setting(750, "Steps in all.", 1, 1_000_000, 50)
    n_threads: int = setting(2, "Threads that share the matrices without locks; 1 gives the same result each time.", 1, 64)
    seed: int = setting(1, "Where all randomness begins.", 0, 2**31 - 1)

    def __post_init__(self) -> None:
        if 0 < self.max_n < self.min_n:
            raise ValueError(f"The longest n-grams (max_n, {self.max_n}) are shorter than the shortest (min_n, {self.min_n}). Set max_n to 0 for none.")
        if self.tied and self.objective == "hierarchical softmax":
            raise ValueError(
                "The hierarchical softmax predicts with the tree's inner nodes, which are no words: nothing can be tied. Choose another objective."
            )


SYSTEM = System(
    name="fasttext",
    title="fastText",
    year=2017,
    paper="Bojanowski et al. 2017, Enriching Word Vectors with Subword Information (arXiv 1607.04606)",
    difference="A word is the mean of its character n-grams, so that words never seen have vectors too.",
    settings=FastTextSettings,
    tokenizer=TokenizerSettings(kind="word", min_count=5, vocab_size=50_000),
    learner="core.embeddings.fasttext:FastText",
    objectives=OBJECTIVES,
    offers=frozenset({"vectors", "neighbours"}),
    matrices=("in", "out", "sum", "mean", "concatenation"),
    presets=(
        Preset("quick look", "Seconds: 50 dimensions, fewer steps and buckets.", {"d_model": 50, "n_steps": 200, "n_buckets": 50_000}),
        Preset("good vectors", "A minute or two: 100 dimensions, about five passes over three million words.", {}),
        Preset("CBOW", "Quicker: the mean of a whole window predicts.", {"model": "cbow"}),
        Preset("reproducible", "One thread: the same seed gives the same vectors.", {"n_threads": 1}),
    ),
)
