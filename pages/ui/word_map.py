"""The Python side of the map. Its JavaScript lies in assets/components: map.js and what is placed before it.

The points go in one message and all that a click changes in another: Streamlit sends a view's whole message again when any of it changes.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import streamlit as st

from pages.ui.components import column, component, sendable

PARTS = ("shelf", "points", "places", "shades", "labels", "gestures", "search", "picture", "map")  # of assets/components, each placed before the next

_store = component("store", "shelf")
_map = component("map_view", *PARTS)


@dataclass(frozen=True)
class Click:
    """What was clicked on the map: the index of a word, or None where the selection was freed (Esc)."""

    index: int | None


@dataclass(frozen=True, eq=False)
class Colour:
    """A column that colours the points. values [n]: floats are a sequential scale (NaN: none); integers are categories named by `names` (-1: none).

    log: by magnitude. range: the ends of the scale, those of the values where not said.
    """

    values: np.ndarray
    label: str = ""
    names: tuple[str, ...] = ()
    log: bool = False
    range: tuple[float, float] | None = None

    @property
    def categorical(self) -> bool:
        return bool(np.issubdtype(self.values.dtype, np.integer))

    @cached_property
    def version(self) -> str:
        """Tells these colours from any others."""
        return hashlib.blake2b(
            np.ascontiguousarray(self.values).tobytes() + repr((self.label, self.names)).encode("utf-8", "replace"), digest_size=12
        ).hexdigest()


@dataclass(frozen=True, eq=False)
class Points:
    """What a map draws; make it once and keep it, for its tables are made once too.

    xy [n, 2] (in 3-D [n, 3]) in any unit: every layout is centred and scaled to the same spread, so that a view stays where it is while vectors
    grow. Words in order of importance (most frequent first), or `counts` [n] which decides about labels and sizes. Points of the same `source` glide
    from one layout to the next, each known by its id (its row, where there are no ids). About 16 bytes and the word itself a point. texts [n]: what is
    told of a point under the pointer, beside its word.
    """

    xy: np.ndarray
    words: Sequence[str]
    counts: np.ndarray | None = None
    ids: np.ndarray | None = None
    colour: Colour | None = None
    source: str = ""
    texts: Sequence[str] | None = None

    def __post_init__(self) -> None:
        n = len(self.words)
        assert self.xy.shape in ((n, 2), (n, 3)), f"{n} words, and places of shape {self.xy.shape}"
        assert all(len(each) == n for each in (self.counts, self.ids, self.texts) if each is not None)
        assert self.colour is None or len(self.colour.values) == n

    @cached_property
    def tables(self) -> dict[str, pa.Table]:
        """The columns as they are sent."""
        found = {"xy": column(np.asarray(self.xy, np.float32).ravel()), "words": column([sendable(word) for word in self.words])}
        if self.counts is not None:
            found["counts"] = column(np.asarray(self.counts, np.float32))
        if self.texts is not None:
            found["texts"] = column([sendable(text) for text in self.texts])
        if self.ids is not None:
            found["ids"] = column(np.asarray(self.ids, np.int32))
        if self.colour is not None:
            found["colour"] = column(self.colour.values.astype(np.int32 if self.colour.categorical else np.float32))
        return found

    @cached_property
    def version(self) -> str:
        """Tells these points from any others."""
        digest = hashlib.blake2b(self.source.encode(), digest_size=12)
        for name, table in self.tables.items():
            digest.update(name.encode())
            for chunk in table.column(0).chunks:
                for part in chunk.buffers():
                    digest.update(b"" if part is None else part)
        return digest.hexdigest()

    @property
    def meaning(self) -> dict[str, Any] | None:
        """Of the colours."""
        if self.colour is None:
            return None
        kind = "categories" if self.colour.categorical else "numbers"
        names = [sendable(name) for name in self.colour.names]
        return {"kind": kind, "label": sendable(self.colour.label), "names": names, "log": self.colour.log, "range": self.colour.range}


@dataclass(frozen=True, eq=False)
class Moments(Points):
    """Points with a layout for each moment, [n_moments, n, 2], all in one unit; `xy` is the last."""

    layouts: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, 2), np.float32))

    @cached_property
    def tables(self) -> dict[str, pa.Table]:
        return {**{name: each for name, each in super().tables.items() if name != "xy"}, "layouts": column(np.asarray(self.layouts, np.float32).ravel())}


def word_map(
    key: str,
    points: Points,
    *,
    selected: int | None = None,
    neighbours: Sequence[int] = (),
    matches: Sequence[int] = (),
    chosen: str = "",
    shapes: Sequence[Sequence[int]] = (),
    ends: dict[str, str] | None = None,
    height: int = 560,
    caption: str = "",
    at: str = "",
    file: str = "map",
    linked: str = "",
    on_click: Callable[[Click], None] | None = None,
    on_choose: Callable[[str], None] | None = None,
    on_look: Callable[[str], None] | None = None,
) -> None:
    """A map of words. The selected word with its neighbours, the matches, the chosen and the corners of the shapes stand out, all others turn grey.

    chosen: rows, as core.selections writes them. shapes: four rows each, a to b as c to d, drawn as a parallelogram. ends: what the axes mean, at
    their "left", "right", "bottom" and "top". at: "x,y,span", the view to begin with, as `on_look` says it when the view has come to rest. linked: maps
    of the same name mark the word that is under the pointer on any of them.

    What `on_click`, `on_choose` and `on_look` do is done before the page's body, so that the page finds what they changed.
    """
    hears: dict[str, Callable[[Any], None]] = {}
    if on_click is not None:
        hears["click"] = lambda sent: on_click(Click(sent["index"]))
    if on_choose is not None:
        hears["choose"] = lambda sent: on_choose(sent["rows"])
    if on_look is not None:
        hears["look"] = lambda sent: on_look(sent["at"])
    told = {"selected": selected, "neighbours": neighbours, "matches": matches, "chosen": chosen, "shapes": shapes, "ends": ends}
    meta = described(key, points, list(hears), told, height=height, caption=caption, at=at, file=file, linked=linked)
    with st.container(gap=None):
        place(key, points)
        _map(key=key, data={"meta": meta}, **answers(key, hears))


def place(key: str, points: Points) -> None:
    """Sends the points, apart from what is said of them."""
    _store(key=f"{key}-points", data={"meta": {"name": key, "version": points.version}, **points.tables})


def described(key: str, points: Points, hears: Sequence[str], told: dict[str, Any], *, at: str = "", **more: Any) -> dict[str, Any]:
    """What map.js wants to know of its points. hears: what the page answers to."""
    n = len(points.words)
    rows = [*told.get("neighbours", ()), *told.get("matches", ()), *(() if told.get("selected") is None else (told["selected"],))]
    assert all(0 <= i < n for i in rows), "an index beyond the words"
    ends = told.get("ends")
    return {
        "points": key,
        "version": points.version,
        "source": points.source,
        "colour": points.meaning,
        "selected": told.get("selected"),
        "neighbours": [int(i) for i in told.get("neighbours", ())],
        "matches": [int(i) for i in told.get("matches", ())],
        "chosen": told.get("chosen", ""),
        "shapes": [[int(i) for i in rows] for rows in told.get("shapes", ())],
        "ends": ends and {side: sendable(text) for side, text in ends.items()},
        "at": _beginning(key, at),
        "hears": list(hears),
        **more,
    }


def answers(key: str, hears: dict[str, Callable[[Any], None]]) -> dict[str, Callable[[], None]]:
    """Arguments for a component that calls these with what its view has sent."""
    return {f"on_{name}_change": _answer(key, name, act) for name, act in hears.items()}


def _answer(key: str, name: str, act: Callable[[Any], None]) -> Callable[[], None]:
    def answer() -> None:
        sent = st.session_state[key].get(name)
        if sent is not None:
            act(sent)

    return answer


def _beginning(key: str, at: str) -> str:
    """The view that a map began with: it stays the same until the map goes, or each movement would send the message again."""
    if key not in st.session_state:
        st.session_state[f"{key} at"] = at
    return str(st.session_state[f"{key} at"])
