"""Files of vectors in a real browser: opened, asked in every way, taken along again; a broken one is a sentence."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT, Serve, Visit, settle

APP = ROOT / "app.py"
WORDS = {"king": [1, 0, 0.2], "queen": [1, 1, 0.2], "man": [0, 0, 1], "woman": [0, 1, 1], "<img/src=x>": [0.2, 0.1, 0.1], "国王": [0.9, 0.1, 0.1]}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory):
    return tmp_path_factory.mktemp("vectors")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory):
    """A file with a list of its words beside it, and one that is cut short."""
    folder = tmp_path_factory.mktemp("files")
    np.save(folder / "royal.npy", np.array(list(WORDS.values()), np.float32))
    (folder / "royal.words.txt").write_text("\n".join(WORDS), "utf-8")
    (folder / "broken.txt").write_text("2 3\nking 1 2 3\nqueen 1 2\n")
    return folder


def opened(page: Page, *paths) -> None:
    page.locator("[data-testid=stFileUploader] input[type=file]").first.set_input_files([str(path) for path in paths])
    page.locator(".st-key-vectors-open button").click()


def choose(page: Page, label: str, option: str) -> None:
    """Chooses from a list."""
    page.get_by_label(label, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()


def test_a_pair_of_files_is_opened_and_asked_in_every_way(serve: Serve, visit: Visit, home, pair):
    page = visit(f"{serve(APP, home)}/vectors")
    opened(page, pair / "royal.npy", pair / "royal.words.txt")
    expect(page.get_by_text("6 words of 3 numbers")).to_be_visible()
    page.get_by_role("link", name="Explore the map").click()
    settle(page)
    expect(page.locator(".orrery.map canvas").first).to_be_visible()
    page.get_by_label("Word", exact=True).fill("国王")
    expect(page.get_by_text("Nearest to 国王 by cosine")).to_be_visible()
    choose(page, "By", "dot product")
    expect(page.get_by_text("Nearest to 国王 by dot product")).to_be_visible()
    choose(page, "Ask for", "Analogy")
    field = page.get_by_label("Add and take away words")
    field.fill("king - man + woman")
    field.press("Enter")
    expect(page.get_by_text("Nearest to king + woman − man")).to_be_visible()
    expect(page).to_have_url(re.compile("ask=analogy"))
    again = visit(page.url)
    expect(again.get_by_text("Nearest to king + woman − man")).to_be_visible()
    choose(again, "Ask for", "Odd one out")
    again.get_by_role("textbox", name="Words", exact=True).fill("king, queen, <img/src=x>, man")
    again.get_by_role("textbox", name="Words", exact=True).press("Enter")
    expect(again.get_by_text("is the odd one")).to_be_visible()
    assert again.locator("img[src=x]").count() == 0


def test_what_is_opened_can_be_taken_along_in_another_form(serve: Serve, visit: Visit, home, pair):
    page = visit(f"{serve(APP, home)}/vectors?format=vec")
    page.locator(".st-key-vectors-write button").click()
    link = page.get_by_role("button", name=re.compile(r"royal.*\.vec"))
    expect(link).to_be_visible()
    with page.expect_download() as download:
        link.click()
    lines = download.value.path().read_text("utf-8").splitlines()
    assert lines[0] == "6 3"
    assert lines[1].split() == ["king", "1", "0", "0.2"]


def test_a_broken_file_is_a_sentence(serve: Serve, visit: Visit, home, pair):
    page = visit(f"{serve(APP, home)}/vectors")
    opened(page, pair / "broken.txt")
    expect(page.get_by_text("Line 3 of broken.txt")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_attention_from_elsewhere_is_opened_and_looked_at(serve: Serve, visit: Visit, home, pair):
    weights = np.tril(np.ones((1, 2, 3, 3))) / np.arange(1, 4)[:, None]
    np.savez(pair / "theirs.npz", attentions=weights, tokens=["the", "<img/src=x>", "国王"])
    page = visit(f"{serve(APP, home)}/vectors")
    page.locator("[data-testid=stFileUploader] input[type=file]").nth(1).set_input_files(str(pair / "theirs.npz"))
    page.locator(".st-key-attention-open button").click()
    expect(page.get_by_text("Self-attention of 1 layer x 2 heads")).to_be_visible()
    view = page.locator(".attention .panes")
    view.focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    expect(page.locator(".attention .headline")).to_contain_text("国王” attends most to “the”, 0.333".replace("“", "").replace("”", ""))
    assert page.locator("img[src=x]").count() == 0
