"""What each of several vectors says about the same word, and how far they agree about many."""

from collections import Counter
from html import escape

import numpy as np
import pandas as pd
import streamlit as st

from core.evaluation import overlap as shared
from core.evaluation.overlap import Overlap
from core.evaluation.scores import form
from core.figures import comparing as figures
from core.systems import Matrix
from core.vectors import Neighbour, Vectors
from pages.ui import address, say
from pages.ui.comparing import Subject, readable, vectors_of

N_NEIGHBOURS = 10
N_WORDS = 1000
WORD = "compare-word"
LONGEST = 100  # characters of a word


def overlap(chosen: list[Subject]) -> Overlap | None:
    """How far they agree about the most frequent common words; None where fewer than two have vectors."""
    there = [(each.id, each.version, each.matrix) for _, each, _ in readable(chosen)]
    return _overlap(tuple(there)) if len(there) > 1 else None


@st.cache_data(max_entries=16, show_spinner="Comparing neighbours…")
def _overlap(there: tuple[tuple[str, str, Matrix | None], ...]) -> Overlap:
    return shared.overlap([vectors_of(*each) for each in there], N_WORDS, N_NEIGHBOURS)


def look(word: str) -> None:
    """Makes a word the one that is looked at; for callbacks."""
    st.session_state[WORD] = word


def search(overlap: Overlap | None) -> str:
    """A field for a word, and words that are worth a look."""
    shown = address.held(WORD, address.get("word")[:LONGEST])
    left, right = st.columns([2, 5], gap="large")
    with left:
        typed = str(st.text_input("Word", shown, LONGEST, WORD, placeholder="type a word", icon=":material/search:", live=True)).strip()
    if overlap is not None and overlap.words:
        agreed = [word for word, _ in overlap.agreed()]
        with right:
            for label, key, words in (("Most disputed", "disputed", agreed[:8]), ("Most agreed", "agreed", agreed[::-1][:8])):
                st.pills(label, words, key=key, format_func=say.plain, on_change=_pick, args=(key,))
    return typed


def _pick(key: str) -> None:
    look(st.session_state[key] or st.session_state[WORD])
    st.session_state[key] = None


def neighbours(vectors: Vectors, word: str) -> list[Neighbour]:
    """The nearest words, without other spellings of the same; ValueError in words where the word is unknown."""
    return shared.distinct(vectors.neighbours(_spelling(vectors, word), 3 * N_NEIGHBOURS), word, N_NEIGHBOURS)


def _spelling(vectors: Vectors, word: str) -> str:
    """As the vocabulary has it: BPE's tokens that begin a word begin with a blank."""
    return next((each for each in (" " + word, " " + word.lower(), word) if each in vectors.index), word)


def lists(chosen: list[Subject], word: str) -> None:
    """Each one's neighbours in a column, those in all lists and those in one only marked."""
    found: list[list[Neighbour] | str] = []
    there = readable(chosen)
    for _, _, vectors in there:
        try:
            found.append(neighbours(vectors, word))
        except ValueError:
            found.append(f"“{word}” is not among its {len(vectors.words):,} most frequent words.")
    known = [each for each in found if isinstance(each, list)]
    times = Counter(form(each.word) for listed in known for each in listed)
    vocabularies = [_forms(each.id, each.version, each.matrix) for _, each, _ in there]
    with st.container(key="cards-lists"):
        for column, (i, subject, _), listed in zip(st.columns(len(there), gap="medium"), there, found, strict=True):
            with column:
                _head(i, subject)
                if isinstance(listed, str):
                    st.caption(say.plain(listed))
                    continue
                _list(subject, listed, [_mark(form(each.word), times, len(known), vocabularies) for each in listed], word)
    if len(known) > 1:
        st.caption(f"● in all lists · ◐ in some · ◆ in this one only · ◇ in this one only, and not every vocabulary has the word. {_together(known)}")


def _head(i: int, subject: Subject) -> None:
    dot = f'<i style="background:{figures.colour(i)}"></i>'
    st.html(f'<div class="compared">{dot}<b>{escape(subject.name)}</b><span>{escape(subject.system)}</span></div>')


@st.cache_resource(max_entries=8, show_spinner=False)
def _forms(id: str, version: str, matrix: Matrix | None) -> frozenset[str]:
    return frozenset(map(form, vectors_of(id, version, matrix).words))


def _mark(folded: str, times: Counter[str], n: int, vocabularies: list[frozenset[str]]) -> str:
    if n < 2 or 1 < times[folded] < n:
        return "◐" if n > 1 else ""
    if times[folded] == n:
        return "●"
    return "◆" if all(folded in each for each in vocabularies) else "◇"


def _together(known: list[list[Neighbour]]) -> str:
    sets = [{form(each.word) for each in listed} for listed in known]
    common, either = len(set.intersection(*sets)), len(set.union(*sets))
    return f"{common} of {either} words are in all lists (Jaccard {common / either:.2f})." if either else ""


def _list(subject: Subject, listed: list[Neighbour], marks: list[str], word: str) -> None:
    shown = pd.DataFrame({"in": marks, "word": [each.word.strip() for each in listed], "cosine": [each.similarity for each in listed]})
    tint = {"●": "background-color: rgba(42,111,151,0.20)", "◆": "background-color: rgba(209,121,59,0.22)", "◇": "background-color: rgba(128,128,128,0.16)"}
    picked = st.dataframe(
        shown.style.map(lambda mark: tint.get(mark, ""), subset=["in"]),
        hide_index=True,
        height="content",
        column_config={
            "in": st.column_config.TextColumn("", width=30),
            "cosine": st.column_config.ProgressColumn(format="%.3f", min_value=0.0, max_value=1.0, width="small"),
        },
        on_select="rerun",
        selection_mode="single-cell",
        key=f"near-{subject.id}-{subject.version}-{word}",
    )
    if cells := picked["selection"]["cells"]:
        st.button("Go to this word", icon=":material/arrow_forward:", on_click=look, args=(shown["word"][cells[0][0]],), key=f"go-{subject.id}")


def agreement(chosen: list[Subject], overlap: Overlap | None, word: str) -> None:
    """How much each two have in common: for the word, and for many."""
    if overlap is None:
        return
    if not overlap.words:
        st.info("These vocabularies have next to no word in common, so that their neighbours cannot be compared.", icon=":material/join_inner:")
        return
    there = readable(chosen)
    names = [each.name for _, each, _ in there]
    of_word = np.full((len(there), len(there)), np.nan)
    sets = [_near_set(vectors, word) for _, _, vectors in there]
    for i, one in enumerate(sets):
        for j, other in enumerate(sets):
            if one and other:
                of_word[i, j] = len(one & other) / max(len(one), len(other))
    st.subheader("How much two have in common", anchor=False)
    with st.container(key="panes"):
        left, right = st.columns(2, gap="large")
    with left:
        st.caption(
            f"Neighbours in common, mean over the {len(overlap.words):,} most frequent common words: the {N_NEIGHBOURS} nearest "
            f"among the {overlap.n_candidates:,} words that all know"
        )
        _matrix(names, overlap.mean, "overlap-mean")
    if word and np.isfinite(of_word).any():
        with right:
            st.caption(f"Neighbours of **{say.plain(word)}** in common, of the {N_NEIGHBOURS} nearest in each one's own vocabulary")
            _matrix(names, of_word, "overlap-word")


def _near_set(vectors: Vectors, word: str) -> set[str]:
    try:
        return {form(each.word) for each in neighbours(vectors, word)} if word else set()
    except ValueError:
        return set()


def _matrix(names: list[str], shares: np.ndarray, key: str) -> None:
    if len(names) == 2:
        st.metric("in common", f"{N_NEIGHBOURS * shares[0, 1]:.1f} of {N_NEIGHBOURS}", label_visibility="collapsed")
        return
    st.plotly_chart(figures.agreement(names, shares), key=key)
