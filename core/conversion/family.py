"""What a family of models is on both sides, and how one table of names serves both ways."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Arrays = Mapping[str, np.ndarray]
Renamed = Callable[[Arrays, Any], dict[str, np.ndarray]]  # our weights and the system's settings -> theirs; only renamed, cut, turned and joined


@dataclass(frozen=True)
class Widths:
    """What a model's weights say of its inside: rows of the tokens' table, width of the feed-forward layers, and of all heads of an attention together."""

    vocab_size: int
    d_ff: int
    d_heads: int = 0  # 0: as wide as the stream

    def of(self, name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of a weight of ours, of which `shape` is the one in a model of the usual widths."""
        d_heads = self.d_heads or (shape[-1] if name.endswith("out.weight") else shape[0] // 3)
        told = {
            "feed_forward.into.weight": (self.d_ff, *shape[1:]), "feed_forward.into.bias": (self.d_ff,), "feed_forward.out.weight": (shape[0], self.d_ff),
            "attention.qkv.weight": (3 * d_heads, *shape[1:]), "attention.out.weight": (shape[0], d_heads),
        }  # fmt: skip
        return next((found for ending, found in told.items() if name.endswith(ending)), shape)


def widths(weights: Arrays, table: str) -> Widths:
    """Those of our weights."""
    d_ff = next((weight.shape[0] for name, weight in weights.items() if name.endswith("feed_forward.into.weight")), 0)
    d_heads = next((weight.shape[1] for name, weight in weights.items() if name.endswith("attention.out.weight")), 0)
    return Widths(len(weights[table]), d_ff, d_heads)


@dataclass(frozen=True)
class Family:
    """system: a name of SYSTEMS. model_type, architecture: as in a config.json of transformers. config: of settings and widths, its other entries.

    settings: of a config.json, those of the system; ValueError in words where there is something that it cannot be. widths: of a config.json, those that
    no setting says. fits: whether a run with these settings is of this family. frame: what stands around one text and around two, as the tokenizers
    library writes it: to be read as it was learnt.
    """

    system: str
    model_type: str
    architecture: str
    renamed: Renamed
    config: Callable[[Any, Widths], dict[str, Any]]
    settings: Callable[[Mapping[str, Any]], dict[str, Any]]
    widths: Callable[[Mapping[str, Any]], Widths]
    fits: Callable[[Any], bool] = lambda settings: True
    frame: tuple[str, str] | None = None
    table: str = "embed.weight"  # ours, with a row a token
    rows: tuple[str, ...] = ()  # others with one
    of_any_height: tuple[str, ...] = ()  # tables of ours of which a folder may have more rows, which nothing asks for, or fewer: those add nothing
    nothing: tuple[str, ...] = ()  # weights of theirs that ours has not: they have to be zero


def back(theirs: Arrays, like: Mapping[str, tuple[int, ...]], settings: Any, renamed: Renamed) -> dict[str, np.ndarray]:
    """Our weights from theirs, by the same table: each number of ours is followed to where it goes, and fetched from there.

    like: our shapes. ValueError in words where a weight is missing or of another shape.
    """
    starts = np.cumsum([0, *(int(np.prod(shape)) for shape in like.values())])
    places = {name: np.arange(start, start + int(np.prod(shape))).reshape(shape) for start, (name, shape) in zip(starts, like.items(), strict=False)}
    flat = np.full(int(starts[-1]), np.nan, np.float32)
    for name, places_there in renamed(places, settings).items():
        if name not in theirs:
            raise ValueError(f"The folder lacks the weight {name}: it is of another kind of model, or cut short.")
        if theirs[name].shape != places_there.shape:
            raise ValueError(f"The weight {name} has the shape {theirs[name].shape}; {places_there.shape} was expected by its config.json.")
        flat[places_there.ravel()] = np.asarray(theirs[name], np.float32).ravel()
    return {name: flat[start : start + int(np.prod(shape))].reshape(shape) for start, (name, shape) in zip(starts, like.items(), strict=False)}


def need(config: Mapping[str, Any], name: str, *allowed: Any) -> None:
    """ValueError in words where a config.json asks for what we have not; what it does not say is taken to be usual."""
    if config.get(name, allowed[0]) not in allowed:
        raise ValueError(f"This model has {name} {config[name]!r}; models with {' or '.join(map(repr, allowed))} can be opened.")


def inner(config: Mapping[str, Any], width: str, name: str) -> Widths:
    """The widths of a model whose config.json calls the feed-forward layer's `name`: where it is not said, four times the stream's."""
    return Widths(int(config.get("vocab_size", 0)), int(config.get(name) or 4 * int(config[width])))
