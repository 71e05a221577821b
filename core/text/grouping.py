"""Which tokens are pieces of the same word, told from the tokens alone, in the manners of WordPiece, BPE, SentencePiece and characters."""

import re
from collections.abc import Sequence
from itertools import pairwise

_BEGINS = re.compile(r"[\s▁Ġ]")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_SPECIAL = re.compile(r"\[[A-Z]+\d*\]|<[^<>\s]*>")
_BYTE = re.compile(r"<0x[0-9A-Fa-f]{2}>")


def words(tokens: Sequence[str]) -> list[int]:
    """The number of the word that each token belongs to: 0, 0, 1, ... A word in Chinese or Japanese script ends with each character."""
    if not tokens:
        return []
    begins = _wordpiece if any(_goes_on(token) for token in tokens) else _by_blanks if any(_BEGINS.match(token) for token in tokens) else _always
    groups = [0]
    for before, token in pairwise(tokens):
        groups.append(groups[-1] + begins(before, token))
    return groups


def is_special(token: str) -> bool:
    """Whether a token is none of the text's, as [CLS] or <extra_id_0>."""
    return bool(_SPECIAL.fullmatch(token)) and not _BYTE.fullmatch(token)


def _goes_on(token: str) -> bool:
    return token.startswith("##") and len(token) > 2


def _wordpiece(before: str, token: str) -> bool:
    return not _goes_on(token)


def _always(before: str, token: str) -> bool:
    return True


def _by_blanks(before: str, token: str) -> bool:
    if _BYTE.fullmatch(before) and _BYTE.fullmatch(token):
        return False  # bytes of one character
    if _BEGINS.match(token) or any(_SPECIAL.fullmatch(each) for each in (before, token)):
        return True
    return bool(_CJK.search(before[-1:]) or _CJK.match(token)) or (before.strip("▁Ġ \t\n") != "" and before[-1:].isalnum() != token[:1].isalnum())
