"""One place of a text as an objective sees it; what is drawn at random follows from the number of the draw."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from core.embeddings import examples
from core.embeddings.examples import CombineSettings, CooccurrenceSettings, NgramSettings, NoiseSettings, Part, WindowSettings
from core.text.tokenizers import END

SURVIVING, WIDTH, NOISE = range(3)  # what is drawn at random; each has its own generator


@dataclass(frozen=True)
class Objective:
    """What goes in and what has to come out. `mean`: the inputs become one row; `ngrams`: words go in as their n-grams; `outward`: the centre goes in."""

    title: str
    settings: str = "pairs"  # the name that its settings have in the URL
    mean: bool = False
    ngrams: bool = False
    outward: bool = False
    cells: bool = False  # a row of co-occurrences in place of pairs
    window: Any = field(default_factory=WindowSettings)
    noise: NoiseSettings = field(default_factory=NoiseSettings)


_SUBWORDS: dict[str, Any] = {
    "settings": "subwords",
    "mean": True,
    "ngrams": True,
    "noise": NoiseSettings(noise_exponent=0.5),
}
OBJECTIVES = {
    "skip-gram": Objective("Skip-gram"),
    "cbow": Objective("CBOW", mean=True),
    "subword-skip-gram": Objective("fastText skip-gram", outward=True, **_SUBWORDS),
    "subword-cbow": Objective("fastText CBOW", **_SUBWORDS),
    "glove": Objective("GloVe", "cells", cells=True, window=CooccurrenceSettings()),
}
OUTPUTS = {"negative": "Negative sampling", "hierarchical": "Hierarchical softmax", "full": "Full softmax"}


@dataclass(frozen=True, eq=False)
class Place:
    """A word of a sentence, and all that decides what is fed there."""

    part: Part
    sentence: list[str]
    objective: Objective
    output: str  # of OUTPUTS
    window: Any
    noise: NoiseSettings = field(default_factory=NoiseSettings)
    ngrams: NgramSettings = field(default_factory=NgramSettings)
    combine: CombineSettings = field(default_factory=CombineSettings)
    number: int = 1  # of the draw
    wanted: int | None = None  # which word of the sentence

    @cached_property
    def ids(self) -> np.ndarray:
        return self.part.numbers(self.sentence)

    @cached_property
    def keep(self) -> np.ndarray:
        from core.embeddings.noise import keep_probability  # imports numba

        return keep_probability(self.part.counts, 0.0 if self.objective.cells else self.window.subsample_threshold)

    @property
    def keep_ends(self) -> float:
        """The probability that an end of a sentence is read, where it is a word."""
        from core.embeddings.noise import keep_probability

        n_ends = np.count_nonzero(self.part.ids == END)
        return float(keep_probability(np.array([n_ends, self.part.counts.sum()]), self.window.subsample_threshold)[0])

    @cached_property
    def distribution(self) -> np.ndarray:
        from core.embeddings.noise import noise_distribution

        return noise_distribution(self.part.counts, self.noise.noise_exponent)

    @cached_property
    def read(self) -> np.ndarray:
        """Which words this pass reads: bool [n]."""
        return examples.survivors(self.ids, self.keep, self._generator(SURVIVING))

    @cached_property
    def centre(self) -> int:
        """The word that is wanted; else the one in the middle of those that are read."""
        if self.wanted is not None and 0 <= self.wanted < len(self.sentence):
            return self.wanted
        places = np.flatnonzero(self.read)
        return int(places[len(places) // 2]) if len(places) else 0

    @cached_property
    def width(self) -> int:
        dynamic = not self.objective.cells and self.window.dynamic_window
        return examples.drawn_width(self.window.window, dynamic, self._generator(WIDTH, self.centre))

    @cached_property
    def context(self) -> list[int]:
        """The places of the window's words; none where the centre is not read."""
        if not self.read[self.centre]:
            return []
        left, right = examples.context(self.read, self.centre, self.width)
        return left + (right if not self.objective.cells or self.window.window_side == "symmetric" else [])

    @property
    def targets(self) -> list[int]:
        """The places of what is to be predicted."""
        return (self.context if self.objective.outward else [self.centre]) if self.context else []

    @cached_property
    def noise_words(self) -> list[list[int]]:
        """Ids, for each target."""
        generator = self._generator(NOISE, self.centre)
        return [examples.noise_words(self.distribution, int(self.ids[each]), self.noise.n_negative, generator) for each in self.targets]

    def next_read(self) -> int | None:
        """The next word after the centre that this pass reads."""
        return next((place for place in range(self.centre + 1, len(self.sentence)) if self.read[place]), None)

    def word(self, i: int) -> str:
        return self.part.words[i]

    def _generator(self, *stream: int) -> np.random.Generator:
        return np.random.default_rng([self.number, *stream])
