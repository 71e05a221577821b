"""What each layer would predict, as a table of words."""

from typing import Any

import numpy as np
import streamlit as st

from core.training.run import Run
from pages.ui import pickers, say
from pages.ui.components import grid_view

COLOURS = {"likeliest": "the likeliest token's probability", "target": "the true next token's probability", "last": "the last layer's token's probability"}


def show(run: Run, trained: Any, reading: Any) -> None:
    """Layers from the last down to the embedding, positions from left to right; in each cell the likeliest token."""
    from core.inspection.lens import lens

    try:
        logits = lens(trained.model, reading.batch)[:, 0].float()  # [layer pos vocab]
    except ValueError as wrong:
        st.info(say.plain(str(wrong)), icon=":material/info:")
        return
    p = logits.softmax(-1).cpu().numpy()[::-1]
    offered = COLOURS if (reading.batch.targets >= 0).any() else {name: COLOURS[name] for name in ("likeliest", "last")}
    by = pickers.segment("Colour by", offered, "colour")
    best = p.argmax(-1)
    chosen = {"likeliest": best, "last": np.broadcast_to(best[0], best.shape), "target": _targets(reading, best.shape)}[by]
    values = np.where(chosen >= 0, np.take_along_axis(p, np.maximum(chosen, 0)[..., None], axis=-1)[..., 0], np.nan)
    n_layers = len(p) - 1
    rows = [*(f"after layer {n}" for n in range(n_layers, 0, -1)), "embedding"]
    notes = [_runners_up(trained, row) for layer in p for row in layer]
    words = trained.shown(best.ravel())
    grid_view(
        f"lens-{run.id}",
        values,
        rows,
        reading.tokens,
        title="Logit lens",
        hint=f"in each cell the likeliest token; colour: {COLOURS[by]}",
        words=words,
        notes=notes,
        tokens=True,
        percent=True,
        least_scale=1.0,
    )
    settled = [next((n for n in range(n_layers + 1) if (p[: n_layers + 1 - n, i].argmax(-1) == best[0, i]).all()), n_layers) for i in range(p.shape[1])]
    st.caption(f"On the average a prediction stands from layer {np.mean(settled):.1f} of {n_layers} on, and does not change any more.")


def _targets(reading: Any, shape: tuple[int, ...]) -> np.ndarray:
    found: np.ndarray = np.broadcast_to(reading.batch.targets[0].cpu().numpy(), shape)
    return found


def _runners_up(trained: Any, p: np.ndarray) -> str:
    best = np.argsort(-p)[1:4]
    return "then " + ", ".join(f"{word} {100 * p[i]:.1f} %" for word, i in zip(trained.shown(best), best, strict=True))
