"""What takes longer than a page may: a button that says how long, then how far it is, with a way to stop it."""

from collections.abc import Callable

import streamlit as st

from core import projecting
from core.projecting import Arrays, Task
from pages.ui import say

POLL = 0.3  # seconds
ROOM = 64  # pixels, the same whatever is in it, so that what is below stays where it is


def result(task: Task, what: str, note: str = "", done: Callable[[], None] | None = None) -> Arrays | None:
    """What was computed; where it has not been, None, and a way to it is drawn. note: what is there meanwhile. done: called as it begins."""
    found = projecting.result(task)
    if found is None:
        _offer(task, what, note, done)
    return found


def _offer(task: Task, what: str, note: str, done: Callable[[], None] | None) -> None:
    asked, part = f"asked-{task.name}", f"{task.kind.replace(' ', '-')}-{task.name[:6]}"
    with st.container(key=f"offer-{part}", height=ROOM, border=False):
        if st.session_state.get(asked):
            _wait(task, what, asked, part)
            return
        wrong = projecting.error(task)
        with st.container(horizontal=True, vertical_alignment="center"):
            label = f"Run {what} · about {say.duration(max(1.0, projecting.estimate(task)))}"
            st.button(label, icon=":material/play_arrow:", type="primary", key=f"run-{part}", on_click=_ask, args=(task, asked, done))
            st.caption(f":material/error: {say.plain(wrong)}" if wrong else note)


def _ask(task: Task, asked: str, done: Callable[[], None] | None) -> None:
    st.session_state[asked] = True
    projecting.request(task, again=True)
    if done is not None:
        done()


@st.fragment(run_every=POLL)
def _wait(task: Task, what: str, asked: str, part: str) -> None:
    """Asks until it is there; then the page draws it."""
    if projecting.result(task) is not None or projecting.error(task):
        st.session_state[asked] = False
        st.rerun()
    projecting.request(task)
    doing, share = projecting.progress(task)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(min(share or 0.0, 1.0), text=f"{what}: {say.plain(doing)}")
        if st.button("Cancel", key=f"cancel-{part}"):
            projecting.cancel(task)
            st.session_state[asked] = False
            st.rerun()
