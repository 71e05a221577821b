"""GloVe: its settings and its row in SYSTEMS. The learner: core.embeddings.glove."""

from dataclasses import dataclass

from core.settings import setting
from core.systems.record import Preset, System
from core.text.tokenizing import TokenizerSettings


@dataclass(frozen=True)
class GloVeSettings:
    d_model: int = setting(100, "Length of a word's vector.", 2, 1000, 10)
    window: int = setting(10, "Words to the left and to the right that count as a word's context.", 1, 50)
    window_side: str = setting("symmetric", "Count the words on both sides, or those to the left only.", choices=("symmetric", "left"))
    distance_weighting: bool = setting(True, "A word at distance d counts 1/d; otherwise each counts 1.")
    x_max: float = setting(10.0, "Counts from here on weigh 1; smaller ones less. The paper's 100 is for billions of words.", 0.01, 1e6, 10.0)
    weight_exponent: float = setting(0.75, "A count x below x_max weighs (x / x_max) to this power; 0 weighs all alike.", 0.0, 2.0, 0.05)
    tied: bool = setting(False, "One matrix for words and contexts alike.")
    accumulators: str = setting(
        "steps", "What AdaGrad sums the squares of: learning rate x gradient, as the authors' program, or the gradient alone.", choices=("steps", "gradients")
    )
    bias_rate: str = setting(
        "learning_rate", "The biases' learning rate: that of the vectors, or 1, as the authors' program has it since 2020.", choices=("learning_rate", "one")
    )
    learning_rate: float = setting(0.05, "AdaGrad's first rate; what has learnt much learns more slowly.", 1e-4, 1.0, 0.01)
    batch_size: int = setting(100_000, "Words of text a step: the cells are shared out evenly over the text's words.", 100, 10_000_000, 1000)
    n_steps: int = setting(700, "Steps in all.", 1, 1_000_000, 50)
    n_threads: int = setting(2, "Threads; the result is the same with any number.", 1, 64)
    seed: int = setting(1, "Where all randomness begins.", 0, 2**31 - 1)


SYSTEM = System(
    name="glove",
    title="GloVe",
    year=2014,
    paper="Pennington et al. 2014, GloVe: Global Vectors for Word Representation",
    difference="Weighted least squares on the logarithm of how often two words stand near each other in the whole text.",
    settings=GloVeSettings,
    tokenizer=TokenizerSettings(kind="word", min_count=5, vocab_size=50_000),
    learner="core.embeddings.glove:GloVe",
    objectives=("weighted least squares",),
    offers=frozenset({"vectors", "neighbours"}),
    presets=(
        Preset("quick look", "Seconds: 50 dimensions, a few passes.", {"d_model": 50, "n_steps": 200}),
        Preset("good vectors", "A minute or less: 100 dimensions, about 25 passes over three million words.", {}),
        Preset("as the paper", "For a long text: 300 dimensions, x_max 100, twice as many passes.", {"d_model": 300, "x_max": 100.0, "n_steps": 1400}),
    ),
    matrices=("sum", "in", "out", "mean", "concatenation"),
)
