"""Cached ways from a page to the core, keyed by plain values: a run's folder and the time it was created, a step, a name. Never by an array."""

from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from core.projection import aligned, pca
from core.training.run import Run, runs
from core.training.snapshots import Attention, Snapshot
from core.vectors import Vectors

MAP_WORDS = 5000


def runs_offering(view: str) -> list[Run]:
    """The runs that have a snapshot to show and whose system feeds this view, newest first."""
    return [run for run in runs() if _offers(run, view) and run.snapshots()]


def _offers(run: Run, view: str) -> bool:
    try:
        return view in run.config.row.offers
    except ValueError:  # damaged; Home says so
        return False


def snapshot(run: Run, step: int) -> Snapshot:
    """The snapshot of a step, or the newest one."""
    found = run.snapshots()
    return next((each for each in found if each.step == step), found[-1])


def vectors(run: Run, step: int) -> Vectors:
    """The most frequent words' vectors at a step."""
    return _vectors(str(run.folder), run.config.created, step)


@st.cache_resource(max_entries=24, show_spinner=False)
def _vectors(folder: str, created: float, step: int) -> Vectors:
    found = snapshot(Run(Path(folder)), step).vectors()
    assert found is not None, "a page asks only runs that offer vectors"
    return found


def map_by_pca(run: Run, step: int) -> np.ndarray:
    """The layout of a step's words: float32 [n, 2], turned so that it lies nearest to the last step's."""
    return _map_by_pca(str(run.folder), run.config.created, step, run.snapshots()[-1].step)


@st.cache_resource(max_entries=48, show_spinner=False)
def _map_by_pca(folder: str, created: float, step: int, last: int) -> np.ndarray:
    layout = pca(_vectors(folder, created, step).head(MAP_WORDS).matrix)
    return aligned(layout, None if step == last else _map_by_pca(folder, created, last, last))


def attention(run: Run, step: int) -> list[Attention]:
    """The probes' attention at a step."""
    return _attention(str(run.folder), run.config.created, step)


@st.cache_resource(max_entries=24, show_spinner=False)
def _attention(folder: str, created: float, step: int) -> list[Attention]:
    return snapshot(Run(Path(folder)), step).attention()


@st.cache_data(max_entries=200, show_spinner=False)
def folder_size(folder: str, changed: float) -> int:
    """Bytes of a run's folder, counted again when it changed."""
    return Run(Path(folder)).size()


def trained(run: Run, step: int) -> Any:
    """The model of a step, to read any sentence with; imports torch the first time (a second or two). ValueError where its weights were not kept."""
    return _trained(str(run.folder), run.config.created, step)


@st.cache_resource(max_entries=4, show_spinner=False)
def _trained(folder: str, created: float, step: int) -> Any:
    from core.text import tokenizers

    run = Run(Path(folder))
    weights = snapshot(run, step).weights()
    if weights is None:
        raise ValueError(f"The weights of step {step} were not kept, to stay within the run's disk budget. Choose the last step.")
    return run.config.row.load_learner().load(run.config.settings, tokenizers.load(run.folder / "tokenizer.json"), weights)
