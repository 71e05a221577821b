"""A word wherever it stands: its vector in each sentence, layer by layer, and how far its senses are apart there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from core.text.corpora import Corpus
from core.text.segmentation import SENTENCE_END, segment
from core.text.small_world_words import SENSES

N_SENTENCES = 300
LONGEST = 60  # words of a sentence that is looked at


@dataclass(frozen=True, eq=False)
class Occurrences:
    """One a place where the word stands. layers: float32; senses: a number of `names`, -1 where nobody knows."""

    word: str
    sentences: list[str]
    layers: Float[np.ndarray, "layer n d"]
    senses: Int[np.ndarray, " n"]
    names: tuple[str, ...] = ()


def sentences_with(corpus: Corpus, word: str, n: int = N_SENTENCES) -> list[str]:
    """Up to n different sentences of a text in which a word stands, as written, from its beginning on; ValueError in words where there is none."""
    found: dict[str, None] = {}
    wanted = word.strip().lower()
    for text, _ in corpus.blocks():
        for sentence in _sentences(text):
            if wanted in map(str.lower, sentence) and len(sentence) <= LONGEST:
                found[" ".join(sentence)] = None
                if len(found) == n:
                    return list(found)
    if not found:
        raise ValueError(f"“{word.strip()[:50]}” stands nowhere in the text “{corpus.title}” in a sentence of at most {LONGEST} words. Try another word.")
    return list(found)


def _sentences(text: str) -> Iterator[list[str]]:
    words: list[str] = []
    for word in segment(text, punctuation=True):
        if word != SENTENCE_END:
            words.append(word)
        elif words:
            yield words
            words = []
    if words:
        yield words


def spans(tokens: Sequence[str], word: str) -> list[tuple[int, int]]:
    """Where a word stands among tokens, whole ones or pieces of it ("un ##like ##ly", " un like ly"): first, and one after the last."""
    pieces = [token.strip().removeprefix("##").lower() for token in tokens]
    wanted, found = word.strip().lower(), []
    for start in range(len(pieces)):
        so_far = ""
        for stop in range(start, len(pieces)):
            goes_on = stop > start and (tokens[stop].startswith((" ", "[")))
            if goes_on or not wanted.startswith(so_far + pieces[stop]):
                break
            so_far += pieces[stop]
            if so_far == wanted:
                ends = stop + 1 == len(pieces) or not tokens[stop + 1].startswith("##")
                found += [(start, stop + 1)] * ends
                break
    return found


def senses_of(word: str, sentences: Sequence[str]) -> tuple[Int[np.ndarray, " n"], tuple[str, ...]]:
    """Of the small world's words the sense in each sentence, known by its companions; -1 everywhere for any other word."""
    known = [(sense, set(companions)) for name, sense, companions in SENSES if name == word]
    told = [[bool(companions & set(sentence.split())) for _, companions in known] for sentence in sentences]
    numbers = np.array([row.index(True) if sum(row) == 1 else -1 for row in told], np.int64)
    return numbers, tuple(sense for sense, _ in known)


@dataclass(frozen=True)
class Separation:
    """How far groups are apart. silhouette: -1..1 (Rousseeuw 1987), by cosine; nearest: share of occurrences whose nearest is of their own group."""

    silhouette: float
    nearest: float


def separation(vectors: Float[np.ndarray, "n d"], groups: Int[np.ndarray, " n"]) -> Separation | None:
    """Of occurrences whose group is known; None where there are fewer than two groups of two."""
    from sklearn.metrics import silhouette_score

    known = groups >= 0
    x, y = vectors[known].astype(np.float64), groups[known]
    if len(set(y)) < 2 or min(np.unique(y, return_counts=True)[1]) < 2:
        return None
    unit = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
    if np.allclose(unit, unit[0]):
        return Separation(0.0, float(np.max(np.bincount(y)) / len(y)))
    alike = unit @ unit.T
    np.fill_diagonal(alike, -2)
    return Separation(float(silhouette_score(unit, y, metric="cosine")), float((y[alike.argmax(axis=1)] == y).mean()))


def grouped(vectors: Float[np.ndarray, "n d"], n_groups: int, seed: int = 0) -> Int[np.ndarray, " n"]:
    """Groups of the occurrences themselves, by k-means over directions, where nobody knows the senses."""
    from sklearn.cluster import KMeans

    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    found: np.ndarray = KMeans(min(n_groups, len(unit)), n_init=4, random_state=seed).fit_predict(unit)
    return found.astype(np.int64)
