"""From nothing to the first page: ``start.py ARTICLES``, an articles folder (see corpus.py).

Starts ``newsarchive serve`` as a user does, on a free port of this machine: cold (no data folder),
then warm (everything catalogued), then saves a file and waits for it on its page, in the feed and
in search. Prints seconds since the start, or since the file was saved.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

#: what is waited for after a start
STAGES = [
    ("first page", "/", ""), ("loaded", "/readyz", ""), ("searchable", "/readyz", '"behind":0'),
]  # fmt: skip
#: where an edit is looked for, one after another
EDITED = [
    ("on its page", "/articles/benchmark-edit/"), ("in the feed", "/feed.rss"),
    ("in search", "/search/feed.rss?q={}"),
]  # fmt: skip


def answers(address: str, text: str = "") -> bool:
    """Whether a page answers 200 and holds ``text``."""
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return text in answer.read().decode()
    except OSError:
        return False


def serve(articles: Path, data: Path, *words: str) -> "subprocess.Popen[str]":
    """The site, on a free port."""
    environ = {
        **os.environ, "NEWSARCHIVE_ARTICLES_DIR": str(articles), "NEWSARCHIVE_DATA_DIR": str(data),
        "NEWSARCHIVE_ACCESS_LOG": "none",
    }  # fmt: skip
    command = [sys.executable, "-m", "newsarchive", "serve", "--port", "0", *words]
    return subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)


def measure(articles: Path, data: Path, name: str) -> "tuple[subprocess.Popen[str], str]":
    """Start, wait for the first whole home page and for everything to be loaded."""
    begun = time.perf_counter()
    process = serve(articles, data)
    assert process.stdout
    found = re.search(r"http://[\d.]+:\d+", process.stdout.readline())
    assert found
    for what, address, text in STAGES:
        while not answers(found[0] + address, text):
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
        path = articles / "benchmark-edit.md"
        day = f"{datetime.now(UTC):%Y-%m-%d}"
        for number in range(3):
            # a word of its own: what changes in place is another question each time
            word = f"zyx{number}qwv"
            path.write_text(f"---\ntitle: Edit {word}\ndate: {day}\n---\nx\n", encoding="utf-8")
            begun = time.perf_counter()
            for place, where in EDITED:
                while not answers(address + where.format(word), f"Edit {word}"):
                    time.sleep(0.005)
                print(f"edit  {place:12} {time.perf_counter() - begun:7.2f} s", flush=True)
        path.unlink()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
