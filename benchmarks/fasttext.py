"""fastText against its authors' library: words a second on the same cores with the same settings, peak memory, and the word similarity that comes out.

    python -m benchmarks.fasttext [--corpus documentation | small-world:SENTENCES:SEED | TEXT FILE] [--epochs 5] [--rounds 3] [--cbow]
                                  [--initialised] [--growth] [--json]

Both sides get the very sentences of our training part in the same order, the same buckets (the original's own number is ten times ours) and as many
threads. A word is one that is in the vocabulary, before subsampling; the original counts and trains a line's end as a word besides, which is hardly
ever kept. Timed is the training alone: ours from the first step to the last with the kernels compiled, theirs less what the same call takes for no
epoch at all, in which it reads the vocabulary and makes its matrices.

The original fills its input matrix in ten parts, one a thread (its issue 1061): with two threads four fifths of the rows begin as zeros. Its speed does not
mind. Its quality may: --initialised trains and scores it with ten threads as well, on the same cores. Its Python function takes no seed; it is set
where that function looks for it, for without it every run draws the same words.
"""

import json
import math
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import growth
from benchmarks.measuring import Line, arguments, compare, report
from benchmarks.word2vec import SIMILARITY, quality, shuffled, train_ours, write_sentences
from core.embeddings.fasttext import warm
from core.systems import system
from core.systems.fasttext import FastTextSettings
from core.text.corpora import find
from core.text.encoding import encode
from core.text.tokenizing import TokenizerSettings
from core.vectors import Vectors

ALL_ROWS = 10  # threads from which the original fills its whole input matrix
MODELS = {"skip-gram": "skipgram", "cbow": "cbow"}


def official(path: Path, epochs: int, settings: FastTextSettings, n_threads: int) -> Any:
    """The library's model after so many epochs, and the seconds of the whole call."""
    import fasttext  # type: ignore[import-not-found]  # a benchmark requirement only

    fasttext.FastText.unsupervised_default["seed"] = settings.seed
    began = time.perf_counter()
    model = fasttext.train_unsupervised(
        str(path), model=MODELS[settings.model], lr=settings.learning_rate, dim=settings.d_model, ws=settings.window, epoch=epochs, minCount=1,
        minn=settings.min_n, maxn=settings.max_n, neg=settings.n_negative, bucket=settings.n_buckets, t=settings.subsample_threshold, thread=n_threads,
        verbose=0,
    )  # fmt: skip
    return model, time.perf_counter() - began


def train_official(path: Path, epochs: int, settings: FastTextSettings, n_threads: int, n_words: int) -> tuple[float, Vectors]:
    """Words a second, and the vectors."""
    _, before = official(path, 0, settings, n_threads)
    model, seconds = official(path, epochs, settings, n_threads)
    words = [word for word in model.get_words() if word != "</s>"]
    return n_words * epochs / (seconds - before), Vectors(words, np.stack([model.get_word_vector(word) for word in words]))


class Sides:
    """Both who train, and what they made."""

    def __init__(self, path: Path, given: Any) -> None:
        self.path, self.given, self.made = path, given, dict[str, list[Vectors]]()
        self.encoded = shuffled(encode(find(given.corpus), TokenizerSettings(vocab_size=1_000_000, min_count=5)))
        self.n_words = write_sentences(self.encoded, path)

    def settings(self, model: str, seed: int) -> FastTextSettings:
        n_steps = math.ceil(self.given.epochs * len(self.encoded.train) / FastTextSettings().batch_size)
        return FastTextSettings(model=model, n_steps=n_steps, seed=seed, **shared(self.given))

    def side(self, who: str, model: str, n_threads: int = 0) -> Callable[[int], float]:
        def round_(n: int) -> float:
            settings = self.settings(model, 1 + n)
            if who == "ours":
                speed, vectors = train_ours(self.encoded, system("fasttext"), settings)
            else:
                speed, vectors = train_official(self.path, self.given.epochs, settings, n_threads or settings.n_threads, self.n_words)
            self.made.setdefault(f"{model.replace('-', '_')}_{who}", []).append(vectors)
            return speed

        return round_

    def hold(self, who: str) -> None:
        """Has everything in memory that a training needs, and begins to train."""
        settings = self.settings("skip-gram", 1)
        if who == "ours":
            system("fasttext").load_learner()(settings, self.encoded).advance()
        else:
            official(self.path, 0, settings, settings.n_threads)


def shared(given: Any) -> dict[str, Any]:
    """The settings of both sides."""
    return {"d_model": given.d_model, "n_threads": given.threads, "n_buckets": given.n_buckets}


def measured(sides: Sides, given: Any) -> list[Line]:
    lines = compare("fasttext_vs_official", "words/s", "official", sides.side("ours", "skip-gram"), sides.side("official", "skip-gram"), given.rounds, goal=4)
    if given.cbow:
        lines += compare("fasttext_cbow_vs_official", "words/s", "official", sides.side("ours", "cbow"), sides.side("official", "cbow"), given.rounds, goal=4)
    if given.initialised:
        for n in range(given.rounds):
            sides.side("official_initialised", "skip-gram", ALL_ROWS)(n)
    return [*lines, *(Line(f"memory_{who}", "peak of the process", peak(who), "MB") for who in ("ours", "official"))]


def peak(who: str) -> float:
    """Megabytes that a process of its own takes at most."""
    told = subprocess.run([sys.executable, "-m", "benchmarks.fasttext", *sys.argv[1:], "--peak", who], check=True, capture_output=True, text=True).stdout
    return float(json.loads(told.splitlines()[-1]))


def main() -> None:
    parser = arguments(__doc__, rounds=3)
    parser.add_argument("--corpus", default="documentation", help="a built-in corpus or a text file")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--d-model", type=int, default=100)
    parser.add_argument("--n-buckets", type=int, default=200_000)
    parser.add_argument("--similarity", type=Path, default=SIMILARITY, help="folder of wordsim353.tsv and simlex999.txt")
    parser.add_argument("--cbow", action="store_true", help="CBOW as well")
    parser.add_argument("--initialised", action="store_true", help="also score the original when it has filled its whole input matrix")
    parser.add_argument("--growth", action="store_true", help="also 1, 10 and 100 million words, at 100 and 300 dimensions")
    parser.add_argument("--peak", choices=("ours", "official"), help="only say how many megabytes this process takes")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sides = Sides(Path(folder) / "text", given)
        if given.peak:
            sides.hold(given.peak)
            # Not getrusage's, which a new process takes over from the one that began it.
            status = Path("/proc/self/status").read_text("ascii")
            print(int(re.findall(r"VmHWM:\s*(\d+) kB", status)[0]) * 1024 / 1e6)
            return
        warm()
        lines = measured(sides, given)
    lines += quality(sides.made, given.similarity)
    if given.growth:
        lines += growth.measure("fasttext", [1, 10, 100], [100, 300], 30)
    settings = {
        "corpus": find(given.corpus).title,
        "words": sides.n_words,
        "vocabulary": len(sides.encoded.tokenizer.words) - sides.encoded.tokenizer.n_special,
        "epochs": given.epochs,
        **shared(given),
    }
    report("fastText with negative sampling", lines, settings, given.json)


if __name__ == "__main__":
    main()
