"""Which lists an entry is in: its memberships, tallies, old addresses and corrections.

What many entries add to is summed up and written once, by ``finish``.
"""

import sqlite3
from collections import Counter
from datetime import datetime, tzinfo

import msgspec

from newsarchive.catalogue.changes import Placed
from newsarchive.catalogue.lists import Grain, name_words, spellings_of, terms_of
from newsarchive.catalogue.rows import day_of
from newsarchive.dates import microseconds, unparse
from newsarchive.entry import Entry, Status
from newsarchive.permalink import correction_ids, normal, old_addresses, words

#: rows of membership kept in memory before they are written
MEMBERS_HELD = 200_000

_DECODER = msgspec.json.Decoder(Entry)


class Memberships:
    """Writes the lists, within a transaction of the catalogue's writer.

    ``now`` is the time of this load in microseconds; None in a first load, in which everything
    is taken to have come on its own date.
    """

    def __init__(self, connection: sqlite3.Connection, zone: tzinfo, now: int | None) -> None:
        self._connection = connection
        self._zone = zone
        self._now = now
        self._tally: Counter[tuple[str, int, str]] = Counter()
        self._spelling: Counter[tuple[str, str]] = Counter()
        self._stories: set[str] = set()
        #: rows of membership not yet written
        self._members: list[tuple[str, int, str, int, int, int]] = []
        #: rows of correction not yet written
        self._corrections: list[tuple[str, int, int, int, int]] = []
        #: the lists were cleared: every entry joins them again
        self.anew = False

    def clear(self) -> None:
        """Begin the lists anew: another time zone has other days, and every file is read again."""
        for table in ("membership", "tally", "spelling", "name_word", "title", "story", "alias"):
            self._connection.execute(f"DELETE FROM {table}")
        self.anew = True

    def at(self, placed: Placed) -> int:
        """An entry's place in time; nothing lies before the calendar's first day."""
        first = microseconds(datetime(1, 1, 1, tzinfo=self._zone))
        return max(microseconds(placed.moment.at), first)

    # -- one entry --

    def join(self, number: int, placed: Placed) -> None:
        """Put an entry into its lists; a draft is in none."""
        entry, at = placed.entry, self.at(placed)
        self._stories.add(entry.story or entry.path)
        if entry.status is Status.DRAFT:
            self._correct(number, (), 0)
            return
        grain = Grain.of(placed.moment)
        arrived = self._arrival(entry.id, at)
        self._members += [
            (term, at, entry.id, number, int(grain), arrived) for term in terms_of(entry)
        ]
        if len(self._members) > MEMBERS_HELD:
            self._write_members()
        self._count(1, entry, at, grain)
        if not entry.untitled:
            self._connection.execute(
                "INSERT INTO title (rowid, words) VALUES (?, ?)",
                (number, " ".join(words(entry.title))),
            )
        self._connection.executemany(
            "INSERT OR IGNORE INTO alias VALUES (?, ?, ?)",
            [
                *((normal(address), True, number) for address in entry.aliases),
                *(
                    (address, False, number)
                    for address in old_addresses(entry.path, day_of(at, self._zone))
                ),
            ],
        )
        ids = correction_ids(entry.id, (unparse(c.date) for c in entry.corrections))
        dates = (microseconds(c.date.at) for c in entry.corrections)
        made = tuple((id_, max(at, when)) for id_, when in zip(ids, dates, strict=True))
        self._correct(number, made, arrived)

    def _arrival(self, id_: str, at: int) -> int:
        """When what stands at ``at`` came online, or will.

        An id is first met once, however often its file moves; an embargo that is shortened
        brings it forward.
        """
        first = at if self._now is None else max(at, self._now)
        self._connection.execute(
            "INSERT INTO seen VALUES (?, ?)"
            " ON CONFLICT (id) DO UPDATE SET at = min(at, excluded.at)",
            (id_, first),
        )
        (seen,) = self._connection.execute("SELECT at FROM seen WHERE id = ?", (id_,)).fetchone()
        return max(at, int(seen))

    def _correct(self, number: int, made: tuple[tuple[str, int], ...], arrived: int) -> None:
        """The corrections of an entry, by id; one that stays keeps its number."""
        marks = ",".join("?" * len(made))
        self._connection.execute(
            f"DELETE FROM correction WHERE entry = ? AND id NOT IN ({marks})",
            (number, *(id_ for id_, _ in made)),
        )
        for position, (id_, at) in enumerate(made):
            came = max(arrived, self._arrival(id_, at))
            self._corrections.append((id_, at, came, number, position))

    def leave(self, number: int) -> None:
        """Take an entry out of its lists; its corrections stay until it joins again, or is gone."""
        if self.anew:
            return  # the lists were cleared
        self._write_members()
        at, metadata = self._connection.execute(
            "SELECT at, metadata FROM entry WHERE number = ?", (number,)
        ).fetchone()
        entry = _DECODER.decode(metadata)
        self._stories.add(entry.story or entry.path)
        terms = tuple(terms_of(entry))
        if not terms:
            return
        (grain,) = self._connection.execute(
            "SELECT grain FROM membership WHERE term = '' AND at = ? AND id = ?", (at, entry.id)
        ).fetchone()
        self._connection.executemany(
            "DELETE FROM membership WHERE term = ? AND at = ? AND id = ?",
            [(term, at, entry.id) for term in terms],
        )
        self._count(-1, entry, at, grain)
        self._connection.execute("DELETE FROM title WHERE rowid = ?", (number,))
        self._connection.execute("DELETE FROM alias WHERE number = ?", (number,))

    def forget(self, number: int) -> None:
        """Take an entry that is gone out of its lists, and its corrections with it."""
        self.leave(number)
        self._connection.execute("DELETE FROM correction WHERE entry = ?", (number,))

    def _count(self, step: int, entry: Entry, at: int, grain: int) -> None:
        day = str(day_of(at, self._zone))
        periods = [(size, day[: (4, 7, 10)[size]]) for size in range(grain + 1)]
        for term in terms_of(entry):
            for size, period in periods:
                self._tally[term, size, period] += step
        for spelling in spellings_of(entry):
            self._spelling[spelling] += step

    # -- all of them --

    def finish(self) -> None:
        """Write what was summed up."""
        self._write_members()
        self._write_corrections()
        self._write_sums("tally", "term, grain, period", self._tally)
        self._write_sums("spelling", "term, name", self._spelling)
        self._write_name_words()
        for story in self._stories:
            self._write_story(story)

    def _write_members(self) -> None:
        """In the order of their index, which is many times faster than entry by entry."""
        self._members.sort(key=lambda row: (row[0], -row[1], row[2]))
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
        self, table: str, key: str, sums: Counter[tuple[str, int, str]] | Counter[tuple[str, str]]
    ) -> None:
        columns = key.split(", ")
        marks = ", ".join("?" for _ in columns)
        self._connection.executemany(
            f"INSERT INTO {table} ({key}, entries) VALUES ({marks}, ?)"
            f" ON CONFLICT ({key}) DO UPDATE SET entries = entries + excluded.entries",
            [(*values, number) for values, number in sums.items() if number],
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

    def _write_story(self, path: str) -> None:
        self._connection.execute("DELETE FROM story WHERE path = ?", (path,))
        self._connection.execute(
            "INSERT INTO story SELECT :path, json_extract(e.metadata, '$.coverage'), m.at"
            " FROM membership m JOIN entry e ON e.path = :path AND e.status = 'published'"
            " WHERE m.term = 'story:' || :path ORDER BY m.at DESC LIMIT 1",
            {"path": path},
        )
