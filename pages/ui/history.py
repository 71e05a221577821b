"""A run over time: one head moves its map, a word's neighbours, its loss and its samples; all moments are sent at once."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core import projecting, selections
from core.neighbour_history import Arrival, arrivals, neighbours_over_time
from core.projecting import Task
from core.projection.aligning import aligned
from core.projection.manifold import UmapSettings
from core.projection.over_time import pca_over_time
from core.training.run import ACTIVE, Run
from core.vectors import Neighbour, Vectors
from pages.ui import address, chosen, load, say, waiting
from pages.ui.components import component, sendable
from pages.ui.word_map import PARTS, Moments, answers, described, place

N_WORDS = 2000  # of the map
N_NEIGHBOURS = 10
MOST_TRAILS = 12
CHOSEN = "history-chosen"  # in the session: a word was chosen in the view, and the field above it has to follow
EVERY = 2.0  # seconds between two looks at a run that trains
HEIGHT = 440

_history = component("history", *PARTS, "timeline", "bump")


@dataclass(frozen=True, eq=False)
class Film:
    """All moments of a run: vectors of the most frequent words, the same at each."""

    run: Run
    steps: tuple[int, ...]

    @property
    def key(self) -> str:
        return f"{self.run.folder}-{self.run.config.created}-{self.steps}"

    @property
    def moments(self) -> list[Vectors]:
        return [load.vectors(self.run, step) for step in self.steps]

    @property
    def words(self) -> list[str]:
        return self.moments[-1].words[:N_WORDS]


def show(run: Run, method: str, word: str, choose: Callable[[str], None]) -> None:
    """Draws it; while the run trains, again with each new snapshot."""
    active = run.state() in ACTIVE
    st.fragment(_draw, run_every=EVERY if active else None)(run, method, word, choose, active)


def _draw(run: Run, method: str, word: str, choose: Callable[[str], None], active: bool) -> None:
    if (active and run.state() not in ACTIVE) or st.session_state.pop(CHOSEN, False):
        st.rerun()
    film = Film(run, tuple(each.step for each in run.snapshots()))
    with st.container():  # whether there is anything in it or not: what is below keeps its place, and the view with it
        if len(film.steps) < 2:
            st.info("There is one snapshot so far; time begins with the second." if active else "This run kept one snapshot only: it has no time to look at.")
        places, how = _layouts(film, method, active)
    index = film.moments[-1].index
    word = word if word in index else ""
    history = _near(film.key, word, film) if word else [[] for _ in film.steps]
    points = _points(f"{film.key} {how}", film, places)
    _view(film, points, word, history, how, choose)
    _arrivals(film, word, history)


def _view(film: Film, points: Moments, word: str, history: Sequence[Sequence[Neighbour]], how: str, choose: Callable[[str], None]) -> None:
    words, index = film.words, film.moments[-1].index
    n = len(words)
    key = f"history-{film.run.id}"
    trails = chosen.in_address("trails", n)[:MOST_TRAILS]
    followed = trails.tolist()
    if word and index[word] < n:
        followed = [index[word], *(row for row in followed if row != index[word])]

    def follow(rows: str) -> None:
        address.put(trails=selections.written(selections.read(rows)[:MOST_TRAILS]) or None)

    def look(word: str) -> None:
        choose(word)
        st.session_state[CHOSEN] = True

    hears: dict[str, Callable[[Any], None]] = {
        "word": lambda sent: look(sent["word"]),
        "moment": lambda sent: address.put(step=None if sent["step"] == film.steps[-1] else sent["step"]),
        "choose": lambda sent: follow(sent["rows"]),
        "look": lambda sent: address.put(at=sent["at"]),
    }
    told = {"selected": index[word] if word and index[word] < n else None, "chosen": selections.written(trails)}
    caption = f"{n:,} most frequent words, {how}"
    meta = {
        "map": described(key, points, ["click", "choose", "look"], told, at=address.get("at"), height=HEIGHT, caption=caption, file=key, linked=""),
        "steps": list(film.steps),
        "step": _first_step(key, film),
        "curve": _curve(film.run),
        "word": sendable(word),
        "near": [[{"word": sendable(each.word), "row": each.index, "cosine": round(each.similarity, 4)} for each in found] for found in history],
        "samples": _samples(film),
        "trails": [int(row) for row in followed[:MOST_TRAILS]],
    }
    with st.container(gap=None):
        place(key, points)
        _history(key=key, data={"meta": meta}, **answers(key, hears))


def _first_step(key: str, film: Film) -> int | None:
    """The moment to begin with, None for the newest; it stays the same until the view goes, as the user moves it from there."""
    if key not in st.session_state:
        wanted = address.number("step")
        st.session_state[f"{key} step"] = wanted if wanted in film.steps else None
    step: int | None = st.session_state[f"{key} step"]
    return step


def _curve(run: Run) -> dict[str, list[float]]:
    """The loss, thinned; of the whole run, also where it has no snapshot yet."""
    table = run.metrics(300)
    there = np.isfinite(table["loss"])
    return {"x": [float(x) for x in table["step"][there]], "y": [round(float(y), 5) for y in table["loss"][there]]}


def _samples(film: Film) -> list[str]:
    found = {each.step: each.samples() for each in film.run.snapshots()}
    return [
        sendable(
            "\n".join(
                sample["prompt"] + sample["text"] if sample.get("prompt") and not sample["text"].startswith(sample["prompt"]) else sample["text"]
                for sample in found.get(step, [])[:2]
            )
        )
        for step in film.steps
    ]


@st.cache_resource(max_entries=64, show_spinner=False)
def _near(key: str, word: str, _film: Film) -> list[list[Neighbour]]:
    return neighbours_over_time(_film.moments, word, N_NEIGHBOURS)


@st.cache_resource(max_entries=8, show_spinner=False)
def _points(key: str, _film: Film, _places: np.ndarray) -> Moments:
    last = _film.moments[-1]
    counts = None if last.counts is None else last.counts[:N_WORDS]
    return Moments(_places[-1], _film.words, counts, source=_film.run.id, layouts=_places)


# ---------------------------------------------------------------- layouts


def _layouts(film: Film, method: str, active: bool) -> tuple[np.ndarray, str]:
    """float32 [n_moments n 2], and how they were made. Where there is a map of the first moments, each new one is placed without being asked for."""
    flat = _by_pca(film.key, film)
    if method == "pca":
        return flat, "by PCA of each moment"
    asked = f"filmed-{film.run.folder}"  # in the session: what was asked for. Moments come faster than maps of them, and would replace it
    task: Task | None = st.session_state.get(asked)
    first = task is not None and waiting.awaited(task)
    if task is None or not first:
        task = _task(film)
    if active and not first and "layouts" in task.head_start:
        projecting.request(task)
        found = projecting.result(task)
    else:
        goes_on = asked in st.session_state and "layouts" in task.head_start
        found = waiting.result(task, "UMAP over time", done=lambda: st.session_state.update({asked: task}), at_once=goes_on)
    layouts = (found or task.head_start).get("layouts")
    if layouts is None:
        return flat, "by PCA of each moment"
    turned = aligned(layouts[-1], flat[len(layouts) - 1])
    u, _, v = np.linalg.svd(layouts[-1].T @ turned)
    n_new, how = len(film.steps) - len(layouts), "by UMAP, each moment from the one before"
    if n_new:
        how = f"{how}; the last {say.many(n_new, 'moment')} not yet placed"
        layouts = np.concatenate([layouts, np.repeat(layouts[-1:], n_new, axis=0)])
    return np.asarray(layouts @ (u @ v), np.float32), how


@st.cache_resource(max_entries=8, show_spinner="Turning the moments…")
def _by_pca(key: str, _film: Film) -> np.ndarray:
    return np.stack(pca_over_time([each.matrix[:N_WORDS] for each in _film.moments]))


def _task(film: Film) -> Task:
    """All moments, from the first ones' map, where there is one."""
    *earlier, whole = _tasks(film.key, film)
    if projecting.result(whole) is not None:
        return whole
    known = next((found for task in reversed(earlier) if (found := projecting.result(task)) is not None), {})
    return dataclasses.replace(whole, head_start=known)


@st.cache_resource(max_entries=8, show_spinner=False)
def _tasks(key: str, _film: Film) -> list[Task]:
    """Of the first moment, the first two, and so on."""
    matrices = np.stack([np.asarray(each.matrix[:N_WORDS], np.float32) for each in _film.moments])
    settings = dataclasses.replace(UmapSettings(), n_fitted=N_WORDS)
    return [Task("umap over time", {"matrices": matrices[:n]}, settings) for n in range(1, len(matrices) + 1)]


# ---------------------------------------------------------------- arrivals


def _arrivals(film: Film, word: str, history: Sequence[Sequence[Neighbour]]) -> None:
    """When each of the last neighbours came, as a table."""
    if not word:
        return
    found: list[Arrival] = arrivals(history)
    with st.expander(f"When did they arrive? The last {len(found)} neighbours of {say.plain(word)}", icon=":material/schedule:"):
        table = pd.DataFrame(
            {
                "neighbour": [each.word for each in found],
                "rank now": [each.rank for each in found],
                "best rank": [each.best for each in found],
                f"first among the {N_NEIGHBOURS} nearest at step": [film.steps[each.first] for each in found],
                "there ever since step": [film.steps[each.since] for each in found],
            }
        )
        st.dataframe(table, hide_index=True, height="content")
        st.download_button("CSV", table.to_csv(index=False), f"arrivals of {word}.csv", "text/csv", icon=":material/download:", type="tertiary")
