"""Counting without looking: how many entries a list has up to a time, and which is the n-th.

The tallies say how many entries a list has in each year and month; only the one month in which
a question falls is counted entry by entry. So the middle of a long list costs what its ends do.
"""

import sqlite3
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from newsarchive.catalogue.lists import END_OF_TIME
from newsarchive.dates import microseconds
from newsarchive.query import Period

#: what asks the catalogue: SQL and its values, all rows
Ask = Callable[[str, tuple[object, ...]], list[sqlite3.Row]]


@dataclass(frozen=True, slots=True)
class Step:
    """One month of a list, or one year's entries of which no month is known."""

    #: its first instant, in microseconds
    start: int
    #: entries of the list before it
    before: int


def steps(tallies: Iterable[tuple[int, str, int]], zone: tzinfo) -> tuple[Step, ...]:
    """The months of a list, from its tallies of years and months: grain, period, entries."""
    months: Counter[tuple[int, int]] = Counter()
    for grain, period, entries in tallies:
        year, month = int(period[:4]), int(period[5:] or 1)
        months[year, month] += entries
        if grain == 1:
            # the year's own tally holds it too: what is left there has no month, and
            # stands at the year's first instant
            months[year, 1] -= entries
    found, before = [], 0
    for (year, month), entries in sorted(months.items()):
        found.append(Step(microseconds(Period(year, month).start(zone)), before))
        before += entries
    return tuple(found)


class Tally:
    """The months of one list, oldest first."""

    def __init__(self, ask: Ask, term: str, steps: Sequence[Step]) -> None:
        self._ask = ask
        self._term = term
        self._steps = steps

    def before(self, end: int) -> int:
        """How many entries of the list lie before ``end`` (microseconds)."""
        place = bisect_left(self._steps, end, key=lambda step: step.start)
        if not place:
            return 0
        step = self._steps[place - 1]
        return step.before + self._count(step.start, end)

    def _count(self, start: int, end: int) -> int:
        sql = "SELECT count(*) FROM membership WHERE term = ? AND at >= ? AND at < ?"
        ((number,),) = self._ask(sql, (self._term, start, end))
        return int(number)

    def numbers(self, first: int, last: int) -> list[int]:
        """``entry.number`` of the entries from place ``first`` up to ``last``, counted from the
        oldest, which is place 0; oldest first."""
        place = bisect_right(self._steps, first, key=lambda step: step.before)
        if not place:
            return []
        step = self._steps[place - 1]
        rows = self._ask(
            "SELECT number FROM membership WHERE term = ? AND at >= ? AND at < ?"
            " ORDER BY at, id DESC LIMIT ? OFFSET ?",
            (self._term, step.start, END_OF_TIME, last - first, first - step.before),
        )
        return [row[0] for row in rows]
