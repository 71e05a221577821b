"""Scores for the command line and for pages."""

import math
from pathlib import Path

import numpy as np
import pytest

from core import evaluating
from core.evaluation import Score
from core.evaluation.sets import Pairs, keep, of_small_world
from core.vectors import Vectors

KINDS, QUESTIONS = of_small_world()


@pytest.fixture
def worker(home, monkeypatch) -> list[str]:
    """No process: what would be asked of the worker. The vectors are random ones of the small world's words."""
    words = sorted({word for a, b, _ in KINDS.rows for word in (a, b)})
    found = Vectors(words, np.random.default_rng(1).normal(size=(len(words), 6)).astype(np.float32))
    asked: list[str] = []
    monkeypatch.setattr(evaluating, "named", lambda name, matrix, progress: found)
    monkeypatch.setattr(evaluating.warm, "ensure", lambda name: None)
    monkeypatch.setattr(evaluating.warm, "ask", lambda name, message, timeout: asked.append(message["name"]))
    return asked


def test_a_task_is_asked_for_once_and_its_scores_stay(worker):
    task = evaluating.Task("some run", "1", (KINDS.id, QUESTIONS.id))
    assert evaluating.scores(task) == {}
    evaluating.request(task)
    assert worker == [task.name]
    evaluating.compute(task.name)
    found = evaluating.scores(task)
    assert set(found) == {KINDS.id, QUESTIONS.id}
    assert found[QUESTIONS.id].sections[0].title == "capital"
    evaluating.request(task)
    assert worker == [task.name]
    assert evaluating.error(task) == ""
    later = evaluating.Task("some run", "2", (KINDS.id,))
    assert evaluating.scores(later) == {}
    assert evaluating.scores(evaluating.Task("some run", "1", (KINDS.id,))) == {KINDS.id: found[KINDS.id]}


def test_scores_of_other_sets_are_not_computed_again(worker, monkeypatch):
    first = evaluating.Task("some run", "1", (KINDS.id,))
    evaluating.request(first)
    evaluating.compute(first.name)
    computed: list[str] = []
    monkeypatch.setattr(evaluating, "score", lambda vectors, each, *rest: computed.append(each.id) or Score(each.kind, each.title, 0.5, math.nan, 1, 1))
    both = evaluating.Task("some run", "1", (KINDS.id, QUESTIONS.id))
    evaluating.request(both)
    evaluating.compute(both.name)
    assert computed == [QUESTIONS.id]
    assert math.isnan(evaluating.scores(both)[QUESTIONS.id].error)


def test_a_task_given_up_leaves_nothing_behind(worker, home, monkeypatch):
    monkeypatch.setattr(evaluating, "EVERY", 0.0)
    task = evaluating.Task("some run", "1", (KINDS.id, QUESTIONS.id))
    evaluating.request(task)
    evaluating.cancel(task)
    evaluating.compute(task.name)
    assert evaluating.scores(task) == {}
    assert list((home / "cache" / "evaluation").iterdir()) == []


def test_why_there_is_no_score_is_said(worker, monkeypatch):
    def gone(name: str, matrix: object, progress: object) -> Vectors:
        raise ValueError("There is nothing of that name.")

    monkeypatch.setattr(evaluating, "named", gone)
    task = evaluating.Task("some run", "1", (KINDS.id,))
    evaluating.request(task)
    evaluating.compute(task.name)
    assert evaluating.error(task) == "There is nothing of that name."


def test_a_set_that_was_removed_meanwhile_is_passed_over(worker):
    task = evaluating.Task("some run", "1", ("removed", KINDS.id))
    evaluating.request(task)
    evaluating.compute(task.name)
    assert set(evaluating.scores(task)) == {KINDS.id}


def test_the_table_says_scores_and_what_they_cover(worker, home, tmp_path: Path, monkeypatch):
    file = tmp_path / "pairs.tsv"
    file.write_text("paris\tfrance\t9\nparis\tqqq\t1\nberlin\tgermany\t8\nking\tqueen\t7\ndog\tcat\t3\nrice\tred\t1\n")
    shown = list(evaluating.lines("some run", [file], [], None, "cosine", False, lambda what, share: None))
    assert "156 words, 6 dimensions" in shown[0]
    assert "5 of 6 (83%)" in shown[2]
    asked = list(evaluating.lines("some run", [file], [], None, "cosine", True, lambda what, share: None))
    assert asked[1].startswith("These vectors have no n-grams")
    assert [asked[0], *asked[2:]] == shown
    with pytest.raises(ValueError, match="no run, no opened vectors"):
        list(evaluating.lines("some run", [], [], None, "cosine", False, lambda what, share: None))
    keep(Pairs("mine", (("paris", "france", 9.0), ("king", "queen", 1.0))))
    monkeypatch.setattr(evaluating, "learnt_from", lambda name: "small-world-2000-1")
    shown = "\n".join(evaluating.lines("some run", [], [], None, "cosine", False, lambda what, share: None))
    assert "mine" in shown
    assert "Small world: analogies" in shown
    assert "  capital" in shown


def test_the_command_scores_a_file_of_vectors_and_says_mistakes_in_words(home, tmp_path: Path, capsys):
    from core.__main__ import main

    vectors, pairs, questions = tmp_path / "mine.vec", tmp_path / "p.tsv", tmp_path / "q.txt"
    vectors.write_text("4 3\nman 1 0 0\nking 1 1 0\nwoman 1 0 1\nqueen 1 1 1\n")
    pairs.write_text("man\tking\t5\nman\tqueen\t1\nking\tqueen\t9\nqueen\twoman\t7\nking\twoman\t2\n")
    questions.write_text(": royal\nMan King Woman Queen\nman king woman duchess\n")
    assert main(["evaluate", str(vectors), "--pairs", str(pairs), "--analogies", str(questions)]) == 0
    shown = capsys.readouterr().out
    assert "p.tsv" in shown
    assert "5 of 5 (100%)" in shown
    assert "100.0% ± 0.0%" in shown
    assert "1 of 2 (50%)" in shown
    pairs.write_text("man\tking\n")
    for wrong, said in (
        (["evaluate", str(vectors), "--pairs", str(pairs)], "no number in it"),
        (["evaluate", "nothing-of-that-name", "--analogies", str(questions)], "no run, no opened vectors and no file"),
        (["evaluate", "nothing-of-that-name"], "no run, no opened vectors and no file"),
        (["evaluate", str(vectors)], "There is no test set"),
        (["evaluate", str(vectors), "--analogies", str(questions), "--matrix", "out"], "Only runs keep more than one matrix"),
    ):
        assert main(wrong) == 2
        assert said in capsys.readouterr().err
