"""The settings that word2vec's two systems share."""

from dataclasses import dataclass

from core.settings import setting

OBJECTIVES = ("negative sampling", "hierarchical softmax", "full softmax")


@dataclass(frozen=True)
class Word2VecSettings:
    d_model: int = setting(100, "Length of a word's vector.", 2, 1000, 10)
    window: int = setting(5, "Words to the left and to the right of the one in the middle.", 1, 20)
    dynamic_window: bool = setting(True, "Draw each window's width from 1..window, so that near words count more (Mikolov 2013).")
    objective: str = setting(
        "negative sampling",
        "True word against a few noise words; a path of yes-or-no questions down a tree; or among all words (small vocabularies only).",
        choices=OBJECTIVES,
    )
    n_negative: int = setting(5, "Noise words drawn against each true one (negative sampling).", 1, 50)
    noise_exponent: float = setting(0.75, "Noise words are drawn from counts to this power: 1 as in the text, 0 all alike.", -1.0, 2.0, 0.05)
    subsample_threshold: float = setting(1e-3, "Words more frequent than this share are skipped at random; 0 keeps all.", 0.0, 1.0, 1e-4)
    tied: bool = setting(False, "One matrix for the words that predict and the words that are predicted, instead of two.")
    learning_rate: float = setting(0.025, "Falls linearly to a ten-thousandth of this.", 1e-5, 1.0, 0.005)
    batch_size: int = setting(20_000, "Words of text a step.", 100, 1_000_000, 1000)
    n_steps: int = setting(750, "Steps in all.", 1, 1_000_000, 50)
    n_threads: int = setting(2, "Threads that share the matrices without locks; 1 gives the same result each time.", 1, 64)
    seed: int = setting(1, "Where all randomness begins.", 0, 2**31 - 1)

    def __post_init__(self) -> None:
        if self.tied and self.objective == "hierarchical softmax":
            raise ValueError(
                "The hierarchical softmax predicts with the tree's inner nodes, which are no words: nothing can be tied. Choose another objective."
            )
