"""Dated headings: where the updates of a story begin and end in its text."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from msgspec import Struct

from newsarchive import markup
from newsarchive.metadata import folded

_DAY = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:(?:[Tt]|\s+)(?P<time>[0-9]{1,2}:[0-9]{2}(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])?)(?!:?\d))?"
    r"(?=[\s:–—]|$)(?P<title>.*)",
    re.DOTALL,
)
_TIME = re.compile(r"(?P<time>[0-9]{1,2}:[0-9]{2})(?!:?\d)(?=[\s:–—]|$)(?P<title>.*)", re.DOTALL)
_SEPARATOR = re.compile(r"\s*(?:[:–—]|-(?=\s))?\s*")
#: PHP Markdown Extra's attributes, as Pandoc and kramdown have them
_ATTRIBUTES = re.compile(r"(?<![ \t])[ \t]*+\{:?(?P<inside>[^{}\n]*)\}[ \t]*$")
_ATTRIBUTE = re.compile(r"#[^\s#/\\?%]+|\.[^\s#/\\]+|[\w-]+=\S+")
#: a line that may be such a heading, so that most texts need no parsing
_CANDIDATE = re.compile(r"^[ ]{0,3}(?:#{1,6}[ \t]+)?[0-9]{4}-[0-9]{2}-[0-9]{2}", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Opening:
    """A heading that opens an update, and the update's text."""

    #: as ``dates.parse`` reads it
    date: str
    #: Markdown of one line; empty when the heading has none
    title: str
    #: ``{#name}``; what the update's path ends with
    name: str
    #: ``{.key}``
    key: bool
    #: ``{id=…}``
    id: str
    #: the heading as written
    heading: str
    #: the heading's line in the text; 0 is the first
    heading_line: int
    #: Markdown
    body: str
    #: the body's first line in the text
    line: int

    @property
    def suffix(self) -> str:
        """What its path ends with: ``2023-11-19-2100-shear``."""
        day, _, time = self.date.partition(" ")
        hour, _, minute = time.partition(":")
        parts = (day, f"{int(hour):02d}{minute[:2]}" if time else "", self.name)
        return "-".join(part for part in parts if part)


class Outline(Struct, frozen=True, gc=False):
    """A text, taken apart."""

    #: what belongs to no update
    body: str
    #: its first line in the text; 0 is the first
    line: int
    updates: tuple[Opening, ...] = ()
    #: dates that are none, with their lines
    impossible: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class _Start:
    """A heading that opens an update."""

    date: str
    #: what follows the date
    rest: str
    heading: markup.Heading
    #: whether the day stands in a heading above
    timed: bool


def trim(text: str) -> tuple[str, int]:
    """A text without the blank lines at its ends, and how many stood above it."""
    text = text.rstrip()
    start = text.rfind("\n", 0, len(text) - len(text.lstrip())) + 1
    return text[start:], text.count("\n", 0, start)


def _part(lines: Sequence[str], start: int, end: int) -> tuple[str, int]:
    """Some of the lines, likewise, and the first of them."""
    text, above = trim("\n".join(lines[start:end]))
    return text, start + above


def begins_with_date(text: str) -> bool:
    """Whether a heading's text begins with an ISO date."""
    return _DAY.match(text) is not None


def attributes(text: str) -> tuple[str, list[str]]:
    """A heading without the ``{#name .key id=…}`` at its end, and what that says."""
    found = _ATTRIBUTES.search(text)
    given = found["inside"].split() if found else []
    if not found or not given or not all(_ATTRIBUTE.fullmatch(part) for part in given):
        return text, []
    return text[: found.start()], given


def outline(body: str) -> Outline:
    """Take a story's text apart at its dated headings.

    A heading that begins with a day opens an update; under it, so does a deeper one that begins
    with a time. An update ends where another begins, or at a heading of its own level or a higher
    one that opens none: there the article goes on. A day without title and text above its first
    time only groups.
    """
    if not _CANDIDATE.search(body):
        return Outline(*trim(body))
    lines = body.split("\n")
    impossible: list[tuple[str, int]] = []
    marks = list(_marks(markup.headings(body), impossible))
    own: list[tuple[str, int]] = []
    updates: list[Opening] = []
    start, owner = 0, None
    for mark, line in [*marks, (None, len(lines))]:
        following = mark if isinstance(mark, _Start) else None
        if owner is None:
            own.append(_part(lines, start, line))
        elif opening := _opening(owner, _part(lines, start, line), following):
            updates.append(opening)
        start, owner = (following.heading.end_line, following) if following else (line, None)
    own = [part for part in own if part[0]] or own[:1]
    text = "\n\n".join(part for part, _ in own)
    return Outline(text, own[0][1], tuple(updates), tuple(impossible))


def _marks(
    found: Sequence[markup.Heading], impossible: list[tuple[str, int]]
) -> Iterator[tuple[_Start | None, int]]:
    """Where something else begins: an update, or (None) the article again."""
    day, owner = None, None
    for heading in found:
        start = _start(heading, day, impossible)
        if start:
            owner = start
            day = day if start.timed else start
            yield start, heading.line
            continue
        if day and heading.level <= day.heading.level:
            day = None
        if owner and heading.level <= owner.heading.level:
            owner = None
            yield None, heading.line


def _start(
    heading: markup.Heading, day: _Start | None, impossible: list[tuple[str, int]]
) -> _Start | None:
    found, timed = _DAY.match(heading.text), False
    if not found and day and heading.level > day.heading.level:
        found, timed = _TIME.match(heading.text), True
    if not found:
        return None
    said = day.date[:10] if timed and day else found["day"]
    if found["time"]:
        said = f"{said} {found['time']}"
    if not _possible(said):
        impossible.append((said, heading.line))
        return None
    return _Start(said, found["title"], heading, timed)


def _possible(said: str) -> bool:
    day, _, time = said.partition(" ")
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    hour, _, minute = time.partition(":")
    return not time or (int(hour) < 24 and int(minute[:2]) < 60)


def _opening(start: _Start, body: tuple[str, int], following: _Start | None) -> Opening | None:
    """The update a heading opens; None when it only groups those under it."""
    text, line = body
    rest, given = attributes(start.rest)
    title = folded(_SEPARATOR.sub("", rest, count=1))
    grouping = not start.timed and following is not None and following.timed
    if grouping and not title and not text:
        return None
    named = [part[1:] for part in given if part.startswith("#") and ".." not in part]
    ids = [part.removeprefix("id=") for part in given if part.startswith("id=")]
    return Opening(
        start.date,
        title,
        named[0] if named else "",
        ".key" in given,
        ids[0].strip("\"'") if ids else "",
        start.heading.text,
        start.heading.line,
        text,
        line,
    )
