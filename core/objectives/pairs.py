"""From a source to its target, token by token (seq2seq, Transformer): the decoder sees what it has written, and the whole source."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from core.batch import IGNORE, Batch
from core.blocks.masks import causal, padding
from core.text.sentences import pairs
from core.text.tokenizers import Tokenizer

POOL = 16  # batches drawn at once and sorted by length, so that little of a batch is padding


def pair_batch(sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]], tokenizer: Tokenizer, device: torch.device | str = "cpu") -> Batch:
    """Sources as they are, targets between [BOS] and [EOS], both padded; each position's target is the token after it (teacher forcing)."""
    source, n_source = padded(sources, tokenizer.pad_id)
    ids, n_target = padded([[tokenizer.bos_id, *target] for target in targets], tokenizer.pad_id)
    wanted, _ = padded([[*target, tokenizer.eos_id] for target in targets], IGNORE)
    seen = padding(n_source, source.shape[1])
    attn_mask = causal(ids.shape[1]) & padding(n_target, ids.shape[1])
    memory_mask, source_mask = seen.expand(-1, 1, ids.shape[1], -1), seen.expand(-1, 1, source.shape[1], -1)
    parts = (part.to(device) for part in (ids, wanted, attn_mask, memory_mask, source, source_mask))
    ids, wanted, attn_mask, memory_mask, source, source_mask = parts
    return Batch(ids, wanted, attn_mask, memory_mask, source=source, source_mask=source_mask)


def writing(read: Batch, rows: Int[Tensor, " row"], ids: Int[Tensor, "row pos"]) -> Batch:
    """Those rows of a batch whose sources are read, with these tokens written so far and nothing to predict."""
    assert read.source is not None
    assert read.source_mask is not None
    rows, ids = rows.to(read.source.device), ids.to(read.source.device)
    mask, n = read.source_mask[rows], ids.shape[1]
    memory_mask = mask[:, :, :1].expand(-1, -1, n, -1)
    return Batch(ids, torch.full_like(ids, IGNORE), causal(n).to(ids.device), memory_mask, source=read.source[rows], source_mask=mask)


def padded(sequences: Sequence[Sequence[int]], filling: int) -> tuple[Int[Tensor, "batch pos"], Int[Tensor, " batch"]]:
    """The sequences side by side, filled up to the longest, and how long each is."""
    lengths = np.array([len(sequence) for sequence in sequences])
    filled = np.full((len(sequences), max(1, int(lengths.max(initial=0)))), filling, np.int64)
    for row, sequence in zip(filled, sequences, strict=True):
        row[: len(sequence)] = sequence
    return torch.from_numpy(filled), torch.from_numpy(lengths)


class Pairs:
    """Pairs of a stream of token ids whose sides fit into `n_ctx` (a target with the mark at its end). Batches of pairs of like length."""

    def __init__(self, stream: np.ndarray, n_ctx: int, tokenizer: Tokenizer, device: torch.device | str = "cpu") -> None:
        self.stream, self.tokenizer, self.device = stream, tokenizer, torch.device(device)
        (s0, s1), (t0, t1) = pairs(stream, tokenizer)
        fits = self.fits(s1 - s0, t1 - t0, n_ctx)
        self.n_left_out = int((~fits).sum())  # too long
        self.note = f"{self.n_left_out:,} of {len(fits):,} pairs are longer than n_ctx ({n_ctx} tokens), and left out." if self.n_left_out else ""
        self.bounds = np.stack([s0, s1, t0, t1], axis=1)[fits]  # int64 [n_pairs, 4]
        if not len(self.bounds):
            why = f"all {len(s0):,} are longer than n_ctx ({n_ctx} tokens); raise it" if len(s0) else "it takes two sentences, or lines of pairs; add some"
            raise ValueError(f"There is no pair to learn from in this text: {why}, or choose another text.")

    def fits(self, n_source: Int[np.ndarray, " n"], n_target: Int[np.ndarray, " n"], n_ctx: int) -> Bool[np.ndarray, " n"]:
        """Whether there is room for sides of these lengths."""
        return (n_source <= n_ctx) & (n_target < n_ctx)

    def batch(self, sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]], generator: torch.Generator) -> Batch:
        """What is learnt from these pairs; what is random in it, from the generator."""
        return pair_batch(sources, targets, self.tokenizer, self.device)

    def sample(self, batch_size: int, generator: torch.Generator) -> Batch:
        """Pairs drawn at random, of like length: one of POOL stretches of a larger draw that was sorted. All of them, where there is room for all."""
        if batch_size >= len(self.bounds):
            return self.at(np.arange(len(self.bounds)), generator)
        drawn = torch.randint(len(self.bounds), (POOL * batch_size,), generator=generator).numpy()
        lengths = self.bounds[drawn, 1] - self.bounds[drawn, 0] + self.bounds[drawn, 3] - self.bounds[drawn, 2]
        start = batch_size * int(torch.randint(POOL, (1,), generator=generator))
        return self.at(drawn[np.argsort(lengths, kind="stable")][start : start + batch_size], generator)

    def spread(self, n_tokens: int, batch_size: int) -> list[Batch]:
        """Evenly spaced pairs of about `n_tokens` tokens together, the same each time."""
        each = float(np.mean(self.bounds[:, 1] - self.bounds[:, 0] + self.bounds[:, 3] - self.bounds[:, 2])) + 1
        which = np.linspace(0, len(self.bounds) - 1, int(max(1, min(len(self.bounds), n_tokens / each)))).astype(np.int64)
        generator = torch.Generator().manual_seed(len(which))
        return [self.at(which[i : i + batch_size], generator) for i in range(0, len(which), batch_size)]

    def at(self, which: Int[np.ndarray, " batch"], generator: torch.Generator) -> Batch:
        """The pairs of these numbers."""
        sides = [(self.stream[a:b].tolist(), self.stream[c:d].tolist()) for a, b, c, d in self.bounds[which]]
        return self.batch([source for source, _ in sides], [target for _, target in sides], generator)


class Ended(Pairs):
    """Pairs whose sources have [EOS] at their end too, as their targets have (T5)."""

    def fits(self, n_source: Int[np.ndarray, " n"], n_target: Int[np.ndarray, " n"], n_ctx: int) -> Bool[np.ndarray, " n"]:
        return (n_source < n_ctx) & (n_target < n_ctx)

    def batch(self, sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]], generator: torch.Generator) -> Batch:
        return pair_batch([[*source, self.tokenizer.eos_id] for source in sources], targets, self.tokenizer, self.device)


class Joined(Pairs):
    """Pairs whose two sides stand in one sequence, with three marks besides."""

    def fits(self, n_source: Int[np.ndarray, " n"], n_target: Int[np.ndarray, " n"], n_ctx: int) -> Bool[np.ndarray, " n"]:
        return np.asarray(n_source + n_target + 3 <= n_ctx)
