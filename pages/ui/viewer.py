"""The Python side of the attention viewer: what is sent to the browser, and what comes back. Its JavaScript begins in assets/components/attention.js."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.patterns import causes, packed, unpacked
from pages.ui.components import column, component, sendable

PARTS = ("hues", "weights", "controls", "panes", "lines", "exporting", "hands")
_attention = component("attention", *PARTS)
_floats = component("floats")

# What a view keeps in the address. Where a view has several steps, "step" besides.
LOOK = ("layer", "head", "token", "key", "show", "heads", "contrast", "cover", "sinks", "by", "layout", "sort", "from")

AS_FLOATS = 1_000_000  # weights that are sent as they are: 4 MB
AS_SHORTS = 6_000_000  # in two bytes each, good to three decimals: 12 MB. More come in one, and the floats of a head when somebody looks at it

Scores = Mapping[str, tuple[NDArray[np.floating[Any]], bool, str]]  # name: a score for each [step, layer, head], whether the lowest is first, its unit


def attention_view(
    key: str,
    weights: NDArray[Any],
    queries: Sequence[str],
    keys: Sequence[str],
    masked: NDArray[Any],
    *,
    look: Mapping[str, str] | None = None,
    steps: Sequence[int] = (),
    words: tuple[Sequence[int], Sequence[int]] | None = None,
    scores: Scores | None = None,
    title: str = "",
    height: int = 560,
    compact: bool = False,
    compared: bool = False,
) -> dict[str, str]:
    """Attention of all layers and heads; returns what is looked at, as parts of an address (LOOK).

    weights [layer, head, query, key], or [step, layer, head, query, key] with the `steps` that they are of; float32 or packed as in core.patterns.
    masked [query, key], or [step, query, key], or [step, layer, query, key]: bool, True = may attend, or a cause for each cell as `core.patterns.causes`
    tells them.
    compared: there are two steps, which are called before and after.
    words: the number of the word that each query and each key belongs to, where they are pieces.

    `look` is a starting point, and a command whenever the page changes it; handing in what was returned (by the URL) is not one.
    Sent are 4, 2 or 1 bytes a weight, depending on how many there are: 38 MB for 12 x 12 heads of 512 tokens.
    """
    stack = weights if weights.ndim == 5 else weights[None]
    number, wanted = command(key, dict(look or {}))
    told_of = {"key": key, "command": number, "look": wanted, "title": sendable(title), "height": height, "compact": compact, "compared": compared}
    meta, arrays = message(stack, queries, keys, masked, steps, words, scores)
    data = {"meta": meta | told_of, **{name: column(array.ravel()) for name, array in arrays.items()}}
    heard = _attention(key=key, data=data, on_look_change=lambda: None).look
    told = dict(heard["told"]) if heard and heard["command"] == number else wanted
    st.session_state[f"{key} told"] = told
    if arrays["weights"].dtype == np.uint8 and stack.dtype != np.uint8:
        _floats_of(key, stack)
    return told


def message(
    stack: NDArray[Any],
    queries: Sequence[str],
    keys: Sequence[str],
    masked: NDArray[Any],
    steps: Sequence[int] = (),
    words: tuple[Sequence[int], Sequence[int]] | None = None,
    scores: Scores | None = None,
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """What the browser gets: plain values, and the arrays `weights`, `masked` and `scores`."""
    assert stack.shape[3:] == (len(queries), len(keys)) == masked.shape[-2:], "tokens, weights and mask differ in size"
    assert len(steps) == len(stack) or not steps, "each step needs its weights"
    told = dict(scores or {})
    sent = _sent(stack)
    meta = {
        "shape": list(stack.shape),
        "roots": sent is not stack and sent.dtype == np.uint8,
        "steps": list(steps) or [0],
        "queries": [sendable(token) for token in queries],
        "keys": [sendable(token) for token in keys],
        "words": None if words is None or all(len(set(side)) == len(side) for side in words) else [list(side) for side in words],
        "scores": {name: {"row": i, "rising": rising, "unit": unit} for i, (name, (_, rising, unit)) in enumerate(told.items())},
    }
    numbers = [np.asarray(values, np.float32).ravel() for values, *_ in told.values()]
    arrays = {
        "weights": sent,
        "masked": causes(masked, keys) if masked.dtype == bool else masked.astype(np.uint8),
        "scores": np.concatenate(numbers or [np.zeros(0, np.float32)]),
    }
    return meta, arrays


def _sent(weights: NDArray[Any]) -> NDArray[Any]:
    """As they are, or packed as far as their number asks for; never unpacked. Bytes are of the roots: 1/2000, as much as each of many keys gets, is 6."""
    least = 4 if weights.size <= AS_FLOATS else 2 if weights.size <= AS_SHORTS else 1
    if weights.dtype.itemsize <= least:
        return weights
    return packed(weights) if least == 2 else np.rint(255 * np.sqrt(unpacked(weights))).astype(np.uint8)


@st.fragment
def _floats_of(key: str, weights: NDArray[Any]) -> None:
    """Sends the floats of one head when the view asks for them, in a message of their own, so that the large one need not go again."""
    asked = st.session_state.get(f"{key} floats", {}).get("ask")
    of = tuple(int(i) for i in asked["of"]) if asked else ()
    there = len(of) == 3 and all(0 <= i < n for i, n in zip(of, weights.shape, strict=False))
    floats = unpacked(weights[of]).ravel() if there else np.zeros(0, np.float32)
    _floats(key=f"{key} floats", data={"meta": {"view": key, "of": list(of)}, "floats": column(floats)}, on_ask_change=lambda: None)


def command(key: str, wanted: dict[str, str]) -> tuple[int, dict[str, str]]:
    """The number and content of the last command to the view `key`.

    A page hands in what its URL says, which is now and then what the view itself reported a run ago. That is no command: obeyed, it would undo the
    user's next click, and each click would send all weights again. Where the browser is busy the URL may be older still: in a run that begins with a
    click it commands nothing.
    """
    number, look, before = st.session_state.get(f"{key} command", (0, wanted, wanted))
    reported = st.session_state.get(f"{key} told")
    heard = (st.session_state.get(key) or {}).get("look")
    clicked = bool(heard) and heard["command"] == number and heard["told"] != reported
    if key not in st.session_state or (wanted not in (before, reported) and not clicked):  # first seen, or its state went with its page
        number, look = number + 1, wanted
    st.session_state[f"{key} command"] = (number, look, wanted)
    return number, look
