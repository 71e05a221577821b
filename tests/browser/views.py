"""A page of one view, driven by test_components.py: `?view=map&n=200`. Its buttons bring new data; what Python hears is written beneath."""

import numpy as np
import streamlit as st

from core import selections
from core.inspection.heads import entropy
from core.patterns import EDITED, OPENED, Patterns, causes
from pages.ui import components, viewer
from pages.ui.word_map import Click, Colour, Points, word_map

HOSTILE = "<img src=x onerror=document.title='owned'>"
asked = st.query_params
view, n = asked.get("view", "curve"), int(asked.get("n", "8"))
st.set_page_config(layout="wide")
if st.button("new data"):
    st.session_state["round"] = st.session_state.get("round", 0) + 1
if st.toggle("away"):
    st.stop()
turn = st.session_state.get("round", 0)
random = np.random.default_rng(turn)

if view == "curve":
    x = np.arange(1, n + 1) * 10
    held_out = components.Series(HOSTILE, x[::4], 5 - x[::4] / x.max(initial=1) + turn, kind="points")
    speed = components.Series("words a second", x, 1e6 + 1e4 * random.normal(size=n), panel="speed")
    components.curve("curve", [components.Series("loss", x, 4 - x / max(1, x.max(initial=0)) + turn), held_out, speed], marks=[10, 20], log_x="log" in asked)
    st.html(components.sparkline(x, label=HOSTILE))

if view == "map":
    told = st.session_state.setdefault("told", {"clicked": None, "rows": "", "at": ""})

    def choose(click: Click) -> None:
        told["clicked"] = click.index

    words = [HOSTILE, "two\nlines", "北京", "a b", *(f"word{i}" for i in range(4, n))][:n]
    xy = np.random.default_rng(1).normal(size=(n, 2)) * (1 + 4 * turn) + 0.2 * random.normal(size=(n, 2))
    xy = {"nan": np.where(np.arange(n)[:, None] % 2, np.nan, xy), "equal": np.ones((n, 2))}.get(asked.get("xy", ""), xy)
    colours = {"kind": Colour(np.arange(n) % 12, "kind", (HOSTILE, *(f"kind {i}" for i in range(1, 12)))), "size": Colour(np.linspace(0, 1, n), "size")}
    texts = [f"gloss: {HOSTILE} {i}\nweight: {i}" if i % 2 else "" for i in range(n)] if "texts" in asked else None
    chosen = told["clicked"]
    word_map(
        "map",
        Points(xy, words, np.arange(n, 0, -1), colour=colours.get(asked.get("colour", "")), source="words", texts=texts),
        selected=chosen,
        neighbours=[] if chosen is None else [(chosen + i) % n for i in (1, 2, 3)],
        matches=[i for i, word in enumerate(words) if word == asked.get("find")],
        chosen=told["rows"],
        shapes=[[4, 5, 6, 7]] if "shape" in asked else [],
        ends={"left": "he", "right": "she", "bottom": HOSTILE, "top": "good"} if "ends" in asked else None,
        at=asked.get("at", ""),
        on_click=choose,
        on_choose=lambda rows: told.update(rows=rows),
        on_look=lambda at: told.update(at=at),
    )
    st.text(f"chosen {chosen}")
    st.text(f"rows {selections.read(told['rows']).tolist()[:50]}")
    st.text(f"at {told['at']}")

if view == "attention":
    n_layers, n_heads, n_steps = (int(asked.get(name, usual)) for name, usual in (("L", "2"), ("H", "3"), ("S", "1")))
    queries = [" The", "\n", HOSTILE, "烤鸭", *(f" token{i}" for i in range(4, n))][:n]
    keys = [*queries, "[PAD]"] if "cross" in asked else queries
    allowed = np.ones((n, n + 1), bool) if "cross" in asked else np.tril(np.ones((n, n), bool))
    allowed[:, n:] = False
    scores = np.where(allowed, random.normal(size=(n_steps, n_layers, n_heads, n, len(keys))) * 2, -np.inf)
    weights = (np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)).astype(np.float32)
    viewer.AS_FLOATS, viewer.AS_SHORTS = (0, 0) if "bytes" in asked else (1_000_000, 6_000_000)
    masked = causes(allowed, keys)
    if "edited" in asked:
        masked[1, 0], masked[0, 1] = EDITED, OPENED
    if asked.get("edited") == "layer":  # the first keeps the causal mask, the others are open
        masked = np.stack([[causes(allowed, keys), *[np.where(allowed, 0, OPENED)] * (n_layers - 1)]] * n_steps)
    if st.button("go to the last head"):
        asked.update({"layer": str(n_layers), "head": str(n_heads), "token": "2"})
    told = viewer.attention_view(
        "attention",
        weights,
        queries,
        keys,
        masked,
        look={name: asked[name] for name in (*viewer.LOOK, "step") if name in asked},
        steps=[10**i for i in range(n_steps)],
        words=([i // 2 for i in range(n)], [i // 2 for i in range(len(keys))]),
        scores={"entropy": (np.stack([entropy(Patterns(queries, keys, each, allowed)) for each in weights]), True, "")},
        title="<b>a run</b>",
    )
    for name in (*viewer.LOOK, "step"):
        if name in told:
            asked[name] = told[name]
        else:
            asked.pop(name, None)
    st.text(f"looks at {' '.join(f'{name}={value}' for name, value in sorted(told.items()))}")
