"""A list as it came: what is new in it, and what its archive is made of.

An entry *arrives* at its date, or when it was first met if that is later, or when its embargo
ends. It is numbered when it is first catalogued: in that order a list only ever grows at its end,
whatever the dates of what is added, so that its pages, counted from the oldest, stay as they are.
The corrections are a list of the same kind.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from newsarchive.catalogue.finding import FindingReader
from newsarchive.catalogue.lists import END_OF_TIME, ENTRIES_AFTER, Selection, select, where
from newsarchive.catalogue.rows import entries_of, entry_of
from newsarchive.dates import instant, microseconds
from newsarchive.entry import Entry
from newsarchive.query import Query

_CORRECTIONS_AFTER = "SELECT at FROM correction WHERE at > :now"


class Arrival(NamedTuple):
    """The place of an entry, or of a correction, in a list."""

    #: of the entry, or of the correction
    number: int
    id: str
    #: microseconds from 1970 UTC: its date
    at: int
    #: likewise: when it came online
    arrived: int


class ArrivalsReader(FindingReader):
    """Reads lists in the order in which they grew. ``query`` None is the list of corrections."""

    def newest(self, query: Query | None, now: datetime, limit: int) -> tuple[Arrival, ...]:
        """The newest by date, ties by id."""
        return self._arrivals(query, now, f"ORDER BY m.at DESC, m.id LIMIT {limit:d}")

    def latest(self, query: Query | None, now: datetime, limit: int) -> tuple[Arrival, ...]:
        """The last to arrive, the last first."""
        return self._arrivals(
            query,
            now,
            f"AND m.arrived <= :now ORDER BY m.arrived DESC, m.at DESC, m.id LIMIT {limit:d}",
            "membership_arrived",
        )

    def numbered(
        self, query: Query | None, now: datetime, first: int, last: int | None = None
    ) -> tuple[Arrival, ...]:
        """Those at places ``first`` up to ``last`` in the order of their numbers, 0 being the
        oldest; places of what is not yet online are left out."""
        total = self.members(query)
        last = total if last is None else min(last, total)
        # from the nearer end
        backwards = first > total - last
        skip, way, beyond = (total - last, "DESC", "<=") if backwards else (first, "ASC", ">=")
        # the index alone says where that is; only from there on rows are read
        start, values = self._source(query, None, "membership_number")
        found = self.rows(
            f"SELECT m.number, m.id, m.at, m.arrived {start} AND m.number {beyond}"
            f" (SELECT m.number {start} ORDER BY m.number {way} LIMIT 1 OFFSET {skip:d})"
            f" ORDER BY m.number {way} LIMIT {max(0, last - first):d}",
            values,
        )
        until = microseconds(now)
        return tuple(each for each in map(Arrival._make, found) if each.at <= until)

    def members(self, query: Query | None) -> int:
        """How many there are, those not yet online included."""
        if query is None:
            return int(str(self.value("SELECT count(*) FROM correction")))
        selection = self._selection(query, None)
        return self.size(selection.terms[0]) if selection.is_whole else self.count(selection)

    def _selection(self, query: Query, now: datetime | None) -> Selection:
        end = END_OF_TIME - 1 if now is None else microseconds(now)
        return self.driven(select(query, end, self.zone))

    def _arrivals(
        self, query: Query | None, now: datetime, rest: str, index: str = ""
    ) -> tuple[Arrival, ...]:
        source, values = self._source(query, now, index)
        rows = self.rows(f"SELECT m.number, m.id, m.at, m.arrived {source} {rest}", values)
        return tuple(map(Arrival._make, rows))

    def _source(
        self, query: Query | None, now: datetime | None, index: str = ""
    ) -> tuple[str, dict[str, str | int]]:
        """Where a list stands, as FROM and WHERE with their parameters, of which ``now`` is one;
        without it what is not yet online is in it too."""
        end = END_OF_TIME - 1 if now is None else microseconds(now)
        if query is None:
            return "FROM correction m WHERE m.at <= :now", {"now": end}
        selection = self._selection(query, now)
        source, values = where(selection)
        if index and selection.is_endless:
            # SQLite would sort the whole list by what the index has in order
            source = source.replace("membership m", f"membership m INDEXED BY {index}", 1)
        return source, {**values, "now": end}

    def held(self, numbers: Iterable[int]) -> dict[int, Entry]:
        """Entries with their bodies, by number."""
        sql = "SELECT number, metadata, digest, body FROM entry WHERE number IN ({marks})"
        return {row["number"]: entry_of(row) for row in self.batched(sql, tuple(numbers))}

    def held_corrections(self, numbers: Iterable[int]) -> dict[int, tuple[Entry, int]]:
        """Corrected entries, without bodies, each with the place of the correction in its list,
        by the number of the correction."""
        sql = (
            "SELECT c.number, e.metadata, e.digest, c.position FROM correction c"
            " JOIN entry e ON e.number = c.entry WHERE c.number IN ({marks})"
        )
        rows = self.batched(sql, tuple(numbers))
        return {row["number"]: (entry_of(row), row["position"]) for row in rows}

    def arrivals_of(self, ids: Iterable[str]) -> tuple[Arrival, ...]:
        """The places of entries in the list of all, in the order of ``ids``; those there are."""
        wanted = tuple(ids)
        sql = (
            "SELECT m.number, m.id, m.at, m.arrived FROM entry e JOIN membership m"
            " ON m.term = '' AND m.at = e.at AND m.id = e.id WHERE e.id IN ({marks})"
        )
        found = {row["id"]: Arrival._make(row) for row in self.batched(sql, wanted)}
        return tuple(found[id_] for id_ in wanted if id_ in found)

    # -- for the search index --

    def entry_count(self) -> int:
        """Entries there are, whatever their state."""
        return int(str(self.value("SELECT count(*) FROM entry")))

    def placed(self, ids: Iterable[str]) -> tuple[tuple[int, Entry], ...]:
        """Entries with their bodies and their places in time (microseconds), by their ids,
        whatever their state; those there are."""
        sql = "SELECT at, metadata, digest, body FROM entry WHERE id IN ({marks})"
        return tuple((row["at"], entry_of(row)) for row in self.batched(sql, tuple(ids)))

    def ids(self) -> set[str]:
        """Of all entries, whatever their state."""
        return {row[0] for row in self.rows("SELECT id FROM entry")}

    def ids_at(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Of the entries there are at some paths, whatever their state."""
        sql = "SELECT id FROM entry WHERE path IN ({marks}) ORDER BY number"
        return tuple(row[0] for row in self.batched(sql, tuple(paths)))

    def published(self, ids: Iterable[str], now: datetime) -> tuple[str, ...]:
        """Those of some entries that can be found at ``now``: neither drafts nor withdrawn."""
        rows = self.batched(
            "SELECT id FROM entry WHERE id IN ({marks}) AND status = 'published' AND at <= :now"
            " ORDER BY number",
            tuple(ids),
            {"now": microseconds(now)},
        )
        return tuple(row[0] for row in rows)

    def languages(self) -> tuple[str, ...]:
        """The languages there are entries in, as primary subtags (BCP 47)."""
        rows = self.rows(
            "SELECT term FROM tally WHERE grain = 0 AND term >= 'lang:' AND term < 'lang;'"
            " GROUP BY term"
        )
        return tuple(dict.fromkeys(row[0][5:].partition("-")[0] for row in rows))

    def arrived_between(self, after: datetime, until: datetime) -> tuple[Entry, ...]:
        """Entries whose embargo, or that of a correction of theirs, ended in a span of time;
        without bodies."""
        rows = self.rows(
            "SELECT metadata, digest FROM entry WHERE number IN ("
            "SELECT number FROM membership WHERE term = '' AND at > :after AND at <= :until"
            " UNION SELECT entry FROM correction WHERE at > :after AND at <= :until)"
            " ORDER BY number",
            {"after": microseconds(after), "until": microseconds(until)},
        )
        return entries_of(rows)

    def next_arrival(self, now: datetime) -> datetime | None:
        """When the next embargo ends, of an entry or of a correction."""
        found = [*self.after(now, ENTRIES_AFTER), *self.after(now, _CORRECTIONS_AFTER)]
        return instant(min(row["at"] for row in found)) if found else None
