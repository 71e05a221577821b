"""The Transformer as it trains."""

import numpy as np
import torch

from core.models.transformer import Transformer
from core.objectives.pairs import Pairs
from core.systems.transformer import TransformerSettings
from core.text.tokenizers import Tokenizer
from core.trained.translating import Translates
from core.training.costs import cost_of, weightless
from core.training.learner import Cost
from core.training.neural import Answers, Attends


class TransformerLearner(Attends, Answers):
    look = Translates

    @classmethod
    def build(cls, settings: TransformerSettings, vocab_size: int) -> Transformer:
        s = settings
        return Transformer(s.d_model, s.n_heads, s.n_layers, 4 * s.d_model, s.n_ctx, vocab_size, s.norm, s.dropout)

    @classmethod
    def objective_on(cls, stream: np.ndarray, settings: TransformerSettings, tokenizer: Tokenizer, device: torch.device | str = "cpu") -> Pairs:
        return Pairs(stream, settings.n_ctx, tokenizer, device)

    @classmethod
    def cost(cls, settings: TransformerSettings, vocab_size: int) -> Cost:
        one_side = settings.batch_size * settings.n_ctx
        # A token passes the encoder or the decoder, so half of the products that there are.
        return cost_of(weightless(cls.build, settings, vocab_size), settings, one_side, one_side, 2 * settings.n_layers)
