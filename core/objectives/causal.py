"""Next-token prediction (GPT): every position's target is the token after it, under the causal mask."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from core.batch import IGNORE, Batch
from core.blocks.masks import causal
from core.objectives.pairs import Pairs, padded


def to_read(ids: list[int], device: torch.device | str = "cpu") -> Batch:
    """One sequence to be read: what is shown, and what is continued. Of its last token nobody knows what follows."""
    read = torch.tensor([[*ids, IGNORE]], device=device)
    return Batch(read[:, :-1], read[:, 1:], causal(len(ids), read.device))


class Causal:
    """Sequences of `n_ctx` tokens cut from a stream of token ids, packed: no padding, every position has a target.

    A sentence's end (-1 in the stream) becomes `eos_id`. A stream shorter than `n_ctx` gives shorter sequences.
    """

    def __init__(self, stream: np.ndarray, n_ctx: int, eos_id: int, device: torch.device | str = "cpu") -> None:
        if len(stream) < 2:
            raise ValueError(f"There is nothing to predict in a text of {len(stream)} tokens: it takes at least two. Choose a longer text.")
        self.stream, self.eos_id, self.device = stream, eos_id, torch.device(device)
        self.n_pos = min(n_ctx, len(stream) - 1)

    @cached_property
    def mask(self) -> Tensor:
        """The one mask that all batches share."""
        return causal(self.n_pos, self.device)

    def sample(self, batch_size: int, generator: torch.Generator) -> Batch:
        """Sequences from random places; overlaps are possible, sentences are cut where they happen to be."""
        starts = torch.randint(len(self.stream) - self.n_pos, (batch_size,), generator=generator)
        return self.at(starts)

    def spread(self, n_tokens: int, batch_size: int) -> list[Batch]:
        """Sequences of about `n_tokens` tokens together, from evenly spaced places, the same each time; none overlap."""
        n = max(1, min(n_tokens, len(self.stream) - 1) // self.n_pos)
        starts = torch.linspace(0, len(self.stream) - 1 - self.n_pos, n, dtype=torch.float64).long()
        return [self.at(part) for part in torch.split(starts, batch_size)]

    def at(self, starts: Int[Tensor, " batch"]) -> Batch:
        """The sequences that begin at `starts`."""
        tokens = torch.from_numpy(self.stream[starts.numpy()[:, None] + np.arange(self.n_pos + 1)].astype(np.int64))
        tokens = tokens.masked_fill_(tokens < 0, self.eos_id).to(self.device)
        return Batch(tokens[:, :-1], tokens[:, 1:], self.mask)


class CausalPairs(Pairs):
    """Pairs as one sequence, source [SEP] target: the target and [EOS] after it are predicted, the source is only read."""

    def fits(self, n_source: Int[np.ndarray, " n"], n_target: Int[np.ndarray, " n"], n_ctx: int) -> Bool[np.ndarray, " n"]:
        return np.asarray(n_source + 1 + n_target <= n_ctx)

    def batch(self, sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]], generator: torch.Generator) -> Batch:
        t = self.tokenizer
        both = list(zip(sources, targets, strict=True))
        ids, _ = padded([[*source, t.sep_id, *target] for source, target in both], t.pad_id)
        wanted, _ = padded([[IGNORE] * len(source) + [*target, t.eos_id] for source, target in both], IGNORE)
        # Nobody sees the filling: it comes after all that is predicted.
        return Batch(ids.to(self.device), wanted.to(self.device), causal(ids.shape[1], self.device))
