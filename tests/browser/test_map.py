"""The map's pages in a real browser: what is computed only when asked for, what moves together, and that a link is the same view."""

import os
import re
import signal
import time
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ROOT, Serve, Visit, settle
from tests.browser.test_components import ask, drag, until
from tests.pages.small_run import small_run

APP = ROOT / "app.py"
_ask, _until = partial(ask, which=".orrery.history"), partial(until, which=".orrery.history")
LONG = 180_000  # ms: a fresh machine compiles kernels first


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mapped")


@pytest.fixture(scope="module")
def address(serve: Serve, folder: Path) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORRERY_HOME", str(folder))
        small_run()
    return serve(APP, folder)


def test_umap_runs_when_it_is_asked_for_and_the_link_is_the_same_view(address: str, visit: Visit, browser) -> None:
    page = visit(f"{address}/embeddings?source=small&colour=truth&umap-n_neighbours=8")
    page.get_by_test_id("stButtonGroup").get_by_text("UMAP").click()
    run = page.get_by_role("button", name=re.compile("Run UMAP · about"))
    expect(run).to_be_visible()
    run.click()
    expect(page.get_by_text("by UMAP (cosine, 8 neighbours)")).to_be_visible(timeout=LONG)
    expect(page.get_by_text(re.compile("words were arranged. Trustworthiness 0"))).to_be_visible()
    until(page, "view.places.progress === 1 && !view.frame")
    left, top = ask(page, "(r => [r.left, r.top])(view.stage.getBoundingClientRect())")
    page.keyboard.down("Shift")
    drag(page, *[(left + x, top + y) for x, y in ((150, 80), (450, 80), (450, 500), (150, 500), (150, 80))])
    page.keyboard.up("Shift")
    expect(page).to_have_url(re.compile("chosen="))
    page.locator(".map .stage").focus()
    page.keyboard.press("+")
    expect(page).to_have_url(re.compile("at="))
    page.get_by_label("Ask for").click()
    page.get_by_role("option", name="Neighbours").click()
    page.get_by_label("Word", exact=True).fill("queen")
    expect(page).to_have_url(re.compile("word=queen"))
    settle(page)

    state = "({chosen: view.chosen, word: view.selected, near: view.neighbours, colour: view.meta.colour.label, camera: view.camera})"
    until(page, "view.selected >= 0 && view.neighbours.length > 0")
    seen = ask(page, state)
    assert seen["colour"] == "part of the world", "as the first link said, all the while"
    elsewhere = browser.new_context()  # another browser: it knows the link alone
    other = elsewhere.new_page()
    other.set_viewport_size({"width": 1400, "height": 900})
    other.goto(page.url)
    settle(other)
    until(other, "view.selected >= 0 && view.neighbours.length > 0 && view.places.progress === 1")
    shown = ask(other, state)
    camera, same = shown.pop("camera"), seen.pop("camera")
    assert shown == seen
    assert [camera[name] for name in ("x", "y", "scale")] == pytest.approx([same[name] for name in ("x", "y", "scale")], rel=2e-3)
    assert other.get_by_text("by UMAP (cosine, 8 neighbours)").is_visible()
    elsewhere.close()


def test_one_head_moves_map_neighbours_and_loss_together_without_a_call_to_the_page(address: str, visit: Visit) -> None:
    page = visit(f"{address}/history?run=small&word=king")
    page.locator(".orrery.history .map canvas").first.wait_for()
    _until(page, "view.timeline.steps.length > 3 && view.map.n > 0 && !view.map.frame")
    calls = _ask(page, "(view.calls = [], view.send = (send => (...sent) => { view.calls.push(sent); send(...sent); })(view.send), view.calls.length)")
    assert calls == 0

    def moment() -> dict:
        return _ask(
            page,
            "({t: view.timeline.t, told: view.timeline.told.textContent, near: view.list.textContent, title: view.title.textContent, "
            "xy: view.map.project(5), bump: view.bump.t, lines: view.map.neighbours})",
        )

    end = moment()
    track = page.locator(".timeline .track")
    track.focus()
    page.keyboard.press("Home")
    begin = moment()
    assert begin["title"].endswith("at step 0")
    assert begin["told"].startswith("step 0")
    for part in ("near", "xy", "lines"):
        assert begin[part] != end[part], part
    _ask(page, "view.calls.length = 0")
    page.keyboard.press(" ")
    _until(page, "view.timeline.playing && view.timeline.t % 1 > 0.1 && view.map.places.progress < 1")
    between = moment()
    assert between["bump"] == pytest.approx(between["t"], abs=0.5)
    assert _ask(page, "view.calls.length") == 0, "nothing is asked while it plays"
    page.get_by_role("button", name="Again and again").click()
    assert _ask(page, "view.timeline.loops")
    page.locator(".timeline .track").focus()
    page.keyboard.press(" ")
    _until(page, "!view.timeline.playing && view.timeline.t % 1 === 0")
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile(r"step=\d+"))
    step = re.search(r"step=(\d+)", page.url)[1]
    box = track.bounding_box()
    page.mouse.click(box["x"] + box["width"] - 2, box["y"] + 40)
    _until(page, "view.timeline.t === view.timeline.last")
    assert moment()["near"] == end["near"]

    again = visit(re.sub(r"step=\d+", f"step={step}", page.url) if "step=" in page.url else f"{page.url}&step={step}")
    _until(again, f"view.timeline.told.textContent.startsWith('step {step} ')")
    again.locator(".history .near .one").first.click()
    expect(again).not_to_have_url(re.compile("word=king"))


def worker(folder: Path) -> int:
    """The process that computes layouts for a workspace."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if b"core.projecting" in (process / "cmdline").read_bytes() and f"ORRERY_HOME={folder}\0".encode() in (process / "environ").read_bytes():
                return int(process.name)
        except OSError:
            continue
    raise AssertionError("there is no such process")


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="the system does not tell which process serves a workspace")
def test_a_worker_that_is_killed_is_told_of_and_what_was_asked_for_comes_all_the_same(address: str, folder: Path, visit: Visit) -> None:
    page = visit(f"{address}/embeddings?source=small&projection=tsne&tsne-seed=7")
    page.get_by_role("button", name=re.compile("Run t-SNE · about")).click()
    begun, until_when = folder / "cache" / "projections", time.monotonic() + 60
    while not list(begun.glob("*.progress")):
        assert time.monotonic() < until_when, "nobody began"
        time.sleep(0.01)
    killed = worker(folder)
    os.kill(killed, signal.SIGKILL)
    expect(page.get_by_text("was ended from outside, and begins again")).to_be_visible(timeout=LONG)
    expect(page.get_by_text("by t-SNE (cosine, perplexity 30)")).to_be_visible(timeout=LONG)
    assert worker(folder) != killed


def test_groups_are_found_when_asked_for_named_coloured_and_chosen(address: str, visit: Visit) -> None:
    page = visit(f"{address}/embeddings?source=small&ask=groups&group-n_groups=5")
    until(page, "view.n > 0 && !view.meta.colour")
    page.get_by_role("button", name=re.compile("Run groups · about")).click()
    expect(page.get_by_text("5 groups. A row chooses its words.")).to_be_visible(timeout=LONG)
    expect(page).to_have_url(re.compile("colour=group"))
    until(page, "view.meta.colour?.label === 'group' && view.meta.colour.names.length === 5")
    page.get_by_test_id("stDataFrame").click(position={"x": 12, "y": 52})  # the box of the first row
    page.get_by_role("button", name="Choose its words").click()
    expect(page).to_have_url(re.compile("chosen="))
    until(page, "view.chosen.length > 1 && view.chosen.every((row) => view.values[row] === 0)")


def test_two_maps_mark_the_same_word_and_have_one_selection(address: str, visit: Visit) -> None:
    page = visit(f"{address}/changes?source=small&source2=small&step=0")
    maps = page.locator(".orrery.map")
    expect(maps).to_have_count(2)
    expect(maps.nth(1).locator(".caption")).to_contain_text("at step 40")
    page.wait_for_function(
        "() => [...document.querySelectorAll('*')].map(e => e.shadowRoot?.querySelector('.orrery.map')).filter(Boolean).every(e => e.view.paints > 0)"
    )
    seen = "({ view }) => view.hovered < 0 ? '' : view.word(view.hovered)"
    row = maps.nth(0).evaluate("({ view }) => view.rowOf('queen')")
    x, y = maps.nth(0).evaluate(
        f"({{ view }}) => (b => view.project({row}).map((v, i) => v + b[i]))((r => [r.left, r.top])(view.stage.getBoundingClientRect()))"
    )
    page.mouse.move(x, y)
    word = maps.nth(0).evaluate(seen)
    assert word, "a point is under the pointer"
    assert maps.nth(1).evaluate(seen) == word
    maps.nth(1).evaluate("({ view }) => view.choose(['king', 'queen'].map((word) => view.rowOf(word)), 'new')")
    expect(page).to_have_url(re.compile("chosen="))
    settle(page)
    for one in (0, 1):
        assert sorted(maps.nth(one).evaluate("({ view }) => view.chosen.map((row) => view.word(row))")) == ["king", "queen"]


def test_the_eye_of_a_map_in_three_dimensions_stays_and_is_in_the_link(address: str, visit: Visit) -> None:
    page = visit(f"{address}/embeddings?source=small&dims=3")
    plot = page.locator(".st-key-space .js-plotly-plot")
    plot.locator("canvas").first.wait_for()
    box = plot.bounding_box()
    page.wait_for_function("() => document.querySelector('.st-key-space .js-plotly-plot').isHeard")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 9):  # a hand is slower than a frame; of a drag within one Plotly sees nothing
        page.mouse.move(x + 20 * step, y + 10 * step)
        page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    page.mouse.up()
    eye = "() => Object.values(document.querySelector('.st-key-space .js-plotly-plot')._fullLayout.scene._scene.getCamera().eye)"
    told = "(new URL(location).searchParams.get('camera') ?? '0,0,0').split(',').map(Number)"
    turned_and_told = "(eye, told) => eye.every((v, i) => Math.abs(v - told[i]) < 1e-3) && eye.some((v) => Math.abs(v - 1.25) > 0.05)"
    page.wait_for_function(f"() => ({turned_and_told})(({eye})(), {told})")
    looked = page.evaluate(eye)
    page.get_by_label("Word", exact=True).fill("queen")  # another picture: lines to the neighbours of a word
    expect(page).to_have_url(re.compile("word=queen"))
    settle(page)
    assert page.evaluate(eye) == pytest.approx(looked, abs=1e-2)
    again = visit(page.url)
    again.locator(".st-key-space .js-plotly-plot canvas").first.wait_for()
    again.wait_for_function("() => document.querySelector('.st-key-space .js-plotly-plot')?._fullLayout?.scene?._scene")
    assert again.evaluate(eye) == pytest.approx(looked, abs=1e-2)
