"""What a family of models is on both sides, and how one table of names serves both ways."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Arrays = Mapping[str, np.ndarray]
Renamed = Callable[[Arrays, Any], dict[str, np.ndarray]]  # our weights and the system's settings -> theirs; only renamed, cut, turned and joined


@dataclass(frozen=True)
class Family:
    """system: a name of SYSTEMS. model_type, architecture: as in a config.json of transformers. config: of settings and vocabulary, its other entries.

    settings: of a config.json, those of the system; ValueError in words where there is something that it cannot be.
    """

    system: str
    model_type: str
    architecture: str
    renamed: Renamed
    config: Callable[[Any, int], dict[str, Any]]
    settings: Callable[[Mapping[str, Any]], dict[str, Any]]
    table: str = "embed.weight"  # ours, with a row a token
    rows: tuple[str, ...] = ()  # others with one


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


def checked_width(config: Mapping[str, Any], width: str, inner: str) -> None:
    """ValueError in words where the feed-forward layer is not four times as wide as the stream."""
    if config.get(inner) not in (None, 4 * int(config[width])):
        raise ValueError(f"This model's feed-forward layer has a width of {config[inner]}; four times {width} ({4 * int(config[width])}) can be opened.")
