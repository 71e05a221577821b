"""What we ask of the `tokenizers` library: learning BPE and WordPiece, encoding by them, and the descriptions kept in tokenizer.json."""

import itertools
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from core.text.tokenizing import TokenizerSettings

PIECE = 50_000  # characters handed to the library at a time, so that its threads share a long text
BLANK = "▁"  # SentencePiece's sign for it
AT_ONCE = 20_000  # short texts handed to it at a time
_STRETCH = re.compile(r" ?\S+|\s+(?!\S)|\s")


@lru_cache(maxsize=1)
def library() -> ModuleType:
    """The library, made safe to be forked: its threads do not live on in a child, which would wait for them for ever."""
    import tokenizers

    os.register_at_fork(after_in_child=lambda: os.environ.update(TOKENIZERS_PARALLELISM="false"))
    return tokenizers


def library_tokenizer(description: dict[str, Any]) -> Any:
    """The library's tokenizer, told to take "[MASK]" and the like in a text for plain text."""
    tokenizer = library().Tokenizer.from_str(json.dumps(_without_pieces_for_specials(description)))
    tokenizer.encode_special_tokens = True
    return tokenizer


def _without_pieces_for_specials(description: dict[str, Any]) -> dict[str, Any]:
    """Of a unigram tokenizer, which finds its pieces in any text: its special tokens named so that no text holds them, as no piece has a line's end."""
    if description["model"].get("type") != "Unigram":
        return description
    special = {each["content"] for each in description.get("added_tokens") or []}
    vocab = [[f"\n{piece}" if piece in special else piece, score] for piece, score in description["model"]["vocab"]]
    return {**description, "model": {**description["model"], "vocab": vocab}, "added_tokens": []}


def index(description: Mapping[str, Any]) -> dict[str, int]:
    """The id of each token."""
    vocab = description["model"]["vocab"]
    found: dict[str, int] = {piece: i for i, (piece, _) in enumerate(vocab)} if isinstance(vocab, list) else vocab
    return found


def learn(texts: Iterable[str], settings: TokenizerSettings, specials: Sequence[str]) -> dict[str, Any]:
    """The description of a BPE or WordPiece tokenizer learnt from texts; ValueError in words where the vocabulary is too small."""
    lib = library()
    options = {"vocab_size": settings.vocab_size, "min_frequency": settings.min_count, "special_tokens": list(specials), "show_progress": False}
    if settings.kind == "bpe":
        alphabet = sorted(lib.pre_tokenizers.ByteLevel.alphabet())
        _room(settings, len(specials) + len(alphabet), "256 bytes")
        tokenizer = lib.Tokenizer(lib.models.BPE())
        tokenizer.pre_tokenizer = lib.pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = lib.decoders.ByteLevel()
        trainer = lib.trainers.BpeTrainer(initial_alphabet=alphabet, **options)
    else:
        texts = list(texts)
        n_characters = _n_characters(texts, settings)
        # Each character may need a form that begins a word and one that goes on ("a", "##a").
        _room(settings, len(specials) + 2 * min(n_characters, 100), "the characters of this text")
        tokenizer = lib.Tokenizer(lib.models.WordPiece(unk_token="[UNK]"))
        tokenizer.pre_tokenizer = lib.pre_tokenizers.BertPreTokenizer()
        tokenizer.decoder = lib.decoders.WordPiece()
        trainer = lib.trainers.WordPieceTrainer(limit_alphabet=min(n_characters, (settings.vocab_size - len(specials)) // 2), **options)
    if settings.kind == "wordpiece":  # each Han character is a piece of its own (Devlin 2019, tokenization.py)
        tokenizer.normalizer = lib.normalizers.BertNormalizer(False, handle_chinese_chars=True, strip_accents=False, lowercase=settings.lowercase)
    elif settings.lowercase:
        tokenizer.normalizer = lib.normalizers.Lowercase()
    tokenizer.train_from_iterator((piece for text in texts for piece in pieces(text)), trainer)
    description: dict[str, Any] = json.loads(tokenizer.to_str())
    return description


def _room(settings: TokenizerSettings, needed: int, what: str) -> None:
    if settings.vocab_size <= needed:
        raise ValueError(
            f"A {settings.kind} vocabulary of {settings.vocab_size:,} has no room beside {what} and the special tokens. Set vocab_size above {needed:,}."
        )


def _n_characters(texts: Sequence[str], settings: TokenizerSettings) -> int:
    """How many distinct characters reach min_count."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text.lower() if settings.lowercase else text)
    n = sum(count >= settings.min_count and not character.isspace() for character, count in counts.items())
    if not n:
        raise ValueError(f"No character of this text reaches min_count {settings.min_count}. Lower it, or take more text.")
    return n


def lookup_description(tokens: Sequence[str], settings: TokenizerSettings) -> dict[str, Any]:
    """The tokenizer.json of a plain list of words or characters, ids in that order."""
    lib = library()
    model = lib.models.WordLevel({token: i for i, token in enumerate(tokens)}, unk_token="[UNK]")
    tokenizer = lib.Tokenizer(model)
    if settings.kind == "word":
        letter = r"[\p{L}\p{N}\p{M}_]"
        kept = rf"{letter}+(?:['’-]{letter}+|(?<=\p{{N}})[.,](?=\p{{N}}){letter}+)*" + (r"|[^\p{L}\p{N}\p{M}_\s]" if settings.punctuation else "")
        tokenizer.pre_tokenizer = lib.pre_tokenizers.Split(lib.Regex(kept), "removed", invert=True)
    else:
        tokenizer.pre_tokenizer = lib.pre_tokenizers.Split(lib.Regex(r"[\s\S]"), "isolated")
        tokenizer.decoder = lib.decoders.Fuse()
    if settings.lowercase:
        tokenizer.normalizer = lib.normalizers.Lowercase()
    description: dict[str, Any] = json.loads(tokenizer.to_str())
    return description


def encode(tokenizer: Any, text: str) -> npt.NDArray[np.int32]:
    """The ids of a text of any length [n_tokens]."""
    return encode_each(tokenizer, stretches(text))[0]


def stretches(text: str) -> list[str]:
    """Cuts a text where no token reaches across: GPT-2's own rule, which lets a word take one blank before it along (encoder.py, Radford 2019)."""
    return _STRETCH.findall(text)


def encode_each(tokenizer: Any, texts: Sequence[str]) -> tuple[npt.NDArray[np.int32], list[int]]:
    """The ids of each text, one after the other [n_tokens], and how many each has [n_texts]."""
    found: list[int] = []
    lengths: list[int] = []
    for start in range(0, len(texts), AT_ONCE):
        for encoding in tokenizer.encode_batch_fast(list(texts[start : start + AT_ONCE]), add_special_tokens=False):
            found += encoding.ids
            lengths.append(len(encoding.ids))
    return np.asarray(found, np.int32), lengths


def pieces(text: str) -> Iterator[str]:
    """The text in stretches of about PIECE characters, each ending at a line's end, or else before a blank."""
    start = 0
    while len(text) - start > PIECE:
        end = text.rfind("\n", start, start + PIECE) + 1 or text.rfind(" ", start + 1, start + PIECE)
        end = end if end > start else start + PIECE
        yield text[start:end]
        start = end
    if start < len(text):
        yield text[start:]


@lru_cache(maxsize=1)
def _bytes_of_characters() -> dict[str, int]:
    """GPT-2's visible stand-in for each byte, inverted (Radford 2019, encoder.py's bytes_to_unicode)."""
    visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in visible]
    return {chr(byte): byte for byte in visible} | {chr(256 + i): byte for i, byte in enumerate(hidden)}


def as_bytes(token: str) -> bytes | None:
    """The bytes of a byte-level token; None where it is none."""
    table = _bytes_of_characters()
    return bytes(table[character] for character in token) if all(character in table for character in token) else None


def shown(token: str, kind: str = "bpe") -> str:
    """A byte-level token as a reader knows it: its whole characters, and bytes that are none as <0xE4>. A unigram piece with its blank."""
    if kind == "unigram":
        return token.replace(BLANK, " ")
    content = as_bytes(token)
    if content is None:
        return token
    return re.sub("[\udc80-\udcff]", lambda byte: f"<0x{ord(byte[0]) - 0xDC00:02X}>", content.decode(errors="surrogateescape"))


def merge_steps(tokenizer: Any, merges: Sequence[Sequence[str]], word: str) -> list[list[str]]:
    """The pieces of `word` before the first merge and after each: at every step the pair learnt earliest (Sennrich 2016, algorithm 1)."""
    normalized = tokenizer.normalizer.normalize_str(word) if tokenizer.normalizer else word
    parts = [list(part) for part, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normalized)]
    ranks = {(left, right): rank for rank, (left, right) in enumerate(merges)}
    steps = [[shown(piece) for part in parts for piece in part]]
    while True:
        pairs = {pair for part in parts for pair in itertools.pairwise(part) if pair in ranks}
        if not pairs:
            return steps
        best = min(pairs, key=ranks.__getitem__)
        parts = [_merged(part, best) for part in parts]
        steps.append([shown(piece) for part in parts for piece in part])


def _merged(part: list[str], pair: tuple[str, str]) -> list[str]:
    merged: list[str] = []
    for piece in part:
        if merged and (merged[-1], piece) == pair:
            merged[-1] += piece
        else:
            merged.append(piece)
    return merged
