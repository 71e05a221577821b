"""A form drawn from a settings class: one widget a field, with its help and its range; every value is in the URL."""

import dataclasses
from typing import Any

import streamlit as st

from core.settings import Range, check, ranges
from core.systems import System
from core.text.tokenizing import TokenizerSettings
from pages.ui import address

PER_ROW = 4


def settings_form(kind: type[Any], prefix: str, start: Any, per_row: int = PER_ROW) -> Any | None:
    """Widgets for every field of a settings class; their values as an instance, or None after a sentence that says what cannot be."""
    values = {}
    fields = dataclasses.fields(kind)
    for first in range(0, len(fields), per_row):
        with st.container(key=f"fields-{prefix}-{first}"):
            for column, field in zip(st.columns(per_row), fields[first : first + per_row], strict=False):
                with column:
                    values[field.name] = _widget(_key(prefix, field.name), field.name, getattr(start, field.name), ranges(kind)[field.name])
    try:
        config = kind(**values)
        check(config)
    except ValueError as wrong:
        st.error(str(wrong), icon=":material/block:")
        return None
    return config


def settings_now(kind: type[Any], prefix: str, start: Any) -> Any:
    """What a form's fields stand at, where it is not drawn too: as they were set, or as the URL says; `start` where that cannot be."""
    values = {}
    for field in dataclasses.fields(kind):
        usual, key = getattr(start, field.name), _key(prefix, field.name)
        try:
            values[field.name] = type(usual)(st.session_state.get(key, st.query_params.get(key, usual)))
        except (TypeError, ValueError):
            values[field.name] = usual
    try:
        config = kind(**values)
        check(config)
    except ValueError:
        return start
    return config


def presets(system: System) -> None:
    """Buttons that fill the form: a preset's settings over the defaults."""
    if not system.presets:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Presets", width="content")
        for preset in system.presets:
            start, tokenizer = dataclasses.replace(system.settings(), **preset.settings), preset.tokenizer or system.tokenizer
            st.button(preset.name, help=preset.help, key=f"preset-{system.name}-{preset.name}", on_click=_fill, args=(system, start, tokenizer, preset.corpus))


def _fill(system: System, settings: Any, tokenizer: TokenizerSettings, corpus: str) -> None:
    if corpus:
        address.put(corpus=corpus)
        st.session_state.pop("pick-corpus", None)
    for prefix, config in ((system.name, settings), (f"{system.name}-text", tokenizer)):
        for name, value in dataclasses.asdict(config).items():
            st.session_state[_key(prefix, name)] = value


def _key(prefix: str, name: str) -> str:
    return f"{prefix}-{name}"


def kept(key: str) -> dict[str, Any]:
    """Arguments for a widget whose value a refresh, a link and coming back by the menu all keep."""
    return {"key": key, "bind": "query-params", "persist_state": "session"}


def _widget(key: str, name: str, value: Any, allowed: Range) -> Any:
    shared: dict[str, Any] = {"label": name, "help": allowed.help, **kept(key)}
    if allowed.choices:
        return st.selectbox(options=allowed.choices, index=allowed.choices.index(value), **shared)
    if isinstance(value, bool):
        return st.selectbox(options=[True, False], index=0 if value else 1, format_func=lambda on: "yes" if on else "no", **shared)
    number = type(value)
    bounds = {side: None if bound is None else number(bound) for side, bound in (("min_value", allowed.low), ("max_value", allowed.high))}
    step = number(allowed.step) if allowed.step is not None else number(1 if number is int else 0.01)
    return st.number_input(value=value, step=step, format="%d" if number is int else "%g", **bounds, **shared)
