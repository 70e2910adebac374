"""Make the pictures of the README: run ``.venv/bin/python docs/screenshots.py``.

Serves the example archive on a free port of this machine and photographs it in Chromium.
Needs the ``test`` extra and Debian's chromium.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
PICTURES = {
    "home.png": ("/", 1280, 860, "light"),
    "story.png": ("/articles/2023/affaire-altman/", 1280, 860, "light"),
    "year.png": ("/2023/", 1280, 860, "light"),
    "dark.png": ("/articles/2023/affaire-altman/2023-11-18/", 420, 860, "dark"),
}


def ready(address: str) -> bool:
    """Whether everything on disk is loaded."""
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def main() -> None:
    """Serve, photograph, stop."""
    with tempfile.TemporaryDirectory() as data:
        command = [sys.executable, "-m", "newsarchive", "serve", "--port", "0"]
        environ = {**os.environ, "NEWSARCHIVE_DATA_DIR": data}
        server = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout
            found = re.search(r"http://[\d.]+:\d+", server.stdout.readline())
            assert found
            while not ready(found[0]):
                time.sleep(0.1)
            photograph(found[0])
        finally:
            server.terminate()
            server.wait(timeout=30)


def photograph(address: str) -> None:
    """Take every picture."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        for name, (path, width, height, scheme) in PICTURES.items():
            page = browser.new_page(
                viewport={"width": width, "height": height}, color_scheme=scheme
            )
            page.goto(address + path)
            page.screenshot(path=ROOT / "docs" / name)
        browser.close()


if __name__ == "__main__":
    main()
