"""Scores, judged by gensim's KeyedVectors on the same vectors and the same files."""

import math
from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors
from gensim.test.utils import datapath
from scipy import stats

from core.evaluation import Pairs, Questions, analogies, score, word_similarity
from core.evaluation import scores as module
from core.evaluation.reading import read
from core.evaluation.sets import of_small_world
from core.vectors import Vectors


def keyed(found: Vectors) -> KeyedVectors:
    judge = KeyedVectors(found.matrix.shape[1])
    judge.add_vectors(found.words, found.matrix)
    return judge


def opened(name: str) -> tuple[str, Path]:
    return name, Path(datapath(name))


@pytest.fixture(scope="module")
def few_questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every 16th of word2vec's list: gensim answers one question after the other."""
    lines = Path(datapath("questions-words.txt")).read_text("utf-8").splitlines()
    path = tmp_path_factory.mktemp("questions") / "few.txt"
    path.write_text("\n".join(line for i, line in enumerate(lines) if line.startswith(":") or i % 16 == 0) + "\n")
    return path


@pytest.fixture(scope="module")
def found(few_questions: Path) -> Vectors:
    """Vectors in which some of the questions come out right, that lack some words and spell others in more than one way."""
    generator = np.random.default_rng(1)
    rows: dict[str, np.ndarray] = {}
    for line in few_questions.read_text("utf-8").splitlines():
        if line.startswith(":"):
            offset = generator.normal(size=16)
            continue
        a, b, c, d = line.split()
        for one, other in ((a, b), (c, d)):
            rows.setdefault(one, generator.normal(size=16))
            rows.setdefault(other, rows[one] + offset + 0.25 * generator.normal(size=16))
    for file in ("wordsim353.tsv", "simlex999.txt"):
        for a, b, value in read(*opened(file)).rows:
            rows.setdefault(a, generator.normal(size=16))
            rows.setdefault(b, rows[a] + (11 - value) / 10 * generator.normal(size=16))
    words = [word if i % 3 else word.lower() for i, word in enumerate(rows)]
    kept = [i for i in range(len(words)) if i % 17]
    again = kept[:300]
    matrix = np.stack(list(rows.values()))
    matrix = np.concatenate([matrix[kept], matrix[again] + 0.1 * generator.normal(size=(len(again), 16))])
    return Vectors([words[i] for i in kept] + [words[i].upper() for i in again], matrix.astype(np.float32))


@pytest.mark.parametrize("file", ["wordsim353.tsv", "simlex999.txt"])
def test_word_similarity_and_its_coverage_are_gensims(found, file):
    _, spearman, missing = keyed(found).evaluate_word_pairs(datapath(file))
    mine = word_similarity(found, read(*opened(file)))
    assert mine.value == pytest.approx(spearman[0], abs=1e-6)
    assert mine.covered == pytest.approx(1 - missing / 100)
    assert 0 < mine.n_covered < mine.n
    assert mine.value > 0.2


def test_analogies_their_sections_and_coverage_are_gensims(found, few_questions):
    mine = analogies(found, read("few.txt", few_questions))
    accuracy, sections = keyed(found).evaluate_word_analogies(str(few_questions))
    assert mine.value == pytest.approx(accuracy)
    for one, other in zip((*mine.sections, mine), sections, strict=True):
        assert round(one.value * one.n_covered) == len(other["correct"])
        assert one.n_covered == len(other["correct"]) + len(other["incorrect"])
    assert [each.title for each in mine.sections] == [each["section"] for each in sections[:-1]]
    assert 0.05 < mine.value < 0.95
    assert 0 < mine.n_covered < mine.n


def test_only_the_most_frequent_words_are_asked_and_answer(found, few_questions, monkeypatch):
    monkeypatch.setattr(module, "MOST_WORDS", 500)
    mine = analogies(found, read("few.txt", few_questions))
    accuracy, sections = keyed(found).evaluate_word_analogies(str(few_questions), restrict_vocab=500)
    assert mine.value == pytest.approx(accuracy)
    assert mine.n_covered == len(sections[-1]["correct"]) + len(sections[-1]["incorrect"])


def test_ranks_and_their_correlation_are_scipys_where_values_are_equal():
    generator = np.random.default_rng(2)
    one, other = generator.integers(0, 5, 40), generator.integers(0, 5, 40)
    assert module._ranks(one) == pytest.approx(stats.rankdata(one))
    assert module._correlation(module._ranks(one), module._ranks(other)) == pytest.approx(stats.spearmanr(one, other).statistic)


def test_the_standard_error_of_a_rank_correlation_is_that_of_many_samples():
    generator = np.random.default_rng(3)
    rhos = []
    for _ in range(400):
        x = generator.normal(size=60)
        words = [f"w{i}" for i in range(120)]
        angles = np.exp(-(x + generator.normal(size=60)))  # a wider angle, a smaller cosine
        angles *= 3 / angles.max()
        matrix = np.stack([np.stack([np.ones(60), np.cos(angles)], 1), np.stack([np.zeros(60), np.sin(angles)], 1)], 2).reshape(120, 2)
        pairs = Pairs("", tuple((words[2 * i], words[2 * i + 1], float(x[i])) for i in range(60)))
        rhos.append(word_similarity(Vectors(words, matrix.astype(np.float32)), pairs))
    assert np.std([each.value for each in rhos]) == pytest.approx(np.mean([each.error for each in rhos]), rel=0.15)


def test_the_dot_product_takes_vectors_as_they_are():
    words = ["man", "king", "woman", "queen", "giant"]
    matrix = np.array([[1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1], [9, 9, 9]], np.float32)
    questions = Questions("royal", {"all": (("man", "king", "woman", "queen"),)})
    assert analogies(Vectors(words, matrix), questions, "dot").value == 0  # the longest wins
    assert analogies(Vectors(words[:4], matrix[:4]), questions, "dot").value == 1
    pairs = Pairs("", (("man", "giant", 3.0), ("man", "king", 2.0), ("man", "woman", 1.0), ("king", "queen", 2.5)))
    by_hand = stats.spearmanr([3, 2, 1, 2.5], [9, 1, 1, 2]).statistic
    assert word_similarity(Vectors(words, matrix), pairs, "dot").value == pytest.approx(by_hand)


def test_nothing_covered_is_no_number_and_no_exception(found):
    mine = word_similarity(found, Pairs("", (("qqq", "zzz", 1.0),)))
    assert math.isnan(mine.value)
    assert (mine.covered, mine.n) == (0, 1)
    none = analogies(found, Questions("", {"all": (("qqq", "a", "b", "c"),)}))
    assert math.isnan(none.value)
    assert none.sections[0].n_covered == 0


def test_rows_of_zeros_and_of_no_numbers_break_nothing():
    matrix = np.zeros((5, 3), np.float32)
    matrix[4] = np.nan
    broken = Vectors(["a", "b", "c", "d", "e"], matrix)
    assert analogies(broken, Questions("", {"all": (("a", "b", "c", "d"),)})).n_covered == 1
    assert math.isnan(word_similarity(broken, Pairs("", (("a", "b", 1.0), ("b", "c", 2.0)))).value)


def test_words_of_bpe_begin_with_a_blank_that_does_not_count():
    mine = word_similarity(Vectors([" tiger", " cat", " dog"], np.eye(3, dtype=np.float32)), Pairs("", (("Tiger", "cat", 2.0), ("cat", "dog", 1.0))))
    assert mine.n_covered == 2


def test_words_never_seen_are_put_together_from_their_parts_where_asked():
    class Parts:
        kind = "letters"

        def parts(self, word: str) -> list[tuple[str, np.ndarray]]:
            return [] if word == "zzz" else [("<" + word, np.array([len(word), 1], np.float32))]

    seen = Vectors(["cat", "dog"], np.eye(2, dtype=np.float32), subwords=Parts())
    pairs = Pairs("", (("cat", "dog", 1.0), ("cat", "catlike", 2.0), ("cat", "zzz", 1.0)))
    assert word_similarity(seen, pairs).n_covered == 1
    assert word_similarity(seen, pairs, unseen=True).n_covered == 2


def test_giving_up_leaves_by_the_progress_callable(found, few_questions):
    class GivenUp(Exception):  # noqa: N818
        pass

    def enough(what: str, fraction: float | None) -> None:
        raise GivenUp

    with pytest.raises(GivenUp):
        analogies(found, read("few.txt", few_questions), progress=enough)


def test_vectors_that_know_the_small_world_score_high_on_its_truths_and_random_ones_do_not():
    kinds, questions = of_small_world()
    groups: dict[str, set[str]] = {}
    for a, b, alike in kinds.rows:
        if alike:
            groups.setdefault(next((name for name, words in groups.items() if a in words), a), {a}).add(b)
    words = sorted({word for a, b, _ in kinds.rows for word in (a, b)})
    generator = np.random.default_rng(4)
    noise = generator.normal(size=(len(words), 40)).astype(np.float32)
    centres = dict(zip(groups, 3 * generator.normal(size=(len(groups), 40)), strict=True))
    known = np.stack([noise[i] + next((centres[name] for name, members in groups.items() if word in members), 0) for i, word in enumerate(words)])
    assert score(Vectors(words, known.astype(np.float32)), kinds).value > 0.8  # 0.866 is the most where there are two grades
    assert abs(score(Vectors(words, noise), kinds).value) < 0.1
    assert score(Vectors(words, noise), questions).value < 0.1
