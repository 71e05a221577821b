"""When a word's neighbours arrived: its nearest words at each of several moments."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.vectors import Measure, Neighbour, Vectors


@dataclass(frozen=True)
class Arrival:
    """One of the last neighbours. since: the first of the moments from which on it has always been among them; first: the first at which it was."""

    word: str
    rank: int  # from 1, at the last moment
    first: int
    since: int
    best: int  # rank


def neighbours_over_time(moments: Sequence[Vectors], word: str, n: int = 10, by: Measure = "cosine") -> list[list[Neighbour]]:
    """The n nearest words at each moment; none where the word has no row then."""
    return [vectors.neighbours(word, n, by) if word in vectors.index else [] for vectors in moments]


def arrivals(history: Sequence[Sequence[Neighbour]]) -> list[Arrival]:
    """The last neighbours, the nearest first, with the moments (counted from 0) at which they came."""
    ranks = [{each.word: rank + 1 for rank, each in enumerate(found)} for found in history]
    told = []
    for word, rank in (ranks[-1] if ranks else {}).items():
        there = [word in each for each in ranks]
        since = len(there) - next((i for i, was in enumerate(reversed(there)) if not was), len(there))
        told.append(Arrival(word, rank, there.index(True), since, min(each[word] for each in ranks if word in each)))
    return told
