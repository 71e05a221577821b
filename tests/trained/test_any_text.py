"""Whatever text a model is asked about, it answers or says in words why it cannot: at the narrowest context that its settings allow, too."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core.generation.sampling import Sampling
from core.inspection import masking, patching
from core.settings import ranges
from core.systems import offering
from core.text import tokenizers
from core.text.tokenizing import TokenizerSettings
from tests.conversion.test_export import TEXT, encoded
from tests.test_systems import tiny

TEXTS = (
    "", " \n\t\n", "\t", "x" * 3000, "[MASK] [MASK]\t[MASK] " + "[MASK] " * 60, "the king\n" + "the queen " * 60, "the king\tthe land\tthe queen",
    "<extra_id_99> the <extra_id_7> " + "<extra_id_0> " * 30, "\u202e👩‍👩‍👧 \x00 ẞ \ufeff ☃",
)  # fmt: skip


def under_their_own_masks(trained: Any, text: str) -> None:
    """Each kind of attention that the model has, as the mask lab asks for it."""
    reading = trained.read(text)
    for each in trained.patterns(text):
        with masking.masked(trained.model, reading.batch, each.part, each.allowed) as batch:
            masking.under(trained.model, batch, reading.tokens, reading.source)


def questions(trained: Any, offers: frozenset[str], text: str) -> Iterator[Callable[[], object]]:
    yield lambda: trained.read(text)
    yield lambda: trained.contextual(text)
    yield lambda: trained.settled(text)
    yield from (lambda way=way: trained.under(way).read(text) for way in trained.ways)
    if "attention" in offers:
        yield lambda: trained.patterns(text)
        yield lambda: under_their_own_masks(trained, text)
        yield lambda: patching.asked(trained.model, trained.read(text).batch, trained.read("the king rules").batch)
    if "fill" in offers:
        yield lambda: trained.fill(text)
    if "next_sentence" in offers:
        yield lambda: trained.judged(text)
    if "translate" in offers:
        yield lambda: trained.searched(text.partition("\t")[0], width=2)
    if "restore" in offers:
        yield lambda: trained.restoration(text)
    if "generate" in offers:
        yield lambda: list(trained.drawn(trained.begun(text), 2, 1, Sampling(), n_alternatives=100))
    else:
        yield lambda: trained.answer(text)


@pytest.mark.parametrize("row", offering("objective"), ids=lambda row: row.name)
def test_it_answers_any_text_or_says_why_it_cannot(row: Any) -> None:
    known = ranges(row.settings)
    settings = tiny(row, n_layers=1, d_model=8, n_ctx=known["n_ctx"].low)
    tokenizer = tokenizers.train([TEXT], TokenizerSettings(kind="word", min_count=1, punctuation=True))
    learner = row.load_learner()
    trained = learner.look(learner.build(settings, tokenizer.vocab_size).eval(), tokenizer, settings)
    asked = refused = 0
    for text in TEXTS:
        for question in questions(trained, row.offers, text):
            asked += 1
            with contextlib.suppress(ValueError):
                question()
                continue
            refused += 1
    assert 0 < refused < 0.7 * asked, "most can be answered"


def test_texts_whose_sources_differ_in_length_are_not_patched_into_each_other() -> None:
    row = next(row for row in offering("attention") if row.name == "transformer")
    tokenizer = tokenizers.train([TEXT], TokenizerSettings(kind="word", min_count=1, punctuation=True))
    trained = row.load_learner()(tiny(row), encoded(tokenizer)).trained
    one, other = (trained.read(f"{source}\tthe land").batch for source in ("the king", "the old king"))
    with pytest.raises(ValueError, match="The two sources have 2 and 3 tokens"):
        patching.asked(trained.model, one, other)
