"""From nothing to the first page: ``start.py ARTICLES``, an articles folder (see corpus.py).

Starts ``newsarchive serve`` as a user does, on a free port of this machine: cold (no data folder),
then warm (everything catalogued), then saves a file and waits for its page. Prints seconds.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path


def answers(address: str, text: str = "") -> bool:
    """Whether a page answers 200 and holds ``text``."""
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return text in answer.read().decode()
    except OSError:
        return False


def serve(articles: Path, data: Path) -> "subprocess.Popen[str]":
    """The site, on a free port."""
    environ = {
        **os.environ, "NEWSARCHIVE_ARTICLES_DIR": str(articles), "NEWSARCHIVE_DATA_DIR": str(data),
    }  # fmt: skip
    command = [sys.executable, "-m", "newsarchive", "serve", "--port", "0"]
    return subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)


def measure(articles: Path, data: Path, name: str) -> "tuple[subprocess.Popen[str], str]":
    """Start, wait for the first whole home page and for everything to be loaded."""
    begun = time.perf_counter()
    process = serve(articles, data)
    assert process.stdout
    found = re.search(r"http://[\d.]+:\d+", process.stdout.readline())
    assert found
    for what, address in [("first page", "/"), ("ready", "/readyz")]:
        while not answers(found[0] + address):
            time.sleep(0.1)  # a visitor waits; asking all the time would take the loader's core
        print(f"{name:5} {what:12} {time.perf_counter() - begun:7.2f} s", flush=True)
    return process, found[0]


def main(articles: Path) -> None:
    """Cold, warm, a saved edit."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        process, _ = measure(articles, data, "cold")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        process, address = measure(articles, data, "warm")
        for number in range(3):
            path = articles / "benchmark-edit.md"
            begun = time.perf_counter()
            path.write_text(
                f"---\ntitle: Edit {number}\ndate: 2020-01-01\n---\nx\n", encoding="utf-8"
            )
            while not answers(f"{address}/articles/benchmark-edit/", f"Edit {number}"):
                time.sleep(0.005)
            print(f"edit  on its page  {time.perf_counter() - begun:7.2f} s", flush=True)
        path.unlink()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
