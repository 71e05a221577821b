"""Questions about whole sequences: is the second part the next sentence (BERT), in which order are the parts, how far are they apart (ERNIE 2.0)?"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise, permutations

import numpy as np

from core.objectives.sentences import Sentences, Stretch, trimmed

SHORT = 0.1  # share of sequences that are meant to be shorter than the room
NEARBY = 30  # sentences before and after that count as of the same document: a text says nothing of where its documents end

Parts = tuple[list[Stretch], int | None]  # and the number of the right answer, where there can be one
Make = Callable[[Sentences, int, int, np.random.Generator], Parts]  # from the sentence of that number on, within so many tokens


@dataclass(frozen=True)
class SentenceTask:
    """name: of its loss. labels: the answers; none where only tokens are to be predicted. n_marks: most tokens that the frame takes. make: an example."""

    name: str
    labels: tuple[str, ...]
    n_marks: int
    make: Make


def passage(sentences: Sentences, first: int, room: int, rng: np.random.Generator) -> Parts:
    """Sentences that fill the room, as one part."""
    found = sentences.stretch(first, sentences.filling(first, room))
    return [found.cut(0, room)], None


def next_sentence(sentences: Sentences, first: int, room: int, rng: np.random.Generator) -> Parts:
    """Sentences that fill the room in two parts, of which the second is, every other time, from elsewhere. Of a text of one sentence that one alone."""
    if len(sentences) == 1:
        return passage(sentences, first, room, rng)
    wanted = int(rng.integers(2, room + 1)) if room > 2 and rng.random() < SHORT else room
    last = sentences.filling(first, wanted)
    middle = int(rng.integers(first + 1, last)) if last - first > 1 else last
    is_next = last - first > 1 and rng.random() < 0.5
    a = sentences.stretch(first, middle)
    if is_next:
        b = sentences.stretch(middle, last)
    else:
        other = _but(len(sentences), (middle, middle + 1), rng)
        b = sentences.stretch(other, sentences.filling(other, max(1, wanted - len(a))))
    return [*trimmed(a, b, room, rng)], int(not is_next)


ORDERS = tuple(order for n in (1, 2, 3) for order in permutations(range(n)))


def sentence_order(sentences: Sentences, first: int, room: int, rng: np.random.Generator) -> Parts:
    """Sentences that fill the room in one to three parts, shuffled; which of all the orders is it?"""
    last = sentences.filling(first, room)
    n = int(rng.integers(1, min(3, last - first) + 1))
    cuts = [first, *sorted(rng.choice(np.arange(first + 1, last), n - 1, replace=False).tolist()), last]
    whole = sentences.stretch(first, last)
    ends = np.minimum(sentences.passed[cuts] - sentences.passed[first], room)
    parts = [whole.cut(int(start), int(stop)) for start, stop in pairwise(ends)]
    order = tuple(rng.permutation(n).tolist())
    return [parts[i] for i in order], ORDERS.index(order)


def sentence_distance(sentences: Sentences, first: int, room: int, rng: np.random.Generator) -> Parts:
    """Two sentences: neighbours, of the same document (here: at most NEARBY apart), or of different ones; of those that the text has room for."""
    n = len(sentences)
    if n == 1:
        return passage(sentences, first, room, rng)
    first = min(first, n - 2)
    near = range(max(0, first - NEARBY), min(n, first + 1 + NEARBY))
    same = [i for i in near if abs(i - first) > 1]
    kind = int(rng.choice([0] + [1] * bool(same) + [2] * (n > len(near))))
    second = first + 1 if kind == 0 else int(rng.choice(same)) if kind == 1 else _but(n, (near.start, near.stop), rng)
    return [*trimmed(sentences[first], sentences[second], room, rng)], kind


def _but(n: int, without: tuple[int, int], rng: np.random.Generator) -> int:
    """A number below n, outside of a range where anything is outside of it."""
    start, stop = min(without[0], n), min(without[1], n)
    if stop - start >= n:
        return int(rng.integers(n))
    drawn = int(rng.integers(n - (stop - start)))
    return drawn if drawn < start else drawn + stop - start


PASSAGE = SentenceTask("masked tokens", (), 2, passage)
NEXT_SENTENCE = SentenceTask("next sentence", ("the next sentence", "another sentence"), 3, next_sentence)
ORDER = SentenceTask("sentence order", tuple(" ".join(str(i + 1) for i in order) for order in ORDERS), 4, sentence_order)
DISTANCE = SentenceTask("sentence distance", ("neighbours", "from the same document", "from different documents"), 3, sentence_distance)
