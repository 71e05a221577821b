"""Continuing a text: what systems that offer "generate" can be asked."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import torch
from jaxtyping import Float
from torch import Tensor

from core.generation.sampling import Drawn, Sampling, generate
from core.models.language_model import resting
from core.trained.model import Trained

NOTHING: Mapping[int, int] = MappingProxyType({})


class Continues(Trained):
    """A model whose last position predicts the next token."""

    ends = False  # whether what it writes is over at [EOS]; else that is where the next text or sentence begins

    def begun(self, text: str) -> list[int]:
        """The tokens that a continuation of a text goes on from."""
        return self.tokenizer.encode(text)

    def prompt(self, probe: str) -> list[int]:
        """What of a probe is given to be continued: its first third."""
        ids = self.begun(probe)
        return ids[: max(1, len(ids) // 3)]

    def continuation(self, ids: list[int], n_tokens: int, seed: int, sampling: Sampling | None = None) -> list[int]:
        """`ids` and `n_tokens` more, fewer where it is over, drawn at a temperature of 0.8 among the 50 likeliest where nothing else is asked for."""
        if self.ends and ids[-1:] == [self.tokenizer.eos_id]:
            return ids
        sampling = sampling or Sampling(temperature=0.8, top_k=50)
        return ids + [drawn.id for drawn in self.drawn(ids, n_tokens, seed, sampling, stop=self.ends)]

    def drawn(
        self, ids: list[int], n_tokens: int, seed: int, sampling: Sampling, stop: bool = False, n_alternatives: int = 0, forced: Mapping[int, int] = NOTHING
    ) -> Iterator[Drawn]:
        """The same token by token, with what else each could have been; `stop` ends it at the end of a text or sentence.

        forced: the token to be taken in the n-th place after `ids`, whatever would be drawn there.
        """
        # A beginning is what follows an end; where the running text has no ends, what follows the most frequent token.
        begun = ids or [self.tokenizer.eos_id if self.tokenizer.kind in ("word", "wordpiece", "unigram") else self.tokenizer.n_special]
        generator = torch.Generator().manual_seed(seed)
        return generate(self.next_logits, begun, n_tokens, generator, sampling, self.tokenizer.eos_id if stop else None, n_alternatives, forced)

    def next_logits(self, ids: list[int]) -> Float[Tensor, " vocab"]:
        """What the model says of the token after `ids`, of which it sees the last n_ctx."""
        with resting(self.model):
            hidden = self.model.hidden(self.batch(ids[-self.model.n_ctx :]))
            return self.model.unembed(hidden[0, -1])
