"""Vectors in every form that people have them in, both ways: what reads and writes each is a module beside this one.

Nothing that comes from a user is unpickled or run. What is broken is a ValueError that names the line or the byte and what was expected there;
what is odd but can be taken is taken, and said in the reading's notes.
"""

from collections.abc import Mapping
from pathlib import Path

from core.formats.guessing import guess
from core.formats.record import FORMATS, Format, Reading, named
from core.formats.source import Content, Source, lying, opened
from core.formats.writing import write
from core.text.progress import Progress, silent
from core.vectors import Vectors

__all__ = ["FORMATS", "Content", "Format", "Reading", "named", "read", "write"]


def read(
    content: Content,
    progress: Progress = silent,
    format: Format | None = None,
    name: str | None = None,
    beside: Mapping[str, Content] | None = None,
) -> Reading:
    """The vectors of a file, plain or .gz, in the format that it shows to be in, or that is said. ValueError in words where they cannot be had.

    content: a path, or a file's bytes with its name. beside: the second file of a pair, by its name; of a path the files in the same folder are seen.
    """
    name = name or (content.name if isinstance(content, Path) else "the file")
    if isinstance(content, Path) and content.is_dir():
        raise ValueError(f"{name} is a folder. Choose a file.")
    if isinstance(content, Path) and not content.is_file():
        raise ValueError(f"There is no file {content}. Check its path.")
    content, name, beside = _numbers(content, name, beside)
    with opened(name, content, progress, beside) as source:
        chosen = format or guess(source)
        notes: list[str] = []
        vectors = _vectors(source, chosen, notes, content)
        table = (name, content) if chosen.name == "parquet" else next(iter(source.companions.items()), None)
        return Reading(vectors, chosen, notes, table)


def _vectors(source: Source, format: Format, notes: list[str], content: Content) -> Vectors:
    from core.formats import arrays, fasttext, projector, tables, text, word2vec

    match format.name:
        case "word2vec-bin":
            return word2vec.read(source, notes)
        case "word2vec-txt" | "vec":
            return text.read(source, notes)
        case "glove":
            return text.read(source, notes, headed=False)
        case "tsv":
            return projector.read(source, notes)
        case "npy":
            return arrays.read_npy(source, notes)
        case "safetensors":
            return arrays.read_safetensors(source, notes)
        case "parquet":
            return tables.read(source, notes)
    assert format.name == "fasttext-bin", format.name
    # A plain file on the disk is handed over itself, so that what is not needed of it stays there.
    vectors = fasttext.read(content if isinstance(content, Path) and source.size is not None else source, source.progress)
    again = len(vectors.words) - len(vectors.index)
    if again:  # they stay, so that the model stays whole
        notes.append(f"{again:,} of its words {'stands' if again == 1 else 'stand'} before already; where such a word is asked for, the first is meant.")
    return vectors


def _numbers(content: Content, name: str, beside: Mapping[str, Content] | None) -> tuple[Content, str, Mapping[str, Content] | None]:
    """Of a projector's pair the table of words may have been named: then its numbers are meant, which lie beside it."""
    if "metadata" not in name or ".tsv" not in name:
        return content, name, beside
    around = beside if beside is not None else lying(None if isinstance(content, bytes) else content.absolute().parent)
    for each in ("vectors", "tensors", "tensor"):
        numbers = name.replace("metadata", each)
        if numbers in around:
            return around[numbers], numbers, {**around, name: content}
    return content, name, beside
