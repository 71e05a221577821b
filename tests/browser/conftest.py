"""A real browser and real servers for the tests in this folder; they are skipped where there is no Chromium."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

ROOT = Path(__file__).parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
QUIET = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"
ALONE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"  # no name is looked up: nothing outside is reached
SOFTWARE_GL = "--use-gl=angle --use-angle=swiftshader --enable-unsafe-swiftshader"
KNOWN_404 = ("/_stcore/health", "/_stcore/host-config")  # Streamlit's own, on every deep link

Serve = Callable[..., str]
Visit = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=30_000)  # ms; a busy machine is slow, and that is no failure
    with sync_playwright() as playwright:
        path = next(filter(None, map(shutil.which, NAMES)), playwright.chromium.executable_path)
        if not Path(path).exists():
            pytest.skip("no Chromium or Chrome was found; sh tests/install_browser.sh installs one")
        chromium = playwright.chromium.launch(executable_path=path, args=[*f"{QUIET} {SOFTWARE_GL}".split(), ALONE])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """serve(app, home=None) -> address: `streamlit run app` on a free port with ORRERY_HOME=home, until the session ends. One server an app and home."""
    started: dict[tuple[Path, Path | None], tuple[subprocess.Popen[bytes], str]] = {}

    def start(app: Path, home: Path | None = None) -> str:
        if (app, home) not in started:
            folder = home or tmp_path_factory.mktemp("home")
            started[app, home] = launched(app, folder, tmp_path_factory.mktemp("server") / "log.txt")
        return started[app, home][1]

    yield start
    for process, _ in started.values():
        process.terminate()
    for process, _ in started.values():
        process.wait(timeout=20)


def launched(app: Path, home: Path, log: Path) -> tuple[subprocess.Popen[bytes], str]:
    """A server of its own, and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(app), "--server.port", str(port), "--server.headless", "true"]
    environment = os.environ | {"ORRERY_HOME": str(home), "PYTHONPATH": str(ROOT)}
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=5).close()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            assert process.poll() is None, log.read_text("utf-8", "replace")
            time.sleep(0.1)
        else:
            return process, address
    process.kill()
    raise AssertionError(f"the server never answered: {log.read_text('utf-8', 'replace')}")


@pytest.fixture(scope="session")
def contexts(browser: Browser) -> Iterator[Callable[[str], BrowserContext]]:
    """One browser context a colour scheme, kept for the session: its cache saves a second of every visit."""
    known: dict[str, BrowserContext] = {}

    def context(scheme: str) -> BrowserContext:
        if scheme not in known:
            known[scheme] = browser.new_context(color_scheme=scheme)  # type: ignore[arg-type]
        return known[scheme]

    yield context
    for one in known.values():
        one.close()


@pytest.fixture
def visit(contexts: Callable[[str], BrowserContext]) -> Iterator[Visit]:
    """visit(address, scheme="light", width=1400, height=900, init="", before=None) -> Page, loaded and settled. Nothing outside this machine is reached.

    `init` is JavaScript to run before the page's own; `before` gets the page before it is loaded. After the test, any error on the console or any
    request to elsewhere fails it.
    """
    pages: list[Page] = []
    wrong: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        known = "404" in message.text and urlparse(message.location.get("url", "")).path.endswith(KNOWN_404)
        if message.type == "error" and not known:
            wrong.append(f"console: {message.text} {message.location}")

    def requested(request: Request) -> None:
        if urlparse(request.url).hostname not in {"127.0.0.1", "localhost", None}:
            wrong.append(f"request to {request.url}")

    def go(address: str, scheme: str = "light", width: int = 1400, height: int = 900, init: str = "", before: Callable[[Page], None] | None = None) -> Page:
        page = contexts(scheme).new_page()
        pages.append(page)
        page.set_viewport_size({"width": width, "height": height})
        page.set_default_timeout(60_000)
        page.on("console", heard)
        page.on("pageerror", lambda error: wrong.append(f"page: {error}"))
        page.on("request", requested)
        if init:
            page.add_init_script(init)
        if before:
            before(page)
        page.goto(address)
        settle(page)
        return page

    yield go
    for page in pages:
        page.close()
    assert not wrong, "\n".join(wrong)


def settle(page: Page) -> None:
    """Wait until the script of the page has run: on a fresh and busy machine Tokens makes its text and four vocabularies first."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning][data-test-connection-state=CONNECTED]").wait_for(timeout=60_000)
