import numpy as np
import pytest

from core.inspection.heads import atlas, distance, entropy
from core.patterns import Patterns

TOKENS = ["the", "king", ".", "the", "king", "sees"]
N = len(TOKENS)
PAST = np.tri(N, dtype=bool)


def patterns(*heads: np.ndarray, queries: list[str] = TOKENS, keys: list[str] = TOKENS, part: str = "self", allowed: np.ndarray = PAST) -> Patterns:
    weights = np.stack(heads).astype(np.float32)[None] * allowed
    rows = weights.sum(-1, keepdims=True)
    even = allowed / np.maximum(1, allowed.sum(1, keepdims=True))
    return Patterns(queries, keys, np.where(rows > 0, weights / np.maximum(rows, 1e-9), even).astype(np.float32), allowed, part)


def hot(*keys: int) -> np.ndarray:
    """Each query looks at one key."""
    return np.eye(N)[list(keys)]


PREVIOUS = hot(0, 0, 1, 2, 3, 4)
FIRST = hot(0, 0, 0, 0, 0, 0)
INDUCTION = hot(0, 0, 0, 1, 2, 0)  # of "the" and "king" said again: what came after them
SAME = hot(0, 0, 0, 0, 1, 0)


def test_each_head_is_known_by_where_it_looks() -> None:
    found = atlas([patterns(PREVIOUS, FIRST, INDUCTION, SAME, np.ones((N, N)))])
    assert found.scores["previous"][0, 0] == 1
    assert found.scores["first"][0, 1] == 1
    assert found.scores["induction"][0, 2] == 1
    assert found.scores["same"][0, 3] == 1
    assert [found.role(0, head) for head in (0, 1, 2)] == ["previous", "first", "induction"]
    assert found.role(0, 4) == "broad"


def test_chance_is_what_an_even_spread_scores() -> None:
    even = patterns(np.ones((N, N)))
    found = atlas([even, even])
    for name, values in found.scores.items():
        assert values[0, 0] == pytest.approx(found.chance[name], abs=1e-6), name
    assert "next" not in found.scores  # under a causal mask there is none


def test_entropy_and_distance_are_those_of_the_rows() -> None:
    even, sharp = patterns(np.ones((N, N))), patterns(PREVIOUS)
    assert entropy(even)[0, 0] == pytest.approx(1)
    assert entropy(sharp)[0, 0] == pytest.approx(0, abs=1e-6)
    assert distance(sharp)[0, 0] == pytest.approx(5 / 6)
    assert atlas([sharp]).positional[0, 0] == 1
    assert atlas([even]).positional[0, 0] < 0.6
    one = Patterns(["a"], ["a"], np.ones((1, 1, 1, 1), np.float32), np.ones((1, 1), bool))
    assert entropy(one)[0, 0] == 0


def test_across_two_texts_other_roles_are_asked_for() -> None:
    source = ["a", "b", "b"]
    cross = patterns(np.eye(3)[[2, 1, 0]], queries=["c", "b", "a"], keys=source, part="cross", allowed=np.ones((3, 3), bool))
    found = atlas([cross])
    assert set(found.scores) == {"diagonal", "copy"}
    assert found.scores["copy"][0, 0] == 1
    assert found.role(0, 0) == "copy"


def test_alignment_is_with_what_is_to_be_written_or_was_just_written() -> None:
    """Of a reversed text, where it is known (Kobayashi et al. 2020 tell the two apart)."""
    queries, keys, open_ = ["[BOS]", "c", "b", "a"], ["a", "b", "c"], np.ones((4, 3), bool)
    ahead, behind = np.eye(3)[[2, 1, 0, 0]], np.eye(3)[[0, 2, 1, 0]]
    found = atlas([patterns(ahead, behind, queries=queries, keys=keys, part="cross", allowed=open_)])
    assert (found.scores["alignment"][0, 0], found.scores["aligned"][0, 1]) == (1, 1)
    assert [found.role(0, head) for head in (0, 1)] == ["alignment", "aligned"]
    assert found.chance["alignment"] == pytest.approx(1 / 3)
