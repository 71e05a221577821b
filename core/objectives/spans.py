"""Span corruption (T5): spans of a text are hidden behind sentinels, and the target is what they hide (Raffel et al. 2020, section 3.1.4).

The lengths, the masks and the order of the sentinels are those of the paper's program (t5/data/preprocessors.py).
"""

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from core.batch import Batch
from core.objectives.pairs import pair_batch
from core.text.sentinels import sentinel
from core.text.tokenizers import Tokenizer

Ids = Int[np.ndarray, " pos"]


def lengths(n_ctx: int, noise_density: float, mean_span_length: float) -> tuple[int, int]:
    """How many tokens of a text become a source of n_ctx tokens or just less, and how long its target is, each with the mark at its end."""

    def corrupted(n: int) -> tuple[int, int]:
        n_noise = round(n * noise_density)
        n_spans = round(n_noise / mean_span_length)
        return n - n_noise + n_spans + 1, n_noise + n_spans + 1

    n = n_ctx - 1
    while corrupted(n + 1)[0] <= n_ctx:
        n += 1
    target = corrupted(n)[1]
    # Where half of a text is hidden, both sides are to be of the same length.
    return (n - 1, target - 1) if noise_density == 0.5 and target > corrupted(n)[0] else (n, target)


def noise(n: int, noise_density: float, mean_span_length: float, generator: np.random.Generator, roll: bool = False) -> Bool[np.ndarray, " pos"]:
    """Which of n tokens are hidden: a fixed number of them in a fixed number of spans, between spans that are not; all such masks equally likely.

    The first token is never hidden and the last one always: in a short text, of which one span is hidden, that leaves no choice. With `roll` some of what
    stands before the first span stands behind the last one instead, as in the paper's figure 2, whose target ends with a sentinel.
    """
    length = max(n, 2)
    n_noise = min(max(round(length * noise_density), 1), length - 1)
    n_spans = min(max(round(n_noise / mean_span_length), 1), length - n_noise)
    spans = np.stack([segments(length - n_noise, n_spans, generator), segments(n_noise, n_spans, generator)], axis=1).ravel()
    hidden = np.repeat(np.arange(2 * n_spans) % 2 == 1, spans)[:n]
    return np.roll(hidden, -int(generator.integers(spans[0]))) if roll else hidden


def segments(n: int, n_segments: int, generator: np.random.Generator) -> Int[np.ndarray, " segment"]:
    """n cut at random places into so many parts, none of them empty: their lengths."""
    cuts = np.sort(generator.choice(n - 1, n_segments - 1, replace=False)) + 1
    return np.diff(np.concatenate([[0], cuts, [n]]))


def behind_sentinels(ids: Ids, hidden: Bool[np.ndarray, " pos"], vocab_size: int) -> list[int]:
    """The ids with each hidden span replaced by a sentinel, the first by the first. With `~hidden` the target: the spans alone, a sentinel before each."""
    begins = hidden & ~np.concatenate([[False], hidden[:-1]])
    marked = np.where(begins, sentinel(0, vocab_size) + 1 - np.cumsum(begins), ids)
    kept: list[int] = marked[begins | ~hidden].tolist()
    return kept


class Spans:
    """Stretches of a stream of token ids, spans of which are hidden. Marks between sentences are passed over: a stretch may reach across."""

    def __init__(
        self, stream: np.ndarray, n_ctx: int, noise_density: float, mean_span_length: float, tokenizer: Tokenizer, device: torch.device | str = "cpu"
    ) -> None:  # fmt: skip
        if len(stream) < 2:
            raise ValueError(f"There is nothing to hide in a text of {len(stream)} tokens: it takes at least two. Choose a longer text.")
        self.stream, self.tokenizer, self.device = stream, tokenizer, torch.device(device)
        self.noise_density, self.mean_span_length = noise_density, mean_span_length
        self.n_pos = min(lengths(n_ctx, noise_density, mean_span_length)[0], len(stream))

    def sample(self, batch_size: int, generator: torch.Generator) -> Batch:
        """Stretches from random places."""
        starts = torch.randint(len(self.stream) - self.n_pos + 1, (batch_size,), generator=generator)
        return self.at(starts, np.random.default_rng(int(torch.randint(2**31, (1,), generator=generator))))

    def spread(self, n_tokens: int, batch_size: int) -> list[Batch]:
        """Stretches of about `n_tokens` tokens together, from evenly spaced places, the same spans hidden each time."""
        n = max(1, min(n_tokens, len(self.stream)) // self.n_pos)
        starts = torch.linspace(0, len(self.stream) - self.n_pos, n, dtype=torch.float64).long()
        drawn = np.random.default_rng(1)
        return [self.at(part, drawn) for part in torch.split(starts, batch_size)]

    def at(self, starts: Int[Tensor, " batch"], drawn: np.random.Generator) -> Batch:
        """The stretches that begin at `starts`; what is hidden of them is drawn."""
        stretches = (self.stream[start : start + self.n_pos] for start in starts.tolist())
        pairs = [self.corrupted(stretch[stretch >= 0], drawn) for stretch in stretches]
        return pair_batch([source for source, _ in pairs], [target for _, target in pairs], self.tokenizer, self.device)

    def corrupted(self, ids: Ids, drawn: np.random.Generator) -> tuple[list[int], list[int]]:
        """A text as source, with the mark at its end, and target."""
        hidden = noise(len(ids), self.noise_density, self.mean_span_length, drawn, roll=True)
        vocab_size = self.tokenizer.vocab_size
        return [*behind_sentinels(ids, hidden, vocab_size), self.tokenizer.eos_id], behind_sentinels(ids, ~hidden, vocab_size)
