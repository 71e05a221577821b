"""GPT as it trains."""

import numpy as np
import torch

from core.batch import Batch
from core.models.gpt import GPT
from core.models.language_model import LanguageModel
from core.objectives.causal import Causal, CausalPairs, to_read
from core.systems.gpt import GPTSettings
from core.text.tokenizers import Tokenizer
from core.trained.continuing import Continues
from core.training.costs import cost_of, weightless
from core.training.learner import Cost
from core.training.neural import Attends, Generates, Objective


class TrainedGPT(Continues):
    """Reads a text. One that learnt from pairs reads "source TAB target" as one sequence, and takes a text without a tab for a source."""

    def __init__(self, model: LanguageModel, tokenizer: Tokenizer, settings: GPTSettings) -> None:
        super().__init__(model, tokenizer, settings)
        self.ends = settings.examples == "pairs"

    def batch(self, ids: list[int]) -> Batch:
        return to_read(ids, self.model.device)

    def ids(self, text: str) -> list[int]:
        return self.begun(text) if super().ids(text) else []

    def begun(self, text: str) -> list[int]:
        source, _, target = text.partition("\t")
        encode = self.tokenizer.encode
        return [*encode(source), self.tokenizer.sep_id, *encode(target)] if self.ends else encode(text)

    def prompt(self, probe: str) -> list[int]:
        return self.begun(probe.partition("\t")[0]) if self.ends else super().prompt(probe)


class GPTLearner(Attends, Generates):
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
