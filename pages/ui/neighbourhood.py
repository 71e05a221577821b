"""One word and its neighbours in the original space."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.vectors import Measure, Neighbour, Vectors
from pages.ui import address, say
from pages.ui.sources import View

N_NEIGHBOURS = 12
LONGEST = 100  # characters of a word
KEY = "word-search"
MEASURES: dict[Measure, str] = {"cosine": "cosine", "dot": "dot product"}


def choose(word: str) -> None:
    """Makes a word the one that is looked at; for callbacks, which run before the page's body."""
    st.session_state[KEY] = word


def search(vectors: Vectors) -> str:
    """A field for a word; the word of the address at first. Returns a word that has a vector, or nothing."""
    shown = address.held(KEY, address.get("word")[:LONGEST])
    any_word = "type any word, seen or not" if vectors.subwords else "type or click a word"
    typed = st.text_input("Word", shown, LONGEST, KEY, placeholder=any_word, icon=":material/search:", live=True)
    word = known(vectors, typed)
    address.put(word=word)
    return word


def current(vectors: Vectors) -> str:
    """The word that was looked at last, where it has a row."""
    word = str(st.session_state.get(KEY) or address.get("word"))
    return word if word in vectors.index else ""


def known(vectors: Vectors, typed: str, offer: bool = True) -> str:
    """The word that is meant, as the vocabulary writes it; nothing where there is none, after saying so. `offer`: with words that begin so."""
    typed = typed.strip()
    if not typed or typed in vectors.index:
        return typed
    if vectors.subwords is not None and (parts := vectors.subwords.parts(typed)):
        return parts[0][0] if parts[0][0] in vectors.index else typed  # the first part of a word that was seen is itself, folded as its text was
    try:
        return vectors.words[vectors.row(typed)]
    except ValueError as unknown:
        st.warning(say.plain(str(unknown)), icon=":material/search_off:")
    starting = [word for word in vectors.words if word.startswith(typed.lower())][:8]
    if starting and offer:
        st.pills("Beginning so", starting, key="beginnings", on_change=lambda: choose(st.session_state["beginnings"] or ""))
    elif starting:
        st.caption(f"Beginning so: {say.plain(', '.join(starting))}")
    return ""


def seen(vectors: Vectors, word: str) -> str:
    """How often a word was, where that is known."""
    row = vectors.index.get(word)
    if row is None:
        return f", never seen: its vector is made of its {vectors.subwords.kind if vectors.subwords else 'parts'}"
    return f", seen {int(vectors.counts[row]):,} times" if vectors.counts is not None else ""


def show(view: View, by: Measure) -> tuple[str, list[Neighbour]]:
    """The field, and the neighbours with their similarities. Returns the word and them."""
    vectors = view.vectors()
    word = search(vectors)
    if not word:
        st.caption("The most frequent words" if vectors.counts is not None else "The first words")
        st.pills("Begin with", vectors.words[:24], key="frequent", label_visibility="collapsed", on_change=lambda: choose(st.session_state["frequent"] or ""))
        return "", []
    near = vectors.neighbours(word, N_NEIGHBOURS, by)
    st.caption(f"Nearest to **{say.plain(word)}** by {MEASURES[by]}{seen(vectors, word)}")
    table(near, by, f"neighbours-{view.key}-{by}-{word}", f"neighbours of {word}")
    return word, near


def table(near: Sequence[Neighbour], by: Measure, key: str, name: str) -> None:
    """Words with their similarities; a click on one goes there."""
    measure = MEASURES[by]
    shown = pd.DataFrame({"word": [each.word for each in near], measure: [each.similarity for each in near]})
    most = 1.0 if by == "cosine" else max([each.similarity for each in near if each.similarity > 0], default=1.0)
    picked = st.dataframe(
        shown,
        hide_index=True,
        height="content",
        column_config={measure: st.column_config.ProgressColumn(format="%.3f", min_value=0.0, max_value=most)},
        on_select="rerun",
        selection_mode="single-cell",
        key=key,
    )
    cells = picked["selection"]["cells"]
    if cells:
        st.button("Go to this word", icon=":material/arrow_forward:", on_click=go, args=(near[cells[0][0]].word,))
    st.download_button("CSV", shown.to_csv(index=False), f"{name}.csv", "text/csv", icon=":material/download:", type="tertiary")


def go(word: str) -> None:
    """Shows a word's neighbours, whatever was asked before."""
    st.session_state["segment-ask"] = "neighbours"
    choose(word)
