"""The catalogue's counts: what a year, month or day holds, which tags and authors there are."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from sqlite3 import Row

from newsarchive.catalogue.lists import ENTRIES_AFTER, spellings_of
from newsarchive.catalogue.rows import RowReader, at_once, entries_of, name_damage, period_of
from newsarchive.catalogue.values import Name
from newsarchive.dates import local
from newsarchive.entry import Entry
from newsarchive.query import Period


class CalendarReader(RowReader):
    """Counts by time and by name."""

    def calendar(self, now: datetime, period: Period | None = None) -> dict[str, int]:
        """Entries a year (``period`` None), a month of a year, or a day of a month: what the
        next smaller periods hold, oldest first. A year's own days: ``days``."""
        grain = 0 if period is None else 1 if period.month is None else 2
        return self._periods(grain, "" if period is None else f"{period}-", now)

    def days(self, year: int, now: datetime) -> dict[str, int]:
        """Entries of each day of a year, oldest first."""
        return self._periods(2, f"{year:04d}-", now)

    def _periods(self, grain: int, prefix: str, now: datetime) -> dict[str, int]:
        sql = (
            "SELECT period, entries FROM tally WHERE term = '' AND grain = ? AND period >= ?"
            " AND period < ? ORDER BY period"
        )
        values = (grain, prefix, prefix + "~")

        def read() -> dict[str, int]:
            return {period: many for period, many in self.rows(sql, values) if many > 0}

        counts = {**self.once(values, read)}
        for row in self.after(now, ENTRIES_AFTER):
            if row["grain"] >= grain:
                period = period_of(row["at"], grain, self.zone)
                counts[period] = counts.get(period, 0) - 1
                if counts[period] <= 0:
                    del counts[period]
        return counts

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
        if after == today and today not in self._periods(grain, today, now):
            after = None
        earlier, later = (Period.parse(str(found)) if found else None for found in (before, after))
        return earlier, later

    def names(self, kind: str, now: datetime) -> tuple[Name, ...]:
        """All tags (``kind`` "tag") or authors ("author") in use, by slug."""
        return _less(self._names(kind), self._embargoed_names(kind, now))

    def commonest(self, kind: str, now: datetime, limit: int) -> tuple[Name, ...]:
        """The tags or authors that most entries have; those of equally many by slug."""

        def rank(each: Name) -> tuple[int, str]:
            return -each.entries, each.slug

        # no more can be hidden than are embargoed: these are enough to choose among
        hidden = self._embargoed_names(kind, now)
        most = limit + len(hidden)
        key = "commonest", kind, most
        names = self.once(key, lambda: tuple(sorted(self._names(kind), key=rank)[:most]))
        return tuple(sorted(_less(names, hidden), key=rank)[:limit])

    def _names(self, kind: str) -> tuple[Name, ...]:
        """All of them, as if nothing were under embargo."""
        low, high = f"{kind}:", f"{kind};"

        def read() -> tuple[Name, ...]:
            spelt = self._spellings(low, high)
            rows = self.rows(
                "SELECT term, sum(entries) FROM tally WHERE grain = 0 AND term >= ? AND term < ?"
                " GROUP BY term ORDER BY term", (low, high),
            )  # fmt: skip
            return tuple(Name(term.partition(":")[2], spelt[term], many) for term, many in rows)

        return self.once(("names", kind), read)

    def _embargoed_names(self, kind: str, now: datetime) -> Counter[str]:
        """How many entries that are not online yet have a name, by slug."""
        terms = Counter(
            term for entry in self._embargoed(now) for term in {t for t, _ in spellings_of(entry)}
        )
        kinds = {term.partition(":")[::2]: number for term, number in terms.items()}
        return Counter({slug: number for (of, slug), number in kinds.items() if of == kind})

    def _embargoed(self, now: datetime) -> tuple[Entry, ...]:
        sql = "SELECT metadata, digest FROM entry WHERE number IN ({marks})"
        numbers = [row["number"] for row in self.after(now, ENTRIES_AFTER)]
        return entries_of(self.batched(sql, numbers))

    @at_once
    def name(self, kind: str, slug: str) -> str:
        """A tag's or an author's commonest spelling; '' if there is none."""
        term = f"{kind}:{slug}"
        found = self._spellings(term, term + "\0").get(term, "")
        if not found and self.holds(term):
            name_damage(LookupError(f"{term} has entries and no name"))
        return found

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


def _less(names: tuple[Name, ...], hidden: Counter[str]) -> tuple[Name, ...]:
    """Names without the entries that are not online yet, by slug."""
    if not hidden:
        return names
    shown = (replace(each, entries=each.entries - hidden[each.slug]) for each in names)
    return tuple(each for each in shown if each.entries > 0)


def _commonest(rows: Iterable[Row]) -> dict[str, str]:
    """The spelling that most entries have, by term."""
    best: dict[str, tuple[int, str]] = {}
    for row in rows:
        candidate = (-row["entries"], row["name"])
        best[row["term"]] = min(best.get(row["term"], candidate), candidate)
    return {term: name for term, (_, name) in best.items()}
