"""A ``Query`` as SQL: every list is a walk along one index.

The rarest of a query's terms drives; the others are looked up entry by entry, so that no list
is scanned whole and none is sorted.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo
from enum import IntEnum

from newsarchive.dates import microseconds
from newsarchive.entry import Entry, Moment, Precision, Status
from newsarchive.permalink import slug
from newsarchive.query import Order, Period, Query

EVERYTHING = ""
END_OF_TIME = 2**62

#: a term of a tag or an author, and the name as it is written
Spelling = tuple[str, str]


#: those that are not yet online: ``RowReader.after``
ENTRIES_AFTER = "SELECT at, grain, number FROM membership WHERE term = '' AND at > :now"


class Grain(IntEnum):
    """How much of an entry's date is known, as far as the calendar goes."""

    YEAR = 0
    MONTH = 1
    DAY = 2

    @classmethod
    def of(cls, moment: Moment) -> "Grain":
        return {Precision.YEAR: cls.YEAR, Precision.MONTH: cls.MONTH}.get(moment.precision, cls.DAY)

    @classmethod
    def of_period(cls, period: Period | None) -> "Grain":
        if period is None or period.month is None:
            return cls.YEAR
        return cls.MONTH if period.day is None else cls.DAY


@dataclass(frozen=True, slots=True)
class Selection:
    """The part of a query that says which entries, as terms and a span of time."""

    #: entries that are in all of these lists; at least one
    terms: tuple[str, ...]
    #: and in none of these
    without: tuple[str, ...]
    #: microseconds; the first instant within
    start: int
    #: microseconds; the first instant after; never before ``start``
    end: int
    #: and whose date is known at least so well
    grain: Grain

    @property
    def is_endless(self) -> bool:
        """Whether it begins with the oldest entry there is."""
        return self.start <= -END_OF_TIME

    @property
    def is_whole(self) -> bool:
        """Whether it is one list from its beginning to its end."""
        return self.is_plain and self.is_endless and self.end >= END_OF_TIME

    @property
    def is_plain(self) -> bool:
        """Whether it is one list, or a span of one, which the tallies count and number."""
        return len(self.terms) == 1 and not self.without and self.grain is Grain.YEAR


def lists_of(entry: Entry) -> tuple[tuple[str, ...], list[Spelling]]:
    """The lists an entry is in, and how it spells those of its tags and authors; none of a
    draft."""
    if entry.status is Status.DRAFT:
        return (), []
    spellings = spellings_of(entry)
    parts = entry.lang.lower().split("-")
    terms = (
        EVERYTHING,
        f"kind:{entry.kind}",
        *([f"story:{entry.story}"] if entry.story else ()),
        *("lang:" + "-".join(parts[:end]) for end in range(1, len(parts) + 1)),
        *dict.fromkeys(term for term, _ in spellings),
    )
    return terms, spellings


def terms_of(entry: Entry) -> tuple[str, ...]:
    """The lists an entry is in; a draft is in none."""
    return lists_of(entry)[0]


def spellings_of(entry: Entry) -> list[Spelling]:
    """How an entry spells its tags and authors."""
    return [("tag:" + slug(name), name) for name in entry.tags] + [
        ("author:" + slug(name), name) for name in entry.authors
    ]


def name_words(slug_: str) -> tuple[str, ...]:
    """The words of a slug, each once."""
    return tuple(dict.fromkeys(filter(None, slug_.split("-"))))


def select(query: Query, now: int, zone: tzinfo) -> Selection:
    """What ``query`` asks for, as of ``now`` (microseconds): nothing later is in it.

    Raises:
        ValueError: it asks for words, of which no list knows; ``searching.Search`` finds them.
    """
    if query.text:
        raise ValueError(f"no list knows words: {query.text!r}")
    spans = [(-END_OF_TIME, now + 1)]
    if query.period:
        start, end = query.period.start(zone), query.period.end(zone)
        spans.append((microseconds(start), microseconds(end)))
    if query.after:
        spans.append((microseconds(query.after.start(zone)), END_OF_TIME))
    if query.before:
        spans.append((-END_OF_TIME, microseconds(query.before.start(zone))))
    first = max(start for start, _ in spans)
    return Selection(
        terms=tuple(_terms(query)) or (EVERYTHING,),
        without=tuple(f"tag:{name}" for name in query.without_tags),
        start=first,
        end=max(first, min(end for _, end in spans)),
        grain=Grain.of_period(query.period),
    )


def _terms(query: Query) -> Iterable[str]:
    if query.story:
        yield f"story:{query.story}"
    yield from (f"tag:{name}" for name in query.tags)
    yield from (f"author:{name}" for name in query.authors)
    if query.kind:
        yield f"kind:{query.kind}"
    if query.lang:
        yield f"lang:{query.lang}"


def where(selection: Selection) -> tuple[str, dict[str, str | int]]:
    """The FROM and WHERE of a selection, with its parameters; ``m`` is the driving list."""
    values: dict[str, str | int] = {
        "term": selection.terms[0], "start": selection.start, "end": selection.end
    }  # fmt: skip
    parts = ["FROM membership m WHERE m.term = :term AND m.at >= :start AND m.at < :end"]
    if selection.grain > Grain.YEAR:
        parts.append("AND m.grain >= :grain")
        values["grain"] = int(selection.grain)
    others = [("EXISTS", term) for term in selection.terms[1:]]
    others += [("NOT EXISTS", term) for term in selection.without]
    for place, (exists, term) in enumerate(others):
        parts.append(
            f"AND {exists} (SELECT 1 FROM membership o WHERE o.term = :term{place}"
            " AND o.at = m.at AND o.id = m.id)"
        )
        values[f"term{place}"] = term
    return " ".join(parts), values


def direction(order: Order) -> str:
    """The ORDER BY of a list; the two orders are each other's exact reverse."""
    return "ORDER BY m.at, m.id DESC" if order is Order.OLDEST else "ORDER BY m.at DESC, m.id"
