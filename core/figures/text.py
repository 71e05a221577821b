"""Pictures of a text."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.figures.template import figure


def frequency_curve(counts: np.ndarray, words: Sequence[str], height: int = 320) -> go.Figure:
    """Count against rank, both logarithmic (Zipf 1949): counts [n_words] from the most frequent down, and the words of the first ranks.

    At most a few hundred ranks are drawn, spaced evenly in the logarithm.
    """
    ranks = np.unique(np.geomspace(1, max(len(counts), 1), 300).astype(int))[: len(counts)]
    names = [words[r - 1] if r <= len(words) else "" for r in ranks]
    drawn = figure(height)
    drawn.add_scatter(
        x=ranks,
        y=counts[ranks - 1],
        text=names,
        mode="lines+markers",
        marker={"size": 4},
        hovertemplate="%{text}<br>rank %{x:,}, seen %{y:,} times<extra></extra>",
    )
    drawn.update_xaxes(type="log", dtick=1, title_text="rank of the word")
    drawn.update_yaxes(type="log", dtick=1, title_text="times it is seen")
    return drawn
