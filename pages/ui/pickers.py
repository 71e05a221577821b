"""Choosing a run or a file of vectors, a moment of it, one of its matrices, a corpus."""

from collections import Counter
from collections.abc import Sequence
from typing import NoReturn, TypeVar

import streamlit as st

from core import attention_files
from core.attention_files import AttentionFile
from core.opened import Opened
from core.systems import Matrix
from core.text.corpora import BUILT_IN, SLOW, available
from core.training.run import Run
from pages.ui import address, load, say, sources
from pages.ui.sources import Source

Named = TypeVar("Named", Run, Run | AttentionFile)
MATRICES: dict[Matrix, str] = {"in": "in", "out": "out", "sum": "in + out", "mean": "mean of both", "concatenation": "both, joined"}


def run(what: str, *views: str) -> Run:
    """The run of the address, or the newest one, among those that feed one of these views. Where there is none the page ends with what to do."""
    return _one("Run", load.runs_offering(*views), what)


def run_or_attention(what: str) -> Run | AttentionFile:
    """The same of the runs with attention heads and the files of attention that were opened."""
    return _one("Run or file", [*load.runs_offering("attention"), *attention_files.opened()], what)


def _one(label: str, found: Sequence[Named], what: str) -> Named:
    if not found:
        nothing(what)
    namesakes = Counter(each.name for each in found)
    names = {each.id: each.name if namesakes[each.name] == 1 else f"{each.name} ({each.id})" for each in found}
    chosen = one_of(label, names, "run", which=f" with {what}")
    return next(each for each in found if each.id == chosen)


def nothing(what: str) -> NoReturn:
    """Ends a page that has nothing to show with what to do."""
    st.info(f"There is no run with {what} yet. Train one: the starting cards on Home begin a good one with a click.", icon=":material/orbit:")
    st.page_link("pages/home.py", label="Starting cards", icon=":material/arrow_forward:")
    if what in ("vectors", "attention heads"):
        st.page_link("pages/vectors.py", label=f"Open a file of {what.split()[0]}, or a model", icon=":material/file_open:")
    st.stop()


def source(side: str = "", label: str = "Run or file") -> Source:
    """The run or opened file of the address, or the newest run. Where there is none the page ends with what to do.

    side: tells two of them on one page apart, in the address too; so with the two below.
    """
    found = sources.available()
    if not found:
        nothing("vectors")
    if address.get("run") and not side:  # as in links to whatever else a run shows
        address.put(source=address.get("run"), run=None)
        st.session_state.pop("pick-source", None)
    return found[one_of(label, sources.titles(found), f"source{side}", noun="run or file", which=" with vectors")]


def matrix(of: Source, side: str = "") -> Matrix | None:
    """One of a source's matrices, in the address; None where there is one only."""
    if not of.matrices:
        return None
    key, wanted = f"matrix{side}-{of.id}", address.get(f"matrix{side}")
    shown = address.held(key, wanted if wanted in of.matrices else of.matrices[0])
    help = "Each word has a row in two matrices: where it goes in, and where it is predicted."
    chosen: Matrix = st.selectbox("Matrix", of.matrices, of.matrices.index(shown), format_func=MATRICES.__getitem__, key=key, help=help)
    address.put(**{f"matrix{side}": None if chosen == of.matrices[0] else chosen})
    return chosen


def one_of(
    label: str, titles: dict[str, str], part: str, help: str | None = None, which: str = "", noun: str = "", default: str | None = None, of: str = ""
) -> str:
    """One of `titles` (id: as shown), kept in the address by its id: the one the address names, else the first, after saying so.

    default: the one that the address does not name. of: another choice for each, where what is usual depends on it.
    """
    # Streamlit's own binding would put the title into the URL, which is not unique and changes.
    wanted = address.get(part)
    key = f"pick-{part}{of and '-'}{of}"
    shown = address.held(key, wanted if wanted in titles else next(iter(titles)), titles)
    if wanted and wanted not in titles:
        there_is = f"There is no {noun or part}{which} called “{say.plain(wanted)}” here. Shown is “{say.plain(titles[shown])}” instead."
        st.warning(there_is, icon=":material/search_off:")
    chosen = str(st.selectbox(label, list(titles), list(titles).index(shown), format_func=titles.__getitem__, key=key, help=help))
    address.put(**{part: None if chosen == default else chosen})
    return chosen


def segment(label: str, titles: dict[str, str], part: str) -> str:
    """One of a few `titles` (id: as shown), side by side; in the address by its id, the first one by its absence."""
    key = f"segment-{part}"
    shown = address.held(key, address.get(part) if address.get(part) in titles else next(iter(titles)), titles)
    chosen = str(st.segmented_control(label, list(titles), default=shown, format_func=titles.__getitem__, required=True, key=key))
    address.put(**{part: None if chosen == next(iter(titles)) else chosen})
    return chosen


def choice(label: str, titles: dict[str, str], part: str, width: int | str = "stretch") -> str:
    """The same as a list that opens."""
    key = f"segment-{part}"
    shown = address.held(key, address.get(part) if address.get(part) in titles else next(iter(titles)), titles)
    chosen = str(st.selectbox(label, list(titles), list(titles).index(shown), format_func=titles.__getitem__, key=key, width=width))
    address.put(**{part: None if chosen == next(iter(titles)) else chosen})
    return chosen


def step(chosen: Run, side: str = "", usual: float = 1.0) -> int:
    """The snapshot of the address, or the newest one. usual: another one instead, as a share of the way through them."""
    steps = [each.step for each in chosen.snapshots()]
    wanted = address.number(f"step{side}")
    if len(steps) == 1:
        st.caption(f"Only step {steps[0]:,} has been kept so far.")
        return steps[0]
    # The newest has no part in the address: such a link follows a run that is still training.
    start = wanted if wanted in steps else steps[round(usual * (len(steps) - 1))]
    picked = int(st.select_slider("Step", steps, start, format_func=lambda each: f"{each:,}", key=f"step{side}-{chosen.id}"))
    address.put(**{f"step{side}": None if picked == steps[-1] and usual == 1 else picked})
    return picked


def corpora(made_only: bool = False) -> dict[str, str]:
    """Ids and titles: the texts that every machine has, then the user's own. `made_only`: without those that would take a while to make."""
    made = {each.id: each.title for each in available()}
    offered = {name: title for name, title in BUILT_IN.items() if name in made or name not in SLOW or not made_only}
    return offered | {name: title for name, title in made.items() if name not in offered}


def text(of: Run | Opened) -> str:
    """A text to be read, in the address: a run's own where nobody has chosen another. A model that was opened has none."""
    titles = corpora(made_only=True)
    own = of.config.corpus if isinstance(of, Run) and of.config.corpus in titles else next(iter(titles))
    return one_of("Text", {own: titles[own], **titles}, "corpus", default=own, of=of.id)


def corpus(made_only: bool = False, usual: str = "") -> str:
    """A corpus's reference, in the address. usual: the one where nobody has chosen; another system's usual one gives way to it."""
    if usual:
        before = st.session_state.get("usual-corpus", usual)
        if before != usual and st.session_state.get("pick-corpus") == before:
            del st.session_state["pick-corpus"]
            address.put(corpus=None)
        if not address.get("corpus") and "pick-corpus" not in st.session_state:
            address.put(corpus=usual)
        st.session_state["usual-corpus"] = usual
    return one_of("Text to learn from", corpora(made_only), "corpus", "Bring your own on the page Corpora: paste it, upload it, or name a URL.")
