"""The one look of every standing chart. Colours that must suit light and dark are left to the page's theme or are half transparent."""

import plotly.graph_objects as go

# Okabe and Ito's idea with calmer tones: tells apart under the common kinds of colour blindness.
COLOURS = ("#2a6f97", "#d1793b", "#3d8b6e", "#a65a84", "#8a7f2c", "#6b6fb3", "#c25450", "#4fa3a5", "#7d6658", "#8e8e93")
GRID = "rgba(128,128,128,0.18)"


def template() -> go.layout.Template:
    """Transparent ground, thin grid, small type, no frame."""
    axis = {
        "gridcolor": GRID,
        "zeroline": False,
        "linecolor": "rgba(128,128,128,0.4)",
        "ticks": "outside",
        "ticklen": 4,
        "title": {"standoff": 8},
        "automargin": True,
    }
    return go.layout.Template(
        layout={
            "colorway": COLOURS,
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"size": 13},
            "margin": {"l": 8, "r": 8, "t": 24, "b": 8},
            "xaxis": axis,
            "yaxis": axis,
            "hoverlabel": {"font": {"size": 13}},
            "showlegend": False,
        }
    )


def figure(height: int = 320) -> go.Figure:
    """An empty figure in the one look."""
    return go.Figure(layout={"template": template(), "height": height})
