"""Who may see whom: small named masks, joined with `&` and `|`.

All are bool, True = may attend, and broadcast to [batch, n_heads, query, key]. A prefix language model is `causal(n) | prefix(lengths, n)`;
a batch with padding `causal(n) & padding(lengths, n)`.
"""

import torch
import torch.nn.functional as F
from jaxtyping import BFloat16, Bool, Int
from torch import Tensor

CPU = torch.device("cpu")


def full(n_query: int, n_key: int | None = None) -> Bool[Tensor, "1 1 query key"]:
    """Everybody sees everything."""
    return torch.ones(1, 1, n_query, n_query if n_key is None else n_key, dtype=torch.bool)


def causal(n: int, device: torch.device = CPU) -> Bool[Tensor, "1 1 query key"]:
    """Each position sees itself and what came before."""
    mask = torch.ones(1, 1, n, n, dtype=torch.bool, device=device).tril()
    mask.causal_as_of = mask._version  # type: ignore[attr-defined]
    return mask


def is_causal(mask: Bool[Tensor, "#batch #n_heads query key"]) -> bool:
    """Whether `causal` made it and nobody has changed it since: known without reading it, so that a kernel need not read it either."""
    return getattr(mask, "causal_as_of", None) == mask._version


def itself(n: int) -> Bool[Tensor, "1 1 query key"]:
    """Each position sees itself alone; `~itself(n)`: all but itself."""
    return torch.eye(n, dtype=torch.bool)[None, None]


def as_bias(mask: Bool[Tensor, "#batch #n_heads query key"]) -> BFloat16[Tensor, "#batch #n_heads query key"] | None:
    """What makes the mask of scores when it is added to them: minus infinity where attention is not allowed. Made once, whoever asks.

    None where some query may see nothing: its scores would all be gone.
    """
    made, version = getattr(mask, "bias_as_of", (None, -1))
    if version != mask._version:
        complete = is_causal(mask) or bool(mask.any(-1).all())
        made = torch.zeros(mask.shape, dtype=torch.bfloat16, device=mask.device).masked_fill_(~mask, -torch.inf) if complete else None
        mask.bias_as_of = made, mask._version  # type: ignore[attr-defined]
    return made


def window(n: int, width: int) -> Bool[Tensor, "1 1 query key"]:
    """Each position sees those at most `width` positions away, on both sides."""
    at = torch.arange(n)
    return ((at[:, None] - at).abs() <= width)[None, None]


def prefix(lengths: Int[Tensor, " batch"], n: int) -> Bool[Tensor, "batch 1 1 key"]:
    """Everybody sees the first `lengths` positions of its own sequence."""
    return (torch.arange(n, device=lengths.device) < lengths[:, None])[:, None, None]


def padding(lengths: Int[Tensor, " batch"], n: int) -> Bool[Tensor, "batch 1 1 key"]:
    """Nobody sees the filling after a sequence's `lengths` tokens. (As keys a prefix and what is not padding are the same.)"""
    return prefix(lengths, n)


def anticausal(n: int) -> Bool[Tensor, "1 1 query key"]:
    """Each position sees itself and what comes after."""
    return full(n).triu()


def before(order: Int[Tensor, "batch pos"]) -> Bool[Tensor, "batch 1 query key"]:
    """Each position sees those that come before it in an order, of which `order` holds its place; not itself, nor another of the same place."""
    return (order[:, None] < order[..., None])[:, None]


def up_to(order: Int[Tensor, "batch pos"]) -> Bool[Tensor, "batch 1 query key"]:
    """The same, and each position sees itself and those of its own place too."""
    return (order[:, None] <= order[..., None])[:, None]


def remembering(mask: Bool[Tensor, "#batch #n_heads query key"], n_memory: int) -> Bool[Tensor, "#batch #n_heads query memory_and_key"]:
    """Everybody sees the `n_memory` positions of a memory besides, which are the first keys."""
    return F.pad(mask, (n_memory, 0), value=True)
