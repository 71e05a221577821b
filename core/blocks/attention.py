"""Multi-head attention that can be listened to (Vaswani et al. 2017, section 3.2 and figure 2)."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from core.blocks.hook_points import HookPoint
from core.blocks.masks import as_bias, is_causal

SHORT = 512  # keys up to which the patterns of a CPU's training are smaller than all else that it keeps for the way back

Heads = Float[Tensor, "batch n_heads pos d_head"]


class Attention(nn.Module):
    """softmax(q k' / sqrt(d_head)) v in each head, under a mask; the heads' outputs side by side through one projection.

    Hook points: `q`, `k`, `v` [batch n_heads pos d_head]; `mask`, which is what one layer alone may be given another of; `scores` [batch n_heads query
    key] before the mask; `pattern`, each row a distribution over its allowed keys; `z` [batch n_heads query d_head].
    While nobody listens to the scores or the pattern they are never made: F.scaled_dot_product_attention gives the same z.
    The row of a query that may see nothing is zeros, and so is its z.

    bias: whether the projections add one (T5's do not). scale: whether scores are divided by sqrt(d_head) (T5's are not).
    """

    def __init__(self, d_model: int, n_heads: int, dropout: float = 0.0, *, bias: bool = True, scale: bool = True) -> None:
        super().__init__()
        assert d_model % n_heads == 0, f"{d_model} is not divisible by {n_heads} heads"
        self.n_heads, self.dropout = n_heads, dropout
        self.scale = (d_model // n_heads) ** -0.5 if scale else 1.0
        self.qkv = nn.Linear(d_model, 3 * d_model, bias)  # one product for three; rows q | k | v, as in nn.MultiheadAttention
        self.out = nn.Linear(d_model, d_model, bias)
        self.q, self.k, self.v, self.mask, self.scores, self.pattern, self.z = (HookPoint() for _ in range(7))

    def forward(
        self,
        x: Float[Tensor, "batch query d_model"],
        mask: Bool[Tensor, "#batch #n_heads query key"],
        kv: Float[Tensor, "batch key d_model"] | None = None,
        added: Float[Tensor, "#batch #n_heads query key"] | None = None,
    ) -> Float[Tensor, "batch query d_model"]:
        """x attends to kv, or to itself; `added` is added to the scores (T5's relative positions)."""
        return self.attend(*self.heads(x, kv), mask, added)

    def attend(self, q: Heads, k: Tensor, v: Tensor, mask: Tensor, added: Tensor | None = None) -> Float[Tensor, "batch query d_model"]:
        """From queries, keys and values to what goes into the residual stream."""
        q, k, v, mask = self.q(q), self.k(k), self.v(v), self.mask(mask)
        with torch.autocast("cpu", enabled=False):
            z = self.z(self.explicit(q, k, v, mask, added) if self.pattern.heard or self.scores.heard else self.fused(q, k, v, mask, added))
        joined: Tensor = self.out(z.transpose(1, 2).flatten(2))
        return joined

    def explicit(self, q: Heads, k: Tensor, v: Tensor, mask: Tensor, added: Tensor | None) -> Heads:
        """z by the pattern, which somebody reads or changes."""
        return F.dropout(self.pattern(pattern(self.scores(scores(q, k, self.scale, added)), mask)), self.dropout, self.training) @ v

    def fused(self, q: Heads, k: Tensor, v: Tensor, mask: Tensor, added: Tensor | None) -> Heads:
        """The same z, in one go."""
        dropout = self.dropout if self.training else 0.0
        if k.dtype is torch.bfloat16 and k.device.type == "cpu":
            # The way back through a CPU's own kernel takes five times as long in bfloat16; these products take two thirds of what it takes in float32.
            bias = as_bias(mask) if k.shape[2] <= SHORT else None
            if bias is not None:
                bias = bias if added is None else bias + added.to(k.dtype)
                return F.dropout(torch.add(bias, q.to(k.dtype) @ k.transpose(-2, -1), alpha=self.scale).softmax(dim=-1), dropout) @ v
            q, k, v = q.float(), k.float(), v.float()
        plain = added is None and is_causal(mask)
        allowed = None if plain else mask if added is None else added.to(q.dtype).masked_fill(~mask, -torch.inf)
        return F.scaled_dot_product_attention(q, k, v, attn_mask=allowed, dropout_p=dropout, is_causal=plain, scale=self.scale)

    def silent(self) -> Bool[Tensor, " n_heads"]:
        """The heads that put out nothing, because their columns of the output projection are zero."""
        return (self.out.weight == 0).view(len(self.out.weight), self.n_heads, -1).all(dim=2).all(dim=0)

    def silence(self, which: Bool[Tensor, " n_heads"]) -> None:
        """Makes these heads put out nothing, by their weights."""
        self.out.weight.data.view(len(self.out.weight), self.n_heads, -1)[:, which] = 0

    def heads(self, x: Tensor, kv: Tensor | None) -> tuple[Heads, Tensor, Tensor]:
        """Query, key and value, each [batch n_heads pos d_head]."""
        if kv is None:
            parts = self.qkv(x).chunk(3, dim=-1)
        else:
            w, b = self.qkv.weight, self.qkv.bias
            n = len(w) // 3
            b_q, b_kv = (None, None) if b is None else (b[:n], b[n:])
            parts = (F.linear(x, w[:n], b_q), *F.linear(kv, w[n:], b_kv).chunk(2, dim=-1))
        q, k, v = (part.unflatten(-1, (self.n_heads, -1)).transpose(1, 2) for part in parts)
        return q, k, v


def scores(
    q: Float[Tensor, "batch n_heads query d_head"],
    k: Float[Tensor, "batch n_heads key d_head"],
    scale: float | None = None,
    added: Float[Tensor, "#batch #n_heads query key"] | None = None,
) -> Float[Tensor, "batch n_heads query key"]:
    """scale q k' + added, where scale is 1/sqrt(d_head) if nothing else is said."""
    products: Tensor = q @ k.transpose(-2, -1) * (q.shape[-1] ** -0.5 if scale is None else scale)
    return products if added is None else products + added


def pattern(scores: Float[Tensor, "batch n_heads query key"], mask: Bool[Tensor, "#batch #n_heads query key"]) -> Float[Tensor, "batch n_heads query key"]:
    """The attention weights: a softmax over the keys that the mask allows."""
    # The lowest finite number and not minus infinity: a row without a single key would be 0/0, in its gradient too.
    weights = scores.masked_fill(~mask, torch.finfo(scores.dtype).min).softmax(dim=-1)
    allowed: Tensor = weights.masked_fill(~mask, 0)
    return allowed
