"""What a run can be asked to write, one function a way: each takes the user's text and its knobs, and draws what comes of it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.text import corpora
from core.text.segmentation import BETWEEN_HAN
from core.training.run import Run
from pages.ui import address, forms, load, pickers, say
from pages.ui import tokens as tokens_
from pages.ui.bars import bars
from pages.ui.components import beam_view, steps_view

if TYPE_CHECKING:
    from core.generation.beam import Search
    from core.generation.sampling import Drawn
    from core.trained.restoring import Restoration

N_ALTERNATIVES = 12
LONGEST = 2000  # characters of a text that is typed


@dataclass(frozen=True)
class Way:
    """One of the views that a system may offer, as it is called, and what draws it."""

    title: str
    show: Callable[[Run, int, Any], None]


def way(run: Run) -> str:
    """Of WAYS, one that the run's system offers, first what it has learnt: to translate where its text is of pairs, else anything before that."""
    corpus = corpora.kept(run.config.corpus)
    of_pairs = bool(corpus and corpus.pairs)
    names = sorted((name for name in WAYS if name in run.config.offers), key=lambda name: (name == "translate") != of_pairs)
    offered = {name: WAYS[name].title for name in names}
    return pickers.segment("What it is asked", offered, "way")


def model(run: Run, step: int) -> Any:
    """The model of a step; the page ends with a sentence where its weights were not kept or cannot be read."""
    try:
        with st.spinner("Reading the model…", show_time=True):
            return load.trained(run, step)
    except (ValueError, OSError) as wrong:
        st.error(say.plain(str(wrong)), icon=":material/block:")
        st.stop()


def _typed(run: Run, label: str, placeholder: str, start: str = "") -> str:
    """A field for the text, which begins with the run's own probe."""
    key = f"text-{run.id}"
    shown = address.held(key, (address.get("text") or start)[:LONGEST])
    found = st.text_area(label, shown, key=key, height=80, max_chars=LONGEST, placeholder=placeholder).strip()
    address.put(text=found)
    return str(found)


# ------------------------------------------------------------------ continuing


def continue_(run: Run, step: int, trained: Any) -> None:
    """A text goes on, token by token."""
    from core.generation.sampling import Sampling

    text = _typed(run, "Beginning", "how the text begins; empty: from nothing", _prompt(run, step))
    with st.container(key="fields-knobs"):
        columns = st.columns(4, vertical_alignment="bottom", gap="medium")
    with columns[0]:
        temperature = st.slider(
            "Temperature", 0.0, 2.0, 0.8, 0.05, help="Below 1 the likely becomes likelier; 0 takes the likeliest, always.", **forms.kept("temperature")
        )
    with columns[1]:
        top_k = st.slider("Top k", 0, 100, 50, help="Only among the k likeliest; 0: among all.", **forms.kept("top_k"))
    with columns[2]:
        top_p = st.slider("Top p", 0.05, 1.0, 1.0, 0.05, help="Only among the likeliest that together reach this probability.", **forms.kept("top_p"))
    with columns[3]:
        n_tokens = st.slider("Tokens", 1, 200, 40, **forms.kept("tokens"))
    forced, draw = _forced(trained.tokenizer.vocab_size), max(1, address.number("draw") or 1)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Draw again", icon=":material/casino:", on_click=lambda: address.put(draw=draw + 1, take=None))
        if forced:
            st.button("Forget what I chose", icon=":material/undo:", on_click=lambda: address.put(take=None))
        st.caption(f"draw {draw}")
    begun = trained.begun(text)
    with st.spinner("Writing…"):
        drawn = list(trained.drawn(begun, n_tokens, draw, Sampling(temperature, top_k, top_p), stop=trained.ends, n_alternatives=N_ALTERNATIVES, forced=forced))
    steps_view(f"written-{run.id}", written(begun, drawn, trained, forced), lambda at, id: _take(forced, at, id))
    st.caption(f"{_surprise(drawn)} · {trained.model.n_ctx} tokens are seen at once")


def _prompt(run: Run, step: int) -> str:
    samples = load.snapshot(run, step).samples()
    return samples[0]["prompt"] if samples else ""


def _forced(vocab_size: int) -> dict[int, int]:
    """What the user chose in place of what was drawn: place and id, in the address as 3.152-7.20; tokens that this model has not are left out."""
    parts = [part.split(".") for part in address.get("take").split("-") if part]
    chosen = (tuple(map(int, part)) for part in parts if len(part) == 2 and all(number.isascii() and number.isdigit() and len(number) < 9 for number in part))
    return {place: id for place, id in chosen if id < vocab_size}


def _take(forced: dict[int, int], at: int, id: int) -> None:
    """Takes an alternative; what was chosen after it no longer follows from anything."""
    chosen = {place: other for place, other in forced.items() if place < at} | {at: id}
    address.put(take="-".join(f"{place}.{other}" for place, other in sorted(chosen.items())))


def written(begun: list[int], drawn: "list[Drawn]", trained: Any, forced: dict[int, int]) -> dict[str, Any]:
    """A continuation for `steps_view`."""
    word = trained.tokenizer.words.__getitem__
    tokens = [{"text": word(i), "given": True, "taken": False} for i in begun]
    for n, one in enumerate(drawn):
        shown = [{"text": word(i), "id": i, "p": p, "q": q} for (i, p), q in zip(one.alternatives, one.drawn_from, strict=True)]
        tokens.append({"text": word(one.id), "id": one.id, "p": one.probability, "at": n, "given": False, "taken": n in forced, "alternatives": shown})
    return {
        "title": "What it writes: the arrow keys move through it",
        "tokens": tokens,
        "asked": "In place of “{}”, by probability",
        "note": "Pale: the model's own probability. Orange: after temperature and cuts, what it was drawn from. Press one to take it instead.",
        "empty": "Nothing was written.",
    }


def _surprise(drawn: "list[Drawn]") -> str:
    mean = sum(-math.log(max(1e-9, one.probability)) for one in drawn) / max(1, len(drawn))
    return f"{len(drawn)} tokens, {mean:.2f} nats each by the model's own probabilities"


# ------------------------------------------------------------------ translating


def translate(run: Run, step: int, trained: Any) -> None:
    """A source becomes a target, by beam search."""
    text = _typed(run, "Source", "what is to be turned into its target", _prompt(run, step))
    with st.container(key="fields-knobs"):
        columns = st.columns(3, vertical_alignment="bottom", gap="medium")
    with columns[0]:
        width = st.slider("Beam width", 1, 10, 4, help="How many beginnings are kept at each step; 1 is greedy.", **forms.kept("beam"))
    with columns[1]:
        alpha = st.slider("Length penalty", 0.0, 2.0, 0.6, 0.05, help="More of it favours longer sequences (Wu et al. 2016).", **forms.kept("alpha"))
    if not text:
        st.info("Type a source to see what it becomes.", icon=":material/edit:")
        return
    try:
        with st.spinner("Searching…"):
            found = trained.searched(text.partition("\t")[0], width, alpha)
    except ValueError as wrong:
        st.error(say.plain(str(wrong)), icon=":material/block:")
        return
    for place, one in enumerate(found.best):
        shown = say.plain(_text(trained, one.ids) or "(nothing)")
        (st.markdown if place == 0 else st.caption)(f"{f'**{shown}**' if place == 0 else shown} :gray[{one.score:.3f}]")
    st.caption("Everything that the search has weighed: what was kept is joined on, what was dropped is dashed; the best in blue.")
    beam_view(f"beam-{run.id}", tree(found, trained))


def _text(trained: Any, ids: Sequence[int]) -> str:
    """A target as it is read: Chinese without the blanks between its words."""
    said = str(trained.tokenizer.decode([i for i in ids if i != trained.tokenizer.eos_id and i < trained.tokenizer.vocab_size]))
    return BETWEEN_HAN.sub("", said)


def tree(found: "Search", trained: Any) -> dict[str, Any]:
    """A beam search for `beam_view`: the beginning, and each branch after its parent."""
    best = found.best[0].ids if found.best else ()
    nodes = [{"text": "[BOS]", "parent": -1, "step": 0, "p": 1.0, "total": 0.0, "kept": True, "best": True}]
    for branch in found.branches:
        one = branch.hypothesis
        nodes.append(
            {
                "text": trained.shown([one.ids[-1]])[0],
                "parent": branch.parent + 1,
                "step": branch.step + 1,
                "p": one.probabilities[-1],
                "total": one.log_probability,
                "kept": branch.fate != "dropped",
                "best": best[: len(one.ids)] == one.ids,
            }
        )
    return {"nodes": nodes, "said": f"{len(nodes) - 1} branches weighed; the best: {_text(trained, best)}"}


# ------------------------------------------------------------------ filling, judging, restoring


def fill(run: Run, step: int, trained: Any) -> None:
    """What is behind each [MASK] of a text."""
    text = _typed(run, "Text with [MASK]", "the king [MASK] the land", _hidden(run, step))
    if not text:
        st.info("Write [MASK] where a word is to be found.", icon=":material/edit:")
        return
    try:
        reading, holes = trained.fill(text, N_ALTERNATIVES)
    except ValueError as wrong:
        st.info(say.plain(str(wrong)), icon=":material/info:")
        return
    found = {hole.position: hole.alternatives for hole in holes}
    tokens = []
    for i, token in enumerate(reading.tokens):
        others = [{"text": word, "id": n, "p": p, "q": None} for n, (word, p) in enumerate(found.get(i, []))]
        here = {"text": others[0]["text"], "id": 0, "p": others[0]["p"], "at": i} if others else {"text": token}
        tokens.append({**here, "given": not others, "taken": False, "alternatives": others})
    steps_view(
        f"filled-{run.id}",
        {
            "title": "What it fills in: the arrow keys move through the holes",
            "tokens": tokens,
            "asked": "Behind [MASK], where “{}” stands now",
            "note": "The model's own probabilities; special tokens are left out.",
            "empty": "There is no hole.",
        },
    )


def _hidden(run: Run, step: int) -> str:
    """The run's probe with the holes that its own sample had."""
    prompt = _prompt(run, step)
    return prompt if "[MASK]" in prompt else ""


def next_sentence(run: Run, step: int, trained: Any) -> None:
    """How two sentences stand to each other."""
    text = _typed(run, "Two sentences, each on a line", "the king rules .\nhe wears a crown .")
    if not text:
        st.info("Type two sentences, each on a line of its own.", icon=":material/edit:")
        return
    try:
        judged = trained.judged(text)
    except ValueError as wrong:
        st.info(say.plain(str(wrong)), icon=":material/info:")
        return
    st.html(bars([answer.replace(" ", "\u2009") for answer in judged], list(judged.values()), 1.0))


def restore(run: Run, step: int, trained: Any) -> None:
    """Spans of a text are hidden and put back."""
    text = _typed(run, "Text", "a text of which spans are hidden; or one with <extra_id_0> in it", _whole(run, step))
    draw = max(1, address.number("draw") or 1)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Hide others", icon=":material/casino:", on_click=lambda: address.put(draw=draw + 1))
        st.caption(f"draw {draw}")
    if not text:
        st.info("Type a text: some spans of it are hidden, and the model puts them back.", icon=":material/edit:")
        return
    try:
        found = trained.restoration(text, draw, N_ALTERNATIVES)
    except ValueError as wrong:
        st.info(say.plain(str(wrong)), icon=":material/info:")
        return
    st.caption("What it read")
    hidden = {span.sentinel for span in found.spans}
    st.html(tokens_.boxes(found.source, [""] * len(found.source), [token in hidden for token in found.source]))
    st.caption("What it puts there")
    steps_view(f"put-back-{run.id}", put_back(found))
    if any(span.hidden for span in found.spans):
        st.dataframe(_compared(found), hide_index=True, key=f"restored-{run.id}")


def _whole(run: Run, step: int) -> str:
    """The run's probe as it was before spans of it were hidden."""
    samples = load.snapshot(run, step).samples()
    return samples[0].get("probe", samples[0]["prompt"]) if samples else ""


def put_back(found: "Restoration") -> dict[str, Any]:
    """A text with its spans put back for `steps_view`."""
    spans = {span.sentinel: span for span in found.spans}
    tokens: list[dict[str, Any]] = []
    for token in found.source:
        if token not in spans:
            tokens.append({"text": token, "given": True, "taken": False})
        for others in spans[token].filled if token in spans else []:
            shown = [{"text": word, "id": n, "p": p, "q": None} for n, (word, p) in enumerate(others)]
            tokens.append({**shown[0], "at": len(tokens), "given": False, "taken": False, "alternatives": shown})
    return {
        "title": "What it puts back: the arrow keys move through it",
        "tokens": tokens,
        "asked": "In place of “{}”, by probability",
        "note": "The model's own probabilities, after all that it has put before; another sentinel, or [EOS], ends a span.",
        "empty": "It puts nothing there.",
    }


def _compared(found: "Restoration") -> list[dict[str, str]]:
    """What was put back beside what was hidden, a row for each span."""
    rows = []
    for span in found.spans:
        said, hidden = (
            "".join(word if word.startswith(" ") else f" {word}" for word in words).strip() for words in ([each[0][0] for each in span.filled], span.hidden)
        )
        sure = math.prod(each[0][1] for each in span.filled) if span.filled else 0.0
        right = "✓" if said == hidden else ""
        rows.append({"hidden behind": span.sentinel, "it puts there": said or "(nothing)", "probability": f"{100 * sure:.1f} %", "was": hidden, "right": right})
    return rows


WAYS: dict[str, Way] = {
    "generate": Way("Continue", continue_),
    "fill": Way("Fill in", fill),
    "translate": Way("Translate", translate),
    "restore": Way("Restore", restore),
    "next_sentence": Way("Next sentence", next_sentence),
}
