"""Running text as ids: characters, BPE and WordPiece, block by block; WordPiece, which drops all blanks, with END where a sentence ends."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import numpy as np
import numpy.typing as npt

from core.text import subwords, tokenizers
from core.text.corpora import Corpus
from core.text.progress import Progress
from core.text.segmentation import SENTENCE_END
from core.text.segmentation import stretches as stretches_and_ends
from core.text.tokenizers import END, Tokenizer
from core.text.tokenizing import TokenizerSettings

LEARN_FROM = 4_000_000  # bytes of text from which BPE and WordPiece learn, and
STRETCH = 64 * 1024  # how long the stretches are in which it is taken
REMEMBERED = 500_000  # distinct stretches between blanks whose tokens are remembered, and then forgotten all at once


def learn(corpus: Corpus, settings: TokenizerSettings, progress: Progress) -> Tokenizer:
    """The tokenizer of a text; its tokens are not in order yet."""
    if settings.kind == "character":
        progress("learning the vocabulary", None)
        return _with_phrases(tokenizers.of_counts(_characters(corpus), settings), corpus, progress)
    # Sub-words learn from stretches taken all over a long text: more of it changes no merge that matters.
    every = max(1, corpus.n_bytes // LEARN_FROM)
    tokenizer = tokenizers.train((text for text, _ in islice(corpus.blocks(STRETCH), 0, None, every)), settings, progress)
    return _with_phrases(tokenizer, corpus, progress)


def _with_phrases(tokenizer: Tokenizer, corpus: Corpus, progress: Progress) -> Tokenizer:
    """The same with the phrases of its text, where they are asked for."""
    from core.text.word_stream import WordStream

    if not tokenizer.settings.phrase_passes:
        return tokenizer
    words = replace(tokenizer.settings, kind="word", punctuation=True)  # a mark between two words keeps them apart
    return tokenizer.with_ngrams(WordStream(corpus.cut(progress), words, progress).ngrams())


def ids(corpus: Corpus, tokenizer: Tokenizer, progress: Progress) -> Iterator[npt.NDArray[np.int32]]:
    """The ids of the text, block by block."""
    encoded = tokenizer.array if tokenizer.kind == "character" else Remembering(tokenizer).ids
    for text, share in corpus.blocks():
        yield encoded(text)
        progress("cutting the text into tokens", share)


def _characters(corpus: Corpus) -> "Counter[str]":
    counts = np.zeros(0x110000, np.int64)
    for text, _ in corpus.blocks():
        points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        counts += np.bincount(points, minlength=len(counts))
    if corpus.pairs:
        counts[[ord("\t"), ord("\n")]] = 0  # they say where a side ends
    return Counter({chr(point): int(counts[point]) for point in np.flatnonzero(counts)})


class Remembering:
    """Encodes what stands between two blanks once, however often it stands in the text.

    Eighteen megabytes of English are three million such stretches, but two hundred thousand distinct ones.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.ends = tokenizer.kind in ("wordpiece", "unigram")
        self._forget()

    def _forget(self) -> None:
        self._numbers = _Numbers({SENTENCE_END: 0} if self.ends else {})
        self._flat = np.array([END] if self.ends else [], np.int32)  # the ids of each distinct stretch, one after the other
        self._sizes = np.ones(len(self._numbers), np.int64)  # how many each has

    def ids(self, text: str) -> npt.NDArray[np.int32]:
        stretches = stretches_and_ends(text) if self.ends else subwords.stretches(text)
        if len(self._numbers) > REMEMBERED:
            self._forget()
        numbers = np.fromiter(map(self._numbers.__getitem__, stretches), np.int32, len(stretches))
        flat, sizes = subwords.encode_each(self.tokenizer.library, list(islice(self._numbers, len(self._sizes), None)))
        self._flat = np.concatenate([self._flat, flat])
        self._sizes = np.concatenate([self._sizes, np.asarray(sizes, np.int64)])
        starts = np.cumsum(self._sizes) - self._sizes
        return self._flat[_positions(starts[numbers], self._sizes[numbers])]


class _Numbers(dict[str, int]):
    """The number of a stretch, in the order of their first use."""

    def __missing__(self, stretch: str) -> int:
        self[stretch] = n = len(self)
        return n


def _positions(starts: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """start, start + 1, ... of each range, one range after the other."""
    before = np.cumsum(sizes) - sizes
    positions: npt.NDArray[np.int64] = np.arange(sizes.sum()) + np.repeat(starts - before, sizes)
    return positions
