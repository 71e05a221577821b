"""The attention patterns of a text."""

import torch

from core.batch import Batch
from core.inspection.hooks import capture
from core.models.language_model import LanguageModel, resting
from core.patterns import Patterns


def patterns(model: LanguageModel, batch: Batch, tokens: list[str], n_left_out: int = 0) -> Patterns:
    """What each head of each layer attends to in the batch's first sequence. `tokens` are its tokens as shown."""
    assert len(tokens) == batch.ids.shape[1]
    with resting(model), capture(model, "*.pattern") as captured:
        model.hidden(batch)
    weights = torch.stack([pattern[0] for pattern in captured.values()])  # [layer n_heads query key]
    return Patterns(tokens, weights.float().cpu().numpy(), batch.attn_mask[0, 0].cpu().numpy(), n_left_out)
