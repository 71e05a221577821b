"""In which encoding a file of text is: by its byte order mark, as UTF-8, else guessed from its beginning."""

import codecs
import io
from collections.abc import Iterator

CHUNK = 1024 * 1024
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS = bytes([*range(9), *range(0x0E, 0x1B), *range(0x1C, 0x20)])
COMMON = ("cp1252", "cp1250", "cp1251", "cp1253", "iso8859_2", "koi8_r", "gb18030", "gbk", "gb2312", "big5", "cp932", "euc_jp", "cp949")
MOST_CONTROLS = 0.005  # share of a text's bytes that may be control characters


def decoded(name: str, stream: io.BufferedIOBase) -> tuple[Iterator[str], str]:
    """The text in pieces, and its encoding ("utf-8" for plain ASCII too); ValueError in words where it is no text."""
    start = stream.read(CHUNK)
    encoding = _told(name, start)
    return _pieces(name, start, stream, encoding), "utf-8" if encoding == "utf-8-sig" else encoding


def _told(name: str, start: bytes) -> str:
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding
    wide = _without_mark(start)
    if wide:
        return wide
    if _n_controls(start) > MOST_CONTROLS * len(start):
        raise ValueError(f"{name} is not a text: it is full of bytes that no letter has. If it is one after all, save it as UTF-8 and try again.")
    try:
        # A character cut apart at the end of the beginning is no mistake.
        codecs.getincrementaldecoder("utf-8")().decode(start)
        return "utf-8"
    except UnicodeDecodeError:
        return _guessed(name, start)


def _n_controls(content: bytes) -> int:
    return len(content) - len(content.translate(None, _CONTROLS))


def _without_mark(start: bytes) -> str | None:
    """UTF-16 of a language with blanks and commas, without a mark: every other byte is NUL over and over."""
    even, odd = start[:4000:2].count(0), start[1:4000:2].count(0)
    half = max(1, min(len(start), 4000) // 2)
    if odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 * half and odd < 0.05 * half else None


def _guessed(name: str, start: bytes) -> str:
    from charset_normalizer import from_bytes

    # Of those that fit, rare encodings often read as well as common ones: between near equals the common one is meant.
    fitting = sorted(from_bytes(start[: 64 * 1024]), key=lambda match: match.chaos - match.coherence - 0.1 * (match.encoding in COMMON))
    if not fitting:
        raise ValueError(f"The encoding of {name} cannot be told. Save it as UTF-8 and try again.")
    # GB18030 holds all of GB2312 and GBK, and more.
    return "gb18030" if fitting[0].encoding in ("gb2312", "gbk") else fitting[0].encoding


def _pieces(name: str, start: bytes, stream: io.BufferedIOBase, encoding: str) -> Iterator[str]:
    # A stray byte deep inside a long text does not spoil it, but becomes U+FFFD.
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    chunk = start
    while chunk:
        if encoding == "utf-8" and _n_controls(chunk) > MOST_CONTROLS * max(len(chunk), 1000):
            raise ValueError(f"{name} is not a text all through: from some place on it is full of bytes that no letter has. Cut that part off.")
        yield decoder.decode(chunk)
        chunk = stream.read(CHUNK)
    yield decoder.decode(b"", final=True)
