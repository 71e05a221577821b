"""Every page that looks into a model, on every system that has attention: what it can show it shows, what it cannot it says."""

import shutil

import numpy as np
import pytest

from core.systems import offering, system
from core.text import tokenizers
from core.text.corpora import add_text
from core.text.corpora import find as corpus_of
from core.text.tokenizing import TokenizerSettings
from core.training.run import Run, RunConfig, create
from core.training.trainer import train
from pages.ui import atlas, load, patching, under_mask
from tests.pages.test_pages import home, open_page, said  # noqa: F401 - the fixture

PAGES = ("attention", "heads", "masks", "ablation", "patching", "lens")
HOSTILE = "<img src=x onerror=alert(1)> 😀 **b**"
ODD = {
    "step": "-3", "layer": "99", "head": "x", "token": "0", "part": "none", "mask": "window", "at": "-9", "cells": "%%%é", "order": "3-3", "read": "?",
    "view": "flow", "off": "blocks.9:1,:,x", "how": "?", "pick": "-77777", "role": "?", "formed": "?", "colour": "?", "influence": "?", "state": "?",
}  # fmt: skip


def trained(name: str, **changes: object) -> Run:
    row = system(name)
    settings = {"d_model": 16, "n_heads": 2, "n_layers": 2, "n_ctx": 24, "batch_size": 4, "n_steps": 2, "warmup_steps": 1, "dropout": 0.0, **changes}
    known = {field: value for field, value in settings.items() if field in row.settings.__dataclass_fields__}
    pairs = "generate" not in row.offers and "translate" in row.offers
    corpus = corpus_of("task:reverse:400:1") if pairs else add_text("small", "the king sees the land .\nthe queen rules .\n" * 90)
    tokenizer = TokenizerSettings(kind="character" if pairs else "word", min_count=1)
    run = create(RunConfig(name, corpus.id, tokenizer, row.settings(**known), report_every=1, eval_every=2))
    train(run)
    return run


@pytest.mark.parametrize("row", offering("attention"), ids=lambda row: row.name)
def test_every_page_answers_every_system(home, row):  # noqa: F811
    run = trained(row.name)
    for page in PAGES:
        app = open_page(page, run=run.id)
        assert not app.exception, page
        assert not app.error, (page, said(app))


@pytest.mark.parametrize("name", ["transformer", "t5"])
def test_patching_begins_with_two_sources_that_share_a_target(home, name):  # noqa: F811
    app = open_page("patching", run=trained(name).id)
    assert "Head by head" in [each.value for each in app.subheader]
    assert all("→" in field.value for field in app.text_input)


def test_what_is_patched_in_an_encoder_stands_under_the_sources_tokens(home, monkeypatch):  # noqa: F811
    drawn = []
    monkeypatch.setattr(patching, "grid_view", lambda key, values, rows, columns, **more: drawn.append((rows, columns, values.shape)))
    monkeypatch.setattr(patching.st, "session_state", {"patched-tokens": (["[BOS]", "das"], ["the", "land"])})
    patching._by_position(trained("t5"), {"encoder.0.resid_pre": [0.0, 1.0], "decoder.0.resid_pre": [0.0, 0.0]})
    assert drawn == [(["into encoder 1"], ["the", "land"], (1, 2)), (["into decoder 1"], ["[BOS]", "das"], (1, 2))]


@pytest.mark.parametrize("name", ["transformer", "xlnet"])
def test_whatever_an_address_says_is_taken_as_far_as_it_can(home, name):  # noqa: F811
    run = trained(name)
    for page in PAGES:
        assert not open_page(page, run=run.id, text=HOSTILE, **ODD).exception, page


def test_a_decoder_without_attention_is_none_of_the_runs_that_can_be_looked_into(home):  # noqa: F811
    run = trained("seq2seq", attention="none")
    for page in PAGES:
        app = open_page(page, run=run.id)
        assert not app.exception, page
        assert "no run with" in said(app), page


def test_a_run_whose_files_go_is_answered_in_words(home):  # noqa: F811
    run = trained("gpt")
    first, last = run.snapshots()[0], run.snapshots()[-1]
    (first.folder / "weights.safetensors").unlink(missing_ok=True)
    (last.folder / "attention.safetensors").write_bytes(b"cut short")
    for page in PAGES:
        assert not open_page(page, run=run.id, step=str(first.step)).exception, page
    shutil.rmtree(run.folder)
    for page in PAGES:
        app = open_page(page, run=run.id)
        assert not app.exception, page
        assert "no run" in said(app), page


def test_no_text_one_token_and_a_text_that_is_too_long_are_answered(home):  # noqa: F811
    run = trained("gpt")
    for text in ("the", "😀", "the king " * 600):
        for page in PAGES:
            assert not open_page(page, run=run.id, text=text, clean=text, other=text).exception, (page, text)
    for page, view in (("attention", ""), ("attention", "inside"), ("attention", "flow"), ("masks", ""), ("ablation", ""), ("lens", "")):
        assert "tokens are left out" in said(open_page(page, run=run.id, text="the king " * 60, view=view)), (page, view)


def test_a_text_read_in_one_way_is_not_taken_for_the_same_tokens_read_in_another(home):  # noqa: F811
    run = trained("unilm")
    model = load.trained(run, run.snapshots()[-1].step)
    read = [model.under(way).read("the king\tsees the land").batch for way in model.ways]
    assert len({under_mask.key_of(run, 2, batch) for batch in read}) == len(model.ways) == 4
    assert under_mask.key_of(run, 2, read[0]) == under_mask.key_of(run, 2, model.under(model.ways[0]).read("the king\tsees the land").batch)


def test_the_moments_are_the_largest_rises_one_a_head():
    scores = np.array([[0.0, 0.1, 0.0], [0.1, 0.1, 0.04], [0.7, 0.3, 0.04], [0.8, 0.85, 0.0]])
    assert atlas.jumps(scores) == [(1, 0), (2, 1)]


@pytest.mark.parametrize("kind", ["word", "bpe", "character", "wordpiece"])
def test_the_sentence_that_patching_begins_with_has_another_word_and_as_many_tokens(kind):
    text = "every king sees the queen of the land"
    tokenizer = tokenizers.train([f"{text} . every queen rules the land of kings ."] * 9, TokenizerSettings(kind=kind, vocab_size=320, min_count=1))
    other = patching.changed(text, tokenizer)
    assert other != text
    assert len(tokenizer.encode(other)) == len(tokenizer.encode(text))
    assert patching.changed("", tokenizer) == ""
    hidden, _, target = patching.changed("every king <extra_id_0> the queen\tthe king", tokenizer).partition("\t")
    assert "<extra_id_0>" in hidden
    assert target == "the king"


def test_what_comes_again_is_what_followed_the_same_token_before():
    assert atlas.comes_again(list("abcabd")).tolist() == [False, False, False, True, False, False]
    assert atlas.comes_again([]).tolist() == []
