"""ELMo as it trains: two directions' losses and the gaps', each teaching what it may."""

import torch

from core.training.elmo import ELMoLearner
from tests.trained.test_elmo import TINY, learner


def gradients(made: ELMoLearner, task: str) -> set[str]:
    """Names of the weights that a task teaches; of both ways' each by itself."""
    made.model.zero_grad()
    batch = made.objective.sample(2, torch.Generator().manual_seed(1))
    made.losses(batch)[task].backward()
    found = {name: weight.grad for name, weight in made.model.named_parameters() if weight.grad is not None}
    for name in [name for name in found if ".lstms." in name]:
        found |= dict(zip((f"{name}.ahead", f"{name}.back"), found.pop(name).chunk(2), strict=True))
    return {name for name, gradient in found.items() if gradient.abs().sum() > 0}


def test_each_task_teaches_its_own_direction_and_the_gaps_the_mix_alone() -> None:
    made = learner()
    assert gradients(made, "gap") == {"mix.weights", "mix.gamma", "gap.weight", "gap.bias"}
    forward, backward = gradients(made, "forward"), gradients(made, "backward")
    assert len(forward - backward) == len(backward - forward) == 4 * TINY.n_layers
    assert all(name.endswith(".ahead") for name in forward - backward)
    assert all(name.endswith(".back") for name in backward - forward)
    assert "unembedding.weight" in forward & backward
    assert "characters.embed.weight" in forward & backward


def test_each_tasks_loss_is_told_and_their_sum_is_the_loss() -> None:
    step = learner().advance()
    assert set(step.losses) == {"forward", "backward", "gap"}
    assert abs(sum(step.losses.values()) - step.loss) < 1e-5
