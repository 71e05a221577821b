"""The README's pictures, taken from the running app: `make pictures`, some three minutes.

Starts the app on a workspace of its own, trains two of Home's starting cards as anybody would, and photographs what is seen.
"""

import re
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.conftest import NAMES, QUIET, ROOT, SOFTWARE_GL, launched, settle

OUT = ROOT / "assets" / "pictures"
SIZE = {"width": 1400, "height": 900}
LONG = 300_000  # milliseconds of a training


def main() -> None:
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="orrery-") as home, sync_playwright() as playwright:
        process, address = launched(ROOT / "app.py", Path(home), Path(home) / "log.txt")
        path = next(filter(None, map(shutil.which, NAMES)), playwright.chromium.executable_path)
        browser = playwright.chromium.launch(executable_path=path, args=f"{QUIET} {SOFTWARE_GL}".split())
        try:
            page = browser.new_context(color_scheme="light", viewport=SIZE).new_page()
            page.set_default_timeout(60_000)
            photograph(page, address)
        finally:
            browser.close()
            process.terminate()
            process.wait(20)


def photograph(page: Page, address: str) -> None:
    from pages.ui.starting import CARDS

    words, heads = CARDS[1], CARDS[2]
    for card in (words, heads):
        page.goto(address)
        page.locator(f".st-key-start-{card.icon} button").click()
        if card is heads:
            expect(page.get_by_text(re.compile(r"step [3-9]\d\d of"))).to_be_visible(timeout=LONG)
            shoot(page, "train")
        expect(page.get_by_text(re.compile(r"\bdone\b")).first).to_be_visible(timeout=LONG)
    page.goto(f"{address}/embeddings?run=king-minus-man-plus-woman&projection=umap&colour=truth&umap-n_neighbours=25&umap-min_dist=0.9")
    page.get_by_role("button", name=re.compile("Run UMAP · about")).click()
    page.get_by_text("by UMAP (").wait_for(timeout=LONG)
    shoot(page, "map")
    page.goto(f"{address}/attention?run=attention-heads-form&layer=1&head=3&token=9")
    page.locator(".attention .headline").wait_for()
    shoot(page, "attention")


def shoot(page: Page, name: str) -> None:
    """What is on the page once nothing moves any more."""
    settle(page)
    page.evaluate("() => document.fonts.ready")
    page.wait_for_timeout(1500)
    page.screenshot(path=OUT / f"{name}.png")


if __name__ == "__main__":
    main()
