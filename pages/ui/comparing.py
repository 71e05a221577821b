"""What is compared: runs, and vectors that the user opened."""

import dataclasses
from collections import Counter
from dataclasses import dataclass

import numpy as np
import streamlit as st

from core import opened, subjects
from core.systems import Matrix
from core.training.run import ACTIVE, Run, runs
from core.vectors import Vectors
from pages.ui import address, load, pickers, say

MOST = 5
N_SPECIAL = 7  # tokens of a vocabulary that are no words
KEY = "compare-runs"
USUAL = "usual"
MATRICES = {USUAL: "each one's usual", "in": "in", "out": "out", "sum": "sum", "mean": "mean", "concatenation": "concatenation"}


@dataclass(frozen=True)
class Subject:
    """Something with vectors. version: what tells them from later ones; empty before there are any. run: None for opened ones."""

    id: str
    name: str
    system: str
    corpus: str
    version: str
    run: Run | None = None
    matrix: Matrix | None = None

    @property
    def training(self) -> bool:
        return self.run is not None and self.run.state() in ACTIVE

    @property
    def ready(self) -> bool:
        """Whether its vectors stay as they are: those of a run that trains are scored when it is done."""
        return bool(self.version) and not self.training

    def vectors(self) -> Vectors:
        """For neighbours; of a network, whose whole table only torch could read, the most frequent tokens. ValueError in words where they cannot be read."""
        return vectors_of(self.id, self.version, self.matrix)

    def n_words(self) -> int:
        """Of the whole vocabulary."""
        if self.run is not None and (self.run.folder / "counts.npy").is_file():
            return len(np.load(self.run.folder / "counts.npy", mmap_mode="r")) - N_SPECIAL
        return len(self.vectors().words)


@st.cache_resource(max_entries=8, show_spinner="Reading vectors…")
def vectors_of(id: str, version: str, matrix: Matrix | None) -> Vectors:
    found = next((run for run in runs() if run.id == id), None)
    if found is not None and not found.config.row.matrices:
        return load.vectors(found, found.snapshots()[-1].step)
    return subjects.vectors(id, matrix)


def there() -> dict[str, Subject]:
    """By id: runs on texts that several systems have seen first, then the newest; opened vectors last."""
    found = [subject for subject in map(_of_run, runs()) if subject]
    systems: dict[str, set[str]] = {}
    for subject in found:
        systems.setdefault(subject.corpus, set()).add(subject.system)
    order = sorted(systems, key=lambda corpus: -len(systems[corpus]))
    found.sort(key=lambda each: order.index(each.corpus))
    found += [Subject(each.id, each.name, "opened", "", str(each.created)) for each in opened.opened()]
    return {subject.id: subject for subject in found}


def _of_run(run: Run) -> Subject | None:
    try:
        config = run.config
    except ValueError:  # damaged; Home says so
        return None
    if "vectors" not in config.offers:
        return None
    steps = run.checkpoint_steps()
    version = f"{config.created}-{steps[-1]}" if steps and run.snapshots() else ""
    return Subject(run.id, run.name, config.row.title, config.corpus, version, run)


def choose() -> list[Subject]:
    """Two to five, in the address; none, after saying what to do, where there are fewer."""
    found = there()
    if not found:
        st.info("There is no run with vectors yet. Train two systems or more on the same text: the button below begins them.", icon=":material/orbit:")
        return []
    asked = [each for each in address.get("runs").split(",") if each]
    # The address wins where something else than this field has changed it: a link, or the button that trains what is missing.
    if not set(st.session_state.get(KEY, [""])) <= set(found) or st.session_state.get("compare-asked") != asked:
        st.session_state[KEY] = [each for each in asked if each in found][:MOST] or _usual(found)
        st.session_state["compare-gone"] = [each for each in asked if each not in found]
    for each in st.session_state.get("compare-gone", []):
        st.warning(f"There is no run called “{say.plain(each)}” with vectors here; it is left out.", icon=":material/search_off:")
    names = Counter(each.name for each in found.values())
    titles = {each.id: " · ".join(filter(None, (each.name if names[each.name] == 1 else each.id, each.system, each.corpus))) for each in found.values()}
    picked = st.multiselect(
        "Runs and opened vectors", list(found), st.session_state[KEY], titles.__getitem__, max_selections=MOST, key=KEY, placeholder="two to five"
    )
    address.put(runs=",".join(picked))
    st.session_state["compare-asked"] = picked
    if len(picked) < 2:
        st.info("Choose two or more; where there is only one, train another system on the same text.", icon=":material/compare_arrows:")
        return []
    return _with_matrix([found[each] for each in picked])


def _with_matrix(chosen: list[Subject]) -> list[Subject]:
    """A choice among the matrices that some of them have; where one lacks it, its own usual one."""
    having = {each.id: load.matrices(each.run) if each.run and each.version else () for each in chosen}
    if not any(having.values()):
        return chosen
    offered = {name: title for name, title in MATRICES.items() if name == USUAL or any(name in each for each in having.values())}
    picked = pickers.segment("Matrix", offered, "matrix")
    return [dataclasses.replace(each, matrix=picked) if picked in having[each.id] else each for each in chosen]


def _usual(found: dict[str, Subject]) -> list[str]:
    """The newest run of each system on the text that most systems have seen; or the first two."""
    corpus = next(iter(found.values())).corpus
    newest = {each.system: each.id for each in reversed(found.values()) if each.corpus == corpus and corpus}
    return list(newest.values())[::-1][:MOST] if len(newest) > 1 else list(found)[:2]


def readable(chosen: list[Subject]) -> list[tuple[int, Subject, Vectors]]:
    """Those that have vectors, with their places among the chosen ones."""
    found = []
    for i, subject in enumerate(chosen):
        try:
            if subject.version:
                found.append((i, subject, subject.vectors()))
        except (ValueError, OSError):  # the table says why
            continue
    return found
