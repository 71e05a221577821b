"""The page of training pairs: what is chosen there, and the walk through a sentence."""

import time
from typing import Any

import streamlit as st

from core.embeddings import examples
from core.embeddings.examples import CombineSettings, NgramSettings, Part
from core.text import corpora
from core.text.segmentation import SENTENCE_END, segment
from pages.ui import address, forms, pair_picture, pair_sentences, pickers, say
from pages.ui.components import pairs_view
from pages.ui.pairing import OBJECTIVES, OUTPUTS, Place

SAMPLE = 1_000_000  # bytes of the text, taken from all over it: so much is cut and counted while one waits
STRETCHES = 8
PACE = 1.8  # seconds that a walk stays at a word
Settings = dict[str, Any]  # fields of pairing.Place


def objective() -> tuple[str, str]:
    """Of OBJECTIVES, and of OUTPUTS; in the URL."""
    with st.container(horizontal=True, gap="medium"):
        chosen = pickers.segment("What is fed", {name: each.title for name, each in OBJECTIVES.items()}, "objective")
        output = "negative" if OBJECTIVES[chosen].cells else pickers.segment("What it is asked", OUTPUTS, "output")
    return chosen, output


def settings(objective: str, output: str) -> Settings:
    """The settings that matter to an objective; the page ends after the sentence where they cannot be."""
    row = OBJECTIVES[objective]
    wanted = {"window": row.window}
    if output == "negative" and not row.cells:
        wanted["noise"] = row.noise
    if row.ngrams:
        wanted["ngrams"] = NgramSettings()
    elif row.mean:
        wanted["combine"] = CombineSettings()
    found = {name: forms.settings_form(type(start), f"{row.settings}-{name}", start) for name, start in wanted.items()}
    if None in found.values():
        st.stop()
    return found


def part(corpus: str, settings: Settings) -> Part:
    """A bounded part of the text, cut and counted; the page ends with a sentence where that cannot be."""
    try:
        with st.spinner("Reading the text…"):
            found = corpora.find(corpus)
            return _part(found.id, found.digest, settings["window"].min_count)
    except (ValueError, OSError) as wrong:
        st.error(say.plain(str(wrong)), icon=":material/block:")
        st.stop()


@st.cache_resource(max_entries=6, show_spinner=False)
def _part(corpus: str, digest: str, min_count: int) -> Part:
    found = corpora.find(corpus)
    size = SAMPLE // STRETCHES
    every = max(1, found.n_bytes // SAMPLE)
    return examples.part((text for n, (text, _) in enumerate(found.blocks(size)) if n % every == 0), min_count)


def show(part: Part, objective: str, output: str, settings: Settings, own: str) -> None:
    """The sentence and what is fed there, by itself again and again while it walks."""
    playing = address.get("play") == "yes"
    st.fragment(_show, run_every=PACE if playing else None)(part, objective, output, settings, own)


def _show(part: Part, objective: str, output: str, settings: Settings, own: str) -> None:
    words = [word for word in segment(own) if word != SENTENCE_END][: examples.LONGEST]
    place = _place(part, objective, output, settings, words)
    if address.get("play") == "yes" and time.monotonic() - st.session_state.get("pairs-walked", 0.0) > 0.8 * PACE:
        _walk(place, len(part.sentences), bool(words))
        place = _place(part, objective, output, settings, words)
    _buttons(place, len(part.sentences), bool(words))
    pairs_view("pairs", pair_picture.picture(place), _choose)
    for sentence in pair_sentences.sentences(place):
        st.markdown(sentence)


def _place(part: Part, objective: str, output: str, settings: Settings, own: list[str]) -> Place:
    sentence = own or part.sentences[_number("sentence") % len(part.sentences) - 1]
    at = _number("at", 0)
    return Place(part, sentence, OBJECTIVES[objective], output, number=_number("draw"), wanted=at - 1 if at else None, **settings)


def _number(name: str, default: int = 1) -> int:
    found = _walking().get(name, address.number(name))
    return default if found is None or found < 0 else found


def _walking() -> dict[str, int | None]:
    """Where a walk is. It is put into the address when it pauses: each change of that is a step that the browser would go back to."""
    walk: dict[str, int | None] = st.session_state.setdefault("pairs-walk", {})
    return walk


def _go(**parts: int | None) -> None:
    st.session_state["pairs-walked"] = time.monotonic()
    if address.get("play") == "yes":
        _walking().update(parts)
    else:
        address.put(**parts)


def _choose(place: int) -> None:
    _go(at=place + 1)


def _walk(place: Place, n_sentences: int, own: bool) -> None:
    """To the next word that is read; from the last, to another sentence, or to another draw of one's own."""
    following = place.next_read()
    if following is not None:
        _go(at=following + 1)
    elif own:
        _go(draw=place.number + 1, at=1)
    else:
        _go(sentence=_number("sentence") % n_sentences + 1, at=1)


def _turn(by: int, n_sentences: int) -> None:
    _go(sentence=(_number("sentence") - 1 + by) % n_sentences + 1, at=None)


def _play() -> None:
    if address.get("play") == "yes":
        address.put(play=None, **_walking())
        _walking().clear()
    else:
        st.session_state["pairs-walked"] = time.monotonic()
        address.put(play="yes")


def _buttons(place: Place, n_sentences: int, own: bool) -> None:
    playing = address.get("play") == "yes"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if st.button(
            "Pause" if playing else "Play", icon=f":material/{'pause' if playing else 'play_arrow'}:", key="pairs-play", on_click=_play, type="primary"
        ):
            st.rerun()  # the walk's clock begins or ends with the page
        if not place.objective.cells:
            st.button("Draw again", icon=":material/casino:", key="pairs-draw", on_click=lambda: _go(draw=_number("draw") + 1))
        if not own:
            st.button(
                "Previous", icon=":material/arrow_back:", key="pairs-previous", on_click=_turn, args=(-1, n_sentences), help="The sentence before this one"
            )
            st.button("Next", icon=":material/arrow_forward:", key="pairs-next", on_click=_turn, args=(1, n_sentences), help="The sentence after this one")
            st.caption(f"sentence {(_number('sentence') - 1) % n_sentences + 1:,} of {n_sentences:,}")
