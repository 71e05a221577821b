"""Words and sentence ends of a running text, in any script: regular expressions, and jieba where there are Han characters.

A word is letters, digits, underscores and the marks combined with them; apostrophes and hyphens inside it stay, and so do the point and comma
inside a number: "don't", "state-of-the-art", "float64", "3.14" are one word each. A sentence ends at a line's end (as in word2vec), after
. ! ? … and blanks unless a small letter follows ("e.g. this"), at a mark that stands alone (tokenized text), and after 。！？.
"""

import logging
import re
import unicodedata
import warnings
from collections.abc import Iterator
from functools import lru_cache
from types import ModuleType

from core.workspace import subfolder

SENTENCE_END = "\n"  # stands among the words where a sentence ends
HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
_END = re.compile(r"[.!?…][\"'”’)\]»]?\s+(?![\sa-z])|[。！？][”’」』）]?|(?<=\s)[.!?](?=\s)")


def segment(text: str, punctuation: bool = False) -> list[str]:
    """The words of `text` as written, in order, with SENTENCE_END where a sentence ends (several in a row are possible)."""
    characters = "" if text.isascii() else "".join(sorted(set(text)))
    words = _pattern(punctuation, _marks(characters)).findall(_END.sub("\\g<0>\n", text))
    return list(_cut_han(words)) if HAN.search(characters) else words


def _marks(characters: str) -> str:
    """The combining marks (accents, vowel signs) among them: letters to a reader, but not to `\\w`."""
    # A class of all marks there are would make every match nine times as slow; of those that occur there are few.
    return "".join(c for c in characters if unicodedata.category(c) in ("Mn", "Mc"))


@lru_cache(maxsize=100)
def _pattern(punctuation: bool, marks: str) -> re.Pattern[str]:
    word = r"\w+(?:['’-]\w+|[.,](?<=\d.)(?=\d)\w+" + (rf"|[{marks}]+\w*" if marks else "") + ")*"
    return re.compile(word + (r"|[^\w\s]|\n" if punctuation else r"|\n"))


def _cut_han(words: list[str]) -> Iterator[str]:
    known: dict[str, list[str]] = {}
    for word in words:
        if not HAN.search(word):
            yield word
            continue
        if word not in known:
            known[word] = [part for part in jieba().lcut(word) if not part.isspace()]
        yield from known[word]


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
