"""A page of one view, driven by test_components.py: `?view=map&n=200`. Its buttons bring new data; what Python hears is written beneath."""

import numpy as np
import streamlit as st

from pages.ui import components

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

    def choose(click: components.Click) -> None:
        st.session_state["chosen"] = click.index

    words = [HOSTILE, "two\nlines", "北京", "a b", *(f"word{i}" for i in range(4, n))][:n]
    xy = np.random.default_rng(1).normal(size=(n, 2)) * (1 + 4 * turn) + 0.2 * random.normal(size=(n, 2))
    xy = {"nan": np.where(np.arange(n)[:, None] % 2, np.nan, xy), "equal": np.ones((n, 2))}.get(asked.get("xy", ""), xy)
    chosen = st.session_state.get("chosen")
    near = [] if chosen is None else [(chosen + i) % n for i in (1, 2, 3)]
    found = [i for i, word in enumerate(words) if word == asked.get("find")]
    click = components.word_map("map", xy, words, counts=np.arange(n, 0, -1), selected=chosen, neighbours=near, matches=found, on_click=choose)
    st.text(f"clicked {click}, chosen {chosen}")

if view == "attention":
    n_layers, n_heads = int(asked.get("layers", "2")), int(asked.get("heads", "3"))
    queries = [" The", "\n", HOSTILE, "烤鸭", *(f" token{i}" for i in range(4, n))][:n]
    allowed = np.tril(np.ones((n, n), bool))
    scores = np.where(allowed, random.normal(size=(n_layers, n_heads, n, n)) * 2, -np.inf)
    weights = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    if st.button("go to the last head"):
        asked.update({"layer": str(n_layers - 1), "head": str(n_heads - 1), "token": "1"})
    told = {name: int(asked[name]) for name in ("layer", "head", "token") if name in asked}
    exact = weights[told.get("layer", 0), told.get("head", 0)] if "exact" in asked else None
    pin = components.attention_view("attention", np.round(weights * 255).astype(np.uint8), queries, queries, allowed, exact=exact, **told)
    asked.update({"layer": str(pin.layer), "head": str(pin.head)})
    if pin.token is None:
        asked.pop("token", None)
    else:
        asked["token"] = str(pin.token)
    st.text(f"pinned {pin.layer} {pin.head} {pin.token}")
    st.text(f"row 1 of head 1: {weights[0, 0, 1, :2].round(2).tolist()}")
