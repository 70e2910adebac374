"""A feed from its channel: what is in it, how it is called, how long it keeps."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from newsarchive import dates, markup, permalink
from newsarchive.archive import Archive
from newsarchive.catalogue import Arrival
from newsarchive.entry import Coverage, Entry
from newsarchive.feeds import Feed
from newsarchive.feeds.feed import FeedEntry
from newsarchive.i18n import translations
from newsarchive.query import Query
from newsarchive.sanitise import printable
from newsarchive.searching import Search
from newsarchive.syndication.channel import Channel
from newsarchive.syndication.content import MOST_KEPT, Contents, Kept
from newsarchive.syndication.leaving import leaving_out
from newsarchive.syndication.window import LEAST, MOST, PAGE_SIZE, SPAN, window

#: minutes after which to ask again: while a story runs, otherwise, and where nothing will change
RUNNING_MINUTES = 5
USUAL_MINUTES = 60
SETTLED_MINUTES = 24 * 60
#: the date of a feed that holds nothing yet
NEVER = datetime(2000, 1, 1, tzinfo=UTC)

#: how a feed looks in a browser, in languages other than English
_STYLES = {"fr": "feed.fr.css"}


@dataclass(frozen=True, slots=True)
class Composed:
    """A feed, and until when it stays as it is if nothing is written."""

    feed: Feed
    until: datetime


@dataclass(frozen=True, slots=True)
class Composing:
    """Composes feeds as of one moment.

    Raises:
        CatalogueError: from any method: the catalogue cannot be read.
    """

    archive: Archive
    now: datetime
    kept: Kept = field(default_factory=lambda: Kept(MOST_KEPT))
    #: finds what has words; without it a channel with words is none
    search: Search | None = None

    def said(self, text: str) -> str:
        """A text of the interface, in the site's language."""
        return translations(self.archive.config.language).gettext(text)

    def feed(self, channel: Channel, page: int) -> Composed | None:
        """The current feed of a channel, or a page of its archive, of which 1 is the oldest;
        None when there is no such list, or no such page."""
        lead = self._lead(channel)
        total = self._total(channel)
        full = total // PAGE_SIZE
        if lead is None or page > full + bool(total % PAGE_SIZE):
            return None
        if channel.query and channel.query.text:
            arrivals = self._searched(channel.query, page, total)
        else:
            arrivals = self._page(channel, page) if page else self._current(channel, full)
        if not arrivals and self._must_hold(channel):
            return None
        entries, running_until = self._entries(channel, arrivals, lead.lang)
        settled = bool(page) or lead.is_closed
        ttl = RUNNING_MINUTES if running_until else USUAL_MINUTES
        feed = Feed(
            title=lead.title,
            description=lead.description,
            lang=lead.lang,
            stylesheet=permalink.static(_STYLES.get(lead.lang[:2], "feed.css")),
            is_expired=lead.is_closed,
            updated=max((each.updated for each in entries), default=NEVER),
            entries=entries,
            ttl=SETTLED_MINUTES if settled else ttl,
            page=page,
            older=page - 1 if page else full,
            newer=page + 1 if 0 < page < full else 0,
            is_archive=0 < page <= full,
            **self._whereabouts(channel),
        )
        return Composed(feed, self._until(None if settled else running_until))

    def _whereabouts(self, channel: Channel) -> dict[str, Any]:
        """Who sends a feed, and where it is."""
        config = self.archive.config
        return {
            "id": permalink.tag_uri(config.tag_authority, self._own_id(channel)),
            "page_url": self._absolute(permalink.with_args(channel.address, channel.args)),
            "stem": self._absolute(permalink.feed(channel.address)),
            "args": channel.args,
            "publisher": config.title,
            "site_url": self._absolute(permalink.HOME),
            "hub": config.hub,
            "icon": self._absolute(permalink.static("icon-180.png")),
            "favicon": self._absolute("/favicon.ico"),
        }

    # -- which entries --

    def _total(self, channel: Channel) -> int:
        if channel.query and channel.query.text:
            return self.search.count(channel.query, self.now) if self.search else 0
        return self.archive.catalogue.members(channel.query)

    def _searched(self, query: Query, page: int, total: int) -> list[Arrival]:
        """What has the words of a query: its archive is counted from the oldest by date."""
        if self.search is None:
            return []
        if page:
            offset = max(0, total - page * PAGE_SIZE)
            size = min(PAGE_SIZE, total - (page - 1) * PAGE_SIZE)
            return list(self.search.arrivals(query, self.now, offset, size))
        newest = self.search.arrivals(query, self.now, 0, MOST)
        latest = sorted(newest, key=lambda each: (-each.arrived, -each.at, each.id))
        return window(newest, latest, newest[: total % PAGE_SIZE])

    def _current(self, channel: Channel, full: int) -> list[Arrival]:
        catalogue, query, now = self.archive.catalogue, channel.query, self.now
        newest, latest = catalogue.newest(query, now, LEAST), catalogue.latest(query, now, LEAST)
        if latest and len(latest) == LEAST:
            since = latest[0].arrived - SPAN
            if newest[-1].at >= since:
                newest = catalogue.newest(query, now, MOST)
            if latest[-1].arrived >= since:
                latest = catalogue.latest(query, now, MOST)
        return window(newest, latest, catalogue.numbered(query, now, full * PAGE_SIZE))

    def _page(self, channel: Channel, page: int) -> list[Arrival]:
        first = (page - 1) * PAGE_SIZE
        found = self.archive.catalogue.numbered(channel.query, self.now, first, first + PAGE_SIZE)
        return sorted(found, key=lambda each: (-each.at, each.id))

    @staticmethod
    def _must_hold(channel: Channel) -> bool:
        """Whether there is no such list while nothing is in it."""
        query = channel.query
        return bool(query and (query.tags or query.authors or query.period) and not channel.args)

    def _entries(
        self, channel: Channel, arrivals: Iterable[Arrival], lang: str
    ) -> tuple[tuple[FeedEntry, ...], datetime | None]:
        """The entries, and until when one of them keeps a story running."""
        numbers = [each.number for each in arrivals]
        contents = Contents(self.archive, self.now, self.said, lang, self.kept)
        catalogue = self.archive.catalogue
        if channel.query is None:
            corrected = catalogue.held_corrections(numbers)
            return tuple(contents.correction(*corrected[number]) for number in numbers), None
        held = self.archive.held(numbers, self.now)
        paths = {entry.story for entry in held.values() if entry.story}
        stories = catalogue.titles(paths, self.now)
        made = leaving_out(
            lambda entries: contents.entries(entries, stories),
            tuple(held[number] for number in numbers),
        )
        return made, self._running_until(held.values(), catalogue.coverage(paths))

    def _running_until(
        self, entries: Iterable[Entry], coverage: dict[str, Coverage]
    ) -> datetime | None:
        last = max(
            (e.published.at for e in entries if coverage.get(e.story) is Coverage.OPEN),
            default=None,
        )
        if last is None:
            return None
        try:
            until = last + timedelta(days=self.archive.config.running_days)
        except OverflowError:
            return None
        return until if until > self.now else None

    def _until(self, running_until: datetime | None) -> datetime:
        ends = [self.archive.catalogue.next_arrival(self.now), running_until]
        return min((each for each in ends if each), default=datetime.max.replace(tzinfo=UTC))

    # -- how it is called --

    def _lead(self, channel: Channel) -> "Lead | None":
        config = self.archive.config
        lang, closed = config.language, False
        description = config.description
        if channel.query and channel.query.story and not channel.args:
            story = self.archive.story_of(channel.query.story, self.now)
            if story is None:
                return None
            lang, closed = story.lang, story.coverage is Coverage.CLOSED
            description = markup.typeset(story.summary, lang)
        name = self.name(channel)
        title = f"{name} · {config.title}" if name else config.title
        return Lead(printable(title), printable(description or title), lang, is_closed=closed)

    def name(self, channel: Channel) -> str:
        """What a list is called beside the others of its site; '' for the whole."""
        query = channel.query
        if query is None:
            return self.said("Corrections")
        if channel.args:
            asked = " ".join(f"{key}:{value}" for key, value in channel.args.items() if key != "q")
            text = " ".join(part for part in (query.text, asked) if part)
            return self.said("Search: %(text)s") % {"text": text}
        if query.period:
            period, lang = query.period, self.archive.config.language
            return dates.period_in_words(period.first, period.precision, lang, weekday=False)
        catalogue = self.archive.catalogue
        for kind, slugs in (("tag", query.tags), ("author", query.authors)):
            if slugs:
                return catalogue.name(kind, slugs[0])
        if query.story:
            story = self.archive.story_of(query.story, self.now)
            return markup.typeset(story.title, story.lang) if story else ""
        return self.said("Articles") if query.kind else ""

    @staticmethod
    def _own_id(channel: Channel) -> str:
        return permalink.with_args(f"feeds{channel.address}", channel.args)

    def _absolute(self, address: str) -> str:
        return permalink.absolute(self.archive.config.site_url, address)


@dataclass(frozen=True, slots=True)
class Lead:
    """What a feed says of itself."""

    title: str
    description: str
    #: BCP 47
    lang: str
    #: whether it is of a story that is closed
    is_closed: bool
