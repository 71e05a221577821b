"""Texts to learn from: those built in, and the user's own. A corpus is a folder: text.txt, about.json, frequencies.npy."""

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.text import cutting, tasks, web
from core.text.cutting import BLOCK, Cut, blocks
from core.text.facts import facts
from core.text.limits import HELD_OUT
from core.text.progress import Progress as Progress
from core.text.progress import silent
from core.text.writing import folder_aside, put_in_place
from core.workspace import subfolder, write_whole

Write = Callable[[Path, Progress], None]
OPENED = "opened:"  # before the name of a model from elsewhere, whose text nobody here has
BUILT_IN = {
    "documentation": "Python's documentation",
    "small-world": "Small world",
    "repeats": "Repeated sequences",
    **{f"task-{name}": tasks.title(name) for name in (*tasks.TASKS, "mixed")},
}
SLOW = ("documentation",)  # those that take more than seconds to make


@dataclass(frozen=True)
class Corpus:
    """A text and its facts. n_distinct counts words with capitals folded; n_bytes is the size of the text in UTF-8; digest is that of its content."""

    id: str
    title: str
    origin: str
    folder: Path
    n_words: int
    n_sentences: int
    n_distinct: int
    n_bytes: int
    digest: str
    pairs: int = 0  # how many, where each line is a source, a tab and a target; else 0
    held_out: float = HELD_OUT  # the share at its end that is not learnt from

    def text(self) -> str:
        return (self.folder / "text.txt").read_text("utf-8")

    def blocks(self, size: int = BLOCK) -> Iterator[tuple[str, float]]:
        """The text in stretches of about `size` bytes that end with a line, or else at a blank; and the share read so far."""
        return blocks(self.folder / "text.txt", size)

    def cut(self, progress: Progress = silent) -> Cut:
        """The text cut into words; the first time it is read for it."""
        found, digest = cutting.cut(self.folder / "text.txt", progress, self.digest)
        if digest != self.digest:
            raise ValueError(f"The text “{self.title}” has been changed since it was added. Remove it, and add it again.")
        return found

    def sample(self, n: int = 5, width: int = 300) -> list[str]:
        """`n` lines from evenly spaced places, each cut at `width` characters."""
        lines = []
        with open(self.folder / "text.txt", "rb") as file:
            for i in range(n):
                place = self.n_bytes * i // n
                file.seek(max(0, place - 1))
                if place:
                    file.readline(4 * width)
                for _ in range(20):
                    line = file.readline(4 * width).decode("utf-8", "ignore").strip()
                    if line:
                        lines.append(line[:width])
                        break
        return list(dict.fromkeys(lines))

    def frequencies(self) -> npt.NDArray[np.int64]:
        """How often each distinct word is seen, the most frequent first [n_distinct]."""
        counts: npt.NDArray[np.int64] = np.load(self.folder / "frequencies.npy")
        return counts

    def top(self, n: int = 20) -> list[tuple[str, int]]:
        """The most frequent words (at most 500) and how often each is seen."""
        about = json.loads((self.folder / "about.json").read_text("utf-8"))
        return [(str(word), int(count)) for word, count in about["top"][:n]]


def available() -> list[Corpus]:
    """The texts in the workspace, by title; a folder that is half deleted is not one of them."""
    found = (_read(folder) for folder in subfolder("corpora").iterdir() if folder.is_dir() and not folder.name.startswith("."))
    return sorted((corpus for corpus in found if corpus), key=lambda corpus: (corpus.id not in BUILT_IN, corpus.title.lower(), corpus.id))


def find(reference: str, progress: Progress = silent) -> Corpus:
    """The corpus meant by "documentation", "small-world:SENTENCES:SEED", "repeats:LINES:SEED", "task:reverse:PAIRS:SEED", "pairs:TABLE.tsv",
    "pairs:SOURCES,TARGETS", an id, a well-known name, a file's path or a URL. Sizes and seeds may be left out.

    Makes it when it is absent; ValueError in words where it cannot be.
    """
    reference = reference.strip()
    if present := kept(reference):
        return present
    if reference == "documentation":
        from core.text import documentation

        return store("documentation", BUILT_IN["documentation"], documentation.ORIGIN, documentation.write, progress, fixed_id=True)
    if reference in BUILT_IN or reference.split(":")[0] in ("small-world", "repeats", "task"):
        from core.text import generated

        return generated.make(reference, progress)
    if reference.startswith("pairs:"):
        from core.text import pair_files

        return pair_files.find(reference.removeprefix("pairs:"), progress)
    if reference in web.WELL_KNOWN or re.match(r"[a-z][a-z0-9+.-]*://", reference, re.IGNORECASE):
        return _from_web(reference, progress)
    if reference.startswith(OPENED):
        title = reference.removeprefix(OPENED)[:200]
        raise ValueError(f"The text of “{title}” is not here: it was trained elsewhere, and opened. Take a run that was trained here, or name a file.")
    path = Path(os.path.expanduser(reference))
    if os.path.isfile(path):
        return add_file(path.name, path, progress, on_disk=True)
    known = ", ".join([*BUILT_IN, *(corpus.id for corpus in available() if corpus.id not in BUILT_IN)])
    raise ValueError(f"There is no text called “{reference[:200]}”, and no file of that name. There are {known}; a path or an http(s) address will do too.")


def kept(id: str) -> Corpus | None:
    """The corpus of that id, where it is in the workspace."""
    return _read(subfolder("corpora") / id) if re.fullmatch(r"[\w.-]+", id) and id.strip(".") else None


def add_text(title: str, text: str, progress: Progress = silent, origin: str = "pasted") -> Corpus:
    """Keeps a text as a corpus; ValueError in words where it holds no words."""
    from core.text import reading

    return store(title, title, origin, lambda path, _: reading.write_text(text, path), progress)


def add_file(name: str, content: bytes | Path, progress: Progress = silent, origin: str | None = None, on_disk: bool = False) -> Corpus:
    """Keeps a file's text (.txt .md .csv .tsv .jsonl .parquet, plain or .gz) as a corpus; ValueError in words where it cannot be read.

    on_disk: whether it is the user's own, which may be larger than what comes through a browser or from the web.
    """
    from core.text import reading

    notes: list[str] = []

    def write(path: Path, progress: Progress) -> None:
        notes.append(reading.write_file(name, content, path, progress, on_disk))

    return store(Path(name).name, Path(name).name, lambda: " ".join([origin or f"file {Path(name).name}", *filter(None, notes)]), write, progress)


def remove(id: str) -> None:
    """Deletes a corpus and what was computed from it; no corpus of that id is no error."""
    folder = subfolder("corpora") / id
    if not re.fullmatch(r"[\w.-]+", id) or not id.strip("."):
        raise ValueError(f"“{id}” is no text's id.")
    corpus = _read(folder)
    shutil.rmtree(folder, ignore_errors=True)
    if corpus:
        cutting.remove(corpus.digest)
        for cached in subfolder("cache", "encoded").glob(f"{corpus.digest[:16]}-*"):
            shutil.rmtree(cached, ignore_errors=True)


def store(
    name: str, title: str, origin: str | Callable[[], str], write: Write, progress: Progress, fixed_id: bool = False, pairs: bool = False,
    held_out: float = HELD_OUT,
) -> Corpus:  # fmt: skip
    """Lets `write` write a text, takes its facts, and puts both in place at once, under an id made of name and content."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "text"
    with folder_aside(subfolder("corpora")) as aside:
        write(aside / "text.txt", progress)
        about, counts = facts(aside / "text.txt", progress)
        about["id"] = slug if fixed_id else f"{slug}-{about['digest'][:8]}"
        about |= {"title": title.strip()[:100] or slug, "origin": origin if isinstance(origin, str) else origin()}
        about |= {"pairs": _n_lines(aside / "text.txt") if pairs else 0, "held_out": held_out}
        np.save(aside / "frequencies.npy", counts)
        write_whole(aside / "about.json", json.dumps(about, ensure_ascii=False))
        folder = subfolder("corpora") / about["id"]
        if _read(folder) is None:
            shutil.rmtree(folder, ignore_errors=True)
            put_in_place(aside, folder)
    corpus = _read(folder)
    assert corpus is not None
    return corpus


def _read(folder: Path) -> Corpus | None:
    """The corpus of a folder; None where there is none, or not the whole of it."""
    try:
        about = json.loads((folder / "about.json").read_text("utf-8"))
        about = {"pairs": 0, "held_out": HELD_OUT, **about}  # what was kept before there were any
        corpus = Corpus(folder=folder, **{name: about[name] for name in Corpus.__dataclass_fields__ if name != "folder"})
        whole = (folder / "text.txt").stat().st_size == corpus.n_bytes and (folder / "frequencies.npy").is_file()
        return corpus if whole and corpus.id == folder.name else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _n_lines(path: Path) -> int:
    with open(path, "rb") as file:
        return sum(line.strip() != b"" for line in file)


def _from_web(address: str, progress: Progress) -> Corpus:
    entry = web.WELL_KNOWN.get(address)
    url = entry.url if entry else address
    known = [corpus for corpus in available() if corpus.origin.split(" ")[0] == url]
    if known:
        return known[0]
    with web.downloaded(url, progress) as (name, path):
        return add_file(entry.title if entry else name, path, progress, origin=url)
