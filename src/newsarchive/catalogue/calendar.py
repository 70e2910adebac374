"""The catalogue's counts: what a year, month or day holds, which tags and authors there are."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from sqlite3 import Row

from newsarchive.catalogue.lists import EVERYTHING, spellings_of
from newsarchive.catalogue.rows import RowReader, entries_of, period_of
from newsarchive.catalogue.values import Name
from newsarchive.dates import local, microseconds
from newsarchive.entry import Entry
from newsarchive.query import Period


class CalendarReader(RowReader):
    """Counts by time and by name."""

    def calendar(
        self, now: datetime, period: Period | None = None, term: str = EVERYTHING
    ) -> dict[str, int]:
        """Entries a year (``period`` None), a month of a year, or a day of a month: what the
        next smaller periods hold, oldest first. A year's own days: ``days``."""
        grain = 0 if period is None else 1 if period.month is None else 2
        return self._periods(term, grain, "" if period is None else f"{period}-", now)

    def days(self, year: int, now: datetime, term: str = EVERYTHING) -> dict[str, int]:
        """Entries of each day of a year, oldest first."""
        return self._periods(term, 2, f"{year:04d}-", now)

    def _periods(self, term: str, grain: int, prefix: str, now: datetime) -> dict[str, int]:
        rows = self.rows(
            "SELECT period, entries FROM tally WHERE term = ? AND grain = ? AND period >= ?"
            " AND period < ? ORDER BY period",
            (term, grain, prefix, prefix + "~"),
        )
        counts = {row["period"]: row["entries"] for row in rows}
        for row in self.rows(
            "SELECT at, grain FROM membership WHERE term = ? AND at > ?", (term, microseconds(now))
        ):
            if row["grain"] >= grain:
                period = period_of(row["at"], grain, self.zone)
                if period in counts:
                    counts[period] -= 1
        return {period: entries for period, entries in counts.items() if entries > 0}

    def neighbour_periods(
        self, period: Period, now: datetime
    ) -> tuple[Period | None, Period | None]:
        """The nearest periods of the same length, before and after, that hold an entry."""
        grain = 0 if period.month is None else 1 if period.day is None else 2
        today = str(local(now, self.zone).date())[: len(str(period))]
        sql = "SELECT period FROM tally WHERE term = '' AND grain = ? AND period"
        before = self.value(f"{sql} < ? ORDER BY period DESC LIMIT 1", (grain, str(period)))
        after = self.value(
            f"{sql} > ? AND period <= ? ORDER BY period LIMIT 1", (grain, str(period), today)
        )
        if after == today and today not in self._periods(EVERYTHING, grain, today, now):
            after = None
        return tuple(Period.parse(str(found)) if found else None for found in (before, after))  # type: ignore[return-value]  # two in, two out

    def names(self, kind: str, now: datetime) -> tuple[Name, ...]:
        """All tags (``kind`` "tag") or authors ("author") in use, by slug."""
        low, high = f"{kind}:", f"{kind};"
        counts = {
            row["term"]: row["entries"]
            for row in self.rows(
                "SELECT term, sum(entries) AS entries FROM tally WHERE grain = 0 AND term >= ?"
                " AND term < ? GROUP BY term", (low, high),
            )
        }  # fmt: skip
        for entry in self._embargoed(now):
            for term in {term for term, _ in spellings_of(entry)} & counts.keys():
                counts[term] -= 1
        spelt = self._spellings(low, high)
        return tuple(
            Name(term.partition(":")[2], spelt[term], entries)
            for term, entries in sorted(counts.items())
            if entries > 0
        )

    def _embargoed(self, now: datetime) -> tuple[Entry, ...]:
        return entries_of(
            self.rows(
                "SELECT e.metadata, e.digest FROM membership m JOIN entry e ON e.number = m.number"
                " WHERE m.term = '' AND m.at > ?",
                (microseconds(now),),
            )
        )

    def name(self, kind: str, slug: str) -> str:
        """A tag's or an author's commonest spelling; '' if there is none."""
        term = f"{kind}:{slug}"
        return self._spellings(term, term + "\0").get(term, "")

    def spelt(self, kind: str, slugs: Sequence[str]) -> dict[str, str]:
        """The commonest spellings of tags or authors, by slug."""
        terms = [f"{kind}:{slug}" for slug in slugs]
        sql = "SELECT term, name, entries FROM spelling WHERE term IN ({marks})"
        found = _commonest(self.batched(sql, terms))
        return {term.partition(":")[2]: name for term, name in found.items()}

    def _spellings(self, low: str, high: str) -> dict[str, str]:
        rows = self.rows(
            "SELECT term, name, entries FROM spelling WHERE term >= ? AND term < ?", (low, high)
        )
        return _commonest(rows)


def _commonest(rows: Iterable[Row]) -> dict[str, str]:
    """The spelling that most entries have, by term."""
    best: dict[str, tuple[int, str]] = {}
    for row in rows:
        candidate = (-row["entries"], row["name"])
        best[row["term"]] = min(best.get(row["term"], candidate), candidate)
    return {term: name for term, (_, name) in best.items()}
