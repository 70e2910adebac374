"""The catalogue as its readers see it: entries, stories, addresses; nothing is written.

Every method that answers for visitors takes ``now``: what is dated later is in no answer.
"""

from collections.abc import Iterable
from datetime import datetime
from difflib import get_close_matches

from newsarchive.catalogue.arrivals import ArrivalsReader
from newsarchive.catalogue.beginnings import BeginningsReader
from newsarchive.catalogue.following import FollowingReader
from newsarchive.catalogue.inspection import InspectionReader
from newsarchive.catalogue.lists import direction
from newsarchive.catalogue.rows import (
    MOST_KEPT,
    at_once,
    entries_of,
    entry_of,
    name_damage,
    said,
)
from newsarchive.catalogue.values import Asset, Running
from newsarchive.catalogue.walking import WalkingReader
from newsarchive.dates import microseconds
from newsarchive.entry import Coverage, Entry
from newsarchive.memory import Memory
from newsarchive.permalink import fold, normal
from newsarchive.query import Order


class Catalogue(ArrivalsReader, BeginningsReader, InspectionReader, WalkingReader, FollowingReader):
    """Reads one catalogue, from any thread.

    Raises:
        CatalogueError: from any method: there is no catalogue, or it cannot be read.
    """

    # -- entries --

    @at_once
    def entry(self, path: str, now: datetime) -> Entry | None:
        """An entry with its body; drafts and what is embargoed are as if absent."""
        path = normal(path)
        rows = self.rows(
            "SELECT metadata, digest, body FROM entry"
            " WHERE path = ? AND status <> 'draft' AND at <= ?",
            (path, microseconds(now)),
        )
        found = entry_of(rows[0]) if rows else None
        there = found.path if found else self.respelt(path, now)
        # who asks for what is there must not be told that it is gone, nor led elsewhere for good
        if (there == path) is not bool(found):
            name_damage(LookupError(f"{path} is in one index, and not in another"))
        return found

    def by_id(self, ids: Iterable[str]) -> tuple[Entry, ...]:
        """Entries by their ids, whatever their state, without bodies; those there are."""
        sql = "SELECT metadata, digest FROM entry WHERE id IN ({marks}) ORDER BY number"
        return entries_of(self.batched(sql, tuple(ids)))

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

    @at_once
    def titles(self, paths: Iterable[str], now: datetime) -> dict[str, str]:
        """The titles of stories that are online, by path."""
        known: Memory[str, str] = self.once_online("titles", now, lambda: Memory(MOST_KEPT))
        found = {path: known.get(path) for path in paths}
        if unknown := sorted(path for path, title in found.items() if title is None):
            rows = self.batched(
                f"SELECT path, {said('title')} FROM entry"
                " WHERE path IN ({marks}) AND status <> 'draft' AND at <= :now",
                unknown,
                {"now": microseconds(now)},
            )
            read = {row[0]: row[1] for row in rows}
            found |= {path: known.keep(path, read.get(path, "")) for path in unknown}
        return {path: title for path, title in found.items() if title}

    def coverage(self, paths: Iterable[str]) -> dict[str, Coverage]:
        """Whether stories that have updates still run, by path."""
        rows = self.batched(
            "SELECT path, coverage FROM story WHERE path IN ({marks})", sorted(set(paths))
        )
        return {row[0]: Coverage(row[1]) for row in rows}

    def open_stories(self, now: datetime, limit: int) -> tuple[Entry, ...]:
        """Stories that are not closed and have an update, the latest first; without bodies."""
        rows = self.rows(
            "SELECT e.metadata, e.digest FROM story s JOIN entry e ON e.path = s.path"
            " WHERE s.coverage = 'open' AND e.at <= :now ORDER BY s.last DESC, s.path LIMIT :limit",
            {"now": microseconds(now), "limit": limit},
        )
        return entries_of(rows)

    @at_once
    def running(self, now: datetime, since: datetime) -> tuple[Running, ...]:
        """Open stories whose last update is not older than ``since``, the liveliest first."""
        asked, found = self.once_online("running", now, lambda: (since, self._running(now, since)))
        if since < asked:  # the clock was set back
            found = self._running(now, since)
        return tuple(each for each in found if each.last.published.at >= since)

    def _running(self, now: datetime, since: datetime) -> tuple[Running, ...]:
        """The same, and perhaps some whose later updates are not yet online."""
        list_ = "m.term = 'story:' || s.path"
        end = f"SELECT m.number FROM membership m WHERE {list_} AND m.at <= :now"
        rows = self.rows(
            f"SELECT e.path, e.number, ({end} {direction(Order.NEWEST)} LIMIT 1) AS last,"
            f" ({end} {direction(Order.OLDEST)} LIMIT 1) AS first,"
            f" (SELECT total(m.entries) FROM tally m WHERE {list_} AND m.grain = 0)"
            f" - (SELECT count(*) FROM membership m WHERE {list_} AND m.at > :now) AS updates"
            " FROM story s JOIN entry e ON e.path = s.path AND e.status <> 'draft' AND e.at <= :now"
            " WHERE s.coverage = 'open' AND s.last >= :since ORDER BY s.last DESC LIMIT 20",
            {"now": microseconds(now), "since": microseconds(since)},
        )
        told = [row for row in rows if row["last"] is not None]
        numbers = [number for row in told for number in (row["number"], row["last"], row["first"])]
        entries = iter(self._by_number(numbers))
        found = [
            Running(story, last, int(row["updates"]), first)
            for row, story, last, first in zip(told, entries, entries, entries, strict=True)
        ]
        return tuple(sorted(found, key=lambda each: each.last.published.at, reverse=True))

    def corrections(self, now: datetime, limit: int, offset: int) -> tuple[tuple[Entry, int], ...]:
        """Corrected entries, without bodies, each with the place of the correction in its list;
        the newest correction first."""
        rows = self.rows(
            "SELECT e.metadata, e.digest, c.position FROM correction c JOIN entry e"
            " ON e.number = c.entry WHERE c.at <= :now"
            " ORDER BY c.at DESC, c.id LIMIT :limit OFFSET :offset",
            {"now": microseconds(now), "limit": limit, "offset": offset},
        )
        return tuple((entry_of(row), row["position"]) for row in rows)

    def correction_count(self, now: datetime) -> int:
        """How many corrections there are."""
        sql = "SELECT count(*) FROM correction WHERE at <= ?"
        return int(str(self.value(sql, (microseconds(now),))))

    # -- addresses --

    def alias(self, address: str, now: datetime) -> str | None:
        """The path of the entry that an old address led to, with ``.html`` or without.

        The address as asked comes before the shortened one, one that an author wrote before
        one that another generator would have made, the older entry before the younger.
        """
        exact = normal(address)
        shortened = exact.removesuffix(".html").removesuffix("/index")
        online = "e.status <> 'draft' AND e.at <= ?3"
        rows = self.rows(
            "SELECT e.path, a.address <> ?1 AS shortened, a.own, e.at, e.id FROM alias a"
            f" JOIN entry e ON e.number = a.number WHERE a.address IN (?1, ?2) AND {online}"
            " UNION ALL SELECT e.path, e.path <> ?1, 0, e.at, e.id FROM entry e"
            f" WHERE e.path IN (?1, ?2) AND {online}",
            (exact, shortened, microseconds(now)),
        )
        best = min(rows, key=lambda row: (row[1], -row[2], row[3], row[4]), default=None)
        return None if best is None else str(best["path"])

    def respelt(self, path: str, now: datetime) -> str | None:
        """The path that differs from this one in case and accents alone, if there is just one."""
        folded = fold(normal(path))
        rows = self.rows(
            "SELECT path FROM entry WHERE folded = ? AND status <> 'draft' AND at <= ? LIMIT 2",
            (folded, microseconds(now)),
        )
        found = str(rows[0]["path"]) if len(rows) == 1 else None
        if found and fold(found) != folded:
            name_damage(LookupError(f"{found} is not like {path}"))
        return found

    @at_once
    def alike(self, address: str, now: datetime) -> tuple[Entry, ...]:
        """Articles that an address nobody has may have meant: two at most in its folder, whose
        names are like its own; without bodies."""
        folder, _, name = normal(address).removeprefix("articles/").rpartition("/")
        rows = self.rows(
            "SELECT path, number FROM entry WHERE path >= ? AND path < ? AND story = ''"
            " AND status <> 'draft' AND at <= ? LIMIT 2000",
            (f"{folder}/", f"{folder}0", microseconds(now)),  # 0 is what follows / in ASCII
        )
        names = {row["path"].rpartition("/")[2]: row["number"] for row in rows}
        close = get_close_matches(name, names, n=2, cutoff=0.75)
        return self._by_number(names[each] for each in close)

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


_STEP = (
    "SELECT e.metadata, e.digest FROM membership m JOIN entry e ON e.number = m.number"
    " WHERE m.term = :term"
)
