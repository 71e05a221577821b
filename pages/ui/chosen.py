"""The selection: words chosen on the map, in the address, as a table, to take along, and to be mapped by themselves."""

import numpy as np
import pandas as pd
import streamlit as st

from core import selections
from pages.ui import address, say
from pages.ui.shown import Shown

MOST = 10_000  # rows of the table


def rows(words: Shown) -> np.ndarray:
    """Rows of the vocabulary, int64 ascending."""
    return in_address("chosen", len(words.view.vectors().words))


def in_address(part: str, n: int) -> np.ndarray:
    """The rows below n that a part of the address names, int64 ascending; where it is damaged that is said, and it goes."""
    try:
        found = selections.read(selections.long(address.get(part)))
    except ValueError as wrong:
        st.warning(say.plain(str(wrong)), icon=":material/link_off:")
        address.put(**{part: None})
        return np.zeros(0, np.int64)
    return found[found < n]


def take(words: Shown, text: str) -> None:
    """Makes the selection what was chosen on the map: rows of the map, as core.selections writes them."""
    keep(words.rows[selections.read(text)])


def keep(found: np.ndarray) -> None:
    """Makes rows of the vocabulary the selection; for callbacks."""
    address.put(chosen=selections.short(selections.written(found)))
    if len(found):
        st.session_state["segment-ask"] = "chosen"


def show(words: Shown) -> None:
    """What is chosen, and what can be done with it."""
    found = rows(words)
    if not len(found):
        st.caption(
            "Nothing is chosen. Draw a lasso (l) or a box (b) around words on the map, or hold Shift while dragging; a click on a category in the "
            "legend chooses its words. Esc frees them."
        )
        _isolation(words, found)
        return
    whole = words.view.vectors()
    table = pd.DataFrame({"word": [whole.words[row] for row in found]})
    if whole.counts is not None:
        table["count"] = np.asarray(whole.counts)[found]
    st.caption(f"{say.many(len(found), 'word')} chosen")
    with st.container(horizontal=True):
        _isolation(words, found)
        st.button("Free them", icon=":material/deselect:", on_click=keep, args=(np.zeros(0, np.int64),))
    st.dataframe(table.head(MOST), hide_index=True, height=min(460, 38 + 35 * len(table)))


def _isolation(words: Shown, found: np.ndarray) -> None:
    if len(found) > 1:
        st.button(
            "Map these alone", icon=":material/filter_center_focus:", key="isolate", on_click=_isolate, args=(found,), help="Projects them again, by themselves"
        )
    if words.isolated:
        st.button("Back to all words", icon=":material/zoom_out_map:", key="all-words", on_click=_isolate, args=(None,))


def _isolate(found: np.ndarray | None) -> None:
    address.put(only=None if found is None else selections.short(selections.written(found)), chosen=None, at=None)
