"""The Python side of the browser views: live curves, training pairs and examples (word_map.py: maps; viewer.py: attention). JavaScript: assets/components.

Each is a component of Streamlit's second kind: no frame, and canvas, zoom and pins survive new data. Numbers travel as Arrow columns, words never as
markup. A change of any part sends the whole payload of that view again, which the functions below say the size of.
"""

import gzip
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import streamlit as st
from numpy.typing import ArrayLike, NDArray

ASSETS = Path(__file__).parents[2] / "assets" / "components"


# A view's JavaScript travels with every message to it: packed, it is a third as long.
LOADER = """
const packed = Uint8Array.from(atob("PACKED"), (letter) => letter.charCodeAt(0));
const text = await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
const program = await import(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
export default program.default;
"""


def program(name: str, *before: str) -> str:
    """The text of assets/components/NAME.js. What it needs goes before it, because a component's module can import nothing."""
    return "\n".join((ASSETS / f"{part}.js").read_text("utf-8") for part in ("canvas", *before, name))


def component(name: str, *before: str) -> Any:
    """Register a view."""
    css = "\n".join(path.read_text("utf-8") for part in ("canvas", *before, name) if (path := ASSETS / f"{part}.css").exists())
    packed = b64encode(gzip.compress(program(name, *before).encode(), mtime=0)).decode()
    return st.components.v2.component(f"orrery_{name}", css=css, js=LOADER.replace("PACKED", packed))


_curve = component("curve")
_pairs = component("pairs")
_example = component("example")
_steps = component("steps")
_mask = component("mask")
_grid = component("grid")
_beam = component("beam")


def column(values: Any) -> pa.Table:
    """One column: a bare array would be sent by way of a pandas frame, at five times the cost."""
    return pa.table({"": pa.array(values)})


@dataclass(frozen=True)
class Series:
    """One line (or row of points) of a curve.

    `panel` is the name written at its axis: the panel named first is the large one, every other a small one beneath. `colour` is a place in the palette
    (0 is the accent); without it, the place of the series in its panel. Give the series of one run the same number where several runs are shown.
    NaN in `y` leaves a gap. `x` ascends.
    """

    name: str
    x: ArrayLike
    y: ArrayLike
    panel: str = "loss"
    kind: Literal["line", "points"] = "line"
    colour: int | None = None


def curve(
    key: str,
    series: Sequence[Series],
    *,
    height: int = 320,
    x_label: str = "step",
    log_x: bool = False,
    log_y: bool = False,
    marks: Sequence[float] = (),
    moments: Sequence[tuple[float, float, str]] = (),
) -> None:
    """Live line chart with legend and crosshair. `marks` are places on the x axis that get a small triangle (snapshots); `moments` stretches of it, from
    and to, that are shaded and named.

    `log_y` holds for the first panel. About 12 bytes a point; send whole thinned series, some hundred points each.
    """
    xs = [np.asarray(one.x, dtype=np.float64).ravel() for one in series]
    ys = [np.asarray(one.y, dtype=np.float32).ravel() for one in series]
    assert all(len(x) == len(y) for x, y in zip(xs, ys, strict=True)), "x and y of a series differ in length"
    described = [{"name": s.name, "panel": s.panel, "kind": s.kind, "colour": s.colour, "n": len(x)} for s, x in zip(series, xs, strict=True)]
    meta = {"series": described, "height": height, "x_label": x_label, "log_x": log_x, "log_y": log_y, "marks": [float(mark) for mark in marks]}
    meta["moments"] = [{"from": float(begin), "to": float(end), "label": sendable(label)} for begin, end, label in moments]
    x = np.concatenate(xs) if xs else np.zeros(0)
    y = np.concatenate(ys) if ys else np.zeros(0, dtype=np.float32)
    _curve(key=key, data={"meta": meta, "x": column(x), "y": column(y)})


def sparkline(values: ArrayLike, *, label: str = "", colour: str = "#4a90b8", width: int = 160, height: int = 36) -> str:
    """A tiny curve as an image element, for `st.html`. It holds numbers, and `label` (what a screen reader says) escaped.

    `st.html` drops SVG elements, so it comes as a data URI; an image knows no theme, hence a colour that reads on light and on dark.
    """
    y = np.asarray(values, dtype=np.float64).ravel()
    y = y[np.isfinite(y)]
    y = y[np.linspace(0, len(y) - 1, min(len(y), width)).round().astype(int)] if len(y) else y
    low, high = (y.min(), y.max()) if len(y) else (0.0, 1.0)
    xs = np.linspace(3, width - 3, len(y)) if len(y) > 1 else np.full(len(y), width / 2)
    ys = height - 4 - (y - low) / (high - low) * (height - 8) if high > low else np.full(len(y), height / 2)
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(xs, ys, strict=True))
    dot = f'<circle cx="{xs[-1]:.1f}" cy="{ys[-1]:.1f}" r="2.2" fill="{escape(colour)}"/>' if len(y) else ""
    line = f'<polyline points="{points}" fill="none" stroke="{escape(colour)}" stroke-width="1.5" stroke-linejoin="round" stroke-opacity="0.75"/>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">{line}{dot}</svg>'
    return f'<img src="data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}" width="{width}" height="{height}" alt="{escape(label)}">'


def sendable(word: str) -> str:
    """The word without halves of surrogate pairs, which UTF-8 cannot hold."""
    return word.encode("utf-8", "replace").decode("utf-8")


def pairs_view(key: str, picture: dict[str, Any], on_word: Callable[[int], None]) -> None:
    """A sentence with its window and what an objective is fed there: `picture` as pages/ui/pair_picture.py makes it. `on_word` hears which word is chosen."""

    def chosen() -> None:
        sent = st.session_state[key].get("word")
        if sent is not None:
            on_word(int(sent["place"]))

    _pairs(key=key, data={"meta": _all_sendable(picture)}, on_word_change=chosen)


def example_view(key: str, picture: dict[str, Any], cells: NDArray[np.uint8]) -> None:
    """A training example: `picture` and the masks' cells as pages/ui/objectives.py makes them. A byte a cell."""
    _example(key=key, data={"meta": _all_sendable(picture), "cells": column(cells)})


def mask_view(key: str, picture: dict[str, Any], columns: dict[str, NDArray[Any]], on_cells: Callable[[str], None], on_order: Callable[[str], None]) -> None:
    """A mask to be edited, beside what is seen through it: `picture` and `columns` as pages/ui/masking.py makes them.

    `on_cells` hears the whole mask as zeros and ones, row by row; `on_order` the order of a permutation, as places with hyphens between.
    """

    def edited() -> None:
        sent = st.session_state[key]
        if sent.get("mask"):
            on_cells(str(sent["mask"]["cells"]))
        elif sent.get("order"):
            on_order(str(sent["order"]["order"]))

    data = {"meta": _all_sendable(picture), **{name: column(values.ravel()) for name, values in columns.items()}}
    _mask(key=key, data=data, on_mask_change=edited, on_order_change=edited)


def grid_view(
    key: str,
    values: NDArray[np.floating[Any]],
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    title: str,
    hint: str = "",
    words: Sequence[str] | None = None,
    notes: Sequence[str] | None = None,
    picked: Sequence[int] = (),
    picked_says: str = "picked",
    on_pick: Callable[[list[int], int], None] | None = None,
    tokens: bool = False,
    percent: bool = False,
    least_scale: float = 1e-6,
) -> None:
    """A table [row, column] as a picture: accent above 0, orange below, grey where it is no number. The scale ends at the largest, or at `least_scale`.

    tokens: whether the columns are tokens. words: one a cell, written in it; notes: said when it is looked at. picked: cells that are marked, row by
    row; `on_pick` hears all of them, and which was pressed.
    """
    assert values.shape == (len(rows), len(columns))

    def heard() -> None:
        sent = st.session_state[key].get("pick")
        if sent is not None and on_pick is not None:
            on_pick([int(cell) for cell in sent["cells"]], int(sent["at"]))

    meta = {
        "title": title,
        "hint": hint,
        "rows": list(rows),
        "columns": list(columns),
        "words": None if words is None else list(words),
        "notes": None if notes is None else list(notes),
        "picked": list(picked),
        "picked_says": picked_says,
        "picks": on_pick is not None,
        "tokens": tokens,
        "percent": percent,
        "least_scale": least_scale,
    }
    _grid(key=key, data={"meta": _all_sendable(meta), "values": column(values.astype(np.float32).ravel())}, on_pick_change=heard)


def steps_view(key: str, picture: dict[str, Any], on_take: Callable[[int, int], None] | None = None) -> None:
    """A written text token by token, each with its alternatives: `picture` as pages/ui/generating.py makes it.

    `on_take` hears the place and the id of an alternative that is to be taken instead.
    """

    def taken() -> None:
        sent = st.session_state[key].get("take")
        if sent is not None and on_take is not None:
            on_take(int(sent["at"]), int(sent["id"]))

    _steps(key=key, data={"meta": _all_sendable({**picture, "takes": on_take is not None})}, on_take_change=taken)


def beam_view(key: str, picture: dict[str, Any]) -> None:
    """A beam search as a tree: `picture` as pages/ui/generating.py makes it."""
    _beam(key=key, data={"meta": _all_sendable(picture)})


def _all_sendable(value: Any) -> Any:
    if isinstance(value, str):
        return sendable(value)
    if isinstance(value, dict):
        return {name: _all_sendable(each) for name, each in value.items()}
    return [_all_sendable(each) for each in value] if isinstance(value, list | tuple) else value
