"""Sentences of a text by what they mean: a vector for each, the mean of its tokens' or what stands at [CLS], and those nearest to any other sentence."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from jaxtyping import Float

from core.settings import Number
from core.text.corpora import Corpus
from core.text.segmentation import SENTENCE_END, segment
from core.text.sentences import lines_of
from core.text.tokenizers import SPECIALS, Tokenizer
from core.vectors import Vectors

FEWEST = 3  # words of a sentence that is kept
LONGEST = 1000  # characters of one
MEAN, CLS = "mean", "[CLS]"

Pooled = Mapping[str, Float[np.ndarray, "layer d"]]  # by MEAN, and CLS where there is such a token
Read = Callable[[str], Pooled]  # ValueError in words where a text has no vector


class Sentences:
    """The first n different sentences of a text, read bit by bit: `advance` until `n_read` is `n`. seconds: that reading took so far."""

    def __init__(self, texts: Iterator[str], read: Read, n: int) -> None:
        self.n, self.texts, self.seconds, self._lock = n, list[str](), 0.0, threading.Lock()
        self._texts, self._read, self._vectors, self._seen = texts, read, list[Pooled](), set[str]()

    @property
    def n_read(self) -> int:
        return len(self._vectors)

    def advance(self, seconds: Number) -> None:
        """Reads on for about so long, or waits where another thread does; at the end of the text `n` is what there was."""
        began = time.monotonic()
        if not self._lock.acquire(timeout=seconds):
            return
        try:
            self._read_until(began + seconds)
        finally:
            self.seconds += time.monotonic() - began
            self._lock.release()

    def _read_until(self, until: float) -> None:
        while self.n_read < self.n and time.monotonic() < until:
            text = next(self._texts, None)
            if text is None:
                self.n = self.n_read
            elif text not in self._seen:
                self._seen.add(text)
                try:
                    found = self._read(text)
                except ValueError:  # none of its words is known
                    continue
                self._vectors.append(found)
                self.texts.append(text)

    def vectors(self, pooling: str, layer: int) -> Float[np.ndarray, "n d"]:
        """Of those read so far."""
        return np.stack([each[pooling][layer] for each in self._vectors[: len(self.texts)]])


def texts_of(corpus: Corpus) -> Iterator[str]:
    """The sentences of a text as written; of pairs the sources. Those of fewer than three words, as headings are, are left out."""
    for block, _ in corpus.blocks():
        sources = "\n".join(line.partition("\t")[0] for line in block.split("\n")) if "\t" in block else block
        lines = (line.strip() for line in lines_of(sources))
        yield from (line for line in lines if len(line) <= LONGEST and sum(word != SENTENCE_END for word in segment(line)) >= FEWEST)


def pooled(tokens: Sequence[str], layers: Float[np.ndarray, "layer pos d"]) -> Pooled:
    """The mean of a sentence's tokens without the special ones, and what stands at [CLS]."""
    own = [i for i, token in enumerate(tokens) if token not in SPECIALS] or list(range(len(tokens)))
    mean = {MEAN: layers[:, own].mean(axis=1)}
    return {**mean, CLS: layers[:, tokens.index(CLS)]} if CLS in tokens else mean


def by_words(vectors: Vectors, tokenizer: Tokenizer | None = None) -> Read:
    """Reads a sentence as the mean of its words' vectors. tokenizer: cuts it as the text was cut that they were learnt from; else into words.

    Words that were never seen are left out, but where they have vectors of their n-grams.
    """

    def words(text: str) -> list[str]:
        if tokenizer is None or vectors.subwords is not None:
            return [word for word in segment(text) if word != SENTENCE_END]
        return [tokenizer.words[i] for i in tokenizer.encode(text)]

    def read(text: str) -> Pooled:
        found = []
        for word in words(text):
            try:
                found.append(vectors.vector(word))
            except ValueError:  # unknown
                continue
        if not found:
            raise ValueError(f"None of the words of “{text[:50]}” has a vector here. Try others.")
        return {MEAN: np.mean(found, axis=0)[None]}

    return read


def likeness(vectors: Float[np.ndarray, "n d"], query: Float[np.ndarray, " d"], centred: bool = False) -> Float[np.ndarray, " n"]:
    """Cosine of each sentence with another, float32; of one without direction 0. centred: the mean of all sentences is taken off first.

    What all sentences of a model share makes all of them alike (Ethayarajh 2019); without it they differ.
    """
    if centred:
        mean = vectors.mean(axis=0)
        vectors, query = vectors - mean, query - mean
    lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(query)
    return np.asarray(vectors @ query / np.where(lengths > 1e-12, lengths, np.inf), np.float32)
