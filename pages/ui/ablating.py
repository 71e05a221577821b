"""Heads switched off: which, what becomes of predictions, loss and samples, how much each is missed, and a run that goes on without them."""

from typing import Any

import numpy as np
import streamlit as st

from core.training.run import Run
from pages.ui import address, load, pickers, say
from pages.ui.components import grid_view, steps_view

HELD_OUT_TOKENS = 4096  # on which a head is missed
N_ALTERNATIVES = 10
HOW = {"zero": "zeros", "mean": "its mean"}


def choose(run: Run, step: int, trained: Any, reading: Any) -> tuple[list[Any], Any]:
    """The heads that are off, in the address; and what stands in their place: None for zeros, their means else."""
    from core.inspection.ablation import heads

    every = heads(trained.model, reading.batch)
    names = [f"{head.place}:{head.number + 1}" for head in every]
    off = [names.index(name) for name in address.get("off").split(",") if name in names]
    rows, columns = _table(every)
    missed = st.session_state.get(_key(run, step))
    values = np.full(len(every), np.nan) if missed is None else np.array([missed[head] for head in every])
    title = "nats that the held-out loss rises without a head" if missed else "not measured yet: measure how much each head is missed"
    st.caption(f"Press heads to switch them off. Colour: {title}.")
    grid_view(
        f"off-{run.id}",
        values.reshape(len(rows), len(columns)),
        rows,
        columns,
        title="Heads",
        hint="blue: missed; orange: better without",
        picked=off,
        picked_says="off",
        on_pick=lambda cells, _: address.put(off=",".join(names[cell] for cell in cells)),
        least_scale=0.01,
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        how = pickers.segment("In place of a head", HOW, "how")
        if st.button("Measure every head", icon=":material/straighten:", disabled=missed is not None):
            _measure(run, step, trained)
        if off:
            st.button("All on again", icon=":material/undo:", on_click=lambda: address.put(off=None))
    return [every[i] for i in off], _means(run, step) if how == "mean" else None


def _table(every: list[Any]) -> tuple[list[str], list[str]]:
    """The attentions as rows (encoder and decoder told apart), their heads as columns."""
    places = list(dict.fromkeys(head.place for head in every))
    return [short(place) for place in places], [f"H{n + 1}" for n in range(len(every) // len(places))]


def short(place: str) -> str:
    """An attention as people call it: L1, encoder 1, decoder 1, cross 1; a recurrent decoder's only one: cross."""
    parts = place.split(".")
    if not any(part.isdigit() for part in parts):
        return "cross"
    number = int(next(part for part in parts if part.isdigit())) + 1
    return f"cross {number}" if "cross_attention" in parts else f"L{number}" if parts[0] == "blocks" else f"{parts[0]} {number}"


def _key(run: Run, step: int) -> str:
    return f"missed-{run.id}-{run.config.created}-{step}"


@st.cache_resource(max_entries=8, show_spinner="Reading the held-out text…")
def _held_out(folder: str, created: float) -> list[Any]:
    """Batches of the run's held-out text, made by its own objective."""
    from pathlib import Path

    from core.training import continuing

    run = Run(Path(folder))
    encoded, _ = continuing.encoded(run)
    learner = run.config.row.load_learner()
    objective = learner.objective_on(np.asarray(encoded.held_out), run.config.settings, encoded.tokenizer)
    found: list[Any] = objective.spread(HELD_OUT_TOKENS, 16)
    return found


def _batches(run: Run, trained: Any) -> list[Any]:
    return [trained.placed(batch) for batch in _held_out(str(run.folder), run.config.created)]


@st.cache_resource(max_entries=8, show_spinner="Taking the heads' means…")
def _means_of(folder: str, created: float, step: int) -> Any:
    from pathlib import Path

    from core.inspection.ablation import mean_outputs

    run = Run(Path(folder))
    trained = load.trained(run, step)
    return mean_outputs(trained.model, _batches(run, trained))


def _means(run: Run, step: int) -> Any:
    return _means_of(str(run.folder), run.config.created, step)


def _measure(run: Run, step: int, trained: Any) -> None:
    """Every head off, one after the other, on held-out text; with a bar and a way out."""
    from core.inspection.ablation import heads, importance

    try:
        batches = _batches(run, trained)
    except (ValueError, OSError) as wrong:
        st.error(say.plain(str(wrong)), icon=":material/block:")
        return
    n = len(heads(trained.model, batches[0]))
    found = {}
    bar = st.progress(0.0, text=f"0 of {n} heads")
    st.button("Stop measuring", key="stop-measuring")  # any press starts the page anew, and with it ends this loop
    for i, (head, missed) in enumerate(importance(trained.model, batches, trained.loss), 1):
        found[head] = missed
        bar.progress(i / n, text=f"{i} of {n} heads")
    st.session_state[_key(run, step)] = found
    st.rerun()


def said_without(run: Run, trained: Any, reading: Any, off: list[Any], means: Any) -> None:
    """Each prediction of the text with and without the heads that are off; what it writes then, and the loss."""
    from core.inspection.ablation import without
    from core.inspection.masking import changes, under

    before = under(trained.model, reading.batch, reading.tokens, reading.source)
    with without(trained.model, off, means):
        after = under(trained.model, reading.batch, reading.tokens, reading.source)
    moved = changes(before, after)
    others = int((before.probabilities.argmax(-1) != after.probabilities.argmax(-1)).sum())
    said = f"{len(off)} off. {others} of {len(moved)} predictions are other ones; on average {100 * moved.mean():.1f} % of the probability moved."
    if not np.isnan(before.losses).all():
        said += f" The loss of this text goes from {np.nanmean(before.losses):.3f} to {np.nanmean(after.losses):.3f} nats."
    st.caption(said)
    steps_view(f"without-{run.id}", _picture(trained, reading.tokens, before, after, moved))
    _written(run, trained, off, means)


def _picture(trained: Any, tokens: list[str], before: Any, after: Any, moved: np.ndarray) -> dict[str, Any]:
    """What follows each token, for `steps_view`: pale with all heads, orange without those that are off; coloured by how much it changes."""
    made = []
    for i, token in enumerate(tokens):
        both = before.probabilities[i] + after.probabilities[i]
        best = np.argsort(-both)[:N_ALTERNATIVES]
        words = trained.shown(best)
        rows = [
            {"text": word, "id": int(n), "p": float(before.probabilities[i, n]), "q": float(after.probabilities[i, n])}
            for word, n in zip(words, best, strict=True)
        ]
        made.append(
            {"text": token, "id": int(after.probabilities[i].argmax()), "p": float(moved[i]), "at": i, "given": False, "taken": False, "alternatives": rows}
        )
    return {
        "title": "What is predicted at each token",
        "tokens": made,
        "asked": "Predicted at “{}”",
        "note": "Pale: with all heads. Orange: without those that are off. A token is the darker the more its prediction changes.",
        "empty": "Nothing to predict.",
    }


def _written(run: Run, trained: Any, off: list[Any], means: Any) -> None:
    """The run's own sample, with and without."""
    from core.inspection.ablation import without

    samples = run.snapshots()[-1].samples()
    if not samples:
        return
    seed = int(run.config.settings.seed)

    def wrote() -> str:
        if "generate" in run.config.offers:
            ids = trained.begun(samples[0]["prompt"])
            return str(trained.tokenizer.decode(trained.continuation(ids, 24, seed)))
        return str(trained.answer(samples[0]["prompt"])[1])

    whole = wrote()
    with without(trained.model, off, means):
        less = wrote()
    for label, text in (("It writes", whole), ("Without them", less)):
        st.caption(label)
        st.text(text)


def train_on(run: Run, off: list[Any]) -> None:
    """A new run from identical weights, without the heads that are off."""
    from core.training import continuing, launching

    with st.container(horizontal=True, vertical_alignment="bottom"):
        n_steps = st.number_input("Steps", 1, 1_000_000, int(run.config.n_steps), key="without-steps", width=160)
        if st.button("Train on without them", type="primary", icon=":material/call_split:", disabled=not off, help="Switch at least one head off first."):
            try:
                with st.spinner("Starting…"):
                    heads = [(head.place, head.number) for head in off]
                    named = f"{run.name}, without {len(off)} {'head' if len(off) == 1 else 'heads'}"
                    new = continuing.begin(run, run.config.corpus, heads, n_steps=int(n_steps), name=named)
                    launching.launch(new)
            except (ValueError, OSError) as wrong:
                st.error(say.plain(str(wrong)), icon=":material/block:")
                return
            st.switch_page("pages/train.py", query_params={"run": new.id})
