"""Pictures of several systems side by side."""

import textwrap
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.figures.template import COLOURS, GRID, figure

ROW = 34  # pixels of a row of dots


def colour(i: int) -> str:
    """Of the i-th of those that are compared, in charts and tables alike."""
    return COLOURS[i % len(COLOURS)]


def dots(rows: Sequence[str], names: Sequence[str], values: np.ndarray, errors: np.ndarray, percent: bool = False) -> go.Figure:
    """One row a question, one dot a name: values and their standard errors, float64 [n_names n_rows]; what is not a number has no dot."""
    drawn = figure(70 + ROW * len(rows))
    heights = np.arange(len(rows), dtype=float)
    for i, name in enumerate(names):
        shift = 0.5 * ((i + 0.5) / len(names) - 0.5)  # a little apart, so that equal ones are all seen
        drawn.add_scatter(
            x=values[i],
            y=heights + shift,
            error_x={"type": "data", "array": np.nan_to_num(errors[i]), "thickness": 1.2, "width": 0},
            mode="markers",
            cliponaxis=False,
            name=_plain(name),
            marker={"size": 9, "color": colour(i)},
            customdata=[_plain(row) for row in rows],
            hovertemplate="%{customdata}<br>" + _plain(name) + (": %{x:.1%}" if percent else ": %{x:.3f}") + "<extra></extra>",
        )
    for height in heights[1:]:
        drawn.add_hline(y=height - 0.5, line={"color": GRID, "width": 1})
    drawn.update_yaxes(tickvals=heights, ticktext=[_plain(_short(row, 36)) for row in rows], range=[len(rows) - 0.5, -0.5], showgrid=False, ticks="")
    finite = values[np.isfinite(values)]
    low = min(0.0, float(finite.min()) - 0.05) if len(finite) and finite.min() < 0 else 0.0
    drawn.update_xaxes(
        tickformat=".0%" if percent else ".1f",
        range=[low, 1.0],
        dtick=0.5 if low < -0.5 else 0.2,
        tickangle=0,
        side="top",
        zeroline=low < 0,
        zerolinecolor="rgba(128,128,128,0.5)",
    )
    drawn.update_layout(margin={"t": 36, "r": 20})
    return drawn


def agreement(names: Sequence[str], shares: np.ndarray) -> go.Figure:
    """A square of how much each two agree, float64 [n_names n_names] from 0 to 1; the diagonal is left empty."""
    shown = np.where(np.eye(len(names), dtype=bool), np.nan, shares)
    labels = [_plain(_short(name, 28)) for name in names]
    drawn = figure(90 + 52 * len(names))
    places = np.arange(len(names))
    drawn.add_heatmap(
        x=places,
        y=places,
        z=shown,
        zmin=0,
        zmax=1,
        # Half transparent at most: what stands in a cell has the theme's own colour and must be read in light and dark.
        colorscale=[[0, "rgba(42,111,151,0.07)"], [1, "rgba(42,111,151,0.60)"]],
        showscale=False,
        xgap=2,
        ygap=2,
        customdata=[[f"{labels[i]}<br>{labels[j]}" for j in places] for i in places],
        hovertemplate="%{customdata}<br>%{z:.0%} in common<extra></extra>",
        hoverongaps=False,
    )
    for i, j in np.argwhere(np.isfinite(shown)):
        drawn.add_annotation(x=j, y=i, text=f"{shown[i, j]:.0%}", showarrow=False)
    wrapped = ["<br>".join(_plain(line) for line in textwrap.wrap(name, 14)[:3]) for name in names]
    drawn.update_xaxes(tickvals=places, ticktext=wrapped, tickangle=0, side="top", showgrid=False, ticks="")
    drawn.update_yaxes(tickvals=places, ticktext=labels, autorange="reversed", showgrid=False, ticks="")
    return drawn


def _plain(text: str) -> str:
    """A user's text for Plotly, which reads a few tags."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _short(text: str, n: int) -> str:
    return text if len(text) <= n else text[: n - 1] + "…"
