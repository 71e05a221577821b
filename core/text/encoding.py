"""A corpus cut into token ids, cached on disk by what it was made from; made block by block, so that it may be larger than memory.

Words: -1 stands where a sentence ends; without punctuation (static embeddings) words outside the vocabulary are left out, as word2vec does,
with punctuation (language models) they are [UNK]. WordPiece, which keeps nothing of the blanks, has -1 at sentence ends too. Characters and BPE
run on from the first line to the last, without any -1, and keep the line ends as tokens. In a text of pairs -2 stands between the two sides and
-1 after the second, whatever the tokens are.
"""

import hashlib
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.settings import check
from core.text import tokenizers
from core.text.corpora import Corpus
from core.text.limits import HELD_OUT
from core.text.progress import Progress, silent
from core.text.tokenizers import END, Tokenizer
from core.text.tokenizing import TokenizerSettings
from core.text.writing import Growing, folder_aside, put_in_place, rewrite
from core.workspace import subfolder

VERSION = "6"  # part of the cache's key; raise it when the same text and settings give other ids
MIN_TOKENS = 20  # below this there is nothing to learn from, and nothing to hold out
LOOKED_AT = 1 << 18  # ids searched at a time for the end of a sentence

Made = tuple[Tokenizer, npt.NDArray[np.int64]]  # and how often each token is among the ids


@dataclass(frozen=True, eq=False)
class EncodedCorpus:
    """ids: int32 [n], memory-mapped; -1 where a sentence (or a pair) ends, -2 between the sides of a pair.

    counts: int64 [vocab_size], how often each token stands in ids. held_out_share: of the ids, at their end. seen: as counts, in the texts of the runs
    that a run goes on from besides; None where it goes on from none.
    """

    tokenizer: Tokenizer
    ids: npt.NDArray[np.int32]
    counts: npt.NDArray[np.int64]
    held_out_share: float = HELD_OUT
    seen: npt.NDArray[np.int64] | None = None

    @cached_property
    def cut(self) -> int:
        """Where the held-out tail begins: after a sentence end where there is one near."""
        last = len(self.ids) - (2 if self.ids[-1] == END else 1)
        target = min(last, int(len(self.ids) * (1 - self.held_out_share)))
        earliest = int(len(self.ids) * (1 - self.held_out_share - 3 * HELD_OUT))
        for stop in range(target, earliest, -LOOKED_AT):
            start = max(earliest, stop - LOOKED_AT)
            ends = np.flatnonzero(self.ids[start:stop] == END)
            if len(ends):
                return start + int(ends[-1]) + 1
        return max(target, 1)

    @property
    def train(self) -> npt.NDArray[np.int32]:
        return self.ids[: self.cut]

    @property
    def held_out(self) -> npt.NDArray[np.int32]:
        return self.ids[self.cut :]


def encode(corpus: Corpus, settings: TokenizerSettings, progress: Progress = silent) -> EncodedCorpus:
    """The corpus as ids; ValueError in words where too little is left of it. The second time it comes from the disk at once."""
    check(settings)
    make = _words if settings.kind == "word" else _running
    return _cached(corpus, sorted(vars(settings).items()), lambda path: make(corpus, settings, path, progress))


def encode_with(corpus: Corpus, tokenizer: Tokenizer, progress: Progress = silent) -> EncodedCorpus:
    """The corpus as ids of a tokenizer that is there already; what it does not know is left out, or [UNK], as in `encode`."""
    return _cached(corpus, tokenizer.digest, lambda path: (tokenizer, write(_ids(corpus, tokenizer, progress), tokenizer.vocab_size, path)))


def _cached(corpus: Corpus, how: object, make: Callable[[Path], Made]) -> EncodedCorpus:
    """`make` writes ids into a file; its tokenizer and counts are kept beside them."""
    key = hashlib.blake2b(repr((VERSION, corpus.digest, how)).encode(), digest_size=8).hexdigest()
    folder = subfolder("cache", "encoded") / f"{corpus.digest[:16]}-{key}"
    try:
        return _read(folder, corpus.held_out)
    except (OSError, ValueError, EOFError):
        shutil.rmtree(folder, ignore_errors=True)  # absent, or half deleted
    with folder_aside(folder.parent) as aside:
        tokenizer, counts = make(aside / "ids.npy")
        n_tokens = int(counts.sum())
        if n_tokens < MIN_TOKENS:
            raise ValueError(f"This text has {n_tokens:,} tokens with these settings; at least {MIN_TOKENS} are needed. Take more text, or lower min_count.")
        np.save(aside / "counts.npy", counts)
        tokenizer.save(aside / "tokenizer.json")
        put_in_place(aside, folder)
    return _read(folder, corpus.held_out)


def _read(folder: Path, held_out: float) -> EncodedCorpus:
    tokenizer = tokenizers.load(folder / "tokenizer.json")
    counts = np.load(folder / "counts.npy")
    return EncodedCorpus(tokenizer, np.load(folder / "ids.npy", mmap_mode="r"), counts, held_out)


def _words(corpus: Corpus, settings: TokenizerSettings, path: Path, progress: Progress) -> Made:
    """Writes the ids into `path`."""
    from core.text.word_stream import WordStream

    stream = WordStream(corpus.cut(progress), settings, progress)
    tokenizer = stream.tokenizer()
    ids = _ids(corpus, tokenizer, progress) if corpus.pairs else stream.ids(tokenizer)
    return tokenizer, write(ids, tokenizer.vocab_size, path)


def _running(corpus: Corpus, settings: TokenizerSettings, path: Path, progress: Progress) -> Made:
    from core.text import running

    tokenizer = running.learn(corpus, settings, progress)
    counts = write(_ids(corpus, tokenizer, progress), tokenizer.vocab_size, path)
    tokenizer, new_ids = tokenizer.ordered(counts)
    rewrite(path, lambda ids: np.where(ids < 0, ids, new_ids[ids]), LOOKED_AT)
    ordered = np.empty_like(counts)
    ordered[new_ids] = counts
    return tokenizer, ordered


def _ids(corpus: Corpus, tokenizer: Tokenizer, progress: Progress) -> Iterator[npt.NDArray[np.int32]]:
    from core.text import pairs, running
    from core.text.word_stream import WordStream

    if corpus.pairs:
        return pairs.ids(corpus, tokenizer, progress)
    if tokenizer.kind != "word":
        return running.ids(corpus, tokenizer, progress)
    return WordStream(corpus.cut(progress), tokenizer.settings, progress, tokenizer.phrases).ids(tokenizer)


def extended(corpus: Corpus, tokenizer: Tokenizer, counts: npt.NDArray[np.int64], progress: Progress = silent) -> Tokenizer:
    """A word tokenizer with the words of another text besides: those that reach min_count there, at most vocab_size of them; the phrases stay those that
    they are. Words stand by how often they are in both. counts: int64 [vocab_size], in the tokenizer's own text. Other kinds stay as they are.
    """
    from core.text.word_stream import WordStream

    if tokenizer.kind != "word":
        return tokenizer
    found = WordStream(corpus.cut(progress), tokenizer.settings, progress, tokenizer.phrases)
    both = Counter(dict(zip(tokenizer.words[tokenizer.n_special :], counts[tokenizer.n_special :].tolist(), strict=True)))
    old = set(both)
    for word, count in found.counts(old).items():
        if word in old or count >= tokenizer.settings.min_count:
            both[word] += count
    return tokenizer.of_words(sorted(both, key=lambda word: (-both[word], word)))


def write(blocks: Iterable[npt.NDArray[np.int32]], vocab_size: int, path: Path) -> npt.NDArray[np.int64]:
    """Writes ids as they come, without empty sentences; how often each token is among them: int64 [vocab_size]."""
    counts = np.zeros(vocab_size, np.int64)
    with Growing(path, np.int32) as file:
        for ids in _without_empty_sentences(blocks):
            counts += np.bincount(ids[ids >= 0], minlength=vocab_size)
            file.append(ids)
    return counts


def _without_empty_sentences(blocks: Iterable[npt.NDArray[np.int32]]) -> Iterator[npt.NDArray[np.int32]]:
    """An end that follows an end, or begins the text, says nothing."""
    ended = True
    for ids in blocks:
        is_end = ids == END
        after_end = np.concatenate([[ended], is_end[:-1]]) if len(ids) else is_end
        yield ids[~(is_end & after_end)]
        ended = bool(is_end[-1]) if len(ids) else ended
