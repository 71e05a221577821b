"""fastText's character n-grams: how a word is cut, which row each piece has, and the vector of a word never seen (Bojanowski 2017, arXiv 1607.04606).

A word is set between < and >, and cut by code point into all pieces of min_n to max_n characters. A piece has no row of its own: it shares the
one of n_buckets rows that its hash says with whatever else falls there. The hash is the original's: FNV-1a of 32 bits over the piece's UTF-8,
each byte widened as a signed number, so that bytes from 128 on set the upper 24 bits too (by accident of a C++ `char`, and for ever in its files).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

EOS = "</s>"  # fastText's end of a line: a word without pieces
AT_ONCE = 50_000  # words cut at a time: some 100 MB of work
FNV_OFFSET, FNV_PRIME = np.uint32(2166136261), np.uint32(16777619)


def character_ngrams(word: str, min_n: int = 3, max_n: int = 6) -> list[str]:
    """The pieces of "<word>" in the original's order: at each start the short ones first; a bare < or > is none. No pieces at max_n = 0."""
    if max_n == 0:
        return []
    if not 1 <= min_n <= max_n:
        raise ValueError(f"min_n must be at least 1 and max_n at least min_n, not {min_n} and {max_n}.")
    bounded = f"<{word}>"
    ends = range(min_n, max_n + 1)
    found = ((start, start + n) for start in range(len(bounded)) for n in ends if start + n <= len(bounded))
    # The original leaves out single characters at either end by place, so that a ">" within a word is a piece.
    return [bounded[start:end] for start, end in found if not (end - start == 1 and (start == 0 or end == len(bounded)))]


def ngram_hash(piece: bytes) -> int:
    """FNV-1a of 32 bits with every byte sign-extended before the xor; equal to the plain one for ASCII."""
    value = int(FNV_OFFSET)
    for byte in piece:
        value = (value ^ (byte if byte < 128 else byte | 0xFFFFFF00)) * int(FNV_PRIME) & 0xFFFFFFFF
    return value


@dataclass(frozen=True)
class Ngrams:
    """How words are cut and hashed. max_n = 0: not at all."""

    min_n: int = 3
    max_n: int = 6
    n_buckets: int = 2_000_000

    @property
    def cut(self) -> bool:
        return self.n_buckets > 0 and 0 < self.max_n >= self.min_n

    def named(self, word: str) -> list[tuple[str, int]]:
        """The pieces of one word and the bucket of each."""
        if not self.cut or word == EOS:
            return []
        return [(piece, ngram_hash(piece.encode()) % self.n_buckets) for piece in character_ngrams(word, max(1, self.min_n), self.max_n)]

    def buckets(self, words: Sequence[bytes]) -> tuple[np.ndarray, np.ndarray]:
        """All words at once: how many pieces each has [n_words], and their buckets, one word's after the other's [n_pieces], int32.

        The words are UTF-8; of anything else, every byte that does not continue a character begins one, as in the original.
        """
        if not self.cut or not len(words):
            return np.zeros(len(words), np.int64), np.zeros(0, np.int32)
        data = np.frombuffer(b"".join(b"<%b>" % word for word in words), np.int8)
        # "</s>" comes as "<</s>>", and is struck out at the end.
        lengths = np.fromiter(map(len, words), np.int64, len(words)) + 2
        starts = np.flatnonzero((data & np.int8(-64)) != -128)  # bytes that begin a character
        stops = np.append(starts[1:], len(data))
        word_ends = np.cumsum(lengths)
        owner = np.searchsorted(word_ends, starts, "right")  # which word a character belongs to
        last = np.searchsorted(starts, word_ends)[owner]  # the first character after that word
        hashes, exists = _hashes(data, starts, stops, last, max(1, self.min_n), self.max_n)
        exists[np.asarray([word == EOS.encode() for word in words])[owner]] = False
        n_pieces = np.bincount(owner, exists.sum(axis=1), len(words)).astype(np.int64)
        return n_pieces, (hashes[exists] % np.uint32(self.n_buckets)).astype(np.int32)

    def table(self, words: Sequence[bytes], n_rows: int, part: slice = slice(None)) -> tuple[np.ndarray, np.ndarray]:
        """The input rows of each word: its own (its place in `words`), then n_rows + bucket of each piece; of a part of the words where one is named.

        rows[starts[i]:starts[i + 1]] are those of the part's word i: int64 [n_words + 1], int32 [n_words + n_pieces].
        """
        begin, end, _ = part.indices(len(words))
        tables = [self._table(words[at : min(at + AT_ONCE, end)], at, n_rows) for at in range(begin, end, AT_ONCE)]
        n_each = np.concatenate([np.zeros(1, np.int64), *(n for n, _ in tables)])
        return np.cumsum(n_each), np.concatenate([np.zeros(0, np.int32), *(rows for _, rows in tables)])

    def _table(self, words: Sequence[bytes], begin: int, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
        n_pieces, buckets = self.buckets(words)
        rows = np.empty(len(words) + len(buckets), np.int32)
        own = np.cumsum(n_pieces + 1) - n_pieces - 1
        rows[own] = np.arange(begin, begin + len(words))
        of_piece = np.ones(len(rows), np.bool_)
        of_piece[own] = False
        rows[of_piece] = n_rows + buckets
        return n_pieces + 1, rows


@dataclass(frozen=True)
class Arguments:
    """How a model was trained, as fastText's own files say it, in their numbers; only `Ngrams` matters to whoever reads vectors."""

    window: int = 5
    n_epochs: int = 5
    min_count: int = 1
    n_negative: int = 5
    n_word_ngrams: int = 1
    loss: int = 2  # 1 hierarchical softmax, 2 negative sampling, 3 softmax, 4 one against all
    model: int = 2  # 1 CBOW, 2 skip-gram, 3 supervised
    rate_update: int = 100
    subsample_threshold: float = 1e-4
    n_tokens: int = 0
    labels: tuple[tuple[bytes, int], ...] = ()  # each with its count

    def n_outputs(self, n_words: int) -> int:
        """Rows of the output matrix: a supervised model predicts labels."""
        return len(self.labels) if self.model == 3 else n_words


@dataclass(frozen=True, eq=False)
class NgramRows:
    """A fastText model beside its words' vectors: a core.vectors.Subwords, so that words never seen have vectors too."""

    kind: ClassVar[str] = "n-grams"

    ngrams: Ngrams
    index: Mapping[str, int]  # of the words seen
    own: np.ndarray  # float32 [n_words d_model]: each word's own row, without its pieces
    shared: np.ndarray  # float32 [n_buckets d_model]: the rows that pieces share
    W_out: np.ndarray | None = None  # what a training that goes on would need; float32 [n_outputs d_model]
    arguments: Arguments = Arguments()
    lowercase: bool = False  # whether words are folded before they are looked up, as the text was

    def parts(self, word: str) -> list[tuple[str, np.ndarray]]:
        word = word.lower() if self.lowercase else word
        row = self.index.get(word)
        seen = [] if row is None else [(word, np.array(self.own[row]))]
        return seen + [(piece, np.array(self.shared[bucket])) for piece, bucket in self.ngrams.named(word)]


def _hashes(data: np.ndarray, starts: np.ndarray, stops: np.ndarray, last: np.ndarray, min_n: int, max_n: int) -> tuple[np.ndarray, np.ndarray]:
    """The hash of the piece of min_n..max_n characters at each start, and whether there is one: [n_characters max_n - min_n + 1] each.

    All starts take one more character together, byte by byte: as many steps as the longest piece has bytes, however many words.
    """
    n = len(starts)
    place, widened, widths = np.arange(n), data.astype(np.int32).view(np.uint32), stops - starts
    longer = [np.flatnonzero(widths > k) for k in range(1, int(widths.max(initial=1)))]  # the characters of more than k bytes
    hashes, exists = np.empty((n, max_n - min_n + 1), np.uint32), np.zeros((n, max_n - min_n + 1), np.bool_)
    value = np.full(n, FNV_OFFSET)
    first = np.concatenate([[True], last[1:] != last[:-1]])  # the "<"s
    for size in range(1, max_n + 1):
        # Of the pieces that begin at each character, the next one: starts beyond the end are left as they are, and are no pieces.
        m = max(0, n - size + 1)
        value[:m] = (value[:m] ^ widened[starts[n - m :]]) * FNV_PRIME
        for k, character in enumerate(longer, start=1):
            of = character[character >= n - m]
            at = of - (n - m)
            value[at] = (value[at] ^ widened[starts[of] + k]) * FNV_PRIME
        if size >= min_n:
            hashes[:, size - min_n] = value
            exists[:, size - min_n] = place + size <= last
            if size == 1:
                exists[:, 0] &= ~first & (place + 1 != last)
    return hashes, exists
