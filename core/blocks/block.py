"""A Transformer block: attention, then a feed-forward layer, each added to the residual stream (Vaswani et al. 2017, section 3.1)."""

from collections.abc import Callable

import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from core.blocks.attention import Attention
from core.blocks.hook_points import HookPoint


class FeedForward(nn.Module):
    """Two linear maps with `act` between, at each position alone; dropout after the activation."""

    def __init__(self, d_model: int, d_ff: int, act: Callable[[Tensor], Tensor], dropout: float) -> None:
        super().__init__()
        self.into, self.out = nn.Linear(d_model, d_ff), nn.Linear(d_ff, d_model)
        self.act, self.dropout = act, nn.Dropout(dropout)

    def forward(self, x: Float[Tensor, "batch pos d_model"]) -> Float[Tensor, "batch pos d_model"]:
        y: Tensor = self.out(self.dropout(self.act(self.into(x))))
        return y


class Block(nn.Module):
    """Layer norm before each sub-layer ("pre": GPT-2, T5) or after each addition ("post": the 2017 paper, GPT-1, BERT).

    Hook points on the residual stream, [batch pos d_model]: `resid_pre` as it comes in, `resid_mid` after attention, `resid_post` as it goes out.
    """

    def __init__(
        self,
        d_model: int,
        n_heads: int,
        d_ff: int,
        norm_place: str = "pre",
        act: Callable[[Tensor], Tensor] = F.gelu,
        dropout: float = 0.0,
        norm: Callable[[int], nn.Module] = nn.LayerNorm,
    ) -> None:
        super().__init__()
        assert norm_place in ("pre", "post"), norm_place
        self.norm_place = norm_place
        self.attention, self.feed_forward = Attention(d_model, n_heads, dropout), FeedForward(d_model, d_ff, act, dropout)
        self.attention_norm, self.feed_forward_norm = norm(d_model), norm(d_model)
        self.dropout = nn.Dropout(dropout)
        self.resid_pre, self.resid_mid, self.resid_post = HookPoint(), HookPoint(), HookPoint()

    def forward(
        self, x: Float[Tensor, "batch query d_model"], mask: Bool[Tensor, "#batch #n_heads query key"], kv: Float[Tensor, "batch key d_model"] | None = None
    ) -> Float[Tensor, "batch query d_model"]:
        """x after this block; where kv is given it is attended to in place of x (XLNet's query stream)."""
        x = self.resid_pre(x)
        if self.norm_place == "pre":
            x = self.resid_mid(x + self.dropout(self.attention(self.attention_norm(x), mask, kv)))
            x = x + self.dropout(self.feed_forward(self.feed_forward_norm(x)))
        else:
            x = self.resid_mid(self.attention_norm(x + self.dropout(self.attention(x, mask, kv))))
            x = self.feed_forward_norm(x + self.dropout(self.feed_forward(x)))
        y: Tensor = self.resid_post(x)
        return y
