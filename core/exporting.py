"""A run's results in forms that other programs read, and files of vectors from one form into another."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core import columns, formats
from core.formats import Format, Reading
from core.systems import Matrix
from core.text import tokenizers
from core.text.progress import Progress, silent
from core.text.segmentation import HAN
from core.training import checkpoints
from core.training.run import Run
from core.vectors import Vectors

WEIGHTS = "weights"  # beside the names of core.formats.FORMATS: the model alone, as safetensors
TRANSFORMERS = "transformers"  # a folder that AutoModel.from_pretrained opens, tokenizer included


def export(run: Run, format: str, folder: Path, gz: bool = False, matrix: Matrix | None = None, progress: Progress = silent) -> list[Path]:
    """Writes the files and gives their paths. ValueError, in words, where the run has not got that far or has no such thing.

    format: a name of core.formats.FORMATS, "weights", or "transformers". matrix: which of two, the usual one where not said.
    """
    if gz and format in (WEIGHTS, TRANSFORMERS):
        raise ValueError(f"What “{format}” writes is opened by other programs as it is, not packed. Leave out --gz.")
    folder.mkdir(parents=True, exist_ok=True)
    if format == WEIGHTS:
        return [_weights(run, folder / f"{run.id}.safetensors")]
    if format == TRANSFORMERS:
        return _for_transformers(run, folder / run.id)
    chosen = formats.named(format)
    name = run.id if matrix is None else f"{run.id}-{matrix}"
    return formats.write(vectors(run, matrix, progress), folder / name, chosen, gz, progress)


def convert(path: Path, format: Format, folder: Path, gz: bool = False, progress: Progress = silent) -> tuple[list[Path], Reading]:
    """Reads a file of vectors and writes it in another format under the same name: the paths, and what was read."""
    stem = path.name.removesuffix(".gz")
    endings = sorted((ending for row in formats.FORMATS for ending in row.suffixes), key=len, reverse=True)
    stem = next((stem.removesuffix(ending) for ending in endings if stem.endswith(ending)), stem)
    target = folder / (format.target(stem) + ".gz" * gz)
    if target.exists() and path.exists() and target.samefile(path):
        raise ValueError(f"That would overwrite {path}, which is read. Name another folder to write into.")
    reading = formats.read(path, progress)
    known, notes = columns.beside(reading)
    reading.notes.extend(notes)
    return formats.write(reading.vectors, folder / stem, format, gz, progress, columns.as_table(known)), reading


def vectors(run: Run, matrix: Matrix | None = None, progress: Progress = silent) -> Vectors:
    """Of the whole vocabulary, with the newest weights; where those cannot be read, of the frequent words, from the last snapshot.

    matrix: which of two, the usual one where not said; ValueError in words where the system has no such choice.
    """
    config = run.config
    if "vectors" not in config.offers:
        raise ValueError(f"{config.row.title} has no vectors to export.")
    if matrix is not None and matrix not in config.row.matrices:
        choice = ", ".join(config.row.matrices) or "one, its usual"
        raise ValueError(f"{config.row.title} has no matrix “{matrix}” to choose; there is {choice}.")
    found = checkpoints.newest(run.folder / "checkpoints", lambda sentence: None)
    if found is None and not run.snapshots():
        raise ValueError(f"The run {run.id} has nothing to export yet: it has not reached its first checkpoint.")
    learner = config.row.load_learner()
    try:
        if config.row.matrices:
            return _of_matrices(run, learner, found, matrix, progress)
        return _of_state(run, learner, found, progress)
    except ValueError:
        kept = [each for each in (snapshot.vectors() for snapshot in reversed(run.snapshots())) if each is not None]
        if not kept or matrix not in (None, *config.row.matrices[:1]):
            raise
        return kept[0]


def _of_matrices(run: Run, learner: Any, found: checkpoints.Checkpoint | None, matrix: Matrix | None, progress: Progress) -> Vectors:
    """By the system's own reader, which needs neither text nor optimizer. ValueError for a second matrix where one was trained."""
    weights, usual = _newest_weights(run, found), run.config.row.matrices[0]
    if matrix not in (None, usual, "in") and "W_out" not in weights:
        why = "is of a tree's nodes, which are no words" if "W_nodes" in weights else "is tied to the first"
        raise ValueError(f"The run {run.id} has no matrix “{matrix}”: its second matrix {why}. Leave out which one.")
    tokenizer = tokenizers.load(run.folder / "tokenizer.json")
    answer: Vectors = learner.read(run.config.settings, tokenizer, _counts(run, tokenizer.vocab_size, progress), weights, matrix or usual)
    return answer


def _of_state(run: Run, learner: Any, found: checkpoints.Checkpoint | None, progress: Progress) -> Vectors:
    """As the learner gives them when it is made again, which needs its text."""
    if found is None:
        raise ValueError(f"The run {run.id} has no checkpoint that can be read.")
    model = learner(run.config.settings, _encoded(run, progress))
    model.restore(found.state)
    answer: Vectors = model.vectors()
    return answer


def _newest_weights(run: Run, found: checkpoints.Checkpoint | None) -> Mapping[str, np.ndarray]:
    """Of the newest checkpoint, or of a snapshot where that is newer. A static learner's state has its weights under their own names."""
    for snapshot in reversed(run.snapshots()):
        if found is not None and snapshot.step < found.step:
            break
        weights = snapshot.weights()
        if weights is not None:
            return weights
    if found is None:
        raise ValueError(f"The run {run.id} has kept no weights yet: it has not reached its first checkpoint.")
    return found.state


def _counts(run: Run, vocab_size: int, progress: Progress) -> np.ndarray:
    """How often each token stands in the text, int64 [vocab_size]: as kept in the run's folder, or of its text counted again."""
    try:
        counts = np.asarray(np.load(run.folder / "counts.npy", allow_pickle=False), np.int64)
        if counts.shape == (vocab_size,):
            return counts
    except (OSError, ValueError, EOFError):
        pass  # of an older run, or damaged
    counts = _encoded(run, progress).counts
    return np.asarray(counts)


def _encoded(run: Run, progress: Progress) -> Any:
    from core.training import continuing

    return continuing.encoded(run, progress)[0]


def _for_transformers(run: Run, folder: Path) -> list[Path]:
    from core.conversion import exporting
    from core.training.continuing import newest_weights

    exporting.family_of(run.config.system, run.config.settings)  # before anything is read
    config, weights, tokenizer = run.config, newest_weights(run), tokenizers.load(run.folder / "tokenizer.json")
    config.row.load_learner().load(config.settings, tokenizer, weights)  # before anything is written, for they might not belong together
    return exporting.export(folder, config.system, config.settings, weights, tokenizer)


def caveats(run: Run, format: str) -> list[str]:
    """What whoever takes a run along in this form has to know, a sentence each."""
    if format != TRANSFORMERS or run.config.tokenizer.kind != "word":
        return []
    if not any(map(HAN.search, tokenizers.load(run.folder / "tokenizer.json").tokens)):
        return []
    return ["A tokenizer.json cannot cut Chinese into words, as jieba does here: elsewhere write a blank between the words of a Chinese text."]


def _weights(run: Run, path: Path) -> Path:
    for snapshot in reversed(run.snapshots()):
        source = snapshot.folder / "weights.safetensors"
        if source.exists():
            shutil.copyfile(source, path)
            return path
    raise ValueError(f"The run {run.id} has kept no weights yet: it has not reached its first snapshot.")
