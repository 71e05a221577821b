"""What a neural system asks of the machine, from the model itself: made without any memory, on torch's meta device."""

from typing import Any

import torch

from core.models.language_model import LanguageModel
from core.training.learner import Cost

OF_FEW = ("head.", "ngrams.", "pooler.", "classes.")  # through which only those tokens pass that are predicted, or stand for all
LOOKED_UP = ("embed.", "positions.", "segments.", "tasks.", "distances")  # tables of which a token takes a row: no products
LOGITS = "unembedding."  # the product that makes the logits, which every model has, by its embedding if by no other


def cost_of(model: LanguageModel, settings: Any, n_tokens: int, n_predicted: int, n_blocks: int) -> Cost:
    """flops: 6 a weight of a matrix product and token (forward 2, backward 4; Kaplan et al. 2020), and 12 d_model a pair of tokens in attention.

    memory: 16 bytes a weight (itself, its gradient, two moments), and what is kept for the backward pass: about 18 d_model a block and token, 8
    more with dropout; attention's matrices in bfloat16, with dropout in float32 and thrice; and twice the logits. Python and torch themselves are not in it.

    n_tokens: read in a step, all streams together. n_predicted: of those, the ones for which logits are made. n_blocks: that a token passes.
    """
    d_model, n_ctx, vocab_size = int(settings.d_model), int(settings.n_ctx), model.embed.num_embeddings
    dropout, n_heads = bool(getattr(settings, "dropout", 0.0)), int(getattr(settings, "n_heads", 1))
    n_weights = sum(weight.numel() for weight in model.parameters())
    matrices = {name: weight.numel() for name, weight in model.named_parameters() if weight.ndim == 2 and not name.startswith((*LOOKED_UP, LOGITS))}
    of_few = sum(n for name, n in matrices.items() if name.startswith(OF_FEW))
    products = sum(matrices.values()) - of_few
    activations = n_blocks * ((18 + 8 * dropout) * d_model + (0.5 + 3 * dropout) * n_heads * n_ctx)
    flops = 6.0 * n_tokens * products + 6.0 * n_predicted * (vocab_size * d_model + of_few) + 12.0 * n_blocks * d_model * n_ctx * n_tokens
    memory = 16.0 * n_weights + 4.0 * (n_tokens * activations + 2 * n_predicted * vocab_size)
    return Cost(flops=flops, memory=memory, weights=4.0 * n_weights)


def weightless(build: Any, settings: Any, vocab_size: int) -> LanguageModel:
    """The model that `build` makes, without memory for its weights."""
    with torch.device("meta"):
        model: LanguageModel = build(settings, vocab_size)
    return model
