"""The runs of the workspace as cards: state, a little loss curve, size, and where to look at each."""

import numpy as np
import streamlit as st

from core.machine import size
from core.training.run import ACTIVE, Run, Status, runs
from pages.ui import load, say
from pages.ui.components import sparkline

PER_ROW = 3
SHOWN = 12


def show() -> None:
    """All runs, the newest first; while one trains the cards keep up with it."""
    found = runs()
    if not found:
        st.info("No run yet. Press Train on one of the cards above: the first picture is there in seconds.", icon=":material/orbit:")
        return
    active = any(run.status().state in ACTIVE for run in found)
    st.fragment(_cards, run_every=2.0 if active else None)(active)


def _cards(was_active: bool) -> None:
    found = runs()
    n_shown = st.session_state.get("gallery-shown", SHOWN)
    for first in range(0, min(len(found), n_shown), PER_ROW):
        with st.container(key=f"cards-{first}"):
            for column, run in zip(st.columns(PER_ROW, gap="small"), found[first : first + PER_ROW], strict=False):
                with column, st.container(border=True, height="stretch"):
                    _card(run, run.status())
    if len(found) > n_shown and st.button(f"Show all {len(found)} runs", key="gallery-more"):
        st.session_state["gallery-shown"] = len(found)
        st.rerun(scope="fragment")
    if was_active and not any(run.status().state in ACTIVE for run in found):
        st.rerun()


def _card(run: Run, status: Status) -> None:
    st.markdown(f"**{say.plain(run.name)}**")
    if status.state == "damaged":
        st.caption(say.state(status))
        st.write(say.plain(status.sentence))
        if st.button("Delete", key=f"delete-{run.id}", icon=":material/delete:"):
            run.delete()
            st.rerun()
        return
    config = run.config
    st.caption(f"{config.row.title} · {say.plain(config.corpus)} · {size(load.folder_size(str(run.folder), run.folder.stat().st_mtime))}")
    loss = run.metrics(120)["loss"]
    st.html(sparkline(loss[~np.isnan(loss)], label=f"loss of {run.name}") if len(loss) else "<div style='height:36px'></div>")
    st.caption(say.state(status))
    with st.container(horizontal=True):
        st.page_link("pages/train.py", label="Watch", icon=":material/monitoring:", query_params={"run": run.id})
        if run.snapshots():
            for view, page, label in (("vectors", "embeddings", "Map"), ("attention", "attention", "Heads")):
                if view in config.offers:
                    st.page_link(
                        f"pages/{page}.py", label=label, icon=f":material/{'scatter_plot' if view == 'vectors' else 'grid_view'}:", query_params={"run": run.id}
                    )
