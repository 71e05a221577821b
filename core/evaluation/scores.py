"""What vectors score on a test set, as gensim's KeyedVectors counts it: capitals folded, the 300 000 most frequent words only, and what holds a
word that they lack is left out and said to be."""

import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from core.evaluation.sets import Kind, Pairs, Questions, TestSet
from core.text.progress import Progress, silent
from core.vectors import Measure, Vectors

MOST_WORDS = 300_000


@dataclass(frozen=True)
class Score:
    """value: Spearman's rank correlation for pairs, the share of right answers for analogies; not a number where nothing could be asked.

    error: its standard error. n_covered of n questions have all their words.
    """

    kind: Kind
    title: str
    value: float
    error: float
    n_covered: int
    n: int
    sections: tuple["Score", ...] = ()

    @property
    def covered(self) -> float:
        """The share of questions that could be asked."""
        return self.n_covered / self.n if self.n else math.nan


def score(vectors: Vectors, found: TestSet, by: Measure = "cosine", unseen: bool = False, progress: Progress = silent) -> Score:
    """Of either kind of test set."""
    return word_similarity(vectors, found, by, unseen) if isinstance(found, Pairs) else analogies(vectors, found, by, progress)


def word_similarity(vectors: Vectors, pairs: Pairs, by: Measure = "cosine", unseen: bool = False) -> Score:
    """Spearman's rho between people's judgements and the vectors' similarities, equal values sharing their mean rank.

    unseen: words that are not in the vocabulary are put together from their n-grams, where the vectors know how (Bojanowski et al. 2017).
    """
    rows = _rows(vectors, {form(word) for a, b, _ in pairs.rows for word in (a, b)})
    found: dict[str, np.ndarray | None] = {}
    for word in {word for a, b, _ in pairs.rows for word in (a, b)}:
        own = rows.get(form(word))
        found[word] = vectors.matrix[own[0]] if own else _composed(vectors, word) if unseen else None
    similarities, judged = [], []
    for a, b, value in pairs.rows:
        one, other = found[a], found[b]
        if one is not None and other is not None:
            similarities.append(_similarity(one, other, by))
            judged.append(value)
    rho = _correlation(_ranks(np.array(judged)), _ranks(np.array(similarities)))
    n = len(judged)
    # The variance of Fisher's z for ranks: Bonett and Wright 2000, Psychometrika 65.
    error = (1 - rho**2) * math.sqrt((1 + rho**2 / 2) / (n - 3)) if n > 3 else math.nan
    return Score("pairs", pairs.title, rho, error, n, len(pairs))


def analogies(vectors: Vectors, questions: Questions, by: Measure = "cosine", progress: Progress = silent) -> Score:
    """The share of analogies whose answer is the word nearest to b - a + c (3CosAdd; Mikolov et al. 2013), those three left out.

    by="dot": the vectors as they are, and the largest dot product. progress may raise to give up.
    """
    rows = _rows(vectors, {form(word) for section in questions.sections.values() for question in section for word in question})
    asked: dict[tuple[str, str, str], int] = {}
    for section in questions.sections.values():
        for question in section:
            a, b, c, d = map(form, question)
            if a in rows and b in rows and c in rows and d in rows:
                asked.setdefault((a, b, c), len(asked))
    best = _answers(vectors, rows, list(asked), by, progress)
    sections = []
    for title, section in questions.sections.items():
        folded = [tuple(map(form, question)) for question in section]
        covered = [each for each in folded if all(word in rows for word in each)]
        right = sum(best[asked[a, b, c]] == d for a, b, c, d in covered)
        sections.append(_share(title, right, len(covered), len(section)))
    right = sum(round(each.value * each.n_covered) for each in sections if each.n_covered)
    return _share(questions.title, right, sum(each.n_covered for each in sections), len(questions), tuple(sections))


def form(word: str) -> str:
    """Under which words are the same here: a BPE token's blank and capitals do not count."""
    return word.strip().upper()


def _rows(vectors: Vectors, forms: set[str]) -> dict[str, list[int]]:
    """The rows of each form among the most frequent words, the most frequent first; no entry where there is none."""
    found: dict[str, list[int]] = defaultdict(list)
    for row, word in enumerate(vectors.words[:MOST_WORDS]):
        folded = form(word)
        if folded in forms:
            found[folded].append(row)
    return dict(found)


def _composed(vectors: Vectors, word: str) -> np.ndarray | None:
    if vectors.subwords is None:
        return None
    try:
        return vectors.vector(word)
    except ValueError:  # not even a part of it is known
        return None


def _similarity(one: np.ndarray, other: np.ndarray, by: Measure) -> float:
    if by == "dot":
        return float(one @ other)
    lengths = float(np.linalg.norm(one)) * float(np.linalg.norm(other))
    return float(one @ other) / lengths if lengths else 0.0


def _answers(vectors: Vectors, rows: dict[str, list[int]], asked: list[tuple[str, str, str]], by: Measure, progress: Progress) -> list[str]:
    """The form of each question's answer."""
    if not asked:
        return []
    from core.evaluation.nearest import nearest_sums

    forms = sorted({each for question in asked for each in question})
    place = {each: i for i, each in enumerate(forms)}
    own = np.array([rows[each][0] for each in forms])
    terms = np.array([[place[each] for each in question] for question in asked], np.int32)
    others = [[row for each in question for row in rows[each]] for question in asked]  # all spellings of the three words
    left_out = np.full((len(asked), max(map(len, others))), -1, np.int32)
    for i, row in enumerate(others):
        left_out[i, : len(row)] = row
    best = nearest_sums(vectors, min(len(vectors.words), MOST_WORDS), own, terms, left_out, by, progress)
    return [form(vectors.words[i]) if i >= 0 else "" for i in best]


def _share(title: str, right: int, n_covered: int, n: int, sections: tuple[Score, ...] = ()) -> Score:
    share = right / n_covered if n_covered else math.nan
    error = math.sqrt(share * (1 - share) / n_covered) if n_covered else math.nan
    return Score("analogies", title, share, error, n_covered, n, sections)


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1; equal values share their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[inverse])


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Pearson's; not a number for fewer than two values, or where all are equal."""
    if len(one) < 2:
        return math.nan
    one, other = one - one.mean(), other - other.mean()
    lengths = math.sqrt(float(one @ one) * float(other @ other))
    return float(one @ other) / lengths if lengths else math.nan
