"""The README's pictures, taken from the running app: `make pictures`.

Starts the app on a workspace of its own, trains the small world's words and a small GPT, and photographs the pages in light and dark.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import NAMES, QUIET, SOFTWARE_GL, settle

ROOT = Path(__file__).parents[1]
OUT = ROOT / "assets" / "pictures"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="orrery-") as home:
        os.environ["ORRERY_HOME"] = home
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port), "--server.headless", "true"]
        server = subprocess.Popen(command, cwd=ROOT)
        try:
            time.sleep(5)
            photograph(f"http://127.0.0.1:{port}")
        finally:
            server.terminate()
            server.wait(20)


def photograph(address: str) -> None:
    from pages.ui.starting import CARDS

    OUT.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        path = next(filter(None, map(shutil.which, NAMES)), playwright.chromium.executable_path)
        browser = playwright.chromium.launch(executable_path=path, args=f"{QUIET} {SOFTWARE_GL}".split())
        for scheme in ("light", "dark"):
            page = browser.new_context(color_scheme=scheme, viewport={"width": 1400, "height": 860}).new_page()
            for card, name in ((CARDS[1], "train"), (CARDS[2], "heads")):
                page.goto(address)
                page.locator(f".st-key-start-{card.icon} button").click(timeout=60_000)
                page.get_by_text("left ·").wait_for(timeout=180_000)
                page.wait_for_timeout(9000)
                page.screenshot(path=OUT / f"{name}-{scheme}.png")
                page.get_by_text("done").wait_for(timeout=300_000)
            page.goto(f"{address}/embeddings?word=queen&projection=UMAP&run=king-minus-man-plus-woman")
            page.get_by_text("by UMAP (").wait_for(timeout=180_000)
            settle(page)
            page.wait_for_timeout(2000)
            page.screenshot(path=OUT / f"embeddings-{scheme}.png")
            page.goto(f"{address}/attention?token=5")
            settle(page)
            page.wait_for_timeout(2000)
            page.screenshot(path=OUT / f"attention-{scheme}.png")
        browser.close()


if __name__ == "__main__":
    main()
