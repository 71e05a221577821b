import numpy as np
import pytest
import torch

from core.batch import IGNORE
from core.objectives.both_ways import BothWays, three_masks

EOS = 3
STREAM = np.array([10, 11, 12, 13, -1, 14, 15, 16, 17, 18, 19, 20])


def test_each_sequence_is_read_forward_backward_and_with_gaps() -> None:
    batch = BothWays(STREAM, 4, EOS).sample(3, torch.Generator().manual_seed(1))
    forward, backward, gaps = batch.targets.unflatten(0, (3, 3))
    for third in batch.ids.unflatten(0, (3, 3)):
        assert torch.equal(third, batch.ids[:3]), "the same sequences"
    stream = np.where(STREAM < 0, EOS, STREAM)
    for ids, after, before in zip(batch.ids[:3].tolist(), forward.tolist(), backward.tolist(), strict=True):
        at = int(np.flatnonzero(stream == ids[0])[0])
        assert ids == stream[at : at + 4].tolist()
        assert after == stream[at + 1 : at + 5].tolist()
        assert before == stream[at - 1 : at + 3].tolist()
    asked = gaps != IGNORE
    assert asked.sum(1).tolist() == [1, 1, 1]
    assert torch.equal(gaps[asked], batch.ids[:3][asked])
    assert torch.equal(batch.attn_mask[[0, 3, 6]], three_masks(4))


def test_masks_are_the_past_the_future_and_all_but_itself() -> None:
    past, future, others = three_masks(3)[:, 0].int().tolist()
    assert past == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    assert future == [[1, 1, 1], [0, 1, 1], [0, 0, 1]]
    assert others == [[0, 1, 1], [1, 0, 1], [1, 1, 0]]


def test_held_out_examples_are_the_same_each_time() -> None:
    objective = BothWays(STREAM, 4, EOS)
    once, again = objective.spread(12, 2), objective.spread(12, 2)
    assert all(torch.equal(one.targets, other.targets) for one, other in zip(once, again, strict=True))


def test_three_tokens_are_enough_and_two_are_not() -> None:
    assert BothWays(STREAM[:3], 4, EOS).sample(1, torch.Generator().manual_seed(1)).ids.tolist() == [[11]] * 3
    with pytest.raises(ValueError, match="it takes at least three"):
        BothWays(STREAM[:2], 4, EOS)
