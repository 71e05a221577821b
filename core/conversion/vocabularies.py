"""A tokenizer of transformers as one of ours: the same pieces, its special tokens in our places."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int

from core.text import subwords, tokenizers
from core.text.sentinels import N_SENTINELS
from core.text.tokenizers import SPECIALS, Tokenizer
from core.text.tokenizing import TokenizerSettings

KINDS = {"BPE": "bpe", "WordPiece": "wordpiece", "Unigram": "wordpiece"}  # the kind that the settings name (see Tokenizer)
SENTINEL = re.compile(r"▁?<extra_id_(\d+)>")  # T5's, which stand after the vocabulary here
NAMES = ("pad_token", "unk_token", "bos_token", "eos_token", "mask_token", "cls_token", "sep_token")  # in the order of SPECIALS


def read(folder: Path) -> tuple[Tokenizer, Int[np.ndarray, " vocab"]]:
    """The tokenizer of a folder, and of each of its tokens and T5's sentinels the row in the folder's tables, -1 where there is none. ValueError in words."""
    path = folder / "tokenizer.json"
    if not path.is_file():
        raise ValueError(
            f"{folder.name} has no tokenizer.json. Write it there with AutoTokenizer.from_pretrained(...).save_pretrained(...), and open it again."
        )
    try:
        described = json.loads(path.read_text("utf-8"))
        if "orrery" in described["model"]:
            own = tokenizers.load(path)
            return Tokenizer(own.settings, {**own.description, "post_processor": None}), np.arange(own.vocab_size + N_SENTINELS)
        kind, vocab = described["model"].get("type"), subwords.index(described)
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"The tokenizer.json of {folder.name} cannot be read ({error}). Load it again.") from error
    if kind not in KINDS:
        raise ValueError(f"The tokenizer of {folder.name} is of the kind {kind}; {', '.join(KINDS)} can be opened.")
    return _ours(described, vocab, KINDS[kind], _special(folder, described))


def _special(folder: Path, described: Mapping[str, Any]) -> dict[str, str]:
    """Our special tokens by what the folder calls them."""
    told: dict[str, Any] = {}
    for name in ("tokenizer_config.json", "special_tokens_map.json"):
        try:
            told |= json.loads((folder / name).read_text("utf-8"))
        except (OSError, UnicodeDecodeError, json.JSONDecodeError, TypeError):
            continue
    there = {each["content"] for each in described.get("added_tokens") or []} | set(subwords.index(described))
    found = {}
    for ours, name in zip(SPECIALS, NAMES, strict=True):
        given = told.get(name)
        called = given.get("content") if isinstance(given, dict) else given
        found[ours] = str(called) if called in there else ours
    return found


def _ours(described: dict[str, Any], vocab: dict[str, int], kind: str, special: Mapping[str, str]) -> tuple[Tokenizer, Int[np.ndarray, " vocab"]]:
    old = {each["content"]: int(each["id"]) for each in described.get("added_tokens") or []} | vocab
    taken = {*special.values(), *SPECIALS}
    words = [token for token in sorted(vocab, key=vocab.__getitem__) if token not in taken and not SENTINEL.fullmatch(token)]
    tokens = [*SPECIALS, *words]
    rows = [old.get(special.get(token, token), -1) if i < len(SPECIALS) else old[token] for i, token in enumerate(tokens)]
    sentinels = {int(found[1]): id for token, id in old.items() if (found := SENTINEL.fullmatch(token))}
    rows += [sentinels.get(n, -1) for n in reversed(range(N_SENTINELS))]
    model = {**described["model"], **_listed(described["model"]["vocab"], tokens)}
    marks = [
        {"id": i, "content": token, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
        for i, token in enumerate(SPECIALS)
    ]
    whole = {**described, "model": model, "added_tokens": marks, "post_processor": None, "truncation": None, "padding": None}
    normalizer = json.dumps(described.get("normalizer"))
    lowercase = '"lowercase": true' in normalizer or '"Lowercase"' in normalizer
    return Tokenizer(TokenizerSettings(kind=kind, vocab_size=max(8, len(tokens)), lowercase=lowercase), whole), np.array(rows, np.int64)


def _listed(vocab: dict[str, int] | list[Any], tokens: list[str]) -> dict[str, Any]:
    """A model's tokens in our order; those of a unigram model with their scores."""
    if isinstance(vocab, dict):
        return {"vocab": {token: i for i, token in enumerate(tokens)}, "unk_token": "[UNK]"}
    scores = dict(vocab)
    return {"vocab": [[token, scores.get(token, 0.0)] for token in tokens], "unk_id": Tokenizer.unk_id}


def placed(table: np.ndarray, rows: Int[np.ndarray, " row"]) -> np.ndarray:
    """A folder's table in our order; a token that it lacks gets the mean of all."""
    mean = table[: int(rows.max()) + 1].mean(axis=0)
    made: np.ndarray = np.where((rows >= 0).reshape(-1, *[1] * (table.ndim - 1)), table[np.maximum(rows, 0)], mean)
    return made
