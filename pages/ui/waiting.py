"""What takes longer than a page may: a button that says how long, then how far it is, with a way to stop it."""

import time
from collections.abc import Callable

import streamlit as st

from core import projecting
from core.projecting import Arrays, Task
from pages.ui import say

POLL = 0.3  # seconds
ROOM = 64  # pixels, the same whatever is in it, so that what is below stays where it is


def result(task: Task, what: str, note: str = "", done: Callable[[], None] | None = None, at_once: bool = False) -> Arrays | None:
    """What was computed; where it has not been, None, and a way to it is drawn.

    note: what is there meanwhile. done: called as it begins. at_once: it begins by itself, as part of what was asked for before.
    """
    found = projecting.result(task)
    if found is None:
        if at_once and _asked(task) not in st.session_state:
            _ask(task, None)
        _offer(task, what, note, done)
    else:
        st.session_state[_asked(task)] = False
    return found


def awaited(task: Task) -> bool:
    """Whether it is waited for: asked for here, or by another browser or before a refresh, and on its way."""
    if not st.session_state.get(_asked(task)) and projecting.asked(task):
        st.session_state[_asked(task)] = True
    return bool(st.session_state.get(_asked(task)))


def _asked(task: Task) -> str:
    """In the session: whether it is waited for."""
    return f"asked-{task.name}"


def _offer(task: Task, what: str, note: str, done: Callable[[], None] | None) -> None:
    part = f"{task.kind.replace(' ', '-')}-{task.name[:6]}"
    wrong = "" if awaited(task) else projecting.error(task)
    with st.container(key=f"offer-{part}", height="content" if wrong else ROOM, border=False):
        if awaited(task):
            _wait(task, what, part, projecting.estimate(task))
            return
        with st.container(horizontal=True, vertical_alignment="center"):
            label = f"Run {what} · about {say.duration(max(1.0, projecting.estimate(task)))}"
            st.button(label, icon=":material/play_arrow:", type="primary", key=f"run-{part}", on_click=_ask, args=(task, done))
            st.caption(f":material/error: {say.plain(wrong)}" if wrong else note)


def _ask(task: Task, done: Callable[[], None] | None) -> None:
    st.session_state[_asked(task)] = True
    projecting.request(task, again=True)
    if done is not None:
        done()


@st.fragment(run_every=POLL)
def _wait(task: Task, what: str, part: str, estimate: float) -> None:
    """Asks until it is there; then the page draws it. estimate: seconds that it takes, as was said before it began."""
    if projecting.result(task) is not None or projecting.error(task):
        st.session_state[_asked(task)] = False
        st.rerun()
    projecting.request(task)
    doing, share = projecting.progress(task)
    begun = projecting.begun(task)
    left = 0.0 if begun is None else estimate - (time.time() - begun)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(min(share or 0.0, 1.0), text=f"{what}: {say.plain(doing)}{f' · about {say.duration(left)} left' if left > 1 else ''}")
        if st.button("Cancel", key=f"cancel-{part}"):
            projecting.cancel(task)
            st.session_state[_asked(task)] = False
            st.rerun()
