"""UniLM to look at: a text read in any of its ways, continued, filled in, judged, and turned into another."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from core.batch import IGNORE, Batch
from core.models.bert import BERT
from core.models.language_model import resting
from core.objectives.masking import Hidden
from core.objectives.sentence_tasks import NEXT_SENTENCE, SentenceTask
from core.objectives.unified import N_MARKS, WAYS, Example, in_way, plain, unified_batch
from core.trained.continuing import Continues
from core.trained.filling import Fills, Hole
from core.trained.judging import Judges
from core.trained.model import Reading
from core.trained.translating import Rewrites, Said

BOTH_SIDES, FROM_LEFT, FROM_RIGHT, PAIR = WAYS
LEAST_TARGET = 2  # tokens for which a source leaves room


class TrainedUniLM(Judges, Continues, Rewrites):
    """Where no way is asked for, "source TAB target" is read from source to target, any other text from both sides.

    What comes next is behind a [MASK] after what is there.
    """

    model: BERT
    tasks = (NEXT_SENTENCE,)
    ways = tuple(WAYS)

    @property
    def judged_by(self) -> SentenceTask | None:
        return NEXT_SENTENCE if self.settings.next_sentence else None

    def read(self, text: str) -> Reading:
        """From source to target, where the text gives no target, the model's own likeliest one stands in its place."""
        if not self.way:
            return self.under(PAIR if "\t" in text else BOTH_SIDES).read(text)
        if self.way == PAIR and not text.strip().replace("\n", "\t").partition("\t")[2]:
            source, n_left_out = self.source(text)
            batch = self.batch_of([source, self.answers([source])[0]])
            return Reading(batch, self.shown(batch.ids[0].tolist()), n_left_out=n_left_out)
        return super().read(text)

    def batch_of(self, sides: list[list[int]], task: int = 0) -> Batch:
        return self.batch_of_many([sides])

    def batch_of_many(self, rows: Sequence[Sequence[Sequence[int]]]) -> Batch:
        """Sequences of one or two sides each. Read from the left they are not closed by [SEP], which would come after all that is looked at."""
        way = self.way or BOTH_SIDES
        examples = []
        for sides in rows:
            whole, segments, n_source = in_way([plain(side) for side in sides], way, self.tokenizer)
            n = len(whole) - (way == FROM_LEFT or (way == PAIR and len(sides) == 2))
            examples.append(Example(Hidden(whole.ids[:n], np.full(n, IGNORE), segments[:n], whole.units[:n]), way, n_source))
        return unified_batch(examples, self.tokenizer, self.model.device)

    def next_logits(self, ids: list[int]) -> Float[Tensor, " vocab"]:
        batch = self.under(FROM_LEFT).batch([*ids[-(self.model.n_ctx - 2) :], self.tokenizer.mask_id])
        with resting(self.model):
            return self.model.unembed(self.model.hidden(batch)[0, -1])

    def fill(self, text: str, n_alternatives: int = 10) -> tuple[Reading, list[Hole]]:
        return super(TrainedUniLM, self.under(BOTH_SIDES)).fill(text, n_alternatives)

    def judged(self, text: str) -> dict[str, float]:
        return super(TrainedUniLM, self.under(BOTH_SIDES)).judged(text)

    def answer(self, probe: str) -> tuple[str, str]:
        """A source and its likeliest target, or what is hidden in a text."""
        return Rewrites.answer(self, probe) if "\t" in probe else Fills.answer(self.under(BOTH_SIDES), probe)

    def settled(self, text: str) -> str:
        """Read from source to target, with its own likeliest target where the text gives none."""
        return "\t".join(Rewrites.answer(self, text)) if self.way == PAIR and "\t" not in text else text

    def source(self, text: str) -> tuple[list[int], int]:
        ids, longest = self.ids(text), self.model.n_ctx - N_MARKS - LEAST_TARGET
        return ids[:longest], max(0, len(ids) - longest)

    def room(self, sources: Sequence[Sequence[int]]) -> int:
        """For the target of the shortest source; `said` ends those that have less."""
        return self.model.n_ctx - N_MARKS + 1 - min(map(len, sources))

    def said(self, sources: Sequence[Sequence[int]]) -> Said:
        paired, t = self.under(PAIR), self.tokenizer

        def next_logits(rows: Int[Tensor, " row"], ids: Int[Tensor, "row pos"]) -> Float[Tensor, "row vocab"]:
            asked = [sources[row] for row in rows.tolist()]
            room = torch.tensor([self.room([source]) - ids.shape[1] for source in asked])
            pairs = [(source, [*each[1:], t.mask_id] if left >= 0 else [t.mask_id]) for source, each, left in zip(asked, ids.tolist(), room, strict=True)]
            batch = paired.batch_of_many(pairs)
            at = torch.tensor([1 + len(source) + len(target) for source, target in pairs], device=batch.ids.device)
            logits = self.model.unembed(self.model.hidden(batch)[torch.arange(len(pairs), device=at.device), at])
            logits[:, [t.eos_id, t.sep_id]] = logits[:, [t.sep_id, t.eos_id]]  # its target ends with [SEP] where others have [EOS]
            logits[(room < 0).to(at.device)] = torch.where(torch.arange(t.vocab_size, device=at.device) == t.eos_id, 0.0, -torch.inf)
            return logits

        return next_logits
