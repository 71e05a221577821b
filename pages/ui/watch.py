"""A run as it trains: what it is at, its curves, and the picture that forms. Polled once a second through the run's folder; the trainer never waits."""

import numpy as np
import streamlit as st

from core.training.run import ACTIVE, RESUMABLE, Run, Status
from core.training.snapshots import Live
from pages.ui import address, load, say
from pages.ui.components import Series, attention_view, curve, word_map

EVERY = 0.9  # seconds between two looks


def watch(run: Run) -> None:
    """Draws a run; while it is active, again and again without touching the rest of the page."""
    active = run.status().state in ACTIVE
    st.fragment(_draw, run_every=EVERY if active else None)(run, active)


def _draw(run: Run, was_active: bool) -> None:
    if not run.folder.is_dir():
        st.info("This run has been deleted.", icon=":material/delete:")
        return
    status = run.status()
    active = status.state in ACTIVE
    if active:
        run.watch()
    _header(run, status)
    if status.state != "damaged":
        left, right = st.columns(2, gap="large")
        with left:
            _curves(run)
        with right:
            _picture(run, active)
    if was_active != active:
        st.rerun()  # the polling begins or ends here


def _header(run: Run, status: Status) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{say.state(status)}**", width="content")
        _buttons(run, status)
    share = status.fraction if status.state == "preparing" else status.step / status.n_steps if status.n_steps else 0
    if status.state == "running":
        left = f"{say.duration(status.seconds_left)} left" if status.seconds_left is not None else "starting"
        st.progress(min(share or 0.0, 1.0), text=f"{left} · {say.duration(status.seconds)} so far")
    elif status.state in ("preparing", "waiting"):
        st.progress(share or 0.0, text=say.plain(status.sentence) or "preparing")
    elif status.sentence:
        st.error(say.plain(status.sentence), icon=":material/error:")


def _buttons(run: Run, status: Status) -> None:
    from core.training import launching

    if status.state in ACTIVE:
        st.button("Pause", icon=":material/pause:", key="pause", on_click=run.pause, help="Leaves a checkpoint; go on whenever you like.")
        st.button("End here", icon=":material/stop:", key="end", on_click=run.stop, help="A last snapshot and a checkpoint; it can still be resumed.")
    if status.state in RESUMABLE and run.checkpoint_steps():
        st.button("Resume", icon=":material/play_arrow:", key="resume", on_click=launching.launch, args=(run,), type="primary")
    with st.popover("Delete", icon=":material/delete:", key="delete"):
        st.write("The run's numbers, snapshots and checkpoints will be gone.")
        if st.button("Delete this run", type="primary", key="delete-really"):
            run.delete()
            address.put(run=None)
            st.rerun()


def _curves(run: Run) -> None:
    table = run.metrics(400)
    if not len(table["step"]):
        st.caption("The first point of the curve appears as soon as the first steps are done.")
        return
    held = ~np.isnan(table["held_out"])
    unit = "words" if run.config.system == "" else "tokens"
    curve(
        f"curve-{run.id}",
        [
            Series("loss", table["step"], table["loss"]),
            Series("held-out loss", table["step"][held], table["held_out"][held], kind="points"),
            Series(f"{unit} a second", table["step"], table["speed"], panel="speed"),
        ],
        height=460,
    )


def _picture(run: Run, active: bool) -> None:
    live = run.live() if active else None
    live = live or _from_snapshot(run)
    if live is None:
        st.caption("The picture appears with the first snapshot.")
    elif live.attention is not None and live.tokens:
        weights = live.attention
        n = len(live.tokens)
        attention_view(f"live-{run.id}", weights, live.tokens, live.tokens, np.tri(n, dtype=bool), height=430)
        if live.text:
            st.caption(f"A sample as it stands at step {live.step:,}")
            st.text(live.text)
    elif live.xy is not None:
        word_map(f"live-{run.id}", live.xy, live.words, height=460, caption=f"{len(live.words):,} most frequent words at step {live.step:,}, by PCA")


def _from_snapshot(run: Run) -> Live | None:
    found = run.snapshots()
    if not found:
        return None
    last = found[-1]
    if "attention" in run.config.row.offers and (probes := load.attention(run, last.step)):
        samples = last.samples()
        return Live(last.step, attention=probes[0].weights, tokens=probes[0].tokens, text=samples[0]["text"] if samples else "")
    words = load.vectors(run, last.step).head(2000).words
    return Live(last.step, xy=load.map_by_pca(run, last.step)[: len(words)], words=words)
