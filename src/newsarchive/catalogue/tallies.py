"""Counting without looking: how many entries a list has up to a time, and which is the n-th.

The tallies say how many entries a list has in each year and month; only the one month in which
a question falls is counted entry by entry. So the middle of a long list costs what its ends do.
"""

import sqlite3
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import tzinfo

from newsarchive.catalogue.lists import END_OF_TIME
from newsarchive.dates import microseconds
from newsarchive.query import Period


@dataclass(frozen=True, slots=True)
class Step:
    """One month of a list, or one year's entries of which no month is known."""

    year: int
    month: int
    #: entries of the list before it
    before: int
    #: entries of the list in it
    entries: int


class Tally:
    """The months of one list, oldest first."""

    def __init__(self, connection: sqlite3.Connection, term: str, zone: tzinfo) -> None:
        self._connection = connection
        self._term = term
        self._zone = zone
        self.steps = self._read()

    def _read(self) -> list[Step]:
        months: dict[tuple[int, int], int] = {}
        for grain, period, entries in self._connection.execute(
            "SELECT grain, period, entries FROM tally WHERE term = ? AND grain < 2", (self._term,)
        ):
            year, month = int(period[:4]), int(period[5:] or 1)
            months[year, month] = months.get((year, month), 0) + entries
            if grain == 1:
                # the year's own tally holds it too: what is left there has no month, and
                # stands at the year's first instant
                months[year, 1] = months.get((year, 1), 0) - entries
        steps, before = [], 0
        for (year, month), entries in sorted(months.items()):
            steps.append(Step(year, month, before, entries))
            before += entries
        return steps

    def _start(self, step: Step) -> int:
        """The first instant of a month, in microseconds."""
        return microseconds(Period(step.year, step.month).start(self._zone))

    def before(self, end: int) -> int:
        """How many entries of the list lie before ``end`` (microseconds)."""
        place = bisect_left(self.steps, end, key=self._start)
        if not place:
            return 0
        step = self.steps[place - 1]
        return step.before + self._count(self._start(step), end)

    def _count(self, start: int, end: int) -> int:
        (number,) = self._connection.execute(
            "SELECT count(*) FROM membership WHERE term = ? AND at >= ? AND at < ?",
            (self._term, start, end),
        ).fetchone()
        return int(number)

    def numbers(self, first: int, last: int) -> list[int]:
        """``entry.number`` of the entries from place ``first`` up to ``last``, counted from the
        oldest, which is place 0; oldest first."""
        place = bisect_right(self.steps, first, key=lambda step: step.before)
        if not place:
            return []
        step = self.steps[place - 1]
        rows = self._connection.execute(
            "SELECT number FROM membership WHERE term = ? AND at >= ? AND at < ?"
            " ORDER BY at, id DESC LIMIT ? OFFSET ?",
            (self._term, self._start(step), END_OF_TIME, last - first, first - step.before),
        )
        return [row[0] for row in rows]
