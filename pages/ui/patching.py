"""Two sentences, the token that each makes likely, and what of the one brings its answer back in the other."""

from typing import Any

import numpy as np
import streamlit as st

from core.text import sentinels
from core.training.run import Run
from pages.ui import ablating, address, say
from pages.ui.components import grid_view
from pages.ui.heads import as_read, probe, say_what_was_cut

LONGEST = 40  # tokens: each position of each layer is one pass


def question(run: Run, trained: Any) -> Any:
    """What is asked; the page ends with a sentence where it cannot be."""
    from core.inspection.patching import asked

    start = _start(run, trained)
    left, right = st.columns(2, gap="medium")
    with left:
        clean = _sentence(run, "clean", "Sentence", start)
    with right:
        corrupted = _sentence(run, "other", "The same with another word", changed(start, trained.tokenizer))
    try:
        one, other = trained.read(as_read(clean)), trained.read(as_read(corrupted))
        if max(len(one.tokens), len(other.tokens)) > LONGEST:
            raise ValueError(f"A sentence may have {LONGEST} tokens here, so that all can be tried. Shorten it.")
        if one.tokens == other.tokens and one.source == other.source:
            raise ValueError("Both sentences are the same. Change a word of the second, one that matters to what the first is answered with.")
        first = asked(trained.model, one.batch, other.batch)
        at = _position(one, first.position)
        found = asked(trained.model, one.batch, other.batch, at)
    except ValueError as wrong:
        st.info(say.plain(str(wrong)), icon=":material/info:")
        st.stop()
    say_what_was_cut(max(len(one.tokens), len(one.source)), one.n_left_out)
    words = trained.shown([found.answer, found.other])
    st.caption(
        f"At “{say.plain(one.tokens[at])}” the first makes **{say.plain(words[0])}** likelier, the second **{say.plain(words[1])}**. "
        "1 means that a patch alone brings the first answer's lead back, 0 that it does nothing, below 0 that it leads away."
    )
    st.session_state["patched-tokens"] = (list(one.tokens), list(one.source))
    return found


def _start(run: Run, trained: Any) -> str:
    """The run's own probe; a source with the target that the model gives it, which both sentences then share."""
    try:
        return str(trained.settled(probe(run)))
    except ValueError:  # there is nothing in it
        return probe(run)


def _sentence(run: Run, part: str, label: str, start: str) -> str:
    key = f"patch-{part}-{run.id}"
    shown = address.held(key, (address.get(part) or start.replace("\t", " → "))[:1000])
    text = st.text_input(label, shown, key=key, max_chars=1000, icon=":material/edit:").strip()
    address.put(**{part: text})
    return str(text)


def changed(text: str, tokenizer: Any) -> str:
    """The text, or of a source and its target the source, with a word, or else a token in its middle, replaced by another one of its kind, in as many
    tokens: something to begin with.
    """
    text, tab, target = text.partition("\t")
    ids = sentinels.encode(text, tokenizer)

    def kind(id: int) -> tuple[bool, bool, bool]:
        word = sentinels.shown(id, tokenizer)
        return word[:1] == word.strip()[:1], word.strip().isalpha() and len(word.strip()) > 3, word.isascii()

    others = range(tokenizer.n_special, tokenizer.vocab_size)
    for at in (*range(1, len(ids)), *range(min(1, len(ids)))):
        near = sorted(others, key=lambda other, id=ids[at]: abs(other - id)) if kind(ids[at])[1] else []
        other = next((each for each in near if each != ids[at] and kind(each) == kind(ids[at])), None)
        said = "" if other is None else sentinels.decode([*ids[:at], other, *ids[at + 1 :]], tokenizer)
        if said and len(sentinels.encode(said, tokenizer)) == len(ids):
            return said + tab + target
    own = [at for at, id in enumerate(ids) if id < tokenizer.vocab_size]  # no sentinels
    if own:
        at = own[len(own) // 2]
        ids[at] = next((each for each in others if each != ids[at]), ids[at])
    return sentinels.decode(ids, tokenizer) + tab + target


def _position(reading: Any, start: int) -> int:
    n = len(reading.tokens)
    if n == 1:
        return 0
    wanted = address.number("at")
    at = int(st.select_slider("Position of the answer", list(range(1, n + 1)), wanted if wanted and 1 <= wanted <= n else start + 1, key=f"patch-at-{n}"))
    address.put(at=None if at == start + 1 else at)
    return at - 1


def show(run: Run, trained: Any, question: Any) -> None:
    """Head by head, and position by position."""
    from core.inspection.patching import by_head, by_position

    try:
        with st.spinner("Trying every head and every position…", show_time=True):
            heads, places = _tried(by_head(trained.model, question)), _tried(by_position(trained.model, question))
    except ValueError as wrong:
        st.info(say.plain(str(wrong)), icon=":material/info:")
        return
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.subheader("Head by head", anchor=False)
        rows = [ablating.short(name.removesuffix(".z")) for name in heads]
        table = _padded(list(heads.values()))
        grid_view(
            f"patch-heads-{run.id}",
            table,
            rows,
            [f"H{n + 1}" for n in range(table.shape[1])],
            title="Restored by each head",
            hint="a head's output at all positions",
            least_scale=0.2,
        )
    with right:
        st.subheader("Position by position", anchor=False)
        _by_position(run, places)


def _by_position(run: Run, places: dict[str, list[float]]) -> None:
    """Of an encoder over the source, of all else over the tokens."""
    tokens, source = st.session_state["patched-tokens"]
    for side, columns in (("encoder", source), ("", tokens)):
        mine = {name: values for name, values in places.items() if name.startswith("encoder.") == bool(side)}
        if mine:
            grid_view(
                f"patch-places-{run.id}-{side}",
                np.array(list(mine.values())),
                [f"into {ablating.short(name)}" for name in mine],
                columns,
                title="Restored by each position",
                tokens=True,
                hint="the residual stream as it comes into a layer",
                least_scale=1.0,
            )


def _tried(patches: Any) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for patch in patches:
        found.setdefault(patch.place, []).append(patch.restored)
    return found


def _padded(rows: list[list[float]]) -> np.ndarray:
    widest = max(len(row) for row in rows)
    return np.array([[*row, *[np.nan] * (widest - len(row))] for row in rows])
