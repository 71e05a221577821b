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
