"""A text cut into words once, for whatever is asked of it later: numbers on the disk, and which word each is.

cache/cut/<digest>/numbers.npy    int32 [n]: a word as written, a mark, END where a sentence ends, LOST for a word too rare to be kept
                   words.npz      the words by number (see Cut)

Facts, and ids under any settings of a word tokenizer, are looked up in them; the text itself is read again for sub-words and characters only.
"""

import hashlib
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.text.numbering import END, LOST, Numbering, Numbers, numbering
from core.text.progress import Progress
from core.text.writing import Growing, folder_aside, length, pieces, put_in_place, rewrite
from core.workspace import subfolder

VERSION = "1"  # raise it when the same text gives other words
BLOCK = 4 * 1024 * 1024  # bytes of text handled at a time
AT_ONCE = 1 << 20  # numbers handled at a time


@dataclass(frozen=True, eq=False)
class Cut:
    """counts, folded: of each number. More numbers than were read: capitals folded may give a word that never stands in the text."""

    path: Path  # of the numbers
    n: int  # of them
    letters: npt.NDArray[np.uint8]  # the words in UTF-8, one after the other
    starts: npt.NDArray[np.int64]  # [n_distinct + 1]
    counts: npt.NDArray[np.int64]  # [n_distinct]: how often each was read
    marks: npt.NDArray[np.bool_]  # [n_distinct]: whether it is a punctuation mark
    folded: Numbers  # [n_distinct]: its number in small letters
    n_lost: int  # how many words were read that are LOST

    def blocks(self) -> Iterator[Numbers]:
        """The numbers, int32."""
        yield from pieces(self.path, AT_ONCE)

    def words(self, which: npt.NDArray[np.integer]) -> list[str]:
        """The words of these numbers."""
        return [self.letters[self.starts[n] : self.starts[n + 1]].tobytes().decode("utf-8", "surrogatepass") for n in which.tolist()]

    def forms(self, lowercase: bool) -> tuple[Numbers, npt.NDArray[np.int64]]:
        """The form that each number takes, itself or in small letters; and how often each form is read (marks too)."""
        if not lowercase:
            return np.arange(len(self.counts), dtype=np.int32), self.counts
        counts = np.zeros(len(self.counts), np.int64)
        np.add.at(counts, self.folded, self.counts)
        return self.folded, counts


def raw_blocks(path: Path, size: int = BLOCK) -> Iterator[tuple[bytes, float]]:
    """A text in UTF-8 in stretches of about `size` bytes that end with a line, or else at a blank; and the share read so far."""
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
                yield content[:end], done / total
    if rest:
        yield rest, 1.0


def blocks(path: Path, size: int = BLOCK) -> Iterator[tuple[str, float]]:
    """The same as text."""
    for content, share in raw_blocks(path, size):
        yield content.decode("utf-8"), share


def cut(path: Path, progress: Progress, digest: str | None = None) -> tuple[Cut, str]:
    """The cut of a text, from the cache where its digest is known and it is there; and the digest of its content."""
    parent = subfolder("cache", "cut")
    if digest is not None:
        try:
            return _read(_folder(parent, digest)), digest
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            shutil.rmtree(_folder(parent, digest), ignore_errors=True)  # absent, or half deleted
    with folder_aside(parent) as aside:
        found = _make(path, aside, progress)
        put_in_place(aside, _folder(parent, found))
    return _read(_folder(parent, found)), found


def remove(digest: str) -> None:
    shutil.rmtree(_folder(subfolder("cache", "cut"), digest), ignore_errors=True)


def _folder(parent: Path, digest: str) -> Path:
    return parent / f"{digest}-{VERSION}"


def _read(folder: Path) -> Cut:
    path = folder / "numbers.npy"
    with open(folder / "words.npz", "rb") as file, np.load(file) as kept:
        return Cut(path, length(path), **{name: kept[name] for name in ("letters", "starts", "counts", "marks", "folded")}, n_lost=int(kept["n_lost"]))


def _make(path: Path, folder: Path, progress: Progress) -> str:
    """Writes a cut into `folder`; the digest of the text."""
    digest, found = hashlib.blake2b(digest_size=16), numbering(path.stat().st_size)
    begun: list[int] = []  # where each stretch of numbers begins that is told otherwise from then on, because words were forgotten
    with Growing(folder / "numbers.npy", np.int32) as file:
        for text, share in raw_blocks(path):
            digest.update(text)
            for numbers in found.read(text):
                file.append(numbers)
                told = found.forget()
                if told is not None:
                    np.save(folder / f"told-{len(begun)}.npy", told)
                    begun.append(file.n)
            progress("counting words", share)
    folded = _folded(found)
    n_lost = _tell_anew(folder, begun, lambda share: progress("leaving out the rarest words", share))
    letters, starts = found.letters
    words = {"letters": letters, "starts": starts, "counts": found.counts, "marks": found.marks, "folded": folded}
    np.savez(folder / "words.npz", n_lost=np.array(n_lost), **words)  # type: ignore[arg-type]
    return digest.hexdigest()


def _folded(found: Numbering) -> Numbers:
    """The number of each word in small letters; new words where those were never read."""
    letters, starts = found.letters
    letters = letters.copy()  # new words may move them
    folded = np.arange(len(starts) - 1, dtype=np.int32)
    # Only a capital of ASCII, or a letter beyond ASCII, can be folded.
    may_fold = np.flatnonzero(np.add.reduceat(((letters >= 65) & (letters <= 90)) | (letters >= 128), starts[:-1])) if len(folded) else folded
    for begin in range(0, len(may_fold), AT_ONCE // 8):
        some = may_fold[begin : begin + AT_ONCE // 8]
        written = [letters[starts[n] : starts[n + 1]].tobytes().decode("utf-8", "surrogatepass") for n in some.tolist()]
        folded[some] = found.number([word.lower() for word in written])
    n_all = len(found.counts)
    return np.concatenate([folded, np.arange(len(folded), n_all, dtype=np.int32)])


def _tell_anew(folder: Path, begun: list[int], told: Callable[[float], None]) -> int:
    """Gives all numbers the meaning that they have at the end; how many words are LOST."""
    if not begun:
        return 0
    numbers, n_lost = folder / "numbers.npy", 0
    for i in range(len(begun) - 1, -1, -1):
        path = folder / f"told-{i}.npy"
        table = np.append(np.load(path), [LOST, END]).astype(np.int32)  # from the end: END is -1, LOST -2
        if i + 1 < len(begun):
            table = np.load(folder / "then.npy")[table]
        start, stop = begun[i - 1] if i else 0, begun[i]
        rewrite(numbers, table.__getitem__, AT_ONCE, start, stop)
        n_lost += sum(int(np.count_nonzero(some == LOST)) for some in pieces(numbers, AT_ONCE, start, stop))
        np.save(folder / "then.npy", table)
        path.unlink()
        told(1 - i / len(begun))
    (folder / "then.npy").unlink()
    return n_lost
