"""What changed between two tables of vectors: words by how much of their neighbourhood is another, and both maps with one selection."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import streamlit as st

from core import selections
from core.evaluation.overlap import overlap
from core.projection.aligning import laid_over
from core.projection.manifold import UmapSettings
from core.vectors import Neighbour, Vectors
from pages.ui import address, chosen, layouts, neighbourhood, pickers, say
from pages.ui.layouts import Layout, Wish
from pages.ui.shown import Shown
from pages.ui.sources import View
from pages.ui.word_map import Click, Colour, Points, word_map

N_WORDS = 2000  # on each map, and compared
N_NEIGHBOURS = 10
HEIGHT = 460
SIDES = {"": "Before", "2": "After"}


@dataclass(frozen=True)
class Pair:
    """Two tables of vectors; `words` is how much of each common word's neighbourhood both have."""

    before: Shown
    after: Shown

    @property
    def key(self) -> str:
        return f"{self.before.key} {self.after.key}"

    @property
    def kept(self) -> dict[str, float]:
        """The share of its neighbours that a word kept, the least first."""
        return _kept(self.key, self)


@st.cache_resource(max_entries=8, show_spinner="Comparing neighbourhoods…")
def _kept(key: str, _pair: Pair) -> dict[str, float]:
    both = overlap([_pair.before.view.vectors(), _pair.after.view.vectors()], N_WORDS, N_NEIGHBOURS)
    return dict(both.agreed())


def choose() -> Pair:
    """Two sources, each at a moment and with a matrix, in the address; at first the newest run at an early moment and at its last."""
    views = []
    for column, (side, label) in zip(st.columns(2, gap="large"), SIDES.items(), strict=True):
        with column, st.container(key=f"fields-side{side}"):
            source = pickers.source(side, label)
            left, right = st.columns([3, 2], vertical_alignment="bottom") if source.steps and source.matrices else (st.container(), st.container())
            with left:
                step = pickers.step(source.of, side, usual=1.0 if side else 0.5) if source.steps else 0
            with right:
                matrix = pickers.matrix(source, side)
            views.append(Shown(View(source, step, matrix), N_WORDS))
    return Pair(*views)


def maps(pair: Pair, method: str, word: str) -> None:
    """Side by side, the second laid over the first by the words that both have."""
    wish = Wish(method, UmapSettings() if method == "umap" else None)
    placed: list[Layout] = []
    for column, shown, other, side in zip(st.columns(2, gap="large"), (pair.before, pair.after), (pair.after, pair.before), SIDES, strict=True):
        with column:
            if not len(shown.rows):
                st.info("None of these words has a place: their vectors are no numbers (NaN).", icon=":material/block:")
                continue
            layout = layouts.of(shown, wish, None)
            if placed:
                layout = replace(layout, xy=_over(f"{layout.key} {placed[0].key}", pair, layout, placed[0]), key=f"{layout.key} over {placed[0].key}")
            placed.append(layout)
            _map(pair, shown, other, layout, side, word)


@st.cache_resource(max_entries=12, show_spinner=False)
def _over(key: str, _pair: Pair, _layout: Layout, _first: Layout) -> np.ndarray:
    before, after = _pair.before.vectors.index, _pair.after.vectors.index
    both = [word for word in before if word in after]
    return laid_over(_layout.xy, _first.xy, np.array([after[word] for word in both], int), np.array([before[word] for word in both], int))


def _map(pair: Pair, shown: Shown, other: Shown, layout: Layout, side: str, word: str) -> None:
    vectors = shown.vectors
    points = _points(f"{pair.key} {layout.key}", pair, shown, layout)

    def clicked(click: Click) -> None:
        neighbourhood.choose("" if click.index is None else vectors.words[click.index])

    def take(rows: str) -> None:
        """The selection is kept by rows of the first source."""
        words = [vectors.words[row] for row in selections.read(rows)]
        address.put(chosen=selections.short(selections.written(np.array(_rows(pair.before, words), np.int64))))

    index = vectors.index
    picked = [pair.before.view.vectors().words[row] for row in chosen.rows(pair.before)]
    word_map(
        f"changes-{shown.view.source.id}{side}",
        points,
        selected=index.get(word),
        neighbours=[index[each.word] for each in near(shown.view.vectors(), word) if each.word in index] if word in index else [],
        chosen=selections.written(np.array([index[each] for each in picked if each in index], np.int64)),
        height=HEIGHT,
        caption=f"{shown.view.source.name}{shown.view.when()}: {len(vectors.words):,} words, {layout.how}",
        at=address.get(f"at{side}"),
        linked="changes",
        on_click=clicked,
        on_choose=take,
        on_look=lambda at: address.put(**{f"at{side}": at}),
    )


def _rows(shown: Shown, words: list[str]) -> list[int]:
    index = shown.view.vectors().index
    return [index[word] for word in words if word in index]


@st.cache_resource(max_entries=12, show_spinner=False)
def _points(key: str, _pair: Pair, _shown: Shown, _layout: Layout) -> Points:
    vectors = _shown.vectors
    shares = np.array([_pair.kept.get(word, np.nan) for word in vectors.words], np.float32)
    colour = Colour(shares, f"share of {N_NEIGHBOURS} neighbours kept", range=(0.0, 1.0))
    return Points(_layout.xy, vectors.words, vectors.counts, _shown.rows, colour, source=_shown.view.source.id)


def near(vectors: Vectors, word: str) -> list[Neighbour]:
    return vectors.neighbours(word, N_NEIGHBOURS) if word in vectors.index else []


# ---------------------------------------------------------------- words


def ranked(pair: Pair) -> None:
    """The words by how much of their neighbourhood changed; a row is looked at."""
    kept = pair.kept
    if not kept:
        st.info("These two have next to no word in common, so that nothing can be compared.", icon=":material/join_inner:")
        return
    mean = sum(kept.values()) / len(kept)
    st.caption(f"{len(kept):,} common words. On average {N_NEIGHBOURS * mean:.1f} of {N_NEIGHBOURS} neighbours are the same; what changed most comes first.")
    table = pd.DataFrame({"word": list(kept), "neighbours kept": list(kept.values())})
    picked = st.dataframe(
        table,
        hide_index=True,
        height=390,
        column_config={"neighbours kept": st.column_config.ProgressColumn(format="percent", min_value=0.0, max_value=1.0)},
        on_select="rerun",
        selection_mode="single-cell",
        key=f"changed-{pair.key}",
    )
    with st.container(horizontal=True):
        if cells := picked["selection"]["cells"]:
            st.button("Go to this word", icon=":material/arrow_forward:", on_click=neighbourhood.choose, args=(table["word"][cells[0][0]],))
        st.download_button("CSV", table.to_csv(index=False), "what changed.csv", "text/csv", icon=":material/download:", type="tertiary")


def both(pair: Pair, word: str) -> None:
    """One word's neighbours in each, those that went and those that came marked."""
    if not word:
        st.caption("Choose a word: its neighbours before and after stand side by side, and are joined to it on both maps.")
        return
    lists = [near(shown.view.vectors(), word) for shown in (pair.before, pair.after)]
    names = [{each.word for each in found} for found in lists]
    together = len(names[0] & names[1])
    st.caption(f"**{say.plain(word)}** kept {together} of its {N_NEIGHBOURS} neighbours." if all(lists) else f"**{say.plain(word)}** is not in both.")
    tint = {"went": "background-color: rgba(209,121,59,0.22)", "came": "background-color: rgba(42,111,151,0.20)"}
    for column, found, other, mark, label in zip(st.columns(2), lists, names[::-1], ("went", "came"), SIDES.values(), strict=True):
        with column:
            table = pd.DataFrame({label.lower(): [each.word for each in found], "": ["" if each.word in other else mark for each in found]})
            st.dataframe(
                table.style.map(lambda each: tint.get(each, ""), subset=[""]), hide_index=True, height="content", key=f"both-{label}-{word}-{pair.key}"
            )
