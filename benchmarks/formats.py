"""Opening files of vectors, and the first neighbours in them, against gensim.

    python -m benchmarks.formats [--words 400000] [--d-model 300] [--compared-words 40000] [--rounds 1] [--json]

Made by seed in a temporary folder: word2vec's text and binary, GloVe's text, and fastText's text packed with gzip. Our time is that of
`core.formats.read`, which checks every number and every word; gensim's, over the first words, is that of `load_word2vec_format`. Then what was opened
is kept and opened again, and neighbours are asked of both. The files are warm in the system's cache, or the disk would be measured. Goals: 10 seconds
to open, 50 ms for neighbours.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measuring import Line, arguments, compare, report
from core import formats, opened
from core.vectors import Vectors

FILES = {"txt": "word2vec-txt", "glove": "glove", "bin": "word2vec-bin", "vec_gz": "vec"}
N_QUERIES = 15


def seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def made(n_words: int, d_model: int, seed: int) -> Vectors:
    """Numbers as a training leaves them: none of them round."""
    generator = np.random.default_rng(seed)
    matrix = generator.standard_normal((n_words, d_model), np.float32)
    matrix *= np.float32(0.3)
    return Vectors([f"word{i}" for i in generator.permutation(n_words)], matrix)


def by_gensim(path: Path, format: str) -> Any:
    from gensim.models import KeyedVectors  # type: ignore[import-untyped]  # a benchmark requirement only

    return KeyedVectors.load_word2vec_format(str(path), binary=format == "word2vec-bin", no_header=format == "glove")


def opening(key: str, vectors: Vectors, n_compared: int, folder: Path, rounds: int) -> list[Line]:
    """One format: the whole file by us, its first words by both."""
    format = formats.named(FILES[key])
    writing: list[Path] = []
    took = seconds(lambda: writing.extend(formats.write(vectors, folder / key, format, key.endswith("gz"))))
    (part,) = formats.write(vectors.head(n_compared), folder / f"part_{key}", format, key.endswith("gz"))
    whole, size, size_of_part = writing[0], writing[0].stat().st_size / 1e6, part.stat().st_size / 1e6
    compared = compare(
        f"open_{key}_vs_gensim",
        "MB/s",
        "gensim",
        lambda n: size_of_part / seconds(lambda: formats.read(part)),
        lambda n: size_of_part / seconds(lambda: by_gensim(part, format.name)),
        rounds,
        goal=1,
    )
    opened_in = seconds(lambda: formats.read(whole))
    return [
        *compared,
        Line(f"open_{key}_seconds", f"the whole of {size:,.0f} MB, goal 10", opened_in, "s"),
        Line(f"write_{key}_seconds", f"{size:,.0f} MB", took, "s"),
    ]


def searching(path: Path) -> list[Line]:
    """Opened as the page opens them: kept, and mapped into memory."""
    kept: list[opened.Opened] = []
    keeping = seconds(lambda: kept.append(opened.add(path)))
    again: list[Vectors] = []
    reopening = seconds(lambda: again.append(kept[0].vectors()))
    ours, theirs = again[0], by_gensim(path, "word2vec-bin")
    words = ours.words[:: max(1, len(ours.words) // N_QUERIES)][:N_QUERIES]
    first = 1000 * seconds(lambda: ours.neighbours(words[0]))
    mine = [1000 * seconds(lambda word=word: ours.neighbours(word)) for word in words]
    theirs.most_similar(words[0])  # which makes what it needs
    gensims = [1000 * seconds(lambda word=word: theirs.most_similar(word)) for word in words]
    return [
        Line("keep_seconds", "reading the binary file and keeping it in the workspace", keeping, "s"),
        Line("reopen_seconds", "opening what was kept", reopening, "s"),
        Line("first_neighbours_ms", "the first after opening", first, "ms"),
        Line("neighbours_ms", "ours, goal 50", statistics.median(mine), "ms", (min(mine), max(mine))),
        Line("neighbours_ms_gensim", "gensim", statistics.median(gensims), "ms", (min(gensims), max(gensims))),
    ]


def main() -> None:
    parser = arguments(__doc__, rounds=1)
    parser.add_argument("--words", type=int, default=400_000)
    parser.add_argument("--compared-words", type=int, default=40_000, help="how many of them gensim reads too, which takes some minutes for all")
    parser.add_argument("--d-model", type=int, default=300)
    given = parser.parse_args()
    formats.read(b"a 1 2\n")  # compiles the reader, or loads it from its cache
    with tempfile.TemporaryDirectory() as folder:
        vectors = made(given.words, given.d_model, seed=1)
        n_compared = min(given.compared_words, given.words)
        lines = [line for key in FILES for line in opening(key, vectors, n_compared, Path(folder), given.rounds)]
        lines += searching(Path(folder) / "bin.bin")
        for kept in opened.opened():
            if kept.name == "bin.bin":
                kept.remove()
    report("opening files of vectors", lines, {"words": given.words, "compared_words": n_compared, "d_model": given.d_model}, given.json)


if __name__ == "__main__":
    main()
