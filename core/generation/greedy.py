"""The likeliest token each time, for many sequences at once."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

NextLogits = Callable[[Int[Tensor, " row"], Int[Tensor, "row pos"]], Float[Tensor, "row vocab"]]  # which sequences, and their tokens so far


def greedy(next_logits: NextLogits, n: int, begin: int, end: int, longest: int) -> list[list[int]]:
    """What each of n sequences says after `begin`, up to `end`, which is left out, or `longest` tokens. Those that have ended are asked no more."""
    ids, going = torch.full((n, longest + 1), end), torch.arange(n)
    ids[:, 0] = begin
    for place in range(1, longest + 1):
        ids[going, place] = next_logits(going, ids[going, :place]).argmax(-1).cpu()
        going = going[ids[going, place] != end]
        if not len(going):
            break
    said = ids[:, 1:].tolist()
    return [row[: row.index(end)] if end in row else row for row in said]
