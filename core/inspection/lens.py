"""The logit lens: what each layer would predict if it were the last (nostalgebraist 2020)."""

import torch
from jaxtyping import Float
from torch import Tensor

from core.batch import Batch
from core.inspection.hooks import hook_points, record
from core.models.language_model import LanguageModel, resting


def lens(model: LanguageModel, batch: Batch) -> Float[Tensor, "layer batch pos vocab"]:
    """Logits made of the residual stream before the first block, after it, ... after the last; the last are the model's own.

    Of XLNet's two streams, which pass by turns, of the first, which predicts. ValueError in words where the last layer's stream is not what is said of.
    """
    posts = [name for name in hook_points(model, "*.resid_post") if not name.startswith("encoder.")]
    first, turn = posts[0].replace("resid_post", "resid_pre"), -1 if batch.query_mask is None else 0
    with resting(model), record(model, "*.resid_*") as recorded:
        said = model.hidden(batch)
        stream = [model.normed(recorded[name][turn]) for name in (first, *posts)]
        if stream[-1].shape != said.shape or not torch.allclose(stream[-1], said, atol=1e-4):
            raise ValueError(
                "Between this model's layers and what it says stands more than a norm: it has no stream to look through. Choose another system's run."
            )
        return torch.stack([model.unembed(each) for each in stream])
