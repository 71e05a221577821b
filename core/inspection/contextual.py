"""What each layer of a model makes of each token of a text: a word's vectors in its sentence."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import nn

from core.batch import Batch
from core.inspection.hooks import capture
from core.models.language_model import EncoderDecoder, LanguageModel, resting


@dataclass(frozen=True, eq=False)
class Contextual:
    """layers: float32; first what goes into the first block, then what each puts out. shares, gamma: of the model's own mix of them, where it has one."""

    tokens: Sequence[str]
    layers: Float[np.ndarray, "layer pos d"]
    shares: Float[np.ndarray, " layer"] | None = None
    gamma: float = 1.0

    @property
    def mixed(self) -> Float[np.ndarray, "pos d"]:
        """One vector a token: the mix of all layers (ELMo, equation 1), where the model has none of its own their mean."""
        shares = np.full(len(self.layers), 1 / len(self.layers), np.float32) if self.shares is None else self.shares
        return np.asarray(self.gamma * np.einsum("l,lpd->pd", shares, self.layers), np.float32)


def contextual(model: LanguageModel, batch: Batch, tokens: Sequence[str]) -> Contextual:
    """Of a batch's first sequence; of a model with an encoder, of its source. tokens: as shown."""
    if isinstance(model, EncoderDecoder):
        assert batch.source is not None
        assert batch.source_mask is not None
        source, mask = batch.source, batch.source_mask
        return Contextual(tokens, layers(model, lambda: model.encode(source, mask)))
    return Contextual(tokens, layers(model, lambda: model.hidden(batch)))


def layers(model: nn.Module, run: Callable[[], object]) -> Float[np.ndarray, "layer pos d"]:
    """What passes the hook points between a model's blocks while it runs."""
    with resting(model), capture(model, "*.resid_*") as captured:
        run()
    first = next(x for name, x in captured.items() if name.endswith("resid_pre"))
    after = [x for name, x in captured.items() if name.endswith("resid_post")]
    found: np.ndarray = torch.stack([first, *after])[:, 0].float().cpu().numpy()
    return found
