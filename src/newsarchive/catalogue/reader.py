"""The catalogue as its readers see it: lists, entries, counts, calendars; nothing is written.

Every method that answers for visitors takes ``now``: what is dated later is in no answer.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches

from newsarchive.catalogue.calendar import CalendarReader
from newsarchive.catalogue.inspection import InspectionReader
from newsarchive.catalogue.lists import EVERYTHING, Selection, direction, select, where
from newsarchive.catalogue.rows import entries_of, entry_of
from newsarchive.catalogue.tallies import Tally
from newsarchive.catalogue.values import Asset, Page, Running
from newsarchive.dates import microseconds
from newsarchive.entry import Entry
from newsarchive.permalink import fold, normal, words
from newsarchive.query import Order, Query

_BATCH = 400


class Catalogue(CalendarReader, InspectionReader):
    """Reads one catalogue, from any thread.

    Raises:
        CatalogueError: from any method: there is no catalogue, or it cannot be read.
    """

    # -- lists --

    def find(self, query: Query, now: datetime, page_size: int) -> Page:
        """One page of a list."""
        size = query.limit or page_size
        selection = self._driven(select(query, microseconds(now), self.zone))
        if selection.is_plain:
            return self._plain_page(selection, query, size)
        source, values = where(selection)
        total = self._count(selection)
        rows = self.rows(
            f"SELECT e.metadata, e.digest {source.replace('WHERE', _JOIN, 1)}"
            f" {direction(query.order)} LIMIT :limit OFFSET :offset",
            {**values, "limit": size, "offset": (query.page - 1) * size},
        )
        return _page(entries_of(rows), total, query.page, size)

    def _count(self, selection: Selection) -> int:
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

    def _driven(self, selection: Selection) -> Selection:
        """The selection with its rarest term in front."""
        if len(selection.terms) < 2:
            return selection
        sizes = {term: self._size(term) for term in selection.terms}
        return replace(selection, terms=tuple(sorted(selection.terms, key=sizes.__getitem__)))

    def _size(self, term: str) -> int:
        """Entries of a list, embargoed ones included; of a word, up to a bound."""
        if term.startswith("word:"):
            rows = self.rows("SELECT 1 FROM membership WHERE term = ? LIMIT 10000", (term,))
            return len(rows)
        sql = "SELECT total(entries) FROM tally WHERE term = ? AND grain = 0"
        return int(float(str(self.value(sql, (term,)))))

    def _plain_page(self, selection: Selection, query: Query, size: int) -> Page:
        tally = self._tally(selection.terms[0])
        low, high = tally.before(selection.start), tally.before(selection.end)
        total = max(0, high - low)
        skip = (query.page - 1) * size
        if query.order is Order.OLDEST:
            first, last = low + skip, min(high, low + skip + size)
        else:
            first, last = max(low, high - skip - size), high - skip
        numbers = tally.numbers(first, last) if last > first else []
        if query.order is Order.NEWEST:
            numbers.reverse()
        return _page(self._by_number(numbers), total, query.page, size)

    def _tally(self, term: str) -> Tally:
        return Tally(self._readers.connection(), term, self.zone)

    def _by_number(self, numbers: Iterable[int]) -> tuple[Entry, ...]:
        wanted = list(numbers)
        found: dict[int, Entry] = {}
        for start in range(0, len(wanted), _BATCH):
            batch = wanted[start : start + _BATCH]
            marks = ",".join("?" * len(batch))
            for row in self.rows(
                f"SELECT number, metadata, digest FROM entry WHERE number IN ({marks})",
                tuple(batch),
            ):
                found[row["number"]] = entry_of(row)
        return tuple(found[number] for number in wanted)

    def total(self, term: str, now: datetime) -> int:
        """Entries of one list."""
        return self._tally(term).before(microseconds(now) + 1)

    # -- entries --

    def entry(self, path: str, now: datetime) -> Entry | None:
        """An entry with its body; drafts and what is embargoed are as if absent."""
        rows = self.rows(
            "SELECT metadata, digest, body FROM entry"
            " WHERE path = ? AND status <> 'draft' AND at <= ?",
            (normal(path), microseconds(now)),
        )
        return entry_of(rows[0]) if rows else None

    def updates(self, story: str, now: datetime, *, bodies: bool = True) -> tuple[Entry, ...]:
        """All updates of a story, newest first."""
        body = ", e.body" if bodies else ""
        return entries_of(
            self.rows(
                f"SELECT e.metadata, e.digest{body} FROM membership m JOIN entry e"
                " ON e.number = m.number WHERE m.term = ? AND m.at <= ? ORDER BY m.at DESC, m.id",
                (f"story:{story}", microseconds(now)),
            )
        )

    def neighbours(
        self, entry: Entry, term: str, now: datetime
    ) -> tuple[Entry | None, Entry | None]:
        """The entries before and after ``entry`` in a list, in time."""
        place = self.rows("SELECT at FROM entry WHERE id = ?", (entry.id,))
        if not place:
            return None, None
        values = {"term": term, "at": place[0]["at"], "id": entry.id, "now": microseconds(now)}
        # the comparison of pairs finds the place among equals; the plain one lets an index walk
        older = self.rows(
            f"{_STEP} AND m.at <= :at AND (m.at, :id) < (:at, m.id)"
            f" {direction(Order.NEWEST)} LIMIT 1",
            values,
        )
        newer = self.rows(
            f"{_STEP} AND m.at >= :at AND m.at <= :now AND (m.at, :id) > (:at, m.id)"
            f" {direction(Order.OLDEST)} LIMIT 1",
            values,
        )
        return (entry_of(older[0]) if older else None), (entry_of(newer[0]) if newer else None)

    def titles(self, paths: Iterable[str], now: datetime) -> dict[str, str]:
        """The titles of stories that are online, by path."""
        wanted = sorted(set(paths))
        found: dict[str, str] = {}
        for start in range(0, len(wanted), _BATCH):
            batch = wanted[start : start + _BATCH]
            marks = ",".join("?" * len(batch))
            for row in self.rows(
                "SELECT path, json_extract(metadata, '$.title') FROM entry"
                f" WHERE path IN ({marks}) AND status <> 'draft' AND at <= ?",
                (*batch, microseconds(now)),
            ):
                found[row[0]] = row[1]
        return found

    def running(self, now: datetime, since: datetime) -> tuple[Running, ...]:
        """Open stories whose last update is not older than ``since``, the liveliest first."""
        rows = self.rows(
            "SELECT path FROM story WHERE coverage = 'open' AND last >= ?"
            " ORDER BY last DESC LIMIT 20",
            (microseconds(since),),
        )
        found = []
        for row in rows:
            story, last, first = self.entry(row["path"], now), *self._ends(row["path"], now)
            if story and last and first and last.published.at >= since:
                updates = self.total(f"story:{story.path}", now)
                found.append(Running(story, last, updates, first))
        return tuple(sorted(found, key=lambda each: each.last.published.at, reverse=True))

    def _ends(self, story: str, now: datetime) -> tuple[Entry | None, Entry | None]:
        values = {"term": f"story:{story}", "now": microseconds(now)}
        ends = (
            self.rows(f"{_STEP} AND m.at <= :now {direction(order)} LIMIT 1", values)
            for order in (Order.NEWEST, Order.OLDEST)
        )
        newest, oldest = (entry_of(rows[0]) if rows else None for rows in ends)
        return newest, oldest

    def corrections(self, now: datetime, limit: int, offset: int) -> tuple[tuple[Entry, int], ...]:
        """Corrected entries, without bodies, each with the place of the correction in its list;
        the newest correction first."""
        rows = self.rows(
            "SELECT e.metadata, e.digest, c.position FROM correction c JOIN entry e"
            " ON e.number = c.number WHERE c.at <= :now AND e.at <= :now AND e.status <> 'draft'"
            " ORDER BY c.at DESC, c.number, c.position LIMIT :limit OFFSET :offset",
            {"now": microseconds(now), "limit": limit, "offset": offset},
        )
        return tuple((entry_of(row), row["position"]) for row in rows)

    def correction_count(self, now: datetime) -> int:
        """How many corrections there are."""
        return int(
            str(
                self.value(
                    "SELECT count(*) FROM correction c JOIN entry e ON e.number = c.number"
                    " WHERE c.at <= :now AND e.at <= :now AND e.status <> 'draft'",
                    {"now": microseconds(now)},
                )
            )
        )

    # -- addresses --

    def alias(self, address: str, now: datetime) -> str | None:
        """The path of the entry that an old address led to, with ``.html`` or without.

        The address as asked comes before the shortened one, one that an author wrote before
        one that another generator would have made, the older entry before the younger.
        """
        exact = normal(address)
        shortened = exact.removesuffix(".html").removesuffix("/index")
        rows = self.rows(
            "SELECT e.path, a.address <> ?1 AS shortened, a.own, e.at, e.id FROM alias a"
            " JOIN entry e ON e.number = a.number"
            " WHERE a.address IN (?1, ?2) AND e.status <> 'draft' AND e.at <= ?3",
            (exact, shortened, microseconds(now)),
        )
        best = min(rows, key=lambda row: (row[1], -row[2], row[3], row[4]), default=None)
        return None if best is None else str(best["path"])

    def respelt(self, path: str, now: datetime) -> str | None:
        """The path that differs from this one in case and accents alone, if there is just one."""
        rows = self.rows(
            "SELECT path FROM entry WHERE folded = ? AND status <> 'draft' AND at <= ? LIMIT 2",
            (fold(normal(path)), microseconds(now)),
        )
        return str(rows[0]["path"]) if len(rows) == 1 else None

    def near(self, path: str, now: datetime, limit: int = 5) -> tuple[Entry, ...]:
        """Entries that an address nobody has may have meant: articles in its folder whose names
        are alike, then those whose title or path shares the most words with it."""
        asked = words(path.replace("/", " ").replace("-", " ").replace("_", " "))[:12]
        scores: dict[int, float] = {}
        for word in asked:
            rows = self.rows(
                "SELECT number FROM membership WHERE term = ? AND at <= ?"
                " ORDER BY at DESC LIMIT 200",
                (f"word:{word}", microseconds(now)),
            )
            for row in rows:
                scores[row[0]] = scores.get(row[0], 0) + 1 / (1 + len(rows))
        best = sorted(scores, key=lambda number: (-scores[number], number))
        alike = self._alike(normal(path).removeprefix("articles/"), now)
        return self._by_number(list(dict.fromkeys([*alike, *best]))[:limit])

    def _alike(self, path: str, now: datetime) -> list[int]:
        folder, _, name = path.rpartition("/")
        rows = self.rows(
            "SELECT path, number FROM entry WHERE path >= ? AND path < ? AND story = ''"
            " AND status <> 'draft' AND at <= ? LIMIT 2000",
            (f"{folder}/", f"{folder}0", microseconds(now)),  # 0 is what follows / in ASCII
        )
        names = {row["path"].rpartition("/")[2]: row["number"] for row in rows}
        return [names[each] for each in get_close_matches(name, names, n=2, cutoff=0.75)]

    def asset(self, path: str) -> Asset | None:
        """A file beside the articles."""
        rows = self.rows("SELECT path, size, mtime FROM asset WHERE name = ?", (normal(path),))
        return Asset(*rows[0]) if rows else None

    def is_hidden(self, file: str, now: datetime) -> bool:
        """Whether an entry that is not shown at ``now`` keeps a file to itself: its index is in
        the file's folder or in one above it."""
        parts = normal(file).split("/")[:-1]
        folders = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
        marks = ",".join("?" * len(folders))
        return bool(
            self.rows(
                f"SELECT 1 FROM entry WHERE path IN ({marks}) AND (status = 'draft' OR at > ?)"
                " AND (file GLOB '*/index.m*' OR file GLOB '*/_index.m*') LIMIT 1",
                (*folders, microseconds(now)),
            )
        )


_JOIN = "JOIN entry e ON e.number = m.number WHERE"
_STEP = (
    "SELECT e.metadata, e.digest FROM membership m JOIN entry e ON e.number = m.number"
    " WHERE m.term = :term"
)


def _page(entries: tuple[Entry, ...], total: int, number: int, size: int) -> Page:
    return Page(entries, total, number, max(1, -(-total // size)))
