"""Attention that knows distances and segments instead of places (Dai et al. 2019, Transformer-XL; Yang et al. 2019, XLNet, section 2.5 and appendix)."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from core.blocks.attention import Attention
from core.blocks.positions import sinusoids


@dataclass(frozen=True)
class Relations:
    """How queries stand to keys. distances: an encoding of each distance, from n_key down to 1 - n_pos; apart: whether two are of different segments.

    places: of the n_pos last keys the ones that the queries stand at.
    """

    distances: Float[Tensor, "distance d_model"]
    apart: Bool[Tensor, "batch query key"]
    places: Int[Tensor, "#batch query"]

    def of(self, places: Int[Tensor, "batch query"]) -> "Relations":
        """The same of some queries, where those of all positions are given."""
        return Relations(self.distances, self.apart.take_along_dim(places[..., None], 1), places)


def distance_encodings(n_pos: int, n_key: int, d_model: int) -> Float[Tensor, "distance d_model"]:
    """Sines of the distances n_key, ..., 0, ..., 1 - n_pos: all sines, then all cosines, as XLNet orders them."""
    towards = sinusoids(max(n_pos, n_key + 1), d_model)
    encoded = torch.cat([towards[1 : n_key + 1].flip(0), towards[:1], towards[1:n_pos] * torch.tensor([-1.0, 1.0]).repeat(d_model // 2)])
    return torch.cat([encoded[:, 0::2], encoded[:, 1::2]], dim=-1)


class RelativeAttention(Attention):
    """Scores of three terms: what a key is, how far it is, and whether it is of the same segment; each asked by the query plus a bias of its own."""

    def __init__(self, d_model: int, n_heads: int, dropout: float = 0.0) -> None:
        super().__init__(d_model, n_heads, dropout, bias=False)
        self.distance = nn.Linear(d_model, d_model, bias=False)
        d_head = d_model // n_heads
        self.content_bias, self.distance_bias, self.segment_bias = (nn.Parameter(torch.zeros(n_heads, d_head)) for _ in range(3))
        self.segments = nn.Parameter(torch.zeros(2, n_heads, d_head))  # the same, another

    def forward(
        self, x: Float[Tensor, "batch query d_model"], mask: Tensor, kv: Float[Tensor, "batch key d_model"] | None = None, added: object = None
    ) -> Float[Tensor, "batch query d_model"]:
        """added: the Relations of queries to keys."""
        assert isinstance(added, Relations), "relative attention needs to know how queries stand to keys"
        q, k, v = self.heads(x, kv)
        return self.attend(q + self.content_bias[:, None], k, v, mask, self.scale * (self.by_distance(q, k.shape[2], added) + self.by_segment(q, added)))

    def by_distance(self, q: Tensor, n_key: int, relations: Relations) -> Float[Tensor, "batch n_heads query key"]:
        r = self.distance(relations.distances).unflatten(-1, (self.n_heads, -1)).transpose(0, 1)  # [n_heads distance d_head]
        every = (q + self.distance_bias[:, None]) @ r.transpose(-2, -1)  # [batch n_heads query distance]
        which = len(relations.distances) - n_key - relations.places[..., None] + torch.arange(n_key, device=q.device)
        met: Tensor = every.gather(-1, which[:, None].expand(*every.shape[:2], -1, -1))
        return met

    def by_segment(self, q: Tensor, relations: Relations) -> Float[Tensor, "batch n_heads query key"]:
        same, other = torch.einsum("bhqd,shd->sbhq", q + self.segment_bias[:, None], self.segments)[..., None]
        return torch.where(relations.apart[:, None], other, same)
