import numpy as np

from core.neighbour_history import arrivals, neighbours_over_time
from core.vectors import Vectors

WORDS = ["king", "queen", "apple", "pear"]


def moment(*rows: tuple[float, float]) -> Vectors:
    return Vectors(WORDS, np.array(rows, np.float32))


MOMENTS = [
    moment((1, 0), (0, 1), (1, 0.1), (1, 0.2)),  # king beside apple and pear
    moment((1, 0), (1, 0.1), (1, 0.2), (0, 1)),  # queen comes, and is the nearest
    moment((1, 0), (0, 1), (1, 0.1), (1, 0.2)),  # and goes
    moment((1, 0), (1, 0.2), (1, 0.1), (0, 1)),  # and is there to stay
]


def test_a_words_neighbours_are_told_for_each_moment():
    history = neighbours_over_time(MOMENTS, "king", 2)
    assert [[each.word for each in found] for found in history] == [["apple", "pear"], ["queen", "apple"], ["apple", "pear"], ["apple", "queen"]]
    assert neighbours_over_time(MOMENTS, "unheard", 2) == [[], [], [], []]


def test_when_queen_arrived_and_since_when_she_stays():
    apple, queen = arrivals(neighbours_over_time(MOMENTS, "king", 2))
    assert (apple.word, apple.rank, apple.first, apple.since, apple.best) == ("apple", 1, 0, 0, 1)
    assert (queen.word, queen.rank, queen.first, queen.since, queen.best) == ("queen", 2, 1, 3, 1)
    assert arrivals([]) == []
