"""What `python -m core` can do with vectors and their files."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import tyro

from core.systems import Matrix
from core.terminal import Line
from core.training.run import find, runs

FormatName = Literal["word2vec-bin", "word2vec-txt", "glove", "vec", "fasttext-bin", "tsv", "npy", "safetensors", "parquet"]


def export(
    run: tyro.conf.Positional[str],
    format: FormatName | Literal["weights", "transformers"] = "vec",
    matrix: Matrix | None = None,
    gz: bool = False,
    to: Path = Path(),
) -> int:
    """Writes the vectors of a run, or of a file that was opened, for other programs; or a run's weights.

    Args:
        run: The id of a run, as `list` shows it, or of opened vectors, as `vectors` shows it.
        format: vec: word2vec's text format. tsv: the pair that projector.tensorflow.org takes. weights: the model, as safetensors. transformers: a folder
            that AutoModel.from_pretrained opens, with its tokenizer. word2vec-txt, glove,
            word2vec-bin, fasttext-bin, npy, safetensors, parquet: as their names say.
        matrix: Which of a run's matrices; its usual one where not said.
        gz: Pack what is written.
        to: The folder to write into.
    """
    from core import exporting, formats, opened, subjects
    from core.columns import as_table

    line, notes = Line(), list[str]()
    if run in {each.id for each in opened.opened()} - {each.id for each in runs()}:
        if format in (exporting.WEIGHTS, exporting.TRANSFORMERS):
            raise ValueError(f"“{run}” are opened vectors, and only runs have a model to export. Name a format of vectors.")
        paths = formats.write(subjects.vectors(run, matrix), to / run, formats.named(format), gz, line.progress, as_table(opened.find(run).columns()))
    else:
        paths, notes = exporting.export(find(run), format, to, gz, matrix, line.progress), exporting.caveats(find(run), format)
    return _told(line, *map(str, paths), notes=notes)


def convert(file: tyro.conf.Positional[Path], format: FormatName, gz: bool = False, to: Path = Path()) -> int:
    """Writes a file of vectors in another format, under the same name.

    Args:
        file: Its path; which format it is in shows by its content.
        format: The format to write.
        gz: Pack what is written.
        to: The folder to write into.
    """
    from core import exporting, formats

    line = Line()
    paths, reading = exporting.convert(file, formats.named(format), to, gz, line.progress)
    return _told(line, *map(str, paths), notes=reading.notes)


def open_file(file: tyro.conf.Positional[Path], format: FormatName | None = None, name: str | None = None, columns: Path | None = None) -> int:
    """Keeps a file of vectors or of attention, or a model, in the workspace, to be looked at as a run's are; prints its id.

    Args:
        file: Its path (attention: an .npz with the arrays "attentions" and "tokens"); or a folder that transformers' save_pretrained wrote (GPT-2, BERT,
            ERNIE, XLNet, T5, Marian), with its weights as safetensors; or the name of such a model on the Hugging Face hub.
        format: The format that it is in, where its content does not show it.
        name: As shown; the file's where not said.
        columns: A table (CSV, the projector's metadata, Parquet) with a column of these words, and others to colour them by and to read on the map.
    """
    from core import formats, opened
    from core.columns import bring

    line = Line()
    from core.conversion import hub

    if file.is_dir() or hub.is_name(str(file)):
        from core.conversion.opening import open_model

        return _told(line, open_model(str(file), name or "", line.progress).id)
    if file.suffix == ".npz":
        from core import attention_files

        return _told(line, attention_files.add(file, name or "").id)
    found = opened.add(file, name, line.progress, formats.named(format) if format else None)
    notes = list(found.notes)
    if columns is not None:
        notes += bring(found.folder, found.vectors().words, columns, columns.name, line.progress)
    return _told(line, found.id, notes=notes)


def bring_columns(run: tyro.conf.Positional[str], table: tyro.conf.Positional[Path]) -> int:
    """Keeps what a table knows of the words of a run, or of opened vectors: to colour them by, and to read on the map. It takes the place of an earlier one.

    Args:
        run: The id of a run, as `list` shows it, or of opened vectors, as `vectors` shows it.
        table: CSV, the projector's metadata or Parquet, with a heading; one of its columns names the words.
    """
    from core import exporting, opened
    from core.columns import bring

    line = Line()
    is_run = run in {each.id for each in runs()} or run not in {each.id for each in opened.opened()}
    folder, words = (find(run).folder, exporting.vectors(find(run)).words) if is_run else (opened.find(run).folder, opened.find(run).vectors().words)
    return _told(line, run, notes=bring(folder, words, table, table.name, line.progress))


def vectors(remove: str | None = None) -> int:
    """Shows the vectors that were opened, the newest first.

    Args:
        remove: The id of some that are to be removed; the file that they came from stays.
    """
    from core import opened

    if remove is not None:
        opened.find(remove).remove()
        return 0
    found = opened.opened()
    width = max((len(each.id) for each in found), default=0)
    for each in found:
        print(f"{each.id.ljust(width)}  {each.about}")
    return 0


VECTOR_COMMANDS: dict[str, Callable[..., int]] = {"export": export, "convert": convert, "open": open_file, "columns": bring_columns, "vectors": vectors}


def _told(line: Line, *answers: str, notes: list[str] | tuple[str, ...] = ()) -> int:
    """Answers go where a program reads them, notes where a person does."""
    line.end()
    for note in notes:
        print(note, file=sys.stderr)
    print("\n".join(answers))
    return 0
