"""What each output depends on, measured: beside what the mask says it may see."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from core.batch import Batch
from core.inspection.hooks import capture, hook_points
from core.models.language_model import LanguageModel, resting

LEAK = 1e-4  # a change of probability below this is the noise of float32


def repeated(batch: Batch, n: int) -> Batch:
    """A batch of one, n times; masks that hold for every sequence stay as they are."""
    assert len(batch.ids) == 1
    parts: dict[str, Any] = {name: part.expand(n, *part.shape[1:]) for name, part in vars(batch).items() if isinstance(part, Tensor)}
    return replace(batch, **parts)


def by_replacement(model: LanguageModel, batch: Batch, substitutes: Sequence[int], of_source: bool = False) -> Float[np.ndarray, "pos changed"]:
    """How much the prediction at each position changes when each input token is replaced: the largest total variation distance (0..1) over `substitutes`.

    of_source: replaced are the tokens that the encoder reads, not the batch's ids. Where a position cannot see an input it is 0, but for rounding.
    """
    name = "source" if of_source else "ids"
    read = getattr(batch, name)
    n = read.shape[1]
    with resting(model):
        before = model(batch).softmax(-1)  # [1 pos vocab]
        most = torch.zeros(batch.ids.shape[1], n, device=before.device)
        for substitute in substitutes:
            changed = read.repeat(n, 1)
            changed.fill_diagonal_(substitute)
            after = model(replace(repeated(batch, n), **{name: changed})).softmax(-1)  # [changed pos vocab]
            most = torch.maximum(most, 0.5 * (after - before).abs().sum(-1).T)
    measured: np.ndarray = most.float().cpu().numpy()
    return measured


def by_gradient(model: LanguageModel, batch: Batch, of_source: bool = False) -> Float[np.ndarray, "pos read"]:
    """The norm of the gradient of each position's likeliest log-probability by each input's embedding, as it enters the first block.

    of_source: of the tokens that the encoder reads, not of the batch's ids.
    """
    training = model.training
    model.eval()
    names = [name for name in hook_points(model, "*.0.resid_pre") if name.startswith("encoder.") == of_source]
    rows = []
    with torch.enable_grad(), capture(model, names[-1]) as captured:
        best = model(batch).log_softmax(-1).amax(-1)[0]  # [pos]
        entered = captured[names[-1]]
        for position in best:
            (gradient,) = torch.autograd.grad(position, entered, retain_graph=True)
            rows.append(gradient[0].norm(dim=-1))
    model.train(training)
    measured: np.ndarray = torch.stack(rows).detach().float().cpu().numpy()
    return measured


def reach(masks: Sequence[Bool[np.ndarray, "pos pos"]]) -> Bool[np.ndarray, "pos pos"]:
    """What each position can know after all layers: of what it sees it learns what that had seen before. masks: one a layer; its own place it always keeps."""
    own = np.eye(masks[0].shape[0], dtype=bool)
    known = own
    for mask in masks:
        known = ((mask | own).astype(np.float32) @ known.astype(np.float32)) > 0
    return known


def verdicts(
    influence: Float[np.ndarray, "pos read"], allowed: Bool[np.ndarray, "pos read"], reached: Bool[np.ndarray, "pos read"], least: float = LEAK
) -> np.ndarray:
    """Of each output and input: 0 no influence, 1 seen as the mask allows, 2 through others that may see it, 3 a leak: influence that no way explains."""
    there = influence > least
    found: np.ndarray = np.where(there & allowed, 1, np.where(there & reached, 2, np.where(there, 3, 0))).astype(np.uint8)
    return found
