"""Training pairs in a real browser: a centre by click and by key, a walk that goes by itself and can be paused, words that are nothing but words."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT, Serve, Visit, settle

APP = ROOT / "app.py"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory):
    return tmp_path_factory.mktemp("pairs")


def opened(serve: Serve, visit: Visit, home, sentence: str, **more: str) -> Page:
    parts = {"corpus": "small-world", "own": quote(sentence), "pairs-window-subsample_threshold": "0", **more}
    page = visit(f"{serve(APP, home)}/pairs?" + "&".join(f"{name}={value}" for name, value in parts.items()))
    expect(page.locator(".pairs .word.centre")).to_be_visible(timeout=60_000)
    return page


def centre(page: Page):
    return page.locator(".pairs .word.centre .text")


def test_a_click_and_the_arrow_keys_move_the_centre_and_the_address_follows(serve: Serve, visit: Visit, home):
    page = opened(serve, visit, home, "the king and the queen", at="2")
    expect(centre(page)).to_have_text("king")
    expect(page.locator(".pairs .box.target .text")).to_have_text("king")
    page.locator(".pairs .word").nth(4).click()
    expect(centre(page)).to_have_text("queen")
    expect(page).to_have_url(re.compile("at=5"))
    page.keyboard.press("ArrowLeft")
    expect(centre(page)).to_have_text("the")
    page.keyboard.press("ArrowLeft")
    expect(centre(page)).to_have_text("and")
    expect(page).to_have_url(re.compile("at=3"))
    again = visit(page.url)
    expect(centre(again)).to_have_text("and")


def test_it_walks_by_itself_until_it_is_paused(serve: Serve, visit: Visit, home):
    page = opened(serve, visit, home, "the king and the queen", at="1")
    page.locator(".st-key-pairs-play button").click()
    expect(centre(page)).to_have_text("king", timeout=30_000)
    expect(centre(page)).to_have_text("and", timeout=30_000)
    page.locator(".st-key-pairs-play button").click()
    expect(page.locator(".st-key-pairs-play button")).to_have_text(re.compile("Play"))
    settle(page)
    expect(page).to_have_url(re.compile(r"at=[345]"))
    assert "play" not in page.url


def test_words_are_nothing_but_words(serve: Serve, visit: Visit, home):
    page = opened(serve, visit, home, "king <img src=x onerror=document.title='owned'> 国王 queen", at="1")
    expect(page.locator(".pairs .word.unknown").first).to_be_visible()
    assert page.locator("img[src=x]").count() == 0
    assert "owned" not in page.title()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_objective_is_drawn(serve: Serve, visit: Visit, home, scheme):
    parts = {"objective": "subword-skip-gram", "output": "hierarchical", "subwords-window-subsample_threshold": "0"}
    page = opened(serve, visit, home, "the hungarian prince and the queen", at="2", **parts)
    expect(page.locator(".pairs .boxes.many .box").first).to_be_visible()
    page.get_by_text("GloVe", exact=True).click()
    expect(page.locator(".pairs .cells .text").first).to_be_visible()
    expect(page).to_have_url(re.compile("objective=glove"))
