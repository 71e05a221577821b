"""Permutation language modelling (XLNet): the last tokens of a random order are predicted, each from those that come before it there."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from core.batch import IGNORE, Batch
from core.blocks.masks import before, padding, remembering, up_to
from core.objectives.pairs import Joined, padded
from core.text.tokenizers import Tokenizer

IN_A_ROW = 16  # stretches that follow each other before a batch begins elsewhere: a model that always remembered would be lost where a text begins


def permuted(ids: Int[Tensor, "batch pos"], order: Int[Tensor, "batch pos"], targets: Bool[Tensor, "batch pos"], n_memory: int = 0) -> Batch:
    """The targets are predicted in their order; all other tokens come before them at one place, see each other and are seen by all.

    order: each token's place, from 1; 0 for what is seen by all. The memory is seen by all too.
    """
    content, query = (remembering(mask, n_memory) for mask in (up_to(order), before(order)))
    return Batch(ids, ids.masked_fill(~targets, IGNORE), content, query_mask=query)


def last_of(order: Int[Tensor, "batch pos"], one_in: int, ordinary: Bool[Tensor, "batch pos"]) -> Bool[Tensor, "batch pos"]:
    """Of the ordinary tokens of each sequence the last 1/one_in of its order, one at least (Yang et al. 2019, section 2.3)."""
    n_later = (ordinary[:, None] & (order[:, None] > order[..., None])).sum(-1)
    return ordinary & (n_later < (ordinary.sum(-1, keepdim=True) // one_in).clamp(min=1))


def random_order(like: Int[Tensor, "batch pos"], generator: torch.Generator) -> Int[Tensor, "batch pos"]:
    """Each position's place in an order of its sequence, from 1; all orders are as likely."""
    return 1 + torch.rand(like.shape, generator=generator).argsort(-1).to(like.device)


class Permutation:
    """Stretches of `n_ctx` tokens of a running text, packed; a sentence's end becomes [EOS].

    one_in: the paper's K. n_memory: how many positions of the stretches before can be looked back at, where stretches follow each other.
    """

    def __init__(self, stream: np.ndarray, n_ctx: int, tokenizer: Tokenizer, one_in: int, n_memory: int = 0, device: torch.device | str = "cpu") -> None:
        if len(stream) < 2:
            raise ValueError(f"There is nothing to predict in a text of {len(stream)} tokens: it takes at least two. Choose a longer text.")
        self.stream, self.eos_id, self.one_in, self.n_memory, self.device = stream, tokenizer.eos_id, one_in, n_memory, torch.device(device)
        self.n_pos = min(n_ctx, len(stream))
        self.in_a_row = min(IN_A_ROW, len(stream) // self.n_pos)

    def sample(self, batch_size: int, generator: torch.Generator) -> Batch:
        """Stretches from random places, each in an order of its own; nothing is remembered."""
        return self.at(self.places(1, batch_size, generator), generator)

    def spread(self, n_tokens: int, batch_size: int) -> list[Batch]:
        """Stretches from evenly spaced places, the same in the same orders each time; nothing is remembered."""
        n = max(1, min(n_tokens, len(self.stream)) // self.n_pos)
        starts = torch.linspace(0, len(self.stream) - self.n_pos, n, dtype=torch.float64).long()
        generator = torch.Generator().manual_seed(n)
        return [self.at(part, generator) for part in torch.split(starts, batch_size)]

    def following(self, step: int, batch_size: int, seed: int, generator: torch.Generator) -> Batch:
        """The batch of a step: each sequence goes on where the step before left off, which it remembers; after IN_A_ROW steps all begin elsewhere.

        Where they begin follows from the seed and the step alone, the orders from the generator.
        """
        nth, n_before = divmod(step, self.in_a_row)
        begun = int(np.random.SeedSequence((seed, nth, self.in_a_row)).generate_state(1)[0])
        starts = self.places(self.in_a_row, batch_size, torch.Generator().manual_seed(begun)) + n_before * self.n_pos
        return self.at(starts, generator, min(n_before * self.n_pos, self.n_memory))

    def successive(self, n_tokens: int, batch_size: int) -> list[Batch]:
        """Batches of about `n_tokens` tokens together, each going on where the one before left off, from evenly spaced places; the same each time."""
        length = self.in_a_row * self.n_pos
        n = min(batch_size, max(1, n_tokens // length))
        starts = torch.linspace(0, len(self.stream) - length, n, dtype=torch.float64).long()
        generator = torch.Generator().manual_seed(n)
        return [self.at(starts + before, generator, min(before, self.n_memory)) for before in range(0, length, self.n_pos)]

    def places(self, n_stretches: int, batch_size: int, generator: torch.Generator) -> Int[Tensor, " batch"]:
        """Random places with room for so many stretches after them."""
        return torch.randint(len(self.stream) - n_stretches * self.n_pos + 1, (batch_size,), generator=generator)

    def at(self, starts: Int[Tensor, " batch"], generator: torch.Generator, n_memory: int = 0) -> Batch:
        """The stretches that begin at `starts`."""
        tokens = torch.from_numpy(self.stream[starts.numpy()[:, None] + np.arange(self.n_pos)].astype(np.int64))
        ids = tokens.masked_fill_(tokens < 0, self.eos_id).to(self.device)
        order = random_order(ids, generator)
        targets = last_of(order, self.one_in, torch.ones_like(ids, dtype=torch.bool))
        return permuted(ids, order.masked_fill(~targets, 0), targets, n_memory)


def joined(source: Sequence[int], target: Sequence[int], tokenizer: Tokenizer) -> tuple[list[int], list[int]]:
    """Both sides of a pair in one sequence, as XLNet has it: source [SEP] target [SEP] [CLS]; and their segments, 0, 1 and 2."""
    ids = [*source, tokenizer.sep_id, *target, tokenizer.sep_id, tokenizer.cls_id]
    return ids, [0] * (len(source) + 1) + [1] * (len(target) + 1) + [2]


class PermutedPairs(Joined):
    """Pairs, each in one sequence; its marks have their places in the order, but are not predicted."""

    def __init__(self, stream: np.ndarray, n_ctx: int, tokenizer: Tokenizer, one_in: int, device: torch.device | str = "cpu") -> None:
        self.one_in = one_in
        super().__init__(stream, n_ctx, tokenizer, device)

    def batch(self, sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]], generator: torch.Generator) -> Batch:
        t = self.tokenizer
        whole = [joined(source, target, t) for source, target in zip(sources, targets, strict=True)]
        ids, lengths = padded([tokens for tokens, _ in whole], t.pad_id)
        segments, _ = padded([which for _, which in whole], 0)
        ids, segments, room = ids.to(self.device), segments.to(self.device), padding(lengths, ids.shape[1]).to(self.device)
        order = random_order(ids, generator)
        ordinary = room[:, 0, 0] & (ids != t.sep_id) & (ids != t.cls_id)
        wanted = last_of(order, self.one_in, ordinary)
        made = permuted(ids, order.masked_fill(ordinary & ~wanted, 0), wanted)
        assert made.query_mask is not None
        return replace(made, attn_mask=made.attn_mask & room, query_mask=made.query_mask & room, segments=segments)
