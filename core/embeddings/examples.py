"""What the objectives of static embeddings are fed at one place of a text: which words are left out, the window, the noise, the co-occurrences.

In plain NumPy, one place at a time, to be looked at; trained is by the kernels. The distributions that are drawn from are theirs (core.embeddings.noise).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.embeddings.tree import Tree, huffman
from core.settings import setting
from core.text import tokenizers
from core.text.segmentation import SENTENCE_END, segment
from core.text.tokenizers import END, Tokenizer
from core.text.tokenizing import TokenizerSettings

LONGEST = 30  # words of a sentence that is looked at; a longer one is cut in two or more
TRIES = 16  # draws of a noise word before any other word will do


@dataclass(frozen=True)
class WindowSettings:
    window: int = setting(5, "Words to the left and to the right, at most.", 1, 20)
    dynamic_window: bool = setting(True, "Draw each window's width from 1..window, so that near words count more.")
    subsample_threshold: float = setting(1e-3, "Words more frequent than this share are left out at random; 0 keeps all.", 0.0, 1.0, 1e-4)
    min_count: int = setting(2, "Words seen less often in this part of the text are left out of it.", 1, 1000)


@dataclass(frozen=True)
class NoiseSettings:
    n_negative: int = setting(5, "Noise words drawn against each true one.", 1, 20)
    noise_exponent: float = setting(0.75, "Noise words are drawn from counts to this power: 1 as in the text, 0 all alike.", -1.0, 2.0, 0.05)


@dataclass(frozen=True)
class CombineSettings:
    combine: str = setting("mean", "The window's words are averaged, or added up.", choices=("mean", "sum"))


@dataclass(frozen=True)
class NgramSettings:
    min_n: int = setting(3, "Shortest character n-gram.", 1, 10)
    max_n: int = setting(6, "Longest character n-gram.", 1, 10)
    n_buckets: int = setting(2_000_000, "Rows that the n-grams share: each is hashed to one of them.", 1, 10_000_000, 1000)

    def __post_init__(self) -> None:
        if self.min_n > self.max_n:
            raise ValueError(f"min_n ({self.min_n}) must be at most max_n ({self.max_n}).")


@dataclass(frozen=True)
class CooccurrenceSettings:
    window: int = setting(10, "Words to the left and to the right.", 1, 20)
    window_side: str = setting("symmetric", "Count the words on both sides, or those to the left only.", choices=("symmetric", "left"))
    distance_weighting: bool = setting(True, "Count a word at distance d as 1/d; without, as 1.")
    min_count: int = setting(2, "Words seen less often in this part of the text are left out of it.", 1, 1000)
    x_max: float = setting(100.0, "Counts from here on have the full weight.", 1.0, 1e6, 10.0)
    weight_exponent: float = setting(0.75, "Below x_max a cell weighs (x / x_max) to this power.", 0.0, 2.0, 0.05)


@dataclass(frozen=True, eq=False)
class Part:
    """A stretch of a text, small enough to be counted while one waits. Ids are the tokenizer's; all arrays begin with its special tokens.

    sentences: words as written, at most LONGEST each; ids: int32 of the words in the vocabulary, END after each sentence; counts: int64 [vocab_size].
    """

    sentences: list[list[str]]
    tokenizer: Tokenizer
    ids: np.ndarray
    counts: np.ndarray

    @property
    def words(self) -> list[str]:
        return self.tokenizer.words

    @cached_property
    def tree(self) -> Tree:
        return huffman(self.counts, self.tokenizer.n_special)

    def numbers(self, words: list[str]) -> np.ndarray:
        """int32 [n], END for a word outside the vocabulary."""
        ids = self.tokenizer.numbers(words)
        return np.where(ids == self.tokenizer.unk_id, END, ids)


def part(texts: Iterable[str], min_count: int) -> Part:
    """Cuts and counts; ValueError in words where fewer than two distinct words are seen min_count times."""
    found = [word for text in texts for word in (*segment(text), SENTENCE_END)]
    tokenizer = tokenizers.of_counts(Counter(found), TokenizerSettings(min_count=min_count))
    ids = tokenizer.numbers(found)
    ids = ids[ids != tokenizer.unk_id]
    if tokenizer.vocab_size - tokenizer.n_special < 2:
        raise ValueError(f"There is one word only that is seen {min_count} times here. Lower min_count, or take a longer text.")
    return Part(_sentences(found), tokenizer, ids, np.bincount(ids[ids != END], minlength=tokenizer.vocab_size))


def _sentences(words: list[str]) -> list[list[str]]:
    """Those with something to see: three words or more; where there is none, whatever there is."""
    found: list[list[str]] = [[]]
    for word in words:
        if word == SENTENCE_END or len(found[-1]) == LONGEST:
            found.append([])
        if word != SENTENCE_END:
            found[-1].append(word)
    return [each for each in found if len(each) > 2] or [each for each in found if each]


def survivors(ids: np.ndarray, keep: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Which words of a sentence one pass over the text reads: bool [n]. ids: END for what is never read; keep: the probability of each id."""
    drawn = generator.random(len(ids))
    return np.asarray((ids >= 0) & (keep[np.maximum(ids, 0)] > drawn))


def context(read: np.ndarray, centre: int, width: int) -> tuple[list[int], list[int]]:
    """Places of the nearest `width` words to the left and to the right of the centre among those that are read: bool [n]."""
    places = np.flatnonzero(read)
    left, right = places[places < centre], places[places > centre]
    return left[max(0, len(left) - width) :].tolist(), right[:width].tolist()


def drawn_width(window: int, dynamic: bool, generator: np.random.Generator) -> int:
    """Of one window: any width from 1 to `window` is as likely as another."""
    return int(generator.integers(1, window + 1)) if dynamic else window


def noise_words(distribution: np.ndarray, truth: int, n: int, generator: np.random.Generator) -> list[int]:
    """n ids drawn from probabilities [vocab_size], none of them `truth`: drawn again as in word2vec.c, a few times at most."""
    cumulative = np.cumsum(distribution)
    found = []
    for _ in range(n):
        drawn = np.minimum(np.searchsorted(cumulative, generator.random(TRIES) * cumulative[-1], side="right"), len(distribution) - 1)
        others = drawn[drawn != truth]
        # Where the truth is nearly all the noise: any word that can be drawn at all.
        found.append(int(others[0]) if len(others) else int(next(i for i in np.argsort(-distribution) if i != truth)))
    return found


def cooccurrences(ids: np.ndarray, word: int, settings: CooccurrenceSettings, vocab_size: int) -> np.ndarray:
    """The word's row of GloVe's matrix, float64 [vocab_size]: each word of its windows adds 1, or 1/distance. A window ends with the sentence."""
    row = np.zeros(vocab_size)
    places = np.flatnonzero(ids == word)
    for side in (-1, 1) if settings.window_side == "symmetric" else (-1,):
        open_ = places  # windows that no sentence end has closed yet
        for distance in range(1, settings.window + 1):
            there = open_ + side * distance
            inside = (there >= 0) & (there < len(ids))
            there, open_ = there[inside], open_[inside]
            within = ids[there] != END
            there, open_ = there[within], open_[within]
            row += np.bincount(ids[there], minlength=vocab_size) * (1 / distance if settings.distance_weighting else 1.0)
    return row


def cell_weight(x: np.ndarray, x_max: float, exponent: float) -> np.ndarray:
    """f(x) of GloVe's loss: (x / x_max) ** exponent below x_max, and 1 above (Pennington et al. 2014, equation 9)."""
    return np.asarray(np.where(x < x_max, (x / x_max) ** exponent, 1.0))


def path(tree: Tree, counts: np.ndarray, word: int) -> list[tuple[int, int, int]]:
    """The way from the root of a Huffman tree down to a word: each inner node's number, the bit that goes on from it, the counts beneath it."""
    starts, nodes, signs = tree
    beneath = np.bincount(nodes, np.repeat(counts, np.diff(starts)))
    way = slice(starts[word], starts[word + 1])
    return [(int(node), int(sign > 0), int(beneath[node])) for node, sign in zip(nodes[way], signs[way], strict=True)]
