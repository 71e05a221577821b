"""The pages as people meet them: a fresh server, a click on a starting card, the map that moves, the heads that form."""

import re

import pytest
from playwright.sync_api import Page, expect

from pages.ui.frame import PAGES as MENU
from tests.browser.conftest import ROOT, Serve, Visit, settle

APP = ROOT / "app.py"


def heading(stem: str) -> str:
    """What a page calls itself: the second thing that it tells the frame."""
    return re.search(r'frame\.enter\(\s*"\w+",\s*"([^"]+)"', (ROOT / "pages" / f"{stem}.py").read_text("utf-8"))[1]


PAGES = {stem: heading(stem) for rows in MENU.values() for stem, _, _ in rows}
LONG = 120_000  # ms: a fresh machine compiles kernels and makes its text first


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory):
    """A workspace that the tests of this file share, with a small text in it, so that the built-in ones need not be made."""
    import os

    folder = tmp_path_factory.mktemp("workspace")
    before, os.environ["ORRERY_HOME"] = os.environ.get("ORRERY_HOME"), str(folder)
    from core.text.corpora import find

    corpus = find("small-world:3000:1")
    yield folder, corpus.id
    from core.training.run import runs

    for run in runs():
        run.delete()
    if before is None:
        del os.environ["ORRERY_HOME"]
    else:
        os.environ["ORRERY_HOME"] = before


@pytest.fixture(scope="module")
def fresh(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A server that nobody has asked for anything but these pages."""
    return serve(APP, tmp_path_factory.mktemp("fresh"))


@pytest.mark.parametrize("page", [name for name in PAGES if name != "home"])
def test_the_first_request_to_a_fresh_server_may_be_a_deep_link_and_so_may_all_later_ones(fresh: str, visit: Visit, page):
    shown = visit(f"{fresh}/{page}?kept=yes")
    expect(shown.get_by_role("heading", name=PAGES[page], exact=True)).to_be_visible()
    menu = shown.get_by_test_id("stSidebarNav")
    expect(menu.get_by_role("link")).to_have_count(len(PAGES))
    assert menu.get_by_text("Embeddings", exact=True).count() == 1  # not the raw name of a file
    assert "kept=yes" in shown.url


def test_the_very_first_page_of_a_server_looks_as_all_later_ones(serve: Serve, visit: Visit, tmp_path):
    address = serve(APP, tmp_path)
    widths = [visit(address).get_by_test_id("stSidebar").bounding_box()["width"] for _ in range(2)]
    assert widths == [220, 220]


@pytest.mark.parametrize(("scheme", "colour"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(16, 24, 29)")])
def test_what_a_button_says_can_be_read_in_both_themes(serve: Serve, visit: Visit, home, scheme, colour):
    page = visit(serve(APP, home[0]), scheme=scheme)
    expect(page.get_by_test_id("stBaseButton-primary").first).to_have_css("color", colour)


def train(visit: Visit, address: str, query: str) -> Page:
    """Starts a run from the form and waits until it is done."""
    page = visit(f"{address}/train?{query}")
    page.locator(".st-key-start button").first.click()
    done = page.get_by_text(re.compile("done$")).first  # the state, not the sentence "... as soon as the first steps are done."
    expect(page.get_by_text("Pause").or_(done).first).to_be_visible(timeout=LONG)
    assert "run=" in page.url
    expect(done).to_be_visible(timeout=LONG)
    return page


def test_from_training_to_the_map_to_a_words_neighbours(serve: Serve, visit: Visit, home):
    folder, corpus = home
    address = serve(APP, folder)
    page = train(visit, address, f"system=skip-gram&corpus={corpus}&skip-gram-d_model=16&skip-gram-n_steps=60&skip-gram-batch_size=5000&name=first")
    expect(page.locator(".orrery canvas").first).to_be_visible()
    page.get_by_role("link", name="Embeddings").click()
    settle(page)
    search = page.get_by_label("Word", exact=True)
    search.fill("king")
    expect(page.get_by_text("Nearest to king by cosine")).to_be_visible()
    expect(page).to_have_url(re.compile(r"word=king"))
    again = visit(page.url)  # the link is the view
    expect(again.get_by_text("Nearest to king by cosine")).to_be_visible()
    search = again.get_by_label("Word", exact=True)
    search.fill("<script>alert(1)</script>")
    expect(again.get_by_text("is not among the")).to_be_visible()


def test_from_training_to_attention_of_a_sentence_of_ones_own(serve: Serve, visit: Visit, home):
    folder, corpus = home
    address = serve(APP, folder)
    small = "gpt-n_layers=2&gpt-n_heads=2&gpt-d_model=16&gpt-n_ctx=16&gpt-n_steps=40&gpt-batch_size=4"
    page = train(visit, address, f"system=gpt&corpus={corpus}&{small}&gpt-text-kind=word&gpt-text-vocab_size=400&name=second")
    page.get_by_role("link", name="Attention").click()
    settle(page)
    expect(page.locator(".orrery canvas").first).to_be_visible()
    sentence = page.get_by_label("Sentence", exact=True)
    sentence.fill("the king saw <img src=x onerror=alert(1)> and the queen")
    sentence.press("Enter")
    expect(page.locator(".stSpinner")).to_have_count(0, timeout=LONG)
    settle(page)
    expect(page).to_have_url(re.compile(r"text="))
    assert page.locator("img[src=x]").count() == 0
    assert page.get_by_test_id("stAlert").count() == 0
    expect(page.locator(".attention .headline")).to_contain_text("The strongest")
    page.get_by_text("Inside one head", exact=True).click()
    settle(page)
    entropy = page.locator(".inside .detail")
    expect(entropy).to_contain_text(re.compile(r"Layer 1, head 1 · entropy \d\.\d\d bits with the scale, \d\.\d\d without$"))
    page.locator(".inside .body").focus()
    page.keyboard.press("ArrowUp")
    expect(page.locator(".inside .headline b").first).to_have_text("the")
    expect(page.locator(".inside .headline")).to_contain_text(re.compile(r"q·k −?\d+\.\d{3}, ÷ √8 −?\d+\.\d{3}, (after the softmax 0\.\d{3}|masked)"))
    page.get_by_text("off", exact=True).click()
    expect(entropy).to_contain_text("without (shown)")
    expect(page).to_have_url(re.compile("view=inside.*scale=other|scale=other.*view=inside"))
    assert page.locator("img[src=x]").count() == 0


def test_a_refresh_and_a_second_tab_show_the_run_where_it_is(serve: Serve, visit: Visit, home):
    folder, corpus = home
    address = serve(APP, folder)
    page = visit(f"{address}/train?system=skip-gram&corpus={corpus}&skip-gram-d_model=16&skip-gram-n_steps=1000000&name=third")
    page.locator(".st-key-start button").first.click()
    expect(page.get_by_text("running")).to_be_visible(timeout=LONG)
    page.reload()
    settle(page)
    expect(page.get_by_text("running")).to_be_visible()
    second = visit(page.url)
    expect(second.get_by_text("running")).to_be_visible()
    second.locator(".st-key-pause button").first.click()
    expect(page.get_by_text("paused")).to_be_visible(timeout=LONG)
    page.locator(".st-key-resume button").first.click()
    expect(page.get_by_text("running")).to_be_visible(timeout=LONG)
    page.locator(".st-key-end button").first.click()
    expect(page.get_by_text("stopped")).to_be_visible(timeout=LONG)
    expect(second.get_by_text("stopped")).to_be_visible(timeout=LONG)


def test_a_text_that_was_added_stays_the_one_that_is_shown(serve: Serve, visit: Visit, home):
    folder, corpus = home
    page = visit(f"{serve(APP, folder)}/corpora?text={corpus}")
    page.locator(".st-key-paste-text textarea").fill("The cat sat on the mat and the dog sat on the log. " * 40)
    page.locator(".st-key-paste-title input").fill("Cats")
    page.locator(".st-key-paste-title input").press("Tab")
    page.locator(".st-key-add-pasted button").click()
    expect(page).to_have_url(re.compile("text=cats"))
    page.get_by_text("Upload", exact=True).click()
    expect(page.get_by_test_id("stFileUploader")).to_be_visible()
    settle(page)
    expect(page).to_have_url(re.compile("text=cats"))


def test_what_was_typed_is_still_there_after_a_refresh_and_after_another_page(serve: Serve, visit: Visit, home):
    folder, corpus = home
    page = visit(f"{serve(APP, folder)}/train?system=gpt&corpus={corpus}&name=kept")
    expect(page.get_by_label("Name", exact=True)).to_have_value("kept")
    page.get_by_label("Probe sentence").fill("the king saw the queen")
    page.get_by_label("Probe sentence").press("Enter")
    expect(page).to_have_url(re.compile("probe=the"))
    page.reload()
    expect(page.get_by_label("Probe sentence")).to_have_value("the king saw the queen")
    page.get_by_role("link", name="Corpora").click()
    expect(page.get_by_role("heading", name="Corpora", exact=True)).to_be_visible()
    page.get_by_role("link", name="Train", exact=True).click()
    expect(page.get_by_label("Probe sentence")).to_have_value("the king saw the queen")
