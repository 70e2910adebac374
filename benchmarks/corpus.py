"""Make an archive of any size from real texts: ``corpus.py SOURCE TARGET ENTRIES``.

SOURCE is a folder of Markdown files (the real archives beside the checkout, unpacked, say); those
below a folder ``fr`` are French. Their paragraphs, titles and tags are dealt out anew, the same
way every time: articles of some 1,200 characters, half of them French where there is French, and
stories whose updates are three in ten entries.
"""

import random
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

_HEAD = re.compile(r"\A---\n(.*?)\n---\n", re.S)
_TITLE = re.compile(r"^title: *[\"']?(.+?)[\"']? *$", re.M)
_TAG = re.compile(r"^- ([\w -]{3,30})$", re.M)
FIRST, LAST = date(2008, 1, 1), date(2026, 10, 31)
#: characters of a text
LENGTH = 1200
#: entries of a story, with its own page
STORY = 6


@dataclass(frozen=True)
class Made:
    """An entry that was made up."""

    #: below the articles folder, without its ending
    path: str
    lang: str
    title: str
    day: date
    author: str
    tags: tuple[str, ...]
    body: str
    #: path of the story whose update it is
    story: str = ""
    id: str = ""


@dataclass
class Texts:
    """What there is in one language."""

    titles: list[str] = field(default_factory=list)
    paragraphs: list[str] = field(default_factory=list)


def entries_from(source: Path, entries: int) -> Iterator[Made]:
    """So many entries, dealt out of the files below ``source``."""
    texts, tags = _read(source)
    chance = random.Random(entries)  # the same archive every time
    days = (LAST - FIRST).days
    story, begun = "", FIRST
    for number in range(entries):
        place = number % (2 * STORY)
        lang = sorted(texts)[number // (2 * STORY) % len(texts)]
        if place <= STORY:  # articles, of which the last has the updates
            day = FIRST + timedelta(days=chance.randrange(days))
            path = f"{day:%Y/%m}/{day}-{number:07}"
            if place == STORY:
                story, begun = f"{day:%Y}/affaire-{number:07}", day
                path = story
        else:
            day = min(LAST, begun + timedelta(days=place - STORY))
            path = f"{story}/{day}-{number:07}"
        yield Made(
            path=path,
            lang=lang,
            title=_title(texts[lang].titles, chance),
            day=day,
            author=f"author-{number % 40}",
            tags=tuple(sorted(chance.sample(tags, min(3, len(tags))))),
            body=_body(texts[lang].paragraphs, chance),
            story=story if place > STORY else "",
            id=f"b{number:07}",
        )


def _title(titles: list[str], chance: random.Random) -> str:
    words = f"{chance.choice(titles)} {chance.choice(titles)}".split()
    return " ".join(chance.sample(words, min(len(words), 8))).replace('"', "")


def _body(paragraphs: list[str], chance: random.Random) -> str:
    parts: list[str] = []
    while sum(map(len, parts)) < LENGTH:
        parts.append(chance.choice(paragraphs))
    return "\n\n".join(parts)


def make(source: Path, target: Path, entries: int) -> None:
    """Write ``entries`` articles into ``target``."""
    for each in entries_from(source, entries):
        is_story = each.path.rpartition("/")[2].startswith("affaire-")
        path = target / (f"{each.path}/index.md" if is_story else f"{each.path}.md")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f'---\ntitle: "{each.title}"\ndate: {each.day}\nlang: {each.lang}\n'
            f"authors: [{each.author}]\ntags: [{', '.join(each.tags)}]\nid: {each.id}\n"
            f"{'type: story' if is_story else ''}\n---\n{each.body}\n",
            encoding="utf-8",
        )


def _read(source: Path) -> tuple[dict[str, Texts], list[str]]:
    texts: dict[str, Texts] = {}
    tags: set[str] = set()
    for path in sorted(source.rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        head = _HEAD.match(text)
        if head:
            found = texts.setdefault("fr" if "fr" in path.parts else "en", Texts())
            found.titles += [re.sub(r"[\\:]", "", each) for each in _TITLE.findall(head[1])]
            tags |= set(_TAG.findall(head[1]))
            parts = text[head.end() :].split("\n\n")
            found.paragraphs += [
                part for part in parts if 80 < len(part) < 900 and "{%" not in part
            ]
    return texts, sorted(tags)


if __name__ == "__main__":
    make(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
