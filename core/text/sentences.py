"""Where the sentences and the pairs of an encoded text are."""

import numpy as np
from jaxtyping import Int

from core.text.segmentation import SENTENCE_END, stretches
from core.text.tokenizers import END, TAB, Tokenizer

Spans = tuple[Int[np.ndarray, " n"], Int[np.ndarray, " n"]]  # where each begins, and where it ends (exclusive)


def stream(text: str, tokenizer: Tokenizer) -> Int[np.ndarray, " n"]:
    """The ids of a short text with their marks, as core.text.encoding makes them: lines of sentences, or of pairs with a tab between."""
    lines = [line for line in text.split("\n") if line.strip()]
    if any("\t" in line for line in lines):
        marked = [part for line in lines for side, mark in zip(line.split("\t")[:2], (TAB, END), strict=False) for part in (tokenizer.encode(side), [mark])]
    elif tokenizer.kind in ("bpe", "character"):
        marked = [tokenizer.encode(text)]
    else:
        marked = [part for line in lines_of(text) for part in (tokenizer.encode(line), [END])]
    return np.concatenate([np.zeros(0, np.int64), *(np.asarray(part, np.int64) for part in marked)])


def lines_of(text: str) -> list[str]:
    """The sentences of a running text as they are written, one blank between words."""
    return [line for line in " ".join(stretches(text)).split(SENTENCE_END) if line.strip()]


def sentences(ids: np.ndarray, tokenizer: Tokenizer) -> Spans:
    """The sentences of a text, int64, none empty, without the marks at their ends. Of characters and BPE, which have no marks, the lines.

    The two sides of a pair are two sentences.
    """
    lines = np.array([tokenizer.kind in ("bpe", "character") and "\n" in word for word in tokenizer.words] + [True])
    return _between(np.flatnonzero(lines[np.where(ids < 0, len(lines) - 1, ids)]), len(ids))


def pairs(ids: np.ndarray, tokenizer: Tokenizer) -> tuple[Spans, Spans]:
    """The sources and the targets of a text of pairs; of any other text each sentence and the one that follows it (Kiros et al. 2015; Vinyals and Le 2015)."""
    tabs = np.flatnonzero(ids == TAB)
    if not len(tabs):
        starts, stops = sentences(ids, tokenizer)
        return (starts[:-1], stops[:-1]), (starts[1:], stops[1:])
    ends = np.append(np.flatnonzero(ids == END), len(ids))
    after = ends[np.searchsorted(ends, tabs)]
    before = np.concatenate([[0], ends + 1])[np.searchsorted(ends, tabs)]
    whole = (before < tabs) & (tabs + 1 < after)  # a cut at the end of a stream may leave a side away
    return (before[whole], tabs[whole]), (tabs[whole] + 1, after[whole])


def _between(marks: np.ndarray, n: int) -> Spans:
    starts, stops = np.concatenate([[0], marks + 1]), np.append(marks, n)
    there = starts < stops
    return starts[there], stops[there]
