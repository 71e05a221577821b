"""Which tokens of a text belong together: those of a word, or of a phrase that the tokenizer knows."""

from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.text.segmentation import HAN, SENTENCE_END, segment
from core.text.subwords import as_bytes
from core.text.tokenizers import Tokenizer

Level = Literal["tokens", "words", "phrases"]
UNKNOWN = "¤"  # no letter and no end of a sentence, so that it is a unit of its own
Numbers = npt.NDArray[np.int64]


class Units:
    """Of the tokens of one sentence: which unit each belongs to, and which of the tokenizer's n-grams that unit is.

    A word is what core.text.segmentation cuts, so that in Chinese words are jieba's, of several characters; of WordPiece, which forgets blanks, "don't"
    is three. A phrase is the longest of `tokenizer.ngrams` that begins at a word. A blank or a mark is a unit of its own, and so is an unknown token.
    """

    def __init__(self, tokenizer: Tokenizer, level: Level) -> None:
        self.tokenizer, self.level = tokenizer, level
        self.ngrams = {words: n for n, words in enumerate(tokenizer.ngrams)}
        self.longest = max(map(len, tokenizer.ngrams), default=1) if level == "phrases" else 1

    def __call__(self, ids: np.ndarray) -> tuple[Numbers, Numbers]:
        """ids: [n], without marks. The number of each token's unit [n], rising from 0, and that of its n-gram [n], -1 where it is none."""
        if self.level == "tokens" or self.tokenizer.kind == "word" or not len(ids):
            return np.arange(len(ids)), np.full(len(ids), -1)
        begins, ends, ngrams = self._spans("".join([self._surface[i] for i in ids]))
        stops = np.cumsum(self._lengths[ids])
        starts = stops - self._lengths[ids]
        last = np.searchsorted(begins, stops, "left") - 1  # the last unit that begins before a token's end
        inside = (last >= 0) & (starts < ends[last])
        new = np.ones(len(ids), np.bool_)
        new[1:] = ~inside[1:] | ~inside[:-1] | (last[1:] != last[:-1])
        return np.cumsum(new) - 1, np.where(inside, ngrams[last], -1)

    def _spans(self, text: str) -> tuple[Numbers, Numbers, Numbers]:
        """Of each unit of words: where it begins, where it ends, which n-gram it is."""
        is_bytes = self.tokenizer.kind == "bpe"
        words = segment(text.encode("latin-1").decode("utf-8", "surrogateescape") if is_bytes else text, punctuation=True)
        written = [word.encode("utf-8", "surrogateescape").decode("latin-1") for word in words] if is_bytes else words
        spans, at, i = [(0, 0, -1)], 0, 0  # one that holds nothing, so that there is always one
        while i < len(words):
            n = next((n for n in range(min(self.longest, len(words) - i), 0, -1) if n == 1 or tuple(words[i : i + n]) in self.ngrams), 1)
            if words[i] != SENTENCE_END:
                begin = at = text.index(written[i], at)
                for word in written[i : i + n]:
                    at = text.index(word, at) + len(word)
                spans.append((begin, at, self.ngrams.get(tuple(words[i : i + n]), -1)))
            i += n
        begins, ends, ngrams = np.array(spans).T
        return begins, ends, ngrams

    @cached_property
    def _surface(self) -> list[str]:
        """What each token is in a text; of BPE one character a byte, since a token may end within a character."""
        first = self.tokenizer.n_special
        ordinary = self.tokenizer.tokens[first:]
        match self.tokenizer.kind:
            case "bpe":
                ordinary = [(as_bytes(token) or b"").decode("latin-1") for token in ordinary]
            case "unigram":
                ordinary = self.tokenizer.words[first : self.tokenizer.vocab_size]
            case "wordpiece":
                ordinary = [token[2:] if token.startswith("##") and len(token) > 2 else token if HAN.match(token) else f" {token}" for token in ordinary]
        return [f" {UNKNOWN} "] * first + ordinary

    @cached_property
    def _lengths(self) -> Numbers:
        return np.array(list(map(len, self._surface)), np.int64)
