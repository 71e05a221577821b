"""GPT as it trains."""

import numpy as np
import torch

from core.batch import Batch
from core.models.gpt import GPT
from core.objectives.causal import Causal, to_read
from core.systems.gpt import GPTSettings
from core.text.tokenizers import Tokenizer
from core.trained.continuing import Continues
from core.training.learner import Cost
from core.training.neural import Attends, Generates


class TrainedGPT(Continues):
    def batch(self, ids: list[int]) -> Batch:
        return to_read(ids, self.model.device)


class GPTLearner(Attends, Generates):
    look = TrainedGPT

    @classmethod
    def build(cls, settings: GPTSettings, vocab_size: int) -> GPT:
        return GPT(settings, vocab_size)

    @classmethod
    def objective_on(cls, stream: np.ndarray, settings: GPTSettings, tokenizer: Tokenizer, device: torch.device | str = "cpu") -> Causal:
        return Causal(stream, settings.n_ctx, tokenizer.eos_id, device)

    @staticmethod
    def cost(settings: GPTSettings, vocab_size: int) -> Cost:
        """flops: 6 a weight of a matrix product and token (forward 2, backward 4; Kaplan et al. 2020), and 12 d_model a pair of tokens in attention.

        memory: 16 bytes a weight (itself, its gradient, two moments), and the activations kept for the backward pass: of a block and token
        about 18 d_model, of a token twice the logits; with dropout attention's matrices besides, and 8 d_model for the masks. Python
        and torch themselves (some 300 MB) are not in it.
        """
        s = settings
        tokens = s.batch_size * s.n_ctx
        products = 12 * s.n_layers * s.d_model**2 + vocab_size * s.d_model
        n_weights = products + s.n_ctx * s.d_model + (13 * s.n_layers + 2 * (s.norm == "pre")) * s.d_model
        activations = s.n_layers * 18 * s.d_model + 2 * vocab_size
        if s.dropout:
            activations += s.n_layers * (8 * s.d_model + 3 * s.n_heads * s.n_ctx)
        flops = tokens * (6 * products + 12 * s.n_layers * s.d_model * s.n_ctx)
        return Cost(flops=float(flops), memory=16.0 * n_weights + 4.0 * tokens * activations, weights=4.0 * n_weights)
