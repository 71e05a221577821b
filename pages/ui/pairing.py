"""One place of a text as an objective sees it, in boxes, lines and sentences; what is drawn at random follows from the number of the draw."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from core.embeddings import examples
from core.embeddings.examples import CombineSettings, CooccurrenceSettings, NgramSettings, NoiseSettings, Part, WindowSettings
from pages.ui import say

N_CELLS = 14  # of a row of co-occurrences
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


# ---------------------------------------------------------------- the picture


def picture(place: Place) -> dict[str, Any]:
    """What components.pairs_view draws."""
    drawn = {"words": _words(place), "centre": place.centre, "arcs": _arcs(place), "inputs": [], "middle": None, "outputs": [], "cells": None}
    if not place.context:
        return drawn
    if place.objective.cells:
        return drawn | {"cells": _cells(place)}
    inputs, n_rows = _inputs(place)
    middle = None
    if place.objective.mean:
        marks = [mark for one in inputs for mark in one.get("marks", [])]
        middle = {"said": place.combine.combine, "note": f"of {n_rows} rows"} | ({"marks": marks} if marks else {})
    groups = [_group(place, target, noise) for target, noise in zip(place.targets, place.noise_words, strict=True)]
    goes_in = "the word and its n-grams, each by its bucket" if place.objective.outward else "rows of W_in"
    titles = {"inputs_title": f"goes in: {goes_in}", "outputs_title": OUTPUT_TITLES[place.output]}
    return drawn | titles | {"inputs": inputs, "middle": middle, "outputs": groups}


OUTPUT_TITLES = {
    "negative": "is asked about: rows of W_out, 1 for the true word, 0 for noise",
    "hierarchical": "is asked about: a row for each inner node on the way to the word; beside it, how much of the text lies beneath",
    "full": "is asked about: every row of W_out",
}


def _words(place: Place) -> list[dict[str, Any]]:
    total = max(1, int(place.part.counts.sum()))
    reach = {i for side in examples.context(place.read, place.centre, place.window.window) for i in side} if place.context else set()
    inward, outward = ("target", "input") if place.objective.outward else ("input", "target")
    found = []
    for i, (word, number) in enumerate(zip(place.sentence, place.ids.tolist(), strict=True)):
        known = number >= 0
        seen = int(place.part.counts[number]) if known else 0
        keep = float(place.keep[number]) if known and not place.objective.cells else None
        note = f"seen {seen:,} times, {_percent(seen / total)} of the words" + (f"; kept with {_percent(keep)}" if keep is not None else "")
        role = "centre " + (outward if place.context else "") if i == place.centre else inward if i in place.context else "beyond" if i in reach else ""
        found.append(
            {
                "text": word,
                "state": "read" if place.read[i] else "dropped" if known else "unknown",
                "role": role,
                "keep": keep,
                "keep_text": _percent(keep) if keep is not None else "",
                "note": note if known else f"seen fewer than {place.window.min_count} times: not in the vocabulary, never read",
            }
        )
    return found


def _arcs(place: Place) -> list[dict[str, Any]]:
    arcs = []
    read = np.flatnonzero(place.read).tolist()
    for other in place.context:
        distance = abs(read.index(other) - read.index(place.centre))
        label = ("1" if distance == 1 or not place.window.distance_weighting else f"1/{distance}") if place.objective.cells else ""
        ends = (place.centre, other) if place.objective.outward else (other, place.centre)
        arcs.append({"from": ends[0], "to": ends[1], "label": label, "role": "target" if place.objective.outward else "input"})
    return arcs


def _inputs(place: Place) -> tuple[list[dict[str, Any]], int]:
    """Boxes, and how many rows of W_in they are."""
    if not place.objective.ngrams:
        return [_one_hot(place, place.sentence[i], int(place.ids[i])) for i in place.context], len(place.context)
    from core.embeddings.ngrams import Ngrams

    ngrams = Ngrams(place.ngrams.min_n, place.ngrams.max_n, place.ngrams.n_buckets)
    if place.objective.outward:
        number = int(place.ids[place.centre])
        named = ngrams.named(place.word(number))
        own = {"text": place.word(number), "note": f"row {number - place.part.tokenizer.n_special:,}"}
        return [own, *({"text": piece, "note": f"{bucket:,}"} for piece, bucket in named)], 1 + len(named)
    boxes, n_rows = [], 0
    for i in place.context:
        named = ngrams.named(place.word(int(place.ids[i])))
        some = " ".join(piece for piece, _ in named[:5]) + (" …" if len(named) > 5 else "")
        boxes.append({"text": place.sentence[i], "note": f"and {say.many(len(named), 'n-gram')}: {some}" if named else "has no n-gram"})
        n_rows += 1 + len(named)
    return boxes, n_rows


def _one_hot(place: Place, text: str, number: int, role: str = "input") -> dict[str, Any]:
    """A word's box; where the whole vocabulary is asked about, with the 1 among the zeros."""
    if place.output != "full":
        return {"text": text, "role": role}
    first, size = place.part.tokenizer.n_special, len(place.part.words)
    return {"text": text, "role": role, "note": f"1 at place {number - first + 1:,} of {size - first:,}", "marks": [(number - first + 0.5) / (size - first)]}


def _group(place: Place, target: int, noise: list[int]) -> dict[str, Any]:
    number, several = int(place.ids[target]), len(place.targets) > 1
    word = place.sentence[target]
    if place.output == "full":
        boxes = [_one_hot(place, word, number, "target")]
        if not several:
            boxes.append(
                {"said": f"softmax over {len(place.part.words) - place.part.tokenizer.n_special:,} words", "role": "noise", "note": "−log p of the one"}
            )
        return {"kind": "flow" if several else "list", "boxes": boxes}
    if place.output == "hierarchical":
        return _path(place, word, number, several)
    most = place.distribution.max()
    boxes = [{"text": word, "label": "1", "role": "target"}]
    for each in noise:
        chance = float(place.distribution[each])
        box = {"text": place.word(each), "label": "0", "role": "noise"}
        boxes.append(box if several else box | {"note": f"drawn with {_percent(chance)}", "share": chance / most})
    return {"kind": "flow" if several else "list", "boxes": boxes}


def _path(place: Place, word: str, number: int, several: bool) -> dict[str, Any]:
    nodes = examples.path(place.part.tree, place.part.counts, number)
    total = max(1, int(place.part.counts.sum()))
    boxes: list[dict[str, Any]] = []
    for i, (node, bit, beneath) in enumerate(nodes):
        box = {"said": f"node {node - place.part.tokenizer.n_special:,}" if i else "root", "bit": bit, "role": "noise"}
        boxes.append(box | {"label": str(bit)} if several else box | {"note": _percent(beneath / total)})
    boxes.append({"text": word, "bit": 0, "role": "target"})
    return {"kind": "flow" if several else "path", "boxes": boxes}


def _cells(place: Place) -> dict[str, Any]:
    settings = place.window
    row = examples.cooccurrences(place.part.ids, int(place.ids[place.centre]), settings, len(place.part.words))
    here = np.zeros(len(row))
    read = np.flatnonzero(place.read).tolist()
    for other in place.context:
        here[place.ids[other]] += 1 / abs(read.index(other) - read.index(place.centre)) if settings.distance_weighting else 1.0
    # What is typed by hand need not stand in the text: then it is counted with it.
    row = np.maximum(row, here)
    shown = {int(i) for i in np.argsort(-row, kind="stable")[:N_CELLS] if row[i]} | set(np.flatnonzero(here).tolist())
    weights = examples.cell_weight(row, settings.x_max, settings.weight_exponent)
    rows = [
        {
            "text": place.word(i),
            "share": float((row[i] - here[i]) / row.max()),
            "here": float(here[i] / row.max()),
            "note": f"{here[i]:.3g} of it from this sentence" if here[i] else "",
            "x": f"{row[i]:,.2f}",
            "weight": float(weights[i]),
            "weight_text": f"{weights[i]:.3f}",
            "log_x": f"{np.log(row[i]):.2f}",
        }
        for i in sorted(shown, key=lambda i: -row[i])
    ]
    return {"head": ["word", "x, of it from this sentence in orange", "x", "weight f(x)", "", "log x"], "rows": rows, "n": int(np.count_nonzero(row))}


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.0995 else f"{100 * share:.1f} %" if share >= 0.00095 else f"{100 * share:.2g} %"


# ---------------------------------------------------------------- in sentences


def sentences(place: Place) -> Sequence[str]:
    """The same in words, as Markdown."""
    word, n = f"**{say.plain(place.sentence[place.centre])}**", len(place.context)
    if place.ids[place.centre] < 0:
        return [f"{word} is seen fewer than {place.window.min_count} times in this part of the text: it is not in the vocabulary, and never read."]
    if not place.read[place.centre]:
        keep = _percent(float(place.keep[place.ids[place.centre]]))
        return [f"{word} is kept with {keep}, and was left out in this draw: it has no window, and stands in nobody's. Draw again, or take another word."]
    if not n:
        return [f"No other word of the sentence is read in this draw: {word} has nothing beside it to learn from."]
    if place.objective.cells:
        return _of_cells(place, word)
    reach = f"{place.width} of at most {place.window.window}" if place.window.dynamic_window else f"{place.width}"
    return [f"The window reaches {reach} words to each side, over whatever was left out: {n} words around {word}.", _fed(place, word, n), LOSSES[place.output]]


LOSSES = {
    "negative": r"Loss of a pair: $-\log\sigma(x\cdot o_1)-\sum_0\log\sigma(-x\cdot o_0)$",
    "hierarchical": r"Loss of a pair: $-\sum\log\sigma(\pm\,x\cdot n)$ along the way, $+$ where the bit is 0",
    "full": r"Loss of a pair: $-\log\,\mathrm{softmax}(W_{out}\,x)$ at the true word",
}


def _fed(place: Place, word: str, n: int) -> str:
    pairs = f"**{say.many(n, 'pair')}**"
    if place.objective.outward:
        return f"The mean of {word} and its n-grams is the input, each word of the window a target: {pairs}. (word2vec goes the other way.)"
    rows = "words and their n-grams" if place.objective.ngrams else "words"
    if place.objective.mean:
        return f"The {place.combine.combine} of the window's {rows} is the input, {word} the target: **1 pair**."
    shared = " Orrery draws the noise once for two windows, word2vec.c once a pair." if place.output == "negative" else ""
    return f"Each word of the window is an input, {word} the target of each: {pairs}. It is word2vec.c's way round; over a text, the paper's pairs.{shared}"


def _of_cells(place: Place, word: str) -> Sequence[str]:
    sides = "to both sides" if place.window.window_side == "symmetric" else "to the left"
    each = "1/distance" if place.window.distance_weighting else "1"
    n_words = int(place.part.counts.sum())
    return [
        f"Nothing is drawn: every word up to {place.window.window} places {sides} adds {each} to its cell in the row of {word}.",
        f"Above, the largest cells of that row over {n_words:,} words of the text. Fed are the cells, not the text: (row, column, log x), weighted by f(x).",
        r"Loss of a cell: $f(x)\,(w\cdot c+b+b'-\log x)^2$",
    ]
