"""Attention and models from elsewhere, on the page Files and where they are shown."""

from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st

from core import attention_files
from pages.ui import load
from tests.pages.test_pages import home, open_page, said  # noqa: F401
from tests.test_attention_files import PAST, SELF, TOKENS, npz


@pytest.fixture
def upload(monkeypatch):
    """What the uploader holds: AppTest cannot fill it."""
    held: dict[str, bytes] = {}

    def uploader(*_, accept_multiple_files=False, **__):
        files = [SimpleNamespace(name=name, getvalue=lambda each=each: each) for name, each in held.items()]
        return [] if accept_multiple_files else next(iter(files), None)

    monkeypatch.setattr(st, "file_uploader", uploader)
    return held


def test_a_file_of_attention_is_opened_looked_at_and_removed(home, upload):  # noqa: F811
    upload["my <i>.npz"] = npz(attentions=np.stack([SELF, SELF]), tokens=TOKENS, steps=[1, 5])
    app = open_page("vectors")
    app.button(key="attention-open").click().run()
    assert not app.exception
    (kept,) = attention_files.opened()
    shown = open_page("attention", run=kept.id, layer="2")
    assert not shown.exception
    assert "2 layers x 3 heads, 4 x 4 tokens, at 2 steps" in said(shown)
    (history,) = load.kept_attention(kept)
    assert history.steps == [1, 5]
    assert np.array_equal(history.allowed, PAST)
    assert "previous token" in history.scores
    upload.clear()
    app = open_page("vectors")
    app.button(key=f"remove-really-{kept.id}").click().run()
    assert attention_files.opened() == []
    assert "no run with attention heads" in said(open_page("attention", run=kept.id)).replace("\\", "")


def test_a_broken_file_of_attention_is_answered_with_what_to_save(home, upload):  # noqa: F811
    upload["broken.npz"] = npz(attentions=SELF)
    app = open_page("vectors")
    app.button(key="attention-open").click().run()
    assert not app.exception
    assert "no “tokens”" in said(app)
    assert "numpy.savez" in said(app).replace("\\", "")
    assert attention_files.opened() == []


def test_a_model_that_is_nowhere_is_answered_with_the_remedy(home, monkeypatch):  # noqa: F811
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HUB_CACHE", str(home / "hub"))
    app = open_page("vectors")
    app.text_input(key="model-folder").set_value("some/bert").run()
    app.button(key="open-model").click().run()
    assert not app.exception
    assert "hf download some/bert" in said(app).replace("\\", "")
