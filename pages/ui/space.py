"""The map in three dimensions, by Plotly; where it is looked at from is in the address, and stays when the picture changes."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from core.figures import space as figures
from core.figures.space import Look
from pages.ui import address
from pages.ui.components import ASSETS, component
from pages.ui.word_map import Click, Points

MOST = 5000  # points: Plotly takes five seconds to draw ten thousand
PLOT = "space"  # the key of its place on the page
PARTS = ("eye", "center", "up")

_eye = component("eye")


def show(points: Points, key: str, selected: int | None, neighbours: Sequence[int], marked: Sequence[int], on_click: Callable[[Click], None]) -> None:
    """points: their layout has three columns. key: tells this picture from others of the same page."""
    n = min(len(points.words), MOST)
    if n < len(points.words):
        st.caption(f"In 3-D the first {n:,} of {len(points.words):,} words are shown; 2-D shows all.")
    here = [row for row in marked if row < n]
    shown = selected if selected is not None and selected < n else None
    near = [row for row in neighbours if row < n]
    picture = f"{key} {points.version} {shown} {near} {here}"
    colour = points.colour
    drawn = figures.space(
        points.xy[:n],
        points.words[:n],
        None if colour is None else colour.values[:n],
        () if colour is None else colour.names,
        "" if colour is None else colour.label,
        shown,
        near,
        here,
        _camera(_from(picture)),
        _look(),
        texts=points.texts and points.texts[:n],
    )
    with st.container(key=PLOT):
        st.plotly_chart(drawn, key="space-plot")

    def looked() -> None:
        sent = st.session_state["space-eye"].get("camera")
        if sent is not None:
            address.put(camera=",".join(f"{value:.4g}" for part in sent["camera"] for value in part))

    def clicked() -> None:
        sent = st.session_state["space-eye"].get("click")
        if sent is not None:
            on_click(Click(int(sent["index"])))

    _eye(key="space-eye", data={"plot": PLOT}, on_camera_change=looked, on_click_change=clicked)


def _from(picture: str) -> str:
    """Where the picture is looked at from: as the address said when it was last drawn anew. Told of every turn, it would be drawn anew at each."""
    kept = st.session_state.setdefault("space-from", {})
    if kept.get("picture") != picture:
        kept.update(picture=picture, eye=address.get("camera"))
    return str(kept["eye"])


def _camera(text: str) -> dict[str, Any]:
    """As Plotly has it, of nine numbers; its own where they are damaged."""
    try:
        values = [float(each) for each in text.split(",")]
    except ValueError:
        return {}
    if len(values) != 9 or not all(abs(value) < 1e3 for value in values):
        return {}
    return {part: dict(zip("xyz", values[3 * i : 3 * i + 3], strict=True)) for i, part in enumerate(PARTS)}


def _look() -> Look:
    """Of the theme that is shown; the categories are the map's own."""
    dark = st.context.theme.type == "dark"
    text = (ASSETS / "canvas.js").read_text("utf-8")
    row = text[text.index("const CATEGORIES") :]
    row = row[row.index("dark: [" if dark else "light: [") :]
    categories = tuple(each.strip(' "') for each in row[row.index("[") + 1 : row.index("]")].split(","))
    return Look("#6fb3d9", "#e4e6e4", "#4d565c", "#2a3136", categories) if dark else Look(categories=categories)
