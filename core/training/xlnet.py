"""XLNet as it trains: each batch goes on where the one before left off, and remembers it."""

from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.batch import IGNORE, Batch
from core.models.xlnet import XLNet, remembered
from core.objectives.permutation import Permutation, PermutedPairs
from core.systems.xlnet import XLNetSettings
from core.text.tokenizers import Tokenizer
from core.trained.xlnet import TrainedXLNet
from core.training.costs import weightless
from core.training.learner import Cost, State
from core.training.neural import HELD_OUT_TOKENS, Answers, Attends, Generates, Objective

MEMORY = "memory."  # before a block's number: the name of its memory in the learner's state


class XLNetLearner(Attends, Generates, Answers):
    look = TrainedXLNet
    model: XLNet
    memory: tuple[Tensor, ...] = ()  # of each block, what it got at the last n_memory positions: [batch memory_pos d_model]

    @classmethod
    def build(cls, settings: XLNetSettings, vocab_size: int) -> XLNet:
        s = settings
        return XLNet(s.d_model, s.n_heads, s.n_layers, 4 * s.d_model, s.n_ctx, vocab_size, s.dropout)

    @classmethod
    def objective_on(cls, stream: np.ndarray, settings: XLNetSettings, tokenizer: Tokenizer, device: torch.device | str = "cpu") -> Objective:
        s = settings
        if s.examples == "pairs":
            return PermutedPairs(stream, s.n_ctx, tokenizer, s.predict_one_in, device)
        return Permutation(stream, s.n_ctx, tokenizer, s.predict_one_in, s.n_memory, device)

    def examples(self, step: int, generator: torch.Generator) -> Batch:
        if isinstance(self.objective, Permutation):
            return self.objective.following(step, self.settings.batch_size, self.settings.seed, generator)
        return super().examples(step, generator)

    def held_out_examples(self, objective: Objective) -> list[Batch]:
        if isinstance(objective, Permutation):
            return objective.successive(HELD_OUT_TOKENS, self.settings.batch_size)
        return super().held_out_examples(objective)

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        n_remembered = batch.attn_mask.shape[-1] - batch.ids.shape[1]  # as many as the batch has keys for
        memory, wanted = self.memory if n_remembered else (), batch.targets != IGNORE
        at = wanted.int().topk(int(wanted.sum(-1).max()), sorted=False).indices  # the query stream is made where something is predicted
        _, predicting, seen = self.model.streams(batch, memory, at)
        assert predicting is not None
        self.memory = remembered(memory, seen, self.settings.n_memory)
        targets, there = batch.targets.gather(1, at), wanted.gather(1, at)  # a sequence may have fewer than another
        return {"tokens": F.cross_entropy(self.model.unembed(predicting[there]), targets[there])}

    def held_out_loss(self) -> float:
        kept = self.memory
        try:
            return super().held_out_loss()
        finally:
            self.memory = kept

    def state(self) -> State:
        return super().state() | {f"{MEMORY}{n}": memory.cpu().numpy().copy() for n, memory in enumerate(self.memory)}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        super().restore(state)
        blocks = range(sum(name.startswith(MEMORY) for name in state))
        self.memory = tuple(torch.tensor(state[f"{MEMORY}{n}"], device=self.device) for n in blocks)

    @classmethod
    def cost(cls, settings: XLNetSettings, vocab_size: int) -> Cost:
        """As core.training.costs has it, but that keys and values are made of the memory too, and in either stream; and that scores are of two products,
        by content and by distance, whose matrices are kept for the way back.
        """
        s = settings
        n_key, n_predicted = s.n_ctx + s.n_memory, s.batch_size * max(1, s.n_ctx // s.predict_one_in)
        n_query, n_read = s.batch_size * s.n_ctx + n_predicted, 2 * s.batch_size * n_key  # of both streams
        n_weights = sum(weight.numel() for weight in weightless(cls.build, s, vocab_size).parameters())
        products = s.n_layers * (10 * n_query + 2 * n_read) * s.d_model**2 + n_predicted * vocab_size * s.d_model
        scores = s.n_layers * n_query * (3 * n_key + s.n_ctx) * s.d_model
        kept = s.n_layers * (n_query * ((18 + 8 * bool(s.dropout)) * s.d_model + (3 + bool(s.dropout)) * s.n_heads * n_key) + 4 * n_read * s.d_model)
        return Cost(flops=6.0 * (products + scores), memory=16.0 * n_weights + 4.0 * (kept + 2 * n_predicted * vocab_size), weights=4.0 * n_weights)
