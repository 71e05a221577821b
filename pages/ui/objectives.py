"""Training examples of the neural systems on a text of the user's, as `example_view` draws them."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from core.systems import SYSTEMS, System
from core.text import sentences, sentinels
from core.text.tokenizers import Tokenizer
from core.text.tokenizers import load as load_tokenizer
from core.training.run import Run
from pages.ui import address, forms, load, pickers, say
from pages.ui.components import example_view
from pages.ui.tokens import KINDS
from pages.ui.tokens import tokenizers as trained_tokenizers

START = "paris is the capital of france .\nthe people of france speak french and eat cheese ."
LONGEST = 600  # characters
ROOM = 128  # tokens of an example, where no run says otherwise
VOCABULARY = 2000  # of the sub-word kinds


@dataclass(frozen=True)
class Tokens:
    """How the text is cut: as a run of the user's does, or by a tokenizer of one kind learnt from a corpus."""

    tokenizer: Tokenizer
    run: Run | None = None

    def run_of(self, row: System) -> Run | None:
        """The newest run of a system that cuts the same text in the same way: whose losses can be shown."""
        if self.run is None:
            return None
        if self.run.config.system == row.name:
            return self.run
        mine = self.run.config
        alike = (each for each in load.runs_offering("objective") if each.config.system == row.name)
        return next((each for each in alike if (each.config.corpus, each.config.tokenizer) == (mine.corpus, mine.tokenizer)), None)


def text() -> str:
    """What is to be learnt from: sentences, one a line; or a source, a tab and a target. The page ends where there is none."""
    typed = st.text_area(
        "Text",
        START,
        height=92,
        max_chars=LONGEST,
        help="A sentence a line: two follow each other. A source and its target: with → or a tab between them.",
        **forms.kept("text"),
    )
    found = str(typed).replace("→", "\t").strip()
    if not found:
        st.info("Type a sentence or two to see what each system would be fed.", icon=":material/edit:")
        st.stop()
    return found


def tokens() -> Tokens:
    """By a run that was trained, or by a tokenizer of a corpus."""
    with st.container(key="fields-tokens"):
        left, middle, right = st.columns([3, 3, 4], vertical_alignment="bottom", gap="medium")
    runs = {run.id: run for run in load.runs_offering("objective")}
    with left:
        titles = {"": "no run: what is fed only", **{id: f"{run.name} ({run.config.row.title})" for id, run in runs.items()}}
        wanted = pickers.one_of(
            "Losses of a run", titles, "run", "Its tokens are used, and the losses of each system that was trained on the same tokens are shown."
        )
    if wanted:
        run = runs[wanted]
        return Tokens(load_tokenizer(run.folder / "tokenizer.json"), run)
    with middle:
        corpus = pickers.corpus(made_only=True)
    with right:
        kind = pickers.segment("Tokens", KINDS, "kind")
    return Tokens(trained_tokenizers(corpus, VOCABULARY)[kind])


def draw_again() -> None:
    """What is hidden, and in which order, is drawn at random; the number of the draw is in the address."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Draw again", icon=":material/casino:", on_click=lambda: address.put(draw=_draw() + 1))
        st.caption(f"draw {_draw()}")


def _draw() -> int:
    return max(1, address.number("draw") or 1)


def chosen() -> tuple[System, ...]:
    """The systems whose examples are shown; all of them where none is named in the address."""
    rows = {row.name: row for row in SYSTEMS}
    named = [name for name in address.get("systems").split(",") if name in rows]
    held = address.held("objective-systems", named)
    picked = st.pills("Systems", list(rows), selection_mode="multi", default=held, format_func=lambda name: rows[name].title, key="objective-systems")
    address.put(systems=",".join(picked))
    return tuple(rows[name] for name in picked) or tuple(rows.values())


@dataclass(frozen=True)
class Example:
    """One system's example: its sequences as they are drawn, what has to be said of each as a whole; or the sentence that says why there is none."""

    row: System
    pictures: list[tuple[dict[str, Any], np.ndarray]]
    labels: tuple[str, ...] = ("",)
    wrong: str = ""


def made(row: System, text: str, tokens: Tokens) -> Example:
    if "objective" not in row.offers:
        return Example(row, [windows(row, text, tokens.tokenizer)])
    try:
        drawn, labels = zip(*_sequences(row, text, tokens), strict=True)
    except ValueError as wrong:
        return Example(row, [], wrong=str(wrong))
    return Example(row, list(drawn), labels)


def show(example: Example) -> None:
    """The example, with its masks to be looked into."""
    row = example.row
    st.subheader(f"{row.title}", anchor=row.name)
    st.caption(row.difference)
    if example.wrong:
        st.info(say.plain(example.wrong), icon=":material/info:")
    for i, ((meta, cells), label) in enumerate(zip(example.pictures, example.labels, strict=False)):
        example_view(f"example-{row.name}-{i}", meta, cells)
        if label:
            st.caption(label)


def _sequences(row: System, text: str, tokens: Tokens) -> Iterator[tuple[tuple[dict[str, Any], np.ndarray], str]]:
    """An example in each way in which the system reads it, with each target's loss; and what has to be said of the whole."""
    import torch

    learner, run = row.load_learner(), tokens.run_of(row)
    settings = run.config.settings if run else dataclasses.replace(row.settings(), n_ctx=ROOM)
    objective = learner.objective_on(sentences.stream(text, tokens.tokenizer), settings, tokens.tokenizer)
    trained = load.trained(run, run.snapshots()[-1].step) if run else None
    for name, batch in learner.example(objective, torch.Generator().manual_seed(_draw())).items():
        losses = trained.losses(trained.placed(batch)) if trained else None
        yield picture(batch, tokens.tokenizer, losses, row, name), label_of(learner, batch)


def windows(row: System, text: str, tokenizer: Tokenizer) -> tuple[dict[str, Any], np.ndarray]:
    """A static system for `example_view`: each word, predicted from (or predicting) those of its window, which ends with the sentence."""
    stream = sentences.stream(text, tokenizer)
    sentence = np.cumsum(stream < 0)[stream >= 0][:ROOM]
    ids = [int(i) for i in stream[stream >= 0][:ROOM]]
    n, width = len(ids), int(row.settings().window)
    away = np.abs(np.arange(n)[:, None] - np.arange(n))
    cells = ((away > 0) & (away <= width) & (sentence[:, None] == sentence)).astype(np.uint8).ravel()
    words = [_word(i, tokenizer) for i in ids]
    drawn = [{"text": word, "target": word, "loss": None, "segment": 0, "order": None, "state": ""} for word in words]
    sequence = {"title": "the text; beneath, the word that is learnt there", "tokens": drawn}
    mask = {"title": f"windows of {width}", "queries": 0, "keys": 0, "n_query": n, "n_key": n, "offset": 0, "predicts": True}
    hint = "Each word meets those of its window, in pairs; the order of the words is lost. Training pairs shows how."
    return {"title": row.title, "sequences": [sequence], "masks": [mask], "dearest": 1.0, "hint": hint}, cells


def label_of(learner: Any, batch: Any) -> str:
    """What has to be said of the whole example, in words."""
    if batch.label is None:
        return ""
    names = getattr(learner, "LABELS", {}).get(batch.task, ())
    said = int(batch.label[0])
    return f"Of the whole it must say: **{names[said] if said < len(names) else said}**"


def picture(batch: Any, tokenizer: Tokenizer, losses: np.ndarray | None, row: System, name: str = "") -> tuple[dict[str, Any], np.ndarray]:
    """The first sequence of a batch for `example_view`: its sequences and masks, and the masks' cells, uint8."""
    sequences, masks = [], []
    if batch.source is not None:
        sequences.append({"title": "the encoder reads", "tokens": _tokens(batch.source[0], None, None, tokenizer, None, None, None)})
        masks.append(("encoder", 0, 0, batch.source_mask, False))
    mine = len(sequences)
    order = None if batch.query_mask is None else batch.attn_mask[0, 0].sum(-1).tolist()
    read = "the decoder reads" if mine else f"it reads {name}".strip()
    segments = None if batch.segments is None else batch.segments[0].tolist()
    costs = None if losses is None else losses[0]
    itself = batch.attn_mask[0, 0].expand(batch.ids.shape[1], -1)[:, -batch.ids.shape[1] :].diagonal().tolist()
    tokens = _tokens(batch.ids[0], batch.targets[0], costs, tokenizer, segments, order, itself)
    sequences.append({"title": f"{read}; beneath, what must be said there", "tokens": tokens})
    masks.append(("content stream" if order else "decoder" if mine else name or "who sees whom", mine, mine, batch.attn_mask, False))
    if batch.query_mask is not None:
        masks.append(("query stream, which predicts", mine, mine, batch.query_mask, True))
    if mine:
        masks.append(("decoder to encoder", mine, 0, batch.memory_mask, False))
    cells, drawn, offset = [], [], 0
    for title, queries, keys, mask, predicts in masks:
        n_query, n_key = len(sequences[queries]["tokens"]), len(sequences[keys]["tokens"])
        cells.append(mask[0, 0].expand(n_query, n_key).cpu().numpy().astype(np.uint8).ravel())
        drawn.append({"title": title, "queries": queries, "keys": keys, "n_query": n_query, "n_key": n_key, "offset": offset, "predicts": predicts})
        offset += n_query * n_key
    known = [] if costs is None else costs[~np.isnan(costs)].tolist()
    hint = "Hover a token to see what it may see; the arrow keys step through what has to be said."
    meta = {"title": row.title, "sequences": sequences, "masks": drawn, "dearest": max([1.0, *known]), "hint": hint}
    return meta, np.concatenate(cells)


def _tokens(
    ids: Any, targets: Any, costs: Any, tokenizer: Tokenizer, segments: list[int] | None, order: list[int] | None, itself: list[bool] | None
) -> list[dict[str, Any]]:
    """Each token as a box: its text, what must be said there, whether it is hidden from the model (or from its own place: where not `itself`)."""
    shown = [_word(i, tokenizer) for i in ids.tolist()]
    wanted = [None] * len(shown) if targets is None else [None if t < 0 else int(t) for t in targets.tolist()]
    own = [int(i) for i in ids.tolist()]
    # Where each target is the token after it (GPT), or before it (ELMo), nothing is hidden; else it is the token that stood there.
    beside = wanted[:-1] == own[1:] or wanted[1:] == own[:-1] or all(t is None or i + 1 >= len(own) or t == own[i + 1] for i, t in enumerate(wanted))
    made = []
    for i, text in enumerate(shown):
        blind = itself is not None and not itself[i]
        hidden = wanted[i] is not None and (blind or (not beside and (wanted[i] != own[i] or order is not None)))
        state = "filling" if own[i] == tokenizer.pad_id else "hidden" if hidden else ""
        made.append(
            {
                "text": text,
                "target": None if wanted[i] is None else _word(wanted[i], tokenizer),
                "loss": None if costs is None or wanted[i] is None or np.isnan(costs[i]) else float(costs[i]),
                "segment": segments[i] if segments else 0,
                "order": order[i] if order and wanted[i] is not None else None,
                "state": state,
            }
        )
    return made


def _word(id: int, tokenizer: Tokenizer) -> str:
    """A token as shown; ids beyond the vocabulary are T5's sentinels."""
    return sentinels.shown(id, tokenizer)
