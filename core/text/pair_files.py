"""The user's own pairs: a table (each line a source, a tab and a target), or two texts whose lines belong together; plain, .gz or .zip."""

import io
import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from core.text.corpora import Corpus, store
from core.text.encodings import decoded
from core.text.pairs import checked
from core.text.progress import Progress, silent
from core.text.reading import largest_text, unpacked, write_pieces
from core.text.tables import whole_lines

AT_ONCE = 4096  # pairs

Content = bytes | Path


def find(names: str, progress: Progress = silent) -> Corpus:
    """The pairs of "TABLE.tsv", or of "SOURCES,TARGETS", as a corpus; ValueError in words where there are none."""
    return add(*_named(names), progress=progress, on_disk=True)


def pairs(names: str) -> Iterator[tuple[str, str]]:
    """The same as they are, not kept."""
    with ExitStack() as stack:
        yield from _pairs(stack, *_named(names), silent, True)[0]


def add(
    name: str, content: Content, target_name: str = "", target: Content | None = None, progress: Progress = silent, on_disk: bool = False, title: str = ""
) -> Corpus:  # fmt: skip
    """Keeps pairs as a corpus: of one table, or of sources and targets; ValueError in words, with the line, where they are none.

    on_disk: whether they are the user's own files, which may be larger than what is sent.
    """

    def write(path: Path, progress: Progress) -> None:
        with ExitStack() as stack:
            found, told = _pairs(stack, name, content, target_name, target, progress, on_disk)
            write_pieces(_pieces(found), path, largest_text(on_disk), told)

    names = name if target is None else f"{name} and {target_name}"
    return store(title or names, title or names, f"pairs of {names}", write, progress, pairs=True)


def _named(names: str) -> tuple[str, Path, str, Path | None]:
    """One file or two, each with its name; ValueError in words where they are not there."""
    path = Path(os.path.expanduser(names))
    paths = [path] if path.is_file() else [Path(os.path.expanduser(name.strip())) for name in names.split(",")]
    missing = next((each for each in paths if not each.is_file()), None)
    if missing is not None or len(paths) > 2:
        why = f"there is no file “{missing}”" if missing is not None else f"{len(paths)} files are named"
        raise ValueError(f"“{names[:200]}” are no pairs: {why}. Name a table, TABLE.tsv, or two files whose lines belong together, SOURCES,TARGETS.")
    return paths[0].name, paths[0], paths[-1].name, paths[1] if paths[1:] else None


def _pairs(
    stack: ExitStack, name: str, content: Content, target_name: str, target: Content | None, progress: Progress, on_disk: bool
) -> tuple[Iterator[tuple[str, str]], Callable[[], None]]:
    """Pairs for as long as the stack holds their files open, and what to call now and then to say how far they are read."""
    sources, told = _lines(stack, name, content, progress, on_disk)
    if target is None:
        return checked(sources, name), told
    return beside(sources, _lines(stack, target_name, target, silent, on_disk)[0], name, target_name), told


def beside(sources: Iterator[str], targets: Iterator[str], name: str, target_name: str) -> Iterator[tuple[str, str]]:
    """Each source with the target of the same line; ValueError in words for the first line that lacks one of them. Tabs inside become blanks."""
    for number, (source, target) in enumerate(itertools.zip_longest(sources, targets), 1):
        one, other = (" ".join((side or "").split()) for side in (source, target))
        if one and other:
            yield one, other
        elif one or other:
            lacking, there = (name, target_name) if other else (target_name, name)
            ended = (source if other else target) is None
            line = f"There is no line {number:,} of {lacking}" if ended else f"Line {number:,} of {lacking} is empty"
            raise ValueError(
                f"{line}, but there is one of {there}: “{(one or other)[:60]}”. Give two files in which the lines of the same number belong together."
            )


def _lines(stack: ExitStack, name: str, content: Content, progress: Progress, on_disk: bool) -> tuple[Iterator[str], Callable[[], None]]:
    inner, stream, told = stack.enter_context(unpacked(name, content, progress, on_disk))
    ends = io.IncrementalNewlineDecoder(None, translate=True)
    pieces, _ = decoded(inner, stream)
    return whole_lines(inner, (str(ends.decode(piece)).replace("\0", "") for piece in pieces)), told


def _pieces(pairs: Iterator[tuple[str, str]]) -> Iterator[str]:
    while some := list(itertools.islice(pairs, AT_ONCE)):
        yield "".join(f"{source}\t{target}\n" for source, target in some)
