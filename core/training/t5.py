"""T5 as it trains: on a text without pairs by span corruption, on pairs from text to text."""

from collections.abc import Mapping

import numpy as np
import torch

from core.models.t5 import T5
from core.objectives.pairs import Ended
from core.objectives.spans import Spans
from core.systems.t5 import T5Settings
from core.text.sentinels import N_SENTINELS
from core.text.tokenizers import TAB, Tokenizer
from core.trained.restoring import Restores
from core.training.costs import cost_of, weightless
from core.training.learner import Cost
from core.training.neural import Answers, Attends


class T5Learner(Attends, Answers):
    look = Restores

    @classmethod
    def build(cls, settings: T5Settings, vocab_size: int) -> T5:
        s = settings
        return T5(s.d_model, s.n_heads, s.n_layers, 4 * s.d_model, s.n_ctx, vocab_size + N_SENTINELS, dropout=s.dropout)

    @classmethod
    def objective_on(cls, stream: np.ndarray, settings: T5Settings, tokenizer: Tokenizer, device: torch.device | str = "cpu") -> Ended | Spans:
        if (stream == TAB).any():
            return Ended(stream, settings.n_ctx, tokenizer, device)
        return Spans(stream, settings.n_ctx, settings.noise_density, settings.mean_span_length, tokenizer, device)

    @property
    def trained(self) -> Restores:
        """One that knows how it is trained, so that its first snapshots read a text as the last ones do."""
        found: Restores = super().trained
        found.restoring = isinstance(self.objective, Spans)
        return found

    def begin(self, weights: Mapping[str, np.ndarray], rows: np.ndarray) -> None:
        """The sentinels' rows stand after those of the vocabulary, in the old run as in this one."""
        old = len(weights["embed.weight"]) - N_SENTINELS
        super().begin(weights, np.concatenate([rows, np.arange(old, old + N_SENTINELS)]))

    @classmethod
    def cost(cls, settings: T5Settings, vocab_size: int) -> Cost:
        one_side = settings.batch_size * settings.n_ctx
        return cost_of(weightless(cls.build, settings, vocab_size), settings, one_side, one_side, 2 * settings.n_layers)
