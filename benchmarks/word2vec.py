"""Skip-gram against gensim: words a second on the same cores with the same settings, and the word similarity that comes out.

    python -m benchmarks.word2vec [--corpus documentation | small-world:SENTENCES:SEED | TEXT FILE] [--epochs 5] [--rounds 3] [--json]

gensim reads `corpus_file`, the fastest of its ways in, with one worker a thread; both are timed from the first word trained to the last, with the
vocabulary made and our kernels compiled before. A word is one that is in the vocabulary, before subsampling, on both sides. gensim gets the very
sentences of our training part in the same order, and by default the same fall of the learning rate. Left to itself, gensim with several workers
trains at a higher rate on average than it was told (see train_gensim), and its vectors of a small text score higher: `--gensim-as-documented`.
"""

import math
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from benchmarks.measuring import Line, arguments, compare, report
from core.embeddings.word2vec import LAST_RATE, SkipGram, warm
from core.systems.skip_gram import SkipGramSettings
from core.text.corpora import find
from core.text.encoding import EncodedCorpus, encode
from core.text.tokenizing import TokenizerSettings
from core.vectors import Vectors

SIMILARITY = Path(__file__).parents[1] / "../shared/data"
TESTS = {"wordsim353": "wordsim353.tsv", "simlex999": "simlex999.txt"}


def train_ours(encoded: EncodedCorpus, settings: SkipGramSettings) -> tuple[float, Vectors]:
    """Words a second, and the vectors."""
    model = SkipGram(settings, encoded)
    began = time.perf_counter()
    n_words = sum(model.advance().n_tokens for _ in range(settings.n_steps))
    return n_words / (time.perf_counter() - began), model.vectors()


def train_gensim(path: Path, epochs: int, settings: SkipGramSettings, as_documented: bool) -> tuple[float, Vectors]:
    from gensim.models import Word2Vec  # type: ignore[import-untyped]  # a benchmark requirement only

    rate = settings.learning_rate
    model = Word2Vec(
        sg=1, hs=0, vector_size=settings.d_model, window=settings.window, negative=settings.n_negative, sample=settings.subsample_threshold,
        ns_exponent=settings.noise_exponent, min_count=1, workers=settings.n_threads, seed=settings.seed, alpha=rate, min_alpha=rate * LAST_RATE,
    )  # fmt: skip
    model.build_vocab(corpus_file=str(path))
    began = time.perf_counter()
    # Each worker sets its rate by the share of `total_examples` that it has read itself, so that of n workers each would stop the fall of the rate
    # at 1/n of an epoch, begin the next one higher, and learn more in all. Told its own share, it falls as one worker's does, and as ours.
    # (Not so `total_words`: a worker stops after an n-th of those.)
    n_examples = model.corpus_count if as_documented else math.ceil(model.corpus_count / settings.n_threads)
    _, n_read = model.train(corpus_file=str(path), total_words=model.corpus_total_words, total_examples=n_examples, epochs=epochs)
    return n_read / (time.perf_counter() - began), Vectors(model.wv.index_to_key, model.wv.vectors)


def similarity(vectors: Vectors, file: Path) -> tuple[float, int, int]:
    """Spearman's rho between people's judgements and cosines, the pairs covered by the vocabulary, the pairs in all."""
    judged, found, n_pairs = [], [], 0
    for line in file.read_text("utf-8").splitlines():
        if line.startswith("#") or not line.strip():
            continue
        a, b, score = line.lower().split("\t")[:3]
        n_pairs += 1
        if a in vectors.index and b in vectors.index:
            judged.append(float(score))
            found.append(float(vectors.unit[vectors.index[a]] @ vectors.unit[vectors.index[b]]))
    return (float(spearmanr(judged, found).statistic) if len(judged) > 2 else math.nan), len(judged), n_pairs


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


def quality(ours: list[Vectors], theirs: list[Vectors], folder: Path) -> list[Line]:
    """Mean Spearman's rho over the seeds, of both sides; nothing where the word lists are absent."""
    lines = []
    for name, file in TESTS.items():
        if not (folder / file).is_file():
            print(f"{name} is skipped: there is no {file} in {folder}.", file=sys.stderr)
            continue
        for side, made in (("ours", ours), ("gensim", theirs)):
            scores = [similarity(vectors, folder / file) for vectors in made]
            rhos = tuple(rho for rho, _, _ in scores)
            lines.append(Line(f"{name}_{side}", f"Spearman's rho, {scores[0][1]} of {scores[0][2]} pairs covered", statistics.mean(rhos), "", rhos))
    return lines


def main() -> None:
    parser = arguments(__doc__, rounds=3)
    parser.add_argument("--corpus", default="documentation", help="a built-in corpus or a text file")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--d-model", type=int, default=100)
    parser.add_argument("--similarity", type=Path, default=SIMILARITY, help="folder of wordsim353.tsv and simlex999.txt")
    parser.add_argument("--gensim-as-documented", action="store_true", help="leave gensim's learning rate to itself; see train_gensim")
    given = parser.parse_args()
    corpus = find(given.corpus)
    encoded = shuffled(encode(corpus, TokenizerSettings(vocab_size=1_000_000, min_count=5)))
    n_steps = math.ceil(given.epochs * len(encoded.train) / SkipGramSettings().batch_size)
    shown: dict[str, Any] = {"d_model": given.d_model, "n_threads": given.threads, "window": 5, "n_negative": 5, "subsample_threshold": 1e-3}
    made: tuple[list[Vectors], list[Vectors]] = ([], [])
    warm()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "text"
        n_words = write_sentences(encoded, path)

        def side(which: int, n: int) -> float:
            settings = SkipGramSettings(**shown, n_steps=n_steps, seed=1 + n)
            rate, vectors = train_gensim(path, given.epochs, settings, given.gensim_as_documented) if which else train_ours(encoded, settings)
            made[which].append(vectors)
            return rate

        speed = compare("skip_gram_vs_gensim", "words/s", "gensim", lambda n: side(0, n), lambda n: side(1, n), given.rounds, goal=3)
    settings = {
        "corpus": corpus.title,
        "words": n_words,
        "vocabulary": len(made[0][0].words),
        "epochs": given.epochs,
        "gensim_as_documented": given.gensim_as_documented,
        **shown,
    }
    report("word2vec skip-gram with negative sampling", [*speed, *quality(*made, given.similarity)], settings, given.json)


if __name__ == "__main__":
    main()
