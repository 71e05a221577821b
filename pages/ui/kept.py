"""What the user opened, as a card: what it is, where to look at it, and away with it."""

from collections.abc import Callable
from typing import Protocol

import streamlit as st

from pages.ui import say


class Kept(Protocol):
    """A file that is kept in the workspace."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def about(self) -> str: ...
    def remove(self) -> None: ...


def card(each: Kept, what: str, look: Callable[[], object], notes: tuple[str, ...] = ()) -> None:
    """what: as the button that removes it calls it. look: draws the link to where it is looked at."""
    with st.container(border=True):
        st.markdown(f"**{say.plain(each.name)}**")
        st.caption(say.plain(each.about))
        for note in notes[:5]:
            st.caption(f":material/info: {say.plain(note)}")
        if len(notes) > 5:
            st.caption(f"and {say.many(len(notes) - 5, 'more note')}")
        with st.container(horizontal=True, vertical_alignment="center"):
            look()
            with st.popover("Remove", icon=":material/delete:", key=f"remove-{each.id}"):
                st.write("What is kept here goes; the file that it came from stays where it is.")
                if st.button(f"Remove {what}", type="primary", key=f"remove-really-{each.id}"):
                    each.remove()
                    st.rerun()
