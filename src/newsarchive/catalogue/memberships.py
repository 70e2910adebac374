"""Which lists an entry is in: its memberships, tallies, old addresses and corrections.

What many entries add to is summed up and written once, by ``finish``.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from operator import itemgetter
from typing import TypeAlias, TypeVar

from msgspec import json

from newsarchive.catalogue.changes import Placed
from newsarchive.catalogue.lists import EVERYTHING, Grain, Spelling, lists_of, name_words
from newsarchive.catalogue.rows import day_of, said
from newsarchive.catalogue.store import damage
from newsarchive.dates import microseconds, unparse
from newsarchive.entry import Entry, Status
from newsarchive.permalink import correction_ids, normal, old_addresses, words

#: rows of membership kept in memory before they are written
MEMBERS_HELD = 200_000

#: an entry by its number, with its place in time in microseconds
Numbered = tuple[int, int, Placed]

T = TypeVar("T")
#: numbers of entries; ``Counter`` takes three times as long for one more
_Sums: TypeAlias = defaultdict[T, int]

_DECODER = json.Decoder(Entry)


def _sums() -> _Sums[str]:
    return defaultdict(int)


class Memberships:
    """Writes the lists, within a transaction of the catalogue's writer.

    ``now`` is the time of this load in microseconds; None in a first load, in which everything
    is taken to have come on its own date.
    """

    def __init__(self, connection: sqlite3.Connection, zone: tzinfo, now: int | None) -> None:
        self._connection = connection
        self._zone = zone
        self._now = now
        #: entries by month and what is known of it, and then by term: of the many terms of an
        #: entry only the term itself is looked up
        self._months: defaultdict[tuple[str, int], _Sums[str]] = defaultdict(_sums)
        #: all entries, by the days that are known
        self._days: _Sums[str] = defaultdict(int)
        self._spelling: _Sums[tuple[str, str]] = defaultdict(int)
        self._stories: set[str] = set()
        #: rows of membership not yet written
        self._members: list[tuple[str, int, str, int, int, int]] = []
        #: rows of alias not yet written
        self._aliases: list[tuple[str, bool, int]] = []
        #: rows of correction not yet written
        self._corrections: list[tuple[str, int, int, int, int]] = []
        #: when ids were first met, microseconds
        self._seen: dict[str, int] = {}
        self._first = microseconds(datetime(1, 1, 1, tzinfo=zone))
        #: the lists were cleared: every entry joins them again
        self.anew = False

    def clear(self) -> None:
        """Begin the lists anew: another time zone has other days, and every file is read again."""
        for table in ("membership", "tally", "spelling", "name_word", "title", "story", "alias"):
            self._connection.execute(f"DELETE FROM {table}")
        self.anew = True

    def at(self, placed: Placed) -> int:
        """An entry's place in time; nothing lies before the calendar's first day."""
        return max(microseconds(placed.moment.at), self._first)

    # -- entries --

    def join(self, entries: Sequence[Numbered]) -> None:
        """Put entries into their lists; a draft is in none."""
        made = {number: _corrections(placed.entry, at) for number, at, placed in entries}
        ids = [placed.entry.id for _, _, placed in entries]
        self._recall([*ids, *(id_ for some in made.values() for id_, _ in some)])
        for number, at, placed in entries:
            entry = placed.entry
            self._stories.add(entry.story or entry.path)
            if entry.status is not Status.DRAFT:
                arrived = self._list(number, at, placed)
                for place, (id_, when) in enumerate(made[number]):
                    came = max(arrived, self._arrival(id_, when))
                    self._corrections.append((id_, when, came, number, place))
        self._write_titles(entries)
        self._write_aliases()
        # of those that are there still; one that stays keeps its number
        if self._now is not None:
            self._connection.executemany(
                "DELETE FROM correction WHERE entry = ?"
                " AND id NOT IN (SELECT value FROM json_each(?))",
                [
                    (number, json.encode([id_ for id_, _ in made[number]]).decode())
                    for number in made
                ],
            )
        self._write_seen()
        if len(self._members) > MEMBERS_HELD:
            self._write_members()

    def _list(self, number: int, at: int, placed: Placed) -> int:
        """Put an entry into the lists of its terms; when it came online, or will."""
        entry, grain, day = placed.entry, int(Grain.of(placed.moment)), day_of(at, self._zone)
        arrived, (terms, spellings) = self._arrival(entry.id, at), lists_of(entry)
        self._members += [(term, at, entry.id, number, grain, arrived) for term in terms]
        self._count(1, terms, spellings, str(day), grain)
        self._aliases += [(normal(address), True, number) for address in entry.aliases]
        self._aliases += [
            (address, False, number)
            for address in old_addresses(entry.path, day)
            if address != entry.path
        ]
        return arrived

    def _write_titles(self, entries: Sequence[Numbered]) -> None:
        self._connection.executemany(
            "INSERT INTO title (rowid, words) VALUES (?, ?)",
            [
                (number, " ".join(words(placed.entry.title)))
                for number, _, placed in entries
                if not placed.entry.untitled and placed.entry.status is not Status.DRAFT
            ],
        )

    def _write_aliases(self) -> None:
        self._connection.executemany("INSERT OR IGNORE INTO alias VALUES (?, ?, ?)", self._aliases)
        self._aliases.clear()

    def _recall(self, ids: Sequence[str]) -> None:
        """What is known of when these ids were first met."""
        self._seen = {}
        if self._now is not None:
            rows = self._connection.execute(
                "SELECT id, at FROM seen WHERE id IN (SELECT value FROM json_each(?))",
                (json.encode(ids).decode(),),
            )
            self._seen.update(rows.fetchall())

    def _arrival(self, id_: str, at: int) -> int:
        """When what stands at ``at`` came online, or will.

        An id is first met once, however often its file moves; an embargo that is shortened
        brings it forward.
        """
        first = at if self._now is None else max(at, self._now)
        self._seen[id_] = seen = min(first, self._seen.get(id_, first))
        return max(at, seen)

    def _write_seen(self) -> None:
        self._connection.executemany(
            "INSERT INTO seen VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at",
            self._seen.items(),
        )

    def leave(self, number: int) -> None:
        """Take an entry out of its lists; its corrections stay until it joins again, or is gone."""
        if self.anew:
            return  # the lists were cleared
        at, metadata = self._connection.execute(
            "SELECT at, metadata FROM entry WHERE number = ?", (number,)
        ).fetchone()
        entry = _DECODER.decode(metadata)
        self._stories.add(entry.story or entry.path)
        terms, spellings = lists_of(entry)
        if not terms:
            return
        row = self._connection.execute(
            "SELECT grain FROM membership WHERE term = '' AND at = ? AND id = ?", (at, entry.id)
        ).fetchone()
        if row is None:
            raise damage(f"{entry.id} is in no list")
        self._connection.executemany(
            "DELETE FROM membership WHERE term = ? AND at = ? AND id = ?",
            [(term, at, entry.id) for term in terms],
        )
        self._count(-1, terms, spellings, str(day_of(at, self._zone)), row["grain"])
        self._connection.execute("DELETE FROM title WHERE rowid = ?", (number,))
        self._connection.execute("DELETE FROM alias WHERE number = ?", (number,))

    def forget(self, number: int) -> None:
        """Take an entry that is gone out of its lists, and its corrections with it."""
        self.leave(number)
        self._connection.execute("DELETE FROM correction WHERE entry = ?", (number,))

    def _count(
        self, step: int, terms: Iterable[str], spellings: Iterable[Spelling], day: str, grain: int
    ) -> None:
        if grain == Grain.DAY:
            self._days[day] += step
        sums = self._months[day[:7], min(grain, Grain.MONTH)]
        for term in terms:
            sums[term] += step
        for spelling in spellings:
            self._spelling[spelling] += step

    # -- all of them --

    def finish(self) -> None:
        """Write what was summed up."""
        self._write_members()
        self._write_corrections()
        self._write_sums("tally", "term, grain, period", self._tally())
        self._write_sums("spelling", "term, name", self._spelling)
        self._write_name_words()
        self._write_stories()

    def _tally(self) -> _Sums[tuple[str, int, str]]:
        """Entries of each term in years and months; and all of them in days."""
        tally: _Sums[tuple[str, int, str]] = defaultdict(int)
        for (month, grain), sums in self._months.items():
            for term, number in sums.items():
                tally[term, 0, month[:4]] += number
                if grain:
                    tally[term, 1, month] += number
        for day, number in self._days.items():
            tally[EVERYTHING, 2, day] += number
        return tally

    def _write_members(self) -> None:
        """In the order of their index, which is many times faster than entry by entry."""
        # within a list it is that in which they came, reversed (``writer``)
        self._members.reverse()
        self._members.sort(key=itemgetter(0))
        self._connection.executemany(
            "INSERT INTO membership VALUES (?, ?, ?, ?, ?, ?)", self._members
        )
        self._members.clear()

    def _write_corrections(self) -> None:
        """The oldest first, as they are numbered in that order."""
        self._corrections.sort(key=lambda row: (row[1], row[0]))
        self._connection.executemany(
            "INSERT INTO correction (id, at, arrived, entry, position) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET at = excluded.at, arrived = excluded.arrived,"
            " entry = excluded.entry, position = excluded.position",
            self._corrections,
        )
        self._corrections.clear()

    def _write_sums(
        self, table: str, key: str, sums: _Sums[tuple[str, int, str]] | _Sums[tuple[str, str]]
    ) -> None:
        columns = key.split(", ")
        marks = ", ".join("?" for _ in columns)
        # those of a term side by side, which SQLite takes best
        rows = sorted(sums.items(), key=lambda each: each[0][0])
        self._connection.executemany(
            f"INSERT INTO {table} ({key}, entries) VALUES ({marks}, ?)"
            f" ON CONFLICT ({key}) DO UPDATE SET entries = entries + excluded.entries",
            [(*values, number) for values, number in rows if number],
        )
        matches = " AND ".join(f"{column} = ?" for column in columns)
        self._connection.executemany(
            f"DELETE FROM {table} WHERE {matches} AND entries = 0",
            [values for values, number in sums.items() if number < 0],
        )

    def _write_name_words(self) -> None:
        """Those of the names that came or went."""
        terms = {term.partition(":") for (term, _), number in self._spelling.items() if number}
        rows = [(kind, word, slug) for kind, _, slug in terms for word in name_words(slug)]
        exists = "EXISTS (SELECT 1 FROM spelling WHERE term = ?1 || ':' || ?3)"
        self._connection.executemany(
            f"DELETE FROM name_word WHERE kind = ?1 AND word = ?2 AND slug = ?3 AND NOT {exists}",
            rows,
        )
        self._connection.executemany(
            f"INSERT OR IGNORE INTO name_word SELECT ?1, ?2, ?3 WHERE {exists}", rows
        )

    def _write_stories(self) -> None:
        paths = json.encode(sorted(self._stories)).decode()
        self._connection.execute(
            "DELETE FROM story WHERE path IN (SELECT value FROM json_each(?))", (paths,)
        )
        self._connection.execute(
            f"INSERT INTO story SELECT e.path, {said('coverage', 'e.metadata')}, max(m.at)"
            " FROM json_each(?) j CROSS JOIN entry e ON e.path = j.value"
            " AND e.status = 'published' CROSS JOIN membership m ON m.term = 'story:' || e.path"
            " GROUP BY e.number",
            (paths,),
        )


def _corrections(entry: Entry, at: int) -> tuple[tuple[str, int], ...]:
    """The ids of an entry's corrections, and their times, never before its own; a draft's are
    nobody's."""
    if not entry.corrections or entry.status is Status.DRAFT:
        return ()
    ids = correction_ids(entry.id, (unparse(each.date) for each in entry.corrections))
    dates = (microseconds(each.date.at) for each in entry.corrections)
    return tuple((id_, max(at, when)) for id_, when in zip(ids, dates, strict=True))
