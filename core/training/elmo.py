"""ELMo as it trains."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from core.batch import IGNORE, Batch
from core.mix import Mix
from core.models.elmo import WAYS, ELMo, ways
from core.objectives.both_ways import BothWays
from core.systems import Matrix
from core.systems.elmo import ELMoSettings
from core.text.encoding import EncodedCorpus
from core.text.spelling import spelled
from core.text.tokenizers import Tokenizer
from core.trained.elmo import TrainedELMo
from core.training.costs import weightless
from core.training.learner import Cost
from core.training.neural import Answers, Generates, Objective
from core.vectors import Vectors


class ELMoLearner(Generates, Answers):
    """Offers "mix"."""

    look = TrainedELMo
    model: ELMo
    least_held_out = 3

    def __init__(self, settings: ELMoSettings, encoded: EncodedCorpus) -> None:
        super().__init__(settings, encoded)
        self.model.spelling.copy_(torch.from_numpy(spelled(encoded.tokenizer.words, settings.longest_word)))

    @classmethod
    def build(cls, settings: ELMoSettings, vocab_size: int) -> ELMo:
        s = settings
        return ELMo(
            s.d_model, s.d_hidden, s.n_layers, s.n_ctx, vocab_size, s.longest_word, s.cell_clip, s.projection_clip, s.residual, s.dropout
        )  # fmt: skip

    @classmethod
    def objective_on(cls, stream: np.ndarray, settings: ELMoSettings, tokenizer: Tokenizer, device: torch.device | str = "cpu") -> BothWays:
        return BothWays(stream, settings.n_ctx, tokenizer.eos_id, device)

    @classmethod
    def example(cls, objective: Objective, generator: torch.Generator) -> dict[str, Batch]:
        batch = objective.sample(1, generator)
        return {name: batch.sequence(i) for i, name in enumerate(("forward", "backward", "with gaps"))}

    @staticmethod
    def read(settings: Any, tokenizer: Tokenizer, counts: np.ndarray, weights: Mapping[str, np.ndarray], matrix: Matrix) -> Vectors:
        """See core.training.learner.Matrices; there is one matrix. Words never seen have vectors too."""
        own = {name.removeprefix("model."): array for name, array in weights.items()}  # a checkpoint has them under this name, beside others
        model = weightless(ELMoLearner.build, settings, tokenizer.vocab_size)
        return ELMoLearner.load(settings, tokenizer, {name: own[name] for name in model.state_dict() if name in own}).vectors(counts)

    def mix(self) -> Mix:
        found: Mix = self.trained.mix()
        return found

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Of both directions, and of the gaps, from which the mix learns alone: not the network, nor the rows that all three predict with."""
        hidden, way = self.model.hidden(batch), ways(batch.attn_mask)
        each = {name: replace(batch, targets=batch.targets.masked_fill((way != n)[:, None], IGNORE)) for n, name in enumerate(WAYS)}
        losses = {name: self.token_loss(each[name], hidden) for name in ("forward", "backward")}
        with frozen(self.model.unembedding):
            return losses | {"gap": self.token_loss(each["gap"], hidden)}

    @classmethod
    def cost(cls, settings: ELMoSettings, vocab_size: int) -> Cost:
        """As in core.training.costs; of a word's characters every place passes the convolutions, of half of a batch's tokens, as the others stand twice.

        memory: of a direction, layer and token 11 d_hidden and 6 d_model numbers are kept, of a place of a word all filters' answers, twice.
        """
        s, model = settings, weightless(cls.build, settings, vocab_size)
        assert isinstance(model, ELMo)
        tokens = float(s.batch_size * s.n_ctx)
        n_weights = sum(weight.numel() for weight in model.parameters())
        filters = sum(weight.numel() for weight in model.characters.convolutions.parameters())
        n_filters = model.characters.out.in_features
        layers = sum(weight.numel() for weight in model.blocks.parameters())
        predicted = 2.15 * tokens
        flops = 6 * (tokens / 2 * s.longest_word * filters + tokens * layers + predicted * vocab_size * s.d_model)
        kept = tokens * s.longest_word * n_filters + 2 * s.n_layers * tokens * (11 * s.d_hidden + 6 * s.d_model) + 2 * predicted * vocab_size
        return Cost(flops=flops, memory=16.0 * n_weights + 4.0 * kept, weights=4.0 * n_weights + 2.0 * vocab_size * s.longest_word)


@contextmanager
def frozen(module: nn.Module) -> Iterator[None]:
    """Within it what is computed teaches the module's own weights nothing."""
    module.requires_grad_(False)
    try:
        yield
    finally:
        module.requires_grad_(True)
