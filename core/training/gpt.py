"""GPT as it trains."""

import numpy as np
import torch

from core.models.gpt import GPT
from core.objectives.causal import Causal, CausalPairs
from core.systems.gpt import GPTSettings
from core.text.tokenizers import Tokenizer
from core.trained.gpt import TrainedGPT
from core.training.costs import cost_of, weightless
from core.training.learner import Cost
from core.training.neural import Answers, Attends, Generates, Objective


class GPTLearner(Attends, Generates, Answers):
    look = TrainedGPT

    @classmethod
    def build(cls, settings: GPTSettings, vocab_size: int) -> GPT:
        return GPT(settings, vocab_size)

    @classmethod
    def objective_on(cls, stream: np.ndarray, settings: GPTSettings, tokenizer: Tokenizer, device: torch.device | str = "cpu") -> Objective:
        if settings.examples == "pairs":
            return CausalPairs(stream, settings.n_ctx, tokenizer, device)
        return Causal(stream, settings.n_ctx, tokenizer.eos_id, device)

    @classmethod
    def cost(cls, settings: GPTSettings, vocab_size: int) -> Cost:
        n_tokens = settings.batch_size * settings.n_ctx
        return cost_of(weightless(cls.build, settings, vocab_size), settings, n_tokens, n_tokens, settings.n_layers)
