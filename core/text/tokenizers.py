"""Tokenizers: text to ids and back, in four kinds, kept as a tokenizer.json that the `tokenizers` library reads too.

Ids 0 to 6 are the special tokens, in every kind; no text ever becomes one of them, not even "[MASK]" typed by a user.
Words and characters are looked up by ourselves (faster than the library, and jieba can cut); BPE and WordPiece are the library's.
"""

import hashlib
import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, SupportsInt

import numpy as np
import numpy.typing as npt

from core.settings import from_dict
from core.text import subwords
from core.text.phrases import join, learn_from
from core.text.progress import Progress, silent
from core.text.segmentation import BETWEEN_HAN, SENTENCE_END, segment, written_together
from core.text.tokenizing import TokenizerSettings
from core.workspace import write_whole

SPECIALS = ("[PAD]", "[UNK]", "[BOS]", "[EOS]", "[MASK]", "[CLS]", "[SEP]")
END = -1  # stands among the ids where a sentence (or a pair) ends, and
TAB = -2  # between the two sides of a pair: whoever reads text alone takes any number below 0 for an end


class Tokenizer:
    """Cuts text into tokens and numbers them.

    description: the content of a tokenizer.json. kind: that of the settings, or "unigram", which is never learnt here: SentencePiece's pieces, each with a
    score, that came with a model from elsewhere (T5, XLNet); its settings say "wordpiece", which drops blanks in the same way.
    words: each id's token as shown to a reader (a token of BPE or unigram that begins a word begins with a blank;
    bytes that are no whole character show as <0xE4>), after the specials the most frequent first where it was made by `encode`; beyond
    vocab_size the phrases of `ngrams`, which no text becomes: an id that is only ever predicted (ERNIE-Gram).
    """

    n_special = len(SPECIALS)
    pad_id, unk_id, bos_id, eos_id, mask_id, cls_id, sep_id = range(len(SPECIALS))

    def __init__(self, settings: TokenizerSettings, description: dict[str, Any]) -> None:
        self.settings = settings
        self.kind = "unigram" if description["model"].get("type") == "Unigram" else settings.kind
        self.description = description
        self.index = subwords.index(description)
        self.tokens: list[str] = sorted(self.index, key=self.index.__getitem__)
        self.words = [subwords.shown(token, self.kind) for token in self.tokens] if self.kind in ("bpe", "unigram") else self.tokens
        assert tuple(self.tokens[: self.n_special]) == SPECIALS
        self.ngrams = [tuple(words) for words in description["model"].get("ngrams", [])]  # of other kinds than words: phrases, the most frequent first
        self.words = [*self.words, *map(written_together, self.ngrams)] if self.ngrams else self.words
        self.phrases = [frozenset((left, right) for left, right in pairs) for pairs in description["model"].get("phrases", [])]  # joined pass by pass

    @property
    def digest(self) -> str:
        """Of all that decides what a text becomes."""
        return hashlib.blake2b(json.dumps([self.description, vars(self.settings)], sort_keys=True).encode(), digest_size=16).hexdigest()

    @property
    def vocab_size(self) -> int:
        return len(self.tokens)

    def encode(self, text: str) -> list[int]:
        """The ids of `text`; what the vocabulary lacks is [UNK]."""
        ids = self.array(unicodedata.normalize("NFC", text))
        return [int(i) for i in ids if i >= 0]

    def array(self, text: str) -> npt.NDArray[np.int32]:
        """The ids of a long text [n_tokens]; for words, END (-1) where a sentence ends."""
        if self.kind == "word":
            return self.numbers(self.joined(segment(text, self.settings.punctuation)))
        if self.kind == "character":
            codes = np.frombuffer((text.lower() if self.settings.lowercase else text).encode("utf-32-le", "surrogatepass"), np.uint32)
            return self._table[codes]
        if self.kind == "unigram":
            return subwords.encode_each(self.library, text.split())[0]
        return subwords.encode(self.library, text)

    def joined(self, words: list[str]) -> list[str]:
        """Words already cut, with the phrases that this tokenizer knows as one word each."""
        if self.phrases and self.settings.lowercase:
            words = [word.lower() for word in words]
        for pairs in self.phrases:
            words = join(words, pairs)
        return words

    def joining(self, phrases: Sequence[Sequence[tuple[str, str]]]) -> "Tokenizer":
        """The same tokenizer with these phrases, given pass by pass as pairs; none where there are none."""
        model = {**self.description["model"], "phrases": [[list(pair) for pair in pairs] for pairs in phrases]}
        return Tokenizer(self.settings, {**self.description, "model": model}) if phrases else self

    def with_ngrams(self, ngrams: Sequence[Sequence[str]]) -> "Tokenizer":
        """The same tokenizer that knows these phrases, each given as its words, without making tokens of them."""
        return Tokenizer(self.settings, {**self.description, "model": {**self.description["model"], "ngrams": [list(words) for words in ngrams]}})

    def of_words(self, words: Sequence[str]) -> "Tokenizer":
        """The same tokenizer of other words, in this order."""
        vocab = {token: i for i, token in enumerate([*SPECIALS, *words])}
        return Tokenizer(self.settings, {**self.description, "model": {**self.description["model"], "vocab": vocab}})

    def numbers(self, words: Sequence[str]) -> npt.NDArray[np.int32]:
        """The ids of words already cut."""
        return np.fromiter(map(self._ids.__getitem__, words), np.int32, len(words))

    def pieces(self, text: str) -> list[str]:
        """The tokens of `text` as shown."""
        return [self.words[i] for i in self.encode(text)]

    def decode(self, ids: Iterable[SupportsInt]) -> str:
        """The text of ids: exact for characters and BPE; words come with a blank between them, a line for each sentence.

        Special tokens are left out, but for [UNK] and [MASK].
        """
        kept = [i for i in map(int, ids) if i in (END, self.unk_id, self.eos_id, self.mask_id) or i >= self.n_special]
        if self.kind == "word":
            line = " ".join("\n" if i in (END, self.eos_id) else self.words[i] for i in kept)
            return line.replace(" \n ", "\n").replace(" \n", "\n").replace("\n ", "\n")
        kept = [i for i in kept if i not in (END, self.eos_id)]
        if self.kind == "character":
            return "".join(self.words[i] for i in kept)
        text = str(self.library.decode(kept, skip_special_tokens=False))
        if self.kind == "unigram":
            return text.replace("\n[", " [").strip()
        return BETWEEN_HAN.sub("", text) if self.kind == "wordpiece" else text

    def bpe_steps(self, word: str) -> list[list[str]]:
        """How BPE puts a word together: first its bytes, then the pieces after each merge, in the order of learning."""
        if self.kind != "bpe":
            raise ValueError(f"Only a BPE tokenizer merges step by step; this one is of the kind “{self.kind}”.")
        return subwords.merge_steps(self.library, self.description["model"]["merges"], word)

    def ordered(self, counts: npt.NDArray[np.int64]) -> tuple["Tokenizer", npt.NDArray[np.int32]]:
        """The same tokenizer with its ordinary tokens most frequent first by `counts` [vocab_size], and the new id of each old one."""
        order = np.concatenate([np.arange(self.n_special), self.n_special + np.argsort(-counts[self.n_special :], kind="stable")])
        new_ids = np.empty(len(order), np.int32)
        new_ids[order] = np.arange(len(order))
        model = {**self.description["model"], "vocab": {self.tokens[old]: new for new, old in enumerate(order)}}
        return Tokenizer(self.settings, {**self.description, "model": model}), new_ids

    def save(self, path: Path) -> None:
        """Writes tokenizer.json, whole; `tokenizers.Tokenizer.from_file` reads it too."""
        # The library allows unknown keys inside "model" only.
        model = {**self.description["model"], "orrery": vars(self.settings)}
        write_whole(path, json.dumps({**self.description, "model": model}, ensure_ascii=False))

    @cached_property
    def library(self) -> Any:
        """The `tokenizers` library's object of the same."""
        return subwords.library_tokenizer(self.description)

    @cached_property
    def _ids(self) -> "_Ids":
        return _Ids(self)

    @cached_property
    def _table(self) -> npt.NDArray[np.int32]:
        """The id of each code point."""
        table = np.full(0x110000, self.unk_id, np.int32)
        for character, i in self.index.items():
            if i >= self.n_special:
                table[ord(character)] = i
        return table


class _Ids(dict[str, int]):
    """From a word as written to its id; folds what it sees for the first time, so that a text is folded once a distinct word."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        super().__init__({SENTENCE_END: END})
        self.tokenizer = tokenizer

    def __missing__(self, word: str) -> int:
        folded = word.lower() if self.tokenizer.settings.lowercase else word
        self[word] = i = self.tokenizer.index.get(folded, self.tokenizer.unk_id)
        return i


def load(path: Path) -> Tokenizer:
    """The tokenizer of a tokenizer.json that `save` wrote; ValueError in words for anything else."""
    try:
        description = json.loads(path.read_text("utf-8"))
        settings = from_dict(TokenizerSettings, description["model"].pop("orrery"))
        index = subwords.index(description)
        if [index.get(token) for token in SPECIALS] != list(range(len(SPECIALS))):
            raise KeyError("the special tokens are not where they should be")
        return Tokenizer(settings, description)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is not a tokenizer of ours, or is cut short ({error}). Train again, or choose another run.") from error


def train(texts: Iterable[str], settings: TokenizerSettings, progress: Progress = silent) -> Tokenizer:
    """A tokenizer learnt from texts; ValueError in words where none can be."""
    progress("learning the vocabulary", None)
    if settings.kind in ("bpe", "wordpiece"):
        return Tokenizer(settings, subwords.learn(texts, settings, SPECIALS))
    counts: Counter[str] = Counter()
    if settings.phrase_passes and settings.kind == "word":
        sentences, pairs = learn_from((segment(text, settings.punctuation) for text in texts), settings)
        return of_counts(Counter(sentences), settings).joining(pairs)
    for text in texts:
        counts.update(segment(text, settings.punctuation) if settings.kind == "word" else text)
    return of_counts(counts, settings)


def of_counts(counts: "Counter[str]", settings: TokenizerSettings) -> Tokenizer:
    """A tokenizer of the most frequent words, or characters, given how often each was seen as written."""
    folded: Counter[str] = Counter()
    for token, count in counts.items():
        for form in (token.lower() if settings.lowercase else token,) if settings.kind == "word" else token.lower() if settings.lowercase else token:
            folded[form] += count
    if settings.kind == "word":
        del folded[SENTENCE_END]
    what = {"word": "word", "character": "character"}[settings.kind]
    if not folded:
        raise ValueError(f"There is no {what} in this text. Choose another one.")
    kept = sorted((token for token, count in folded.items() if count >= settings.min_count), key=lambda token: (-folded[token], token))
    if not kept:
        word, most = folded.most_common(1)[0]
        seen = f"the most frequent, “{word[:50]}”, is seen {most:,} {'time' if most == 1 else 'times'}"
        raise ValueError(f"No {what} reaches min_count {settings.min_count}: {seen}. Lower min_count to {most} or less, or take more text.")
    kept = kept[: max(1, settings.vocab_size - len(SPECIALS))]
    return Tokenizer(settings, subwords.lookup_description([*SPECIALS, *kept], settings))
