"""A cut text as the tokens of a word tokenizer: forms folded, marks left out, phrases joined, rare words unknown."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from core.text import tokenizers
from core.text.cutting import Cut
from core.text.facts import most_frequent
from core.text.numbering import END, LOST, Numbers
from core.text.progress import Progress
from core.text.tokenizers import Tokenizer
from core.text.tokenizing import TokenizerSettings

LEFT_OUT = -3


class WordStream:
    """Forms are numbered as in the cut."""

    def __init__(self, cut: Cut, settings: TokenizerSettings, progress: Progress) -> None:
        self.cut, self.settings, self.progress = cut, settings, progress
        self._form, counts = cut.forms(settings.lowercase)
        if not settings.punctuation:
            self._form, counts = np.where(cut.marks, LEFT_OUT, self._form), np.where(cut.marks, 0, counts)
        self._counts = counts

    def tokenizer(self) -> Tokenizer:
        """The most frequent forms."""
        kept = most_frequent(self.cut, self._counts, self.settings.vocab_size)
        return tokenizers.of_counts(Counter(dict(kept)), self.settings)

    def ids(self, tokenizer: Tokenizer) -> Iterator[npt.NDArray[np.int32]]:
        """The text's ids, block by block."""
        unknown = tokenizer.unk_id if self.settings.punctuation else LEFT_OUT
        table = self._ids_of_forms(tokenizer, unknown)
        table = np.append(np.where(self._form == LEFT_OUT, LEFT_OUT, table[self._form]), [unknown, END]).astype(np.int32)  # from the end: LOST is -2, END -1
        assert (END, LOST) == (-1, -2)
        done = 0
        for numbers in self.cut.blocks():
            ids = table[numbers]
            yield ids if self.settings.punctuation else ids[ids != LEFT_OUT]
            done += len(numbers)
            self.progress("numbering the words", done / self.cut.n)

    def _ids_of_forms(self, tokenizer: Tokenizer, unknown: int) -> Numbers:
        which = np.flatnonzero(self._counts)
        ids = np.full(len(self._counts), unknown, np.int32)
        ids[which] = [tokenizer.index.get(word, unknown) for word in self.cut.words(which)]
        return ids
