"""A trained model to look at, with its tokenizer: no corpus, no optimizer. What a learner and a page have in common."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from core.batch import IGNORE, Batch
from core.inspection.attention import patterns
from core.inspection.contextual import Contextual, contextual
from core.inspection.inside import Inside, inside
from core.models.language_model import LanguageModel, resting
from core.patterns import Patterns
from core.text.tokenizers import Tokenizer
from core.vectors import Vectors

Kind = TypeVar("Kind", bound="Trained")


@dataclass(frozen=True, eq=False)
class Reading:
    """A text as a model reads it: a batch of one, and the tokens of its `ids` and its `source` as shown."""

    batch: Batch
    tokens: list[str]
    source: Sequence[str] = ()
    n_left_out: int = 0  # tokens at the end of the text for which the context had no room


class Trained:
    """Each system has its own kind, which says how a text is read (`batch`, or all of `read`) and, by its other parents, what can be asked of it."""

    ways: tuple[str, ...] = ()  # the masks under which a text may be read, by name; empty where there is one only
    way = ""  # one of them

    def __init__(self, model: LanguageModel, tokenizer: Tokenizer, settings: Any) -> None:
        self.model, self.tokenizer, self.settings = model, tokenizer, settings

    def under(self: Kind, way: str) -> Kind:
        """The same model, reading under another of its masks; ValueError in words where it has none of that name."""
        if way not in self.ways:
            raise ValueError(f"There is no mask called {way!r} here; there are {', '.join(self.ways) or 'no others than its own'}.")
        other = copy(self)
        other.way = way
        return other

    def batch(self, ids: list[int]) -> Batch:
        """One sequence under the system's mask, with nothing to predict."""
        raise NotImplementedError

    def read(self, text: str) -> Reading:
        """Of a text longer than the context the beginning; ValueError in words where there is nothing to read."""
        ids = self.ids(text)
        seen = ids[: self.model.n_ctx]
        return Reading(self.batch(seen), self.shown(seen), n_left_out=len(ids) - len(seen))

    def settled(self, text: str) -> str:
        """The text with whatever this model would add to it, so that another step's model reads the same."""
        return text

    def patterns(self, text: str) -> list[Patterns]:
        """The attention of a text, one Patterns for each kind of attention that the model has."""
        reading = self.read(text)
        return patterns(self.model, reading.batch, reading.tokens, reading.source, reading.n_left_out)

    def contextual(self, text: str) -> Contextual:
        """What each layer makes of each token of a text; where there is an encoder, what its layers make of a source."""
        reading = self.read(text)
        return contextual(self.model, reading.batch, reading.tokens)

    def inside(self, text: str, part: str, layer: int, head: int) -> Inside:
        """The steps inside one head (from 0) of one kind of attention, on a text."""
        reading = self.read(text)
        return inside(self.model, reading.batch, reading.tokens, reading.source, part, layer, head)

    def vectors(self, counts: np.ndarray) -> Vectors:
        """The token embedding: ordinary tokens, most frequent first. counts: int64 [vocab_size]."""
        ordinary = np.arange(self.tokenizer.n_special, self.tokenizer.vocab_size)
        rows = ordinary[np.argsort(-counts[ordinary], kind="stable")]
        matrix = self.model.embed.weight.detach().float().cpu().numpy()
        return Vectors(self.shown(rows), matrix[rows], counts[rows])

    def losses(self, batch: Batch) -> Float[np.ndarray, "batch pos"]:
        """What each target of a batch costs, in nats; not a number where there is none."""
        with resting(self.model):
            logits = self.model(batch)
        costs = F.cross_entropy(logits.transpose(1, 2), batch.targets, ignore_index=IGNORE, reduction="none")
        known: np.ndarray = costs.masked_fill(batch.targets == IGNORE, torch.nan).float().cpu().numpy()
        return known

    def loss(self, batch: Batch) -> Tensor:
        """Mean over the targets of a batch, in nats."""
        return torch.tensor(np.nanmean(self.losses(batch)))

    def placed(self, batch: Batch) -> Batch:
        """The batch where the model is."""
        parts: dict[str, Any] = {name: part.to(self.model.device) for name, part in vars(batch).items() if isinstance(part, Tensor)}
        return replace(batch, **parts)

    def ids(self, text: str) -> list[int]:
        """The text's tokens; ValueError in words where there is none."""
        ids = self.tokenizer.encode(text)
        if not ids:
            raise ValueError("There is no token in this text. Type a word or a sentence.")
        return ids

    def shown(self, ids: Sequence[int] | np.ndarray) -> list[str]:
        """Tokens as a reader sees them."""
        return [self.tokenizer.words[i] for i in ids]
