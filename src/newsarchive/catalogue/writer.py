"""The one who writes the catalogue: takes what changed and commits it at once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from hashlib import blake2b
from pathlib import Path

import msgspec

from newsarchive.catalogue.changes import Changes, FileState, Outcome, Placed, ReadFile
from newsarchive.catalogue.lists import Grain, spellings_of, terms_of
from newsarchive.catalogue.rows import day_of
from newsarchive.catalogue.store import connect_to_write, errors_named
from newsarchive.catalogue.values import Asset
from newsarchive.dates import microseconds
from newsarchive.entry import Entry, Status
from newsarchive.permalink import fold, normal, old_addresses

#: rows of membership kept in memory before they are written
MEMBERS_HELD = 200_000

_DECODER = msgspec.json.Decoder(Entry)
_ENCODER = msgspec.json.Encoder(order="deterministic")


@dataclass(slots=True)
class _Counts:
    """Sums of what changed, written once at the end."""

    tally: Counter[tuple[str, int, str]] = field(default_factory=Counter)
    spelling: Counter[tuple[str, str]] = field(default_factory=Counter)
    stories: set[str] = field(default_factory=set)
    #: rows of membership not yet written
    members: list[tuple[str, int, str, int, int]] = field(default_factory=list)
    #: the lists were cleared: every entry joins them again
    anew: bool = False
    added: int = 0
    changed: int = 0
    removed: int = 0


class CatalogueWriter:
    """Writes one catalogue; whoever holds one must hold the writer's lock.

    Raises:
        CatalogueError: from any method: the catalogue cannot be read or written.
    """

    def __init__(self, path: Path, zone: tzinfo) -> None:
        self.path = path
        self.zone = zone
        with errors_named(path):
            self._connection = connect_to_write(path)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def files(self) -> dict[str, FileState]:
        """Every file the catalogue knows, by path."""
        with errors_named(self.path):
            rows = self._connection.execute(
                "SELECT path, size, mtime, inode, digest, story, has_updates, leads, again"
                " FROM file"
            )
            return {r[0]: FileState(*r[:6], *map(bool, r[6:])) for r in rows}

    def assets(self) -> dict[str, Asset]:
        """Every file beside the articles, by path."""
        with errors_named(self.path):
            rows = self._connection.execute("SELECT path, size, mtime FROM asset")
            return {row["path"]: Asset(*row) for row in rows}

    def claims(self) -> Iterator[tuple[str, str, str]]:
        """The id, path and file of every entry."""
        with errors_named(self.path):
            rows = self._connection.execute("SELECT id, path, file FROM entry")
            yield from ((row["id"], row["path"], row["file"]) for row in rows)

    def held(self, file: str) -> tuple[Entry, ...]:
        """The entries of a file as it last said them: its last good version."""
        with errors_named(self.path):
            rows = self._connection.execute(
                "SELECT coalesce(own, metadata) AS said, body FROM entry WHERE file = ?"
                " ORDER BY story <> '', number",
                (file,),
            )
            return tuple(replace(_DECODER.decode(row["said"]), body=row["body"]) for row in rows)

    def settings(self) -> str:
        """What parsing depended on besides the files, at the last load."""
        with errors_named(self.path):
            row = self._connection.execute(
                "SELECT value FROM meta WHERE name = 'settings'"
            ).fetchone()
            return str(row[0]) if row else ""

    def stories(self) -> dict[str, Entry]:
        """The article of every folder that is one, without its body, by its index file."""
        with errors_named(self.path):
            rows = self._connection.execute(
                "SELECT e.file, e.metadata FROM file f JOIN entry e ON e.file = f.path"
                " WHERE f.leads = 1 AND e.story = ''"
            )
            return {row["file"]: _DECODER.decode(row["metadata"]) for row in rows}

    def apply(self, changes: Changes, now: datetime) -> Outcome:
        """Write all changes in one transaction; the generation grows if there were any."""
        with self._transaction():
            return self._apply(changes, microseconds(now))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with errors_named(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self._connection.in_transaction:  # a full disk has rolled back already
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def _apply(self, changes: Changes, now: int) -> Outcome:
        counts = _Counts()
        first = not self._meta("generation")
        if self._meta("settings") != changes.settings:
            self._clear_lists()
            counts.anew = True
        self._forget_files(changes)
        kept = {p.entry.id for each in changes.files for p in each.entries}
        for file in [*changes.removed, *(f.state.path for f in changes.files)]:
            self._drop_entries(file, kept, counts)
        self._free_paths(changes)
        for each in changes.files:
            self._write_file(each)
            for placed in each.entries:
                self._write_entry(placed, counts, None if first else now)
        self._write_assets(changes)
        self._connection.executemany(
            "UPDATE file SET size = ?, mtime = ?, inode = ? WHERE path = ?",
            [(f.size, f.mtime, f.inode, f.path) for f in changes.touched],
        )
        self._write_counts(counts)
        self._set_meta("settings", changes.settings)
        changed = bool(
            counts.added or counts.changed or counts.removed
            or changes.assets or changes.removed_assets
        )  # fmt: skip
        generation = int(self._meta("generation") or 0) + (changed or first)
        self._set_meta("generation", str(generation))
        return Outcome(counts.added, counts.changed, counts.removed, generation)

    def _clear_lists(self) -> None:
        """Begin the lists anew: another time zone has other days, and every file is read again."""
        for table in ("membership", "tally", "spelling", "story", "alias", "correction"):
            self._connection.execute(f"DELETE FROM {table}")

    def _meta(self, name: str) -> str:
        row = self._connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def _set_meta(self, name: str, value: str) -> None:
        self._connection.execute("REPLACE INTO meta VALUES (?, ?)", (name, value))

    def _forget_files(self, changes: Changes) -> None:
        gone = [(path,) for path in (*changes.removed, *(f.state.path for f in changes.files))]
        for table in ("problem", "unknown_key"):
            self._connection.executemany(f"DELETE FROM {table} WHERE file = ?", gone)
        self._connection.executemany("DELETE FROM file WHERE path = ?", gone)

    def _write_file(self, each: ReadFile) -> None:
        state = each.state
        self._connection.execute(
            "INSERT INTO file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (state.path, state.size, state.mtime, state.inode, state.digest, state.story,
             state.has_updates, state.leads, state.again),
        )  # fmt: skip
        self._connection.executemany(
            "INSERT INTO problem VALUES (?, ?, ?, ?, ?)",
            [(p.path, p.line, p.message, p.remedy, p.severity) for p in each.problems],
        )
        self._connection.executemany(
            "INSERT INTO unknown_key VALUES (?, ?, ?)",
            [(name, state.path, line) for name, line in each.unknown],
        )

    def _write_assets(self, changes: Changes) -> None:
        self._connection.executemany(
            "DELETE FROM asset WHERE path = ?", [(path,) for path in changes.removed_assets]
        )
        self._connection.executemany(
            "REPLACE INTO asset VALUES (?, ?, ?, ?)",
            [(normal(a.path), a.path, a.size, a.mtime) for a in changes.assets],
        )

    def _drop_entries(self, file: str, kept: set[str], counts: _Counts) -> None:
        """Remove the file's entries, but for those that are written again in this load."""
        rows = self._connection.execute(
            "SELECT number, id, path, status, story FROM entry WHERE file = ?", (file,)
        ).fetchall()
        for row in rows:
            if row["id"] in kept:
                continue
            self._leave_lists(row["number"], counts)
            self._connection.execute("DELETE FROM entry WHERE number = ?", (row["number"],))
            counts.removed += 1
            counts.stories.add(row["story"] or row["path"])
            if row["status"] != Status.DRAFT:
                self._log(row["id"], row["path"], deleted=True, digest="")

    def _free_paths(self, changes: Changes) -> None:
        """Let entries change places: one that moves gives up its path before any takes it."""
        self._connection.executemany(
            "UPDATE entry SET path = char(0) || id WHERE id = ? AND path <> ?",
            [(p.entry.id, p.entry.path) for each in changes.files for p in each.entries],
        )

    def _write_entry(self, placed: Placed, counts: _Counts, now: int | None) -> None:
        entry, at = placed.entry, self._at(placed)
        metadata = _ENCODER.encode(replace(entry, body="", digest=""))
        digest = blake2b(
            b"%d\n%s\n%s" % (at, metadata, entry.body.encode()), digest_size=16
        ).hexdigest()
        was = self._connection.execute(
            "SELECT number, digest, status, path, story FROM entry WHERE id = ?", (entry.id,)
        ).fetchone()
        own = _ENCODER.encode(replace(placed.own, body="", digest="")) if placed.own else None
        if was and was["digest"] == digest and not counts.anew:
            self._connection.execute(
                "UPDATE entry SET own = ?, file = ? WHERE id = ?", (own, entry.file, entry.id)
            )
            return
        if was:
            self._leave_lists(was["number"], counts)
            counts.stories.add(was["story"] or was["path"])
            counts.changed += 1
        else:
            counts.added += 1
        number = self._put(was["number"] if was else None, entry, at, digest, (metadata, own))
        counts.stories.add(entry.story or entry.path)
        self._join_lists(number, placed, counts)
        if entry.status is not Status.DRAFT:
            self._log(entry.id, entry.path, deleted=False, digest=digest)
            self._connection.execute(
                "INSERT OR IGNORE INTO seen VALUES (?, ?)", (entry.id, at if now is None else now)
            )
        elif was and was["status"] != Status.DRAFT:
            self._log(entry.id, entry.path, deleted=True, digest="")

    def _put(
        self,
        number: int | None,
        entry: Entry,
        at: int,
        digest: str,
        said: tuple[bytes, bytes | None],
    ) -> int:
        cursor = self._connection.execute(
            "REPLACE INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (number, entry.id, entry.path, fold(entry.path), entry.file, entry.story,
             entry.status, at, digest, *said, entry.body),
        )  # fmt: skip
        return int(cursor.lastrowid or 0)

    def _log(self, id_: str, path: str, *, deleted: bool, digest: str) -> None:
        self._connection.execute(
            "REPLACE INTO change (id, path, deleted, digest) VALUES (?, ?, ?, ?)",
            (id_, path, deleted, digest),
        )

    def _join_lists(self, number: int, placed: Placed, counts: _Counts) -> None:
        entry, at = placed.entry, self._at(placed)
        terms = tuple(terms_of(entry))
        grain = Grain.of(placed.moment)
        counts.members += [(term, at, entry.id, number, int(grain)) for term in terms]
        if len(counts.members) > MEMBERS_HELD:
            self._write_members(counts)
        if not terms:
            return
        self._count(counts, 1, entry, at, grain)
        self._connection.executemany(
            "INSERT OR IGNORE INTO alias VALUES (?, ?, ?)",
            [
                *((normal(address), True, number) for address in entry.aliases),
                *(
                    (address, False, number)
                    for address in old_addresses(entry.path, day_of(at, self.zone))
                ),
            ],
        )
        self._connection.executemany(
            "INSERT INTO correction VALUES (?, ?, ?)",
            [(microseconds(c.date.at), number, n) for n, c in enumerate(entry.corrections)],
        )

    def _at(self, placed: Placed) -> int:
        """Its place in time; nothing lies before the calendar's first day."""
        first = microseconds(datetime(1, 1, 1, tzinfo=self.zone))
        return max(microseconds(placed.moment.at), first)

    def _write_members(self, counts: _Counts) -> None:
        """In the order of their index, which is many times faster than entry by entry."""
        counts.members.sort(key=lambda row: (row[0], -row[1], row[2]))
        self._connection.executemany(
            "INSERT INTO membership VALUES (?, ?, ?, ?, ?)", counts.members
        )
        counts.members.clear()

    def _leave_lists(self, number: int, counts: _Counts) -> None:
        if counts.anew:
            return  # the lists were cleared
        self._write_members(counts)
        at, metadata = self._connection.execute(
            "SELECT at, metadata FROM entry WHERE number = ?", (number,)
        ).fetchone()
        entry = msgspec.json.decode(metadata, type=Entry)
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
        self._count(counts, -1, entry, at, grain)
        for table in ("alias", "correction"):
            self._connection.execute(f"DELETE FROM {table} WHERE number = ?", (number,))

    def _count(self, counts: _Counts, step: int, entry: Entry, at: int, grain: int) -> None:
        day, terms = str(day_of(at, self.zone)), terms_of(entry)
        periods = [(size, day[: (4, 7, 10)[size]]) for size in range(grain + 1)]
        for term in terms:
            if not term.startswith("word:"):
                for size, period in periods:
                    counts.tally[term, size, period] += step
        for spelling in spellings_of(entry):
            counts.spelling[spelling] += step

    def _write_counts(self, counts: _Counts) -> None:
        self._write_members(counts)
        self._connection.executemany(
            "INSERT INTO tally VALUES (?, ?, ?, ?)"
            " ON CONFLICT (term, grain, period) DO UPDATE SET entries = entries + excluded.entries",
            [(*key, number) for key, number in counts.tally.items() if number],
        )
        self._connection.executemany(
            "INSERT INTO spelling VALUES (?, ?, ?)"
            " ON CONFLICT (term, name) DO UPDATE SET entries = entries + excluded.entries",
            [(*key, number) for key, number in counts.spelling.items() if number],
        )
        self._connection.executemany(
            "DELETE FROM tally WHERE term = ? AND grain = ? AND period = ? AND entries = 0",
            [key for key, number in counts.tally.items() if number < 0],
        )
        self._connection.executemany(
            "DELETE FROM spelling WHERE term = ? AND name = ? AND entries = 0",
            [key for key, number in counts.spelling.items() if number < 0],
        )
        for story in counts.stories:
            self._write_story(story)

    def _write_story(self, path: str) -> None:
        self._connection.execute("DELETE FROM story WHERE path = ?", (path,))
        self._connection.execute(
            "INSERT INTO story SELECT :path, json_extract(e.metadata, '$.coverage'), m.at"
            " FROM membership m JOIN entry e ON e.path = :path AND e.status = 'published'"
            " WHERE m.term = 'story:' || :path ORDER BY m.at DESC LIMIT 1",
            {"path": path},
        )
