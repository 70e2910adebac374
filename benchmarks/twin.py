"""The near twin, served: ``twin.py ARTICLES FOLDER PORT``, run by a Python that has Publ and
waitress (a virtual environment of its own: it wants other versions than we do).

Puts the first 300 articles of a made archive (see ``corpus.py``) into a Publ site with a plain
front page, pages of articles and an Atom feed, its cache on, and serves it on this machine. Prints
the address once all are indexed.
"""

import os
import re
import sqlite3
import sys
import time
from pathlib import Path

import publ
import waitress

ARTICLES = 300
_HEAD = re.compile(r"---\n(.*?)\n---\n(.*)", re.S)
_TITLE = re.compile(r"^title: *[\"']?(.*?)[\"']?$", re.M)
_DATE = re.compile(r"^date: *(\d{4}-\d\d-\d\d)", re.M)
#: Publ calls what is in these parentheses
_TARGET = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_LIST = "{% for entry in view(recurse=True, count=30).entries %}"
TEMPLATES = {
    "index.html": "<!DOCTYPE html><html><head><title>News</title></head><body>" + _LIST
    + '<h2><a href="{{ entry.link }}">{{ entry.title }}</a></h2><p>{{ entry.summary }}</p>'
    "{% endfor %}</body></html>",
    "entry.html": "<!DOCTYPE html><html><head><title>{{ entry.title }}</title></head><body>"
    "<h1>{{ entry.title }}</h1>{{ entry.body }}</body></html>",
    "feed.xml": '<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title>' + _LIST
    + '<entry><title>{{ entry.title }}</title><link href="{{ entry.link(absolute=True) }}"/>'
    '<id>urn:uuid:{{ entry.uuid }}</id><content type="html"><![CDATA[{{ entry.body }}]]></content>'
    "</entry>{% endfor %}</feed>",
}  # fmt: skip


def main(articles: Path, folder: Path, port: int) -> None:
    """Write the site, serve it."""
    for name in ("content", "templates", "static"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, text in TEMPLATES.items():
        (folder / "templates" / name).write_text(text, encoding="utf-8")
    for number, path in enumerate(sorted(articles.rglob("*.md"))[:ARTICLES]):
        found = _HEAD.match(path.read_text(encoding="utf-8"))
        assert found
        title, date = _TITLE.search(found[1]), _DATE.search(found[1])
        head = f"Title: {title[1] if title else number}\nDate: {date[1] if date else '2020-01-01'}"
        body = _TARGET.sub(r"[\1](https://example.org/)", found[2])
        (folder / "content" / f"{number}.md").write_text(f"{head}\n\n{body}", encoding="utf-8")
    os.chdir(folder)
    app = publ.Publ("site", {
        "database_config": {"provider": "sqlite", "filename": str(folder / "index.db")},
        "timezone": "UTC", "secret_key": "none", "index_rescan_interval": 86_400,
        "content_folder": str(folder / "content"), "static_folder": str(folder / "static"),
        "template_folder": str(folder / "templates"),
        "cache": {"CACHE_TYPE": "SimpleCache", "CACHE_DEFAULT_TIMEOUT": 600},
    })  # fmt: skip
    count = 0
    while count < ARTICLES:
        time.sleep(1)
        with sqlite3.connect(folder / "index.db") as connection:
            (count,) = connection.execute("SELECT count(*) FROM Entry").fetchone()
    print(f"http://127.0.0.1:{port}", flush=True)
    waitress.serve(app, host="127.0.0.1", port=port, threads=4, _quiet=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), int(sys.argv[3]))
