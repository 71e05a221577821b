"""Masked tokens under one of several masks (UniLM): seen from both sides, from the left, from the right, or in a target with its source before it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from core.batch import IGNORE, Batch
from core.blocks.masks import anticausal, causal, full, padding, prefix
from core.objectives.masking import Hidden, Masking
from core.objectives.pairs import Joined, padded
from core.objectives.sentence_tasks import NEXT_SENTENCE, PASSAGE, Parts
from core.objectives.sentences import NONE, Sentences, Stretch, framed
from core.text.tokenizers import Tokenizer

N_MARKS = 3  # [CLS] a [SEP] b [SEP]
Mask = Bool[Tensor, "#batch 1 #query key"]


@dataclass(frozen=True)
class Way:
    """How a sequence is read. share: of all sequences; segments: of its first part and its second, which tell the network which way it is; mask: of n
    positions, of which the first `n_source` are [CLS], the first part and its [SEP].
    """

    share: float
    segments: tuple[int, int]
    mask: Callable[[int, Int[Tensor, " batch"]], Mask]


WAYS = {  # Dong et al. 2019, section 2.3 and figure 1; the numbers of the segments as in the authors' program
    "bidirectional": Way(1 / 3, (0, 1), lambda n, n_source: full(n)),
    "left to right": Way(1 / 6, (2, 2), lambda n, n_source: causal(n)),
    "right to left": Way(1 / 6, (3, 3), lambda n, n_source: anticausal(n)),
    "sequence to sequence": Way(1 / 3, (4, 5), lambda n, n_source: causal(n) | prefix(n_source, n)),
}
N_SEGMENTS = 6
IN_TURN = ("bidirectional", "sequence to sequence", "left to right", "bidirectional", "sequence to sequence", "right to left")  # by their shares


@dataclass(frozen=True, eq=False)
class Example:
    """A sequence to be read in a way. n_source: its positions up to its first [SEP]; label: whether its second part follows the first, where that is asked."""

    hidden: Hidden
    way: str
    n_source: int
    label: int | None = None


def unified_batch(examples: Sequence[Example], tokenizer: Tokenizer, device: torch.device) -> Batch:
    """Examples side by side, each under the mask of its way, filled up to the longest."""
    ids, lengths = padded([each.hidden.ids.tolist() for each in examples], tokenizer.pad_id)
    targets, _ = padded([each.hidden.targets.tolist() for each in examples], IGNORE)
    segments, _ = padded([each.hidden.segments.tolist() for each in examples], 0)
    n = ids.shape[1]
    masks = torch.cat([WAYS[each.way].mask(n, torch.tensor([each.n_source])).expand(1, 1, n, n) for each in examples])
    labels = [IGNORE if each.label is None else each.label for each in examples]
    label = None if set(labels) == {IGNORE} else torch.tensor(labels, device=device)
    ids, targets, masks, segments = (part.to(device) for part in (ids, targets, masks & padding(lengths, n), segments))
    return Batch(ids, targets, masks, segments=segments, label=label)


def ways_of(batch: Batch) -> dict[str, Bool[Tensor, " batch"]]:
    """Which sequences of a batch are read in which way; the ways that there are."""
    assert batch.segments is not None
    first = batch.segments[:, 0]
    which = {name: first == way.segments[0] for name, way in WAYS.items()}
    return {name: rows for name, rows in which.items() if rows.any()}


def in_way(parts: Sequence[Stretch], way: str, tokenizer: Tokenizer) -> tuple[Stretch, Int[np.ndarray, " n"], int]:
    """[CLS], and each part with [SEP] after it; the segments of a way; and the positions up to the first [SEP]."""
    whole, which = framed(parts, tokenizer)
    return whole, np.array(WAYS[way].segments)[which], 2 + len(parts[0])


def in_two(sentences: Sentences, first: int, room: int, rng: np.random.Generator) -> Parts:
    """Sentences that fill the room, in two parts that follow each other; of one sentence its beginning and its end."""
    last = sentences.filling(first, room)
    whole = sentences.stretch(first, last).cut(0, room)
    ends = sentences.passed[first + 1 : last] - sentences.passed[first]
    cut = int(rng.choice(ends if len(ends) else np.arange(1, len(whole)) if len(whole) > 1 else [0]))
    return [whole.cut(0, cut), whole.cut(cut, len(whole))], None


class Unified:
    """Sequences of at most `n_ctx` tokens from a running text, each read in one of the ways, in the paper's proportions; 15 % of their tokens are hidden."""

    def __init__(
        self, stream: np.ndarray, n_ctx: int, tokenizer: Tokenizer, device: torch.device | str = "cpu", *, next_sentence: bool = True, share: float = 0.15
    ) -> None:  # fmt: skip
        self.room, self.tokenizer, self.device, self.masking = n_ctx - N_MARKS, tokenizer, torch.device(device), Masking(tokenizer, share)
        self.sentences = Sentences(stream, tokenizer, self.room)
        self.make = {
            "bidirectional": (NEXT_SENTENCE if next_sentence else PASSAGE).make, "left to right": PASSAGE.make, "right to left": PASSAGE.make,
            "sequence to sequence": in_two,
        }  # fmt: skip

    def sample(self, batch_size: int, generator: torch.Generator) -> Batch:
        """Sequences from anywhere in the text, each in a way drawn for it."""
        rng = np.random.default_rng(int(torch.randint(2**62, (1,), generator=generator)))
        ways = rng.choice(list(WAYS), batch_size, p=[way.share for way in WAYS.values()])
        firsts = rng.integers(len(self.sentences), size=batch_size)
        return self.batch([self.example(int(first), str(way), rng) for first, way in zip(firsts, ways, strict=True)])

    def spread(self, n_tokens: int, batch_size: int) -> list[Batch]:
        """Sequences of about `n_tokens` tokens together, from evenly spaced places, in all ways in turn; the same each time."""
        n = max(len(IN_TURN), min(len(self.sentences), n_tokens // (self.room + N_MARKS)))
        firsts = np.linspace(0, len(self.sentences) - 1, n).astype(np.int64).tolist()
        examples = [self.example(first, IN_TURN[i % len(IN_TURN)], np.random.default_rng((first, i))) for i, first in enumerate(firsts)]
        return [self.batch(examples[i : i + batch_size]) for i in range(0, n, batch_size)]

    def each_way(self, generator: torch.Generator) -> dict[str, Batch]:
        """A place in the text as each of the ways reads it, by their names."""
        rng = np.random.default_rng(int(torch.randint(2**62, (1,), generator=generator)))
        first = int(rng.integers(len(self.sentences)))
        return {way: self.batch([self.example(first, way, rng)]) for way in WAYS}

    def batch(self, examples: Sequence[Example]) -> Batch:
        return unified_batch(examples, self.tokenizer, self.device)

    def example(self, first: int, way: str, rng: np.random.Generator) -> Example:
        """One that begins with the sentence of that number."""
        parts, label = self.make[way](self.sentences, first, self.room, rng)
        whole, segments, n_source = in_way(parts, way, self.tokenizer)
        return Example(self.masking.hide(whole, segments, rng), way, n_source, label)


class SequenceToSequence(Joined):
    """Pairs, as UniLM is fine-tuned on them: of the target `share` of the tokens are hidden, [SEP] at its end among them; the source is seen whole."""

    def __init__(self, stream: np.ndarray, n_ctx: int, tokenizer: Tokenizer, device: torch.device | str = "cpu", *, share: float = 0.7) -> None:
        self.masking = Masking(tokenizer, share)
        super().__init__(stream, n_ctx, tokenizer, device)

    def batch(self, sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]], generator: torch.Generator) -> Batch:
        rng = np.random.default_rng(int(torch.randint(2**62, (1,), generator=generator)))
        return unified_batch([self.example(*pair, rng) for pair in zip(sources, targets, strict=True)], self.tokenizer, self.device)

    def example(self, source: Sequence[int], target: Sequence[int], rng: np.random.Generator) -> Example:
        whole, segments, n_source = in_way([plain(source), plain(target)], "sequence to sequence", self.tokenizer)
        units = np.where(np.arange(len(whole)) < n_source, NONE, np.arange(len(whole)) - n_source)
        return Example(self.masking.hide(Stretch(whole.ids, units, whole.ngrams), segments, rng), "sequence to sequence", n_source)


def plain(ids: Sequence[int]) -> Stretch:
    """Tokens that are units of their own."""
    return Stretch(np.asarray(ids, np.int64), np.arange(len(ids)), np.full(len(ids), NONE))
