"""A run as it trains: what it is at, its curves, and the picture that forms. Polled once a second through the run's folder; the trainer never waits."""

import numpy as np
import streamlit as st

from core.training.metrics import OF_TASK, Columns
from core.training.run import ACTIVE, RESUMABLE, Run, Status
from core.training.snapshots import Live
from pages.ui import address, load, pickers, say, starting
from pages.ui.components import Series, curve
from pages.ui.viewer import attention_view
from pages.ui.word_map import Points, word_map

# Seconds between two looks: until the first point of the curve, while it trains, and while it rests (it may be resumed from another tab).
SOON, EVERY, SELDOM = 0.3, 0.9, 4.0
N_WORDS = 2000  # of the map


def watch(run: Run) -> None:
    """Draws a run; while it is active, again and again without touching the rest of the page."""
    pace = _pace(run.status())
    st.fragment(_draw, run_every=pace)(run, pace)


def _pace(status: Status) -> float | None:
    if status.state in ("preparing", "running") and status.step == 0:
        return SOON
    if status.state in ACTIVE:
        return EVERY
    return SELDOM if status.state in RESUMABLE else None


def _draw(run: Run, pace: float | None) -> None:
    if not run.folder.is_dir():
        st.info("This run has been deleted.", icon=":material/delete:")
        return
    status = run.status()
    active = status.state in ACTIVE
    if active:
        run.watch()
    _header(run, status)
    if status.state != "damaged":
        with st.container(key="panes"):
            left, right = st.columns(2, gap="large")
            live = _newest(run)
            with left:
                _curves(run)
                _sample(live)
            with right:
                _picture(run, live)
        _look_closer(run)
    if _pace(status) != pace:
        st.rerun()  # the polling begins, changes or ends here


def _header(run: Run, status: Status) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{say.state(status)}**", width="content")
        _buttons(run, status)
    share = status.fraction if status.state == "preparing" else status.step / status.n_steps if status.n_steps else 0
    if status.state == "running":
        left = f"{say.duration(status.seconds_left)} left" if status.seconds_left is not None else "starting"
        st.progress(min(share or 0.0, 1.0), text=f"{left} · {say.duration(status.seconds)} so far")
    elif status.state in ("preparing", "waiting"):
        left = f", {say.duration(status.seconds_left)} left" if status.seconds_left is not None else ""
        st.progress(share or 0.0, text=(say.plain(status.sentence) or "preparing") + left)
    elif status.sentence:
        st.error(say.plain(status.sentence), icon=":material/error:")
    if status.state != "damaged" and run.config.begun_from:
        st.caption(f"Began with what the run {say.plain(run.config.begun_from)} had learnt.")


def _buttons(run: Run, status: Status) -> None:
    from core.training import launching

    if status.state in ACTIVE:
        st.button("Pause", icon=":material/pause:", key="pause", on_click=run.pause, help="Leaves a checkpoint; go on whenever you like.")
        st.button("End here", icon=":material/stop:", key="end", on_click=run.stop, help="A last snapshot and a checkpoint; it can still be resumed.")
    if status.state in RESUMABLE and run.checkpoint_steps():
        st.button("Resume", icon=":material/play_arrow:", key="resume", on_click=launching.launch, args=(run,), type="primary")
    if status.state not in (*ACTIVE, "damaged") and run.snapshots():
        _continue(run)
    with st.popover("Delete", icon=":material/delete:", key="delete"):
        st.write("The run's numbers, snapshots and checkpoints will be gone.")
        if st.button("Delete this run", type="primary", key="delete-really"):
            run.delete()
            address.put(run=None)
            st.rerun()


def _continue(run: Run) -> None:
    """Begins a new run with this one's weights, on another text."""
    from core.training import continuing, launching

    with st.popover("Continue on another text", icon=":material/forward:", key="continue"):
        st.write("A new run begins with what this one has learnt; words that only the new text has join its vocabulary.")
        titles = pickers.corpora()
        text = st.selectbox("Text", list(titles), format_func=titles.__getitem__, key="continue-text")
        n_steps = st.number_input("n_steps", 1, 1_000_000, run.config.n_steps, key="continue-steps")
        starting.duration(continuing.config(run, text, n_steps=int(n_steps)))
        if st.button("Continue", type="primary", icon=":material/play_arrow:", key="continue-really"):
            try:
                with st.spinner("Starting…"):
                    new = continuing.begin(run, text, n_steps=int(n_steps))
                    launching.launch(new)
            except (ValueError, OSError) as wrong:
                st.error(say.plain(str(wrong)), icon=":material/block:")
                return
            address.put(run=new.id)
            st.rerun()


def _curves(run: Run) -> None:
    table = run.metrics(400)
    if not len(table["step"]):
        st.caption("The first point of the curve appears as soon as the first steps are done.")
        return
    held = ~np.isnan(table["held_out"])
    unit = "words" if run.config.tokenizer.kind == "word" else "tokens"
    curve(
        f"curve-{run.id}",
        [
            Series("loss", table["step"], table["loss"]),
            Series("held-out loss", table["step"][held], table["held_out"][held], kind="points"),
            *(Series(name.removeprefix(OF_TASK), *_known(table, name), panel="tasks") for name in table if name.startswith(OF_TASK)),
            *_mix(run),
            Series(f"{unit} a second", table["step"], table["speed"], panel="speed"),
        ],
        height=460,
    )
    if note := run.note():
        st.caption(f":material/info: {say.plain(note)}")
    waited = _known(table, "waited")[1]
    if len(waited):
        st.caption(f"Of a step {100 * waited[-1]:.1f} % went into waiting for its examples, the rest into the model.")


def _mix(run: Run) -> list[Series]:
    """Of a system that learns how much of each of its layers to take: the shares at each snapshot."""
    if "mix" not in run.config.offers:
        return []
    found = [(each.step, mix.shares) for each in run.snapshots() if (mix := load.mix(run, each.step))]
    steps, shares = [step for step, _ in found], np.array([each for _, each in found], np.float32)
    names = ["characters", *(f"layer {n}" for n in range(1, shares.shape[-1]))] if found else []
    return [Series(name, steps, shares[:, n], panel="share of each layer in the mix") for n, name in enumerate(names)]


def _known(table: Columns, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The steps in which a number is known, and it there."""
    there = ~np.isnan(table[name])
    return table["step"][there], table[name][there]


def _sample(live: Live | None) -> None:
    if live is not None and live.text:
        st.caption(f"What it writes at step {live.step:,}")
        st.text(live.text)


def _picture(run: Run, live: Live | None) -> None:
    if live is None:
        st.caption("The picture appears with the first snapshot.")
        return
    pictures = [name for name, part in (("heads", live.attention), ("map", live.xy)) if part is not None]
    chosen = pictures[0] if pictures else ""
    if len(pictures) > 1:
        chosen = st.segmented_control("Picture", pictures, default=chosen, required=True, key="picture", label_visibility="collapsed", bind="query-params")
    if chosen == "heads":
        _heads(run, live)
    elif chosen == "map":
        caption = f"{len(live.words):,} most frequent words at step {live.step:,}, by PCA"
        word_map(f"live-map-{run.id}", Points(live.xy, live.words, source=run.id), height=460, caption=caption)


def _heads(run: Run, live: Live) -> None:
    shown = live.attention

    attention_view(f"live-heads-{run.id}", shown.weights, shown.queries, shown.keys, shown.allowed, height=400, compact=True)


def _newest(run: Run) -> Live | None:
    """The live picture, or the last snapshot where that is newer."""
    live, found = run.live(), run.snapshots()
    return live if live is not None and (not found or live.step > found[-1].step) else _from_snapshot(run)


def _from_snapshot(run: Run) -> Live | None:
    found = run.snapshots()
    if not found:
        return None
    last, offers = found[-1], run.config.offers
    probes = load.attention(run, last.step) if "attention" in offers else []
    samples = last.samples()
    xy, words = None, []
    if "vectors" in offers:
        words = load.vectors(run, last.step).head(N_WORDS).words
        xy = load.map_by_pca(run, last.step)[: len(words)]
    kinds = {each.part: each for each in probes[0]} if probes else {}
    text = ""
    if samples:
        given, text = samples[0]["prompt"], samples[0]["text"]
        if text == given or not text.startswith(given):  # an answer; else how it goes on
            text = f"{given} → {text}"
    return Live(last.step, xy, words, kinds.get("cross") or next(iter(kinds.values()), None), text)


def _look_closer(run: Run) -> None:
    """Ways to the pages that show this run, as soon as there is something to show."""
    if run.snapshots():
        with st.container(horizontal=True):
            for view, page, label, icon in (
                ("vectors", "embeddings", "Explore the map", "scatter_plot"),
                ("attention", "attention", "Explore the heads", "grid_view"),
            ):
                if view in run.config.offers:
                    st.page_link(f"pages/{page}.py", label=label, icon=f":material/{icon}:", query_params={"run": run.id})
