"""The archive: what the website, the feeds, the API and the command line know of it."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import unquote

from msgspec import structs

from newsarchive import markup, permalink
from newsarchive.catalogue import Asset, Catalogue, Page, Running
from newsarchive.config import Config
from newsarchive.dates import local_day
from newsarchive.entry import Correction, Coverage, Entry, Kind
from newsarchive.progress import CATALOGUE
from newsarchive.query import Order, Query
from newsarchive.renderings import Renderings

RENDERINGS = "renderings.sqlite3"
#: the folder that Jekyll keeps drafts in (https://jekyllrb.com/docs/posts/#drafts)
DRAFTS = "_drafts"


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a story."""

    day: date
    updates: int


@dataclass(frozen=True, slots=True)
class Story:
    """An article with its updates."""

    article: Entry
    #: in the order asked for, with their bodies
    updates: tuple[Entry, ...]
    #: days that have an update, oldest first
    days: tuple[Day, ...]
    order: Order

    @property
    def is_open(self) -> bool:
        """Whether the story still runs."""
        return self.article.coverage is Coverage.OPEN


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What stands before and after in time."""

    before: Entry | None
    after: Entry | None


@dataclass(frozen=True, slots=True)
class Corrected:
    """A correction and the entry it was made to."""

    entry: Entry
    correction: Correction


class Archive:
    """Reads one archive; may be shared by threads.

    Raises:
        CatalogueError: from any method: the catalogue is missing or cannot be read.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.catalogue = Catalogue(config.data_dir / CATALOGUE, config.zone)
        self._renderings = Renderings(config.data_dir / RENDERINGS)

    def snapshot(self) -> AbstractContextManager[None]:
        """Everything read inside is of one generation."""
        return self.catalogue.snapshot()

    def find(self, query: Query, now: datetime) -> Page:
        """One page of a list. A query with words is none: ``searching`` finds those."""
        return self.catalogue.find(query, now, self.config.page_size)

    def entry(self, path: str, now: datetime) -> Entry | None:
        """An article or update with its body, or None if there is none at ``now``."""
        found = self.catalogue.entry(path, now)
        return found and _as_of(found, now)

    def shown(self, path: str, now: datetime) -> Entry | None:
        """The same; an update is shown with its story or not at all."""
        found = self.entry(path, now)
        if found and found.story and self.entry(found.story, now) is None:
            return None
        return found

    def held(self, numbers: Iterable[int], now: datetime) -> dict[int, Entry]:
        """Entries with their bodies, by the numbers that the catalogue gave them."""
        found = self.catalogue.held(numbers)
        return {number: _as_of(entry, now) for number, entry in found.items()}

    def story_of(self, path: str, now: datetime) -> Entry | None:
        """The article at a path if it is a story: it says so, or has an update."""
        found = self.entry(path, now)
        if found is None or found.kind is not Kind.ARTICLE:
            return None
        return found if found.is_story or self.catalogue.total(f"story:{path}", now) else None

    def rendering(self, entry: Entry) -> markup.Rendering:
        """The HTML of an entry that was read with its body."""
        return self._renderings.of(entry)

    def renderings(self, entries: Collection[Entry]) -> dict[str, markup.Rendering]:
        """The HTML of entries that were read with their bodies, by id; at most a thousand."""
        return self._renderings.of_all(entries)

    def story(self, article: Entry, now: datetime, order: Order | None = None) -> Story:
        """An article's updates: newest first while it runs, oldest first once closed."""
        newest_first = tuple(
            _as_of(each, now) for each in self.catalogue.updates(article.path, now)
        )
        usual = Order.NEWEST if article.coverage is Coverage.OPEN else Order.OLDEST
        order = order or usual
        days = Counter(local_day(each.published, self.config.zone) for each in newest_first)
        return Story(
            article=article,
            updates=newest_first[::-1] if order is Order.OLDEST else newest_first,
            days=tuple(Day(day, days[day]) for day in sorted(days)),
            order=order,
        )

    def neighbours(self, entry: Entry, now: datetime) -> Neighbours:
        """Of an update, within its story; of an article, among articles."""
        term = f"story:{entry.story}" if entry.story else "kind:article"
        return Neighbours(*self.catalogue.neighbours(entry, term, now))

    def running(self, now: datetime) -> tuple[Running, ...]:
        """The stories that run, the liveliest first."""
        try:
            since = now - timedelta(days=self.config.running_days)
        except OverflowError:
            since = now
        return self.catalogue.running(now, since)

    def corrections(self, now: datetime, page: int) -> tuple[Corrected, ...]:
        """One page of all corrections, newest first."""
        size = self.config.page_size
        return tuple(
            Corrected(entry, entry.corrections[place])
            for entry, place in self.catalogue.corrections(now, size, (page - 1) * size)
        )

    def asset(self, path: str, now: datetime) -> Asset | None:
        """A file beside the articles, by its path; none where its folder is that of an entry
        which is not shown at ``now``, or one of drafts."""
        found = self.catalogue.asset(path)
        if found is None or DRAFTS in found.path.split("/")[:-1]:
            return None
        return None if self.catalogue.is_hidden(found.path, now) else found

    def asset_at(self, address: str, now: datetime) -> Asset | None:
        """The file beside the articles that an address on the site means: one below the
        articles, or one that another generator kept at its root or in Hugo's ``static``."""
        path = unquote(address.partition("?")[0].partition("#")[0])
        below = path.removeprefix(permalink.ARTICLES)
        candidates = [below] if below != path else [path.lstrip("/"), f"static{path}"]
        found = (self.asset(each, now) for each in candidates)
        return next((each for each in found if each), None)

    def every_entry(self) -> Iterator[Entry]:
        """Every entry with its body, drafts and what is embargoed too."""
        return self.catalogue.every_entry()


def _as_of(entry: Entry, now: datetime) -> Entry:
    """An entry without the corrections that are dated later."""
    if not entry.corrections:
        return entry
    made = tuple(each for each in entry.corrections if each.date.at <= now)
    return entry if made == entry.corrections else structs.replace(entry, corrections=made)
