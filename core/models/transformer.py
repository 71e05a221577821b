"""The Transformer (Vaswani et al. 2017): attention in place of recurrence.

Its difference: the encoder reads all of the source at once; the decoder writes a token at a time, sees what it has written, and asks the encoder's
memory. One embedding serves source, target and output (section 3.4), scaled up by sqrt(d_model); positions are sines. norm="post" is the paper's.
"""

import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from core.batch import Batch
from core.blocks.block import Block
from core.blocks.positions import sinusoids
from core.models.language_model import EncoderDecoder


class Transformer(EncoderDecoder):
    def __init__(
        self, d_model: int, n_heads: int, n_layers: int, d_ff: int, n_ctx: int, vocab_size: int, norm: str = "post", dropout: float = 0.0
    ) -> None:  # fmt: skip
        super().__init__()
        self.n_ctx, self.d_model = n_ctx, d_model
        self.embed, self.dropout = nn.Embedding(vocab_size, d_model), nn.Dropout(dropout)
        self.register_buffer("places", sinusoids(n_ctx, d_model), persistent=False)
        self.encoder = nn.ModuleList(Block(d_model, n_heads, d_ff, norm, F.relu, dropout) for _ in range(n_layers))
        self.decoder = nn.ModuleList(Block(d_model, n_heads, d_ff, norm, F.relu, dropout, cross=True) for _ in range(n_layers))
        # Where norms stand before the sub-layers the stream itself is never normed: it is once, at its end.
        self.encoder_norm, self.decoder_norm = (nn.LayerNorm(d_model) if norm == "pre" else nn.Identity() for _ in range(2))
        self.initialize()

    def encode(
        self, source: Int[Tensor, "batch source_pos"], mask: Bool[Tensor, "#batch #n_heads source_pos source_pos"]
    ) -> Float[Tensor, "batch source_pos d_model"]:
        """The memory: what the encoder makes of the source."""
        x = self.embedded(source)
        for block in self.encoder:
            x = block(x, mask)
        memory: Tensor = self.encoder_norm(x)
        return memory

    def decode(self, batch: Batch, memory: Float[Tensor, "batch source_pos d_model"]) -> Float[Tensor, "batch pos d_model"]:
        x = self.embedded(batch.ids)
        for block in self.decoder:
            x = block(x, batch.attn_mask, memory=memory, memory_mask=batch.memory_mask)
        return self.normed(x)

    def normed(self, resid: Float[Tensor, "*batch d_model"]) -> Float[Tensor, "*batch d_model"]:
        last: Tensor = self.decoder_norm(resid)
        return last

    def embedded(self, ids: Int[Tensor, "batch pos"]) -> Float[Tensor, "batch pos d_model"]:
        x: Tensor = self.dropout(self.embed(ids) * self.d_model**0.5 + self.get_buffer("places")[: ids.shape[1]])
        return x

    def initialize(self) -> None:
        """Matrices by Glorot; the embedding so that, scaled up, it is about as large as the positions."""
        for weight in self.parameters():
            if weight.ndim > 1:
                nn.init.xavier_uniform_(weight)
        nn.init.normal_(self.embed.weight, std=self.d_model**-0.5)
