"""The one who writes the catalogue: takes what changed and commits it at once."""

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext, suppress
from datetime import datetime, tzinfo
from itertools import chain, count
from pathlib import Path

from msgspec import json, structs

from newsarchive import listed
from newsarchive.catalogue.announcing import committing, tell
from newsarchive.catalogue.changes import Changes, FileState, Outcome, Placed, ReadFile
from newsarchive.catalogue.memberships import Memberships
from newsarchive.catalogue.rows import digest_of, require_readable, said
from newsarchive.catalogue.store import (
    connect_to_read,
    connect_to_write,
    errors_named,
    require_sound,
)
from newsarchive.catalogue.tale import Tale
from newsarchive.catalogue.values import Asset
from newsarchive.dates import microseconds
from newsarchive.entry import Entry, Status
from newsarchive.permalink import fold, folder_of, normal

_DECODER = json.Decoder(Entry)
_ENCODER = json.Encoder(order="deterministic")
#: entries that are written at once
AT_ONCE = 2_000
#: bytes of SQLite's log, of which every reader keeps an index
LONGEST_LOG = 4_000_000


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
            self._inode = path.stat().st_ino
            tell(path, self._generation())

    def is_in_place(self) -> bool:
        """Whether its file is still the one at its path."""
        try:
            return self.path.stat().st_ino == self._inode
        except FileNotFoundError:
            return False

    def check(self) -> None:
        """Look through all of it; raises what damage raises."""
        # as others see it: this connection may hold what the file held before
        with errors_named(self.path), closing(connect_to_read(self.path)) as connection:
            require_sound(connection)
            require_readable(connection)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def files(self, folders: Collection[str] | None = None) -> dict[str, FileState]:
        """Every file the catalogue knows, by path; or those in some folders."""
        with errors_named(self.path):
            rows = self._in_folders(
                "SELECT path, size, mtime, inode, digest, story, has_updates, leads, again"
                " FROM file WHERE ", folders,
            )  # fmt: skip
            return {r[0]: FileState(*r[:6], *map(bool, r[6:])) for r in rows}

    def assets(self, folders: Collection[str] | None = None) -> dict[str, Asset]:
        """Every file beside the articles, by path; or those in some folders."""
        with errors_named(self.path):
            rows = self._in_folders("SELECT path, size, mtime FROM asset WHERE ", folders)
            return {row["path"]: Asset(*row) for row in rows}

    def waiting(self) -> set[str]:
        """The folders of files that are to be read again, changed or not."""
        with errors_named(self.path):
            rows = self._connection.execute("SELECT DISTINCT folder FROM file WHERE again = 1")
            return {row["folder"] for row in rows}

    def _in_folders(self, select: str, folders: Collection[str] | None) -> Iterator[sqlite3.Row]:
        """The rows of files that lie in some folders, not below them; all if they are None."""
        if folders is None:
            yield from self._connection.execute(select + "true")
            return
        for folder in folders:
            yield from self._connection.execute(f"{select} folder = ?", (folder,))

    def claims(self, values: Collection[str] | None = None) -> Iterator[tuple[str, str, str]]:
        """The id, path and file of every entry; or of those that have one of some ids or paths."""
        sql = "SELECT id, path, file FROM entry"
        if values is not None:
            sql += (
                " WHERE id IN (SELECT value FROM json_each(:values))"
                " OR path IN (SELECT value FROM json_each(:values))"
            )
        with errors_named(self.path):
            told = {"values": json.encode(list(values or ())).decode()}
            for row in self._connection.execute(sql, told):
                yield row["id"], row["path"], row["file"]

    def held(self, file: str) -> tuple[Entry, ...]:
        """The entries of a file as it last said them: its last good version."""
        with errors_named(self.path):
            rows = self._connection.execute(
                "SELECT coalesce(own, metadata) AS said, body FROM entry WHERE file = ?"
                " ORDER BY story <> '', number",
                (file,),
            )
            return tuple(
                structs.replace(_DECODER.decode(row["said"]), body=row["body"]) for row in rows
            )

    def settings(self) -> str:
        """What parsing depended on besides the files, at the last load."""
        with errors_named(self.path):
            row = self._connection.execute(
                "SELECT value FROM meta WHERE name = 'settings'"
            ).fetchone()
            return str(row[0]) if row else ""

    def distrust(self) -> None:
        """Let the next load read every file, and make every list, anew."""
        with self._transaction():
            self._set_meta("settings", "")

    def stories(self, folders: Collection[str] | None = None) -> dict[str, Entry]:
        """The article of every folder that is one, without its body, by its index file; or of
        some folders."""
        with errors_named(self.path):
            rows = self._in_folders(
                "SELECT e.file, e.metadata FROM file f JOIN entry e ON e.file = f.path"
                " WHERE f.leads = 1 AND e.story = '' AND ", folders,
            )  # fmt: skip
            return {row["file"]: _DECODER.decode(row["metadata"]) for row in rows}

    def apply(self, changes: Changes, now: datetime) -> Outcome:
        """Write all changes in one transaction; the generation grows if there were any."""
        with self._transaction():
            outcome = self._apply(changes, microseconds(now))
        self._shorten_log()
        return outcome

    def _shorten_log(self) -> None:
        """Copy SQLite's log into the file where it has grown. Not within the commit, as SQLite
        does it unasked: what was written can be read meanwhile."""
        with suppress(sqlite3.OperationalError, FileNotFoundError):  # it can wait for the next
            if self.path.with_name(f"{self.path.name}-wal").stat().st_size > LONGEST_LOG:
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with errors_named(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            before = self._generation()
            try:
                yield
            except BaseException:
                if self._connection.in_transaction:  # a full disk has rolled back already
                    self._connection.execute("ROLLBACK")
                raise
            after = self._generation()
            with committing(self.path, after) if after != before else nullcontext():
                self._connection.execute("COMMIT")

    def _apply(self, changes: Changes, now: int) -> Outcome:
        first = not self._meta("generation")
        if first:
            self._set_meta("made", str(now))
        tale = Tale(Memberships(self._connection, self.zone, None if first else now), now, first)
        if self._meta("settings") != changes.settings:
            tale.lists.clear()
        if not first:
            self._forget_files(changes)
            self._drop_entries(changes, tale)
            self._free_paths(changes)
        indexes = self._drop_indexes() if first else {}
        self._write_files(changes.files)
        placed = _in_order(changes, tale.lists)
        for start in range(0, len(placed), AT_ONCE):
            self._write_entries(placed[start : start + AT_ONCE], tale)
        self._make_indexes(indexes.pop("entry", ()))  # in which the lists are to look
        tale.lists.finish()
        self._make_indexes(chain.from_iterable(indexes.values()))
        self._write_assets(changes)
        self._connection.executemany(
            "UPDATE file SET size = ?, mtime = ?, inode = ? WHERE path = ?",
            [(f.size, f.mtime, f.inode, f.path) for f in changes.touched],
        )
        for path in sorted(tale.left):
            self._log_story(path, tale)
        self._write_log(tale)
        self._set_meta("settings", changes.settings)
        changed = bool(
            tale.added or tale.changed or tale.removed
            or changes.assets or changes.removed_assets
        )  # fmt: skip
        generation = self._generation() + (changed or first)
        self._set_meta("generation", str(generation))
        return Outcome(tale.added, tale.changed, tale.removed, generation)

    def _drop_indexes(self) -> dict[str, list[str]]:
        """Take away what is made faster afterwards than kept meanwhile; how to make it, by
        table."""
        dropped = defaultdict(list)
        for name, table, sql in self._connection.execute(
            "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        ).fetchall():
            self._connection.execute(f"DROP INDEX {name}")
            dropped[table].append(sql)
        return dropped

    def _make_indexes(self, wanted: Iterable[str]) -> None:
        for sql in wanted:
            self._connection.execute(sql)

    def _generation(self) -> int:
        return int(self._meta("generation") or 0)

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

    def _write_files(self, files: Sequence[ReadFile]) -> None:
        states = [each.state for each in files]
        self._connection.executemany(
            "INSERT INTO file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (state.path, folder_of(state.path), state.size, state.mtime, state.inode,
                 state.digest, state.story, state.has_updates, state.leads, state.again)
                for state in states
            ],
        )  # fmt: skip
        self._connection.executemany(
            "INSERT INTO problem VALUES (?, ?, ?, ?, ?)",
            [
                (p.path, p.line, p.message, p.remedy, p.severity)
                for each in files
                for p in each.problems
            ],
        )
        self._connection.executemany(
            "INSERT INTO unknown_key VALUES (?, ?, ?)",
            [(name, each.state.path, line) for each in files for name, line in each.unknown],
        )

    def _write_assets(self, changes: Changes) -> None:
        self._connection.executemany(
            "DELETE FROM asset WHERE folder = ? AND path = ?",
            [(folder_of(path), path) for path in changes.removed_assets],
        )
        self._connection.executemany(
            "REPLACE INTO asset VALUES (?, ?, ?, ?, ?)",
            [(normal(a.path), a.path, folder_of(a.path), a.size, a.mtime) for a in changes.assets],
        )

    def _drop_entries(self, changes: Changes, tale: Tale) -> None:
        """Remove the entries of files that were read or are gone, but for those that are written
        again in this load."""
        kept = {p.entry.id for each in changes.files for p in each.entries}
        files = [*changes.removed, *(each.state.path for each in changes.files)]
        for was in self._rows("file", files):
            if was["id"] in kept:
                continue
            tale.lists.forget(was["number"])
            self._connection.execute("DELETE FROM entry WHERE number = ?", (was["number"],))
            tale.removed += 1
            if was["status"] != Status.DRAFT:
                tale.log(was["id"], "", "", was)

    def _free_paths(self, changes: Changes) -> None:
        """Let entries change places: one that moves gives up its path before any takes it."""
        self._connection.executemany(
            "UPDATE entry SET path = char(0) || id WHERE id = ? AND path <> ?",
            [(p.entry.id, p.entry.path) for each in changes.files for p in each.entries],
        )

    def _write_entries(self, batch: Sequence[tuple[int, Placed]], tale: Tale) -> None:
        """Entries, with their places in time, that are new or may have changed; not more than
        memory should hold at once."""
        ids = [] if tale.is_first else [each.entry.id for _, each in batch]
        held = {was["id"]: was for was in self._rows("id", ids)}
        (number,) = self._connection.execute("SELECT max(number) FROM entry").fetchone()
        numbers = count((number or 0) + 1)
        same, rows, joined = [], [], []
        for at, placed in batch:
            entry, was = placed.entry, held.get(placed.entry.id)
            metadata, own = _encoded(entry), placed.own and _encoded(placed.own)
            digest = digest_of(at, metadata, entry.body)
            if was and was["digest"] == digest and not tale.lists.anew:
                same.append((own, entry.file, entry.id))
                continue
            number = was["number"] if was else next(numbers)
            rows.append(
                (number, entry.id, entry.path, fold(entry.path), entry.file, entry.story,
                 entry.status, at, digest, metadata, own, listed.stored(metadata, digest),
                 entry.body)
            )  # fmt: skip
            joined.append((number, at, placed))
            if was:
                tale.lists.leave(number)
            tale.note(entry, at, digest, was)
        marks = ", ".join("?" * 13)
        self._connection.executemany("UPDATE entry SET own = ?, file = ? WHERE id = ?", same)
        self._connection.executemany(f"REPLACE INTO entry VALUES ({marks})", rows)
        tale.lists.join(joined)

    def _rows(self, column: str, values: Sequence[str]) -> Iterator[sqlite3.Row]:
        """What is held of the entries with these ids, or of these files."""
        for start in range(0, len(values), AT_ONCE):
            yield from self._connection.execute(
                f"SELECT number, id, {said('path')} AS path, digest, status, at FROM entry"
                f" WHERE {column} IN (SELECT value FROM json_each(?))",
                (json.encode(values[start : start + AT_ONCE]).decode(),),
            ).fetchall()

    def _log_story(self, path: str, tale: Tale) -> None:
        """Note that a story has other updates: it is found by their titles."""
        row = self._connection.execute(
            "SELECT id, path, digest, status, at FROM entry WHERE path = ? AND status <> 'draft'",
            (path,),
        ).fetchone()
        if row:
            tale.log(row["id"], row["path"] if row["at"] <= tale.now else "", row["digest"], row)

    def _write_log(self, tale: Tale) -> None:
        self._connection.executemany(
            "REPLACE INTO change (id, path, deleted, digest, shown) VALUES (:id,"
            " coalesce(nullif(:path, ''), nullif(:before, ''),"
            " (SELECT path FROM change WHERE id = :id), ''), :digest = '', :digest,"
            " :before <> '' OR coalesce((SELECT shown FROM change WHERE id = :id), 0))",
            tale.logged,
        )


def _encoded(entry: Entry) -> bytes:
    """An entry as its row holds it beside its body."""
    return _ENCODER.encode(structs.replace(entry, body="", digest=""))


def _in_order(changes: Changes, lists: Memberships) -> list[tuple[int, Placed]]:
    """The entries with their places in time, oldest first, as they are numbered in that order;
    ties as in a list."""
    found = [(lists.at(placed), placed) for each in changes.files for placed in each.entries]
    found.sort(key=lambda each: each[1].entry.id, reverse=True)
    return sorted(found, key=lambda each: each[0])
