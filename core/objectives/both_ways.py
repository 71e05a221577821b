"""The next token, the one before, and what stands in a gap (ELMo): each sequence three times, under three masks."""

import numpy as np
import torch
from torch import Tensor

from core.batch import IGNORE, Batch
from core.blocks.masks import anticausal, causal, itself
from core.objectives.causal import Causal

GAPS = 0.15  # share of places asked for in the third


class BothWays:
    """Sequences of `n_ctx` tokens cut from a stream, packed, as of Causal. The first third of a batch is read forward, the second backward; in the
    third some places, drawn at random, have to be told from all the others.
    """

    def __init__(self, stream: np.ndarray, n_ctx: int, eos_id: int, device: torch.device | str = "cpu") -> None:
        if len(stream) < 3:
            raise ValueError(f"There is nothing to predict both ways in a text of {len(stream)} tokens: it takes at least three. Choose a longer text.")
        self.windows = Causal(stream, n_ctx + 1, eos_id, device)

    def sample(self, batch_size: int, generator: torch.Generator) -> Batch:
        """Sequences from random places."""
        return self.three_times(self.windows.sample(batch_size, generator), generator)

    def spread(self, n_tokens: int, batch_size: int) -> list[Batch]:
        """Sequences of about `n_tokens` tokens together, and their gaps, the same each time."""
        generator = torch.Generator().manual_seed(0)
        return [self.three_times(batch, generator) for batch in self.windows.spread(n_tokens, batch_size)]

    def three_times(self, batch: Batch, generator: torch.Generator) -> Batch:
        """batch: of one token more, so that the first too has one before it."""
        before, ids, after = batch.ids[:, :-1], batch.ids[:, 1:], batch.targets[:, 1:]
        n_batch, n = ids.shape
        gaps = torch.rand(n_batch, n, generator=generator).argsort(dim=1) < max(1, round(GAPS * n))
        targets = [after, before, ids.masked_fill(~gaps.to(ids.device), IGNORE)]
        return Batch(ids.repeat(3, 1), torch.cat(targets), three_masks(n).to(ids.device).repeat_interleave(n_batch, dim=0))


def three_masks(n: int) -> Tensor:
    """Itself and what came before; itself and what comes after; all but itself. [3 1 query key]"""
    return torch.cat([causal(n), anticausal(n), ~itself(n)])
