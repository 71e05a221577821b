"""What an objective makes and a model eats."""

from dataclasses import dataclass, replace
from typing import Any

from jaxtyping import Bool, Int
from torch import Tensor

IGNORE = -100  # a target that costs nothing; cross_entropy's own ignore_index


@dataclass(frozen=True)
class Batch:
    """Token ids, what is to be predicted, and who may see whom.

    `attn_mask` is True where attention is allowed, as in F.scaled_dot_product_attention; the objective makes it, and no model builds one.
    """

    ids: Int[Tensor, "batch pos"]
    targets: Int[Tensor, "batch pos"]
    attn_mask: Bool[Tensor, "#batch #n_heads pos key"]  # keys are the positions, after those of a memory (XLNet)
    memory_mask: Bool[Tensor, "#batch #n_heads pos source_pos"] | None = None
    segments: Int[Tensor, "batch pos"] | None = None  # which sentence a token belongs to (BERT), or which part it plays (UniLM)
    source: Int[Tensor, "batch source_pos"] | None = None  # what an encoder reads
    source_mask: Bool[Tensor, "#batch #n_heads source_pos source_pos"] | None = None  # who sees whom in it
    query_mask: Bool[Tensor, "#batch #n_heads pos key"] | None = None  # of XLNet's second stream, which may not see the token it predicts
    label: Int[Tensor, " batch"] | None = None  # what is to be said of the whole sequence: is the next sentence (BERT), their order (ERNIE)
    task: int = 0  # which of several objectives made it (ERNIE)

    @property
    def n_tokens(self) -> int:
        """Tokens read, padding included."""
        return self.ids.numel() + (0 if self.source is None else self.source.numel())

    def sequence(self, i: int) -> "Batch":
        """The i-th sequence, with all that belongs to it alone."""
        own: dict[str, Any] = {name: part[i : i + 1] for name, part in vars(self).items() if isinstance(part, Tensor) and len(part) == len(self.ids)}
        return replace(self, **own)
