"""A text's facts, from its cut: words, sentences, distinct words, how often each, and the digest of its content."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.text.cutting import Cut, cut, remove
from core.text.numbering import END
from core.text.progress import Progress

N_TOP = 500  # most frequent words kept by name


def facts(path: Path, progress: Progress) -> tuple[dict[str, Any], npt.NDArray[np.int64]]:
    """What about.json says of a text, and its frequencies [n_distinct]; ValueError in words where it has fewer than two words.

    The text is cut on the way, for whoever trains on it.
    """
    found, digest = cut(path, progress)
    _, counts = found.forms(lowercase=True)
    counts = np.where(found.marks, 0, counts)
    n_words = int(counts.sum()) + found.n_lost
    if n_words < 2:
        what = f"has one word only, “{found.words(counts.nonzero()[0])[0][:50]}”" if n_words else "is empty: there is not a word in it"
        remove(digest)
        raise ValueError(f"This text {what}. There is nothing to learn from it; take a longer one.")
    frequencies = np.sort(counts[counts > 0])[::-1].copy()
    about = {"n_words": n_words, "n_sentences": _sentences(found), "n_distinct": len(frequencies), "n_bytes": path.stat().st_size}
    return about | {"digest": digest, "top": most_frequent(found.words, counts, N_TOP)}, frequencies


def most_frequent(named: Callable[[npt.NDArray[np.integer]], list[str]], counts: npt.NDArray[np.int64], n: int) -> list[tuple[str, int]]:
    """The n words with the highest counts, and all that are seen as often as the last of them, by count and letters. counts: of each number."""
    least = max(1, int(np.partition(counts, -n)[-n]) if len(counts) > n else 1)
    which = np.flatnonzero(counts >= least)
    return sorted(zip(named(which), counts[which].tolist(), strict=True), key=lambda each: (-each[1], each[0]))


def _sentences(found: Cut) -> int:
    """How many sentences begin: a word after an end, or at the beginning."""
    is_mark = np.append(found.marks, [False, False])  # numbers below 0 count from the end
    count, ended = 0, True
    for numbers in found.blocks():
        ends = numbers[~is_mark[numbers]] == END
        if len(ends):
            count += int(np.count_nonzero(~ends & np.concatenate([[ended], ends[:-1]])))
            ended = bool(ends[-1])
    return count
