"""What a reader may ask, validated once: every list of the archive is one ``Query``."""

import calendar
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import TypeVar

from newsarchive.entry import Kind, Precision
from newsarchive.errors import QueryError
from newsarchive.permalink import normal, slug

MAX_TEXT = 256
MAX_PAGE = 1_000_000
MAX_LIMIT = 100

#: parameters that say which entries; the others say which of them, and in what order
WORDS = ("q", "tag", "author", "lang", "type", "story", "after", "before")

T = TypeVar("T")

_NUMBER = re.compile(r"[0-9]{1,7}")
_PERIOD = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_EDGES = re.compile(r"^[\s/]+|[\s/]+$")
_LANG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")


class Order(StrEnum):
    """Which end of time comes first, or none."""

    NEWEST = "newest"
    OLDEST = "oldest"
    #: of a search: what fits best; of a list: the newest
    RELEVANCE = "relevance"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A year, a month or a day of the calendar of the site's time zone."""

    year: int
    month: int | None = None
    day: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Period":
        """Read ``2023``, ``2023-11`` or ``2023-11-17``.

        Raises:
            ValueError: the text is none of these, or no such day exists.
        """
        found = _PERIOD.fullmatch(text)
        if not found:
            raise ValueError(text)
        year, month, day = (None if part is None else int(part) for part in found.groups())
        date(year or 0, month or 1, day or 1)
        return cls(year or 0, month, day)

    def __str__(self) -> str:
        parts = [f"{self.year:04d}", *(f"{n:02d}" for n in (self.month, self.day) if n is not None)]
        return "-".join(parts)

    @property
    def precision(self) -> Precision:
        """Whether it is a year, a month or a day."""
        if self.month is None:
            return Precision.YEAR
        return Precision.MONTH if self.day is None else Precision.DAY

    @property
    def first(self) -> date:
        """The first day."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def last(self) -> date:
        """The last day."""
        month = self.month or 12
        return date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    def start(self, zone: tzinfo) -> datetime:
        """The first instant, in ``zone``."""
        return datetime(self.first.year, self.first.month, self.first.day, tzinfo=zone)

    def end(self, zone: tzinfo) -> datetime:
        """The first instant after, in ``zone``; at the end of the calendar, its last."""
        try:
            after = self.last + timedelta(days=1)
        except OverflowError:
            return datetime.max.replace(tzinfo=zone)
        return datetime(after.year, after.month, after.day, tzinfo=zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A list of entries, and which page of it."""

    #: words and signs of the search language (``wording``); lists have none
    text: str = ""
    #: slugs; an entry has them all
    tags: tuple[str, ...] = ()
    #: slugs; an entry has none of them
    without_tags: tuple[str, ...] = ()
    #: slugs; an entry has them all
    authors: tuple[str, ...] = ()
    #: BCP 47; ``fr`` also holds ``fr-CA``
    lang: str = ""
    kind: Kind | None = None
    #: the path of a story: its updates
    story: str = ""
    #: a year, month or day: what is known to belong to it, so that an entry of "2023-11" is
    #: in the month and in no day
    period: Period | None = None
    #: from the first instant of this period on
    after: Period | None = None
    #: up to the first instant of this period
    before: Period | None = None
    order: Order = Order.NEWEST
    #: 1 is the first
    page: int = 1
    #: entries a page; 0 is the site's own number
    limit: int = 0

    @classmethod
    def from_args(
        cls, args: Iterable[tuple[str, str]], base: "Query | None" = None, *, strict: bool = False
    ) -> "Query":
        """Read the parameters of an address or a command on top of ``base``.

        Words: ``q tag author lang type story after before order page limit``; ``tag`` and
        ``author`` may repeat and take comma-separated lists, ``tag=-x`` is "not x". Empty
        values are as if absent. Other parameters are ignored unless ``strict``.

        Raises:
            QueryError: names the parameter and what it takes.
        """
        query = base or cls()
        for name, value in args:
            read = _READERS.get(name)
            if read is None:
                if strict:
                    raise QueryError(
                        name, "not a parameter; there are %(names)s", names=", ".join(_READERS)
                    )
            elif value.strip():
                query = read(query, value.strip())
        return query

    def args(self) -> dict[str, str]:
        """The parameters that ask for this list, sorted by name, page and limit left out.

        ``from_args`` of them gives the same list: this is its canonical address.
        """
        found = {
            "q": self.text,
            "tag": ",".join(
                [*sorted(self.tags), *("-" + name for name in sorted(self.without_tags))]
            ),
            "author": ",".join(sorted(self.authors)),
            "lang": self.lang,
            "type": self.kind or "",
            "story": self.story,
            "after": str(self.after or ""),
            "before": str(self.before or ""),
            "order": "" if self.order is Order.NEWEST else self.order,
        }
        return {name: str(found[name]) for name in sorted(found) if found[name]}


def _text(query: Query, value: str) -> Query:
    if len(value) > MAX_TEXT:
        raise QueryError("q", "at most %(most)s characters", most=MAX_TEXT)
    return replace(query, text=" ".join(value.split()))


def _tags(query: Query, value: str) -> Query:
    for part in _names("tag", value):
        if part.startswith("-") and len(part) > 1:
            query = replace(query, without_tags=_add(query.without_tags, slug(part[1:])))
        else:
            query = replace(query, tags=_add(query.tags, slug(part)))
    return query


def _authors(query: Query, value: str) -> Query:
    for part in _names("author", value):
        query = replace(query, authors=_add(query.authors, slug(part)))
    return query


def _names(parameter: str, value: str) -> list[str]:
    names = [part.strip() for part in value.split(",") if part.strip()]
    if len(names) > 16 or len(value) > 1024:
        raise QueryError(parameter, "at most 16 names, 1,024 characters")
    return names


def _add(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return names if name in names else (*names, name)


def _lang(query: Query, value: str) -> Query:
    if not _LANG.fullmatch(value):
        raise QueryError("lang", "a language such as fr or en-GB")
    return replace(query, lang=value.lower())


def _kind(query: Query, value: str) -> Query:
    return replace(query, kind=_choice("type", value, {kind.value: kind for kind in Kind}))


def _order(query: Query, value: str) -> Query:
    return replace(query, order=_choice("order", value, {order.value: order for order in Order}))


def _choice(parameter: str, value: str, choices: Mapping[str, T]) -> T:
    if value not in choices:
        raise QueryError(parameter, "one of %(names)s", names=", ".join(choices))
    return choices[value]


def _story(query: Query, value: str) -> Query:
    if len(value) > 1024:
        raise QueryError("story", "the path of a story, such as 2023/affaire-altman")
    return replace(query, story=_EDGES.sub("", normal(value)))


def _period(parameter: str, value: str) -> Period:
    try:
        return Period.parse(value)
    except ValueError:
        raise QueryError(parameter, "a day, month or year: 2023-11-17, 2023-11 or 2023") from None


def _after(query: Query, value: str) -> Query:
    return replace(query, after=_period("after", value))


def _before(query: Query, value: str) -> Query:
    return replace(query, before=_period("before", value))


def _number(parameter: str, value: str, most: int) -> int:
    if not _NUMBER.fullmatch(value) or not 1 <= int(value) <= most:
        raise QueryError(parameter, "a number from 1 to %(most)s", most=most)
    return int(value)


def _page(query: Query, value: str) -> Query:
    return replace(query, page=_number("page", value, MAX_PAGE))


def _limit(query: Query, value: str) -> Query:
    return replace(query, limit=_number("limit", value, MAX_LIMIT))


_READERS = {
    "q": _text, "tag": _tags, "author": _authors, "lang": _lang, "type": _kind, "story": _story,
    "after": _after, "before": _before, "order": _order, "page": _page, "limit": _limit,
}  # fmt: skip
