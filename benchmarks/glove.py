"""GloVe against Stanford's four programs: from a text file to a file of vectors, on the same cores with the same settings, at the same cost.

    python -m benchmarks.glove --stanford FOLDER [--corpus documentation | small-world:SENTENCES:SEED | TEXT FILE] [--epochs 25] [--rounds 3]
                               [--growth] [--json]

FOLDER holds vocab_count, cooccur, shuffle and glove, as their Makefile builds them. Both sides get the same file, one sentence a line, and make
vocabulary, cells and vectors from it; ours reads it into an empty workspace as any user's file, with its facts, and all of it is trained on. Each
side is processes of its own, whose peak memory is the largest that the system saw of one. Ours is timed from the first byte read to the last
written, with the interpreter started and the kernels loaded before, which is a line by itself. A word's rate counts the text once, whatever the epochs.

The cost is that of the last epoch, by cell, as glove.c prints it. Our biases move with the learning rate, glove.c's at its newest without
(see core.embeddings.glove): --bias-rate one does as it does.
"""

import dataclasses
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import growth
from benchmarks.measuring import Line, arguments, compare, report
from benchmarks.word2vec import SIMILARITY, quality, write_sentences
from core.formats import named, read, write
from core.systems.glove import GloVeSettings
from core.text.corpora import find
from core.text.encoding import EncodedCorpus, encode
from core.text.tokenizing import TokenizerSettings
from core.vectors import Vectors

STEPS = 30  # of ours an epoch
WORDS = TokenizerSettings(vocab_size=1_000_000, min_count=5)


UNITS = {"peak": ("MB", 1e-6, "peak memory"), "cost": ("/ 1000", 1e3, "cost of the last epoch"), "cells": ("", 1.0, "cells")}


class Whole(EncodedCorpus):
    """A text of which nothing is held out."""

    cut = property(lambda self: len(self.ids))  # type: ignore[assignment]


def ours(text: Path, made: Path, epochs: int, given: dict[str, Any]) -> dict[str, float]:
    """In a process of its own: seconds of each part, cost and memory."""
    import_began = time.perf_counter()
    from core.embeddings.glove import GloVe, warm

    warm()
    times = [time.perf_counter()]

    def seconds() -> float:
        times.append(time.perf_counter())
        return times[-1] - times[-2]

    told = {"loading": times[0] - import_began}
    corpus = find(str(text))
    told["reading"] = seconds()
    encoded = encode(corpus, WORDS)
    encoded = Whole(encoded.tokenizer, encoded.ids, encoded.counts)
    told["encoding"] = seconds()
    settings = GloVeSettings(**given, batch_size=-(-int(encoded.counts.sum()) // STEPS), n_steps=epochs * STEPS)
    model = GloVe(settings, encoded)
    model.prepare()
    told["counting"] = seconds()
    costs = [model.advance().loss for _ in range(settings.n_steps)]
    told["training"] = seconds()
    write(model.vectors(), made, named("glove"))
    told["writing"] = seconds()
    rows, columns, _ = model.cells.triples()
    told |= {"seconds": times[-1] - times[0], "cost": statistics.mean(costs[-STEPS:]), "cells": 2 * len(rows) - int((rows == columns).sum())}
    return told | {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}


def run_ours(text: Path, made: Path, epochs: int, given: dict[str, Any]) -> dict[str, float]:
    asked = json.dumps([str(text), str(made), epochs, given])
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.glove", "--one", asked], check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, "ORRERY_HOME": home}
        )
    told: dict[str, float] = json.loads(done.stdout)
    return told


def run_stanford(programs: Path, text: Path, made: Path, epochs: int, given: dict[str, Any]) -> dict[str, float]:
    """One program after the other, in the text's folder."""
    folder, n = text.parent, given["n_threads"]
    vocabulary, cells, mixed, said = (folder / name for name in ("vocab.txt", "cells.bin", "mixed.bin", "said"))
    told: dict[str, float] = {"peak": 0.0}

    def run(part: str, program: str, source: Path | None, target: Path | None, **options: Any) -> None:
        asked = [str(programs / program), *(str(each) for name, value in options.items() for each in (f"-{name.replace('_', '-')}", value))]
        began = time.perf_counter()
        with open(source or os.devnull, "rb") as stdin, open(target or os.devnull, "wb") as stdout, open(said, "wb") as stderr:
            process = subprocess.Popen(asked, cwd=folder, stdin=stdin, stdout=stdout, stderr=stderr)
            _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"{program} ended with {process.returncode}: {said.read_text('utf-8', 'replace')[-500:]}")
        told[part], told["peak"] = time.perf_counter() - began, max(told["peak"], used.ru_maxrss * 1024.0)

    run("vocabulary", "vocab_count", text, vocabulary, min_count=WORDS.min_count, verbose=0)
    symmetric = int(given["window_side"] == "symmetric")
    run("counting", "cooccur", text, cells, vocab_file=vocabulary, window_size=given["window"], symmetric=symmetric, memory=4.0, verbose=0)
    run("shuffling", "shuffle", cells, mixed, memory=4.0, seed=given["seed"], verbose=0)
    run(
        "training", "glove", None, None, input_file=mixed, vocab_file=vocabulary, save_file=made.with_suffix(""), threads=n, iter=epochs,
        vector_size=given["d_model"], x_max=given["x_max"], alpha=given["weight_exponent"], eta=given["learning_rate"], seed=given["seed"], verbose=2,
    )  # fmt: skip
    costs = re.findall(r"cost: ([0-9.]+)", said.read_text("utf-8", "replace"))
    told |= {"seconds": sum(told[part] for part in ("vocabulary", "counting", "shuffling", "training"))}
    return told | {"cost": float(costs[-1]), "cells": cells.stat().st_size / 16}


class Sides:
    """Both sides, what they told of each round, and what they made."""

    def __init__(self, text: Path, n_words: int, given: Any) -> None:
        self.text, self.n_words, self.given = text, n_words, given
        self.told: dict[str, list[dict[str, float]]] = {}
        self.made: dict[str, list[Vectors]] = {}

    def side(self, who: str) -> Callable[[int], float]:
        """A round: words of text a second."""

        def round_(n: int) -> float:
            made, given = self.text.with_name(f"{who}{n}.txt"), {**shared(self.given), "seed": 1 + n}
            if who == "ours":
                told = run_ours(self.text, made.with_suffix(".glove.txt"), self.given.epochs, {**given, "bias_rate": self.given.bias_rate})
                made = made.with_suffix(".glove.txt")
            else:
                told = run_stanford(self.given.stanford, self.text, made, self.given.epochs, given)
            self.told.setdefault(who, []).append(told)
            self.made.setdefault(f"glove_{who}", []).append(read(made, format=named("glove")).vectors)
            return self.n_words / told["seconds"]

        return round_

    def lines(self) -> list[Line]:
        """What each side took, in parts, and what came out."""
        lines = []
        for who, rounds in self.told.items():
            for part in rounds[0]:
                unit, factor, what = UNITS.get(part, ("s", 1.0, part))
                values = [told[part] * factor for told in rounds]
                lines.append(Line(f"glove_{part}_{who}", f"{who}: {what}", statistics.median(values), unit, tuple(values)))
        return lines


def shared(given: Any) -> dict[str, Any]:
    """The settings of both sides."""
    names = {"d_model": given.d_model, "window": given.window, "x_max": given.x_max, "n_threads": given.threads}
    defaults = dataclasses.asdict(GloVeSettings())
    return {**{name: defaults[name] for name in ("window_side", "weight_exponent", "learning_rate")}, **names}


def main() -> None:
    parser = arguments(__doc__, rounds=3)
    parser.add_argument("--stanford", type=Path, help="folder of the four programs; without it only ours is measured")
    parser.add_argument("--corpus", default="documentation", help="a built-in corpus or a text file")
    parser.add_argument("--epochs", type=int, default=25, help="glove.c's own default")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--d-model", type=int, default=100)
    parser.add_argument("--window", type=int, default=15)
    parser.add_argument("--x-max", type=float, default=10.0)
    parser.add_argument("--bias-rate", default="learning_rate", choices=("learning_rate", "one"))
    parser.add_argument("--similarity", type=Path, default=SIMILARITY, help="folder of wordsim353.tsv and simlex999.txt")
    parser.add_argument("--growth", type=float, nargs="*", metavar="MILLIONS", help="also so many million words (1 10 100), at 100 and 300 dimensions")
    parser.add_argument("--one", help="for the benchmark itself")
    given = parser.parse_args()
    if given.one:
        text, made, epochs, settings = json.loads(given.one)
        print(json.dumps(ours(Path(text), Path(made), epochs, settings)))
        return
    encoded = encode(find(given.corpus), WORDS)
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "text.txt"
        n_words = write_sentences(encoded, text)
        sides, lines = Sides(text, n_words, given), []
        if given.stanford:
            lines = compare("glove_vs_stanford", "words/s", "stanford", sides.side("ours"), sides.side("stanford"), given.rounds, goal=8)
        else:
            rates = tuple(sides.side("ours")(n) for n in range(given.rounds))
            lines = [Line("glove_ours", "ours", statistics.median(rates), "words/s", rates)]
        lines += [*sides.lines(), *quality(sides.made, given.similarity)]
    if given.growth is not None:
        lines += growth.measure("glove", given.growth or [1, 10, 100], [100, 300], 30)
    settings = {"corpus": given.corpus, "words": n_words, "epochs": given.epochs, "bias_rate": given.bias_rate, **shared(given)}
    report("GloVe", lines, settings, given.json)


if __name__ == "__main__":
    main()
