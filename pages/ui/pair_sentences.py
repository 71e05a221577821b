"""What an objective is fed at one place of a text, in sentences."""

from collections.abc import Sequence

from pages.ui import say
from pages.ui.pairing import Place


def sentences(place: Place) -> Sequence[str]:
    """The same in words, as Markdown."""
    word, n = f"**{say.plain(place.sentence[place.centre])}**", len(place.context)
    if place.ids[place.centre] < 0:
        return [f"{word} is seen fewer than {place.window.min_count} times in this part of the text: it is not in the vocabulary, and never read."]
    if not place.read[place.centre]:
        keep = say.percent(float(place.keep[place.ids[place.centre]]))
        return [f"{word} is kept with {keep}, and was left out in this draw: it has no window, and stands in nobody's. Draw again, or take another word."]
    if not n:
        return [f"No other word of the sentence is read in this draw: {word} has nothing beside it to learn from."]
    if place.objective.cells:
        return _of_cells(place, word)
    reach = f"{place.width} of at most {place.window.window}" if place.window.dynamic_window else f"{place.width}"
    window = f"The window reaches {reach} words to each side, over whatever was left out: {n} words around {word}."
    ends = [_ends(place)] if place.objective.ngrams and place.output != "hierarchical" else []
    return [window, _fed(place, word, n), *ends, LOSSES[place.output]]


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


def _ends(place: Place) -> str:
    keep = say.percent(place.keep_ends)
    return f"An end of a sentence is a word as well, without n-grams, as `</s>` in the original: it is kept with {keep}, and left out of the picture."


def _of_cells(place: Place, word: str) -> Sequence[str]:
    sides = "to both sides" if place.window.window_side == "symmetric" else "to the left"
    each = "1/distance" if place.window.distance_weighting else "1"
    n_words = int(place.part.counts.sum())
    return [
        f"Nothing is drawn: every word up to {place.window.window} places {sides} adds {each} to its cell in the row of {word}.",
        f"Above, the largest cells of that row over {n_words:,} words of the text. Fed are the cells, not the text: (row, column, log x), weighted by f(x).",
        r"Loss of a cell: $f(x)\,(w\cdot c+b+b'-\log x)^2$",
    ]
