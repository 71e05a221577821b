"""seq2seq as it trains."""

import numpy as np
import torch

from core.models.seq2seq import Seq2Seq
from core.objectives.pairs import Pairs
from core.systems.seq2seq import Seq2SeqSettings
from core.text.tokenizers import Tokenizer
from core.trained.translating import Translates
from core.training.costs import cost_of, weightless
from core.training.learner import Cost
from core.training.neural import Answers, Attends


class Seq2SeqLearner(Attends, Answers):
    look = Translates

    @classmethod
    def build(cls, settings: Seq2SeqSettings, vocab_size: int) -> Seq2Seq:
        s = settings
        return Seq2Seq(s.d_model, s.n_layers, s.n_ctx, vocab_size, s.cell, s.both_ways, s.attention, s.input_feeding, s.dropout)

    @classmethod
    def objective_on(cls, stream: np.ndarray, settings: Seq2SeqSettings, tokenizer: Tokenizer, device: torch.device | str = "cpu") -> Pairs:
        return Pairs(stream, settings.n_ctx, tokenizer, device)

    @classmethod
    def cost(cls, settings: Seq2SeqSettings, vocab_size: int) -> Cost:
        """An additive score keeps d_model numbers a pair of tokens, twice."""
        one_side = settings.batch_size * settings.n_ctx
        found = cost_of(weightless(cls.build, settings, vocab_size), settings, one_side, one_side, 2 * settings.n_layers)
        scores = 8.0 * one_side * settings.n_ctx * settings.d_model if settings.attention == "additive" else 0.0
        return Cost(found.flops, found.memory + scores, found.weights)
