"""Make an archive of any size from real texts: ``corpus.py SOURCE TARGET ENTRIES``.

SOURCE is a folder of Markdown files (the real archives beside the checkout, unpacked, say);
their paragraphs, titles and tags are dealt out anew, the same way every time.
"""

import random
import re
import sys
from datetime import date, timedelta
from pathlib import Path

_HEAD = re.compile(r"\A---\n(.*?)\n---\n", re.S)
_TITLE = re.compile(r"^title: *[\"']?(.+?)[\"']? *$", re.M)
_TAG = re.compile(r"^- ([\w -]{3,30})$", re.M)
FIRST, LAST = date(2008, 1, 1), date(2026, 10, 31)


def make(source: Path, target: Path, entries: int) -> None:
    """Write ``entries`` articles into ``target``, a folder a year and month."""
    titles, tags, paragraphs = _read(source)
    chance = random.Random(entries)  # the same archive every time
    days = (LAST - FIRST).days
    for number in range(entries):
        day = FIRST + timedelta(days=chance.randrange(days))
        words = f"{chance.choice(titles)} {chance.choice(titles)}".split()
        title = " ".join(chance.sample(words, min(len(words), 8))).replace('"', "")
        chosen = ", ".join(sorted(chance.sample(tags, 3)))
        body = "\n\n".join(chance.choices(paragraphs, k=6))
        path = target / f"{day:%Y/%m}" / f"{day}-{number:07}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f'---\ntitle: "{title}"\nauthors: [author-{number % 40}]\ntags: [{chosen}]\n'
            f"id: b{number:07}\n---\n{body}\n",
            encoding="utf-8",
        )


def _read(source: Path) -> tuple[list[str], list[str], list[str]]:
    titles: list[str] = []
    tags: set[str] = set()
    paragraphs: list[str] = []
    for path in sorted(source.rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        head = _HEAD.match(text)
        if head:
            titles += [re.sub(r"[\\:]", "", each) for each in _TITLE.findall(head[1])]
            tags |= set(_TAG.findall(head[1]))
            parts = text[head.end() :].split("\n\n")
            paragraphs += [part for part in parts if 80 < len(part) < 900 and "{%" not in part]
    return titles, sorted(tags), paragraphs


if __name__ == "__main__":
    make(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
