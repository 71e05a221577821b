"""Heads switched off: what a model says without them, and how much it misses them (Michel et al. 2019; Voita et al. 2019)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from core.batch import Batch
from core.blocks.hook_points import Tap
from core.inspection.hooks import capture, edit, hook_points
from core.models.language_model import LanguageModel, resting

Means = Mapping[str, Float[Tensor, "n_heads d_head"]]  # of each attention, by its name
Loss = Callable[[Batch], Tensor]


@dataclass(frozen=True, order=True)
class Head:
    """One head of one attention. place: the attention's name in the model ("blocks.0.attention"); number: from 0."""

    place: str
    number: int


def heads(model: LanguageModel, batch: Batch) -> list[Head]:
    """All there are, in the order of the model. batch: any that it can read."""
    with resting(model), capture(model, "*.z") as captured:
        model.hidden(batch)
    return [Head(name.removesuffix(".z"), number) for name, z in captured.items() for number in range(z.shape[1])]


@contextmanager
def without(model: LanguageModel, off: Iterable[Head], means: Means | None = None) -> Iterator[None]:
    """Within it these heads put out zeros, or their mean where `means` are given: whatever they would say about this text is gone."""
    numbers: dict[str, list[int]] = {}
    for head in off:
        numbers.setdefault(head.place, []).append(head.number)
    with ExitStack() as stack:
        for place, which in numbers.items():
            stack.enter_context(edit(model, f"{place}.z", _silenced(which, None if means is None else means[place])))
        yield


def _silenced(which: Sequence[int], mean: Tensor | None) -> Tap:
    def tap(z: Float[Tensor, "batch n_heads query d_head"]) -> Tensor:
        silent = torch.zeros(z.shape[1], dtype=torch.bool, device=z.device)
        silent[list(which)] = True
        instead = torch.zeros_like(z) if mean is None else mean[None, :, None].to(z).expand_as(z)
        return torch.where(silent[None, :, None, None], instead, z)

    return tap


def mean_outputs(model: LanguageModel, batches: Iterable[Batch]) -> Means:
    """What each head puts out on the average of all positions."""
    sums: dict[str, Tensor] = {}
    n = 0
    for batch in batches:
        with resting(model), capture(model, "*.z") as captured:
            model.hidden(batch)
        n += 1
        for name, z in captured.items():
            mean, place = z.float().mean(dim=(0, 2)), name.removesuffix(".z")
            sums[place] = mean if place not in sums else sums[place] + mean
    return {place: total / n for place, total in sums.items()}


def importance(model: LanguageModel, batches: Sequence[Batch], loss: Loss, means: Means | None = None) -> Iterator[tuple[Head, float]]:
    """By how many nats the mean loss of the batches rises without each head, one after the other; below 0 where it falls.

    An iterator, so that whoever waits can be shown how far it is.
    """

    def mean_loss() -> float:
        with resting(model):
            return sum(float(loss(batch)) for batch in batches) / len(batches)

    whole = mean_loss()
    for head in heads(model, batches[0]):
        with without(model, [head], means):
            missed = mean_loss() - whole
        yield head, missed


def attentions(model: LanguageModel) -> list[str]:
    """The names of all attentions, in the order of the model."""
    return [name.removesuffix(".z") for name in hook_points(model, "*.z")]
