"""Python's library documentation as a text: about three million words of technical English that every machine has without a download.

The sources are parsed, never imported, by processes of their own (`python -m core.text.documentation LIST OUTPUT`): parsing holds the
interpreter's lock, and this runs in a server's thread as well as in a forked child.
"""

import gc
import hashlib
import importlib.util
import json
import os
import random
import subprocess
import sys
import sysconfig
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from core.machine import n_cores
from core.text.docstrings import paragraphs
from core.text.progress import Progress
from core.text.writing import folder_aside

ORIGIN = "docstrings of Python's standard library and of the packages installed here, read and cleaned on this machine"
PACKAGES = (
    *("numpy", "scipy", "pandas", "sklearn", "torch", "streamlit", "plotly", "umap", "pynndescent", "numba", "sympy", "networkx"),
    *("altair", "PIL", "pyarrow", "tokenizers", "safetensors", "jinja2", "requests", "click", "packaging", "joblib", "fsspec", "tyro", "rich"),
)
# Folders that take long and say little: tests, generated code, compilers' insides, packages inside of packages.
SKIPPED = {
    *("test", "tests", "testing", "_testing", "benchmarks", "_vendor", "vendor", "_vendored_packages"),
    *("site-packages", "dist-packages", "__pycache__", "idlelib", "lib2to3", "turtledemo", "ensurepip"),
    *("_inductor", "_dynamo", "_refs", "onnx", "_export", "_decomp", "_prims", "validators", "proto"),
}
LARGEST = 2_000_000  # bytes of a source: what is larger is a table


def write(path: Path, progress: Progress) -> None:
    """Writes the text to `path`, one paragraph a line; ValueError in words where not a line was found."""
    progress("looking for the documentation", None)
    files = sources()
    seen: set[bytes] = set()
    kept = []
    for paragraph in _read_all(files, path.parent, progress):
        digest = hashlib.md5(paragraph.lower().encode(), usedforsecurity=False).digest()
        if digest not in seen:
            seen.add(digest)
            kept.append(paragraph)
    if not kept:
        raise ValueError("No documentation was found: the Python packages here come without sources. Choose another text.")
    # So that the text does not go package by package, and its tail is like its beginning.
    random.Random(1).shuffle(kept)
    path.write_text("\n".join(kept) + "\n", "utf-8")


def sources() -> list[Path]:
    """The Python files to be read, in the same order each time."""
    roots = [Path(sysconfig.get_path("stdlib"))]
    for name in PACKAGES:
        # Of a top-level name find_spec imports nothing.
        spec = importlib.util.find_spec(name)
        roots += [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
    return [file for root in roots for file in _files(root)]


def _files(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in SKIPPED)
        yield from (Path(folder, name) for name in sorted(names) if name.endswith(".py") and not name.startswith("test_"))


def _read_all(files: list[Path], folder: Path, progress: Progress) -> Iterator[str]:
    """The paragraphs of all files, in the files' order, by as many processes as there are processors."""
    n_workers = min(n_cores(), 8)
    with folder_aside(folder) as aside, _workers(files, n_workers, aside) as said:
        for n_read, _ in enumerate(said, 1):
            if n_read % 20 == 0:
                progress("reading the documentation", min(1.0, n_read / len(files)))
        with ExitStack() as stack:
            outputs = [stack.enter_context(open(aside / f"{worker}.jsonl", encoding="utf-8")) for worker in range(n_workers)]
            for i in range(len(files)):
                line = outputs[i % n_workers].readline()
                # A worker that was killed leaves its last line unfinished; what it read before that counts.
                yield from json.loads(line) if line.endswith("\n") else ()


@contextmanager
def _workers(files: list[Path], n_workers: int, aside: Path) -> Iterator[Iterator[bytes]]:
    """Processes that read every n-th file; gives the lines they say, one a file. None outlives the block."""
    hear, say = os.pipe()  # one pipe for all: a line a file, short enough to be written in one piece
    processes = []
    try:
        for worker in range(n_workers):
            (aside / f"{worker}.list").write_text("\n".join(map(str, files[worker::n_workers])), "utf-8")
            command = [sys.executable, "-m", "core.text.documentation", str(aside / f"{worker}.list"), str(aside / f"{worker}.jsonl")]
            processes.append(subprocess.Popen(command, cwd=Path(__file__).parents[2], stdin=subprocess.DEVNULL, stdout=say))
        os.close(say)
        with open(hear, "rb") as heard:
            yield heard
    finally:
        for process in processes:
            process.terminate()
            process.wait()


def _work(listed: Path, output: Path) -> None:
    """Reads the listed files; writes one line of JSON a file, and says a byte and a line end after each."""
    warnings.simplefilter("ignore")  # SyntaxWarnings of other people's sources
    gc.disable()  # syntax trees hold no cycles, and looking for some took a fifth of the time
    with open(output, "w", encoding="utf-8") as out:
        for name in listed.read_text("utf-8").split("\n"):
            out.write(json.dumps(_read(Path(name))) + "\n")
            sys.stdout.write(".\n")
            sys.stdout.flush()


def _read(file: Path) -> list[str]:
    """The file's paragraphs; none where it cannot be read or parsed."""
    try:
        if file.stat().st_size > LARGEST:
            return []
        source = file.read_bytes()
        return [p.encode("utf-8", "ignore").decode() for p in paragraphs(source)] if b'"""' in source or b"'''" in source else []
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return []


if __name__ == "__main__":
    _work(Path(sys.argv[1]), Path(sys.argv[2]))
