"""Words and sentence ends of a running text, in any script: regular expressions, and jieba where there are Han characters.

A word is letters, digits, underscores and the marks combined with them; apostrophes and hyphens inside it stay, and so do the point and comma
inside a number: "don't", "state-of-the-art", "float64", "3.14" are one word each. A sentence ends at a line's end (as in word2vec), after
. ! ? … and blanks unless a small letter follows ("e.g. this"), at a mark that stands alone (tokenized text), and after 。！？.
"""

import logging
import re
import unicodedata
import warnings
from collections.abc import Iterable
from functools import lru_cache
from types import ModuleType

from core.workspace import subfolder

SENTENCE_END = "\n"  # stands among the words where a sentence ends
# Begins with one class, which the engine looks for five times as fast as for several patterns.
_END = re.compile(r"[.!?…。！？](?:[\"'”’)\]»]?\s+(?![\sa-z])|(?<=[。！？])[”’」』）]?|(?<=\s.)(?=\s))")
HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
_WIDE = f"[\u3000-\u303f\uff00-\uffef{HAN.pattern[1:]}"  # and their punctuation
BETWEEN_HAN = re.compile(f"(?<={_WIDE}) (?={_WIDE})")
LONGEST_HAN = 500  # characters cut into words at once


def segment(text: str, punctuation: bool = False) -> list[str]:
    """The words of `text` as written, in order, with SENTENCE_END where a sentence ends (several in a row are possible)."""
    return [word for stretch in stretches(text) for word in words(stretch, punctuation)]


def stretches(text: str) -> list[str]:
    """What stands between blanks, and SENTENCE_END where a sentence ends."""
    found: list[str] = []
    for line in _END.sub(lambda mark: mark[0] + "\n", text).split("\n"):
        found += line.split()
        found.append(SENTENCE_END)
    return found[:-1]


def words(stretch: str, punctuation: bool = False) -> list[str]:
    """The words of a stretch without blanks, and its marks if `punctuation`; SENTENCE_END stays what it is."""
    if stretch == SENTENCE_END:
        return [SENTENCE_END]
    if stretch.isascii():
        return _pattern(punctuation, "").findall(stretch)
    found = _pattern(punctuation, _marks(stretch)).findall(stretch)
    return [part for word in found for part in (_han(word) if HAN.search(word) else (word,))]


def written_together(words: Iterable[str]) -> str:
    """Words as they stand in a text: blanks between them, but none between two Han characters."""
    return BETWEEN_HAN.sub("", " ".join(words))


def _marks(stretch: str) -> str:
    r"""The combining marks (accents, vowel signs) in it: letters to a reader, but not to `\w`."""
    return "".join(sorted({c for c in stretch if unicodedata.category(c) in ("Mn", "Mc")}))


@lru_cache(maxsize=1000)
def _pattern(punctuation: bool, marks: str) -> re.Pattern[str]:
    # A class of all marks there are would make every match nine times as slow; of those in one stretch there are few.
    word = r"\w+(?:['’-]\w+|[.,](?<=\d.)(?=\d)\w+" + (rf"|[{marks}]+\w*" if marks else "") + ")*"
    return re.compile(word + (r"|[^\w\s]" if punctuation else ""))


def _han(word: str) -> list[str]:
    # jieba's time grows with the square of what it is given: text without any marks comes in stretches of many thousand characters.
    stretches = (word[i : i + LONGEST_HAN] for i in range(0, len(word), LONGEST_HAN))
    return [part for stretch in stretches for part in jieba().lcut(stretch) if not part.isspace()]


@lru_cache(maxsize=1)
def jieba() -> ModuleType:
    """jieba, made quiet, with its cache in the workspace (it would take a name in /tmp that anybody can have made before)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SyntaxWarnings of its sources, and pkg_resources
        import jieba as module
    assert isinstance(module, ModuleType)
    module.setLogLevel(logging.ERROR)
    module.dt.tmp_dir = str(subfolder("cache", "jieba"))
    module.initialize()
    return module
