"""Sentences by meaning: a text read bit by bit, the sentences nearest to one that is typed, and all of them as points."""

import numpy as np
import pandas as pd
import streamlit as st

from core.inspection import meaning
from core.inspection.meaning import CLS, MEAN, Sentences
from core.projection.linear import pca
from core.text import corpora
from core.training.run import Run
from core.vectors import Vectors
from pages.ui import address, forms, load, pickers, say
from pages.ui.sources import Source, View
from pages.ui.word_map import Click, Colour, Points, word_map

FIELD = "sentence"  # the key of the field, and its part of the address
LONGEST = 500  # characters
LADDER = (500, 2000, 5000, 20_000)  # sentences
USUAL = 2000
SLICE = 0.4  # seconds of reading between two looks at the page
SOME = 50  # sentences that are worth an answer
N_NEAREST = 12
NAMED = 28  # characters that name a point
POOLING = {MEAN: "mean of the tokens", CLS: "at [CLS]"}


def view(source: Source) -> View:
    """Its moment and matrix, as the address has them."""
    if not source.steps:
        st.caption("One vector a word: a sentence is the mean of its words.")
        return View(source)
    step = pickers.step(source.of)
    return View(source, step, load.matrices(source.of)[0] if load.matrices(source.of) else None)


def number() -> int:
    """How many of its sentences."""
    titles = {str(n): f"first {n:,}" for n in sorted(LADDER, key=lambda n: (n != USUAL, n))}
    return int(pickers.one_of("Sentences", titles, "n", default=str(USUAL)))


def show(view: View, corpus: str, n: int) -> None:
    """The field, and once something is typed, the text read and searched."""
    typed = str(st.text_input("Sentence", max_chars=LONGEST, icon=":material/search:", placeholder="the king rules the land", **forms.kept(FIELD))).strip()
    if not typed:
        _suggest(corpus)
        return
    try:
        found = _sentences(f"{view.key}-{corpus}-{n}", view, corpus, n)
        query = _reader(view)(typed)
    except (ValueError, OSError) as wrong:
        st.info(say.plain(str(wrong)), icon=":material/info:")
        return
    stopped = f"stopped-{view.key}-{corpus}-{n}"
    if found.n_read < found.n and not st.session_state.get(stopped):
        _reading(found, stopped, found.n_read)
    elif found.n_read < found.n:
        st.button(f"Read on: {found.n_read:,} of {found.n:,} sentences so far", icon=":material/play_arrow:", on_click=_stop, args=(stopped, False))
    if found.n_read:
        _answer(view, found, typed, query)
    elif found.n_read == found.n:
        st.info("This text has no sentence of three words or more that has a vector here. Choose another text.", icon=":material/info:")


def _suggest(corpus: str) -> None:
    kept = corpora.kept(corpus)
    lines = [line.partition("\t")[0][:120] for line in kept.sample(4, 120)] if kept else []
    if not lines:
        return
    st.caption("Such as one of the text itself:")
    st.pills("Begin with", lines, key="sentence-begin", label_visibility="collapsed", on_change=lambda: _ask(st.session_state["sentence-begin"] or ""))


def _ask(sentence: str) -> None:
    st.session_state[FIELD] = sentence[:LONGEST]


def _stop(key: str, stop: bool) -> None:
    st.session_state[key] = stop


def _reader(view: View) -> meaning.Read:
    """How a sentence is read: by a model's layers, or as the mean of its words."""
    of = view.source.of
    if isinstance(of, Run) and not of.config.row.matrices:
        trained = load.trained(of, view.step)

        def read(sentence: str) -> meaning.Pooled:
            found = trained.contextual(sentence)
            return meaning.pooled(list(found.tokens), found.layers)

        return read
    vectors: Vectors = view.vectors()
    if not isinstance(of, Run):
        return meaning.by_words(vectors)
    from core.text import tokenizers

    return meaning.by_words(vectors, tokenizers.load(of.folder / "tokenizer.json"))


@st.cache_resource(max_entries=6, show_spinner="Looking for the text…")
def _sentences(key: str, _view: View, corpus: str, n: int) -> Sentences:
    return Sentences(meaning.texts_of(corpora.find(corpus)), _reader(_view), n)


@st.fragment(run_every=0.05)
def _reading(found: Sentences, stopped: str, n_answered: int) -> None:
    """Reads on, a slice at a time, so that the page says how far it is and can be told to stop; draws it anew when twice as many are read."""
    if st.session_state.get(stopped):
        st.rerun()
    left = found.seconds / max(1, found.n_read) * (found.n - found.n_read)
    told = f" · about {say.duration(left)} left" if left > 1 else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(found.n_read / max(1, found.n), text=f"Reading: {found.n_read:,} of {found.n:,} sentences{told}")
        st.button("Stop here", key="stop-reading", on_click=_stop, args=(stopped, True))
    found.advance(SLICE)
    if found.n_read >= min(found.n, max(SOME, 2 * n_answered)):
        st.rerun()


def _answer(view: View, found: Sentences, typed: str, query: meaning.Pooled) -> None:
    pooling, layer, centred = _ways(query)
    texts = found.texts[:]
    vectors = found.vectors(pooling, layer)[: len(texts)]
    alike = meaning.likeness(vectors, query[pooling][layer], centred)
    order = np.argsort(-alike, kind="stable")[:N_NEAREST]
    with st.container(key="panes"):
        left, right = st.columns([9, 11], gap="large")
    with left:
        st.caption(f"Nearest to “{say.plain(typed)}” among {say.many(len(texts), 'sentence')}")
        table = pd.DataFrame({"cosine": alike[order], "sentence": [texts[row] for row in order]})
        bar = st.column_config.ProgressColumn(format="%.3f", min_value=0.0, max_value=1.0, width="small")
        st.dataframe(table, hide_index=True, height="content", column_config={"cosine": bar})
        st.download_button("CSV", table.to_csv(index=False), "nearest sentences.csv", "text/csv", icon=":material/download:", type="tertiary")
    with right:
        _map(view, texts, typed, np.vstack([vectors, query[pooling][layer]]), alike, order, f"{pooling} {layer}")


def _ways(query: meaning.Pooled) -> tuple[str, int, bool]:
    """How a sentence becomes one vector: of which layer, of which tokens, with or without what all of them share."""
    n_layers = len(query[MEAN])
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        layer = 0
        if n_layers > 1:
            names = ["embedding", *(f"layer {n}" for n in range(1, n_layers))]
            wanted = address.number("layer")
            start = names[wanted] if wanted is not None and 0 <= wanted < n_layers else names[-1]
            layer = names.index(st.select_slider("Layer", names, start, key=f"sentence-layer-{n_layers}", width=320))
            address.put(layer=None if layer == n_layers - 1 else layer)
        pooling = pickers.segment("Vector", {name: POOLING[name] for name in query}, "pooling") if len(query) > 1 else MEAN
        help = "All sentences of a model have much in common, which makes each look like each. Without their mean they differ."
        centred = st.toggle("Without the mean of all", value=True, help=help, **forms.kept("centred"))
    return pooling, layer, centred


def _map(view: View, texts: list[str], typed: str, vectors: np.ndarray, alike: np.ndarray, order: np.ndarray, how: str) -> None:
    """All sentences as points, that which was typed among them."""
    whole = [*texts, typed]
    if len(whole) < 4:
        return
    colour = Colour(np.append(alike, np.float32(np.nan)), "cosine")
    points = Points(pca(vectors), [_name(each) for each in whole], colour=colour, source=f"{view.key} {how}", texts=whole)

    def clicked(click: Click) -> None:
        if click.index is not None and click.index < len(texts):
            _ask(texts[click.index])

    caption = f"{len(texts):,} sentences{view.when()} and the one that was typed, by PCA"
    word_map("sentences", points, selected=len(texts), neighbours=[int(row) for row in order], height=520, caption=caption, file="sentences", on_click=clicked)


def _name(text: str) -> str:
    """Its beginning, with thin blanks: of others the map would think that a token begins with them."""
    cut = text if len(text) <= NAMED else text[:NAMED].rpartition(" ")[0] or text[: NAMED // 2]
    return cut.replace(" ", "\u2009") + "…" * (cut != text)
