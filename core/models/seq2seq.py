"""Sequence to sequence with recurrent networks (Sutskever et al. 2014), and with attention (Bahdanau et al. 2015; Luong et al. 2015).

Its difference: tokens are read one after the other into a state of fixed size. Without attention the decoder knows of the source what the encoder's last
state holds; with it, each step looks back at all of the encoder's states. With input_feeding what a step has found there is read by the next one
(Luong, section 3.3); then a sequence has to be learnt from step by step, else all of its steps are taken at once.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from core.batch import Batch
from core.blocks.recurrent import Recurrent, RecurrentAttention, SoFar
from core.models.language_model import EncoderDecoder


class Seq2Seq(EncoderDecoder):
    """cell: gru or lstm. both_ways: whether the encoder reads from the end too. attention: none, dot, general or additive."""

    def __init__(
        self, d_model: int, n_layers: int, n_ctx: int, vocab_size: int, cell: str = "gru", both_ways: bool = True, attention: str = "general",
        input_feeding: bool = False, dropout: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__()
        self.n_ctx, self.input_feeding = n_ctx, input_feeding
        self.embed, self.dropout = nn.Embedding(vocab_size, d_model), nn.Dropout(dropout)
        self.encoder = Recurrent(cell, d_model, d_model, n_layers, both_ways, dropout)
        self.decoder = Recurrent(cell, d_model * (1 + input_feeding), d_model, n_layers, dropout=dropout)
        self.cross_attention = None if attention == "none" else RecurrentAttention(d_model, attention)

    def encode(
        self, source: Int[Tensor, "batch source_pos"], mask: Bool[Tensor, "#batch #n_heads source_pos source_pos"]
    ) -> Float[Tensor, "batch memory_pos d_model"]:
        """The encoder's state at each token; after them those that its layers ended in, from which the decoder goes on."""
        lengths = mask[:, 0].any(dim=1).sum(dim=-1).expand(len(source))
        states, ended = self.encoder(self.dropout(self.embed(source)), lengths)
        return torch.cat([states, ended], dim=1)

    def decode(self, batch: Batch, memory: Float[Tensor, "batch memory_pos d_model"]) -> Float[Tensor, "batch pos d_model"]:
        n_source = memory.shape[1] - self.decoder.n_states
        memory, begun = memory[:, :n_source], memory[:, n_source:]
        x = self.dropout(self.embed(batch.ids))
        if self.input_feeding:
            return self.step_by_step(x, begun, memory, batch.memory_mask)
        h, _ = self.decoder(x, begun=begun)
        last: Tensor = self.dropout(h if self.cross_attention is None else self.cross_attention(h, memory, batch.memory_mask))
        return last

    def step_by_step(self, x: Tensor, states: Tensor, memory: Tensor, mask: Tensor | None) -> Float[Tensor, "batch pos d_model"]:
        """Each step reads a token and what the step before it made of the memory."""
        assert self.cross_attention is not None
        assert mask is not None
        found, fed, so_far = [], torch.zeros_like(x[:, :1]), SoFar(x.shape[1])
        for i in range(x.shape[1]):
            h, states = self.decoder(torch.cat([x[:, i : i + 1], fed], dim=-1), begun=states)
            fed = self.dropout(self.cross_attention(h, memory, mask[:, :, i : i + 1], so_far))
            found.append(fed)
        return torch.cat(found, dim=1)
