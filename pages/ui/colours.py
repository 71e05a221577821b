"""What the points of a map can be coloured by: each a column of numbers or of categories, by its name."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from core.text import small_world
from core.training.run import Run
from pages.ui import address, grouping, layouts, say
from pages.ui.layouts import Layout
from pages.ui.shown import Shown
from pages.ui.word_map import Colour

PLAIN = "one colour"
KEPT = "neighbours kept"


def offered(shown: Shown) -> dict[str, Callable[[Layout], Colour | None]]:
    """By name: what makes the colours of a layout's points."""
    found: dict[str, Callable[[Layout], Colour | None]] = {PLAIN: lambda layout: None, KEPT: lambda layout: _kept(shown, layout)}
    vectors = shown.vectors
    if vectors.counts is not None:
        counts = np.asarray(vectors.counts, np.float32)
        found["frequency"] = lambda layout: Colour(counts, "frequency", log=True)
    found[grouping.COLOUR] = lambda layout: grouping.colour(shown, layout)
    found["length"] = lambda layout: Colour(vectors.lengths, "length of the vector")
    if _of_small_world(shown):
        found["truth"] = lambda layout: _truth(shown.key, shown)
    for column in shown.columns:
        if column.categorical or not column.names:
            colour = Colour(column.values, column.name, column.names)
            found[column.name if column.name not in found else f"{column.name} (brought)"] = lambda layout, colour=colour: colour
    return found


def picker(shown: Shown) -> str:
    """One of them, in the address."""
    names = list(offered(shown))
    key = f"colour-{shown.view.source.id}"
    if address.get("colour") not in (*names, ""):
        st.toast(f"Nothing here is called “{say.plain(address.get('colour')[:60])}” to colour by.", icon=":material/palette:")
    start = address.held(key, address.get("colour") if address.get("colour") in names else PLAIN, names)
    help = None if shown.columns else "A table with more columns for these words is brought on the page Files."
    chosen = str(st.selectbox("Colour by", names, names.index(start), key=key, width=190, help=help))
    address.put(colour=None if chosen == PLAIN else chosen)
    return chosen


def categories(shown: Shown, name: str) -> np.ndarray | None:
    """Each word's category in a column, int64 [n] (-1: none); None where the column is none of categories."""
    column = offered(shown).get(name)
    found = None if column is None or name in (PLAIN, KEPT, grouping.COLOUR) else column(layouts.by_pca(shown))
    return np.asarray(found.values, np.int64) if found is not None and found.categorical else None


def of_categories(shown: Shown) -> list[str]:
    """The columns of categories, which a map can keep together."""
    return [name for name in offered(shown) if categories(shown, name) is not None]


def _kept(shown: Shown, layout: Layout) -> Colour | None:
    honest = layouts.honesty(shown, layout, every=True)
    if honest is None:
        return None
    return Colour(honest.kept, f"share of the {honest.n_neighbours} true neighbours that are near", range=(0.0, 1.0))


def _of_small_world(shown: Shown) -> bool:
    of = shown.view.source.of
    return isinstance(of, Run) and of.config.corpus.startswith("small-world")


@st.cache_resource(max_entries=8, show_spinner=False)
def _truth(key: str, _shown: Shown) -> Colour:
    groups = small_world.truths().groups
    names = tuple(dict.fromkeys(groups.values()))
    values = np.array([names.index(groups[word]) if word in groups else -1 for word in _shown.vectors.words], np.int32)
    return Colour(values, "part of the world", names)
