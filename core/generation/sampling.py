"""Continuing a text, one drawn token after the other."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import torch
from jaxtyping import Float
from torch import Tensor

NextLogits = Callable[[list[int]], Tensor]  # the tokens so far -> float [vocab]


@dataclass(frozen=True)
class Sampling:
    """How the next token is drawn from the model's distribution."""

    temperature: float = 1.0  # below 1 the likely becomes likelier; 0 takes the likeliest, always
    top_k: int = 0  # only among the k likeliest; 0: among all
    top_p: float = 1.0  # only among the likeliest that together reach this probability (nucleus sampling, Holtzman et al. 2020)

    def __post_init__(self) -> None:
        if not (self.temperature >= 0 and self.top_k >= 0 and 0 < self.top_p <= 1):
            given = f"{self.temperature:g}, {self.top_k} and {self.top_p:g}"
            raise ValueError(f"Temperature and top k must be at least 0, and top p above 0 and at most 1, not {given}.")


@dataclass(frozen=True)
class Drawn:
    """A drawn token, and what else it could have been. Probabilities are the model's own, before temperature and cuts."""

    id: int
    probability: float  # of this token
    alternatives: list[tuple[int, float]]  # the likeliest tokens, the likeliest first
    drawn_from: list[float] = field(default_factory=list)  # what each of them had when it was drawn, after temperature and cuts


def probabilities(logits: Float[Tensor, " vocab"], sampling: Sampling) -> Float[Tensor, " vocab"]:
    """What the next token is drawn from: temperature, then top-k, then top-p."""
    if sampling.temperature == 0:
        return torch.zeros_like(logits).index_fill(0, logits.argmax(), 1.0)
    logits = logits / sampling.temperature
    if 0 < sampling.top_k < len(logits):
        logits = logits.masked_fill(logits < logits.topk(sampling.top_k).values[-1], -torch.inf)
    p = logits.softmax(dim=-1)
    if sampling.top_p < 1:
        descending, order = p.sort(descending=True, stable=True)
        beyond = descending.cumsum(0) - descending >= sampling.top_p  # those before it are enough; so the first always stays
        p = p.index_fill(0, order[beyond], 0.0)
    return p / p.sum()


def generate(
    next_logits: NextLogits,
    ids: list[int],
    n_tokens: int,
    generator: torch.Generator,
    sampling: Sampling | None = None,
    eos_id: int | None = None,
    n_alternatives: int = 0,
    forced: Mapping[int, int] = MappingProxyType({}),
) -> Iterator[Drawn]:
    """Draws up to `n_tokens` tokens after `ids`, yielding each as it is drawn; the last is `eos_id` where one is given and drawn.

    forced: the token to be taken in the n-th place, whatever would be drawn there.

    `generator` lives on the CPU, so that a seed draws the same on every device.
    """
    so_far, sampling = list(ids), sampling or Sampling()
    for n in range(n_tokens):
        logits = next_logits(so_far).float().cpu()
        shares = probabilities(logits, sampling)
        drawn = forced.get(n, int(torch.multinomial(shares, 1, generator=generator)))
        p = logits.softmax(dim=-1)
        best = p.topk(min(n_alternatives, len(p)))
        alternatives = list(zip(best.indices.tolist(), best.values.tolist(), strict=True))
        yield Drawn(drawn, float(p[drawn]), alternatives, shares[best.indices].tolist())
        so_far.append(drawn)
        if drawn == eos_id:
            return
