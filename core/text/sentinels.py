"""T5's sentinels: ids after a tokenizer's own, each standing for a span of text that is hidden (Raffel et al. 2020, section 3.1.4).

As in the paper's program the first, <extra_id_0>, is the last id of all, and the others count down from it.
"""

import re
from collections.abc import Iterable

from core.text.tokenizers import Tokenizer

N_SENTINELS = 100
_WRITTEN = re.compile(r"<extra_id_(\d+)>")


def sentinel(n: int, vocab_size: int) -> int:
    """The id of the n-th, counted from 0, where the tokenizer's own vocabulary has that size."""
    assert 0 <= n < N_SENTINELS, f"there are {N_SENTINELS} sentinels"
    return vocab_size + N_SENTINELS - 1 - n


def shown(id: int, tokenizer: Tokenizer) -> str:
    """A token as a reader sees it, sentinels included."""
    return tokenizer.words[id] if id < tokenizer.vocab_size else f"<extra_id_{tokenizer.vocab_size + N_SENTINELS - 1 - id}>"


def encode(text: str, tokenizer: Tokenizer) -> list[int]:
    """The ids of a text in which sentinels may be written as they are shown; those that there are not are text like any other."""
    ids, begin = list[int](), 0
    for written in _WRITTEN.finditer(text):
        if int(written[1]) < N_SENTINELS:
            ids += [*tokenizer.encode(text[begin : written.start()]), sentinel(int(written[1]), tokenizer.vocab_size)]
            begin = written.end()
    return ids + tokenizer.encode(text[begin:])


def decode(ids: Iterable[int], tokenizer: Tokenizer) -> str:
    """The text of ids, each sentinel as it is shown with blanks around it."""
    parts: list[list[int] | str] = [[]]
    for id in map(int, ids):
        if id >= tokenizer.vocab_size:
            parts += [shown(id, tokenizer), []]
        else:
            parts[-1].append(id)  # type: ignore[union-attr]
    return " ".join(part for part in (each if isinstance(each, str) else tokenizer.decode(each) for each in parts) if part)
