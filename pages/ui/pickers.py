"""Choosing a run, a moment of it, a corpus."""

import streamlit as st

from core.text.corpora import BUILT_IN, available
from core.training.run import Run
from pages.ui import address, load


def run(view: str, what: str) -> Run:
    """The run of the address, or the newest one, among those that feed a view. Where there is none the page ends with what to do."""
    found = load.runs_offering(view)
    if not found:
        st.info(f"There is no run with {what} yet. Train one: the starting cards on Home begin a good one with a click.", icon=":material/orbit:")
        st.page_link("pages/home.py", label="Starting cards", icon=":material/arrow_forward:")
        st.stop()
    ids = [each.id for each in found]
    wanted = address.get("run")
    if wanted and wanted not in ids:
        st.warning(f"There is no run called “{wanted}” with {what} here. Shown is the newest one instead.", icon=":material/search_off:")
    names = {each.id: each.name for each in found}
    chosen = st.selectbox("Run", ids, index=ids.index(wanted) if wanted in ids else 0, format_func=lambda each: _label(each, names), key="run-picker")
    address.put(run=chosen)
    return found[ids.index(chosen)]


def _label(run_id: str, names: dict[str, str]) -> str:
    return run_id if names[run_id] == run_id else f"{names[run_id]} ({run_id})"


def step(chosen: Run) -> int:
    """The snapshot of the address, or the newest one."""
    steps = [each.step for each in chosen.snapshots()]
    wanted = address.number("step")
    if len(steps) == 1:
        st.caption(f"Only step {steps[0]:,} has been kept so far.")
        return steps[0]
    # The newest has no part in the address: such a link follows a run that is still training.
    start = wanted if wanted in steps else steps[-1]
    picked = int(st.select_slider("Step", steps, start, format_func=lambda each: f"{each:,}", key=f"step-{chosen.id}"))
    address.put(step=None if picked == steps[-1] else picked)
    return picked


def corpus() -> str:
    """A corpus: the two that every machine has, then the user's own. Gives its reference."""
    titles = {name: title for name, title in BUILT_IN.items()} | {each.id: each.title for each in available()}
    return str(
        st.selectbox(
            "Text to learn from",
            list(titles),
            format_func=titles.__getitem__,
            key="corpus",
            bind="query-params",
            help="Bring your own on the page Corpora: paste it, upload it, or name a URL.",
        )
    )
