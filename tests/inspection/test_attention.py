import numpy as np
import torch

from core.inspection.attention import patterns
from core.models.gpt import GPT
from core.objectives.causal import to_read
from core.systems.gpt import GPTSettings


def test_patterns_are_distributions_over_the_allowed_keys() -> None:
    torch.manual_seed(0)
    model = GPT(GPTSettings(n_layers=2, n_heads=3, d_model=12, n_ctx=8, dropout=0.5), 10)
    (found,) = patterns(model, to_read([1, 2, 3, 4]), list("abcd"))
    assert found.weights.shape == (2, 3, 4, 4)
    assert found.weights.dtype == np.float32
    assert np.array_equal(found.allowed, np.tril(np.ones((4, 4), dtype=bool)))
    assert (found.weights[..., ~found.allowed] == 0).all()
    np.testing.assert_allclose(found.weights.sum(-1), 1, rtol=1e-6)
    assert model.training  # as it was before


def test_as_bytes_they_are_off_by_half_a_255th_at_most() -> None:
    torch.manual_seed(0)
    (found,) = patterns(GPT(GPTSettings(n_ctx=16), 10), to_read(list(range(10))), list("abcdefghij"))
    assert found.bytes().dtype == np.uint8
    assert np.abs(found.bytes() / 255 - found.weights).max() <= 0.5 / 255 + 1e-6
