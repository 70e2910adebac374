"""Every address that the site answers, worked out from its entries: what a link may lead to."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import tzinfo

from newsarchive import dates, permalink
from newsarchive.entry import Entry, Precision, Status
from newsarchive.filename import ENDINGS

#: addresses of the site that are there whatever the archive holds
FIXED = frozenset({
    *permalink.OLD_FEEDS,
    "/", "/articles/", "/tags/", "/authors/", "/search/", "/corrections/", "/robots.txt",
    "/sitemap.xml", "/news-sitemap.xml", "/favicon.ico", "/feeds/", "/feeds.opml",
    "/feeds/stories.opml",
})  # fmt: skip


#: a list with the feed of it
_FEED = re.compile(r"(.*/)feed\.(?:rss|atom|json)")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Every address that the site answers, and what the files are called that it does not."""

    #: without their bodies, by path
    entries: dict[str, Entry]
    #: files beside them, relative to the articles folder
    assets: frozenset[str]
    #: old addresses, without slashes at their ends
    aliases: frozenset[str]
    #: tags, authors, years, months and days that hold an entry
    lists: frozenset[str]
    #: paths by their spelling without case and accents
    folded: dict[str, str]
    #: paths of articles that are stories
    stories: frozenset[str]

    @classmethod
    def of(cls, entries: Iterable[Entry], assets: Iterable[str], zone: tzinfo) -> "Addresses":
        """What there is to lead to."""
        known = {entry.path: entry for entry in entries}
        files = frozenset(assets)
        paths = [*known, *files]
        return cls(
            known,
            files,
            frozenset(
                permalink.normal(address)
                for entry in known.values()
                for address in (
                    *entry.aliases,
                    *permalink.old_addresses(entry.path, dates.local_day(entry.published, zone)),
                )
            ),
            frozenset(a for entry in known.values() for a in _lists(entry, zone)),
            {permalink.fold(path): path for path in paths}
            | {permalink.fold(path.rpartition("/")[2]): path for path in paths},
            frozenset(
                [e.path for e in known.values() if e.is_story]
                + [e.story for e in known.values() if e.story]
            ),
        )

    def has(self, address: str) -> bool:
        """Whether the site answers an unescaped address with something."""
        old = permalink.normal(address)
        if (
            address in FIXED
            or {old, old.removesuffix(".html").removesuffix("/index")} & self.aliases
        ):
            return True
        if address.startswith(permalink.STATIC):
            return True
        if found := _FEED.fullmatch(address):
            below = permalink.normal(found[1].removeprefix(permalink.ARTICLES))
            return found[1] in self.lists | FIXED or below in self.stories
        if not address.startswith(permalink.ARTICLES):
            return f"{address.rstrip('/')}/" in self.lists | FIXED
        rest = address.removeprefix(permalink.ARTICLES)
        return rest in self.assets or self.entry(rest) is not None

    def entry(self, rest: str) -> Entry | None:
        """The entry that an address below the articles is of: its page, data or source."""
        path = permalink.normal(rest)
        found = self.entries.get(path)
        if found is None and path.endswith(".json"):
            found = self.entries.get(path.removesuffix(".json"))
        if found is None and path.endswith(ENDINGS):
            found = self.entries.get(permalink.path_of_file(path))
        return found

    def nearest(self, address: str) -> str:
        """What was probably meant by an address that is not there; '' when there is no telling."""
        path = permalink.fold(permalink.normal(address.removeprefix(permalink.ARTICLES)))
        found = self.folded.get(path) or self.folded.get(path.rpartition("/")[2])
        if found is None:
            return ""
        return permalink.entry(found) if found in self.entries else permalink.asset(found)


def _lists(entry: Entry, zone: tzinfo) -> Iterator[str]:
    if entry.status is Status.DRAFT:
        return
    yield from (f"{permalink.TAGS}{permalink.slug(name)}/" for name in entry.tags)
    yield from (f"{permalink.AUTHORS}{permalink.slug(name)}/" for name in entry.authors)
    day, precision = dates.local_day(entry.published, zone), entry.published.precision
    yield permalink.period(day.year)
    if precision is not Precision.YEAR:
        yield permalink.period(day.year, day.month)
    if precision in {Precision.DAY, Precision.MINUTE}:
        yield permalink.period(day.year, day.month, day.day)
