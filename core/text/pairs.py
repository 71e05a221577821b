"""A text of pairs: each line a source, a tab and a target."""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from core.text import subwords
from core.text.corpora import Corpus
from core.text.progress import Progress
from core.text.tokenizers import END, TAB, Tokenizer

LONGEST_SHOWN = 60  # characters of a line that is complained about


def checked(lines: Iterable[str], name: str) -> Iterator[tuple[str, str]]:
    """The two sides of each line that is not empty; ValueError in words for the first that has no two sides. What follows a second tab is left out."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        source, tab, rest = line.rstrip("\r\n").partition("\t")
        target = rest.partition("\t")[0]
        if not tab or not source.strip() or not target.strip():
            lacks = "no tab" if not tab else "nothing before the tab" if not source.strip() else "nothing after the tab"
            raise ValueError(
                f"Line {number} of {name} is no pair: it has {lacks}. Each line is a source, a tab and a target. It reads “{line.strip()[:LONGEST_SHOWN]}”."
            )
        yield source.strip(), target.strip()


def ids(corpus: Corpus, tokenizer: Tokenizer, progress: Progress) -> Iterator[npt.NDArray[np.int32]]:
    """The ids of a text of pairs, block by block: a source, TAB, its target, END; sentences inside a side are not told apart."""
    for text, share in corpus.blocks():
        sides = [side for pair in checked(text.split("\n"), corpus.title) for side in pair]
        flat, lengths = each(tokenizer, sides)
        ends = np.cumsum(lengths)
        yield np.insert(flat, ends, np.where(np.arange(len(ends)) % 2, END, TAB)).astype(np.int32)
        progress("cutting the text into tokens", share)


def each(tokenizer: Tokenizer, texts: list[str]) -> tuple[npt.NDArray[np.int32], list[int]]:
    """The ids of each text, one after the other [n_tokens], and how many each has [n_texts]."""
    if tokenizer.kind in ("bpe", "wordpiece"):
        return subwords.encode_each(tokenizer.library, texts)
    found = [array[array >= 0] for array in map(tokenizer.array, texts)]
    return np.concatenate([np.zeros(0, np.int32), *found]), [len(array) for array in found]
