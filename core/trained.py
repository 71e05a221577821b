"""A trained model to look at, with its tokenizer: no corpus, no optimizer. What a learner and a page have in common."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from core.batch import Batch
from core.generation import Drawn, Sampling, generate
from core.inspection.attention import patterns
from core.models.language_model import LanguageModel, resting
from core.patterns import Patterns
from core.text.tokenizers import Tokenizer
from core.vectors import Vectors

Reading = Callable[[list[int], torch.device], Batch]  # tokens -> a batch of that one sequence, under the system's mask


class Trained:
    """`read` is the system's own: which mask a text is read under."""

    def __init__(self, model: LanguageModel, tokenizer: Tokenizer, read: Reading) -> None:
        self.model, self.tokenizer, self.read = model, tokenizer, read

    def patterns(self, text: str) -> Patterns:
        """The attention of a text; of one longer than the context the beginning, and `n_left_out` says how much is missing."""
        ids = self.ids(text)
        seen = ids[: self.model.n_ctx]
        tokens = [self.tokenizer.words[i] for i in seen]
        return patterns(self.model, self.read(seen, self.model.device), tokens, n_left_out=len(ids) - len(seen))

    def continuation(self, ids: list[int], n_tokens: int, seed: int, sampling: Sampling | None = None) -> list[int]:
        """`ids` and `n_tokens` more, drawn at a temperature of 0.8 among the 50 likeliest where nothing else is asked for."""
        sampling = sampling or Sampling(temperature=0.8, top_k=50)
        return ids + [drawn.id for drawn in self.drawn(ids, n_tokens, seed, sampling)]

    def drawn(self, ids: list[int], n_tokens: int, seed: int, sampling: Sampling, stop: bool = False, n_alternatives: int = 0) -> Iterator[Drawn]:
        """The same token by token, with what else each could have been; `stop` ends it at the end of a text or sentence."""
        # A beginning is what follows an end; where the running text has no ends, what follows the most frequent token.
        begun = ids or [self.tokenizer.eos_id if self.tokenizer.kind == "word" else self.tokenizer.n_special]
        generator = torch.Generator().manual_seed(seed)
        return generate(self.next_logits, begun, n_tokens, generator, sampling, self.tokenizer.eos_id if stop else None, n_alternatives)

    def next_logits(self, ids: list[int]) -> Float[Tensor, " vocab"]:
        """What the model says of the token after `ids`, of which it sees the last n_ctx."""
        with resting(self.model):
            hidden = self.model.hidden(self.read(ids[-self.model.n_ctx :], self.model.device))
            return self.model.unembed(hidden[0, -1])

    def vectors(self, counts: np.ndarray) -> Vectors:
        """The token embedding: ordinary tokens, most frequent first. counts: int64 [vocab_size]."""
        ordinary = np.arange(self.tokenizer.n_special, self.tokenizer.vocab_size)
        rows = ordinary[np.argsort(-counts[ordinary], kind="stable")]
        matrix = self.model.embed.weight.detach().float().cpu().numpy()
        return Vectors([self.tokenizer.words[i] for i in rows], matrix[rows], counts[rows])

    def ids(self, text: str) -> list[int]:
        """The text's tokens; ValueError in words where there is none."""
        ids = self.tokenizer.encode(text)
        if not ids:
            raise ValueError("There is no token in this text. Type a word or a sentence.")
        return ids
