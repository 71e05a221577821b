"""What each token of a target comes from in its source, where that is known: copied, reversed and sorted texts, and the small world's two languages."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from jaxtyping import Bool

from core.text.grouping import is_special, words
from core.text.parallel_grammar import lexicon
from core.text.tasks import TASKS

Alignment = Bool[np.ndarray, "target_pos source_pos"]


def aligned(source: Sequence[str], target: Sequence[str]) -> Alignment | None:
    """Tokens as shown, special ones among them, which come from nowhere; None where nothing is known. Told from the tokens alone."""
    return _aligned(tuple(source), tuple(target))


@lru_cache(maxsize=256)
def _aligned(source: tuple[str, ...], target: tuple[str, ...]) -> Alignment | None:
    read, written = _Letters(source), _Letters(target)
    known = _of_letters(read.text, written.text)
    if known is None:
        known = _of_words(read, written)
    found: Alignment = np.zeros((len(target), len(source)), dtype=bool)
    for i, j in np.argwhere(known):
        found[written.places[i], read.places[j]] = True
    return found if found.any() else None


class _Letters:
    """A text's letters, a task's name before them left out; the token that each belongs to; and where words begin, where a blank or a mark tells."""

    def __init__(self, tokens: Sequence[str]) -> None:
        pieces = ["" if is_special(token) else token.removeprefix("##").strip(" ▁Ġ\t\n") for token in tokens]
        text, places = "".join(pieces), [i for i, piece in enumerate(pieces) for _ in piece]
        named = next((len(prefix) for task in TASKS.values() if text.startswith(prefix := task.prefix.replace(" ", ""))), 0)
        self.text, self.places = text[named:], places[named:]
        of = words(tokens)
        numbers = [of[place] for place in self.places]
        self.edges = {0, len(numbers)} | {i for i in range(1, len(numbers)) if numbers[i] != numbers[i - 1]}

    def find(self, word: str) -> list[int]:
        """Where a word stands; its letters belong to no other word from then on. Of a script with blanks whole words only."""
        found, at = [], self.text.find(word)
        while at >= 0:
            if not word.isascii() or {at, at + len(word)} <= self.edges:
                found.append(at)
                self.text = self.text[:at] + "\0" * len(word) + self.text[at + len(word) :]
            at = self.text.find(word, at + 1)
        return found


def _of_letters(read: str, written: str) -> Bool[np.ndarray, "written read"] | None:
    """Letter by letter, of what was copied, reversed or sorted; of the last any of the same letters will do."""
    n = len(read)
    if not n or len(written) != n:
        return None
    if written == read:
        return np.eye(n, dtype=bool)
    if written == read[::-1]:
        return np.eye(n, dtype=bool)[::-1].copy()
    if written == "".join(sorted(read)):
        alike: np.ndarray = np.array(list(written))[:, None] == np.array(list(read))
        return alike
    return None


def _of_words(read: _Letters, written: _Letters) -> Bool[np.ndarray, "written read"]:
    """By the small world's words, English and Chinese: each where it stands in the one text, and its like in the other."""
    found = np.zeros((len(written.text), len(read.text)), dtype=bool)
    known = sorted(lexicon().items(), key=lambda pair: -len(pair[0]) - len(pair[1]))  # 公爵夫人 before 公爵
    from_english = any(letter.isascii() and letter.isalpha() for letter in read.text)
    for pair in known:
        one, other = pair if from_english else pair[::-1]
        there, here = read.find(one), written.find(other)
        for j in there:
            for i in here:
                found[i : i + len(other), j : j + len(one)] = True
    return found
