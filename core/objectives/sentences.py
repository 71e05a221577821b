"""Sentences of a text, packed into sequences of a limited length: [CLS] a [SEP] b [SEP] (Devlin et al. 2019; create_pretraining_data.py)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from core.text.sentences import sentences
from core.text.tokenizers import Tokenizer
from core.text.units import Level, Units

Numbers = Int[np.ndarray, " n"]
NONE = -1  # the unit of a token that belongs to the frame, and the n-gram of a unit that is none


@dataclass(frozen=True, eq=False)
class Stretch:
    """Some tokens of a text: which unit each belongs to (tokens of one stand side by side and share a number), and which n-gram that unit is."""

    ids: Numbers
    units: Numbers
    ngrams: Numbers

    def __len__(self) -> int:
        return len(self.ids)

    def cut(self, start: int, stop: int) -> "Stretch":
        """The tokens from `start` to before `stop`. Of an n-gram that is cut nothing is left but a unit."""
        if start == 0 and stop >= len(self):
            return self
        units, ngrams = self.units[start:stop], self.ngrams[start:stop].copy()
        for beyond in (start - 1, stop):
            if 0 <= beyond < len(self):
                ngrams[units == self.units[beyond]] = NONE
        return Stretch(self.ids[start:stop], units, ngrams)


def together(parts: Sequence[Stretch]) -> Stretch:
    """One stretch of several, in which units stay apart."""
    before = np.cumsum([0, *(part.units.max(initial=0) + 1 for part in parts)])
    units = [np.where(part.units == NONE, NONE, part.units + n) for part, n in zip(parts, before, strict=False)]
    return Stretch(*(np.concatenate(each) for each in ([part.ids for part in parts], units, [part.ngrams for part in parts])))


class Sentences:
    """The sentences of a stream of token ids; one that is longer than `room` tokens counts as several of that length."""

    def __init__(self, stream: np.ndarray, tokenizer: Tokenizer, room: int, level: Level = "tokens") -> None:
        self.stream, self.room, self.units = stream, room, Units(tokenizer, level)
        starts, stops = sentences(stream, tokenizer)
        if not len(starts):
            raise ValueError("There is no token in this text. Choose or type one that has a word at least.")
        n_pieces = -(-(stops - starts) // room)
        nth = np.arange(n_pieces.sum()) - np.repeat(np.cumsum(n_pieces) - n_pieces, n_pieces)
        self.starts = np.repeat(starts, n_pieces) + nth * room
        self.stops = np.minimum(self.starts + room, np.repeat(stops, n_pieces))
        self.passed = np.concatenate([[0], np.cumsum(self.stops - self.starts)])  # tokens before each sentence, and in all
        self.known: dict[int, Stretch] = {}  # sentences of which the units have been asked for

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, i: int) -> Stretch:
        if i not in self.known:
            ids = np.asarray(self.stream[self.starts[i] : self.stops[i]], np.int64)
            self.known[i] = Stretch(ids, *self.units(ids))
        return self.known[i]

    def stretch(self, first: int, last: int) -> Stretch:
        """The sentences from `first` to before `last`, one after the other."""
        return together([self[i] for i in range(first, last)])

    def filling(self, first: int, n_tokens: int) -> int:
        """Before which sentence those from `first` on have reached `n_tokens` tokens, or the text's end."""
        return int(min(len(self), max(first + 1, np.searchsorted(self.passed, self.passed[first] + n_tokens))))

    def chunks(self) -> Numbers:
        """Where the chunks begin into which the whole text is packed: each of sentences that fill the room, none in two of them."""
        found = [0]
        while (after := self.filling(found[-1], self.room)) < len(self):
            found.append(after)
        return np.array(found)


def trimmed(a: Stretch, b: Stretch, room: int, rng: np.random.Generator) -> tuple[Stretch, Stretch]:
    """Both within `room` tokens together: the longer loses tokens until they are alike, at its front or its back, as it happens."""
    half = room // 2
    n_a = min(len(a), max(room - half, room - len(b)))
    n_b = min(len(b), room - n_a)
    sides = []
    for side, n in ((a, n_a), (b, n_b)):
        front = int(rng.binomial(len(side) - n, 0.5))
        sides.append(side.cut(front, front + n))
    return sides[0], sides[1]


def framed(parts: Sequence[Stretch], tokenizer: Tokenizer) -> tuple[Stretch, Numbers]:
    """[CLS], and each part with [SEP] after it; and to which part each token belongs, [CLS] to the first."""
    cls, sep = (Stretch(np.array([i]), np.array([NONE]), np.array([NONE])) for i in (tokenizer.cls_id, tokenizer.sep_id))
    segments = np.repeat(np.arange(len(parts)), [len(part) + 1 + (n == 0) for n, part in enumerate(parts)])
    return together([cls, *(each for part in parts for each in (part, sep))]), segments
