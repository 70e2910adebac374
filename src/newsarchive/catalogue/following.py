"""The change log as those follow it who know only what is online.

What was written comes in the order of its writing. What nobody wrote comes by itself: an embargo
ends, of an entry or of a correction, and that is told in the order of time.
"""

from datetime import datetime
from typing import NamedTuple

from newsarchive.catalogue.rows import RowReader
from newsarchive.catalogue.walking import Held
from newsarchive.dates import microseconds

#: all that came at an instant was told
ALL_NUMBERS = 2**62

_ENTRY = "e.number, e.at, e.id, e.metadata, e.digest"


class Told(NamedTuple):
    """An entry that came, changed or went: its state as of now."""

    #: its place in the log; of what came by itself: when, in microseconds from 1970 UTC
    place: int
    id: str
    #: where it is, or last was
    path: str
    #: None where it is not online
    held: Held | None


class FollowingReader(RowReader):
    """Reads what changed for those who are shown what is online and nothing else."""

    def arrived(
        self, since: tuple[int, int], sequence: int, now: datetime, limit: int
    ) -> tuple[Told, ...]:
        """Entries that were known to the log at ``sequence`` and came, or were corrected, by
        themselves since an instant (in microseconds) and, of those of that very instant, since
        an ``entry.number``; the earliest first."""
        rows = self.rows(
            "WITH came AS (SELECT number, max(at) AS place FROM ("
            " SELECT number, at FROM membership WHERE term = '' AND at >= :until AND at <= :now"
            " UNION ALL"
            " SELECT entry, at FROM correction WHERE at >= :until AND at <= :now"
            ") GROUP BY number)"
            f" SELECT c.place, {_ENTRY}, e.body, e.path FROM came c"
            " JOIN entry e ON e.number = c.number AND e.status <> 'draft' AND e.at <= :now"
            " JOIN change g ON g.id = e.id AND g.sequence <= :sequence"
            " WHERE c.place > :until OR c.number > :number"
            " ORDER BY c.place, c.number LIMIT :limit",
            {
                "until": since[0], "number": since[1], "sequence": sequence,
                "now": microseconds(now), "limit": limit,
            },
        )  # fmt: skip
        return tuple(Told(row[0], row[3], row[7], Held(*row[1:7])) for row in rows)

    def written(
        self, sequence: int, now: datetime, limit: int, *, unless_gone_by: int = 0
    ) -> tuple[Told, ...]:
        """What was written after a place in the log, oldest first; each id once. What is not
        online is told only where it ever was, and not when it went at ``unless_gone_by`` in the
        log or before."""
        rows = self.rows(
            f"SELECT c.sequence, {_ENTRY}, e.body, c.id, coalesce(e.path, c.path) FROM change c"
            " LEFT JOIN entry e ON e.id = c.id AND e.status <> 'draft' AND e.at <= :now"
            " WHERE c.sequence > :sequence"
            " AND (e.id IS NOT NULL OR (c.shown AND c.sequence > :gone))"
            " ORDER BY c.sequence LIMIT :limit",
            {
                "sequence": sequence, "now": microseconds(now), "limit": limit,
                "gone": unless_gone_by,
            },
        )  # fmt: skip
        return tuple(
            Told(row[0], row[7], row[8], None if row[3] is None else Held(*row[1:7]))
            for row in rows
        )

    def state(self, now: datetime) -> tuple[int, int, int]:
        """Another whenever what is online is: the last thing told of those written, and when the
        last entry and the last correction came by themselves."""
        values = {"now": microseconds(now)}
        found = (
            self.value(sql, values)
            for sql in (
                "SELECT c.sequence FROM change c LEFT JOIN entry e ON e.id = c.id"
                " AND e.status <> 'draft' AND e.at <= :now WHERE e.id IS NOT NULL OR c.shown"
                " ORDER BY c.sequence DESC LIMIT 1",
                "SELECT max(at) FROM membership WHERE term = '' AND at <= :now",
                "SELECT max(at) FROM correction WHERE at <= :now",
            )
        )
        written, came, corrected = (int(str(each or 0)) for each in found)
        return written, came, corrected
