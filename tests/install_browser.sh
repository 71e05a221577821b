#!/bin/sh
# Sees to it that a Chromium is there for the browser tests: one that is installed, else Playwright's own, else Debian's package.
# The first argument is the Python that has Playwright.
set -u
for name in chromium chromium-browser google-chrome google-chrome-stable chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
"$1" - <<'PY' && exit 0
import os, sys
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    sys.exit(0 if os.path.exists(playwright.chromium.executable_path) else 1)
PY
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk >/dev/null && exit 0
fi
timeout 600 "$1" -m playwright install chromium && exit 0
echo "No Chromium could be installed; the browser tests will be skipped. Install Chromium or Chrome by hand to run them." >&2
exit 0
