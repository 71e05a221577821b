"""Inside one head: every step from its queries, keys and values to what it writes into the residual stream."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from core.batch import Batch
from core.blocks.attention import Attention, pattern
from core.inspection.attention import part_of
from core.inspection.hooks import hook_points, record
from core.models.language_model import LanguageModel, resting

Matrix = Float[np.ndarray, "query key"]


@dataclass(frozen=True, eq=False)
class Softmax:
    """What follows from scores: `scores` before the mask, `weights` after mask and softmax, `z` the weighted sum of values, `output` what goes on."""

    factor: float  # that the products were multiplied by
    scores: Matrix
    weights: Matrix
    z: Float[np.ndarray, "query d_head"]
    output: Float[np.ndarray, "query d_model"]  # z through this head's rows of the output projection, without its bias
    entropies: Float[np.ndarray, "layer head"]  # bits, mean over the queries that may look at anything, of every head of this kind


@dataclass(frozen=True, eq=False)
class Inside:
    """One head on one text. `own` is as the model computes; `other` as it would be from the same q, k and v with the scale switched off, or on (T5)."""

    queries: list[str]  # the tokens that look
    keys: list[str]  # the tokens that are looked at
    q: Float[np.ndarray, "query d_head"]
    k: Float[np.ndarray, "key d_head"]
    v: Float[np.ndarray, "key d_head"]
    products: Matrix  # q k'
    added: Matrix | None  # what knows of positions (T5, XLNet), after the scale
    allowed: Bool[np.ndarray, "query key"]
    own: Softmax
    other: Softmax
    n_layers: int
    n_heads: int
    d_model: int


def inside(model: LanguageModel, batch: Batch, tokens: Sequence[str], source: Sequence[str], part: str, layer: int, head: int) -> Inside:
    """Head `head` of layer `layer` (from 0) of one kind of attention (core.patterns.PARTS), on the batch's first sequence.

    tokens, source: those of `batch.ids` and `batch.source`, as shown. ValueError in words where this attention has no queries, keys and values.
    """
    found_in = "self" if part == "query" else part  # XLNet's two streams pass the same points, the query stream first
    names = [name.removesuffix(".pattern") for name in hook_points(model, "*.pattern") if part_of(name) == found_in]
    layers = [module for name in names if isinstance(module := model.get_submodule(name), Attention)]
    if not layers:
        raise ValueError("A recurrent decoder asks with its state, not with queries, keys and values of heads. Choose a run of another system.")
    with resting(model), record(model, "*") as recorded:
        model.hidden(batch)
        turn = 0 if part == "query" else -1
        steps = [{point: recorded[f"{name}.{point}"][turn][0] for point in ("q", "k", "v", "mask", "scores")} for name in names]
        here, found = layers[layer], steps[layer]
        q, k, v = (found[point][head] for point in ("q", "k", "v"))
        products = q @ k.T
        allowed = found["mask"].expand(here.n_heads, *products.shape)
        other_factor = 1.0 if here.scale != 1.0 else here.out.in_features**-0.5 * here.n_heads**0.5
        w_out = torch.unflatten(here.out.weight, 1, (here.n_heads, -1))[:, head]  # [d_model d_head]
        own, other = (_softmax(layers, steps, factor, layer, head, v, w_out) for factor in (here.scale, other_factor))
        added = found["scores"][head] - here.scale * products
        known = array(added) if added.abs().max() > 1e-5 else None
        seen = allowed[head].cpu().numpy()
        queries, keys = {"encoder": (source, source), "cross": (tokens, source)}.get(part, (tokens, tokens))
        sizes = (len(layers), here.n_heads, here.out.out_features)
        return Inside(list(queries), list(keys), array(q), array(k), array(v), array(products), known, seen, own, other, *sizes)


def _softmax(layers: list[Attention], steps: list[dict[str, Tensor]], factor: float, layer: int, head: int, v: Tensor, w_out: Tensor) -> Softmax:
    scores = [rescaled(one, each, factor) for one, each in zip(layers, steps, strict=True)]
    weights = [pattern(each[None], step["mask"][None])[0] for each, step in zip(scores, steps, strict=True)]
    z = weights[layer][head] @ v
    entropies = torch.stack([mean_entropies(each) for each in weights])
    return Softmax(factor, array(scores[layer][head]), array(weights[layer][head]), array(z), array(z @ w_out.T), array(entropies))


def rescaled(attention: Attention, step: dict[str, Tensor], factor: float) -> Float[Tensor, "head query key"]:
    """A layer's scores with another factor in place of its own; what is added to them stays."""
    return step["scores"] + (factor - attention.scale) * (step["q"] @ step["k"].transpose(-2, -1))


def mean_entropies(weights: Float[Tensor, "head query key"]) -> Float[Tensor, " head"]:
    """In bits."""
    rows = torch.special.entr(weights).sum(-1) / np.log(2)
    looks = weights.sum(-1) > 0
    mean: Tensor = (rows * looks).sum(-1) / looks.sum(-1).clamp(min=1)
    return mean


def array(x: Tensor) -> np.ndarray:
    made: np.ndarray = x.detach().float().cpu().numpy()
    return made
