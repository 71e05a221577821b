"""Attention flow: how much of each token could reach each position through all layers, as a table."""

from typing import Any

import numpy as np
import streamlit as st

from core.training.run import Run
from pages.ui import heads, load, say
from pages.ui.components import grid_view

LONGEST = 32  # tokens: each cell is a largest flow of its own


def show(run: Run, step: int, text: str) -> None:
    """Of a typed text, or else of the run's own probe."""
    text = heads.as_read(text) or heads.probe(run)
    try:
        with st.spinner("Reading the model…", show_time=True):
            found = [each for each in load.patterns(run, step, text) if each.part != "cross"]
    except ValueError as wrong:
        st.error(say.plain(str(wrong)), icon=":material/block:")
        return
    if not found:
        st.info("Flow goes through layers of self-attention, and this run has none. Choose another run.", icon=":material/block:")
        return
    heads.say_what_was_cut(max(len(each.keys) for each in found), found[0].n_left_out)
    shown = heads.one_part(found)
    if len(shown.keys) > LONGEST:
        st.warning(f"The text has {len(shown.keys):,} tokens; the flow between the first {LONGEST} is shown.", icon=":material/content_cut:")
    shown = shown.first(LONGEST)
    values = _flows(f"{run.folder} {run.config.created} {step} {text} {shown.part}", shown.weights)
    st.caption(
        "The largest flow from each position of the last layer (row) down to each token (column), if each weight is what an edge can carry and half of a "
        "position stays where it is (Abnar and Zuidema 2020). Rollout, which multiplies instead, is among All heads."
    )
    rows, columns = [each.strip() or each for each in shown.queries], list(shown.keys)
    grid_view(f"flow-{run.id}-{shown.part}", values, rows, columns, title="Attention flow", hint="1: a whole token", tokens=True, least_scale=1.0)


@st.cache_resource(max_entries=16, show_spinner=False)
def _flows(key: str, _weights: np.ndarray) -> np.ndarray:
    """[query key]; with how far it is."""
    from core.inspection.rollout import flow

    rows: list[Any] = []
    bar = st.progress(0.0, text="Finding the largest flows")
    for query in range(_weights.shape[-1]):
        rows.append(flow(_weights, query))
        bar.progress((query + 1) / _weights.shape[-1])
    bar.empty()
    return np.array(rows)
