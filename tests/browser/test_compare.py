"""Comparing in a real browser: scores from a process of their own, a word's neighbours side by side, a test set that is brought."""

import os
import re
import shutil

import pytest
from playwright.sync_api import Page, Route, WebSocket, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.browser.conftest import ROOT, Serve, Visit, settle

APP = ROOT / "app.py"
LONG = 120_000  # ms: the evaluating process compiles its kernel first
CODE = re.compile(r"/static/js/(TextInput|Selectbox|Multiselect|ButtonGroup|Checkbox)\.")  # what Streamlit fetches when it first draws such a widget
PAIRS = "king\tqueen\t9\nking\tdog\t1\nparis\tfrance\t8\nred\tblue\t7\ncat\tdog\t8\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory):
    """A workspace with two runs on the same small world. It goes when the tests are done, and the processes that serve it with it."""
    folder = tmp_path_factory.mktemp("compare")
    before, os.environ["ORRERY_HOME"] = os.environ.get("ORRERY_HOME"), str(folder)
    from core.systems import offering
    from core.text.corpora import find
    from core.text.tokenizing import TokenizerSettings
    from core.training.run import RunConfig, create
    from core.training.trainer import train

    row, corpus = offering("vectors")[0], find("small-world:2000:1").id
    for name, d_model in (("one", 8), ("two <b>", 12)):
        settings = row.settings(d_model=d_model, n_steps=40, batch_size=500, n_threads=1)
        train(create(RunConfig(row.name, corpus, TokenizerSettings(kind="word", min_count=1), settings, name=name, report_every=10, eval_every=40)))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
    if before is None:
        del os.environ["ORRERY_HOME"]
    else:
        os.environ["ORRERY_HOME"] = before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_scores_are_a_table_and_a_picture(serve: Serve, visit: Visit, home, scheme):
    page = visit(f"{serve(APP, home)}/compare?runs=one,two-b", scheme=scheme, height=1600)
    table = page.locator(".compare table")
    expect(table).to_contain_text("2,404 of 2,404 covered (100%)", timeout=LONG)
    expect(table.locator("thead th").nth(2)).to_have_text("two <b>")
    expect(page.locator(".js-plotly-plot").first).to_be_visible(timeout=LONG)


def test_a_words_neighbours_side_by_side_and_a_test_set_of_ones_own(serve: Serve, visit: Visit, home):
    page = visit(f"{serve(APP, home)}/compare?runs=one,two-b", height=1600)
    table = page.locator(".compare table")
    word = page.get_by_label("Word", exact=True)
    word.fill("king")
    expect(page.get_by_text("words are in all lists")).to_be_visible(timeout=LONG)
    expect(page.get_by_test_id("stDataFrame")).to_have_count(2, timeout=LONG)
    expect(page).to_have_url(re.compile("word=king"))
    page.locator(".st-key-disputed button").first.click()
    expect(page).not_to_have_url(re.compile("word=king"))
    settle(page)
    page.locator("input[type=file]").set_input_files({"name": "mine <i>.tsv", "mimeType": "text/plain", "buffer": PAIRS.encode()})
    expect(table).to_contain_text("mine <i>.tsv (rank correlation)", timeout=LONG)
    expect(table).to_contain_text("4 of 5 covered", timeout=LONG)
    settle(page)  # the field is a new one now
    page.locator("input[type=file]").set_input_files({"name": "broken.tsv", "mimeType": "text/plain", "buffer": b"king\tqueen\t9\nking\tdog\n"})
    expect(page.get_by_text("Line 2 of broken.tsv is no pair")).to_be_visible(timeout=LONG)


def finished(frame: str | bytes) -> bool:
    """Whether it is the server's word that a run of the script has ended."""
    return isinstance(frame, bytes) and ForwardMsg.FromString(frame).HasField("script_finished")


def test_a_link_opens_its_view_however_late_the_browser_has_the_code_of_its_widgets(serve: Serve, visit: Visit, home):
    held: list[Route] = []
    released: list[Page] = []
    sockets: list[WebSocket] = []

    def before(page: Page) -> None:
        page.route(CODE, lambda route: route.continue_() if page in released else held.append(route))
        page.on("websocket", lambda socket: sockets.append(socket))

    def late(link: str) -> Page:
        """The page after its script ran twice before any of its widgets could be drawn."""
        page = visit(f"{serve(APP, home)}/{link}", before=before)
        with sockets[-1].expect_event("framereceived", finished):
            page.keyboard.press("r")  # runs the script again
        settle(page)
        released.append(page)
        assert held, "nothing was fetched late: Streamlit's files have other names now"
        while held:
            held.pop().continue_()
        return page

    page = late("compare?runs=one,two-b&matrix=out&word=paris&scores=off")
    expect(page.get_by_label("Word", exact=True)).to_have_value("paris")
    expect(page.get_by_label("Remove two <b>").last).to_be_visible()
    expect(page.get_by_role("radio", name="out", exact=True)).to_be_checked()
    page = late("embeddings?source=one&matrix=out&by=dot&word=paris")
    expect(page.get_by_label("Word", exact=True)).to_have_value("paris")
    expect(page.get_by_label("Run or file", exact=True)).to_have_value("one")
    expect(page.get_by_label("Matrix", exact=True)).to_have_value("out")
    expect(page.get_by_label("By", exact=True)).to_have_value("dot product")
    page = late("embeddings?source=one&ask=similarity&first=king&second=queen")
    expect(page.get_by_label("and word", exact=True)).to_have_value("queen")


def test_a_run_taken_away_leaves_the_address_and_the_link_is_the_view(serve: Serve, visit: Visit, home):
    page = visit(f"{serve(APP, home)}/compare?runs=one,two-b&word=paris")
    expect(page.get_by_label("Word", exact=True)).to_have_value("paris", timeout=LONG)
    page.get_by_label("Remove two <b>").last.click()
    expect(page.get_by_text("Choose two or more")).to_be_visible(timeout=LONG)
    expect(page).to_have_url(re.compile("runs=one(&|$)"))
    page.get_by_role("link", name="Home").click()
    expect(page.get_by_role("heading", name="Orrery")).to_be_visible()
    page.get_by_role("link", name="Compare").click()
    expect(page.get_by_text("Choose two or more")).to_be_visible(timeout=LONG)
