"""T5: every task is text to text (Raffel et al. 2020).

Its difference: a Transformer whose positions are only distances (a number a head and bucket, added to the scores, one table for all layers), whose norm
only divides by the root of the mean square, without any bias, and whose scores are not divided by sqrt(d_head): the initialization sees to that.
"""

from functools import partial

import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from core.batch import Batch
from core.blocks.attention import Attention
from core.blocks.block import Block
from core.blocks.positions import RelativePositions
from core.models.language_model import EncoderDecoder

norm = partial(nn.RMSNorm, eps=1e-6)
attention = partial(Attention, bias=False, scale=False)


class T5(EncoderDecoder):
    def __init__(self, d_model: int, n_heads: int, n_layers: int, d_ff: int, n_ctx: int, vocab_size: int, n_buckets: int = 32, dropout: float = 0.0) -> None:
        super().__init__()
        self.n_ctx, self.d_model = n_ctx, d_model
        self.embed, self.dropout = nn.Embedding(vocab_size, d_model), nn.Dropout(dropout)
        block = partial(Block, d_model, n_heads, d_ff, "pre", F.relu, dropout, norm, attention=attention, bias=False)
        self.encoder, self.decoder = nn.ModuleList(block() for _ in range(n_layers)), nn.ModuleList(block(cross=True) for _ in range(n_layers))
        self.encoder_distances, self.decoder_distances = RelativePositions(n_heads, True, n_buckets), RelativePositions(n_heads, False, n_buckets)
        self.encoder_norm, self.decoder_norm = norm(d_model), norm(d_model)
        self.initialize()

    def encode(
        self, source: Int[Tensor, "batch source_pos"], mask: Bool[Tensor, "#batch #n_heads source_pos source_pos"]
    ) -> Float[Tensor, "batch source_pos d_model"]:
        """The memory: what the encoder makes of the source."""
        x, distances = self.dropout(self.embed(source)), self.encoder_distances(source.shape[1], source.shape[1])
        for block in self.encoder:
            x = block(x, mask, added=distances)
        memory: Tensor = self.dropout(self.encoder_norm(x))
        return memory

    def decode(self, batch: Batch, memory: Float[Tensor, "batch source_pos d_model"]) -> Float[Tensor, "batch pos d_model"]:
        n = batch.ids.shape[1]
        x, distances = self.dropout(self.embed(batch.ids)), self.decoder_distances(n, n)
        for block in self.decoder:
            x = block(x, batch.attn_mask, added=distances, memory=memory, memory_mask=batch.memory_mask)
        last: Tensor = self.dropout(self.normed(x))
        return last

    def normed(self, resid: Float[Tensor, "*batch d_model"]) -> Float[Tensor, "*batch d_model"]:
        last: Tensor = self.decoder_norm(resid)
        return last

    def unembed(self, hidden: Float[Tensor, "*batch d_model"]) -> Float[Tensor, "*batch vocab"]:
        return F.linear(hidden * self.d_model**-0.5, self.embed.weight)

    def initialize(self) -> None:
        """The paper's program's: each matrix by the root of what it sums over, and queries by the root of d_head besides."""
        for name, weight in self.named_parameters():
            if weight.ndim > 1:
                nn.init.normal_(weight, std=1.0 if name.startswith("embed") else weight.shape[-1] ** -0.5)
            if name.endswith("qkv.weight"):
                d_head = self.d_model // self.encoder_distances.weight.shape[1]
                weight.data[: self.d_model] *= d_head**-0.5
            if "distances" in name:
                nn.init.normal_(weight, std=self.d_model**-0.5)
