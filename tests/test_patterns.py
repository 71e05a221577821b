"""What whatever shows attention takes: packing, histories, causes of masks."""

import numpy as np
import pytest

from core.patterns import CAUSAL, OBJECTIVE, PADDING, Patterns, causes, history, packed, unpacked

RANDOM = np.random.default_rng(0)


def distributions(*shape: int) -> np.ndarray:
    return RANDOM.dirichlet(np.ones(shape[-1]), shape[:-1]).astype(np.float32)


def test_packed_weights_are_right_to_three_decimals() -> None:
    near = (np.arange(1000)[:, None] + np.array([0.49999, 0.5001])) / 1000  # to both sides of each place where the third decimal is rounded
    for weights in (RANDOM.random(200_000).astype(np.float32), near.astype(np.float32).ravel()):
        short = packed(weights)
        assert short.dtype == np.uint16
        assert [f"{w:.3f}" for w in unpacked(short)] == [f"{w:.3f}" for w in weights]


def test_in_a_byte_they_are_off_by_half_a_255th_at_most() -> None:
    weights = distributions(3, 9, 9)
    assert np.abs(unpacked(packed(weights, np.uint8)) - weights).max() <= 0.5 / 255 + 1e-6
    assert unpacked(weights) is weights


def patterns(tokens: str, seed: int = 0) -> Patterns:
    n = len(tokens)
    return Patterns(list(tokens), list(tokens), np.random.default_rng(seed).dirichlet(np.ones(n), (2, 3, n)).astype(np.float32), np.ones((n, n), bool))


def test_a_history_has_the_steps_that_read_the_same_tokens_as_the_last() -> None:
    found = {1: patterns("abc", 1), 10: patterns("abd", 2), 100: patterns("abc", 3)}
    made = history(found, most=10**6)
    assert made.steps == [1, 100]
    assert np.array_equal(made.weights, np.stack([found[1].weights, found[100].weights]))


@pytest.mark.parametrize(("room", "steps"), [(10, list(range(10))), (3, [0, 5, 9]), (1, [9]), (0, [9])])
def test_a_history_too_large_leaves_out_steps_but_never_the_last(room: int, steps: list[int]) -> None:
    found = {step: patterns("abcd", step) for step in range(10)}
    assert history(found, most=room * found[0].weights.size).steps == pytest.approx(steps, abs=1)
    assert history(found, most=room * found[0].weights.size).steps[-1] == 9


def test_why_a_cell_is_masked_is_told_from_the_mask_and_the_tokens() -> None:
    causal = np.tril(np.ones((3, 3), bool))
    assert causes(causal, list("abc")).tolist() == [[0, CAUSAL, CAUSAL], [0, 0, CAUSAL], [0, 0, 0]]
    causal[:, 2] = False
    assert causes(causal, ["a", "b", "[PAD]"]).tolist() == [[0, CAUSAL, PADDING], [0, 0, PADDING], [0, 0, PADDING]]
    prefix = np.array([[1, 1, 0], [1, 1, 0], [1, 1, 1]], bool)
    assert causes(prefix, list("abc")).tolist() == [[0, 0, OBJECTIVE], [0, 0, OBJECTIVE], [0, 0, 0]]
    hidden = np.array([[1, 0, 0], [0, 1, 0], [0, 1, 1]], bool)
    assert causes(hidden, list("abc")).tolist() == [[0, CAUSAL, CAUSAL], [OBJECTIVE, 0, CAUSAL], [OBJECTIVE, 0, 0]]
    assert causes(np.array([[True, False]]), ["a", "b"]).tolist() == [[0, OBJECTIVE]]
