"""The order in which an epoch visits the tiles of a matrix: rounds, within which no two tiles share a word.

It is a tournament of the bands of words. What threads do within a round touches different rows, so that they need no locks and it does not matter
who does what when: the result is the same with any number of threads.
"""

from dataclasses import dataclass

import numpy as np

from core.embeddings.cooccurrence import Cells

SIDES = 2  # a meeting of two bands is two tiles; below the diagonal of a symmetric matrix both halves are in one, and the other is empty


@dataclass(frozen=True, eq=False)
class Epoch:
    """tiles: int64 [n_meetings SIDES 4], each tile's first row, first column, first cell and the cell after its last."""

    tiles: np.ndarray
    rounds: np.ndarray  # int64 [n_meetings]: the round of each
    ends: np.ndarray  # int64 [n_meetings + 1]: how many cells were visited before each

    @staticmethod
    def drawn(cells: Cells, generator: np.random.Generator) -> "Epoch":
        bands, rounds = tournament(len(cells.starts), generator)
        tiles = np.zeros((len(bands), SIDES, 4), np.int64)
        for side, (a, b) in enumerate(((bands.max(axis=1), bands.min(axis=1)), (bands.min(axis=1), bands.max(axis=1)))):
            tiles[:, side] = np.stack([a * cells.band, b * cells.band, cells.starts[a, b], cells.starts[a, b + 1]], axis=1)
        tiles[bands[:, 0] == bands[:, 1], 1, 2:] = 0  # a band that meets itself has one tile
        sizes = (tiles[..., 3] - tiles[..., 2]).sum(axis=1)
        return Epoch(tiles, rounds, np.concatenate([[0], np.cumsum(sizes)]))

    def between(self, start: int, stop: int) -> list[np.ndarray]:
        """The cells that are visited from the start-th on until before the stop-th: the tiles of each round, the first and the last cut."""
        first = int(np.searchsorted(self.ends, start, "right")) - 1
        last = int(np.searchsorted(self.ends, stop, "left"))
        tiles = self.tiles[first:last].copy()
        before = self.ends[first:last, None] + np.concatenate([np.zeros((last - first, 1), np.int64), tiles[:, :1, 3] - tiles[:, :1, 2]], axis=1)
        begin, size = tiles[..., 2].copy(), tiles[..., 3] - tiles[..., 2]
        tiles[..., 2] = begin + np.clip(start - before, 0, size)
        tiles[..., 3] = begin + np.clip(stop - before, 0, size)
        return np.split(tiles, np.flatnonzero(np.diff(self.rounds[first:last])) + 1)


def tournament(n: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """All meetings of n players, and of each with itself, int64 [n (n + 1) / 2, 2], and the round of each; in a round nobody plays twice.

    One player keeps its seat while the others move on round the table by one; who sits where is drawn.
    """
    seats = n + n % 2
    turn, place = np.arange(seats - 1)[:, None], np.arange(seats // 2)[None]
    one, other = (turn + place) % (seats - 1), (turn - place) % (seats - 1)
    other[:, 0] = seats - 1
    player = generator.permutation(seats)  # an empty seat where n is odd
    itself = np.arange(n)
    pairs = np.concatenate([np.stack([player[one], player[other]], axis=-1).reshape(-1, 2), np.stack([itself, itself], axis=1)])
    rounds = np.concatenate([np.repeat(turn[:, 0], seats // 2), np.full(n, seats)])
    present = (pairs < n).all(axis=1)
    return pairs[present], rounds[present]
