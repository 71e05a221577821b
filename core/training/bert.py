"""BERT as it trains."""

from typing import Any, ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.batch import Batch
from core.models.bert import BERT
from core.objectives.masked import Masked
from core.objectives.masking import Masking
from core.objectives.sentence_tasks import NEXT_SENTENCE, PASSAGE, SentenceTask
from core.systems.bert import BERTSettings
from core.text.tokenizers import Tokenizer
from core.trained.judging import Judges
from core.training.costs import cost_of, weightless
from core.training.learner import Cost
from core.training.neural import Answers, Attends


class TrainedBERT(Judges):
    tasks = (NEXT_SENTENCE,)

    @property
    def judged_by(self) -> SentenceTask | None:
        return NEXT_SENTENCE if self.settings.next_sentence else None


class MaskedLearner(Attends, Answers):
    """What BERT and ERNIE have in common: hidden tokens, and one question about the whole sequence."""

    model: BERT
    objective: Masked

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        hidden = self.model.hidden(batch)
        found = {"masked tokens": self.token_loss(batch, hidden)}
        if batch.label is not None:
            found[self.objective.tasks[batch.task].name] = F.cross_entropy(self.model.classified(hidden, batch.task), batch.label)
        return found

    @classmethod
    def cost(cls, settings: Any, vocab_size: int) -> Cost:
        n_tokens = settings.batch_size * settings.n_ctx
        return cost_of(weightless(cls.build, settings, vocab_size), settings, n_tokens, round(settings.masked_share * n_tokens), settings.n_layers)


class BERTLearner(MaskedLearner):
    look = TrainedBERT
    LABELS: ClassVar = {0: NEXT_SENTENCE.labels}

    @classmethod
    def build(cls, settings: BERTSettings, vocab_size: int) -> BERT:
        s = settings
        return BERT(s.d_model, s.n_heads, s.n_layers, s.n_ctx, vocab_size, s.dropout)

    @classmethod
    def objective_on(cls, stream: np.ndarray, settings: BERTSettings, tokenizer: Tokenizer, device: torch.device | str = "cpu") -> Masked:
        return Masked(
            stream, settings.n_ctx, tokenizer, device, level="words" if settings.whole_words else "tokens",
            tasks=(NEXT_SENTENCE if settings.next_sentence else PASSAGE,), masking=Masking(tokenizer, settings.masked_share), static=settings.masks == "static",
        )  # fmt: skip
