"""The atlas of a run's heads, over texts of the user's or the run's own probes; and each head's role scores over its snapshots."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import streamlit as st
from jaxtyping import Bool, Float

from core.inspection.heads import ROLES, Atlas, atlas
from core.patterns import PARTS, Patterns, unpacked
from core.training.run import Run
from pages.ui import address, generating, load, pickers, say
from pages.ui.components import Series, curve, grid_view
from pages.ui.heads import probe

N_LINES = 8  # heads drawn over time, those that change the most
N_JUMPS = 3
LEAST_JUMP = 0.05
N_TEXTS = 20
ORDERS = {"layer": "layer", "role": "role", "entropy": "entropy", "distance": "distance"}


def show(run: Run, step: int) -> str:
    """Heads as rows, roles as columns. Returns which attention of the model is shown."""
    found = _texts(run, step)
    parts = list(dict.fromkeys(each.part for text in found for each in text))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        part = pickers.segment("Attention", {name: PARTS[name] for name in parts}, "part") if len(parts) > 1 else parts[0]
        order = pickers.segment("Order of the heads", ORDERS, "order")
    _draw(run, step, part, atlas([each for text in found for each in text if each.part == part]), order)
    return part


def _texts(run: Run, step: int) -> list[list[Patterns]]:
    """The attention of each text; the page ends with a sentence where there is none."""
    key = f"atlas-text-{run.id}"
    shown = address.held(key, address.get("text")[:4000])
    typed = st.text_area(
        "Texts", shown, key=key, height=80, max_chars=4000, placeholder="a sentence a line; the run's own probes where you leave it empty"
    ).strip()
    address.put(text=typed)
    if not typed:
        if probes := load.attention(run, step):
            return [[_patterns(each) for each in kinds] for kinds in probes]
        st.info("This run has kept no probe sentence at this step. Type a sentence above.", icon=":material/edit:")
        st.stop()
    trained = generating.model(run, step)
    try:
        return [trained.patterns(line.replace("→", "\t")) for line in typed.splitlines()[:N_TEXTS] if line.strip()]
    except ValueError as wrong:
        st.error(say.plain(str(wrong)), icon=":material/block:")
        st.stop()


def _patterns(kept: Patterns) -> Patterns:
    return replace(kept, weights=unpacked(kept.weights))


def _draw(run: Run, step: int, part: str, measured: Atlas, order: str) -> None:
    n_layers, n_heads = measured.entropy.shape
    heads = [(layer, head) for layer in range(n_layers) for head in range(n_heads)]
    roles = {each: measured.role(*each) for each in heads}
    by = {
        "layer": lambda each: each,
        "role": lambda each: (list(ROLES).index(roles[each]) if roles[each] in ROLES else 99, each),
        "entropy": lambda each: measured.entropy[each],
        "distance": lambda each: measured.distance[each],
    }
    heads.sort(key=by[order])
    names = list(measured.scores)
    values = np.array([[*(measured.scores[name][each] for name in names), measured.positional[each], measured.entropy[each]] for each in heads])
    notes = [
        *(note for each in heads for note in [*(f"an even spread would give {100 * measured.chance[name]:.1f} %" for name in names), *_others(measured, each)])
    ]
    titles = [*(ROLES[name].title for name in names), "positional", "entropy"]
    st.caption(
        "Share of a head's attention that falls where the role would have it. " + " · ".join(f"**{ROLES[name].title}** {ROLES[name].help}" for name in names)
    )
    asked = address.number("pick")
    picked = asked if asked is not None and 0 <= asked < values.size else None
    grid_view(
        f"atlas-{run.id}-{part}",
        values,
        [f"L{layer + 1} H{head + 1}  {_called(roles[layer, head])}" for layer, head in heads],
        titles,
        title="Heads by role",
        hint="press a row to look at that head",
        notes=notes,
        picked=[] if picked is None else [picked],
        on_pick=lambda cells, at: address.put(pick=at),
        percent=True,
        least_scale=1.0,
    )
    if picked is not None:
        layer, head = heads[picked // len(titles)]
        _link(run, step, part, layer, head, f"Look at layer {layer + 1}, head {head + 1}")


def _called(role: str) -> str:
    return ROLES[role].title if role in ROLES else role


def _others(measured: Atlas, each: tuple[int, int]) -> tuple[str, str]:
    return "how much follows from the distance alone", f"1 is spread evenly; on the average {measured.distance[each]:.1f} places away"


def _link(run: Run, step: int, part: str, layer: int, head: int, label: str) -> None:
    query = {"run": run.id, "step": str(step), "layer": str(layer + 1), "head": str(head + 1), "part": part}
    st.page_link("pages/attention.py", label=label, icon=":material/grid_view:", query_params=query)


def formation(run: Run, part: str) -> None:
    """A role's score of each head of a part over the run's snapshots, above the loss; and the largest jumps, to go to."""
    steps = [each.step for each in run.snapshots()]
    atlases = _over_time(str(run.folder), run.config.created, tuple(steps)).get(part, [])
    if len(steps) < 2:
        st.info("There is one snapshot so far: come back when the run has more.", icon=":material/hourglass_empty:")
        return
    everywhere = [name for name in (atlases[-1].scores if atlases else ()) if all(name in each.scores for each in atlases)]  # what is read may change
    if not everywhere:
        st.info("This run has not kept this attention of its probe at every snapshot.", icon=":material/timeline:")
        return
    scores = {name: np.array([each.scores[name].ravel() for each in atlases]) for name in everywhere}  # [step head]
    rose = sorted(scores, key=lambda name: -float((scores[name][-1] - scores[name][0]).max()))  # what has formed the most is shown first
    role = pickers.segment("Role", {name: ROLES[name].title for name in rose}, "role")
    flat, n_heads = scores[role], atlases[0].entropy.shape[1]
    found = jumps(flat)
    shown = sorted({*(i for _, i in found), *np.argsort(-(flat.max(axis=0) - flat[0]))[: N_LINES - len(found)]})
    table = run.metrics(400)
    lines = [Series(_head(i, n_heads), steps, flat[:, i], panel=ROLES[role].title) for i in shown]
    again = _repeated(str(run.folder), run.config.created, tuple(steps)) if role == "induction" else None
    if again is not None:
        lines.append(Series("loss of what comes again", steps, again, panel="loss of what comes again"))
    curve(
        f"formation-{run.id}-{part}-{role}",
        [*lines, Series("loss", table["step"], table["loss"], panel="loss")],
        height=380,
        marks=steps,
        moments=[
            (steps[at], steps[at + 1], ", ".join(f"{_head(i, n_heads)} +{flat[at + 1, i] - flat[at, i]:.2f}" for when, i in found if when == at))
            for at in dict.fromkeys(at for at, _ in found)
        ],
    )
    for at, i in found:
        label = f"{_head(i, n_heads)}: from {flat[at, i]:.2f} to {flat[at + 1, i]:.2f} between steps {steps[at]:,} and {steps[at + 1]:,}. Look at it there"
        _link(run, steps[at + 1], part, i // n_heads, i % n_heads, label)
    if not found:
        st.caption("No head's score has risen by more than 0.05 between two snapshots.")


@st.cache_resource(max_entries=8, show_spinner="Reading the models of the snapshots…")
def _repeated(folder: str, created: float, steps: tuple[int, ...]) -> np.ndarray | None:
    """At each step the loss of the run's probe where the same token has been followed by the same one before: what induction heads know.

    None where that is nowhere, or nothing is predicted there; not a number where the weights were not kept.
    """
    run, found = Run(Path(folder)), []
    text = probe(run)
    for step in steps:
        try:
            trained = load.trained(run, step)
            reading = trained.read(text)
        except ValueError:
            found.append(np.nan)
            continue
        losses = trained.losses(reading.batch)[0]
        known = comes_again(reading.tokens)
        found.append(float(losses[known].mean()) if len(known) == len(losses) and known.any() else np.nan)
    return None if np.isnan(found).all() else np.array(found)


def comes_again(tokens: Sequence[str]) -> Bool[np.ndarray, " pos"]:
    """The positions after which comes what came after an earlier one of the same token."""
    seen: set[tuple[str, str]] = set()
    found = np.zeros(len(tokens), dtype=bool)
    for i, pair in enumerate(pairwise(tokens)):
        found[i] = pair in seen
        seen.add(pair)
    return found


def jumps(scores: Float[np.ndarray, "step head"]) -> list[tuple[int, int]]:
    """The largest rises between two snapshots, one a head: the snapshot before, and the head."""
    rises = np.diff(scores, axis=0)
    at, best = rises.argmax(axis=0), rises.max(axis=0)
    return [(int(at[i]), int(i)) for i in np.argsort(-best)[:N_JUMPS] if best[i] >= LEAST_JUMP]


def _head(i: int, n_heads: int) -> str:
    return f"L{i // n_heads + 1} H{i % n_heads + 1}"


@st.cache_resource(max_entries=8, show_spinner="Reading the snapshots…")
def _over_time(folder: str, created: float, steps: tuple[int, ...]) -> dict[str, list[Atlas]]:
    """By part, an atlas of the probes at each snapshot; parts that have one everywhere."""
    run = Run(Path(folder))
    found: dict[str, list[Atlas]] = {}
    for step in steps:
        probes = load.attention(run, step)
        for part in dict.fromkeys(each.part for kinds in probes for each in kinds):
            found.setdefault(part, []).append(atlas([_patterns(each) for kinds in probes for each in kinds if each.part == part]))
    return {part: atlases for part, atlases in found.items() if len(atlases) == len(steps)}
