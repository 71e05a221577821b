"""Cached ways from a page to the core, keyed by plain values: a run's folder and the time it was created, a step, a name. Never by an array."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from safetensors import SafetensorError, safe_open

from core import columns as brought
from core.attention_files import AttentionFile
from core.columns import Column
from core.mix import Mix
from core.opened import Opened
from core.opened import find as opened_by_id
from core.patterns import History, Patterns, history
from core.projection.aligning import aligned
from core.projection.linear import pca
from core.systems import Matrix
from core.training.run import Run, runs
from core.training.snapshots import Snapshot, listed
from core.vectors import Vectors

MAP_WORDS = 5000


def runs_offering(*views: str) -> list[Run]:
    """The runs that have a snapshot to show and whose system feeds one of these views, newest first."""
    return [run for run in runs() if _offers(run, views) and run.snapshots()]


def _offers(run: Run, views: Iterable[str]) -> bool:
    try:
        return not run.config.offers.isdisjoint(views)
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


def matrices(run: Run) -> tuple[Matrix, ...]:
    """Those of its system; none where the run has trained one only: both tied, or words predicted by a tree, whose nodes are no words."""
    return run.config.row.matrices if _has_two(str(run.folder), run.config.created, run.snapshots()[-1].step) else ()


@st.cache_data(max_entries=200, show_spinner=False)
def _has_two(folder: str, created: float, step: int) -> bool:
    path = snapshot(Run(Path(folder)), step).folder / "weights.safetensors"
    try:
        with safe_open(path, framework="numpy") as file:
            return "W_out" in file.keys()  # noqa: SIM118 - it is no dict
    except (OSError, SafetensorError):  # not kept, or damaged, which is said where it is read
        return True


def whole(run: Run, step: int, matrix: Matrix | None) -> tuple[Vectors, str]:
    """The vectors of the whole vocabulary at a step, and a sentence where there are only those that the snapshot holds beside its weights."""
    return _whole(str(run.folder), run.config.created, step, matrix)


@st.cache_resource(max_entries=6, show_spinner="Reading the vectors…")
def _whole(folder: str, created: float, step: int, matrix: Matrix | None) -> tuple[Vectors, str]:
    from core.text import tokenizers

    run = Run(Path(folder))
    row, stored = run.config.row, _vectors(folder, created, step)
    if not row.matrices:
        return stored, ""
    weights, counts = snapshot(run, step).weights(), run.folder / "counts.npy"
    usual = "" if matrix in (None, row.matrices[0]) else f", in the matrix “{row.matrices[0]}”"
    if weights is None or not counts.exists():
        why = f"The weights of step {step:,} were not kept, to stay within the run's disk budget" if weights is None else "This run did not keep its counts"
        return stored, f"{why}: only the {len(stored.words):,} most frequent words are here{usual}."
    tokenizer = tokenizers.load(run.folder / "tokenizer.json")
    settings = run.config.settings
    return row.load_learner().read(settings, tokenizer, np.load(counts, allow_pickle=False), weights, matrix or row.matrices[0]), ""


def opened(chosen: Opened) -> Vectors:
    """The vectors of a file that the user opened."""
    return _opened(chosen.id, chosen.created)


@st.cache_resource(max_entries=4, show_spinner="Reading the vectors…")
def _opened(id: str, created: float) -> Vectors:
    return opened_by_id(id).vectors()


def columns_version(of: Run | Opened) -> float:
    """When what is known of its words beside their vectors was brought; 0 where nothing was."""
    try:
        return (of.folder / brought.KEPT).stat().st_mtime
    except OSError:
        return 0.0


def columns(of: Run | Opened, key: str, words: Sequence[str]) -> list[Column]:
    """What somebody brought of these words. key: tells them from any others, and what was brought from what was brought before."""
    return _columns(str(of.folder), key, words)


@st.cache_resource(max_entries=8, show_spinner=False)
def _columns(folder: str, key: str, _words: Sequence[str]) -> list[Column]:
    return brought.kept(Path(folder), _words)


HISTORY = 4_000_000  # weights of all steps together: 8 MB to the browser


def attention(run: Run, step: int) -> list[list[Patterns]]:
    """The probes' attention at a step, of each kind."""
    return _attention(str(run.folder), run.config.created, step)


@st.cache_resource(max_entries=48, show_spinner=False)
def _attention(folder: str, created: float, step: int) -> list[list[Patterns]]:
    try:
        return snapshot(Run(Path(folder)), step).attention()
    except (ValueError, OSError):  # cut short, or gone: what can be read by the model is still shown
        return []


def probes(run: Run) -> list[History]:
    """The first probe's attention at all snapshots, one History for each kind; none where the run has kept no probe."""
    return _probes(str(run.folder), run.config.created, tuple(each.step for each in run.snapshots()))


@st.cache_resource(max_entries=12, show_spinner=False)
def _probes(folder: str, created: float, steps: tuple[int, ...]) -> list[History]:
    kept = {step: found[0] for step in steps if (found := _attention(folder, created, step))}
    return histories(kept)


def kept_attention(file: AttentionFile) -> list[History]:
    """The attention of a file that the user opened, one History for each kind."""
    return _kept_attention(str(file.folder), file.created)


@st.cache_resource(max_entries=4, show_spinner="Reading the attention…")
def _kept_attention(folder: str, created: float) -> list[History]:
    return histories({each.step: each.attention()[0] for each in listed(Path(folder))})


def histories(kept: Mapping[int, Sequence[Patterns]]) -> list[History]:
    """From what there is at each step to one History for each kind of attention."""
    from core.inspection.heads import scored

    parts = [each.part for each in kept[max(kept)]] if kept else []
    made = (history({step: each for step, found in kept.items() for each in found if each.part == part}, HISTORY) for part in parts)
    return [replace(each, scores=scored(each)) for each in made]


def settled(run: Run, step: int, text: str) -> str:
    """The text with what the model of a step adds to it (its translation), so that models of other steps read the same."""
    return _settled(str(run.folder), run.config.created, step, text)


@st.cache_data(max_entries=200, show_spinner=False)
def _settled(folder: str, created: float, step: int, text: str) -> str:
    return str(_trained(folder, created, step).settled(text))


def typed(run: Run, text: str, longest: int, found: Mapping[int, Sequence[Patterns]]) -> list[History]:
    """The same of a sentence, from what the models of these steps make of it; of no more tokens than `longest`."""
    return _typed(str(run.folder), run.config.created, tuple(sorted(found)), text, longest, found)


@st.cache_resource(max_entries=4, show_spinner=False)
def _typed(folder: str, created: float, steps: tuple[int, ...], text: str, longest: int, _found: Mapping[int, Sequence[Patterns]]) -> list[History]:
    return histories({step: [each.first(longest) for each in _found[step]] for step in steps})


def patterns(run: Run, step: int, text: str) -> list[Patterns]:
    """The attention of a sentence by the model of a step; ValueError in words where it cannot be read."""
    sizes = run.config.settings
    n = min(getattr(sizes, "n_ctx", len(text)), len(text) + 2)
    large = getattr(sizes, "n_layers", 1) * getattr(sizes, "n_heads", 1) * n * n > HISTORY
    return (_large_patterns if large else _patterns)(str(run.folder), run.config.created, step, text)


@st.cache_resource(max_entries=2, show_spinner=False)
def _large_patterns(folder: str, created: float, step: int, text: str) -> list[Patterns]:
    found: list[Patterns] = _trained(folder, created, step).patterns(text)
    return found


@st.cache_resource(max_entries=64, show_spinner=False)
def _patterns(folder: str, created: float, step: int, text: str) -> list[Patterns]:
    found: list[Patterns] = _trained(folder, created, step).patterns(text)
    return found


def mix(run: Run, step: int) -> Mix | None:
    """What a run has learnt to take of each of its layers, at a step."""
    return _mix(str(run.folder), run.config.created, step)


@st.cache_data(max_entries=400, show_spinner=False)
def _mix(folder: str, created: float, step: int) -> Mix | None:
    return snapshot(Run(Path(folder)), step).mix()


def inside(run: Run, step: int, text: str, part: str, layer: int, head: int) -> Any:
    """The steps inside one head (from 0) on a text, a core.inspection.inside.Inside; ValueError in words where there are none."""
    return _inside(str(run.folder), run.config.created, step, text, part, layer, head)


@st.cache_resource(max_entries=32, show_spinner=False)
def _inside(folder: str, created: float, step: int, text: str, part: str, layer: int, head: int) -> Any:
    return _trained(folder, created, step).inside(text, part, layer, head)


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
