"""A run's results in forms that other programs read."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np

from core.training import checkpoints
from core.training.run import Run
from core.vectors import Vectors

Format = Literal["vec", "tsv", "weights"]


def export(run: Run, format: Format, folder: Path) -> list[Path]:
    """Writes the files and gives their paths. ValueError, in words, where the run has not got that far or has no such thing.

    vec: word2vec's text format. tsv: vectors.tsv and metadata.tsv, as projector.tensorflow.org takes them. weights: safetensors.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if format == "weights":
        return [_weights(run, folder / f"{run.id}.safetensors")]
    words, matrix = _named(vectors(run))
    if format == "vec":
        path = folder / f"{run.id}.vec"
        _write(path, [f"{len(words)} {matrix.shape[1]}"], _rows(words, matrix, " "))
        return [path]
    paths = [folder / f"{run.id}.vectors.tsv", folder / f"{run.id}.metadata.tsv"]
    _write(paths[0], [], _rows(None, matrix, "\t"))
    _write(paths[1], [], iter(words))
    return paths


def vectors(run: Run) -> Vectors:
    """Of the whole vocabulary, from the newest checkpoint; where its text has gone, of the frequent words, from the last snapshot."""
    config = run.config
    if "vectors" not in config.row.offers:
        raise ValueError(f"{config.row.title} has no vectors to export.")
    found = checkpoints.newest(run.folder / "checkpoints", lambda sentence: None)
    if found is None:
        raise ValueError(f"The run {run.id} has nothing to export yet: it has not reached its first checkpoint.")
    from core.text import corpora, encoding

    try:
        encoded = encoding.encode(corpora.find(config.corpus), config.tokenizer)
    except ValueError:
        kept = [each for each in (snapshot.vectors() for snapshot in reversed(run.snapshots())) if each is not None]
        if not kept:
            raise
        return kept[0]
    learner = config.row.load_learner()(config.settings, encoded)
    learner.restore(found.state)
    answer: Vectors = learner.vectors()
    return answer


def _weights(run: Run, path: Path) -> Path:
    for snapshot in reversed(run.snapshots()):
        source = snapshot.folder / "weights.safetensors"
        if source.exists():
            shutil.copyfile(source, path)
            return path
    raise ValueError(f"The run {run.id} has kept no weights yet: it has not reached its first snapshot.")


def _named(found: Vectors) -> tuple[list[str], np.ndarray]:
    """Blanks inside a token would end its name: they become ▁, as SentencePiece shows them."""
    return ["".join("▁" if character.isspace() else character for character in word) for word in found.words], found.matrix


def _rows(words: list[str] | None, matrix: np.ndarray, separator: str) -> Iterator[str]:
    for i, row in enumerate(matrix):
        numbers = separator.join(f"{value:.6g}" for value in row)
        yield numbers if words is None else f"{words[i]}{separator}{numbers}"


def _write(path: Path, head: list[str], rows: Iterator[str]) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in head)
        file.writelines(f"{line}\n" for line in rows)
