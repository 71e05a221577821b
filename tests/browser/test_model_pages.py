"""Pages that ask a trained model, in a real browser: an alternative is taken, a mask edited, an example walked through; each view is its address."""

import os
import re
import shutil

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ROOT, Serve, Visit, settle

APP = ROOT / "app.py"
HOSTILE = "<img src=x onerror=document.title='owned'>"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory):
    """A workspace with a tiny GPT."""
    folder = tmp_path_factory.mktemp("models")
    before, os.environ["ORRERY_HOME"] = os.environ.get("ORRERY_HOME"), str(folder)
    from core.systems import system
    from core.text.corpora import add_text
    from core.text.tokenizing import TokenizerSettings
    from core.training.run import RunConfig, create
    from core.training.trainer import train

    row, corpus = system("gpt"), add_text("small", f"the king rules the land . the queen {HOSTILE} rules the land . " * 60).id
    settings = row.settings(n_layers=1, n_heads=2, d_model=16, n_ctx=24, batch_size=4, n_steps=20, warmup_steps=2)
    tokenizer = TokenizerSettings(kind="word", min_count=1, punctuation=True)
    train(create(RunConfig("gpt", corpus, tokenizer, settings, name="tiny", probes=("the king rules",), report_every=10, eval_every=20)))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
    if before is None:
        del os.environ["ORRERY_HOME"]
    else:
        os.environ["ORRERY_HOME"] = before


def test_an_alternative_is_taken_in_a_tokens_place_and_the_link_is_the_view(serve: Serve, visit: Visit, home):
    page = visit(f"{serve(APP, home)}/generate?run=tiny&text=the+king&tokens=6")
    steps = page.locator(".steps")
    expect(steps.locator(".token.given")).to_have_count(2)
    written = steps.locator(".token:not(.given)")
    expect(written).to_have_count(6)
    written.nth(2).click()
    other = steps.locator("button.row:not(.this)").first
    word = other.locator(".text").inner_text()
    other.click()
    expect(page).to_have_url(re.compile(r"take=2\.\d+"))
    expect(steps.locator(".token.taken")).to_have_text(word)
    settle(page)
    before = written.all_inner_texts()
    again = visit(page.url, scheme="dark")
    expect(again.locator(".steps .token:not(.given)")).to_have_text(before)
    assert page.title() != "owned"


def test_a_mask_is_edited_by_clicks_and_keys_and_kept_in_the_address(serve: Serve, visit: Visit, home):
    page = visit(f"{serve(APP, home)}/masks?run=tiny&text=the+king+rules+the+land")
    canvas = page.locator(".mask canvas")
    expect(page.get_by_text("0 of 25 cells differ")).to_be_visible()
    box = canvas.bounding_box()
    grid = page.locator(".mask").evaluate("root => root.view.grid")
    canvas.click(position={"x": grid["left"] + 3.5 * grid["cell"], "y": grid["top"] + 1.5 * grid["cell"]})
    expect(page.get_by_text("1 of 25 cells differ")).to_be_visible()
    expect(page).to_have_url(re.compile("cells="))
    canvas.focus()
    for key in ("ArrowUp", "ArrowRight", " "):
        canvas.press(key)
    expect(page.get_by_text("2 of 25 cells differ")).to_be_visible()
    look = lambda page, what: page.locator(".attention").evaluate(f"async root => {{ const view = root.view; return {what}; }}")  # noqa: E731
    page.locator(".attention").get_by_role("button", name="Difference").click()
    expect(page).to_have_url(re.compile("state=difference"))
    expect(page.locator(".attention .detail")).to_contain_text("after less before")
    before, after = look(page, "[0, 1].map((step) => [...view.weights.plain(step, 0, 0)])")
    assert look(page, "[...view.sheet.values]") == pytest.approx([b - a for a, b in zip(before, after, strict=True)], abs=1e-6)
    assert look(page, "[...view.sheet.masked].map((cause, i) => [cause, i]).filter(([cause]) => cause === 6).map(([, i]) => i)") == [4, 8], "the edited cells"
    settle(page)
    again = visit(page.url)
    expect(again.get_by_text("2 of 25 cells differ")).to_be_visible()
    expect(again.locator(".attention .detail")).to_contain_text("after less before")
    again.get_by_text("In the first layer only").click()
    expect(again).to_have_url(re.compile("first-only=true"))
    assert box is not None


def test_a_permutation_is_made_by_moving_its_tokens(serve: Serve, visit: Visit, home):
    page = visit(f"{serve(APP, home)}/masks?run=tiny&text=the+king+rules&mask=permutation")
    chips = page.locator(".mask .chip")
    expect(chips).to_have_count(3)
    chips.nth(2).focus()
    page.keyboard.press("Alt+ArrowLeft")
    expect(page).to_have_url(re.compile("order=0-2-1"))
    expect(chips.nth(1)).to_contain_text("rules")
    settle(page)
    first, last = chips.nth(0).bounding_box(), chips.nth(2).bounding_box()
    page.mouse.move(first["x"] + 8, first["y"] + 8)
    page.mouse.down()
    page.mouse.move(last["x"] + last["width"] - 4, last["y"] + 8, steps=6)
    page.mouse.up()
    expect(page).to_have_url(re.compile("order=2-1-0"))


def test_an_example_is_walked_through_by_keys_and_hostile_tokens_stay_text(serve: Serve, visit: Visit, home):
    page = visit(f"{serve(APP, home)}/objectives?run=tiny&systems=gpt&text={HOSTILE}+the+king")
    example = page.locator(".example")
    expect(example.locator(".token").first).to_be_visible()
    expect(example.locator(".loss").first).to_have_text(re.compile(r"\d\.\d\d"))
    example.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(example.locator(".token.looks")).to_have_count(1)
    expect(example.locator(".says")).to_contain_text("may see 2 of")
    page.keyboard.press("Escape")
    expect(example.locator(".token.looks")).to_have_count(0)
    assert page.title() != "owned"


def test_heads_are_switched_off_measured_and_trained_on_without(serve: Serve, visit: Visit, home):
    page = visit(f"{serve(APP, home)}/ablation?run=tiny&text=the+king+rules")
    expect(page.get_by_text("0 off. 0 of 3 predictions")).to_be_visible()
    grid = page.locator(".grid canvas").first
    grid.focus()
    for key in ("ArrowRight", "ArrowRight", " "):
        grid.press(key)
    expect(page).to_have_url(re.compile("off=blocks.0.attention"))
    expect(page.get_by_text("1 off.")).to_be_visible()
    page.get_by_role("button", name="Measure every head").click()
    expect(page.get_by_text("nats that the held-out loss rises")).to_be_visible(timeout=60_000)
    settle(page)
    page.get_by_role("button", name="Train on without them").click()
    expect(page.get_by_text("Began with what the run tiny had learnt")).to_be_visible(timeout=120_000)


def test_two_sentences_are_patched_and_layers_looked_through(serve: Serve, visit: Visit, home):
    page = visit(f"{serve(APP, home)}/patching?run=tiny&clean=the+king+rules&other=the+queen+rules")
    expect(page.locator(".grid canvas.focusable")).to_have_count(2)
    page.get_by_label("The same with another word").fill("queen")
    page.keyboard.press("Enter")
    expect(page.get_by_text("have 3 and 1 tokens")).to_be_visible()
    page.goto(page.url.split("/patching")[0] + f"/lens?run=tiny&text={HOSTILE}+the")
    canvas = page.locator(".grid canvas.focusable")
    canvas.focus()
    canvas.press("ArrowRight")
    expect(page.locator(".grid .says")).to_contain_text("after layer 1")
    assert page.title() != "owned"


def test_heads_are_shown_by_role_and_over_time(serve: Serve, visit: Visit, home):
    page = visit(f"{serve(APP, home)}/heads?run=tiny&text=the+king+rules+the+land%0Athe+queen+rules")
    expect(page.get_by_text("Share of a head's attention")).to_be_visible()
    canvas = page.locator(".grid canvas.focusable")
    canvas.focus()
    for _ in range(2):  # the first one enters
        canvas.press("ArrowDown")
    expect(page.locator(".grid .says")).to_contain_text("L1 H2")
    expect(page.locator(".grid .says")).to_contain_text("an even spread would give")
    canvas.press(" ")
    expect(page.get_by_text("Look at layer 1, head 2")).to_be_visible()
    expect(page.locator(".curve")).to_be_visible()
