"""GPT: the decoder alone (Radford et al. 2018; GPT-2: Radford et al. 2019).

Its difference: each position predicts the next token, and sees itself and what came before. That it sees no more is the batch's mask's doing;
nothing in here knows about it. norm="pre" with a last norm is GPT-2's arrangement, norm="post" without one GPT-1's. Without norms, without feed-forward
layers, with another matrix for what is said than for what is read, it is what circuits are looked for in (Elhage et al. 2021; Nanda et al. 2023).
"""

from collections.abc import Callable
from functools import partial

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from core.batch import Batch
from core.blocks.block import Block
from core.blocks.positions import LearnedPositions
from core.models.language_model import LanguageModel
from core.systems.gpt import GPTSettings

# OpenAI's GPT and GPT-2 computed gelu by tanh; it is 2.7 times as slow on a CPU as the exact one.
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"gelu": F.gelu, "gelu by tanh": partial(F.gelu, approximate="tanh"), "relu": F.relu}


class GPT(LanguageModel):
    def __init__(self, settings: GPTSettings, vocab_size: int) -> None:
        super().__init__()
        s, self.n_ctx = settings, settings.n_ctx
        place, norm, d_ff = "post" if s.norm == "post" else "pre", nn.Identity if s.norm == "none" else nn.LayerNorm, 4 * s.d_model if s.feed_forward else 0
        self.embed = nn.Embedding(vocab_size, s.d_model)
        self.positions = LearnedPositions(s.n_ctx, s.d_model)
        self.dropout = nn.Dropout(s.dropout)
        self.blocks = nn.ModuleList(Block(s.d_model, s.n_heads, d_ff, place, ACTIVATIONS[s.activation], s.dropout, norm) for _ in range(s.n_layers))
        self.final_norm = norm(s.d_model) if place == "pre" else nn.Identity()
        self.unembedding = None if s.tied else nn.Linear(s.d_model, vocab_size, bias=False)
        self.initialize()

    def hidden(self, batch: Batch) -> Float[Tensor, "batch pos d_model"]:
        x = self.dropout(self.embed(batch.ids) + self.positions(batch.ids.shape[1]))
        for block in self.blocks:
            x = block(x, batch.attn_mask)
        return self.normed(x)

    def normed(self, resid: Float[Tensor, "*batch d_model"]) -> Float[Tensor, "*batch d_model"]:
        last: Tensor = self.final_norm(resid)
        return last

    def unembed(self, hidden: Float[Tensor, "*batch d_model"]) -> Float[Tensor, "*batch vocab"]:
        return F.linear(hidden, (self.unembedding or self.embed).weight)

    def initialize(self) -> None:
        """GPT-2's: normal of 0.02; what is added to the residual stream smaller, so that the stream's variance does not grow with depth; biases zero.

        Untied, 0.02 is what it is at the width of the largest GPT-2, 1600: with weights so small a narrow model's heads begin by looking everywhere alike,
        and it takes them several times as long to find anything.
        """
        std = 0.02 if self.unembedding is None else 0.02 * (1600 / self.embed.embedding_dim) ** 0.5
        into_residual = std * (2 * len(self.blocks)) ** -0.5
        for name, weight in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(weight)
            elif "norm" not in name:
                nn.init.normal_(weight, std=into_residual if name.endswith("out.weight") else std)
