"""Training the systems that a comparison lacks, with settings as alike as they can be."""

import dataclasses
from typing import Any

import streamlit as st

from core.settings import check, ranges
from core.systems import SCHEDULE, System, offering
from core.text.tokenizing import TokenizerSettings
from core.training import launching
from core.training.config import RunConfig
from core.training.run import Run, runs
from pages.ui import address, pickers, say, starting
from pages.ui.comparing import MOST

WIDER = 4  # times as many words as a system would have sub-words


def offer(usual: str = "") -> None:
    """A text, the systems that have no run on it, and the button that trains them. usual: the text where the address names none."""
    st.subheader("Train what is missing", anchor=False)
    if usual in pickers.corpora() and not address.get("corpus"):
        address.put(corpus=usual)
    corpus = pickers.corpus()
    there = _runs_on(corpus)
    lacking = [row.name for row in offering("vectors") if row.name not in {run.config.system for run in there}]
    titles = {row.name: row.title for row in offering("vectors")}
    key = f"missing-{corpus}-{'-'.join(lacking)}"
    picked = st.pills(
        "Systems",
        list(titles),
        selection_mode="multi",
        default=lacking[: max(1, MOST - len({run.config.system for run in there}))],
        format_func=titles.__getitem__,
        key=key,
    )
    if not picked:
        st.caption("Every system has a run on this text. Choose some to train again." if not lacking else "Choose the systems to train.")
        return
    like = there[0].config if there else None
    configs = [comparable(row, corpus, like) for row in offering("vectors") if row.name in picked]
    for config in configs:
        starting.duration(config, f"{config.row.title} · ")
    as_run = f"as alike to {say.plain(there[0].name)} as they can be" if there else "each system's usual ones, with one vocabulary"
    st.caption(f"Settings: {as_run}.")
    if st.button(f"Train {say.many(len(configs), 'run')}", type="primary", icon=":material/play_arrow:", key="train-missing"):
        _train(configs, [run.id for run in there])


def _runs_on(corpus: str) -> list[Run]:
    """The newest first, without those that have failed."""
    found = []
    for run in runs():
        try:
            if run.config.corpus == corpus and "vectors" in run.config.offers and run.state() != "failed":
                found.append(run)
        except ValueError:  # damaged; Home says so
            continue
    return found


def comparable(row: System, corpus: str, like: RunConfig | None) -> RunConfig:
    """A run of a system with what it shares with another one: the cut of the text, every setting of the same name, and the length, as a part or a
    multiple of its usual one."""
    if like is None:
        return RunConfig(row.name, corpus, _words(row, TokenizerSettings(kind="word", min_count=5)), row.settings())
    settings = row.settings()
    for name in ranges(like.row.settings):
        if name in ranges(settings) and name not in SCHEDULE:
            settings = _with(settings, name, getattr(like.settings, name))
    if like.system == row.name:
        settings = like.settings
    else:
        usual = like.row.settings()
        share = like.settings.n_steps * like.settings.batch_size / (usual.n_steps * usual.batch_size)
        settings = _with(settings, "n_steps", max(1, round(settings.n_steps * share)))
    return RunConfig(row.name, corpus, _words(row, like.tokenizer), settings)


def _with(settings: Any, name: str, value: Any) -> Any:
    """The settings with this value; as they were where it does not suit them (a width, say, that heads do not divide)."""
    try:
        changed = dataclasses.replace(settings, **{name: value})
        check(changed)
    except ValueError:
        return settings
    return changed


def _words(row: System, tokenizer: TokenizerSettings) -> TokenizerSettings:
    """The same cut for all. A system that usually reads sub-words predicts every token of its vocabulary at each step: it gets fewer words."""
    if tokenizer.kind == row.tokenizer.kind:
        return tokenizer
    return dataclasses.replace(tokenizer, vocab_size=min(tokenizer.vocab_size, WIDER * row.tokenizer.vocab_size))


def _train(configs: list[RunConfig], there: list[str]) -> None:
    """Starts them, and compares them with those that are compared already, or else with those of the same text."""
    started = []
    with st.spinner("Starting. The first time, this machine is measured…"):
        for config in configs:
            try:
                started.append(launching.start(config).id)
            except (ValueError, OSError) as wrong:
                st.error(f"{config.row.title}: {say.plain(str(wrong))}", icon=":material/block:")
    if started:
        chosen = [each for each in address.get("runs").split(",") if each in there] or there
        address.put(runs=",".join([*chosen[: max(0, MOST - len(started))], *started][:MOST]))
        st.rerun()
