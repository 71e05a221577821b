"""How speed and memory grow with the text: Zipf's law in place of a text, each size trained in a process of its own.

    python -m benchmarks.growth SYSTEM [--words 1 10 100] [--d-model 100 300] [--seconds 30] [--json]

Sizes are in millions of words, of a vocabulary of 100,000. A size is trained for one pass, or for so many seconds of it. Memory is the process's
peak; the ids lie in a file and are read from there.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

from benchmarks.measuring import Line, report
from core.systems import system
from core.text import tokenizers
from core.text.encoding import EncodedCorpus
from core.text.tokenizing import TokenizerSettings

VOCABULARY = 100_000
MILLION = 1_000_000


def write_zipf(path: Path, n_words: int, vocabulary: int = VOCABULARY, seed: int = 1) -> None:
    """Ids of words drawn by Zipf's law in sentences of 20, a block at a time."""
    share = np.cumsum(1 / (np.arange(1, vocabulary + 1) + 2.7))
    generator = np.random.default_rng(seed)
    ids = np.lib.format.open_memmap(path, "w+", np.int32, (n_words * 21 // 20,))
    for start in range(0, len(ids), MILLION):
        block = ids[start : start + MILLION]
        block[:] = np.searchsorted(share, generator.random(len(block)) * share[-1]) + tokenizers.Tokenizer.n_special
        block[20::21] = tokenizers.END
    ids.flush()


def text_of(path: Path) -> EncodedCorpus:
    """The written ids as a text."""
    ids = np.load(path, mmap_mode="r")
    n = VOCABULARY + tokenizers.Tokenizer.n_special
    tokenizer = tokenizers.of_counts(Counter({f"w{i:06}": VOCABULARY - i for i in range(VOCABULARY)}), TokenizerSettings(vocab_size=n))
    expected = len(ids) / (np.arange(1, VOCABULARY + 1) + 2.7) / np.sum(1 / (np.arange(1, VOCABULARY + 1) + 2.7))
    counts = np.concatenate([np.zeros(tokenizer.n_special), np.maximum(1, expected)]).astype(np.int64)
    return EncodedCorpus(tokenizer, ids, counts)


def one(name: str, path: Path, d_model: int, seconds: float) -> dict[str, float]:
    """Words a second and the peak of memory, measured in this process."""
    row = system(name)
    encoded = text_of(path)
    cls = row.load_learner()
    sys.modules[cls.__module__].warm()
    began = time.perf_counter()
    learner = cls(row.settings(d_model=d_model, n_steps=1_000_000), encoded)
    if hasattr(learner, "prepare"):
        learner.prepare(lambda what, share: None)
    prepared = time.perf_counter() - began
    began, n_words = time.perf_counter(), 0
    while n_words < len(encoded.train) * 0.95 and time.perf_counter() - began < seconds:
        n_words += learner.advance().n_tokens
    speed = n_words / (time.perf_counter() - began)
    return {"speed": speed, "prepared": prepared, "peak": peak()}


def peak() -> float:
    """The most memory that this process has had, in bytes. Not getrusage's: a child inherits its parent's. (Linux.)"""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def measure(name: str, words: list[float], d_models: list[int], seconds: float) -> list[Line]:
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        for millions in words:
            path = Path(folder) / "ids.npy"
            write_zipf(path, int(millions * MILLION))
            for d_model in d_models:
                asked = [sys.executable, "-m", "benchmarks.growth", name, "--one", str(path), "--d-model", str(d_model), "--seconds", str(seconds)]
                told = json.loads(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)
                key, what = f"{name.replace('-', '_')}_{millions:g}M_{d_model}d", f"{millions:g} million words, {d_model} dimensions"
                lines.append(Line(f"{key}_speed", what, told["speed"], "words/s"))
                lines.append(Line(f"{key}_memory", "peak of the process", told["peak"] / 1e6, "MB"))
                if told["prepared"] > 1:
                    lines.append(Line(f"{key}_prepared", "before the first step", told["prepared"], "s"))
            path.unlink()
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("system", nargs="?", default="skip-gram")
    parser.add_argument("--words", type=float, nargs="+", default=[1, 10, 100], help="millions")
    parser.add_argument("--d-model", type=int, nargs="+", default=[100, 300])
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.one:
        print(json.dumps(one(given.system, given.one, given.d_model[0], given.seconds)))
        return
    lines = measure(given.system, given.words, given.d_model, given.seconds)
    report(f"growth of {given.system}", lines, {"vocabulary": VOCABULARY, "seconds": given.seconds}, given.json)


if __name__ == "__main__":
    main()
