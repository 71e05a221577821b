import pytest
import torch

from core.inspection.ablation import Head, attentions, heads, importance, mean_outputs, without
from core.models.gpt import GPT
from core.objectives.causal import Causal, to_read
from core.systems.gpt import GPTSettings


@pytest.fixture
def model() -> GPT:
    torch.manual_seed(0)
    made = GPT(GPTSettings(n_layers=2, n_heads=3, d_model=12, n_ctx=16), 20)
    with torch.no_grad():
        for weight in made.parameters():
            weight.add_(0.3 * torch.randn_like(weight))
    return made.eval()


def silenced_in_its_weights(model: GPT, layer: int, head: int) -> None:
    """The head's columns of the output projection are zero: the same by another way."""
    d_head = 4
    model.blocks[layer].attention.out.weight.data[:, head * d_head : (head + 1) * d_head] = 0


def test_a_head_switched_off_is_one_whose_output_weights_are_zero(model: GPT) -> None:
    batch = to_read([3, 1, 4, 1, 5])
    whole = model(batch)
    with without(model, [Head("blocks.1.attention", 2), Head("blocks.0.attention", 0)]):
        off = model(batch)
    assert torch.equal(model(batch), whole)  # nothing is left behind
    silenced_in_its_weights(model, 1, 2)
    silenced_in_its_weights(model, 0, 0)
    torch.testing.assert_close(off, model(batch))
    assert not torch.allclose(off, whole)


def test_every_head_of_the_model_is_named_once(model: GPT) -> None:
    found = heads(model, to_read([1, 2]))
    assert len(found) == len(set(found)) == 6
    assert attentions(model) == ["blocks.0.attention", "blocks.1.attention"]
    with without(model, found):
        assert torch.isfinite(model(to_read([1, 2]))).all()


def test_in_place_of_a_head_its_mean_can_stand(model: GPT) -> None:
    batches = [to_read([1, 2, 3, 4]), to_read([5, 6, 7, 8])]
    means = mean_outputs(model, batches)
    assert means["blocks.0.attention"].shape == (3, 4)
    with without(model, [Head("blocks.0.attention", 1)], means):
        replaced = model(batches[0])
    with without(model, [Head("blocks.0.attention", 1)]):
        assert not torch.allclose(model(batches[0]), replaced)


def test_a_head_that_says_nothing_is_not_missed_and_the_rise_is_the_losses_own(model: GPT) -> None:
    silenced_in_its_weights(model, 1, 0)
    objective = Causal(torch.randint(20, (200,), generator=torch.Generator().manual_seed(1)).numpy(), 16, 3)
    batches = objective.spread(100, 4)

    def loss(batch):
        return torch.nn.functional.cross_entropy(model(batch).flatten(0, 1), batch.targets.flatten())

    missed = dict(importance(model, batches, loss))
    assert missed[Head("blocks.1.attention", 0)] == pytest.approx(0, abs=1e-6)
    whole = sum(loss(batch).item() for batch in batches) / len(batches)
    silenced_in_its_weights(model, 0, 2)
    assert missed[Head("blocks.0.attention", 2)] == pytest.approx(sum(loss(batch).item() for batch in batches) / len(batches) - whole, abs=1e-5)
