"""Lists as scripts walk through them: from a place on, as the catalogue holds them, not decoded.

A place is an entry's own (its time and its id), so that what comes or goes elsewhere moves nothing,
and the last page costs what the first does.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from newsarchive.catalogue.finding import FindingReader
from newsarchive.catalogue.lists import direction, select, where
from newsarchive.catalogue.store import connect_to_read, errors_named
from newsarchive.dates import microseconds
from newsarchive.query import Order, Query


class Part(Enum):
    """How much is read of entries: SQL of their metadata, body and listed form."""

    HEAD = "e.metadata, e.digest, '', NULL"
    WHOLE = "e.metadata, e.digest, e.body, NULL"
    #: the listed form, and the metadata of those that have none
    LISTED = "iif(e.listed IS NULL, e.metadata, x''), e.digest, '', e.listed"


class Held(NamedTuple):
    """An entry as the catalogue holds it."""

    number: int
    #: microseconds from 1970 UTC: its place in time
    at: int
    id: str
    #: the ``Entry`` without its body, as JSON
    metadata: bytes
    digest: str
    #: Markdown; '' where it was not asked for
    body: str
    #: what ``listed.stored`` made of it; None where it was not asked for, or there is none
    listed: bytes | None = None


class Place(NamedTuple):
    """Where an entry stands in a list."""

    #: microseconds from 1970 UTC
    at: int
    id: str


class WalkingReader(FindingReader):
    """Walks through lists, and through everything."""

    def walk(
        self,
        query: Query,
        now: datetime,
        *,
        beyond: Place | None = None,
        part: Part = Part.HEAD,
    ) -> tuple[Held, ...]:
        """The first ``query.limit`` entries of a list, or of what comes after a place in it."""
        selection = self.driven(select(query, microseconds(now), self.zone))
        source, values = where(selection)
        source = source.replace("WHERE", "JOIN entry e ON e.number = m.number WHERE", 1)
        if beyond:
            # the plain comparison lets the index walk, the other finds the place among equals
            source += (
                " AND m.at >= :at AND (m.at > :at OR m.id < :id)"
                if query.order is Order.OLDEST
                else " AND m.at <= :at AND (m.at < :at OR m.id > :id)"
            )
            values |= {"at": beyond.at, "id": beyond.id}
        return self._held(
            f"SELECT {_columns(part)} {source} {direction(query.order)} LIMIT :limit",
            {**values, "limit": query.limit},
        )

    def extent(self, query: Query, now: datetime) -> int:
        """How many entries a list has."""
        until = microseconds(now)
        selection = self.driven(select(query, until, self.zone))
        if not selection.is_plain:
            return self.count(selection)
        term = selection.terms[0]
        if selection.is_endless and selection.end > until:  # all but what is embargoed
            later = "SELECT count(*) FROM membership WHERE term = ? AND at > ?"
            return self.size(term) - int(str(self.value(later, (term, until))))
        tally = self._tally(term)
        return max(0, tally.before(selection.end) - tally.before(selection.start))

    def held_by_id(
        self, ids: Sequence[str], now: datetime, *, part: Part = Part.HEAD
    ) -> tuple[Held, ...]:
        """Entries in the order of their ids; those that are shown."""
        sql = (
            f"SELECT {_columns(part)} FROM entry e WHERE e.id IN ({{marks}})"
            " AND e.status <> 'draft' AND e.at <= :now"
        )
        rows = self.batched(sql, ids, {"now": microseconds(now)})
        found = {row["id"]: Held._make(row) for row in rows}
        return tuple(found[id_] for id_ in ids if id_ in found)

    def held_after(self, number: int, now: datetime) -> Iterator[Held]:
        """Entries that are shown, with their bodies, in the order in which they came, after a
        number: of one generation, read one by one on a connection of their own, so that they may
        take their time."""
        with errors_named(self.path), closing(connect_to_read(self.path)) as connection:
            connection.row_factory = None  # by place: rows with names take longer
            rows = connection.execute(
                f"SELECT {_columns(Part.WHOLE)} FROM entry e WHERE e.number > ?"
                " AND e.status <> 'draft' AND e.at <= ? ORDER BY e.number",
                (number, microseconds(now)),
            )
            yield from map(Held._make, rows)

    def number_of(self, id_: str, now: datetime) -> int | None:
        """The number of an entry that is shown, by its id."""
        rows = self.rows(
            "SELECT number FROM entry WHERE id = ? AND status <> 'draft' AND at <= ?",
            (id_, microseconds(now)),
        )
        return int(rows[0][0]) if rows else None

    def _held(self, sql: str, values: dict[str, str | int]) -> tuple[Held, ...]:
        return tuple(map(Held._make, self.rows(sql, values)))


def _columns(part: Part) -> str:
    return f"e.number, e.at, e.id, {part.value}"
