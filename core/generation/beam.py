"""Beam search: the likeliest sequence as a whole, not token by token (Sutskever et al. 2014; length penalty of Wu et al. 2016, equation 14)."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from jaxtyping import Float, Int
from torch import Tensor

NextLogits = Callable[[Int[Tensor, "beam pos"]], Float[Tensor, "beam vocab"]]  # of the token after each beginning


@dataclass(frozen=True)
class Hypothesis:
    """A sequence, without the token it began with, and what it is worth."""

    ids: tuple[int, ...]
    log_probability: float  # of all its tokens
    score: float  # the same over the length penalty: what hypotheses are ordered by
    probabilities: tuple[float, ...] = field(default=(), repr=False)  # of each token


def length_penalty(length: int, alpha: float) -> float:
    """((5 + length) / 6) ** alpha: 1 for alpha 0; the more alpha, the less a long sequence costs."""
    return float(((5 + length) / 6) ** alpha)


def beam_search(next_logits: NextLogits, begin: int, end: int, width: int = 4, longest: int = 64, alpha: float = 0.6) -> list[Hypothesis]:
    """The `width` best sequences that reached `end` (or `longest` tokens), the best first. A width of 1 is greedy."""
    beams, done = [Hypothesis((), 0.0, 0.0)], []
    for _ in range(longest):
        log_p = next_logits(torch.tensor([[begin, *beam.ids] for beam in beams])).float().log_softmax(-1).cpu()
        totals = log_p + torch.tensor([beam.log_probability for beam in beams])[:, None]
        best = totals.flatten().topk(min(2 * width, totals.numel()))  # twice as many, for those that end here
        found = []
        for total, place in zip(best.values.tolist(), best.indices.tolist(), strict=True):
            parent, token = beams[place // log_p.shape[1]], place % log_p.shape[1]
            ids, each = (*parent.ids, token), (*parent.probabilities, float(log_p[place // log_p.shape[1], token].exp()))
            found.append(Hypothesis(ids, total, total / length_penalty(len(ids), alpha), each))
        done += [one for one in found[:width] if one.ids[-1] == end]
        beams = [one for one in found if one.ids[-1] != end][:width]
        if len(done) >= width:
            break
    return sorted(done or beams, key=lambda one: -one.score)[:width]
