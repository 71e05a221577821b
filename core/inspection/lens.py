"""The logit lens: what each layer would predict if it were the last (nostalgebraist 2020)."""

import torch
from jaxtyping import Float
from torch import Tensor

from core.batch import Batch
from core.inspection.hooks import capture, hook_points
from core.models.language_model import LanguageModel, resting


def lens(model: LanguageModel, batch: Batch) -> Float[Tensor, "layer batch pos vocab"]:
    """Logits made of the residual stream before the first block, after it, ... after the last; the last are the model's own."""
    posts = [name for name in hook_points(model, "*.resid_post") if not name.startswith("encoder.")]
    first = posts[0].replace("resid_post", "resid_pre")
    with resting(model), capture(model, "*.resid_*") as captured:
        model.hidden(batch)
        return torch.stack([model.unembed(model.normed(captured[name])) for name in (first, *posts)])
