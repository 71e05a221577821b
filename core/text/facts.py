"""A text's facts, in one pass: words, sentences, distinct words, how often each, and the digest of its content."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.text.progress import Progress
from core.text.segmentation import SENTENCE_END, segment

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
    written: Counter[str] = Counter()
    digest = hashlib.blake2b(digest_size=16)
    sentences = 0
    ended = True  # where the last sentence is not closed, it counts all the same
    for text, fraction in blocks(path):
        digest.update(text.encode())
        words = segment(text)
        written.update(words)
        sentences, ended = _sentences(words, sentences, ended)
        progress("counting words", fraction)
    del written[SENTENCE_END]
    folded: Counter[str] = Counter()
    for word, count in written.items():
        folded[word.lower()] += count
    if folded.total() < 2:
        what = f"has one word only, “{next(iter(folded))[:50]}”" if folded else "is empty: there is not a word in it"
        raise ValueError(f"This text {what}. There is nothing to learn from it; take a longer one.")
    counts = np.sort(np.fromiter(folded.values(), np.int64, len(folded)))[::-1].copy()
    about = {"n_words": folded.total(), "n_sentences": sentences, "n_distinct": len(folded), "n_bytes": path.stat().st_size}
    return about | {"digest": digest.hexdigest(), "top": folded.most_common(N_TOP)}, counts


def _sentences(words: list[str], sentences: int, ended: bool) -> tuple[int, bool]:
    """Counts the sentences that begin in `words`: a word after an end."""
    if not words:
        return sentences, ended
    is_end = np.fromiter(map(SENTENCE_END.__eq__, words), np.bool_, len(words))
    begins = ~is_end & np.concatenate([[ended], is_end[:-1]])
    return sentences + int(begins.sum()), bool(is_end[-1])
