"""Beginning a run: from a starting card, or from the form."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.systems import system
from core.text.corpora import SLOW, available
from core.text.tokenizing import TokenizerSettings
from core.training import launching
from core.training.config import RunConfig
from core.training.estimate import Estimate, estimate
from pages.ui import say


@dataclass(frozen=True)
class Card:
    """A good run with one click."""

    title: str
    text: str
    icon: str
    system: str
    corpus: str
    settings: dict[str, Any]
    tokenizer: TokenizerSettings | None = None
    probes: tuple[str, ...] = ()

    def config(self) -> RunConfig:
        row = system(self.system)
        return RunConfig(self.system, self.corpus, self.tokenizer or row.tokenizer, row.settings(**self.settings), name=self.title, probes=self.probes)


WORDS = TokenizerSettings(kind="word", vocab_size=5000, min_count=1, punctuation=True)

CARDS = (
    Card(
        "Words find their places",
        "Skip-gram on three million words of Python's own documentation: watch *rows* move to *columns* and *red* to *blue*.",
        "scatter_plot",
        "skip-gram",
        "documentation",
        {},
    ),
    Card(
        "King minus man plus woman",
        "Skip-gram on a small invented world whose truths are known: capitals, families, words with two senses.",
        "public",
        "skip-gram",
        "small-world",
        {"d_model": 50, "n_steps": 400, "window": 4},
        TokenizerSettings(kind="word", min_count=2),
    ),
    Card(
        "Attention heads form",
        "A small GPT on the same world: watch its heads find the previous word and the subject of the verb, and read what it writes.",
        "grid_view",
        "gpt",
        "small-world",
        {"n_layers": 2, "n_heads": 4, "d_model": 64, "n_ctx": 32, "n_steps": 900},
        WORDS,
    ),
    Card(
        "English becomes Chinese",
        "A Transformer on the small world in two languages, whose words stand in another order: watch the second language's words find those of the first.",
        "translate",
        "transformer",
        "task-english-chinese",
        {"n_layers": 1, "d_model": 64, "n_ctx": 32, "n_steps": 1500, "learning_rate": 3e-3, "dropout": 0.0},
        TokenizerSettings(kind="word", min_count=1),
    ),
)


def begin(config: RunConfig) -> None:
    """Creates and launches a run and goes to where it can be watched; what cannot be is said instead."""
    try:
        with st.spinner("Starting. The first time, this machine is measured…"):
            run = launching.start(config)
    except (ValueError, OSError) as wrong:
        st.error(say.plain(str(wrong)), icon=":material/block:")
        return
    st.switch_page("pages/train.py", query_params={"run": run.id})


def cards() -> None:
    """The starting cards, each with how long it will take here."""
    with st.container(key="cards-start"):
        for column, card in zip(st.columns(len(CARDS), gap="medium"), CARDS, strict=True):
            with column, st.container(border=True, height="stretch"):
                st.markdown(f"### :material/{card.icon}: {card.title}")
                st.write(card.text)
                duration(card.config(), f"{system(card.system).title} · ")
                if st.button("Train", key=f"start-{card.icon}", type="primary", icon=":material/play_arrow:"):
                    begin(card.config())


def duration(config: RunConfig, before: str = "") -> None:
    """How long, how much memory and disk, as soon as it is known; the page does not wait for it."""
    known = _known(config) is not None
    st.fragment(_say_duration, run_every=None if known else 1.0)(config, before, known)


def _say_duration(config: RunConfig, before: str, was_known: bool) -> None:
    # A refusal is no side remark: not in a caption's grey.
    says = expected(config)
    (st.markdown if says.startswith(":red") else st.caption)(before + says)
    if not was_known and _known(config) is not None:
        st.rerun()


def expected(config: RunConfig, patience: float = 0.1) -> str:
    """How long, how much memory and disk, in words; or that it is not known yet, or why it cannot be."""
    found = _known(config, patience)
    if found is None:
        return "measuring this machine…"
    if found.refused:
        return f":red[{say.plain(found.refused)}]"
    first = "" if config.corpus not in SLOW or any(corpus.id == config.corpus for corpus in available()) else ", after its text has been read once"
    return f"about {say.duration(found.seconds)} here{first}, {found.takes}"


def _known(config: RunConfig, patience: float = 0.1) -> Estimate | None:
    """The estimate, from this session where it was asked before; None while the machine is being measured."""
    kept: dict[str, Estimate] = st.session_state.setdefault("estimates", {})
    key = dataclasses.replace(config, name="", created=0.0).to_json()
    if key not in kept:
        found = estimate(config, patience)
        if found.seconds is None:
            return None
        kept[key] = found
    return kept[key]
