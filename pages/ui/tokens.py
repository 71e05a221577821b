"""Pieces of a text as people can see them: boxes side by side, merges as rows."""

import html
import re

import streamlit as st

from core.embeddings.ngrams import character_ngrams as ngrams
from core.text import corpora
from core.text.tokenizers import Tokenizer, train
from core.text.tokenizing import TokenizerSettings
from pages.ui import say

SAMPLE = 2_000_000  # bytes of the text that the tokenizers learn from
KINDS = {"word": "Words", "character": "Characters", "bpe": "BPE", "wordpiece": "WordPiece"}


def tokenizers(corpus: str, vocab_size: int) -> dict[str, Tokenizer]:
    """One of each kind, trained on a sample of the corpus."""
    bar = st.progress(0.0, text="cutting the text")
    try:
        found = corpora.find(corpus, lambda what, share: bar.progress(min(share or 0.0, 1.0), text=say.plain(what)) and None)
        made = {kind: _tokenizer(found.id, found.digest, kind, vocab_size if kind in ("bpe", "wordpiece") else 50_000) for kind in KINDS}
    except (ValueError, OSError) as wrong:
        bar.empty()
        st.error(say.plain(str(wrong)), icon=":material/block:")
        st.stop()
    bar.empty()
    return made


@st.cache_resource(max_entries=32, show_spinner="Learning how to cut…")
def _tokenizer(corpus: str, digest: str, kind: str, vocab_size: int) -> Tokenizer:
    found = corpora.find(corpus)
    # Stretches from all over the text: nobody should wait here for the whole of it.
    texts = [text for n, (text, _) in enumerate(found.blocks(SAMPLE // 8)) if n % max(1, found.n_bytes // SAMPLE) == 0]
    return train(texts, TokenizerSettings(kind=kind, vocab_size=vocab_size, lowercase=False, punctuation=True))


def side_by_side(made: dict[str, Tokenizer], text: str) -> None:
    """The same sentence under each kind, with the number of tokens and the size of the vocabulary."""
    for kind, tokenizer in made.items():
        pieces, ids = tokenizer.pieces(text), tokenizer.encode(text)
        st.markdown(f"**{KINDS[kind]}** :gray[{len(pieces)} tokens, vocabulary of {tokenizer.vocab_size:,}]")
        st.html(boxes(pieces, [f"id {i}" for i in ids], [i == tokenizer.unk_id for i in ids]))


def merges(tokenizer: Tokenizer, text: str) -> None:
    """A word of the sentence: its bytes, then what each merge leaves."""
    words = list(dict.fromkeys(re.findall(r"\w+", text)))
    if not words:
        return
    word = st.selectbox("Word", words, index=max(range(len(words)), key=lambda i: len(words[i])), key="merged-word")
    steps = tokenizer.bpe_steps(" " + word)
    step = st.slider("Merges", 0, len(steps) - 1, len(steps) - 1, key=f"merges-{word}") if len(steps) > 1 else 0
    for number, pieces in enumerate(steps[: step + 1]):
        new = set(range(len(pieces))) if not number else {i for i, piece in enumerate(pieces) if piece not in steps[number - 1]}
        st.html(boxes(pieces, [f"after {number} merges"] * len(pieces), [False] * len(pieces), new if number else set()))


def character_ngrams(text: str) -> None:
    """The pieces that fastText adds up for a word."""
    words = list(dict.fromkeys(re.findall(r"\w+", text)))
    if not words:
        return
    columns = st.columns([2, 3], vertical_alignment="bottom")
    with columns[0]:
        word = st.selectbox("Word", words, key="ngram-word")
    with columns[1]:
        low, high = st.slider("Lengths", 1, 8, (3, 6), key="ngram-lengths")
    pieces = ngrams(word, low, high)
    st.caption(f"{len(pieces)} n-grams of “<{say.plain(word)}>”; its vector in fastText is the mean of theirs and its own.")
    st.html(boxes(pieces, [f"{len(piece)} characters" for piece in pieces], [False] * len(pieces)))


def boxes(pieces: list[str], hints: list[str], unknown: list[bool], marked: set[int] = frozenset()) -> str:
    """Pieces as escaped boxes; blanks and line ends are made visible."""
    drawn = []
    for i, (piece, hint, missing) in enumerate(zip(pieces, hints, unknown, strict=True)):
        look = "token unknown" if missing else "token marked" if i in marked else "token"
        visible = piece.replace(" ", "␣").replace("\n", "⏎").replace("\t", "⇥") or "∅"
        drawn.append(f'<span class="{look}" title="{html.escape(hint)}">{html.escape(visible)}</span>')
    return f'<div class="tokens">{"".join(drawn)}</div>'
