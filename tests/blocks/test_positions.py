import pytest
import torch
from transformers.models.marian.modeling_marian import MarianSinusoidalPositionalEmbedding

from core.blocks.positions import LearnedPositions, sinusoids


def test_sinusoids_are_those_of_marian_but_for_the_order_of_features() -> None:
    theirs = MarianSinusoidalPositionalEmbedding(30, 8).create_weight()  # all sines, then all cosines
    ours = sinusoids(30, 8)
    torch.testing.assert_close(torch.cat((ours[:, 0::2], ours[:, 1::2]), dim=1), theirs)


def test_an_odd_width_has_one_cosine_less() -> None:
    torch.testing.assert_close(sinusoids(5, 7), sinusoids(5, 7)[:, :7])
    assert sinusoids(5, 7).shape == (5, 7)


def test_no_position_is_made_up_beyond_the_context() -> None:
    assert LearnedPositions(4, 2)(3).shape == (3, 2)
    with pytest.raises(AssertionError, match="5 positions"):
        LearnedPositions(4, 2)(5)
