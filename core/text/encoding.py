"""A corpus cut into token ids, cached on disk by what it was made from.

Words: -1 stands where a sentence ends; without punctuation (static embeddings) words outside the vocabulary are left out, as word2vec does,
with punctuation (language models) they are [UNK]. Characters, BPE and WordPiece run on from the first line to the last, without any -1;
characters and BPE keep the line ends as tokens.
"""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.settings import check
from core.text import subwords, tokenizers
from core.text.corpora import Corpus
from core.text.progress import Progress, silent
from core.text.segmentation import stretches, words
from core.text.tokenizers import END, Tokenizer
from core.text.tokenizing import TokenizerSettings
from core.text.units import Units
from core.text.writing import folder_aside, put_in_place
from core.workspace import subfolder

VERSION = "3"  # part of the cache's key; raise it when the same text and settings give other ids
HELD_OUT = 0.05
LEARN_FROM = 4_000_000  # bytes of text from which BPE and WordPiece learn, and
STRETCH = 64 * 1024  # how long the stretches are in which it is taken
MIN_TOKENS = 20  # below this there is nothing to learn from, and nothing to hold out


@dataclass(frozen=True, eq=False)
class EncodedCorpus:
    """ids: int32 [n], memory-mapped, -1 where a sentence ends (words only). counts: int64 [vocab_size], how often each token stands in ids."""

    tokenizer: Tokenizer
    ids: npt.NDArray[np.int32]
    counts: npt.NDArray[np.int64]

    @cached_property
    def cut(self) -> int:
        """Where the held-out tail begins: in the last 5 %, after a sentence end where there is one near."""
        last = len(self.ids) - (2 if self.ids[-1] == END else 1)
        target = min(last, int(len(self.ids) * (1 - HELD_OUT)))
        earliest = int(len(self.ids) * (1 - 4 * HELD_OUT))
        ends = np.flatnonzero(self.ids[earliest:target] == END)
        return earliest + int(ends[-1]) + 1 if len(ends) else max(target, 1)

    @property
    def train(self) -> npt.NDArray[np.int32]:
        return self.ids[: self.cut]

    @property
    def held_out(self) -> npt.NDArray[np.int32]:
        return self.ids[self.cut :]


def encode(corpus: Corpus, settings: TokenizerSettings, progress: Progress = silent) -> EncodedCorpus:
    """The corpus as ids; ValueError in words where too little is left of it. The second time it comes from the disk at once."""
    check(settings)
    key = hashlib.blake2b(repr((VERSION, corpus.digest, sorted(vars(settings).items()))).encode(), digest_size=8).hexdigest()
    folder = subfolder("cache", "encoded") / f"{corpus.digest[:16]}-{key}"
    try:
        return _read(folder)
    except (OSError, ValueError, EOFError):
        shutil.rmtree(folder, ignore_errors=True)  # absent, or half deleted
    tokenizer, ids = _words(corpus, settings, progress) if settings.kind == "word" else _running(corpus, settings, progress)
    n_tokens = int(np.count_nonzero(ids != END))
    if n_tokens < MIN_TOKENS:
        raise ValueError(f"This text has {n_tokens:,} tokens with these settings; at least {MIN_TOKENS} are needed. Take more text, or lower min_count.")
    counts = np.bincount(ids[ids != END], minlength=tokenizer.vocab_size)
    with folder_aside(folder.parent) as aside:
        np.save(aside / "ids.npy", ids)
        np.save(aside / "counts.npy", counts)
        tokenizer.save(aside / "tokenizer.json")
        put_in_place(aside, folder)
    return _read(folder)


def _read(folder: Path) -> EncodedCorpus:
    tokenizer = tokenizers.load(folder / "tokenizer.json")
    counts = np.load(folder / "counts.npy")
    return EncodedCorpus(tokenizer, np.load(folder / "ids.npy", mmap_mode="r"), counts)


def _words(corpus: Corpus, settings: TokenizerSettings, progress: Progress) -> tuple[Tokenizer, npt.NDArray[np.int32]]:
    units = _read_units(corpus, stretches, progress)
    cut = [words(stretch, settings.punctuation) for stretch in units.distinct]
    tokenizer = tokenizers.of_counts(units.counts_of(cut), settings)
    ids = units.spread(tokenizer.numbers([word for some in cut for word in some]), [len(some) for some in cut])
    if not settings.punctuation:
        ids = ids[ids != tokenizer.unk_id]
    is_end = ids == END
    # No empty sentences: an end that follows an end, or begins the text, says nothing.
    return tokenizer, ids[~(is_end & np.concatenate([[True], is_end[:-1]]))]


def _running(corpus: Corpus, settings: TokenizerSettings, progress: Progress) -> tuple[Tokenizer, npt.NDArray[np.int32]]:
    # BPE and WordPiece learn from stretches taken all over a long text: more of it changes no merge that matters.
    every = 1 if settings.kind == "character" else max(1, corpus.n_bytes // LEARN_FROM)
    learnt_from = (text for text, _ in islice(corpus.blocks(STRETCH), 0, None, every))
    tokenizer = tokenizers.train(learnt_from, settings, progress)
    if settings.kind == "character":
        ids = np.concatenate([tokenizer.array(text) for text, _ in corpus.blocks()])
    else:
        units = _read_units(corpus, subwords.stretches, progress)
        ids = units.spread(*subwords.encode_each(tokenizer.library, units.distinct))
    tokenizer, new_ids = tokenizer.ordered(np.bincount(ids, minlength=tokenizer.vocab_size))
    return tokenizer, new_ids[ids]


def _read_units(corpus: Corpus, cut: Callable[[str], list[str]], progress: Progress) -> Units:
    units = Units(cut)
    for text, fraction in corpus.blocks():
        units.read(text)
        progress("cutting the text into tokens", fraction)
    return units
