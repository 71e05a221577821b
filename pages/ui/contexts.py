"""Every occurrence of a word as a point, in each layer; how far its senses are apart there; and the one point that a static embedding has."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core.inspection import occurrences as core
from core.inspection.occurrences import Occurrences
from core.projection.aligning import aligned
from core.projection.linear import pca
from core.text import corpora
from core.text.small_world_words import SENSES
from core.training.run import Run
from pages.ui import address, load, pickers, say
from pages.ui.components import grid_view
from pages.ui.word_map import Colour, Points, word_map

AROUND = 2  # words on each side that name a point
N_NEIGHBOURS = 8
COLOURS = {"senses": "the senses that are known", "groups": "groups of their own"}


def word(run: Run) -> str:
    """The word that is looked at; begins with one of the small world's that has two senses."""
    key = f"context-word-{run.id}"
    shown = address.held(key, (address.get("word") or SENSES[0][0])[:60])
    found = st.text_input("Word", shown, key=key, max_chars=60, icon=":material/search:").strip()
    address.put(word=found)
    return str(found)


def show(run: Run, step: int, corpus: str, word: str) -> None:
    """The map of a layer, its separation, and the sentences."""
    if not word:
        st.info("Type a word that stands in the text.", icon=":material/edit:")
        return
    try:
        found = _occurrences(str(run.folder), run.config.created, step, corpus, word)
    except (ValueError, OSError) as wrong:
        st.info(say.plain(str(wrong)), icon=":material/info:")
        return
    n_layers = len(found.layers)
    names = ["embedding", *(f"layer {n}" for n in range(1, n_layers))]
    by = "senses" if (found.senses >= 0).any() else "groups"
    if by == "senses":
        by = pickers.segment("Colour by", COLOURS, "colour")
    with st.container(key="panes"):
        left, right = st.columns([3, 2], gap="large")
    with left:
        wanted = address.number("layer")
        start = names[wanted] if wanted is not None and 0 <= wanted < n_layers else names[-1]
        layer = names.index(st.select_slider("Layer", names, start, key=f"context-layer-{run.id}"))
        address.put(layer=None if layer == n_layers - 1 else layer)
        groups = found.senses if by == "senses" else _groups(found, layer)
        legend = found.names if by == "senses" else [f"group {n + 1}" for n in range(int(groups.max()) + 1)]
        _map(run, step, corpus, found, layer, groups, legend)
    with right:
        _separations(found, by, names)
        _one_point(corpus, word)
    _sentences(found, groups, legend)


@st.cache_resource(max_entries=12, show_spinner="Reading every sentence with this word…")
def _occurrences(folder: str, created: float, step: int, corpus: str, word: str) -> Occurrences:
    run = Run(Path(folder))
    trained = load.trained(run, step)
    sentences = core.sentences_with(corpora.find(corpus), word)
    kept, vectors = [], []
    for sentence in sentences:
        read = trained.contextual(sentence)
        for start, stop in core.spans(read.tokens, word)[:1]:
            kept.append(sentence)
            vectors.append(read.layers[:, start:stop].mean(axis=1))
    if not kept:
        raise ValueError(f"“{word}” is cut in a way that cannot be put together again, or beyond what the model sees at once. Try another word.")
    senses, names = core.senses_of(word.lower(), kept)
    return Occurrences(word, kept, np.stack(vectors, axis=1), senses, names)


def _groups(found: Occurrences, layer: int) -> np.ndarray:
    n = st.slider("Groups", 2, 6, 2, key="context-groups", bind="query-params")
    return core.grouped(found.layers[layer], n)


@st.cache_resource(max_entries=24, show_spinner=False)
def _layouts(folder: str, created: float, step: int, corpus: str, word: str) -> list[np.ndarray]:
    """Of every layer, each turned so that it lies nearest to the one after it."""
    found = _occurrences(folder, created, step, corpus, word)
    made: list[np.ndarray] = []
    for vectors in found.layers[::-1]:
        made.append(aligned(pca(vectors), made[-1] if made else None))
    return made[::-1]


def _map(run: Run, step: int, corpus: str, found: Occurrences, layer: int, groups: np.ndarray, legend: Any) -> None:
    if len(found.sentences) < 3:
        st.caption(f"“{say.plain(found.word)}” stands in {len(found.sentences)} sentences: too few for a map.")
        return
    layouts = _layouts(str(run.folder), run.config.created, step, corpus, found.word)
    labels = [_around(sentence, found.word) for sentence in found.sentences]
    caption = f"{len(labels)} occurrences of “{found.word}”, by PCA of this layer"
    colour = Colour(groups.astype(np.int64), names=tuple(legend))
    points = Points(layouts[layer], labels, colour=colour, source=run.id, texts=found.sentences)
    word_map(f"contexts-{run.id}", points, height=520, caption=caption)


def _around(sentence: str, word: str) -> str:
    words = sentence.split()
    at = next((i for i, each in enumerate(words) if each.lower() == word.lower()), 0)
    return "\u2009".join(words[max(0, at - AROUND) : at + AROUND + 1])  # thin blanks: of others the map would think that a token begins with them


def _separations(found: Occurrences, by: str, names: list[str]) -> None:
    """Silhouette and nearest neighbour of each layer: of the known senses, or of groups that each layer makes of itself."""
    measured = [core.separation(vectors, found.senses if by == "senses" else core.grouped(vectors, 2)) for vectors in found.layers]
    if not any(measured):
        return
    values = np.array([[np.nan if each is None else getattr(each, part) for each in measured] for part in ("nearest", "silhouette")])
    st.caption("How far the senses are apart" if by == "senses" else "How far two groups are apart, which each layer makes of itself")
    grid_view("context-separation", values, ["nearest alike", "silhouette"], names, title="Separation by layer", hint="1: wholly apart", least_scale=1.0)


def _one_point(corpus: str, word: str) -> None:
    """What a static embedding of the same text, newest first, has: one vector, with the neighbours of all senses at once."""
    static = [each for each in load.runs_offering("vectors") if "objective" not in each.config.offers]  # it reads no sentences
    alike = [each for each in static if each.config.corpus == corpus]
    if not alike:
        st.page_link(
            "pages/train.py",
            label="Train GloVe on the same text, to see its one point",
            icon=":material/add:",
            query_params={"system": "glove", "corpus": corpus},
        )
        return
    newest = alike[0]
    try:
        near = load.vectors(newest, newest.snapshots()[-1].step).neighbours(word.lower(), N_NEIGHBOURS)
    except ValueError as wrong:
        st.caption(say.plain(str(wrong)))
        return
    st.caption(f"{newest.config.row.title} has one point for it, with all its company: " + ", ".join(say.plain(each.word) for each in near))


def _sentences(found: Occurrences, groups: np.ndarray, legend: Any) -> None:
    told = [legend[group] if group >= 0 else "" for group in groups]
    st.dataframe(pd.DataFrame({"group": told, "sentence": found.sentences}), hide_index=True, height=280)
