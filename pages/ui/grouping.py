"""Groups of the words on the map: found when asked for, named by what distinguishes them, as a table and as colours."""

import numpy as np
import pandas as pd
import streamlit as st

from core import projecting
from core.grouping import Group, GroupSettings, described
from core.projecting import Task
from pages.ui import address, chosen, forms, say, waiting
from pages.ui.layouts import Layout
from pages.ui.shown import Shown
from pages.ui.word_map import Colour

COLOUR = "group"
PREFIX = "group"


def show(words: Shown, layout: Layout) -> None:
    """Settings, a way to the groups, and their table; a row chooses its words."""
    settings = forms.settings_form(GroupSettings, PREFIX, GroupSettings(), per_row=2)
    if settings is None or not len(words.rows):
        return
    task = _asked(words, layout, settings)
    if waiting.result(task, "groups", done=lambda: _colour(words)) is None:
        return
    groups = _groups(task.name, words, task)
    if not groups:
        st.caption("There is no crowd of so many words. A smaller number of words, or k-means, finds groups.")
        return
    outside = len(words.rows) - sum(group.size for group in groups)
    st.caption(f"{say.many(len(groups), 'group')}{f'; {outside:,} words are in none' if outside else ''}. A row chooses its words.")
    table = pd.DataFrame({"group": [each.name for each in groups], "words": [each.size for each in groups], "tightness": [each.tightness for each in groups]})
    picked = st.dataframe(
        table,
        hide_index=True,
        height=min(420, 38 + 35 * len(table)),
        column_config={
            "group": st.column_config.TextColumn(width=172),
            "words": st.column_config.NumberColumn(width=46),
            "tightness": st.column_config.ProgressColumn(format="%.2f", min_value=0.0, max_value=1.0, width=92, help="Mean cosine with the group's centre"),
        },
        on_select="rerun",
        selection_mode="single-row",
        key=f"groups-{task.name}",
    )
    rows = picked["selection"]["rows"]
    if rows:
        st.button("Choose its words", icon=":material/select_all:", on_click=chosen.keep, args=(words.rows[groups[rows[0]].rows],))
    shades = [COLOUR] if address.get("colour") != COLOUR else []
    if shades:
        st.button("Colour the map by them", icon=":material/palette:", on_click=_colour, args=(words,))


def _colour(words: Shown) -> None:
    """Colours the map by groups."""
    st.session_state[f"colour-{words.view.source.id}"] = COLOUR


def ask() -> None:
    """Goes to where groups are asked for; for callbacks."""
    st.session_state["segment-ask"] = "groups"


def colour(words: Shown, layout: Layout) -> Colour | None:
    """Each word's group, of the settings in the address; None where they have not been found yet."""
    task = _asked(words, layout, forms.settings_now(GroupSettings, PREFIX, GroupSettings()))
    found = projecting.result(task)
    if found is None:
        return None
    groups = _groups(task.name, words, task)
    return Colour(np.asarray(found["labels"], np.int32), COLOUR, tuple(group.name for group in groups))


def table(words: Shown, found: Colour | None) -> pd.DataFrame:
    """Each word with its group, to be taken along. found: the groups, as colours."""
    assert found is not None, "asked only where there are groups"
    names = [found.names[label] if label >= 0 else "" for label in found.values]
    return pd.DataFrame({"word": words.vectors.words, "group": found.values, "name": names})


def _asked(words: Shown, layout: Layout, settings: GroupSettings) -> Task:
    return _task(f"{words.key}-{settings}-{layout.key if settings.space == 'map' else ''}", words, layout, settings)


@st.cache_resource(max_entries=8, show_spinner=False)
def _task(key: str, _words: Shown, _layout: Layout, _settings: GroupSettings) -> Task:
    return Task("groups", {"points": np.asarray(_layout.xy if _settings.space == "map" else _words.vectors.unit, np.float32)}, _settings)


@st.cache_resource(max_entries=8, show_spinner=False)
def _groups(key: str, _words: Shown, _task: Task) -> list[Group]:
    found = projecting.result(_task)
    assert found is not None, "asked only where there is a result"
    return described(_words.vectors.words, _words.vectors.unit, found["labels"])
