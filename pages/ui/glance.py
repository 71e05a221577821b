"""All systems at a glance: who may see whom, a small picture for each mask."""

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import streamlit as st

from pages.ui.objectives import Example

SIDE = 96  # px of the longer side of a mask
# They read on light and on dark ground, for an image knows no theme.
OPEN, SHUT = "#4a90b8", "#88888830"


def show(examples: Sequence[Example]) -> None:
    """One card a system: its masks beside each other, rows look at columns."""
    cards = [_card(each) for each in examples if each.pictures]
    st.html(f"<div class='glance'>{''.join(cards)}</div>")
    st.caption("What each position (row) may see (column: blue), of the text above as each system is fed it. The sections below say which tokens these are.")


def _card(example: Example) -> str:
    masks = [(mask, *each) for each in example.pictures for mask in each[0]["masks"]]
    drawn = "".join(_figure(mask, meta, cells) for mask, meta, cells in masks)
    title = escape(example.row.title)
    return (
        f"<a class='card' href='#{example.row.name}' title='{escape(example.row.difference, quote=True)}'><b>{title}</b><span class='masks'>{drawn}</span></a>"
    )


def _figure(mask: dict[str, Any], meta: dict[str, Any], cells: np.ndarray) -> str:
    n, m = mask["n_query"], mask["n_key"]
    matrix = cells[mask["offset"] : mask["offset"] + n * m].reshape(n, m)
    told = escape(f"{mask['title']}: {n} positions by {m}, {int(matrix.sum())} of {n * m} open", quote=True)
    source = b64encode(_drawing(matrix).encode()).decode()
    size = SIDE / max(n, m)
    shape = f"width='{m * size:.0f}' height='{n * size:.0f}'"
    image = f"<img src='data:image/svg+xml;base64,{source}' {shape} alt='{told}' title='{told}'>"
    return f"<span class='figure'>{image}<small>{escape(mask['title'])}</small></span>"


def _drawing(matrix: np.ndarray) -> str:
    """A square a cell, runs of open ones as one; in units of a cell."""
    n, m = matrix.shape
    runs = []
    for row, line in enumerate(matrix):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], line, [0]])))
        runs += [f"M{begin},{row}h{end - begin}v1h{begin - end}z" for begin, end in zip(edges[::2], edges[1::2], strict=True)]
    ground = f"<rect width='{m}' height='{n}' fill='{SHUT}'/>"
    return f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {m} {n}'>{ground}<path d='{''.join(runs)}' fill='{OPEN}'/></svg>"
