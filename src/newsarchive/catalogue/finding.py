"""Lists, page by page: the rarest of a query's terms drives, and whole lists are counted by their
tallies."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from newsarchive.catalogue.lists import EVERYTHING, Selection, direction, select, where
from newsarchive.catalogue.rows import RowReader, at_once, entries_of, entry_of, name_damage
from newsarchive.catalogue.tallies import Tally, steps
from newsarchive.catalogue.values import Page
from newsarchive.dates import microseconds
from newsarchive.entry import Entry
from newsarchive.query import Order, Query

_JOIN = "JOIN entry e ON e.number = m.number WHERE"


class FindingReader(RowReader):
    """Finds what a query asks for."""

    @at_once
    def find(self, query: Query, now: datetime, page_size: int) -> Page:
        """One page of a list; a query with words is none (see ``select``)."""
        size = query.limit or page_size
        selection = self.driven(select(query, microseconds(now), self.zone))
        if selection.is_plain:
            return self._plain_page(selection, query, size, now)
        source, values = where(selection)
        total = self.count(selection)
        rows = self.rows(
            f"SELECT e.metadata, e.digest {source.replace('WHERE', _JOIN, 1)}"
            f" {direction(query.order)} LIMIT :limit OFFSET :offset",
            {**values, "limit": size, "offset": (query.page - 1) * size},
        )
        return _page(entries_of(rows), total, query.page, size)

    def count(self, selection: Selection) -> int:
        """How many entries are selected."""
        if selection.terms == (EVERYTHING,) and len(selection.without) == 1:
            # all but one list: both are counted by their tallies
            return sum(
                sign * (tally.before(selection.end) - tally.before(selection.start))
                for sign, tally in (
                    (1, self._tally(EVERYTHING)), (-1, self._tally(selection.without[0]))
                )
            )  # fmt: skip
        source, values = where(selection)
        return int(str(self.value(f"SELECT count(*) {source}", dict(values))))

    def driven(self, selection: Selection) -> Selection:
        """The selection with its rarest term in front."""
        if len(selection.terms) < 2:
            return selection
        sizes = {term: self.size(term) for term in selection.terms}
        return replace(selection, terms=tuple(sorted(selection.terms, key=sizes.__getitem__)))

    def size(self, term: str) -> int:
        """Entries of a list, embargoed ones included."""
        sql = "SELECT total(entries) FROM tally WHERE term = ? AND grain = 0"
        return int(float(str(self.value(sql, (term,)))))

    def _plain_page(self, selection: Selection, query: Query, size: int, now: datetime) -> Page:
        term, start, end = selection.terms[0], selection.start, selection.end
        tally = self._tally(term)
        is_to_the_end = end == microseconds(now) + 1
        low = tally.before(start)
        high = self.total(term, now) if is_to_the_end else tally.before(end)
        total = high - low
        skip = (query.page - 1) * size
        if query.order is Order.OLDEST:
            first, last = low + skip, min(high, low + skip + size)
        else:
            first, last = max(low, high - skip - size), high - skip
        numbers = tally.numbers(first, last) if last > first else []
        if len(numbers) != max(0, last - first) or (not total and self.holds(term, start, end)):
            name_damage(LookupError("a list is not as long as it is counted"))
        if query.order is not Order.OLDEST:
            numbers.reverse()
        return _page(self._by_number(numbers), total, query.page, size)

    def _tally(self, term: str) -> Tally:
        sql = "SELECT grain, period, entries FROM tally WHERE term = ? AND grain < 2"
        months = self.once(
            ("steps", term), lambda: steps(map(tuple, self.rows(sql, (term,))), self.zone)
        )
        return Tally(self.rows, term, months)

    def _by_number(self, numbers: Iterable[int]) -> tuple[Entry, ...]:
        wanted = list(numbers)
        sql = "SELECT number, metadata, digest FROM entry WHERE number IN ({marks})"
        found = {row["number"]: entry_of(row) for row in self.batched(sql, wanted)}
        try:
            return tuple(found[number] for number in wanted)
        except KeyError as error:  # a list holds what is not there
            name_damage(error)

    def total(self, term: str, now: datetime) -> int:
        """Entries of one list."""
        return self.once_online(
            ("total", term), now, lambda: self._tally(term).before(microseconds(now) + 1)
        )


def _page(entries: tuple[Entry, ...], total: int, number: int, size: int) -> Page:
    return Page(entries, total, number, max(1, -(-total // size)))
