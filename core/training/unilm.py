"""UniLM as it trains: on a running text under all of its masks, on pairs from source to target."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.batch import IGNORE, Batch
from core.models.bert import BERT
from core.objectives.sentence_tasks import NEXT_SENTENCE
from core.objectives.unified import N_SEGMENTS, SequenceToSequence, Unified, ways_of
from core.systems.unilm import UniLMSettings
from core.text.tokenizers import TAB, Tokenizer
from core.trained.unilm import TrainedUniLM
from core.training.costs import cost_of, weightless
from core.training.learner import Cost
from core.training.neural import Answers, Attends, Generates, Objective


class UniLMLearner(Attends, Generates, Answers):
    look = TrainedUniLM
    model: BERT
    LABELS: ClassVar = {0: NEXT_SENTENCE.labels}

    @classmethod
    def build(cls, settings: UniLMSettings, vocab_size: int) -> BERT:
        s = settings
        return BERT(s.d_model, s.n_heads, s.n_layers, s.n_ctx, vocab_size, s.dropout, N_SEGMENTS, epsilon=1e-5)

    @classmethod
    def objective_on(cls, stream: np.ndarray, settings: UniLMSettings, tokenizer: Tokenizer, device: torch.device | str = "cpu") -> Objective:
        s = settings
        if TAB in stream:
            return SequenceToSequence(stream, s.n_ctx, tokenizer, device, share=s.masked_target)
        return Unified(stream, s.n_ctx, tokenizer, device, next_sentence=s.next_sentence, share=s.masked_share)

    @classmethod
    def example(cls, objective: Objective, generator: torch.Generator) -> dict[str, Batch]:
        return objective.each_way(generator) if isinstance(objective, Unified) else super().example(objective, generator)

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Of each way in which sequences of the batch are read, and of the question about whole pairs."""
        hidden, found = self.model.hidden(batch), {}
        for way, rows in ways_of(batch).items():
            wanted = rows[:, None] & (batch.targets != IGNORE)
            found[way] = F.cross_entropy(self.model.unembed(hidden[wanted]), batch.targets[wanted])
        if batch.label is not None:
            asked = batch.label != IGNORE
            found[NEXT_SENTENCE.name] = F.cross_entropy(self.model.classified(hidden[asked]), batch.label[asked])
        return found

    def whole(self, losses: Mapping[str, Tensor], batch: Batch) -> Tensor:
        """The mean over all tokens to be predicted, in whichever way; and the question's besides."""
        n = {way: (batch.targets[rows] != IGNORE).sum() for way, rows in ways_of(batch).items()}
        tokens = torch.stack([losses[way] * count for way, count in n.items()]).sum() / sum(n.values())
        return tokens + losses.get(NEXT_SENTENCE.name, 0.0)

    @classmethod
    def cost(cls, settings: UniLMSettings, vocab_size: int) -> Cost:
        n_tokens = settings.batch_size * settings.n_ctx
        share = max(settings.masked_share, settings.masked_target / 2)  # of a text, or of pairs whose sides are about as long
        return cost_of(weightless(cls.build, settings, vocab_size), settings, n_tokens, round(share * n_tokens), settings.n_layers)
