"""Vectors that the user opened: kept in the workspace in a form that is there again at once, whatever file they came in.

<workspace>/vectors/<id>/    matrix.npy    float32 [n_words d_model], mapped into memory, so that opening it costs nothing
                             words.json    the words of its rows
                             counts.npy    int64 [n_words], where the file said them
                             columns.parquet    what else is known of them, where somebody brought it (see core.columns)
                             own.npy, shared.npy    a fastText model's rows of words and of n-grams (its output matrix is not kept)
                             about.json    the rest
"""

import dataclasses
import hashlib
import json
import re
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core import columns, formats
from core.columns import Column
from core.embeddings.ngrams import Arguments, NgramRows, Ngrams
from core.formats import Content, Format, Reading
from core.text.progress import Progress, silent
from core.text.writing import folder_aside, put_in_place
from core.vectors import Vectors
from core.workspace import subfolder, write_whole

AT_ONCE = 8192  # rows
HEADER = 128  # bytes of a .npy before its numbers


@dataclass(frozen=True)
class Opened:
    """Vectors in the workspace. Cheap to make. notes: what was odd about the file; format: a name of core.formats.FORMATS; created: seconds since 1970."""

    id: str
    name: str
    format: str
    n_words: int
    d_model: int
    notes: tuple[str, ...]
    created: float
    folder: Path
    ngrams: dict[str, Any] | None = None  # how a fastText model cuts words

    @property
    def about(self) -> str:
        """In a sentence."""
        unseen = "; words never seen have vectors too" if self.ngrams else ""
        size = f"{self.n_words:,} word{'s' * (self.n_words != 1)} of {self.d_model:,} number{'s' * (self.d_model != 1)}"
        return f"{size}, from a file in the format {formats.named(self.format).title}{unseen}."

    def vectors(self) -> Vectors:
        """The vectors, their matrix mapped into memory; ValueError where their files have gone."""
        try:
            words = json.loads((self.folder / "words.json").read_bytes())
            counts = self.folder / "counts.npy"
            vectors = Vectors(words, self._mapped("matrix"), np.load(counts) if counts.exists() else None, self._subwords(words))
            return vectors.ready()
        except (OSError, ValueError) as error:
            raise ValueError(f"The vectors {self.id} can no longer be read ({error}). Remove them, and open their file again.") from error

    def columns(self) -> list[Column]:
        """What else is known of its words."""
        return columns.kept(self.folder, self.vectors().words)

    def remove(self) -> None:
        """Deletes what was kept of them; the file that they came from stays."""
        away = self.folder.with_name(f".{self.id}.{secrets.token_hex(4)}.part")  # renamed first: what is half removed is not listed
        try:
            self.folder.rename(away)
        except FileNotFoundError:
            return
        shutil.rmtree(away, ignore_errors=True)

    def _mapped(self, name: str) -> np.ndarray:
        return np.asarray(np.load(self.folder / f"{name}.npy", mmap_mode="r"))

    def _subwords(self, words: list[str]) -> NgramRows | None:
        if self.ngrams is None:
            return None
        index = {word: i for i, word in reversed(list(enumerate(words)))}
        return NgramRows(
            Ngrams(**self.ngrams["ngrams"]), index, self._mapped("own"), self._mapped("shared"), None, Arguments(**{**self.ngrams["arguments"], "labels": ()})
        )


def add(
    content: Content,
    name: str | None = None,
    progress: Progress = silent,
    format: Format | None = None,
    beside: dict[str, Content] | None = None,
) -> Opened:
    """Reads a file of vectors and keeps them; the arguments are those of core.formats.read. ValueError in words where it cannot be read.

    The same vectors under the same name are kept once.
    """
    name = name or (content.name if isinstance(content, Path) else "vectors")
    return keep(formats.read(content, progress, format, name, beside), name, progress)


def keep(reading: Reading, name: str, progress: Progress = silent) -> Opened:
    """Keeps vectors that were read already."""
    vectors = reading.vectors
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-") or "vectors"
    digest = hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=16)
    known, odd = columns.beside(reading)
    with folder_aside(subfolder("vectors")) as aside:
        words = json.dumps(vectors.words, ensure_ascii=False).encode("utf-8", "surrogatepass")
        digest.update(words)
        write_whole(aside / "words.json", words)
        _save(aside / "matrix.npy", vectors.matrix, digest, progress)
        if vectors.counts is not None:
            np.save(aside / "counts.npy", np.asarray(vectors.counts, np.int64))
        about = {
            "id": f"{slug}-{digest.hexdigest()[:8]}",
            "name": name.strip()[:100] or slug,
            "format": reading.format.name,
            "n_words": len(vectors.words),
            "d_model": vectors.matrix.shape[1],
            "notes": [*reading.notes, *odd][:100],
            "created": time.time(),
            "ngrams": _save_ngrams(aside, vectors, digest, progress),
        }
        write_whole(aside / "about.json", json.dumps(about, ensure_ascii=False))
        folder = subfolder("vectors") / str(about["id"])
        if _read(folder) is None:
            shutil.rmtree(folder, ignore_errors=True)
            put_in_place(aside, folder)
    kept = _read(folder)
    assert kept is not None
    if known:
        columns.keep(kept.folder, vectors.words, known)
    return kept


def opened() -> list[Opened]:
    """All that are kept, the newest first; a folder that is half deleted is not one of them."""
    found = (_read(folder) for folder in subfolder("vectors").iterdir() if folder.is_dir() and not folder.name.startswith("."))
    return sorted((each for each in found if each), key=lambda each: each.created, reverse=True)


def find(id: str) -> Opened:
    """The vectors of that id; ValueError in words where there are none."""
    found = _read(subfolder("vectors") / id) if re.fullmatch(r"[a-z0-9][a-z0-9-]*", id) else None
    if found is None:
        there = ", ".join(each.id for each in opened()) or "none at all"
        raise ValueError(f"There are no opened vectors called {id[:100]!r}; there are {there}. A file is opened with: python -m core open FILE")
    return found


def _read(folder: Path) -> Opened | None:
    try:
        about = json.loads((folder / "about.json").read_text("utf-8"))
        found = Opened(folder=folder, notes=tuple(about.pop("notes")), **about)
        whole = (folder / "matrix.npy").stat().st_size == HEADER + 4 * found.n_words * found.d_model and (folder / "words.json").is_file()
        return found if whole and found.id == folder.name else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _save(path: Path, matrix: np.ndarray, digest: "hashlib.blake2b", progress: Progress) -> None:
    with open(path, "wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": matrix.shape})
        assert file.tell() == HEADER
        for begin in range(0, len(matrix), AT_ONCE):
            block = np.ascontiguousarray(matrix[begin : begin + AT_ONCE], "<f4")
            file.write(block.data)
            digest.update(block.data)
            progress("keeping the vectors", min(1.0, (begin + AT_ONCE) / len(matrix)))


def _save_ngrams(folder: Path, vectors: Vectors, digest: "hashlib.blake2b", progress: Progress) -> dict[str, Any] | None:
    model = vectors.subwords
    if model is None:
        return None
    assert isinstance(model, NgramRows), "fastText's are the only ones that come in files"
    _save(folder / "own.npy", model.own, digest, progress)
    _save(folder / "shared.npy", model.shared, digest, progress)
    return {"ngrams": dataclasses.asdict(model.ngrams), "arguments": {**dataclasses.asdict(model.arguments), "labels": ()}, "lowercase": model.lowercase}
