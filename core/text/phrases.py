"""Phrases by collocation: "new_york" is one word where its two stand together more often than chance would have it (word2phrase.c; Mikolov 2013b, 4).

Two neighbours a b of one sentence are joined where

    (count(ab) - min_count) / (count(a) count(b)) * words > phrase_threshold

from left to right; what was joined is not joined again in the same pass, so that two passes make phrases of up to four words. Where word2phrase.c
counts the last word of a line and the first of the next as neighbours too (though it never joins them), only neighbours of one sentence count here;
`across=True` is its way. And where it keeps words and pairs in one table, so that "batch_size" in a text counts as the pair "batch size" too, they are
kept apart here. Punctuation marks, where they are kept, belong to no phrase.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.text.numbering import END, Numbers, is_mark
from core.text.progress import Progress, silent
from core.text.segmentation import SENTENCE_END
from core.text.tokenizing import TokenizerSettings

LIMIT = 1 << 22  # pairs counted at a time, 130 MB; of more the rarest are dropped now and then, as word2vec.c's ReduceVocab does
ROOM = 1 << 16  # pairs, at first

Blocks = Callable[[], Iterator[Numbers]]


@dataclass(frozen=True)
class Pass:
    """Pairs that are joined. pairs: [n 2], joined: [n], what each becomes."""

    pairs: Numbers
    joined: Numbers

    def over(self, blocks: Iterator[Numbers]) -> Iterator[Numbers]:
        """A text of numbers with its pairs joined."""
        from core.text import phrase_kernels as kernels

        table = kernels.empty(len(self.pairs))
        kernels.fill(_keys(self.pairs), self.joined.astype(np.int64), table)
        begins = np.zeros(max(int(self.joined.max(initial=0)), int(self.pairs.max(initial=0))) + 1, np.bool_)
        begins[self.pairs[:, 0]] = True
        waiting = -1
        for numbers in blocks:
            if len(begins) <= numbers.max(initial=0):
                begins = np.pad(begins, (0, int(numbers.max()) + 1 - len(begins)))
            out = np.empty(2 * len(numbers) + 1, np.int32)
            n, waiting = kernels.join(numbers, waiting, begins, table, out)
            yield out[:n]
        yield np.array([waiting] if waiting >= 0 else [], np.int32)


@dataclass(frozen=True)
class Words:
    """A text's words by number. counts: int64 [n]; marks: bool [n]; named: their names; known: those whose name could be a phrase's."""

    counts: npt.NDArray[np.int64]
    marks: npt.NDArray[np.bool_]
    named: Callable[[npt.NDArray[np.integer]], list[str]]
    known: dict[str, int]


def learn(blocks: Blocks, words: Words, settings: TokenizerSettings, progress: Progress, across: bool = False) -> tuple[list[Pass], list[str]]:
    """The passes over a text, and the names of the new words, numbered on from the text's own."""
    passes: list[Pass] = []
    new: list[str] = []
    known, n_own = dict(words.known), len(words.counts)

    def named(number: Numbers) -> list[str]:
        own = iter(words.named(number[number < n_own]))
        return [next(own) if n < n_own else new[n - n_own] for n in number.tolist()]

    for i in range(settings.phrase_passes):
        counts, n_words = (words.counts, 0) if not i else (np.zeros(n_own + len(new), np.int64), 0)
        for numbers in stream(blocks, passes):
            n_words += int(np.count_nonzero(numbers != END))
            if i:
                counts += np.bincount(numbers[numbers >= 0], minlength=len(counts))
        counts = np.where(np.pad(words.marks, (0, len(new))), 0, counts)
        pairs = _found(stream(blocks, passes), counts, n_words, settings, across, lambda what, share, i=i: progress(f"{what}, pass {i + 1}", share))
        names = [f"{a}_{b}" for a, b in zip(named(pairs[:, 0]), named(pairs[:, 1]), strict=True)]
        for name in names:
            if name not in known:
                known[name] = n_own + len(new)
                new.append(name)
        passes.append(Pass(pairs, np.array([known[name] for name in names], np.int32)))
        if not names:
            break
    return passes, new


def learn_from(texts: Iterable[Sequence[str]], settings: TokenizerSettings) -> tuple[list[str], list[list[tuple[str, str]]]]:
    """The words of a few short texts with their phrases joined, and the pairs of each pass."""
    index: dict[str, int] = {}
    numbers: list[int] = []
    for text in texts:
        folded = (word.lower() if settings.lowercase else word for word in text)
        numbers += [END if word == SENTENCE_END else index.setdefault(word, len(index)) for word in folded]
        numbers.append(END)
    names, array = list(index), np.array(numbers, np.int32)
    counts = np.bincount(array[array >= 0], minlength=len(names))
    words = Words(counts, np.fromiter(map(is_mark, names), np.bool_, len(names)), lambda which: [names[n] for n in which.tolist()], index)
    passes, new = learn(lambda: iter([array]), words, settings, silent)
    names += new
    joined = [names[n] if n != END else SENTENCE_END for part in stream(lambda: iter([array]), passes) for n in part.tolist()]
    return joined, [[(names[a], names[b]) for a, b in each.pairs.tolist()] for each in passes]


def stream(blocks: Blocks, passes: Sequence[Pass]) -> Iterator[Numbers]:
    """The text after these passes."""
    found = blocks()
    for each in passes:
        found = each.over(found)
    return found


def numbered(known: Sequence[frozenset[tuple[str, str]]], index: dict[str, int], n_own: int) -> tuple[list[Pass], list[str]]:
    """Passes that were learnt elsewhere, for a text of which `index` numbers the words that matter; and the names of the new words, from n_own on."""
    index = dict(index)
    new: list[str] = []
    passes = []
    for pairs in known:
        present = [(a, b) for a, b in sorted(pairs) if a in index and b in index]
        numbers = np.array([(index[a], index[b]) for a, b in present], np.int32).reshape(-1, 2)
        for a, b in present:
            if (name := f"{a}_{b}") not in index:
                index[name] = n_own + len(new)
                new.append(name)
        passes.append(Pass(numbers, np.array([index[f"{a}_{b}"] for a, b in present], np.int32)))
    return passes, new


def _found(blocks: Iterator[Numbers], counts: npt.NDArray[np.int64], n_words: int, settings: TokenizerSettings, across: bool, progress: Progress) -> Numbers:
    """The pairs above the threshold [n 2], in the order of their numbers."""
    from core.text import phrase_kernels as kernels

    least, threshold = settings.min_count, np.float32(settings.phrase_threshold)
    table, last, done = kernels.empty(ROOM), np.int64(-1), 0
    for numbers in blocks:
        some = numbers[numbers != END] if across else numbers
        at = 0
        while at < len(some):
            at, last = kernels.count(some, at, last, counts, least, n_words, threshold, table)
            if table.size[0] >= len(table.keys) // 2:
                table = _with_room(table)
        done += int(np.count_nonzero(numbers != END))
        progress("counting pairs of words", done / max(1, n_words))
    used = table.keys >= 0
    pairs = np.stack([table.keys[used] >> 32, table.keys[used] & 0xFFFFFFFF], axis=1).astype(np.int32)
    first, second = (counts[pairs[:, side]].astype(np.float32) for side in (0, 1))
    passed = (table.values[used] - least).astype(np.float32) / first / second * np.float32(n_words) > threshold
    pairs = pairs[passed]
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def _with_room(table: Any) -> Any:
    """A larger table; at LIMIT one without the rarest pairs."""
    from core.text import phrase_kernels as kernels

    kept, rarest = table.keys >= 0, 0
    if kept.sum() >= LIMIT:
        while kept.sum() > LIMIT * 3 // 4:
            rarest += 1
            kept = (table.keys >= 0) & (table.values > rarest)
    larger = kernels.empty(max(ROOM, min(2 * int(kept.sum()), LIMIT)))
    kernels.fill(table.keys[kept], table.values[kept], larger)
    return larger


def _keys(pairs: Numbers) -> npt.NDArray[np.int64]:
    return pairs[:, 0].astype(np.int64) << 32 | pairs[:, 1]


def join(words: Sequence[str], pairs: frozenset[tuple[str, str]]) -> list[str]:
    """One pass over the words of a new text, sentence ends among them."""
    joined: list[str] = []
    free = False  # whether the last word may be joined
    for word in words:
        if free and (joined[-1], word) in pairs:
            joined[-1] += f"_{word}"
            free = False
        else:
            joined.append(word)
            free = True
    return joined
