"""The three views in a real browser. Each canvas belongs to an element whose property `view` is the JavaScript object: that is asked, not pixels."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

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


def ask(page: Page, expression: str) -> Any:
    """The value of an expression in `view`, in the browser."""
    return page.locator(".orrery").evaluate(f"({{ view }}) => {expression}")


def until(page: Page, expression: str) -> None:
    """Wait until an expression in `view` is true."""
    find = "[...document.querySelectorAll('*')].map(e => e.shadowRoot?.querySelector('.orrery')).find(Boolean)"
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


@pytest.mark.parametrize(
    "init",
    [
        "",
        "HTMLCanvasElement.prototype.getContext = (get => function (kind, ...more) "
        "{ return kind.startsWith('webgl') ? null : get.call(this, kind, ...more) })(HTMLCanvasElement.prototype.getContext)",
    ],
    ids=["webgl", "2d"],
)
def test_a_click_on_a_word_reaches_python_and_its_neighbours_stand_out(show: Any, init: str) -> None:
    page = show("view=map&n=40", init=init)
    assert page.locator(".map").get_attribute("data-painter") == ("2d" if init else "webgl")
    page.mouse.move(*spot(page, 7))
    expect(page.locator(".map .tip")).to_have_text("word7  33 ×")
    page.mouse.click(*spot(page, 7))
    expect(page.get_by_text("clicked Click(index=7), chosen 7")).to_be_visible()
    until(page, "view.neighbours.length === 3")
    assert "Selected: “word7”, near “word8”" in page.locator(".map .stage").get_attribute("aria-label")
    page.keyboard.press("Escape")
    expect(page.get_by_text("clicked Click(index=None), chosen None")).to_be_visible()
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
    until(page, "view.progress === 1")
    assert ask(page, "view.glides.length") == 1
    assert ask(page, "view.camera") == camera
    page.mouse.dblclick(x, y + 200)
    until(page, "!view.camera.touched")


def test_a_layout_of_another_unit_fills_the_same_view(show: Any) -> None:
    page = show("view=map&n=200")
    scale = ask(page, "view.camera.scale")
    renew(page)  # five times as wide
    until(page, "view.progress === 1 && !view.frame")
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


# ------------------------------------------------------------------ attention


def cell(page: Page, query: int, key: int) -> tuple[float, float]:
    """Where a cell of the matrix is on the screen."""
    x, y = ask(
        page,
        f"(({{ left, top, cell, canvas }}, r = canvas.getBoundingClientRect()) => [r.left + left + ({key} + 0.5) * cell, "
        f"r.top + top + ({query} + 0.5) * cell])(view.matrix)",
    )
    return x, y


def test_hovering_over_a_cell_tells_its_weight(show: Any) -> None:
    page = show("view=attention")
    weights = page.get_by_text("row 1 of head 1").text_content().split("[")[1].split("]")[0].split(", ")
    page.mouse.move(*cell(page, 1, 0))
    expect(page.locator(".attention .tip")).to_have_text(f"⏎ → ␣The  ≈ {float(weights[0]):.2f}")
    expect(page.locator(".attention .reading")).to_contain_text("“⏎” attends most to")
    page.mouse.move(*cell(page, 1, 2))
    expect(page.locator(".attention .tip")).to_contain_text("masked")
    page.mouse.move(5, 5)
    expect(page.locator(".attention .tip")).not_to_have_class("tip shown")


def test_a_float_of_the_page_is_told_without_a_roughly(show: Any) -> None:
    page = show("view=attention&exact=1")
    page.mouse.move(*cell(page, 0, 0))
    expect(page.locator(".attention .tip")).to_have_text("␣The → ␣The  1.000")


def test_a_click_pins_a_token_through_new_data_until_escape(show: Any) -> None:
    page = show("view=attention")
    page.mouse.click(*cell(page, 2, 1))
    expect(page.get_by_text("pinned 0 0 2")).to_be_visible()
    page.mouse.move(5, 5)
    reading = page.locator(".attention .reading").text_content()
    renew(page)
    assert ask(page, "view.pin") == {"layer": 0, "head": 0, "query": 2}
    assert page.locator(".attention .reading").text_content() != reading
    page.keyboard.press("Escape")
    expect(page.get_by_text("pinned 0 0 None")).to_be_visible()
    assert "token" not in page.url


def test_a_hovered_cell_is_read_anew_when_the_picture_changes_under_it(show: Any) -> None:
    page = show("view=attention")
    page.mouse.move(*cell(page, 1, 0))
    until(page, "view.tip.textContent !== ''")
    before = page.locator(".attention .tip").text_content()
    renew(page)
    assert page.locator(".attention .tip").text_content() != before


def test_the_keys_move_token_head_and_layer(show: Any) -> None:
    page = show("view=attention")
    page.locator(".attention .panes").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight", "PageDown", "ArrowLeft"):
        page.keyboard.press(key)
    expect(page.get_by_text("pinned 1 1 1")).to_be_visible()
    page.wait_for_url("**/*layer=1&head=1&token=1*")


def test_the_url_is_a_starting_point_the_page_may_command_and_clicks_win(show: Any) -> None:
    page = show("view=attention&layer=1&head=2&token=3")
    expect(page.get_by_text("pinned 1 2 3")).to_be_visible()
    assert ask(page, "view.pin") == {"layer": 1, "head": 2, "query": 3}
    for query in (5, 6, 4):  # a URL that is a step behind must not undo the click
        page.mouse.click(*cell(page, query, 0))
        expect(page.get_by_text(f"pinned 1 2 {query}")).to_be_visible()
        settle(page)
        assert ask(page, "view.pin.query") == query
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("pinned 1 1 4")).to_be_visible()
    page.get_by_role("button", name="go to the last head").click()
    expect(page.get_by_text("pinned 1 2 1")).to_be_visible()
    until(page, "view.pin.head === 2 && view.pin.query === 1")


def test_a_view_that_was_away_comes_back_as_the_url_says(show: Any) -> None:
    page = show("view=attention")
    page.mouse.click(*cell(page, 2, 1))
    expect(page.get_by_text("pinned 0 0 2")).to_be_visible()
    away = page.locator("label").filter(has_text="away")
    away.click()
    expect(page.locator(".orrery")).to_have_count(0)
    away.click()
    expect(page.get_by_text("pinned 0 0 2")).to_be_visible()
    until(page, "view.pin.query === 2")


def test_a_thumbnail_previews_its_head_and_a_click_keeps_it(show: Any) -> None:
    page = show("view=attention", width=800)
    box = page.locator(".attention .overview canvas").bounding_box()
    left, top, wide, high = ask(page, "[view.overview.left, view.overview.top, view.overview.wide, view.overview.high]")
    page.mouse.move(box["x"] + left + 1.4 * wide, box["y"] + top + 1.4 * high)
    expect(page.locator(".attention .matrix .title")).to_have_text("L2 H2")
    page.mouse.move(5, 5)
    expect(page.locator(".attention .matrix .title")).to_have_text("L1 H1")
    page.mouse.click(box["x"] + left + 1.4 * wide, box["y"] + top + 1.4 * high)
    expect(page.get_by_text("pinned 1 1 None")).to_be_visible()


def test_a_masked_cell_does_not_look_like_a_weight_of_zero(show: Any) -> None:
    page = show("view=attention&n=4")
    shades = """(({ left, top, cell, canvas }) => {
        const r = devicePixelRatio;
        const pixels = (q, k) => canvas.getContext("2d").getImageData((left + k * cell) * r + 3, (top + q * cell) * r + 3, cell * r - 6, 8 * r);
        return [[0, 3], [3, 0]].map(([q, k]) => new Set(new Uint32Array(pixels(q, k).data.buffer)).size);
    })(view.matrix)"""
    seen = ask(page, shades)
    assert seen[0] > seen[1] == 1, "hatching has several shades, a weight has one"


@pytest.mark.parametrize("query", ["view=attention&n=1&layers=1&heads=1", "view=attention&n=128&layers=12&heads=12"])
def test_hostile_tokens_and_any_size_are_drawn_as_text(show: Any, query: str) -> None:
    page = show(query, scheme="dark")
    assert ask(page, "view.theme.dark")
    assert page.locator(".attention img").count() == 0
    assert page.title() != "owned"
    page.mouse.move(*cell(page, 0, 0))
    expect(page.locator(".attention .reading")).to_contain_text("“␣The” attends most to “␣The” (≈ 1.00)")
