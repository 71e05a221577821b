"""What vectors can be asked: neighbours, analogies, how like two words are, which does not belong, what each n-gram gives. The map shows the answer."""

import re
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from core.vectors import Measure, Vectors
from pages.ui import chosen, forms, grouping, neighbourhood, pickers, say
from pages.ui.bars import bars
from pages.ui.layouts import Layout
from pages.ui.shown import Shown
from pages.ui.sources import View

LONGEST = 300  # characters of what is asked
N_ANSWERS = 12
ASK = {
    "neighbours": "Neighbours",
    "analogy": "Analogy",
    "similarity": "Similarity",
    "odd": "Odd one out",
    "ngrams": "N-grams",
    "chosen": "Chosen",
    "groups": "Groups",
}
ANALOGY, FIRST, SECOND, ODD = "analogy", "first", "second", "odd"  # keys of fields, and parts of the address
_SIGN = re.compile(r"(?:^|(?<=\s))[+\-−–]|\+")


@dataclass(frozen=True)
class Asked:
    """What is asked, and by which measure."""

    what: str  # of ASK
    by: Measure


@dataclass(frozen=True)
class Marked:
    """What the map is to show: the word in the middle of it, the answers, the words that were named, analogies' corners.

    `clicked`: what a click on a word does.
    """

    clicked: Callable[[str], None]
    word: str = ""
    answers: Sequence[str] = ()
    named: Sequence[str] = ()
    shapes: Sequence[Sequence[str]] = ()  # four words each: a to b as c to d


def picker(view: View) -> Asked:
    """What is asked and how near is measured; both in the address. N-grams only where there are some."""
    offered = {name: title for name, title in ASK.items() if name != "ngrams" or getattr(view.vectors().subwords, "kind", "") == "n-grams"}
    left, right = st.columns([3, 2])
    with left:
        what = pickers.choice("Ask for", offered, "ask")
    with right:
        by: Measure = "dot" if pickers.choice("By", {str(name): title for name, title in neighbourhood.MEASURES.items()}, "by") == "dot" else "cosine"
    return Asked(what, by)


def answer(words: Shown, layout: Layout | None, asked: Asked) -> Marked:
    """Draws the question's fields and its answer."""
    view = words.view
    if view.note:
        st.caption(f":material/info: {say.plain(view.note)}")
    if asked.what in ("chosen", "groups"):
        if asked.what == "chosen":
            chosen.show(words)
        elif layout is not None:
            grouping.show(words, layout)
        return Marked(neighbourhood.choose, neighbourhood.current(view.vectors()))
    if asked.what == "neighbours":
        word, near = neighbourhood.show(view, asked.by)
        return Marked(neighbourhood.choose, word, [each.word for each in near])
    return {"analogy": _analogy, "similarity": _similarity, "odd": _odd, "ngrams": _ngrams}[asked.what](view, asked.by)


def _field(label: str, key: str, placeholder: str) -> str:
    return str(st.text_input(label, placeholder=placeholder, max_chars=LONGEST, **forms.kept(key))).strip()


def _append(key: str, between: str) -> Callable[[str], None]:
    """A click on a word adds it to a field."""

    def clicked(word: str) -> None:
        before = str(st.session_state.get(key, "")).strip()
        if word:
            st.session_state[key] = f"{before}{between}{word}"[:LONGEST] if before else word

    return clicked


# ---------------------------------------------------------------- analogies


def terms(expression: str, words: Container[str] = ()) -> tuple[list[str], list[str]]:
    """The words that are added and those that are taken away in "king - man + woman".

    A minus without a blank before it is a hyphen, unless the whole is not among `words` and its parts are.
    """
    plus: list[str] = []
    minus: list[str] = []
    place, sign = 0, plus
    for found in [*_SIGN.finditer(expression), None]:
        term = expression[place : found.start() if found else None].strip()
        parts = term.split("-") if term not in words and all(part in words for part in term.split("-")) else [term]
        sign.extend(part for part in parts[:1] if part)
        minus.extend(parts[1:])
        if found:
            place, sign = found.end(), plus if "+" in found[0] else minus
    return plus, minus


def _analogy(view: View, by: Measure) -> Marked:
    vectors = view.vectors()
    typed = _field("Add and take away words", ANALOGY, "king - man + woman")
    clicked = _append(ANALOGY, " + ")
    plus, minus = ([neighbourhood.known(vectors, word, offer=False) for word in words] for words in terms(typed, vectors.index))
    if not plus + minus:
        st.caption("Man is to king as woman is to …: the answer is the word nearest to king − man + woman. A click on the map adds a word.")
        return Marked(clicked)
    if "" in plus + minus:
        return Marked(clicked, named=[word for word in plus + minus if word])
    near = vectors.analogy(plus, minus, N_ANSWERS, by)
    how = "directions" if by == "cosine" else "vectors"
    said = " ".join([*(f"+ **{say.plain(word)}**" for word in plus), *(f"− **{say.plain(word)}**" for word in minus)]).removeprefix("+ ")
    st.caption(f"Nearest to {said}, the {how} of the words added; the words themselves are left out")
    neighbourhood.table(near, by, f"analogy-{view.key}-{by}-{typed}", typed)
    # "king - man + woman" is man to king as woman to the answer.
    shapes = [(minus[0], plus[0], plus[1], near[0].word)] if len(plus) == 2 and len(minus) == 1 and near else []
    return Marked(clicked, near[0].word if near else "", [] if shapes else [each.word for each in near[1:]], plus + minus, shapes)


# ---------------------------------------------------------------- two words


def _similarity(view: View, by: Measure) -> Marked:
    vectors = view.vectors()
    left, right = st.columns(2)
    with left:
        first = _field("Word", FIRST, "king")
    with right:
        second = _field("and word", SECOND, "queen")
    pair = [neighbourhood.known(vectors, word, offer=False) for word in (first, second)]

    def clicked(word: str) -> None:
        if word:
            st.session_state[SECOND if st.session_state.get(FIRST) else FIRST] = word

    named = [word for word in pair if word]
    if len(named) < 2:
        if not first or not second:
            st.caption("How alike are two words? A click on the map names one.")
        return Marked(clicked, named=named)
    similarity = vectors.similarity(pair[0], pair[1], by)
    st.metric(neighbourhood.MEASURES[by], f"{similarity:.3f}")
    others = vectors.similarities(vectors.vector(pair[0]), by)
    others[[vectors.index[word] for word in named if word in vectors.index]] = -np.inf
    nearer = int(np.count_nonzero(others > similarity))
    first, second = (f"**{say.plain(word)}**" for word in pair)
    are = "is" if nearer == 1 else "are"
    st.caption(f"{say.many(nearer, 'word')} of {len(vectors.words):,} {are} nearer to {first} than {second}.")
    return Marked(clicked, named=named)


# ---------------------------------------------------------------- the odd one


def _odd(view: View, by: Measure) -> Marked:
    vectors = view.vectors()
    typed = _field("Words", ODD, "breakfast, lunch, dinner, cereal")
    clicked = _append(ODD, ", ")
    words = list(dict.fromkeys(word for word in re.split(r"[,;，、；]\s*|\s+", typed) if word))
    found = [neighbourhood.known(vectors, word, offer=False) for word in words]
    if "" in found:
        return Marked(clicked, named=[word for word in found if word])
    if len(found) < 3:
        st.caption("Three words or more: which of them does not belong? A click on the map adds one.")
        return Marked(clicked, named=found)
    order = vectors.odd_one_out(found)
    st.caption(f"**{say.plain(order[0][0])}** is the odd one: its cosine to the mean of all directions is the least.")
    st.html(bars([word for word, _ in order], [cosine for _, cosine in order], whole=1.0, form="{:z.3f}"))
    if by == "dot":
        st.caption("The odd one is always found by cosine.")
    return Marked(clicked, order[0][0], named=[word for word, _ in order[1:]])


# ---------------------------------------------------------------- n-grams


def ngram_shares(vectors: Vectors, word: str) -> list[tuple[str, float]]:
    """What each part gives to a word's vector: its row's projection on the vector, over how many parts there are; all make 1. The largest first."""
    assert vectors.subwords is not None
    parts = vectors.subwords.parts(word)
    own = parts[0][0] in vectors.index  # a piece may be written as the word is
    names = [f"{name}\u2009(the\u2009word\u2009itself)" if own and not i else name for i, (name, _) in enumerate(parts)]
    rows = np.array([row for _, row in parts], np.float64)
    vector = rows.mean(axis=0)
    square = float(vector @ vector)
    given = rows @ vector / (len(parts) * square) if square else np.zeros(len(parts))
    return sorted(((name, float(share)) for name, share in zip(names, given, strict=True)), key=lambda each: -each[1])


def _ngrams(view: View, by: Measure) -> Marked:
    vectors = view.vectors()
    word = neighbourhood.search(vectors)
    if not word:
        st.caption("Any word will do, seen or not: its vector is the mean of its n-grams' rows. Each share is what one of them gives to it.")
        return Marked(neighbourhood.choose)
    given = ngram_shares(vectors, word)
    st.caption(f"**{say.plain(word)}**{neighbourhood.seen(vectors, word)}. The shares of its {len(given)} parts, of 100 %:")
    st.html(bars([name for name, _ in given], [share for _, share in given]))
    near = vectors.neighbours(word, N_ANSWERS, by)
    st.caption(f"Nearest by {neighbourhood.MEASURES[by]}: {say.plain(', '.join(each.word for each in near[:8]))}")
    return Marked(neighbourhood.choose, word, [each.word for each in near])
