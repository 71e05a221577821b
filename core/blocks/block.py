"""A Transformer block: attention, then a feed-forward layer, each added to the residual stream (Vaswani et al. 2017, section 3.1)."""

from collections.abc import Callable

import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from core.blocks.attention import Attention
from core.blocks.hook_points import HookPoint


class FeedForward(nn.Module):
    """Two linear maps with `act` between, at each position alone; dropout after the activation."""

    def __init__(self, d_model: int, d_ff: int, act: Callable[[Tensor], Tensor], dropout: float, bias: bool = True) -> None:
        super().__init__()
        self.into, self.out = nn.Linear(d_model, d_ff, bias), nn.Linear(d_ff, d_model, bias)
        self.act, self.dropout = act, nn.Dropout(dropout)

    def forward(self, x: Float[Tensor, "batch pos d_model"]) -> Float[Tensor, "batch pos d_model"]:
        y: Tensor = self.out(self.dropout(self.act(self.into(x))))
        return y


class Block(nn.Module):
    """Layer norm before each sub-layer ("pre": GPT-2, T5) or after each addition ("post": the 2017 paper, GPT-1, BERT).

    With cross=True a decoder's block: between the two a third sub-layer, whose queries attend to the encoder's memory. With a d_ff of 0 attention alone.
    Hook points on the residual stream, [batch pos d_model]: `resid_pre` as it comes in, `resid_mid` after (the last) attention, `resid_post` as it goes out.
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
        *,
        attention: Callable[[int, int, float], nn.Module] = Attention,
        bias: bool = True,
        cross: bool = False,
    ) -> None:
        super().__init__()
        assert norm_place in ("pre", "post"), norm_place
        self.norm_place = norm_place
        self.attention, self.attention_norm = attention(d_model, n_heads, dropout), norm(d_model)
        if cross:
            self.cross_attention, self.cross_attention_norm = attention(d_model, n_heads, dropout), norm(d_model)
        if d_ff:
            self.feed_forward, self.feed_forward_norm = FeedForward(d_model, d_ff, act, dropout, bias), norm(d_model)
        self.d_ff = d_ff
        self.dropout = nn.Dropout(dropout)
        self.resid_pre, self.resid_mid, self.resid_post = HookPoint(), HookPoint(), HookPoint()

    def forward(
        self,
        x: Float[Tensor, "batch query d_model"],
        mask: Bool[Tensor, "#batch #n_heads query key"],
        kv: Float[Tensor, "batch key d_model"] | None = None,
        added: object = None,
        memory: Float[Tensor, "batch source_pos d_model"] | None = None,
        memory_mask: Bool[Tensor, "#batch #n_heads query source_pos"] | None = None,
    ) -> Float[Tensor, "batch query d_model"]:
        """x after this block; where kv is given it is attended to in place of x (XLNet's query stream). `added`: to the scores of self-attention,
        in the form that its class takes.
        """
        x = self.add(self.resid_pre(x), self.attention_norm, lambda y: self.attention(y, mask, kv, added))
        if memory is not None:
            x = self.add(x, self.cross_attention_norm, lambda y: self.cross_attention(y, memory_mask, memory))
        x = self.resid_mid(x)
        y: Tensor = self.resid_post(self.add(x, self.feed_forward_norm, self.feed_forward) if self.d_ff else x)
        return y

    def add(self, x: Tensor, norm: nn.Module, sub_layer: Callable[[Tensor], Tensor]) -> Tensor:
        """x plus what a sub-layer makes of it, with the norm in its place."""
        y: Tensor = x + self.dropout(sub_layer(norm(x))) if self.norm_place == "pre" else norm(x + self.dropout(sub_layer(x)))
        return y
