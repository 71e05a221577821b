"""Which format a file is in, by its content: names lie, and .bin and .txt are several things."""

import codecs
import re
import struct

from core.formats.record import FORMATS, Format, named
from core.formats.source import Source
from core.formats.text import LOOKED_AT, n_numbers

BEGINNING = 1 << 16  # bytes looked at
FASTTEXT = struct.pack("<i", 793712314)
MARKS = {b"PAR1": "parquet", b"\x93NUMPY": "npy", FASTTEXT: "fasttext-bin"}
TO_TEXT = "Write the vectors as text in the program that made it: in gensim, vectors.save_word2vec_format(path)."
A_PAGE = "a web page, such as one that a download leads to, or that says why there is none. Download the file itself."
REFUSED = {
    b"%PDF": "a PDF. Vectors are wanted, as word2vec, GloVe or fastText write them.",
    b"PK\x03\x04": "a zip archive (.zip, .npz, .docx or .pt). Unpack it and open the one file with the vectors.",
    b"BZh": "packed with bzip2. Unpack it; plain files and .gz are read.",
    b"\xfd7zXZ": "packed with xz. Unpack it; plain files and .gz are read.",
    b"\x28\xb5\x2f\xfd": "packed with zstd. Unpack it; plain files and .gz are read.",
    b"7z\xbc\xaf": "packed with 7-Zip. Unpack it; plain files and .gz are read.",
    b"\x1f\x8b": "packed twice. Unpack it once.",
    b"\x89HDF": "HDF5, which is not read. Save the matrix with numpy.save, and its words one a line beside it.",
    b"version https://git-lfs": "no file itself but what Git LFS leaves in its place. Fetch the file with: git lfs pull",
    b"<!DOCTYPE": A_PAGE,
    b"<!doctype": A_PAGE,
    b"<html": A_PAGE,
    b"\xff\xfe": "text in UTF-16. Save it as UTF-8.",
    b"\xfe\xff": "text in UTF-16. Save it as UTF-8.",
}
NUMBERS = re.compile(rb"[-+.\deE \t\r]+|[-+]?(nan|inf)", re.IGNORECASE)


def guess(source: Source) -> Format:
    """The format of a file, by its beginning; ValueError in words that say what it is instead."""
    start = source.peek(BEGINNING)
    if not start:
        raise ValueError(f"{source.name} is empty. Choose another file.")
    for mark, name in MARKS.items():
        if start.startswith(mark):
            return named(name)
    for mark, what in REFUSED.items():
        if start.startswith(mark):
            raise ValueError(f"{source.name} is {what}")
    if re.match(rb"\x80[\x02-\x05]", start) and b"." in start:
        raise ValueError(f"{source.name} is a Python pickle, which could run anything when it is opened, so that it is never opened here. {TO_TEXT}")
    if start[8:9] == b"{" and len(start) > 8 and struct.unpack("<Q", start[:8])[0] < 1 << 30:
        return named("safetensors")
    return named(_of_lines(source.name, start))


def _of_lines(name: str, start: bytes) -> str:
    head, _, rest = start.partition(b"\n")
    second = rest.partition(b"\n")[0]
    table = b"\t" in head and NUMBERS.fullmatch(head) is not None
    if table and name.lower().endswith(".tsv"):
        return "tsv"
    if re.fullmatch(rb"\s*\d{1,11}\s+\d{1,11}\s*", head.removeprefix(b"\xef\xbb\xbf")) and rest:
        text = is_text(rest)
        if any(map(_ends_in_numbers, rest.split(b"\n", LOOKED_AT)[:LOOKED_AT] if text else [second])):
            return "vec" if name.lower().endswith(".vec") else "word2vec-txt"
        if not text:
            return "word2vec-bin"
    if table and b" " not in head:
        return "tsv"
    lines = start.split(b"\n", LOOKED_AT)[:LOOKED_AT]
    if second and all(map(_has_no_word, filter(None, lines))):
        return "tsv"
    if _ends_in_numbers(head) or _ends_in_numbers(second):
        return "glove"
    known = ", ".join(dict.fromkeys(row.title for row in FORMATS))
    if not is_text(start):
        shown = start[:8].hex(" ")
        raise ValueError(f"{name} is no file of vectors that is known here: it begins with the bytes {shown}. Known are {known}; plain or .gz.")
    shown = head[:40].decode("utf-8", "replace").strip()
    raise ValueError(f"{name} holds text, but no vectors: line 1 is “{shown}”, where a word and its numbers were expected. Known are {known}.")


def _has_no_word(line: bytes) -> bool:
    """Numbers alone, as numpy.savetxt writes them; a whole number at the beginning may be a word, as of a graph's node."""
    fields = line.split()
    return len(fields) > 1 and not fields[0].isdigit() and n_numbers(b"- " + line) == len(fields)


def _ends_in_numbers(line: bytes) -> bool:
    """More of its fields than not, the last one too: what is binary may end in a digit."""
    return n_numbers(line) > len(line.split()) / 3


def is_text(start: bytes) -> bool:
    """UTF-8, but for a character that is cut apart at the end, and no control characters."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return not any(each < " " and each not in "\t\n\r\f\v\x1b" for each in text[:4096])
