"""An edit in the mask lab: from letting go of a cell until attention, predictions and losses under the new mask are painted.

    python -m benchmarks.masks [--json] [--rounds 12]

A GPT with its usual settings (and with the quick preset's) on the small world, trained for a few steps, its server and a Chromium, all of them real.
The first two edits are cold.
"""

import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.measuring import Line, arguments, report
from benchmarks.sessions import server
from benchmarks.viewer import CHROMIUM

TEXT = "the king of france lost his crown and he looked for it in the palace"
COLD = 2
FIND = "[...document.querySelectorAll('*')].map((each) => each.shadowRoot?.querySelector('NAME')).find(Boolean)?.view"
# Ends once the editor and the attention beneath have new data, and two frames have passed.
WAIT = f"""() => new Promise((done) => {{
    const [mask, heads] = [{FIND.replace("NAME", ".mask")}, {FIND.replace("NAME", ".attention")}];
    const [before, fed, start] = [mask.meta, heads.fed, performance.now()];
    const look = () => mask.meta !== before && heads.fed !== fed && !heads.frame
        ? requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start))) : requestAnimationFrame(look);
    const {{ left, top, cell }} = mask.grid, box = mask.canvas.getBoundingClientRect();
    const [row, column] = [1 + (window.edits ?? 0) % 5, 0];
    window.edits = (window.edits ?? 0) + 1;
    const at = {{ clientX: box.x + left + (column + 0.5) * cell, clientY: box.y + top + (row + 0.5) * cell, bubbles: true, button: 0, pointerId: 1 }};
    mask.canvas.setPointerCapture = () => {{}};
    for (const kind of ["pointerdown", "pointerup"]) mask.canvas.dispatchEvent(new PointerEvent(kind, at));
    look();
}})"""


def edits(page: Page, address: str, n: int) -> list[float]:
    """Milliseconds of n edits of different cells, each closed and in a later turn opened again."""
    page.goto(address)
    page.wait_for_function(f"() => {FIND.replace('NAME', '.attention')}?.paints > 0")
    page.wait_for_timeout(1000)
    return [float(page.evaluate(WAIT)) for _ in range(COLD + n)][COLD:]


def trained(preset: str) -> str:
    """A run's id."""
    from core.systems import system
    from core.training.run import RunConfig, create
    from core.training.trainer import train

    row = system("gpt")
    changes = next((each.settings for each in row.presets if each.name == preset), {})
    config = RunConfig(row.name, "small-world", row.tokenizer, row.settings(**{**changes, "n_steps": 3}), name=preset or "usual", report_every=1, eval_every=3)
    run = create(config)
    train(run)
    return run.id


def main() -> None:
    options = arguments(__doc__, rounds=12).parse_args()
    with tempfile.TemporaryDirectory(prefix="orrery-") as home, sync_playwright() as playwright:
        os.environ["ORRERY_HOME"] = home
        runs = {"mask_edit_ms": trained("quick look"), "mask_edit_usual_ms": trained("")}
        path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), playwright.chromium.executable_path)
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM.split())
        lines = []
        with server(Path(home)) as port:
            for key, run in runs.items():
                page = browser.new_page(viewport={"width": 1400, "height": 1200})
                taken = edits(page, f"http://127.0.0.1:{port}/masks?run={run}&text={TEXT.replace(' ', '+')}", options.rounds)
                what = "2 layers x 4 heads" if key == "mask_edit_ms" else "4 layers x 4 heads"
                lines.append(Line(key, f"{what}, from the click to the picture (goal 300)", statistics.median(taken), "ms", tuple(taken)))
                page.close()
        settings = {"browser": browser.version, "tokens": len(TEXT.split()), "rounds": options.rounds}
        browser.close()
    report("masks", lines, settings, options.json)


if __name__ == "__main__":
    sys.exit(main())
