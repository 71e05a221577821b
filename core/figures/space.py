"""Words in three dimensions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.figures.template import figure

MARK = "#d1793b"  # of what stands out
N_LABELS = 40


@dataclass(frozen=True)
class Look:
    """Colours of a theme, all of them solid: in three dimensions what is half transparent turns white."""

    accent: str = "#2a6f97"
    ink: str = "#1f2426"
    grey: str = "#c4c4bf"
    grid: str = "#e4e4de"
    categories: tuple[str, ...] = ("#2a6f97", "#caac3a", "#a93857", "#4aa98a")


def space(
    xyz: np.ndarray,
    words: Sequence[str],
    values: np.ndarray | None = None,
    names: Sequence[str] = (),
    label: str = "",
    selected: int | None = None,
    neighbours: Sequence[int] = (),
    marked: Sequence[int] = (),
    camera: Mapping[str, Any] | None = None,
    look: Look | None = None,
    height: int = 620,
    texts: Sequence[str] | None = None,
) -> go.Figure:
    """xyz float [n 3]. values [n]: whole numbers are categories called `names` (-1: none), others a scale with its `label`.

    What is selected, near it or marked stands out and is named, with lines from the selected word; else the first words are named. Each point's
    customdata is its row. camera: as Plotly has it. texts: lines told of each point under the pointer.
    """
    look = look or Look()
    drawn = figure(height)
    bright = [*([] if selected is None else [selected]), *neighbours, *marked]
    everything = np.arange(len(words))
    hover = [_plain(word) for word in words]
    if texts is not None:
        hover = ["<br>".join([word, *(_plain(line, 80) for line in text.split("\n") if line)]) for word, text in zip(hover, texts, strict=True)]
    if bright:
        _points(drawn, xyz, hover, everything, {"color": look.grey, "size": 2.5})
    elif values is not None and np.issubdtype(values.dtype, np.integer):
        for value in [*range(len(names)), -1]:
            shade = look.grey if value < 0 else look.categories[value % len(look.categories)]
            symbol = "circle" if value < len(look.categories) else "circle-open"
            _points(drawn, xyz, hover, np.flatnonzero(values == value), {"color": shade, "size": 3.5, "symbol": symbol}, names[value] if value >= 0 else "")
    elif values is not None:
        bar = {"title": {"text": _plain(label)}, "thickness": 10, "len": 0.5}
        _points(drawn, xyz, hover, everything, {"color": np.asarray(values, float), "colorscale": "Viridis", "size": 3.5, "colorbar": bar})
    else:
        _points(drawn, xyz, hover, everything, {"color": look.accent, "size": 3})
    if selected is not None:
        for other in neighbours:
            ends = xyz[[selected, other]]
            drawn.add_scatter3d(
                x=ends[:, 0], y=ends[:, 1], z=ends[:, 2], mode="lines", line={"color": look.accent, "width": 3}, hoverinfo="skip", showlegend=False
            )
    named = list(dict.fromkeys(bright)) if bright else list(range(min(N_LABELS, len(words))))
    _labels(drawn, xyz, words, named, bool(bright), look)
    axis = {"showbackground": False, "gridcolor": look.grid, "zeroline": False, "showticklabels": False, "title": {"text": ""}}
    drawn.update_layout(
        scene={"xaxis": axis, "yaxis": axis, "zaxis": axis, "aspectmode": "data", "camera": dict(camera or {}), "uirevision": "eye"},
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        showlegend=bool(len(names)) and not bright,
        legend={"itemsizing": "constant"},
    )
    return drawn


def _points(drawn: go.Figure, xyz: np.ndarray, hover: Sequence[str], rows: np.ndarray, marker: dict[str, Any], name: str = "") -> None:
    if not len(rows):
        return
    drawn.add_scatter3d(
        x=xyz[rows, 0],
        y=xyz[rows, 1],
        z=xyz[rows, 2],
        mode="markers",
        marker={**marker, "line": {"width": 0}},
        text=[hover[row] for row in rows],
        customdata=rows,
        hovertemplate="%{text}<extra></extra>",
        name=_plain(name),
        showlegend=bool(name),
    )


def _labels(drawn: go.Figure, xyz: np.ndarray, words: Sequence[str], rows: Sequence[int], strong: bool, look: Look) -> None:
    if not rows:
        return
    drawn.add_scatter3d(
        x=xyz[rows, 0],
        y=xyz[rows, 1],
        z=xyz[rows, 2],
        mode="markers+text" if strong else "text",
        marker={"color": MARK, "size": 4.5},
        textfont={"color": look.ink, "size": 12},
        text=[_plain(words[row]) for row in rows],
        textposition="top center",
        customdata=list(rows),
        hoverinfo="skip" if not strong else "text",
        showlegend=False,
    )


def _plain(text: str, longest: int = 60) -> str:
    """A user's text for Plotly, which reads a few tags."""
    return text[:longest].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
