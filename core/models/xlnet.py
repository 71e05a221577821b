"""XLNet: next token, in any order (Yang et al. 2019).

Its difference: two streams through the same weights. The content stream h knows each token; the query stream g knows where it stands and what came
before it in the order, but not the token itself, which it predicts. Who came before whom is in the batch's two masks.
"""

from collections.abc import Sequence
from functools import partial

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from core.batch import Batch
from core.blocks.block import Block
from core.blocks.relative import Relations, RelativeAttention, distance_encodings
from core.models.language_model import LanguageModel

Memories = Sequence[Float[Tensor, "batch memory_pos d_model"]]  # what each block got from the segment before


class XLNet(LanguageModel):
    def __init__(self, d_model: int, n_heads: int, n_layers: int, d_ff: int, n_ctx: int, vocab_size: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.n_ctx, norm = n_ctx, partial(nn.LayerNorm, eps=1e-12)
        self.embed, self.dropout = nn.Embedding(vocab_size, d_model), nn.Dropout(dropout)
        self.unknown = nn.Parameter(torch.zeros(d_model))  # where every query begins
        self.blocks = nn.ModuleList(Block(d_model, n_heads, d_ff, "post", F.gelu, dropout, norm, attention=RelativeAttention) for _ in range(n_layers))
        self.head_bias = nn.Parameter(torch.zeros(vocab_size))
        self.initialize()

    def hidden(self, batch: Batch) -> Float[Tensor, "batch pos d_model"]:
        """The query stream where the batch has a mask for it, else the content stream."""
        h, g, _ = self.streams(batch)
        return h if g is None else g

    def streams(self, batch: Batch, memories: Memories = (), at: Int[Tensor, "batch query"] | None = None) -> tuple[Tensor, Tensor | None, list[Tensor]]:
        """Content stream, query stream, and what each block got. The masks' keys are the memory's positions, then the batch's.

        at: the positions of which the query stream is wanted; all of them where nothing is said.
        """
        h, g = self.dropout(self.embed(batch.ids)), None
        among_all, kept = self.relations(batch, memories[0].shape[1] if memories else 0), []
        if batch.query_mask is not None:
            at = torch.arange(batch.ids.shape[1], device=h.device).expand_as(batch.ids) if at is None else at
            relations, mask = among_all.of(at), batch.query_mask.take_along_dim(at[:, None, :, None], 2)
            g = self.dropout(self.unknown.expand(*at.shape, -1))
        for n, block in enumerate(self.blocks):
            kept.append(h)
            kv = torch.cat([memories[n], h], dim=1) if memories else h
            if g is not None:
                g = block(g, mask, kv=kv, added=relations)
            h = block(h, batch.attn_mask, kv=kv, added=among_all)
        return self.dropout(h), None if g is None else self.dropout(g), kept

    def relations(self, batch: Batch, n_memory: int) -> Relations:
        n = batch.ids.shape[1]
        segments = torch.zeros_like(batch.ids) if batch.segments is None else batch.segments
        keys = torch.cat([segments.new_zeros(len(segments), n_memory), segments], dim=1)
        distances = distance_encodings(n, n_memory + n, self.embed.embedding_dim).to(self.embed.weight)
        return Relations(self.dropout(distances), segments[:, :, None] != keys[:, None], torch.arange(n, device=segments.device)[None])

    def unembed(self, hidden: Float[Tensor, "*batch d_model"]) -> Float[Tensor, "*batch vocab"]:
        return F.linear(hidden, self.embed.weight, self.head_bias)

    def initialize(self) -> None:
        """Normal of the program's 0.02 at the base model's width of 768; of a narrower model larger, so that a layer adds as much to the stream as there.
        What is added is zero.
        """
        std = 0.02 * (768 / self.embed.embedding_dim) ** 0.5
        for name, weight in self.named_parameters():
            if name.endswith("bias") and weight.ndim == 1:
                nn.init.zeros_(weight)
            elif "norm" not in name:
                nn.init.normal_(weight, std=std)


def remembered(before: Memories, seen: Sequence[Float[Tensor, "batch pos d_model"]], n_memory: int) -> tuple[Tensor, ...]:
    """What the next segment may look back at: of the memory before and the segment's own positions the last `n_memory`, as numbers without a gradient."""
    whole = [torch.cat(both, dim=1) for both in zip(before, seen, strict=True)] if before else list(seen)
    return tuple(each[:, max(0, each.shape[1] - n_memory) :].detach().float() for each in whole)
