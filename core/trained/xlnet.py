"""XLNet to look at: a text read in one order or another, continued, and filled in."""

from dataclasses import replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

from core.batch import IGNORE, Batch
from core.blocks.masks import full
from core.inspection.contextual import Contextual
from core.objectives.permutation import joined, permuted, random_order
from core.trained.continuing import Continues
from core.trained.filling import Fills


class TrainedXLNet(Fills, Continues):
    """Reads a text in an order: the query stream of each token sees those before it in the order. Bidirectional: the content stream alone, which sees all.

    What is hidden comes last, whatever the order: all others see each other, and each [MASK] is predicted from all of them.
    Two sides, with a tab or a line's end between, are read as a pair is learnt: in two segments, with marks at their ends.
    """

    ways = ("left to right", "right to left", "random order", "bidirectional")
    way = ways[0]

    def n_marks(self, n_sides: int) -> int:
        return 3 if n_sides == 2 else 0

    def batch_of(self, sides: list[list[int]], task: int = 0) -> Batch:
        whole, segments = (sides[0], [0] * len(sides[0])) if len(sides) == 1 else joined(sides[0], sides[1], self.tokenizer)
        read = torch.tensor([whole], device=self.model.device)
        hidden = read == self.tokenizer.mask_id
        if self.way == "bidirectional" and not hidden.any():
            made = Batch(read, torch.full_like(read, IGNORE), full(len(whole)).to(read.device))
        else:
            made = permuted(read, hidden.long() if hidden.any() else self.order(read), torch.zeros_like(hidden))
        return replace(made, segments=torch.tensor([segments], device=read.device))

    def order(self, ids: Int[Tensor, "1 pos"]) -> Int[Tensor, "1 pos"]:
        """Each token's place in the order of this way, from 1. The random one is the same each time."""
        if self.way == "random order":
            return random_order(ids, torch.Generator().manual_seed(ids.shape[1]))
        ascending = torch.arange(1, ids.shape[1] + 1, device=ids.device)[None]
        return ascending if self.way == "left to right" else ascending.flip(-1)

    def contextual(self, text: str) -> Contextual:
        """Of the content stream, which knows each token, where everybody sees everybody."""
        return super(TrainedXLNet, self.under("bidirectional")).contextual(text)

    def next_logits(self, ids: list[int]) -> Float[Tensor, " vocab"]:
        """Of a place after `ids`, which comes last in the order."""
        return super().next_logits([*ids, self.tokenizer.mask_id])
