"""Putting back what was hidden of a text: what systems that offer "restore" can be asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from core.objectives.spans import Spans
from core.text import sentinels
from core.trained.model import Reading
from core.trained.translating import Translates

Each = TypeVar("Each")


@dataclass(frozen=True)
class Span:
    """sentinel: as shown. hidden: the tokens that it stands for. filled: those that the model puts there, each as the first of what could have been put
    there and with its probability.
    """

    sentinel: str
    hidden: list[str]
    filled: list[list[tuple[str, float]]]


@dataclass(frozen=True)
class Restoration:
    """source: the tokens that the model read, sentinels among them."""

    source: list[str]
    spans: list[Span]


class Restores(Translates):
    """A model that has learnt by span corruption. Sentinels may be written into a text: "the king <extra_id_0> the queen".

    restoring: whether it has learnt nothing but to restore; where nobody knows (None) it shows by what the model answers.
    """

    restoring: bool | None = None

    def restoration(self, text: str, seed: int = 0, n_alternatives: int = 10) -> Restoration:
        """Hides spans of a text, another choice of them for each seed, and lets the model put them back, by the likeliest token each time. Of a text with
        sentinels its own are filled.
        """
        source, target = self.corrupted(text, seed)
        said = self.answers([source])[0]
        filled = self._spans(said, self.alternatives(source, said, n_alternatives))
        hidden = self._spans(target, self.shown(target))
        asked = [id for id in source if id >= self.tokenizer.vocab_size]
        spans = [Span(self.shown([id])[0], hidden.get(id, []), filled.get(id, [])) for id in asked]
        return Restoration(self.shown(source), spans)

    def corrupted(self, text: str, seed: int = 0) -> tuple[list[int], list[int]]:
        """A source with sentinels and its target, which is empty where the text has sentinels already."""
        source, _ = self.source(text)
        if any(id >= self.tokenizer.vocab_size for id in source):
            return source, []
        ids, s = np.array(source[:-1]), self.settings
        objective = Spans(ids if len(ids) > 1 else np.repeat(ids, 2), self.model.n_ctx, s.noise_density, s.mean_span_length, self.tokenizer)
        return objective.corrupted(ids, np.random.default_rng(seed))

    def read(self, text: str) -> Reading:
        """A text alone, of a model that has learnt to restore, is read with spans hidden: it was never shown a whole one."""
        if "\t" not in text and self.restores(text):
            source, target = self.corrupted(text)
            return self.reading(source, target, max(0, len(self.ids(text)) + 1 - self.model.n_ctx))
        return super().read(text)

    def answer(self, probe: str) -> tuple[str, str]:
        if "\t" not in probe and self.restores(probe):
            source, _ = self.corrupted(probe)
            return self.text(source), self.text(self.answers([source])[0])
        return super().answer(probe)

    def restores(self, text: str) -> bool:
        """Whether it answers a whole text with sentinels, as one does that has learnt nothing but to restore."""
        source, _ = self.source(text)
        if any(id >= self.tokenizer.vocab_size for id in source):
            return False
        if self.restoring is not None:
            return self.restoring
        return any(id >= self.tokenizer.vocab_size for id in self.answers([source])[0][:1])

    def source(self, text: str) -> tuple[list[int], int]:
        ids, room = self.ids(text), self.model.n_ctx - 1
        return [*ids[:room], self.tokenizer.eos_id], max(0, len(ids) - room)

    def ids(self, text: str) -> list[int]:
        ids = sentinels.encode(text, self.tokenizer)
        if not ids:
            raise ValueError("There is no token in this text. Type a word or a sentence.")
        return ids

    def shown(self, ids: Sequence[int] | np.ndarray) -> list[str]:
        return [sentinels.shown(int(id), self.tokenizer) for id in ids]

    def text(self, ids: Sequence[int]) -> str:
        return sentinels.decode((id for id in ids if id != self.tokenizer.eos_id), self.tokenizer)

    def _spans(self, target: Sequence[int], told: Sequence[Each]) -> dict[int, list[Each]]:
        """What is told of each token of a target, by the sentinel that it stands behind."""
        found: dict[int, list[Each]] = {}
        last: list[Each] = []
        for id, each in zip(target, told, strict=True):
            if id >= self.tokenizer.vocab_size:
                last = found.setdefault(id, [])
            elif id != self.tokenizer.eos_id:
                last.append(each)
        return found
