"""Beam search: the likeliest sequence as a whole, not token by token (Sutskever et al. 2014; length penalty of Wu et al. 2016, equation 14)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

NextLogits = Callable[[Int[Tensor, "beam pos"]], Float[Tensor, "beam vocab"]]  # of the token after each beginning
Fate = Literal["kept", "ended", "dropped"]


@dataclass(frozen=True)
class Hypothesis:
    """A sequence, without the token it began with, and what it is worth."""

    ids: tuple[int, ...]
    log_probability: float  # of all its tokens
    score: float  # the same over the length penalty: what hypotheses are ordered by
    probabilities: tuple[float, ...] = field(default=(), repr=False)  # of each token


@dataclass(frozen=True)
class Branch:
    """A hypothesis that a step has weighed. parent: the place, among all branches, of the one that it makes longer by a token; -1: the beginning."""

    hypothesis: Hypothesis
    parent: int
    fate: Fate

    @property
    def step(self) -> int:
        """Counted from 0."""
        return len(self.hypothesis.ids) - 1


@dataclass(frozen=True)
class Search:
    """best: those that a search has found, the best first. branches: all that it has weighed, step by step, the likeliest first: a tree."""

    best: list[Hypothesis]
    branches: list[Branch]


def search(next_logits: NextLogits, begin: int, end: int, width: int = 4, longest: int = 64, alpha: float = 0.6) -> Search:
    """Keeps the `width` likeliest beginnings at each step, until so many have reached `end`, or `longest` tokens. A width of 1 is greedy."""
    beams, done, branches = [(Hypothesis((), 0.0, 0.0), -1)], list[Hypothesis](), list[Branch]()
    for _ in range(longest):
        log_p = next_logits(torch.tensor([[begin, *beam.ids] for beam, _ in beams])).float().log_softmax(-1).cpu()
        totals = log_p + torch.tensor([beam.log_probability for beam, _ in beams])[:, None]
        best = totals.flatten().topk(min(2 * width, totals.numel()))  # twice as many, for those that end here
        weighed = list[Branch]()
        for place, (total, at) in enumerate(zip(best.values.tolist(), best.indices.tolist(), strict=True)):
            (beam, parent), token = beams[at // log_p.shape[1]], at % log_p.shape[1]
            ids, each = (*beam.ids, token), (*beam.probabilities, float(log_p[at // log_p.shape[1], token].exp()))
            room = place if token == end else sum(branch.fate == "kept" for branch in weighed)
            fate: Fate = "dropped" if room >= width else "ended" if token == end else "kept"
            weighed.append(Branch(Hypothesis(ids, total, total / length_penalty(len(ids), alpha), each), parent, fate))
        beams = [(branch.hypothesis, len(branches) + i) for i, branch in enumerate(weighed) if branch.fate == "kept"]
        done += [branch.hypothesis for branch in weighed if branch.fate == "ended"]
        branches += weighed
        if len(done) >= width or not beams:
            break
    found = done or [beam for beam, _ in beams]
    return Search(sorted(found, key=lambda one: -one.score)[:width], branches)


def length_penalty(length: int, alpha: float) -> float:
    """((5 + length) / 6) ** alpha: 1 for alpha 0; the more alpha, the less a long sequence costs."""
    return float(((5 + length) / 6) ** alpha)
