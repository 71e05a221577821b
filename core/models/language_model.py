"""What every model over tokens has in common: an embedding, hidden states, and logits made of them where they are asked for."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from core.batch import Batch


class LanguageModel(nn.Module):
    """`hidden`, then `unembed`, which is the embedding again, transposed (tied). Logits of a few positions: `unembed(hidden(batch)[where])`."""

    embed: nn.Embedding
    n_ctx: int  # the longest sequence

    def hidden(self, batch: Batch) -> Float[Tensor, "batch pos d_model"]:
        """The residual stream after the last block."""
        raise NotImplementedError

    def normed(self, resid: Float[Tensor, "*batch d_model"]) -> Float[Tensor, "*batch d_model"]:
        """The residual stream as `unembed` wants it; the last norm, where the model has one outside its blocks."""
        return resid

    def unembed(self, hidden: Float[Tensor, "*batch d_model"]) -> Float[Tensor, "*batch vocab"]:
        return F.linear(hidden, self.embed.weight)

    def forward(self, batch: Batch) -> Float[Tensor, "batch pos vocab"]:
        return self.unembed(self.hidden(batch))

    @property
    def device(self) -> torch.device:
        return self.embed.weight.device


INSIDE = ("feed_forward.into.", "feed_forward.out.weight", "attention.qkv.", "attention.out.weight")


def as_wide_as(weights: Mapping[str, np.ndarray], model: nn.Module) -> None:
    """Gives the layers of a model the inner widths of these weights: those of a model from elsewhere may be others than what our settings lead to."""
    for name, weight in model.named_parameters():
        if any(part in name for part in INSIDE) and name in weights and weights[name].shape != weight.shape:
            weight.data = weight.new_zeros(weights[name].shape)


class EncoderDecoder(LanguageModel):
    """The encoder reads all of the source once; the decoder's states are made from what it left, the memory."""

    def encode(
        self, source: Int[Tensor, "batch source_pos"], mask: Bool[Tensor, "#batch #n_heads source_pos source_pos"]
    ) -> Float[Tensor, "batch source_pos d_memory"]:
        raise NotImplementedError

    def decode(self, batch: Batch, memory: Float[Tensor, "batch source_pos d_memory"]) -> Float[Tensor, "batch pos d_model"]:
        raise NotImplementedError

    def hidden(self, batch: Batch) -> Float[Tensor, "batch pos d_model"]:
        assert batch.source is not None, "an encoder needs something to read"
        assert batch.source_mask is not None
        return self.decode(batch, self.encode(batch.source, batch.source_mask))


@contextmanager
def resting(model: nn.Module) -> Iterator[None]:
    """The model as it is used, not trained: no dropout, no gradients; afterwards as it was before."""
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train(training)
