"""One word and its neighbours in the original space."""

import pandas as pd
import streamlit as st

from core.training.run import Run
from core.vectors import Neighbour
from pages.ui import address, load, say

N_NEIGHBOURS = 12
LONGEST = 100  # characters of a word
KEY = "word-search"


def choose(word: str) -> None:
    """Makes a word the one that is looked at; for callbacks, which run before the page's body."""
    st.session_state[KEY] = word


def search(run: Run, step: int) -> str:
    """A field for a word; the word of the address at first. Returns a word of the vocabulary, or nothing."""
    if KEY not in st.session_state:
        st.session_state[KEY] = address.get("word")[:LONGEST]
    typed = st.text_input("Word", key=KEY, placeholder="type or click a word", icon=":material/search:", live=True, max_chars=LONGEST)
    if not typed.strip():
        return ""
    vectors = load.vectors(run, step)
    try:
        return vectors.words[vectors.row(typed)]
    except ValueError as unknown:
        starting = [word for word in vectors.words if word.startswith(typed.strip().lower())][:8]
        st.warning(say.plain(str(unknown)), icon=":material/search_off:")
        if starting:
            st.pills("Beginning so", starting, key="beginnings", on_change=lambda: choose(st.session_state["beginnings"] or ""))
        return ""


def neighbours(run: Run, step: int, word: str) -> list[Neighbour]:
    """The nearest words by cosine; none for no word."""
    return load.vectors(run, step).neighbours(word, N_NEIGHBOURS) if word else []


def table(run: Run, step: int, word: str) -> None:
    """The neighbours with their similarities; a click on one goes there."""
    vectors = load.vectors(run, step)
    if not word:
        st.caption("The most frequent words")
        st.pills("Begin with", vectors.words[:24], key="frequent", label_visibility="collapsed", on_change=lambda: choose(st.session_state["frequent"] or ""))
        return
    row = vectors.row(word)
    seen = f", seen {int(vectors.counts[row]):,} times" if vectors.counts is not None else ""
    st.caption(f"Nearest to **{say.plain(word)}** by cosine{seen}")
    near = neighbours(run, step, word)
    shown = pd.DataFrame({"word": [each.word for each in near], "cosine": [each.similarity for each in near]})
    picked = st.dataframe(
        shown,
        hide_index=True,
        height="content",
        column_config={"cosine": st.column_config.ProgressColumn(format="%.3f", min_value=0.0, max_value=1.0)},
        on_select="rerun",
        selection_mode="single-cell",
        key=f"neighbours-{run.id}-{step}-{word}",
    )
    cells = picked["selection"]["cells"]
    if cells:
        st.button("Go to this word", icon=":material/arrow_forward:", on_click=choose, args=(near[cells[0][0]].word,))
    st.download_button("CSV", shown.to_csv(index=False), f"neighbours of {word}.csv", "text/csv", icon=":material/download:", type="tertiary")
