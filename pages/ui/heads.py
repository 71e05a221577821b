"""The attention of a sentence: the run's own probe through its training, or any other sentence by the model itself."""

import contextlib
import math
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.attention_files import AttentionFile
from core.patterns import PARTS, History, Patterns, thinned
from core.text.grouping import words
from core.training.run import Run
from pages.ui import address, load, pickers, say
from pages.ui.viewer import LOOK, attention_view

Kind = TypeVar("Kind", History, Patterns)

KEY = "attention-sentence"
LONGEST = 4000  # characters of an address: a server refuses one that is much longer
SOON = 0.4  # seconds without a word about how far it is
MOST_LETTERS = 100_000  # that are read
MOST = 40_000_000  # weights of one step: what a browser takes in within a few seconds

RISING = ("entropy", "distance")  # heads with the lowest of these come first, of every other score with the highest
UNITS_OF = {"distance": "tokens"}

PLACEHOLDER = "the run's own probe sentence; type any other, or a source, → and its target"


def sentence(run: Run) -> str:
    """A field for a sentence, in the address; empty means the run's probe."""
    shown = address.held(KEY, address.get("text"))
    typed = st.text_input("Sentence", shown, key=KEY, placeholder=PLACEHOLDER, icon=":material/edit:").strip()[:MOST_LETTERS]
    if len(typed) > LONGEST:
        st.caption(f"{len(typed):,} characters are too many for an address: a link to this view will show the run's own probe.")
    address.put(text=typed if len(typed) <= LONGEST else None)
    return typed


def as_read(text: str) -> str:
    """A source and its target, → between them in a field, with a tab between them for a model."""
    return "\t".join(part.strip() for part in text.split("→", 1))


def steps(run: Run, text: str) -> list[int]:
    """The steps whose models are to read: none of the run's own probe, whose attention is kept; one of a typed sentence; all where that is asked for."""
    known = [each.step for each in run.snapshots()]
    if len(known) < 2 or (not text and all(len(each.steps) == len(known) for each in load.probes(run))):
        return known if text else []
    begun = address.held("through", address.get("through") == "yes")
    help = "Reads the sentence with the model of every snapshot; what a decoder writes is what the last one wrote."
    through = st.toggle("Through training", begun, "through", help=help)
    address.put(through="yes" if through else None)
    if through:
        return known
    return [pickers.step(run)] if text else []


def read(run: Run, text: str, at: list[int], row: DeltaGenerator) -> History | None:
    """What is to be shown, of the kind of attention that is chosen in `row`; None after a sentence that says why there is nothing."""
    found = _typed(run, as_read(text) or probe(run), at) if at else load.probes(run)
    if not found and not at:
        st.info("This run has kept no attention that can be read. Type a sentence above, and its model reads it.", icon=":material/edit:")
    if not found:
        return None
    with row:
        chosen = one_part(found)
    if any("[UNK]" in side for side in (chosen.queries, chosen.keys)):
        st.caption("[UNK] stands for what is not in this run's vocabulary.")
    n = len(at or run.snapshots())
    if len(chosen.steps) < n:
        st.caption(f"{len(chosen.steps)} of {n} snapshots are shown: the others read other tokens than the last, kept no weights, or would be too many.")
    return chosen


def one_part(found: Sequence[Kind]) -> Kind:
    """One kind of attention of those that a model has, in the address; the decoder's to its encoder is the first."""
    named = {each.part: each for each in found}
    parts = sorted(named, key=lambda part: part != "cross")
    return named[pickers.segment("Attention", {part: PARTS[part] for part in parts}, "part")] if len(parts) > 1 else found[0]


def _typed(run: Run, text: str, at: list[int]) -> list[History]:
    """By the models of these steps, the last first: it has its weights, and what is wrong with the sentence shows at once."""
    try:
        with st.spinner("Reading the model…", show_time=True):
            if len(at) > 1:
                text = load.settled(run, max(at), text)
            last = load.patterns(run, max(at), text)
    except ValueError as wrong:
        st.error(say.plain(str(wrong)), icon=":material/block:")
        return []
    if not last:
        st.info("This run was trained without attention: there is nothing to show. Choose another run.", icon=":material/block:")
        return []
    longest = math.isqrt(MOST // math.prod(last[0].weights.shape[:2]))
    _say_what_is_left_out(last, longest)
    fitting = thinned(sorted(at), load.HISTORY // max(each.weights.size for each in last))
    return load.typed(run, text, longest, {max(at): last, **_others(run, text, fitting[:-1])})


def _others(run: Run, text: str, at: list[int]) -> dict[int, list[Patterns]]:
    """What the models of these steps make of a text, those that have their weights; with the time left, for each has to be read from its file."""
    found: dict[int, list[Patterns]] = {}
    place, begun = st.empty(), time.monotonic()
    for n, step in enumerate(at, 1):
        with contextlib.suppress(ValueError):
            found[step] = load.patterns(run, step, text)
        if (taken := time.monotonic() - begun) > SOON:
            place.progress(n / len(at), f"Reading with the model of step {step:,}, {say.duration(taken / n * (len(at) - n))} left")
    place.empty()
    return found


def _say_what_is_left_out(found: list[Patterns], longest: int) -> None:
    n = max(len(each.keys) for each in found)
    say_what_was_cut(n, found[0].n_left_out)
    if n > longest:
        what = f"The model read all {n:,} tokens; so many heads of so many tokens are more than a browser takes, and the first {longest:,} are shown."
        st.warning(what, icon=":material/content_cut:")


def say_what_was_cut(n: int, n_left_out: int) -> None:
    """Of a text of which the model read n tokens, where there were more."""
    if n_left_out:
        what = f"The sentence is longer than the {n:,} tokens that this model sees at once; its last {n_left_out:,} tokens are left out."
        st.warning(what, icon=":material/content_cut:")


def fitting(shown: History) -> History:
    """Of the first tokens only, where there are more than a browser takes; and says so."""
    longest = math.isqrt(MOST // math.prod(shown.weights.shape[:3]))
    if max(len(shown.queries), len(shown.keys)) <= longest:
        return shown
    st.warning(f"So many heads of so many tokens are more than a browser takes: the first {longest:,} are shown.", icon=":material/content_cut:")
    return replace(
        shown,
        queries=shown.queries[:longest],
        keys=shown.keys[:longest],
        weights=shown.weights[..., :longest, :longest],
        allowed=shown.allowed[:longest, :longest],
    )


def show(of: Run | AttentionFile, shown: History) -> dict[str, str]:
    """The view, beginning at what the address says, which it changes."""
    several = len(shown.steps) > 1
    names = (*LOOK, "step") if several else LOOK
    told = attention_view(
        f"attention-{of.id}-{shown.part}",
        shown.weights,
        shown.queries,
        shown.keys,
        shown.allowed,
        look={name: address.get(name) for name in names if address.get(name)},
        steps=shown.steps,
        words=(words(shown.queries), words(shown.keys)),
        scores={name: (values, name in RISING, UNITS_OF.get(name, "")) for name, values in shown.scores.items()},
        title=f"{of.name} · {PARTS[shown.part]}",
    )
    address.put(**{name: told.get(name) for name in names})
    return told


def probe(run: Run) -> str:
    """The run's own probe as a text that its model reads again: the one it was given, or the tokens of its snapshots joined."""
    if run.config.probes:
        return run.config.probes[0]
    kept = load.attention(run, run.snapshots()[-1].step)
    sides = {each.part: list(each.keys) for each in kept[0]} if kept else {}
    tokens = next((sides[part] for part in ("encoder", "cross", "self") if part in sides), [])
    own = [token for token in tokens if not (token.startswith("[") and token.endswith("]"))]
    blank = " " if run.config.tokenizer.kind in ("word", "wordpiece") else ""
    return blank.join(own).replace(" ##", "").strip()
