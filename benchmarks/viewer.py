"""Every head of 12 layers x 12 heads on one page: how soon it is painted and how fast it answers the pointer, beside BertViz and CircuitsVis.

    python -m benchmarks.viewer [--json] [--rounds 3]

All three are opened as what they save: one HTML file each of the same random attention, in headless Chromium without a GPU and without a network.
Timed is from the beginning of the navigation to the second frame after the picture is there; a hover from the first event of the real pointer, moved
from one to the next of what answers it (cells of our matrix, BertViz's tokens, CircuitsVis's heads), to the end of the frame that follows. Ours draws
every head, a matrix and the lines; BertViz's head view the lines of one layer at a time, its model view (one round, it takes a minute) all heads;
CircuitsVis can only take one layer. What BertViz asks a server for (d3, jQuery, require.js) lies in its file here.
"""

import shutil
import statistics
import sys
import tempfile
from base64 import b64encode
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.measuring import Line, arguments, compare, report
from pages.ui.components import ASSETS, program
from pages.ui.viewer import PARTS, message

LAYERS, HEADS, TOKENS, MANY = 12, 12, 128, 512
HOVERS = 15
CHROMIUM = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"

# Runs before a page's own scripts: notes when what `there` looks for has been there for two frames.
WATCH = """(() => { const look = () => (THERE) ? requestAnimationFrame(() => requestAnimationFrame(() => { window.painted = performance.now(); }))
    : requestAnimationFrame(look); requestAnimationFrame(look); })()"""
# Notes how long each move of the pointer takes, from its first event to the end of the frame that follows: handlers, script and painting.
NOTE = """() => {
    const after = (done) => { const { port1, port2 } = new MessageChannel(); port1.onmessage = done; port2.postMessage(0); };
    window.hovers = [];
    let start = null;
    const begin = () => {
        if (start !== null) return;
        start = performance.now();
        requestAnimationFrame(() => after(() => { window.hovers.push(performance.now() - start); start = null; }));
    };
    for (const kind of ["pointerover", "pointermove"]) window.addEventListener(kind, begin, true);
}"""
# Where the pointer goes: to each thing that answers it, or down the left half of the only one.
SPOTS = """([selector, n]) => {
    const boxes = [...document.querySelectorAll(selector)].map((one) => one.getBoundingClientRect());
    const seen = boxes.filter((box) => box.width && box.top >= 0 && box.bottom < innerHeight);
    if (seen.length > 1) return seen.slice(0, n).map((box) => [box.x + box.width / 2, box.y + box.height / 2]);
    const box = document.querySelector(selector).getBoundingClientRect();
    return Array.from({ length: n }, (_, i) => [box.x + box.width * (0.1 + 0.02 * i), box.y + Math.min(box.height, 700) * (0.15 + (0.8 * i) / n)]);
}"""
MAKE = """async ({ program, css, meta, kind, arrays }) => {
    document.head.append(Object.assign(document.createElement("style"), { textContent: css }));
    const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
    const { default: show } = await import(URL.createObjectURL(new Blob([program], { type: "text/javascript" })));
    const data = { meta, weights: new globalThis[kind](bytes(arrays.weights)), masked: new Uint8Array(bytes(arrays.masked)), scores: new Float32Array(0) };
    show({ data, parentElement: document.body, setStateValue() {} });
    return await document.querySelector(".orrery").view.standing();
}"""


def attention(n: int, seed: int) -> np.ndarray:
    """Random attention under a causal mask, float32 [layer, head, query, key]."""
    random = np.random.default_rng(seed)
    scores = np.where(np.tri(n, dtype=bool), 2 * random.standard_normal((LAYERS, HEADS, n, n), dtype=np.float32), -np.inf)
    weights: np.ndarray = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    return weights


def tokens(n: int) -> list[str]:
    return [f"token{i}" for i in range(n)]


def ours(browser: Browser, weights: np.ndarray) -> str:
    """The page that the view itself saves."""
    n = weights.shape[-1]
    meta, arrays = message(weights[None], tokens(n), tokens(n), np.tri(n, dtype=bool))
    meta |= {"key": "benchmark", "command": 1, "look": {}, "title": "benchmark", "height": 640, "compact": False}
    kind = {"float32": "Float32Array", "uint16": "Uint16Array", "uint8": "Uint8Array"}[arrays["weights"].dtype.name]
    css = "\n".join((ASSETS / f"{name}.css").read_text("utf-8") for name in ("canvas", "attention"))
    sent = {name: b64encode(array.tobytes()).decode() for name, array in arrays.items()}
    page = browser.new_page()
    made: str = page.evaluate(MAKE, {"program": program("attention", *PARTS), "css": css, "meta": meta, "kind": kind, "arrays": sent})
    page.close()
    return made


def bertviz(weights: np.ndarray, view: str) -> str:
    """Its own page, with its libraries in it: the version of d3 that it asks for comes with mpld3."""
    import bertviz as peer
    import torch

    made = getattr(peer, view)([torch.tensor(layer)[None] for layer in weights], tokens(weights.shape[-1]), html_action="return").data
    libraries = (inside("xstatic.pkg.jquery") / "data" / "jquery.min.js", inside("mpld3") / "js" / "d3.v5.min.js")
    scripts = "".join(f"<script>{path.read_text('utf-8')}</script>" for path in libraries)
    shim = "<script>window.require = { config() {} }; window.requirejs = (names, main) => main(window.jQuery, window.d3);</script>"
    start = made.index("</script>") + len("</script>")  # of the line that asks for require.js
    return f"<!doctype html><meta charset='utf-8'><body>{scripts}{shim}{made[start:]}"


def inside(package: str) -> Path:
    """Where a package lies, without importing it."""
    spec = find_spec(package)
    assert spec is not None, f"{package} is not installed: pip install -r requirements-bench.txt"
    return Path(next(iter(spec.submodule_search_locations or [])))


def circuitsvis(weights: np.ndarray) -> str:
    from circuitsvis.attention import attention_heads

    made = attention_heads(attention=weights[0], tokens=tokens(weights.shape[-1]), mask_upper_tri=True)
    return f"<!doctype html><meta charset='utf-8'><body>{made.local_src}"


def opened(browser: Browser, html: str, folder: Path, there: str) -> tuple[Page, float]:
    """The page, and the seconds until its picture was there."""
    path = folder / "view.html"
    path.write_text(html, "utf-8")
    page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
    page.set_default_timeout(300_000)
    page.add_init_script(WATCH.replace("THERE", there))
    page.goto(path.as_uri(), wait_until="commit")
    page.wait_for_function("() => window.painted !== undefined")
    return page, float(page.evaluate("window.painted")) / 1000


def hovered(page: Page, selector: str) -> float:
    """Median milliseconds of moves of the real pointer over what the selector finds; the first two are cold."""
    page.mouse.move(2, 2)
    page.wait_for_timeout(300)
    spots = page.evaluate(SPOTS, [selector, HOVERS])
    page.evaluate(NOTE)
    for n, (x, y) in enumerate(spots, 1):
        page.mouse.move(x, y)
        page.wait_for_function("n => window.hovers.length >= n", arg=n)
    return statistics.median(page.evaluate("window.hovers")[2:])


PAINTED = {
    "ours": "document.querySelector('.orrery')?.view.paints > 0",
    "bertviz": "document.querySelectorAll('svg line, svg path').length > 100",
    "circuitsvis": "document.querySelectorAll('canvas, img').length > 11",
}
UNDER = {"ours": ".matrix canvas", "bertviz": "#left .background", "circuitsvis": "canvas, img"}  # cells; tokens; heads


def measure(browser: Browser, folder: Path, rounds: int) -> list[Line]:
    hovers: dict[str, list[float]] = {}

    def rate(name: str, make: Callable[[int], str]) -> Callable[[int], float]:
        """Pictures a second."""

        def once(n: int) -> float:
            page, seconds = opened(browser, make(n), folder, PAINTED[name])
            hovers.setdefault(name, []).append(hovered(page, UNDER[name]))
            page.context.close()
            return 1 / seconds

        return once

    mine = rate("ours", lambda n: ours(browser, attention(TOKENS, n)))
    theirs = rate("bertviz", lambda n: bertviz(attention(TOKENS, n), "head_view"))
    others = rate("circuitsvis", lambda n: circuitsvis(attention(TOKENS, n)))
    lines = compare("first_paint_vs_bertviz", "/s", "bertviz", mine, theirs, rounds, 1.0)
    lines += compare("first_paint_vs_circuitsvis", "/s", "circuitsvis", mine, others, rounds, 1.0)
    seconds = [1 / each for each in (*lines[1].rounds, *lines[4].rounds)]
    lines.insert(0, Line("first_paint_12x12x128_s", "ours, to the second frame (goal 1)", statistics.median(seconds), "s", tuple(seconds)))
    for name, taken in hovers.items():
        key = "hover_ms" if name == "ours" else f"hover_ms_{name}"
        lines.append(Line(key, f"{name}, from the event to the end of the next frame", statistics.median(taken), "ms", tuple(taken)))
    page, model_view = opened(browser, bertviz(attention(TOKENS, 0), "model_view"), folder, PAINTED["bertviz"])
    page.context.close()
    lines.append(Line("first_paint_bertviz_model_view_s", "BertViz's view of all heads, once", model_view, "s"))
    page, large = opened(browser, ours(browser, attention(MANY, 0)), folder, PAINTED["ours"])
    lines.append(Line("first_paint_12x12x512_s", "ours, once", large, "s"))
    lines.append(Line("hover_12x12x512_ms", "ours, over the matrix", hovered(page, ".matrix canvas"), "ms"))
    lines.append(Line("preview_12x12x512_ms", "ours, over the thumbnails: another head each time", hovered(page, ".overview canvas"), "ms"))
    page.context.close()
    return lines


def main() -> None:
    options = arguments(__doc__, rounds=3).parse_args()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory(prefix="orrery-") as folder:
        path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), playwright.chromium.executable_path)
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM.split())
        settings: dict[str, Any] = {"browser": browser.version, "layers": LAYERS, "heads": HEADS, "tokens": TOKENS, "rounds": options.rounds}
        lines = measure(browser, Path(folder), options.rounds)
        browser.close()
    report("viewer", lines, settings, options.json)


if __name__ == "__main__":
    sys.exit(main())
