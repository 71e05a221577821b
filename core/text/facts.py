"""A text's facts, in one pass: words, sentences, distinct words, how often each, and the digest of its content."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.text.progress import Progress
from core.text.segmentation import SENTENCE_END, stretches, words
from core.text.units import Units

BLOCK = 4 * 1024 * 1024  # bytes of text handled at a time
N_TOP = 500  # most frequent words kept by name


def blocks(path: Path, size: int = BLOCK) -> Iterator[tuple[str, float]]:
    """A UTF-8 text in stretches of about `size` bytes that end with a line, or else at a blank; and the share read so far."""
    total = max(1, path.stat().st_size)
    done, rest = 0, b""
    with open(path, "rb") as file:
        while content := file.read(size):
            done += len(content)
            content = rest + content
            end = max(content.rfind(b"\n"), content.rfind(b" ") if b"\n" not in content else -1) + 1
            # Without any blank, any place between two characters: continuation bytes of UTF-8 begin with the bits 10.
            if end == 0 and len(content) > 8:
                end = next(i for i in range(len(content), 0, -1) if i < len(content) and content[i] & 0xC0 != 0x80)
            rest = content[end:]
            if end:
                yield content[:end].decode("utf-8"), done / total
    if rest:
        yield rest.decode("utf-8"), 1.0


def facts(path: Path, progress: Progress) -> tuple[dict[str, Any], npt.NDArray[np.int64]]:
    """What about.json says of a text, and its frequencies [n_distinct]; ValueError in words where it has fewer than two words."""
    digest = hashlib.blake2b(digest_size=16)
    units = Units(stretches)
    for text, fraction in blocks(path):
        digest.update(text.encode())
        units.read(text)
        progress("counting words", fraction)
    cut = [words(stretch) for stretch in units.distinct]
    written = units.counts_of(cut)
    del written[SENTENCE_END]
    folded: Counter[str] = Counter()
    for word, count in written.items():
        folded[word.lower()] += count
    if folded.total() < 2:
        what = f"has one word only, “{next(iter(folded))[:50]}”" if folded else "is empty: there is not a word in it"
        raise ValueError(f"This text {what}. There is nothing to learn from it; take a longer one.")
    counts = np.sort(np.fromiter(folded.values(), np.int64, len(folded)))[::-1].copy()
    about = {"n_words": folded.total(), "n_sentences": _sentences(units, cut), "n_distinct": len(folded), "n_bytes": path.stat().st_size}
    return about | {"digest": digest.hexdigest(), "top": folded.most_common(N_TOP)}, counts


def _sentences(units: Units, cut: list[list[str]]) -> int:
    """How many sentences begin: a stretch with words in it after an end, or at the beginning."""
    is_end = np.array([words == [SENTENCE_END] for words in cut], np.bool_)
    matters = is_end | np.array([bool(words) for words in cut], np.bool_)
    count, ended = 0, True
    for part in units.parts:
        ends = is_end[part[matters[part]]]
        if len(ends):
            count += int(np.count_nonzero(~ends & np.concatenate([[ended], ends[:-1]])))
            ended = bool(ends[-1])
    return count
