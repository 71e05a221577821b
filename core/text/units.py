"""A long text as numbers of its distinct stretches: whatever is done to a stretch is done once, however often it stands in the text.

Words, BPE and WordPiece look at what stands between two blanks by itself. Eighteen megabytes of English are three million such stretches, but
two hundred thousand distinct ones.
"""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt


class Units:
    """Numbers the stretches that `cut` makes of texts, in the order of their first use."""

    def __init__(self, cut: Callable[[str], list[str]]) -> None:
        self.cut = cut
        self.parts: list[npt.NDArray[np.int32]] = []  # one a text read
        self._numbers = _Numbers()

    def read(self, text: str) -> None:
        stretches = self.cut(text)
        self.parts.append(np.fromiter(map(self._numbers.__getitem__, stretches), np.int32, len(stretches)))

    @property
    def distinct(self) -> list[str]:
        return list(self._numbers)

    def counts(self) -> npt.NDArray[np.int64]:
        """How often each distinct stretch was read."""
        counts = np.zeros(len(self._numbers), np.int64)
        for part in self.parts:
            counts += np.bincount(part, minlength=len(counts))
        return counts

    def counts_of(self, words: Sequence[Sequence[str]]) -> "Counter[str]":
        """How often each word was read, given the words of each distinct stretch."""
        found: Counter[str] = Counter()
        for some, count in zip(words, self.counts().tolist(), strict=True):
            for word in some:
                found[word] += count
        return found

    def spread(self, flat: npt.NDArray[np.int32], lengths: Sequence[int]) -> npt.NDArray[np.int32]:
        """The ids of all that was read, given those of each distinct stretch: `flat` holds them one after the other, `lengths` how many each has."""
        sizes = np.asarray(lengths, np.int64)
        starts = np.cumsum(sizes) - sizes
        spread = [flat[_positions(starts[part], sizes[part])] for part in self.parts]
        return np.concatenate(spread or [np.zeros(0, np.int32)])


class _Numbers(dict[str, int]):
    def __missing__(self, stretch: str) -> int:
        self[stretch] = n = len(self)
        return n


def _positions(starts: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """start, start + 1, ... of each range, one range after the other."""
    before = np.cumsum(sizes) - sizes
    positions: npt.NDArray[np.int64] = np.arange(sizes.sum()) + np.repeat(starts - before, sizes)
    return positions
