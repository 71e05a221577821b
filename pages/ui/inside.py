"""Inside one head: which one, on which text, with or without its scale; and every step of it, drawn by assets/components/inside.js."""

from typing import Any

import numpy as np
import streamlit as st

from core.patterns import causes
from core.training.run import Run
from pages.ui import address, heads, load, pickers, say
from pages.ui.components import column, component, sendable
from pages.ui.viewer import command

_inside = component("inside", "hues")
MOST = 256  # tokens that are shown: of more a cell is smaller than the eye sees


def show(run: Run, step: int, text: str) -> None:
    """Of a typed text, or else of the run's own probe."""
    text = heads.as_read(text) or heads.probe(run)
    try:
        with st.spinner("Reading the model…", show_time=True):
            found = load.patterns(run, step, text)
        if not found:
            st.info("This run was trained without attention: there is no head to look into. Choose another run.", icon=":material/block:")
            return
        heads.say_what_was_cut(max(len(each.keys) for each in found), found[0].n_left_out)
        part = heads.one_part(found).part
        n_layers, n_heads = next(each.weights.shape[:2] for each in found if each.part == part)
        with st.container(key="fields-head"):
            fields = st.columns(3, gap="medium")
        with fields[0]:
            layer = int(pickers.segment("Layer", {str(n + 1): f"L{n + 1}" for n in range(n_layers)}, "layer")) - 1
        with fields[1]:
            head = int(pickers.segment("Head", {str(n + 1): f"H{n + 1}" for n in range(n_heads)}, "head")) - 1
        seen = load.inside(run, step, text, part, layer, head)
        with fields[2]:
            scaled = pickers.segment("Scale by 1/√d_k", _scales(seen), "scale")
    except ValueError as wrong:
        st.error(say.plain(str(wrong)), icon=":material/block:")
        return
    if len(seen.queries) > MOST or len(seen.keys) > MOST:
        st.warning(f"The model read all {max(len(seen.queries), len(seen.keys)):,} tokens; the first {MOST} are shown.", icon=":material/content_cut:")
    _view(f"inside-{run.id}", run, seen, scaled, layer, head)


def _scales(seen: Any) -> dict[str, str]:
    """As the model does it, and the other way."""
    return {"own": "on", "other": "off"} if seen.own.factor != 1 else {"own": "off, as trained", "other": "on"}


def _view(key: str, run: Run, seen: Any, scaled: str, layer: int, head: int) -> None:
    n, m = min(MOST, len(seen.queries)), min(MOST, len(seen.keys))
    step = getattr(seen, scaled)
    settings = run.config.settings
    wanted = {name: address.get(name) for name in ("token", "key") if address.get(name)}
    number, look = command(key, wanted)
    meta = {
        "queries": [sendable(token) for token in seen.queries[:n]],
        "keys": [sendable(token) for token in seen.keys[:m]],
        "layer": layer,
        "head": head,
        "n_layers": seen.n_layers,
        "n_heads": seen.n_heads,
        "d_head": seen.q.shape[1],
        "d_model": seen.d_model,
        "batch": 1,
        "factor": step.factor,
        "which": scaled,
        "scales": [seen.own.factor, seen.other.factor],
        "added": seen.added is not None,
        "trained": {"batch": settings.batch_size, "n": settings.n_ctx} if hasattr(settings, "n_ctx") else None,
        "command": number,
        "look": look,
    }
    cut = {"q": seen.q[:n], "k": seen.k[:m], "v": seen.v[:m], "products": seen.products[:n, :m]}
    cut |= {"scores": step.scores[:n, :m], "weights": step.weights[:n, :m], "z": step.z[:n], "output": step.output[:n]}
    cut |= {"own_entropies": seen.own.entropies, "other_entropies": seen.other.entropies}
    data = {"meta": meta, **{name: column(np.asarray(values, np.float32).ravel()) for name, values in cut.items()}}
    data["masked"] = column(causes(seen.allowed, seen.keys)[:n, :m].ravel())
    heard = _inside(key=key, data=data, on_look_change=lambda: None).look
    told = dict(heard["told"]) if heard and heard["command"] == number else look
    st.session_state[f"{key} told"] = told
    address.put(token=told.get("token"), key=told.get("key"))
