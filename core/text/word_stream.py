"""A cut text as the tokens of a word tokenizer: forms folded, marks left out, phrases joined, rare words unknown."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from core.text import phrases, tokenizers
from core.text.cutting import Cut
from core.text.facts import most_frequent
from core.text.numbering import END, LOST, Numbers
from core.text.progress import Progress
from core.text.segmentation import HAN
from core.text.tokenizers import Tokenizer
from core.text.tokenizing import TokenizerSettings

LEFT_OUT = -3
MOST_NGRAMS = 20_000
SHORTEST_HAN = 6  # bytes of two Han characters
AT_ONCE = 1 << 17  # words named at a time


class WordStream:
    """Forms are numbered as in the cut, and phrases on from there."""

    def __init__(self, cut: Cut, settings: TokenizerSettings, progress: Progress, known: Sequence[frozenset[tuple[str, str]]] | None = None) -> None:
        """known: the phrases, pass by pass, where they have been learnt from another text."""
        self.cut, self.settings, self.progress = cut, settings, progress
        self._form, self._counts = cut.forms(settings.lowercase)
        if not settings.punctuation:
            self._form, self._counts = np.where(cut.marks, LEFT_OUT, self._form), np.where(cut.marks, 0, self._counts)
        self._passes: list[phrases.Pass] = []
        self._names: list[str] = []  # of the phrases
        if known:
            which = np.flatnonzero(self._counts)
            parts = {part for pairs in known for pair in pairs for part in pair}
            index = {word: n for word, n in zip(cut.words(which), which.tolist(), strict=True) if word in parts or "_" in word}
            self._passes, self._names = phrases.numbered(known, index, len(self._counts))
        elif known is None and settings.phrase_passes:
            words = phrases.Words(self._counts, cut.marks, cut.words, self._with_underscores())
            self._passes, self._names = phrases.learn(self._forms, words, settings, progress)
        if self._passes:
            self._counts = np.zeros(len(self._counts) + len(self._names), np.int64)
            for numbers in phrases.stream(self._forms, self._passes):
                self._counts += np.bincount(numbers[numbers >= 0], minlength=len(self._counts))

    def tokenizer(self) -> Tokenizer:
        """The most frequent forms and phrases."""
        kept = most_frequent(self._named, self._counts, self.settings.vocab_size)
        tokenizer = tokenizers.of_counts(Counter(dict(kept)), self.settings)
        return tokenizer.joining([list(zip(self._named(each.pairs[:, 0]), self._named(each.pairs[:, 1]), strict=True)) for each in self._passes])

    def ngrams(self) -> list[tuple[str, ...]]:
        """The phrases, and the words that are several Han characters, each as its words; the most frequent first, MOST_NGRAMS at most."""
        words: dict[int, tuple[str, ...]] = {}
        for each in self._passes:
            sides = (self._named(each.pairs[:, side]) for side in (0, 1))
            for (a, b), left, right, n in zip(each.pairs.tolist(), *sides, each.joined.tolist(), strict=True):
                words[n] = words.get(a, (left,)) + words.get(b, (right,))
        long = np.flatnonzero((self._counts[: len(self.cut.counts)] >= self.settings.min_count) & (np.diff(self.cut.starts) >= SHORTEST_HAN))
        words |= {n: (word,) for n, word in zip(long.tolist(), self.cut.words(long), strict=True) if HAN.match(word)}
        frequent = sorted((n for n in words if self._counts[n]), key=lambda n: (-self._counts[n], words[n]))
        return [words[n] for n in frequent[:MOST_NGRAMS]]

    def counts(self, asked: set[str]) -> dict[str, int]:
        """How often each word is read: the most frequent ones, and those that are asked for."""
        which = np.flatnonzero(self._counts)
        names = self._named(which)
        counts = dict(zip(names, self._counts[which].tolist(), strict=True))
        frequent = dict(most_frequent(self._named, self._counts, self.settings.vocab_size)[: self.settings.vocab_size])
        return frequent | {word: counts[word] for word in asked & counts.keys()}

    def ids(self, tokenizer: Tokenizer) -> Iterator[npt.NDArray[np.int32]]:
        """The text's ids, block by block."""
        unknown = tokenizer.unk_id if self.settings.punctuation else LEFT_OUT
        table = np.full(len(self._counts) + 2, unknown, np.int32)  # from the end: END is -1, LOST -2
        table[END], table[LOST] = END, unknown
        seen = np.flatnonzero(self._counts)
        for some in np.array_split(seen, len(seen) // AT_ONCE + 1):
            table[some] = [tokenizer.index.get(word, unknown) for word in self._named(some)]
        done = 0
        for numbers in phrases.stream(self._forms, self._passes):
            ids = table[numbers]
            yield ids if self.settings.punctuation else ids[ids != LEFT_OUT]
            done += len(numbers)
            self.progress("numbering the words", min(1.0, done / self.cut.n))

    def _forms(self) -> Iterator[Numbers]:
        """The text's forms without what is left out."""
        table = np.append(self._form, [LOST, END]).astype(np.int32)
        for numbers in self.cut.blocks():
            forms = table[numbers]
            yield forms if self.settings.punctuation else forms[forms != LEFT_OUT]

    def _named(self, which: npt.NDArray[np.integer]) -> list[str]:
        own = iter(self.cut.words(which[which < len(self.cut.counts)]))
        return [next(own) if n < len(self.cut.counts) else self._names[n - len(self.cut.counts)] for n in which.tolist()]

    def _with_underscores(self) -> dict[str, int]:
        """The forms that look like a phrase."""
        places = np.flatnonzero(self.cut.letters == ord("_"))
        which = np.unique(np.searchsorted(self.cut.starts, places, "right") - 1)
        which = which[self._counts[which] > 0]
        return dict(zip(self.cut.words(which), which.tolist(), strict=True))
