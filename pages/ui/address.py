"""What a page shows, kept in its URL: a link opens the same view, a refresh loses nothing, and coming back by the menu finds it again."""

from collections.abc import Container
from typing import Any, TypeVar

import streamlit as st

Value = TypeVar("Value")


def enter(page: str) -> None:
    """Called by the frame. A page that is entered by the menu, with an empty query, gets back what it last showed in this session."""
    if st.session_state.get("page") != page:
        st.session_state.update({"page": page, "entering": True})
    if st.session_state["entering"]:
        # Until the browser has the address it may ask for another run, with an empty query again, which ends the one that gave it back.
        st.session_state["entering"] = not st.query_params
        if not st.query_params:
            st.query_params.update(_remembered().get(page, {}))


def get(name: str, default: str = "") -> str:
    """A part of the address; `default` where the URL does not say."""
    return str(st.query_params.get(name, default))


def number(name: str) -> int | None:
    """A part of the address as a whole number; None where it is absent or none."""
    value = get(name)
    return int(value) if value.isascii() and value.removeprefix("-").isdigit() and len(value) < 12 else None


def put(**parts: Any) -> None:
    """Changes parts of the address; None or "" takes a part away."""
    for name, value in parts.items():
        if value is None or value == "":
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != str(value):
            st.query_params[name] = str(value)
        remembered = _remembered().setdefault(st.session_state.get("page", ""), {})
        if name in st.query_params:
            remembered[name] = st.query_params[name]
        else:
            remembered.pop(name, None)


def held(key: str, start: Value, among: Container[Value] | None = None) -> Value:
    """What a widget stands at: `start` where it stands at nothing yet, or at nothing `among` what there is. Give it to the widget as its default, too.

    Session state tells the browser a value only in the run that sets it. A browser that is still fetching the widget's code then draws it from a later
    run, from nothing but its default; and that is what it sends to the server next.
    """
    if key not in st.session_state or (among is not None and st.session_state[key] not in among):
        st.session_state[key] = start
    value: Value = st.session_state[key]
    return value


def _remembered() -> dict[str, dict[str, str]]:
    kept: dict[str, dict[str, str]] = st.session_state.setdefault("addresses", {})
    return kept
