"""The map in a browser without a GPU: how smoothly it moves, how soon it opens, how much memory it takes, how fast it answers.

    python -m benchmarks.map [--json] [--rounds 3] [--sizes 10000 100000 1000000] [--words 400000] [--d-model 300]

The page Embeddings in headless Chromium, with vectors that were opened as a file, two numbers a word. Frames are counted while the map moves and zooms
by itself for two seconds, at a ratio of one pixel to one. Memory is what V8 holds after its garbage is gone, arrays included, and beside it all that the
page's process holds (PSS). A search is timed from the last letter to the end of the frame that follows. A run's map, its UMAP computed before, is opened
from the menu of another page, and anew in the same browser, to the second frame with points. Neighbours are asked of `core.vectors` as a page asks.
"""

import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

from benchmarks.measuring import Line, arguments, report
from benchmarks.sessions import server
from benchmarks.viewer import CHROMIUM
from core import opened, projecting
from core.formats import FORMATS, Reading
from core.vectors import Vectors

MOVING = 2000  # ms
VIEW = "[...document.querySelectorAll('*')].map(e => e.shadowRoot?.querySelector('.orrery.map')?.view).find(Boolean)"
# Runs before the page's own scripts: notes when a map with points, at rest, has been there for two frames.
WATCH = f"""(() => {{ const look = () => {{ const view = {VIEW}; return view && view.n > 0 && view.paints > 0 && view.places.progress === 1
    ? requestAnimationFrame(() => requestAnimationFrame(() => {{ window.painted = performance.now(); }})) : setTimeout(look, 20); }};
    setTimeout(look, 20); }})()"""
# From a click on the menu to the same: seconds.
COME_BACK = f"""() => new Promise((done) => {{
    const begin = performance.now();
    const look = () => {{ const view = {VIEW}; return view && view.n > 0 && view.paints > 0 && view.places.progress === 1
        ? requestAnimationFrame(() => requestAnimationFrame(() => done((performance.now() - begin) / 1000))) : setTimeout(look, 20); }};
    document.querySelector("[data-testid=stSidebarNav] a[href*=embeddings]").click();
    setTimeout(look, 20);
}})"""
MOVE = f"""async (ms) => {{
    const view = {VIEW};
    const begin = performance.now();
    let frames = 0;
    while (performance.now() - begin < ms) {{
        const t = (performance.now() - begin) / ms;
        view.pan(6 * Math.sin(12 * t), 6 * Math.cos(12 * t));
        view.zoom(1 + 0.02 * Math.sin(6 * t));
        await new Promise(requestAnimationFrame);
        frames += 1;
    }}
    return 1000 * frames / (performance.now() - begin);
}}"""
SEARCH = f"""async (text) => {{
    const view = {VIEW};
    const after = (done) => {{ const {{ port1, port2 }} = new MessageChannel(); port1.onmessage = done; port2.postMessage(0); }};
    const frame = () => new Promise((done) => requestAnimationFrame(() => after(done)));
    view.openSearch();
    const taken = [];
    for (let length = 1; length <= text.length; length++) {{
        await frame();
        const begin = performance.now();
        view.search.input.value = text.slice(0, length);
        view.search.input.dispatchEvent(new Event("input"));
        await frame();
        taken.push(performance.now() - begin);
    }}
    view.search.close();
    return taken;
}}"""


def kept(n: int, d_model: int, seed: int = 1) -> str:
    """Vectors in the workspace, as if a file of them had been opened: their id."""
    random = np.random.default_rng(seed)
    matrix = random.standard_normal((n, d_model), np.float32)
    matrix[:, :2] *= 3
    counts = (n / np.arange(1, n + 1)).astype(np.int64) + 1
    return opened.keep(Reading(Vectors([f"word{i}" for i in range(n)], matrix, counts), FORMATS[0]), f"{n} words").id


def visited(context: BrowserContext, address: str) -> tuple[Page, float]:
    """The page, and the seconds until its map was there."""
    page = context.new_page()
    page.set_default_timeout(300_000)
    page.add_init_script(WATCH)
    page.goto(address, wait_until="commit")
    page.wait_for_function("() => window.painted !== undefined")
    return page, float(page.evaluate("window.painted")) / 1000


def memory(browser: Browser, page: Page) -> tuple[float, float]:
    """Megabytes: what V8 holds, and what the page's process holds."""
    session: CDPSession = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")
    held = heap["usedSize"] + heap.get("embedderHeapUsedSize", 0) + heap.get("backingStorageSize", 0)
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    shares = [_share(each["id"]) for each in processes if each["type"] == "renderer"]
    return held / 1e6, max(shares, default=0.0) / 1e6


def _share(process: int) -> float:
    """Bytes: its own and its share of what it has in common with others; 0 where the system does not tell."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next(1024.0 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def of_size(browser: Browser, port: int, n: int, rounds: int) -> list[Line]:
    """One size of map: opened, moved, searched."""
    id = kept(n, 2)
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    address = f"http://127.0.0.1:{port}/embeddings?source={id}&words={n}"
    page, first = visited(context, address)  # which makes the layout, too
    page.close()
    opening, frames, searches = [], [], []
    for _ in range(rounds):
        page, taken = visited(context, address)
        opening.append(taken)
        frames.append(page.evaluate(MOVE, MOVING))
        searches += page.evaluate(SEARCH, f"word{n // 3}")[1:]  # the first makes what it needs
        if len(opening) < rounds:
            page.close()
    heap, whole = memory(browser, page)
    context.close()
    goals = {100_000: " (goal 20)"}
    return [
        Line(f"open_{n}_s", f"{n:,} points, opened again", statistics.median(opening), "s", tuple(opening)),
        Line(f"open_first_{n}_s", "the first time: vectors read, PCA made", first, "s"),
        Line(f"frames_{n}", f"a second, moving and zooming{goals.get(n, '')}", statistics.median(frames), "/s", tuple(frames)),
        Line(f"search_{n}_ms", "from a letter to the next frame (goal 100)", statistics.median(searches), "ms", tuple(searches)),
        Line(f"memory_{n}_mb", "held by V8, arrays included", heap, "MB"),
        Line(f"process_{n}_mb", "held by the page's process", whole, "MB"),
    ]


def of_run(browser: Browser, port: int, corpus: str, rounds: int) -> list[Line]:
    """A run's map by UMAP that was computed before."""
    from core.systems import system
    from core.text.corpora import find
    from core.text.tokenizing import TokenizerSettings
    from core.training.run import RunConfig, create
    from core.training.trainer import train

    row = system("skip-gram")
    run = create(RunConfig(row.name, find(corpus).id, TokenizerSettings(kind="word"), row.settings(n_steps=100), name="mapped"))
    train(run)
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    address = f"http://127.0.0.1:{port}/embeddings?source={run.id}&projection=umap"
    page, _ = visited(context, address)
    page.locator("button", has_text="Run UMAP").click()
    page.get_by_text("words were arranged").wait_for()
    page.close()
    anew, within = [], []
    for _ in range(rounds):
        page, seconds = visited(context, address)
        assert page.get_by_text("words were arranged").count(), "the map is UMAP's"
        anew.append(seconds)
        page.get_by_role("link", name="Home").click()
        page.get_by_role("heading", name="Runs").wait_for()
        page.wait_for_function(f"() => !({VIEW})")
        within.append(float(page.evaluate(COME_BACK)))
        assert page.get_by_text("words were arranged").count(), "it is the same map"
        page.close()
    context.close()
    return [
        Line("open_run_s", "a run's map by UMAP, computed before, from the menu (goal 1)", statistics.median(within), "s", tuple(within)),
        Line("open_run_anew_s", "the same in a new page, Streamlit's own scripts included", statistics.median(anew), "s", tuple(anew)),
    ]


def of_neighbours(n: int, d_model: int, rounds: int) -> list[Line]:
    vectors = opened.find(kept(n, d_model)).vectors()
    vectors.neighbours("word0")
    taken = []
    for i in range(5 * rounds):
        began = time.perf_counter()
        vectors.neighbours(f"word{i * 97 % n}")
        taken.append(1000 * (time.perf_counter() - began))
    return [Line("neighbours_ms", f"of a word among {n:,} x {d_model} (goal 50)", statistics.median(taken), "ms", tuple(taken))]


def measure(browser: Browser, sizes: Sequence[int], corpus: str, n_words: int, d_model: int, rounds: int) -> list[Line]:
    lines = of_neighbours(n_words, d_model, rounds)  # before other processes begin their work
    projecting.warm_up()
    with server(Path(os.environ["ORRERY_HOME"])) as port:
        lines += of_run(browser, port, corpus, rounds)
        for n in sizes:
            lines += of_size(browser, port, n, rounds)
    return lines


def main() -> None:
    parser = arguments(__doc__, rounds=3)
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--words", type=int, default=400_000)
    parser.add_argument("--d-model", type=int, default=300)
    parser.add_argument("--corpus", default="documentation", help="the text of the run")
    given = parser.parse_args()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory(prefix="orrery-") as folder:
        os.environ["ORRERY_HOME"] = folder
        path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), playwright.chromium.executable_path)
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM.split())
        settings: dict[str, Any] = {"browser": browser.version, "words": given.words, "d_model": given.d_model, "rounds": given.rounds}
        lines = measure(browser, given.sizes, given.corpus, given.words, given.d_model, given.rounds)
        browser.close()
    report("map", lines, settings, given.json)


if __name__ == "__main__":
    sys.exit(main())
