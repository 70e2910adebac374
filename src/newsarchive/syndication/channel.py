"""A list that can be subscribed to, and its one address."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import tzinfo

from newsarchive import permalink
from newsarchive.dates import local_day
from newsarchive.entry import Entry, Kind, Precision
from newsarchive.feeds import Format
from newsarchive.feeds.feed import PAGE
from newsarchive.query import Order, Period, Query


@dataclass(frozen=True, slots=True)
class Channel:
    """A list by its query; ``query`` None is the list of corrections.

    A channel has no order and no page: feeds begin with the newest.
    """

    query: Query | None

    @classmethod
    def of(cls, query: Query) -> "Channel":
        """The channel of a list, whichever page of it was asked for."""
        return cls(
            replace(
                query,
                tags=tuple(sorted(query.tags)),
                without_tags=tuple(sorted(query.without_tags)),
                authors=tuple(sorted(query.authors)),
                order=Order.NEWEST,
                page=1,
                limit=0,
            )
        )

    @property
    def address(self) -> str:
        """Of its page, without parameters."""
        return _address(self.query)

    @property
    def args(self) -> dict[str, str]:
        """The parameters of its page and of its feeds."""
        return self.query.args() if self.query and self.address == permalink.SEARCH else {}

    def feed(self, form: Format, page: int = 0) -> str:
        """The address of its feed in a format: the current one, or a page of its archive."""
        more = {PAGE: str(page)} if page else {}
        return permalink.with_args(permalink.feed(self.address, form), self.args | more)


CORRECTIONS = Channel(None)


def channels_of(entry: Entry, zone: tzinfo) -> Iterator[Channel]:
    """The lists that have pages of their own and that an entry may be in."""
    queries = [Query()]
    if entry.kind is Kind.ARTICLE:
        queries.append(Query(kind=Kind.ARTICLE))
    if entry.story:
        queries.append(Query(story=entry.story))
    queries += [Query(tags=(slug,)) for slug in dict.fromkeys(map(permalink.slug, entry.tags))]
    queries += [
        Query(authors=(slug,)) for slug in dict.fromkeys(map(permalink.slug, entry.authors))
    ]
    day = local_day(entry.published, zone)
    parts = {Precision.YEAR: 1, Precision.MONTH: 2}.get(entry.published.precision, 3)
    dates = [day.year, day.month, day.day][:parts]
    queries += [Query(period=Period(*dates[: end + 1])) for end in range(parts)]
    yield from map(Channel, queries)
    if entry.corrections:
        yield CORRECTIONS


def _address(query: Query | None) -> str:
    """The page that shows nothing but what ``query`` asks for."""
    match query:
        case None:
            return permalink.CORRECTIONS
        case Query(tags=(tag,)) if query == Query(tags=(tag,)):
            return permalink.tag(tag)
        case Query(authors=(author,)) if query == Query(authors=(author,)):
            return permalink.author(author)
        case Query(period=Period(year, month, day)) if query == Query(period=query.period):
            return permalink.period(year, month, day)
        case Query(story=story) if story and query == Query(story=story):
            return permalink.entry(story)
        case _:
            plain = {Query(): permalink.HOME, Query(kind=Kind.ARTICLE): permalink.ARTICLES}
            return plain.get(query, permalink.SEARCH)
