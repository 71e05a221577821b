"""Which words stand near which, and how often: the cells of GloVe's matrix, counted without sorting, hashing or locks.

The text is inverted (for each word, its places), so that all windows of one word are summed into one dense row, which stays in cache and is
compressed when it is full. A long text is counted in blocks; a row of the whole is the dense sum of the blocks' rows, so that merging is the same
move once more. Words come numbered at random, and the numbers are cut into bands, so that the matrix falls into square tiles of about equally many
cells, each a random sample of the whole: what Stanford's `shuffle` does, without a pass of its own.

Beyond IN_MEMORY bytes, what is counted stands in unnamed files of the workspace: the memory needed is that of one block, however long the text.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, TypeVar

import numpy as np

from core.embeddings.arrays import read_only
from core.embeddings.counting import CELL, add_rows, count_rows, invert, renumber, tiles
from core.embeddings.shelf import Shelf
from core.machine import forget
from core.text.progress import Progress, silent

BAND, BANDS = 512, 16  # words of a band, at most; bands, at least
PIECE = 128  # words whose rows are counted, kept and added up at a time
BLOCK = 2**24  # positions of text counted at a time, in some 200 MB
IN_MEMORY = 2**28  # bytes of cells; twice that for a moment
FILLED = 0.12  # share of the matrix that a long text fills
MERGING = 0.1  # of the time, roughly

Result = TypeVar("Result")
Told = Callable[[float], None]


@dataclass(frozen=True)
class Windows:
    """Which pairs count, and how much."""

    width: int  # words to each side; those left out of the vocabulary do not count in the distance, and none reaches over an end
    symmetric: bool = True  # else a word's context is what stands to its left
    by_distance: bool = True  # a pair counts 1 / distance; else 1

    @property
    def weights(self) -> np.ndarray:
        """float64 [width + 1]: what a pair counts at each distance."""
        distance = np.arange(self.width + 1)
        return 1 / np.maximum(distance, 1) if self.by_distance else np.ones(self.width + 1)


@dataclass(frozen=True, eq=False)
class Cells:
    """Where a count is not 0, tile by tile: (a, b) holds the rows of band a and the columns of band b, and is cells[starts[a, b] : starts[a, b + 1]].

    Of a symmetric matrix the lower triangle alone is kept: tiles with b <= a, and in those on the diagonal row >= column.
    """

    cells: np.ndarray  # of CELL; in memory, or mapped from a file
    starts: np.ndarray  # int64 [n_bands, n_bands + 1]
    band: int  # words
    symmetric: bool
    n_text: int  # words of text that were counted

    def triples(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The rows' and the columns' words by their numbers, and the counts, of all cells as they are kept."""
        a, b = np.divmod(np.repeat(np.arange(len(self.starts) ** 2), np.diff(self.starts).ravel()), len(self.starts))
        return self.cells["row"] + a * self.band, self.cells["column"] + b * self.band, self.cells["count"]


class Rows(NamedTuple):
    """Some rows of counts, one after the other. lengths: int64 [n_rows]; columns: int32, counts: float32 [sum of lengths]."""

    lengths: np.ndarray
    columns: np.ndarray
    counts: np.ndarray


class Text(NamedTuple):
    """A block of text. tokens: int32, words' numbers, -1 at the ends of sentences, at the beginning and at the end."""

    tokens: np.ndarray
    margin: int  # its own words begin here; those before belong to the block before


def count(
    ids: np.ndarray, numbers: np.ndarray, windows: Windows, n_threads: int = 1, progress: Progress = silent, *, band: int = BAND, block: int = BLOCK
) -> Cells:
    """The cells of a text. ids: int32, -1 where a sentence ends; numbers: int32 [vocab], the number of each token, -1 for one that is passed over.

    The row is the word, the column its context. Stanford's `cooccur -symmetric 0` has the two exchanged: it writes the earlier word as the row, which
    glove.c takes for the word, though its help speaks of the left context. A word in its own symmetric window counts from both ends, as there.
    Whatever `progress` raises ends the counting. OSError where the disk is full.
    """
    n_words, n_blocks = int(numbers.max()) + 1, max(1, -(-len(ids) // block))
    band = min(band, -(-n_words // BANDS))
    ends = [*range(0, n_words, band), n_words]
    pieces = [(first, min(first + PIECE, end)) for start, end in pairwise(ends) for first in range(start, end, PIECE)]
    with ExitStack() as shelves:
        counted: list[list[Shelf]] = []
        n_text = 0
        for text in texts(ids, numbers, windows.width, block):
            limit, share = IN_MEMORY // 2 if n_blocks == 1 else 0, (1 - MERGING) / n_blocks
            parts = [shelves.enter_context(Shelf(dtype, limit)) for dtype in (np.int64, np.int32, np.float32)]
            for rows in _rows(text, pieces, windows, n_threads, _told(progress, len(counted) * share, share)):
                for shelf, part in zip(parts, rows, strict=True):
                    shelf.append(part)
            counted.append(parts)
            n_text += int(np.count_nonzero(text.tokens[text.margin :] >= 0))
        cells, starts = _tiled(counted, pieces, band, n_threads, _told(progress, 1 - MERGING, MERGING))
        return Cells(cells, starts, band, windows.symmetric, n_text)


def expected_cells(windows: Windows, n_distinct: int, n_words: int) -> float:
    """Roughly how many cells a text has, for estimates alone: within a factor of two or so for English, Chinese, Zipf's law and the small world.

    A word brings new ones, the more the wider the window is, up to a sentence, and ever fewer as those that can be fill up.
    """
    fresh = 4 * windows.width / (windows.width + 6) * n_words
    room = FILLED * n_distinct**2 / (2 if windows.symmetric else 1)
    return fresh * room / (fresh + room)


def _told(progress: Progress, begin: float, share: float) -> Told:
    return lambda done: progress("counting which words stand together", begin + done * share)


def texts(ids: np.ndarray, numbers: np.ndarray, width: int, block: int) -> Iterator[Text]:
    """The text in blocks, each with as much of the one before as its first windows reach back to."""
    before, plain = np.zeros(0, np.int32), read_only(ids)
    for start in range(0, len(ids), block):
        tokens = np.empty(len(before) + min(block, len(ids) - start) + 2, np.int32)
        tokens[0], tokens[1 : 1 + len(before)] = -1, before
        n = renumber(plain[start : start + block], numbers, tokens, 1 + len(before))
        tokens[n] = -1
        yield Text(tokens[: n + 1], 1 + len(before))
        before = tokens[max(1, n - width) : n].copy()
        forget(ids)


def _rows(text: Text, pieces: list[tuple[int, int]], windows: Windows, n_threads: int, tell: Told) -> Iterator[Rows]:
    """The rows of each piece of the words, counted in one block."""
    starts, places = invert(text.tokens, pieces[-1][1])

    def work(n: int) -> Rows:
        return Rows(*count_rows(text.tokens, text.margin, starts, places, *pieces[n], windows.weights, windows.symmetric))

    return _in_turn(work, len(pieces), n_threads, tell)


def _tiled(counted: list[list[Shelf]], pieces: list[tuple[int, int]], band: int, n_threads: int, tell: Told) -> tuple[np.ndarray, np.ndarray]:
    """The blocks' rows added up and cut into tiles: the cells, and where each tile's begin."""
    n_words = pieces[-1][1]
    n_bands = -(-n_words // band)

    def added(n: int) -> Rows:
        parts = [Rows(*(shelf.take(n) for shelf in shelves)) for shelves in counted]
        if len(parts) == 1:
            return parts[0]
        lengths, columns, counts = (np.concatenate(each) for each in zip(*parts, strict=True))
        return Rows(*add_rows(lengths.reshape(len(parts), -1), columns, counts, n_words))

    def work(a: int) -> tuple[np.ndarray, np.ndarray]:
        rows = [added(n) for n, (first, _) in enumerate(pieces) if first // band == a]
        return tiles(*(np.concatenate(each) for each in zip(*rows, strict=True)), band, n_bands)  # type: ignore[no-any-return]

    sizes = np.zeros((n_bands, n_bands), np.int64)
    with Shelf(CELL, IN_MEMORY) as shelf:
        for a, (cells, in_tiles) in enumerate(_in_turn(work, n_bands, n_threads, tell)):
            shelf.append(cells)
            sizes[a] = in_tiles
        ends = np.cumsum(sizes).reshape(n_bands, n_bands)
        return shelf.whole(), np.concatenate([ends[:, :1] - sizes[:, :1], ends], axis=1)


def _in_turn(work: Callable[[int], Result], n: int, n_threads: int, tell: Told) -> Iterator[Result]:
    """work(0), work(1), ... in order, a few at a time, so that few results wait to be taken and an end is soon heard. One thread: the caller's own."""
    if n_threads == 1:
        for i in range(n):
            tell(i / n)
            yield work(i)
        return
    with ThreadPoolExecutor(n_threads, thread_name_prefix="counting") as threads:
        for first in range(0, n, 4 * n_threads):
            tell(first / n)
            yield from threads.map(work, range(first, min(first + 4 * n_threads, n)))
