"""The three views in a real browser. Each canvas belongs to an element whose property `view` is the JavaScript object: that is asked, not pixels."""

import csv
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from core.inspection.rollout import rollout
from tests.browser.conftest import ROOT, Serve, Visit, settle

APP = ROOT / "tests" / "browser" / "views.py"


@pytest.fixture
def show(serve: Serve, visit: Visit) -> Any:
    """show(query, **how) -> the page with the view drawn once."""

    def go(query: str, **how: Any) -> Page:
        page = visit(f"{serve(APP)}/?{query}", **how)
        page.locator(".orrery").wait_for()
        page.wait_for_function("() => [...document.querySelectorAll('*')].some(e => e.shadowRoot?.querySelector('.orrery')?.view.paints > 0)")
        return page

    return go


def ask(page: Page, expression: str, which: str = ".orrery") -> Any:
    """The value of an expression in `view`, in the browser. which: the view's root, where a page has several."""
    return page.locator(which).evaluate(f"({{ view }}) => {expression}")


def until(page: Page, expression: str, which: str = ".orrery") -> None:
    """Wait until an expression in `view` is true."""
    find = f"[...document.querySelectorAll('*')].map(e => e.shadowRoot?.querySelector('{which}')).find(Boolean)"
    page.wait_for_function(f"() => {{ const view = {find}?.view; return Boolean(view) && ({expression}); }}")


def renew(page: Page) -> None:
    """Bring new data without moving the mouse, and wait until they are there."""
    page.locator(".orrery").evaluate("({ view }) => { view.marked = view.meta; view.root.querySelector('canvas').mine = true; }")
    page.get_by_role("button", name="new data").evaluate("button => button.click()")
    until(page, "view.meta !== view.marked && !view.frame")
    settle(page)
    assert ask(page, "view.root.querySelector('canvas').mine"), "new data made a new canvas"


# ---------------------------------------------------------------------- curve


def test_the_crosshair_of_a_curve_shows_values_and_stays_when_new_data_arrive(show: Any) -> None:
    page = show("view=curve&n=100")
    box = page.locator(".curve canvas").bounding_box()
    page.mouse.move(box["x"] + 700, box["y"] + 100)
    until(page, "view.cursor !== null && !view.frame")
    at, before = ask(page, "view.cursor"), page.locator(".curve .value").first.text_content()
    assert float(before) == pytest.approx(4 - at / 1000, abs=1e-3)
    renew(page)
    assert ask(page, "view.cursor") == at
    assert float(page.locator(".curve .value").first.text_content()) == pytest.approx(float(before) + 1, abs=2e-3)


def test_the_arrow_keys_walk_along_a_curve_and_escape_leaves_it(show: Any) -> None:
    page = show("view=curve&n=100&log=1")
    page.locator(".curve canvas").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".curve .where")).to_have_text("step 20")
    page.keyboard.press("Escape")
    expect(page.locator(".curve .where")).to_have_text("step 1,000")
    assert "loss 3" in page.locator(".curve canvas").get_attribute("aria-label")


def test_a_curve_without_points_says_so_and_names_are_text(show: Any) -> None:
    page = show("view=curve&n=0")
    expect(page.locator(".curve canvas")).to_have_attribute(
        "aria-label", "Curves, no points yet: loss –, <img src=x onerror=document.title='owned'> –, words a second –. Arrow keys move the crosshair."
    )
    assert page.locator(".curve .entry img").count() == 0
    assert page.title() != "owned"


# ------------------------------------------------------------------------ map


def spot(page: Page, index: int) -> tuple[float, float]:
    """Where word `index` is on the screen."""
    x, y = ask(page, f"(b => view.project({index}).map((v, i) => v + b[i]))((r => [r.left, r.top])(view.stage.getBoundingClientRect()))")
    return x, y


def overlapping(boxes: list[dict[str, float]]) -> list[tuple[float, float]]:
    def apart(a: dict[str, float], b: dict[str, float]) -> bool:
        return a["x"] + a["width"] <= b["x"] or b["x"] + b["width"] <= a["x"] or a["y"] + a["height"] <= b["y"] or b["y"] + b["height"] <= a["y"]

    return [(a["index"], b["index"]) for i, a in enumerate(boxes) for b in boxes[:i] if not apart(a, b)]


# The processor's imitation of a graphics card passes for one, so that WebGL is tried here too.
CARD = """WebGL2RenderingContext.prototype.getParameter = (get => function (name) {
    return name === 37446 ? "a card" : get.call(this, name);
})(WebGL2RenderingContext.prototype.getParameter)"""


@pytest.mark.parametrize("init", ["", CARD], ids=["2d", "webgl"])
def test_a_click_on_a_word_reaches_python_and_its_neighbours_stand_out(show: Any, init: str) -> None:
    page = show("view=map&n=40", init=init)
    assert page.locator(".map").get_attribute("data-painter") == ("webgl" if init else "2d")
    page.mouse.move(*spot(page, 7))
    expect(page.locator(".map .tip")).to_have_text("word7  33 ×")
    page.mouse.click(*spot(page, 7))
    expect(page.get_by_text("chosen 7")).to_be_visible()
    until(page, "view.neighbours.length === 3")
    assert "Selected: “word7”, near “word8”" in page.locator(".map .stage").get_attribute("aria-label")
    page.keyboard.press("Escape")
    expect(page.get_by_text("chosen None")).to_be_visible()
    assert ask(page, "view.selected") == -1


def test_zoom_survives_new_data_and_points_glide_to_their_new_places(show: Any) -> None:
    page = show("view=map&n=200")
    x, y = spot(page, 5)
    page.mouse.move(x - 3, y)
    page.mouse.move(x, y)
    page.mouse.wheel(0, -300)
    until(page, "view.camera.touched && !view.frame")
    assert spot(page, 5) == pytest.approx((x, y), abs=1), "the word under the pointer stays under it"
    camera = ask(page, "view.camera")
    renew_started = ask(page, "(view.glides = [], view.glide = (glide => function (...a) { view.glides.push(1); glide.apply(view, a); })(view.glide), true)")
    assert renew_started
    renew(page)
    until(page, "view.places.progress === 1")
    assert ask(page, "view.glides.length") == 1
    assert ask(page, "view.camera") == camera
    page.mouse.dblclick(x, y + 200)
    until(page, "!view.camera.touched")


def test_a_layout_of_another_unit_fills_the_same_view(show: Any) -> None:
    page = show("view=map&n=200")
    scale = ask(page, "view.camera.scale")
    renew(page)  # five times as wide
    until(page, "view.places.progress === 1 && !view.frame")
    assert ask(page, "view.camera.scale") == pytest.approx(scale, rel=0.3)


def test_labels_never_overlap_and_zooming_in_brings_rarer_words(show: Any) -> None:
    page = show("view=map&n=2000", width=800)
    far = ask(page, "view.boxes")
    assert len(far) > 20
    assert not overlapping(far)
    for _ in range(6):
        page.get_by_role("button", name="Zoom in").click()
    until(page, "!view.frame")
    near = ask(page, "view.boxes")
    assert not overlapping(near)
    assert max(box["index"] for box in near) > max(box["index"] for box in far)


def test_the_keys_move_and_zoom_the_map(show: Any) -> None:
    page = show("view=map&n=40")
    page.locator(".map .stage").focus()
    before = ask(page, "view.camera")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("+")
    after = ask(page, "view.camera")
    assert after["x"] > before["x"]
    assert after["scale"] == pytest.approx(before["scale"] * 1.4)
    page.keyboard.press("0")
    until(page, "!view.frame")
    assert ask(page, "view.camera.scale") == pytest.approx(before["scale"])


@pytest.mark.parametrize("query", ["view=map&n=0", "view=map&n=1", "view=map&n=30&xy=nan", "view=map&n=30&xy=equal"])
def test_a_map_with_little_to_show_is_drawn_all_the_same(show: Any, query: str) -> None:
    page = show(query, scheme="dark")
    assert ask(page, "Number.isFinite(view.camera.scale) && Number.isFinite(view.camera.x)")
    assert ask(page, "view.theme.dark")


def test_hostile_words_and_line_breaks_are_shown_as_text(show: Any) -> None:
    page = show("view=map&n=8")
    page.mouse.move(*spot(page, 1))
    expect(page.locator(".map .tip")).to_have_text("two⏎lines  7 ×")
    page.mouse.click(*spot(page, 0))
    expect(page.locator(".map .tip")).to_contain_text("<img␣src=x")
    expect(page.get_by_text("chosen 0")).to_be_visible()
    assert page.locator(".map img").count() == 0
    assert page.title() != "owned"


def drag(page: Page, *points: tuple[float, float]) -> None:
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=3)
    page.mouse.up()


def test_a_lasso_and_a_box_choose_words_the_rest_turn_grey_and_escape_frees_them(show: Any) -> None:
    page = show("view=map&n=40")
    within = ask(page, "[...Array(40).keys()].filter(i => (([x, y]) => x > 500 && x < 900 && y > 60 && y < 400)(view.project(i)))")
    assert 3 < len(within) < 40
    left, top = ask(page, "(r => [r.left, r.top])(view.stage.getBoundingClientRect())")
    corners = [(left + x, top + y) for x, y in ((500, 60), (900, 60), (900, 400), (500, 400))]
    page.get_by_role("button", name="Choose by a lasso").click()
    drag(page, *corners, corners[0])
    expect(page.get_by_text(f"rows {within}")).to_be_visible()
    until(page, "!view.frame")
    seen = ask(page, "[...Array(40).keys()].filter(i => view.colours[i] >>> 24 === 255)")
    assert seen == within, "what is chosen stands out, and nothing goes away"
    assert ask(page, "view.n") == 40
    assert {box["index"] for box in ask(page, "view.boxes")} <= set(within)
    page.locator(".map .stage").focus()
    page.keyboard.press("b")
    page.keyboard.down("Alt")
    drag(page, (left + 700, top + 40), corners[2])
    page.keyboard.up("Alt")
    rest = [i for i in within if ask(page, f"view.project({i})[0]") < 700]
    expect(page.get_by_text(f"rows {rest}")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("rows []")).to_be_visible()
    page.keyboard.press("Escape")
    assert ask(page, "view.hands.tool") == "move"


def test_a_word_is_found_as_one_types_without_a_mouse(show: Any) -> None:
    page = show("view=map&n=300")
    page.locator(".map .stage").focus()
    page.keyboard.press("/")
    page.keyboard.type("Word29")
    assert page.locator(".map .list [role=option]").all_text_contents() == ["word29", *(f"word29{i}" for i in range(7))]
    assert ask(page, "view.found.length") == 11
    expect(page.locator(".map .list .quiet")).to_have_text("and 3 more")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_text("chosen 290")).to_be_visible()
    page.keyboard.press("Shift+ArrowRight")
    until(page, "view.hovered >= 0")
    assert ask(page, "view.project(view.hovered)[0] > view.project(290)[0]")
    page.keyboard.press("/")
    page.keyboard.type("nowhere")
    expect(page.locator(".map .list")).to_have_text("no such word on this map")
    page.keyboard.press("Escape")
    assert ask(page, "document.activeElement.tagName !== 'INPUT' && view.found.length === 0")


def test_a_view_is_told_when_it_rests_and_opens_again_as_it_was_told(show: Any) -> None:
    page = show("view=map&n=40")
    page.locator(".map .stage").focus()
    page.keyboard.press("+")
    page.keyboard.press("ArrowRight")
    told = page.get_by_text(re.compile(r"^at [-\d]")).text_content()
    camera, other = ask(page, "view.camera"), ask(show(f"view=map&n=40&at={told[3:]}"), "view.camera")
    assert [other[name] for name in ("x", "y", "scale")] == pytest.approx([camera[name] for name in ("x", "y", "scale")], rel=1e-3)
    assert not ask(show("view=map&n=40&at=nonsense"), "view.camera.touched")


def test_a_category_in_the_legend_chooses_its_words_and_a_number_is_told_under_the_pointer(show: Any) -> None:
    page = show("view=map&n=40&colour=kind")
    assert page.locator(".map .key .dot.ring").count() == 4, "twelve kinds: eight colours, then rings"
    page.locator(".map .key").get_by_text("kind 3", exact=True).click()
    expect(page.get_by_text("rows [3, 15, 27, 39]")).to_be_visible()
    page = show("view=map&n=40&colour=size&texts=1")
    page.mouse.move(*spot(page, 39))
    expect(page.locator(".map .tip")).to_have_text("word39  1 ×\nsize: 1\ngloss: <img src=x onerror=document.title='owned'> 39\nweight: 39")
    page.mouse.move(*spot(page, 38))
    expect(page.locator(".map .tip")).to_have_text("word38  2 ×\nsize: 0.9744")


def test_true_neighbours_that_the_map_has_torn_away_are_told_from_those_that_are_near(show: Any) -> None:
    page = show("view=map&n=40")
    page.mouse.click(*spot(page, 7))
    until(page, "view.neighbours.length === 3 && view.torn?.length === 3")
    places = ask(page, "[...Array(40).keys()].map(i => view.project(i))")
    order = sorted(range(40), key=lambda i: (places[i][0] - places[7][0]) ** 2 + (places[i][1] - places[7][1]) ** 2)[1:]
    assert ask(page, "view.torn") == [order.index(i) >= 3 for i in (8, 9, 10)]


def test_the_map_is_taken_along_as_png_and_svg_of_what_is_seen_and_as_a_page_of_its_own(show: Any, tmp_path: Path) -> None:
    page = show("view=map&n=40&find=word5&ends=1&shape=1&texts=1", scheme="dark")
    files = {}
    for name in ("PNG", "SVG", "HTML"):
        page.get_by_role("button", name="Save as a picture").click()
        with page.expect_download() as waited:
            page.get_by_role("button", name=name, exact=True).click()
        waited.value.save_as(tmp_path / waited.value.suggested_filename)
        files[name] = (tmp_path / waited.value.suggested_filename).read_bytes()
    assert files["PNG"].startswith(b"\x89PNG")
    svg = ElementTree.fromstring(files["SVG"])
    shapes = [each.tag.rpartition("}")[2] for each in svg.iter()]
    assert shapes.count("circle") == 40
    assert "word5" in {each.text for each in svg.iter() if each.text}
    assert "img" not in shapes
    assert any("<img src=x" in (each.text or "") for each in svg.iter()), "the end of an axis, as text"

    alone = page.context.new_page()  # no server behind it
    alone.goto((tmp_path / "map.html").as_uri())
    alone.wait_for_function("() => (view => view?.n === 40 && view.paints > 0 && !view.frame)(document.querySelector('.orrery')?.view)")
    assert ask(alone, "view.theme.dark")
    alone.mouse.move(*spot(alone, 0))
    expect(alone.locator(".map .tip")).to_contain_text("<img␣src=x")
    alone.mouse.move(*spot(alone, 39))
    expect(alone.locator(".map .tip")).to_contain_text("weight: 39")
    assert alone.title() == "map"
    alone.close()


# ------------------------------------------------------------------ attention


def cell(page: Page, query: int, key: int) -> tuple[float, float]:
    """Where a cell of the matrix is on the screen."""
    x, y = ask(
        page,
        f"(({{ left, top, cell, canvas }}, r = canvas.getBoundingClientRect()) => [r.left + left + ({key} + 0.5) * cell, "
        f"r.top + top + ({query} + 0.5) * cell])(view.matrix)",
    )
    return x, y


def weights(page: Page) -> np.ndarray:
    """What the view was sent, [step, layer, head, query, key]."""
    return np.array(ask(page, "[...view.weights.buffer]")).reshape(ask(page, "view.meta.shape"))


def sheet(page: Page) -> np.ndarray:
    """The matrix that is shown."""
    return np.array(ask(page, "[...view.sheet.values]")).reshape(ask(page, "[view.sheet.Q, view.sheet.K]"))


def drawn(page: Page) -> None:
    until(page, "!view.frame")


def test_hovering_anywhere_tells_and_lights_up_the_same_everywhere(show: Any) -> None:
    page = show("view=attention")
    w = weights(page)[0, 0, 0]
    page.mouse.move(*cell(page, 2, 1))
    expect(page.locator(".attention .tip")).to_have_text(re.compile(rf"⏎  {w[2, 1]:.3f}$"))
    order = list(np.argsort(-w[2]))
    expect(page.locator(".attention .headline")).to_contain_text(f"{w[2].max():.3f}")
    expect(page.locator(".attention .detail")).to_contain_text(f"rank {order.index(1) + 1} of 3")
    bits = -(w[2, :3] * np.log2(w[2, :3])).sum()
    expect(page.locator(".attention .detail")).to_contain_text(f"entropy {bits:.2f} of {np.log2(3):.2f} bits")
    page.mouse.move(*cell(page, 1, 2))
    expect(page.locator(".attention .tip")).to_contain_text("masked (causal mask)")
    box = page.locator(".attention .lines canvas").bounding_box()
    above, step = ask(page, "[view.lines.above, view.lines.a]")
    page.mouse.move(box["x"] + 10, box["y"] + above + 6.5 * step)
    until(page, "view.seen.query === 6 && view.seen.key === null")
    share = np.sort(w[6])[::-1][:5].sum()
    expect(page.locator(".attention .detail")).to_contain_text(f"top 5 keys = {100 * share:.0f} %")
    page.mouse.move(box["x"] + box["width"] - 100, box["y"] + above + 3.5 * step)
    expect(page.locator(".attention .headline")).to_contain_text("“烤鸭” is attended to most by".replace("“", "").replace("”", ""))
    page.mouse.move(5, 5)
    until(page, "view.seen.query === null && view.seen.key === null")
    expect(page.locator(".attention .tip")).not_to_have_class("tip shown")


def test_a_click_pins_a_token_through_new_data_until_escape(show: Any) -> None:
    page = show("view=attention")
    page.mouse.click(*cell(page, 2, 1))
    expect(page.get_by_text("looks at head=1 key=2 layer=1 token=3")).to_be_visible()
    page.wait_for_url("**/*key=2*")
    page.mouse.move(5, 5)
    headline = page.locator(".attention .headline").text_content()
    assert f"“{page.locator('.attention .headline b').first.text_content()}” attends most to" in page.locator(".attention .panes").get_attribute("aria-label")
    renew(page)
    assert ask(page, "[view.look.query, view.look.key]") == [2, 1]
    assert page.locator(".attention .headline").text_content() != headline
    page.locator(".attention .panes").focus()
    page.keyboard.press("Escape")
    expect(page.get_by_text("looks at head=1 layer=1", exact=True)).to_be_visible()
    assert "token" not in page.url


def test_a_hovered_cell_is_read_anew_when_the_picture_changes_under_it(show: Any) -> None:
    page = show("view=attention")
    page.mouse.move(*cell(page, 1, 0))
    until(page, "view.tip.textContent !== ''")
    before = page.locator(".attention .tip").text_content()
    shade = "view.matrix.canvas.getContext('2d').getImageData(view.matrix.left + 6, view.matrix.top + 2.5 * view.matrix.cell, 1, 1).data.join()"
    painted = ask(page, shade)
    renew(page)
    assert page.locator(".attention .tip").text_content() != before
    assert ask(page, shade) != painted, "the picture is painted anew"


def test_the_keys_move_token_key_head_and_layer(show: Any) -> None:
    page = show("view=attention")
    page.locator(".attention .panes").focus()
    for key in ("ArrowDown", "ArrowDown", "Shift+ArrowDown", "ArrowRight", "ArrowRight", "PageDown", "ArrowLeft"):
        page.keyboard.press(key)
    expect(page.get_by_text("looks at head=2 key=1 layer=2 token=2")).to_be_visible()
    page.wait_for_url("**/*layer=2&head=2&token=2&key=1*")


def test_the_url_is_a_starting_point_the_page_may_command_and_clicks_win(show: Any) -> None:
    page = show("view=attention&layer=2&head=3&token=4&contrast=0.8&cover=70&sinks=hidden&layout=line&show=max&heads=1.1-2.3&sort=entropy", height=1500)
    look = ask(page, "view.look")
    assert look == {
        "layer": 1, "head": 2, "query": 3, "key": None, "mode": "max", "heads": [0, 5], "gamma": 0.8, "cover": 70, "sinks": True, "words": False,
        "line": True, "sort": "entropy", "step": 0, "from": None,
    }  # fmt: skip
    for query in (5, 6, 4):  # a URL that is a step behind must not undo the click
        page.mouse.click(*cell(page, query, 1))
        expect(page.get_by_text(re.compile(f"token={query + 1}$"))).to_be_visible()
        settle(page)
        assert ask(page, "view.look.query") == query
    page.get_by_role("button", name="go to the last head").click()
    expect(page.get_by_text(re.compile("head=3 heads=1.1-2.3 key=2 layer=2 .*token=2$"))).to_be_visible()
    until(page, "view.look.query === 1")
    expect(page.locator(".attention .control.warned")).to_have_text("Hide sinks")
    expect(page.locator(".attention .detail")).to_contain_text("sinks are hidden, rows sum to 1 without them")


def test_an_address_that_cannot_be_is_taken_as_far_as_it_can(show: Any) -> None:
    page = show("view=attention&layer=99&head=x&token=0&key=900&contrast=NaN&cover=-4&sinks=1&show=all&heads=9.9-a.b&sort=none&step=7&from=1&by=words")
    look = ask(page, "view.look")
    assert (look["layer"], look["head"], look["query"], look["key"], look["gamma"], look["cover"]) == (1, 0, None, None, 0.5, 10)
    assert (look["mode"], look["heads"], look["sort"], look["step"], look["from"]) == ("head", None, "layer", 0, None)


def test_a_view_that_was_away_comes_back_as_the_url_says(show: Any) -> None:
    page = show("view=attention")
    page.mouse.click(*cell(page, 2, 1))
    expect(page.get_by_text(re.compile("token=3$"))).to_be_visible()
    away = page.locator("label").filter(has_text="away")
    away.click()
    expect(page.locator(".orrery")).to_have_count(0)
    away.click()
    expect(page.get_by_text(re.compile("token=3$"))).to_be_visible()
    until(page, "view.look.query === 2")


def test_a_thumbnail_previews_its_head_a_click_keeps_it_and_shift_takes_several(show: Any) -> None:
    page = show("view=attention", width=800)
    box = page.locator(".attention .overview canvas").bounding_box()

    def spot(place: int) -> tuple[float, float]:
        _, x, y = ask(page, f"view.overview.spots[{place}]")
        return box["x"] + x + 5, box["y"] + y + 5

    page.mouse.move(*spot(4))
    expect(page.locator(".attention .matrix .title b")).to_have_text("L2 H2")
    page.mouse.move(5, 5)
    expect(page.locator(".attention .matrix .title b")).to_have_text("L1 H1")
    page.mouse.click(*spot(4))
    expect(page.get_by_text("looks at head=2 layer=2", exact=True)).to_be_visible()
    page.keyboard.down("Shift")
    page.mouse.click(*spot(2))
    page.keyboard.up("Shift")
    expect(page.get_by_text("looks at head=2 heads=1.3-2.2 layer=2 show=mean")).to_be_visible()
    page.mouse.move(5, 5)
    drawn(page)
    w = weights(page)[0]
    np.testing.assert_allclose(sheet(page), (w[0, 2] + w[1, 1]) / 2, atol=1e-6)


def test_several_heads_words_and_sinks_are_what_numpy_makes_of_them(show: Any) -> None:
    page = show("view=attention&L=3")
    w = weights(page)[0].astype(np.float64)
    press = lambda name: (page.locator(".attention .bar").get_by_role("button", name=name, exact=True).click(), drawn(page))  # noqa: E731
    press("Mean")
    np.testing.assert_allclose(sheet(page), w.mean((0, 1)), atol=1e-6)
    press("Max")
    np.testing.assert_allclose(sheet(page), w.max((0, 1)), atol=1e-6)
    assert ask(page, "[...view.sheet.best]") == w.reshape(9, -1).argmax(0).tolist()
    press("Rollout")
    np.testing.assert_allclose(sheet(page), rollout(w)[-1], atol=1e-5)
    press("Head")
    press("Words")
    np.testing.assert_allclose(sheet(page), w[0, 0].reshape(4, 2, 4, 2).sum(3).mean(1), atol=1e-6)
    assert ask(page, "view.sheet.queries[1]") == "<img␣src=x␣onerror=document.title='owned'>烤鸭"
    press("Pieces")
    page.get_by_label("Hide sinks").check()
    drawn(page)
    left = w[0, 0].copy()
    left[:, 0] = 0
    np.testing.assert_allclose(sheet(page)[1:], left[1:] / left[1:].sum(1, keepdims=True), atol=1e-5)
    assert not sheet(page)[0].any(), "nothing was left of it"


def test_scrubbing_swaps_pictures_in_the_browser_and_shows_what_changed(show: Any) -> None:
    page = show("view=attention&S=3")
    w = weights(page)
    np.testing.assert_allclose(sheet(page), w[2, 0, 0], atol=1e-6)
    sent = ask(page, "(view.told_ = 0, view.send_ = view.send, view.send = (...a) => (view.told_++, view.send_(...a)), 0)")
    scrub = "slider.value = at; slider.dispatchEvent(new Event('input')); await new Promise(requestAnimationFrame);"
    page.get_by_role("slider", name="Step").evaluate(f"async (slider) => {{ for (const at of [0, 1, 0, 1]) {{ {scrub} }} }}")
    drawn(page)
    np.testing.assert_allclose(sheet(page), w[1, 0, 0], atol=1e-6)
    assert ask(page, "view.told_") == sent, "Python hears of it when the hand rests"
    page.wait_for_url("**/*step=10*")
    page.get_by_role("combobox", name="Change since").select_option(label="step 1")
    drawn(page)
    np.testing.assert_allclose(sheet(page), w[1, 0, 0] - w[0, 0, 0], atol=1e-6)
    page.mouse.move(*cell(page, 3, 1))
    expect(page.locator(".attention .tip")).to_contain_text(f"{w[1, 0, 0, 3, 1] - w[0, 0, 0, 3, 1]:+.3f}")
    page.wait_for_url("**/*from=1*")


def test_bytes_are_told_as_roughly_until_the_floats_of_the_head_have_come(show: Any) -> None:
    page = show("view=attention&bytes=1&token=3")
    expect(page.locator(".attention .headline")).to_have_text(re.compile(r", 0\.\d{3}$"))
    assert ask(page, "view.weights.unit") == 255
    assert ask(page, "Math.abs(view.weights.at(0) - 1) < 1e-6"), "the first query has one key only"
    page.locator(".attention .panes").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".attention .headline")).to_have_text(re.compile(r", 0\.\d{3}$"))
    until(page, "view.weights.floats.size === 2 && view.sheet.exact")
    page.locator(".attention .bar").get_by_role("button", name="Mean").click()
    expect(page.locator(".attention .headline")).to_have_text(re.compile(r", ≈ 0\.\d\d$"))


def test_masked_cells_are_hatched_by_their_cause_and_opened_ones_framed(show: Any) -> None:
    page = show("view=attention&n=4&edited=1")
    shades = """(({ left, top, cell, canvas }) => {
        const r = devicePixelRatio;
        const pixels = (q, k) => canvas.getContext("2d").getImageData((left + k * cell) * r + 3, (top + q * cell) * r + 3, cell * r - 6, 8 * r);
        return [[0, 3], [1, 0], [3, 0]].map(([q, k]) => new Set(new Uint32Array(pixels(q, k).data.buffer)).size);
    })(view.matrix)"""
    causal, edited, weight = ask(page, shades)
    assert min(causal, edited) > weight == 1, "hatching has several shades, a weight has one"
    label = page.locator(".attention .foot canvas").get_attribute("aria-label")
    assert label == "Scale from 0 to 1. Hatched: causal mask, masked by you, opened by you."


def test_each_layer_may_have_a_mask_of_its_own_and_together_they_hide_what_all_of_them_hide(show: Any) -> None:
    page = show("view=attention&n=3&edited=layer&S=2")
    causes = lambda: ask(page, "[...view.sheet.masked]")  # noqa: E731
    assert causes() == [0, 1, 1, 0, 0, 1, 0, 0, 0]
    page.locator(".attention .panes").press("PageDown")
    until(page, "view.sheet.masked[1] === 5")
    page.get_by_role("button", name="Mean").click()
    until(page, "view.of.mode === 'mean'")
    assert causes() == [0, 5, 5, 0, 0, 5, 0, 0, 0]
    assert ask(page, "view.weights.small.closed.map((mask) => mask.reduce((sum, one) => sum + one))") == [3, 0], "and so do the thumbnails"


@pytest.mark.parametrize("query", ["n=1&L=1&H=1", "n=128&L=12&H=12", "n=5&cross=1&token=2", "n=2000&L=1&H=1"])
def test_hostile_tokens_and_any_size_are_drawn_as_text(show: Any, query: str) -> None:
    page = show(f"view=attention&{query}", scheme="dark")
    assert ask(page, "view.theme.dark")
    assert page.locator(".attention img").count() == 0
    assert page.title() != "owned"
    assert ask(page, "view.matrix.canvas.width * view.matrix.canvas.height") < 4e6, "what is not seen is not painted"
    page.mouse.move(*cell(page, 0, 0))
    until(page, "view.hover.query === 0")
    expect(page.locator(".attention .headline")).to_contain_text("␣The attends most to")


def test_what_is_seen_can_be_saved_the_pinned_token_included(show: Any, tmp_path: Path) -> None:
    page = show("view=attention&token=3&key=1&head=2&n=6")
    headline = page.locator(".attention .headline").text_content()

    def saved(kind: str) -> Path:
        page.locator(".attention summary").first.click()
        with page.expect_download() as download:
            page.locator(f".attention [data-kind={kind}]").click()
        assert download.value.suggested_filename == f"attention-L1-H2-token-3.{kind}"
        download.value.save_as(tmp_path / f"saved.{kind}")
        return tmp_path / f"saved.{kind}"

    drawing = ElementTree.parse(saved("svg")).getroot()
    texts = ["".join(text.itertext()) for text in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert headline in [text.translate({ord(mark): None for mark in "“”"}) for text in texts]
    assert any(text.startswith("<img␣src=x") for text in texts), "a hostile token is text"
    assert not list(drawing.iter("{http://www.w3.org/2000/svg}image")), "small pictures are rectangles"
    assert saved("png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    with saved("csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    w = weights(page)[0, 0, 1]
    assert len(rows) == 36
    for row in rows:
        q, k = int(row["query"]) - 1, int(row["key"]) - 1
        assert row["pinned"] == {(True, True): "cell", (True, False): "query", (False, True): "key"}.get((q == 2, k == 0), "")
        assert (row["weight"], row["masked"]) == ("", "causal mask") if k > q else float(row["weight"]) == pytest.approx(w[q, k], rel=1e-6)
    assert rows[12]["query_token"] == "<img␣src=x␣onerror=document.title='owned'>"
    standing = page.context.new_page()  # nothing but the file
    standing.goto(saved("html").as_uri())
    expect(standing.locator(".attention .headline")).to_have_text(headline)
    standing.get_by_text("Hide sinks").click()
    expect(standing.locator(".attention .detail")).to_contain_text("sinks are hidden")
    drawn = "".join(ElementTree.fromstring(ask(standing, "view.svg()")).itertext())
    assert all(drawn.count(part) > 1 for part in standing.locator(".attention .detail").inner_text().split(" · ")), "in its title, and whole on its lines"
    standing.get_by_text("Hide sinks").click()
    assert standing.title() == "<b>a run</b>"
    assert standing.locator("img, b b").count() == 0
    standing.locator(".attention .panes").focus()
    standing.keyboard.press("ArrowDown")
    expect(standing.locator(".attention .headline b").first).to_have_text("烤鸭")
    standing.close()
