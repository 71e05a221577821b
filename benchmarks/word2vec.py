"""word2vec against gensim and the C original: words a second on the same cores with the same settings, and the word similarity that comes out.

    python -m benchmarks.word2vec [--word2vec-c PROGRAM] [--corpus documentation | small-world:SENTENCES:SEED | TEXT FILE] [--epochs 5] [--rounds 3]
                                  [--growth] [--json]

gensim reads `corpus_file`, the fastest of its ways in, with one worker a thread; all are timed from the first word trained to the last, with the
vocabulary made and our kernels compiled before. A word is one that is in the vocabulary, before subsampling, on all sides. The peers get the very
sentences of our training part in the same order, and by default the same fall of the learning rate. Left to itself, gensim with several workers
trains at a higher rate on average than it was told (see train_gensim), and its vectors of a small text score higher: `--gensim-as-documented`.

CBOW is compared with the step that the originals take (see core.embeddings.word2vec.CBOW). word2vec.c: any build of it, best with -O3 -march=native; of
the last public state of its repository every thread stops after one epoch (its issue 39), the sources on PyPI (word2vec 0.10.6) have not that fault.
"""

import math
import re
import statistics
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
from core.embeddings.window_learner import LAST_RATE, warm
from core.evaluation import reading, scores
from core.formats import read
from core.systems import System, system
from core.text.corpora import find
from core.text.encoding import EncodedCorpus, encode
from core.text.tokenizing import TokenizerSettings
from core.vectors import Vectors

SIMILARITY = Path(__file__).parents[1] / "../shared/data"
TESTS = {"wordsim353": "wordsim353.tsv", "simlex999": "simlex999.txt"}


def train_ours(encoded: EncodedCorpus, row: System, settings: Any) -> tuple[float, Vectors]:
    """Words a second, and the vectors."""
    model = row.load_learner()(settings, encoded)
    began = time.perf_counter()
    n_words = sum(model.advance().n_tokens for _ in range(settings.n_steps))
    return n_words / (time.perf_counter() - began), model.vectors()


def train_gensim(path: Path, epochs: int, row: System, settings: Any, as_documented: bool) -> tuple[float, Vectors]:
    from gensim.models import Word2Vec  # type: ignore[import-untyped]  # a benchmark requirement only

    rate = settings.learning_rate
    model = Word2Vec(
        sg=int(row.name == "skip-gram"), hs=0, vector_size=settings.d_model, window=settings.window, negative=settings.n_negative,
        sample=settings.subsample_threshold, ns_exponent=settings.noise_exponent, min_count=1, workers=settings.n_threads, seed=settings.seed,
        alpha=rate, min_alpha=rate * LAST_RATE,
    )  # fmt: skip
    model.build_vocab(corpus_file=str(path))
    began = time.perf_counter()
    # Each worker sets its rate by the share of `total_examples` that it has read itself, so that of n workers each would stop the fall of the rate
    # at 1/n of an epoch, begin the next one higher, and learn more in all. Told its own share, it falls as one worker's does, and as ours.
    # (Not so `total_words`: a worker stops after an n-th of those.)
    n_examples = model.corpus_count if as_documented else math.ceil(model.corpus_count / settings.n_threads)
    _, n_read = model.train(corpus_file=str(path), total_words=model.corpus_total_words, total_examples=n_examples, epochs=epochs)
    return n_read / (time.perf_counter() - began), Vectors(model.wv.index_to_key, model.wv.vectors)


def train_c(program: Path, path: Path, epochs: int, row: System, settings: Any, n_words: int) -> tuple[float, Vectors]:
    """The C program says now and then how far it is; timed is from the first time to the last."""
    made = path.with_suffix(".bin")
    asked = {
        "train": path, "output": made, "cbow": int(row.name != "skip-gram"), "size": settings.d_model, "window": settings.window, "hs": 0,
        "negative": settings.n_negative, "sample": settings.subsample_threshold, "threads": settings.n_threads, "iter": epochs, "min-count": 1,
        "alpha": settings.learning_rate, "binary": 1, "debug": 2,
    }  # fmt: skip
    process = subprocess.Popen([str(program), *(str(part) for name, value in asked.items() for part in (f"-{name}", value))], stdout=subprocess.PIPE, bufsize=0)
    assert process.stdout is not None
    seen: list[tuple[float, float]] = []
    while said := process.stdout.read(100):
        if found := re.findall(rb"Progress: ([0-9.]+)%", said):
            seen.append((time.perf_counter(), float(found[-1]) / 100))
    if process.wait() or len(seen) < 2:
        raise RuntimeError(f"{program} ended with {process.returncode} and told its progress {len(seen)} times.")
    (began, first), (ended, last) = seen[0], seen[-1]
    return (last - first) * n_words * epochs / (ended - began), read(made).vectors


def shuffled(encoded: EncodedCorpus) -> EncodedCorpus:
    """The same sentences in another order, the held-out part left where it is.

    gensim's workers take equal parts of the bytes and set their rate by counting sentences, which should be as long in each part; and as what is
    read last is read at the lowest rate, an order changes the scores (by .02 on a text of two sources), so that both sides get the same one.
    """
    train = encoded.train
    sentences = np.split(train, np.flatnonzero(train[:-1] < 0) + 1)
    order = np.random.default_rng(1).permutation(len(sentences))
    ids = np.concatenate([*(sentences[i] for i in order), encoded.held_out]).astype(np.int32)
    return EncodedCorpus(encoded.tokenizer, ids, encoded.counts)


def write_sentences(encoded: EncodedCorpus, path: Path) -> int:
    """The training part as gensim reads it, one sentence a line; returns its words."""
    words, first = encoded.tokenizer.words, encoded.tokenizer.n_special
    with open(path, "w", encoding="utf-8") as file:
        for ids in np.split(encoded.train, np.flatnonzero(encoded.train < 0)):
            file.write(" ".join(words[i] for i in ids if i >= first) + "\n")
    return int(np.count_nonzero(encoded.train >= first))


def quality(made: dict[str, list[Vectors]], folder: Path) -> list[Line]:
    """Mean Spearman's rho over the seeds, of every side; nothing where the word lists are absent."""
    lines = []
    for name, file in TESTS.items():
        if not (folder / file).is_file():
            print(f"{name} is skipped: there is no {file} in {folder}.", file=sys.stderr)
            continue
        pairs = reading.read(file, folder / file)
        for side, vectors in made.items():
            told = [scores.score(each, pairs) for each in vectors]
            rhos = tuple(each.value for each in told)
            lines.append(Line(f"{name}_{side}", f"Spearman's rho, {told[0].n_covered} of {told[0].n} pairs covered", statistics.mean(rhos), "", rhos))
    return lines


class Sides:
    """Everybody who trains, and what they made."""

    def __init__(self, encoded: EncodedCorpus, path: Path, given: Any) -> None:
        self.encoded, self.path, self.given = encoded, path, given
        self.n_words = write_sentences(encoded, path)
        self.made: dict[str, list[Vectors]] = {}

    def side(self, who: str, name: str, **more: Any) -> Callable[[int], float]:
        """A round of `who` training the system `name`: words a second."""
        row, given = system(name), self.given
        n_steps = math.ceil(given.epochs * len(self.encoded.train) / row.settings().batch_size)

        def round_(n: int) -> float:
            settings = row.settings(**shared(given), n_steps=n_steps, seed=1 + n, **more)
            if who == "ours":
                speed, vectors = train_ours(self.encoded, row, settings)
            elif who == "gensim":
                speed, vectors = train_gensim(self.path, given.epochs, row, settings, given.gensim_as_documented)
            else:
                speed, vectors = train_c(given.word2vec_c, self.path, given.epochs, row, settings, self.n_words)
            self.made.setdefault(f"{row.name.replace('-', '_')}_{who}", []).append(vectors)
            return speed

        return round_


def shared(given: Any) -> dict[str, Any]:
    """The settings of all sides."""
    return {"d_model": given.d_model, "n_threads": given.threads, "window": 5, "n_negative": 5, "subsample_threshold": 1e-3}


def compared(sides: Sides, rounds: int) -> list[Line]:
    c, cbow = sides.given.word2vec_c, {"gradient": "original", "learning_rate": 0.05}
    lines = compare("skip_gram_vs_gensim", "words/s", "gensim", sides.side("ours", "skip-gram"), sides.side("gensim", "skip-gram"), rounds, goal=4)
    if c is not None:
        lines += compare("skip_gram_vs_word2vec_c", "words/s", "word2vec_c", sides.side("ours", "skip-gram"), sides.side("word2vec_c", "skip-gram"), rounds, 10)
    return lines + compare("cbow_vs_gensim", "words/s", "gensim", sides.side("ours", "cbow", **cbow), sides.side("gensim", "cbow", **cbow), rounds, goal=2)


def main() -> None:
    parser = arguments(__doc__, rounds=3)
    parser.add_argument("--corpus", default="documentation", help="a built-in corpus or a text file")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--d-model", type=int, default=100)
    parser.add_argument("--similarity", type=Path, default=SIMILARITY, help="folder of wordsim353.tsv and simlex999.txt")
    parser.add_argument("--gensim-as-documented", action="store_true", help="leave gensim's learning rate to itself; see train_gensim")
    parser.add_argument("--word2vec-c", type=Path, help="the program word2vec; without it that comparison is left out")
    parser.add_argument("--growth", action="store_true", help="also 1, 10 and 100 million words, at 100 and 300 dimensions (takes a quarter of an hour)")
    given = parser.parse_args()
    corpus = find(given.corpus)
    encoded = shuffled(encode(corpus, TokenizerSettings(vocab_size=1_000_000, min_count=5)))
    warm()
    with tempfile.TemporaryDirectory() as folder:
        sides = Sides(encoded, Path(folder) / "text", given)
        lines = compared(sides, given.rounds)
    lines += quality(sides.made, given.similarity)
    if given.growth:
        lines += [line for name in ("skip-gram", "cbow") for line in growth.measure(name, [1, 10, 100], [100, 300], 30)]
    settings = {
        "corpus": corpus.title,
        "words": sides.n_words,
        "vocabulary": len(encoded.tokenizer.words) - encoded.tokenizer.n_special,
        "epochs": given.epochs,
        "gensim_as_documented": given.gensim_as_documented,
        **shared(given),
    }
    report("word2vec with negative sampling", lines, settings, given.json)


if __name__ == "__main__":
    main()
