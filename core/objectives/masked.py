"""Masked tokens, and a question about the whole sequence (BERT, ERNIE): everybody sees everybody, so what is predicted is hidden."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Int

from core.batch import IGNORE, Batch
from core.blocks.masks import full, padding
from core.objectives.masking import Hidden, Masking
from core.objectives.pairs import padded
from core.objectives.sentence_tasks import NEXT_SENTENCE, SentenceTask
from core.objectives.sentences import Sentences, framed
from core.text.tokenizers import Tokenizer
from core.text.units import Level

COPIES = 10  # how many ways the same chunk is made where examples are static, as for BERT (Liu et al. 2019, section 4.1)

Example = tuple[Hidden, int | None]  # a sequence, and the right answer where its task has one
Numbers = Int[np.ndarray, " n"]


class Masked:
    """Sequences of at most `n_ctx` tokens from a stream of token ids, each for one of `tasks`; a batch is of one task.

    active: numbers of the tasks that are drawn.
    static: each chunk of the text is made once in COPIES ways, and seen so again and again, as BERT's; else each example is drawn anew, beginning with
    any sentence.
    """

    def __init__(
        self, stream: np.ndarray, n_ctx: int, tokenizer: Tokenizer, device: torch.device | str = "cpu", *, level: Level = "tokens",
        tasks: Sequence[SentenceTask] = (NEXT_SENTENCE,), masking: Masking | None = None, static: bool = False, active: Sequence[int] = (0,),
    ) -> None:  # fmt: skip
        self.n_ctx, self.tokenizer, self.device, self.static = n_ctx, tokenizer, torch.device(device), static
        self.tasks, self.masking = tuple(tasks), masking or Masking(tokenizer)
        self.active = tuple(active)
        self.sentences = Sentences(stream, tokenizer, n_ctx - max(self.tasks[i].n_marks for i in active), level)

    def sample(self, batch_size: int, generator: torch.Generator, active: Sequence[int] | None = None) -> Batch:
        """Examples of one of the active tasks (of fewer, where those are given), from anywhere in the text."""
        rng = np.random.default_rng(int(torch.randint(2**62, (1,), generator=generator)))
        task = int(rng.choice(active or self.active))
        return self.batch([self._drawn(task, rng) for _ in range(batch_size)], task)

    def spread(self, n_tokens: int, batch_size: int) -> list[Batch]:
        """Examples of all active tasks, of about `n_tokens` tokens together, from evenly spaced places, the same each time."""
        n_each = max(1, n_tokens // self.n_ctx // len(self.active))
        firsts = np.unique(np.linspace(0, len(self.sentences) - 1, n_each).astype(np.int64))
        parts = [firsts[i : i + batch_size] for i in range(0, len(firsts), batch_size)]
        return [self.batch([self.example(first, task, self._own(first, 0)) for first in part.tolist()], task) for task in self.active for part in parts]

    def example(self, first: int, task: int, rng: np.random.Generator) -> Example:
        """One that begins with the sentence of that number."""
        asked = self.tasks[task]
        parts, label = asked.make(self.sentences, first, self.n_ctx - asked.n_marks, rng)
        return self.masking.hide(*framed(parts, self.tokenizer), rng), label

    def batch(self, examples: Sequence[Example], task: int = 0) -> Batch:
        """Examples side by side, filled up to the longest; nobody sees the filling."""
        ids, lengths = padded([hidden.ids.tolist() for hidden, _ in examples], self.tokenizer.pad_id)
        targets, _ = padded([hidden.targets.tolist() for hidden, _ in examples], IGNORE)
        segments, _ = padded([hidden.segments.tolist() for hidden, _ in examples], 0)
        n = ids.shape[1]
        mask = full(n) & padding(lengths, n)
        labels = None if any(label is None for _, label in examples) else torch.tensor([label for _, label in examples])
        there = (part.to(self.device) for part in (ids, targets, mask, segments))
        ids, targets, mask, segments = there
        return Batch(ids, targets, mask, segments=segments, label=None if labels is None else labels.to(self.device), task=task)

    def _drawn(self, task: int, rng: np.random.Generator) -> Example:
        if not self.static:
            return self.example(int(rng.integers(len(self.sentences))), task, rng)
        first = int(rng.choice(self._chunks))
        return self.example(first, task, self._own(first, int(rng.integers(COPIES))))

    def _own(self, first: int, copy: int) -> np.random.Generator:
        """What is random in an example that is the same each time."""
        return np.random.default_rng((first, copy))

    @cached_property
    def _chunks(self) -> Numbers:
        return self.sentences.chunks()
