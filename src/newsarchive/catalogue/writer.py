"""The one who writes the catalogue: takes what changed and commits it at once."""

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from hashlib import blake2b
from pathlib import Path

import msgspec

from newsarchive.catalogue.announcing import committing, tell
from newsarchive.catalogue.changes import Changes, FileState, Outcome, Placed, ReadFile
from newsarchive.catalogue.memberships import Memberships
from newsarchive.catalogue.store import connect_to_write, errors_named
from newsarchive.catalogue.values import Asset
from newsarchive.dates import microseconds
from newsarchive.entry import Entry, Status
from newsarchive.permalink import fold, folder_of, normal

_DECODER = msgspec.json.Decoder(Entry)
_ENCODER = msgspec.json.Encoder(order="deterministic")


@dataclass(slots=True)
class _Tale:
    """What one load did to the entries."""

    lists: Memberships
    #: microseconds
    now: int
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
            tell(path, self._generation())

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def files(self, folders: Collection[str] | None = None) -> dict[str, FileState]:
        """Every file the catalogue knows, by path; or those in some folders."""
        with errors_named(self.path):
            rows = self._in_folders(
                "SELECT path, size, mtime, inode, digest, story, has_updates, leads, again"
                " FROM file WHERE ", "path", folders,
            )  # fmt: skip
            return {r[0]: FileState(*r[:6], *map(bool, r[6:])) for r in rows}

    def assets(self, folders: Collection[str] | None = None) -> dict[str, Asset]:
        """Every file beside the articles, by path; or those in some folders."""
        with errors_named(self.path):
            rows = self._in_folders("SELECT path, size, mtime FROM asset WHERE ", "path", folders)
            return {row["path"]: Asset(*row) for row in rows}

    def waiting(self) -> set[str]:
        """The folders of files that are to be read again, changed or not."""
        with errors_named(self.path):
            rows = self._connection.execute("SELECT path FROM file WHERE again = 1")
            return {folder_of(row["path"]) for row in rows}

    def _in_folders(
        self, select: str, column: str, folders: Collection[str] | None
    ) -> Iterator[sqlite3.Row]:
        """The rows of files that lie in some folders, not below them; all if they are None."""
        if folders is None:
            yield from self._connection.execute(select + "true")
            return
        for folder in folders:
            start = f"{folder}/" if folder else ""
            yield from self._connection.execute(
                f"{select} {column} >= :start AND {column} < :end"
                f" AND instr(substr({column}, :length), '/') = 0",
                {"start": start, "end": start + "\U0010ffff", "length": len(start) + 1},
            )

    def claims(self, values: Collection[str] | None = None) -> Iterator[tuple[str, str, str]]:
        """The id, path and file of every entry; or of those that have one of some ids or paths."""
        sql = "SELECT id, path, file FROM entry"
        if values is not None:
            sql += (
                " WHERE id IN (SELECT value FROM json_each(:values))"
                " OR path IN (SELECT value FROM json_each(:values))"
            )
        with errors_named(self.path):
            told = {"values": msgspec.json.encode(list(values or ())).decode()}
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
            return tuple(replace(_DECODER.decode(row["said"]), body=row["body"]) for row in rows)

    def settings(self) -> str:
        """What parsing depended on besides the files, at the last load."""
        with errors_named(self.path):
            row = self._connection.execute(
                "SELECT value FROM meta WHERE name = 'settings'"
            ).fetchone()
            return str(row[0]) if row else ""

    def stories(self, folders: Collection[str] | None = None) -> dict[str, Entry]:
        """The article of every folder that is one, without its body, by its index file; or of
        some folders."""
        with errors_named(self.path):
            rows = self._in_folders(
                "SELECT e.file, e.metadata FROM file f JOIN entry e ON e.file = f.path"
                " WHERE f.leads = 1 AND e.story = '' AND ", "f.path", folders,
            )  # fmt: skip
            return {row["file"]: _DECODER.decode(row["metadata"]) for row in rows}

    def apply(self, changes: Changes, now: datetime) -> Outcome:
        """Write all changes in one transaction; the generation grows if there were any."""
        with self._transaction():
            return self._apply(changes, microseconds(now))

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
        tale = _Tale(Memberships(self._connection, self.zone, None if first else now), now)
        if self._meta("settings") != changes.settings:
            tale.lists.clear()
        self._forget_files(changes)
        kept = {p.entry.id for each in changes.files for p in each.entries}
        for file in [*changes.removed, *(f.state.path for f in changes.files)]:
            self._drop_entries(file, kept, tale)
        self._free_paths(changes)
        for each in changes.files:
            self._write_file(each)
        for placed in _in_order(changes, tale.lists):
            self._write_entry(placed, tale)
        self._write_assets(changes)
        self._connection.executemany(
            "UPDATE file SET size = ?, mtime = ?, inode = ? WHERE path = ?",
            [(f.size, f.mtime, f.inode, f.path) for f in changes.touched],
        )
        tale.lists.finish()
        self._set_meta("settings", changes.settings)
        changed = bool(
            tale.added or tale.changed or tale.removed
            or changes.assets or changes.removed_assets
        )  # fmt: skip
        generation = self._generation() + (changed or first)
        self._set_meta("generation", str(generation))
        return Outcome(tale.added, tale.changed, tale.removed, generation)

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

    def _drop_entries(self, file: str, kept: set[str], tale: _Tale) -> None:
        """Remove the file's entries, but for those that are written again in this load."""
        rows = self._connection.execute(
            "SELECT number, id, path, status, at FROM entry WHERE file = ?", (file,)
        ).fetchall()
        for row in rows:
            if row["id"] in kept:
                continue
            tale.lists.forget(row["number"])
            self._connection.execute("DELETE FROM entry WHERE number = ?", (row["number"],))
            tale.removed += 1
            if row["status"] != Status.DRAFT:
                self._log(row["id"], "", "", row, tale.now)

    def _free_paths(self, changes: Changes) -> None:
        """Let entries change places: one that moves gives up its path before any takes it."""
        self._connection.executemany(
            "UPDATE entry SET path = char(0) || id WHERE id = ? AND path <> ?",
            [(p.entry.id, p.entry.path) for each in changes.files for p in each.entries],
        )

    def _write_entry(self, placed: Placed, tale: _Tale) -> None:
        entry, at = placed.entry, tale.lists.at(placed)
        metadata = _ENCODER.encode(replace(entry, body="", digest=""))
        digest = blake2b(
            b"%d\n%s\n%s" % (at, metadata, entry.body.encode()), digest_size=16
        ).hexdigest()
        was = self._connection.execute(
            "SELECT number, digest, status, at, json_extract(metadata, '$.path') AS path FROM entry"
            " WHERE id = ?", (entry.id,),
        ).fetchone()  # fmt: skip
        own = _ENCODER.encode(replace(placed.own, body="", digest="")) if placed.own else None
        if was and was["digest"] == digest and not tale.lists.anew:
            self._connection.execute(
                "UPDATE entry SET own = ?, file = ? WHERE id = ?", (own, entry.file, entry.id)
            )
            return
        if was:
            tale.lists.leave(was["number"])
            tale.changed += 1
        else:
            tale.added += 1
        number = self._put(was["number"] if was else None, entry, at, digest, (metadata, own))
        tale.lists.join(number, placed)
        is_draft = entry.status is Status.DRAFT
        if not is_draft or (was and was["status"] != Status.DRAFT):
            path = "" if is_draft or at > tale.now else entry.path
            self._log(entry.id, path, "" if is_draft else digest, was, tale.now)
        if was and folder_of(was["path"]) != folder_of(entry.path):
            self._log_story(folder_of(was["path"]), tale.now)

    def _log_story(self, path: str, now: int) -> None:
        """Note that a story has other updates: it is found by their titles."""
        row = self._connection.execute(
            "SELECT id, path, digest, status, at FROM entry WHERE path = ? AND status <> 'draft'",
            (path,),
        ).fetchone()
        if row:
            online = row["path"] if row["at"] <= now else ""
            self._log(row["id"], online, row["digest"], row, now)

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

    def _log(self, id_: str, path: str, digest: str, was: sqlite3.Row | None, now: int) -> None:
        """Note that an entry is another than it ``was``. ``path`` is where it is online now, and
        ``digest`` of what it is now; '' where it is not."""
        before = was["path"] if was and was["status"] != Status.DRAFT and was["at"] <= now else ""
        self._connection.execute(
            "REPLACE INTO change (id, path, deleted, digest, shown) VALUES (:id,"
            " coalesce(nullif(:path, ''), nullif(:before, ''),"
            " (SELECT path FROM change WHERE id = :id), ''), :digest = '', :digest,"
            " :before <> '' OR coalesce((SELECT shown FROM change WHERE id = :id), 0))",
            {"id": id_, "path": path, "before": before, "digest": digest},
        )


def _in_order(changes: Changes, lists: Memberships) -> list[Placed]:
    """The entries, oldest first, as they are numbered in that order; ties as in a list."""
    found = [placed for each in changes.files for placed in each.entries]
    found.sort(key=lambda placed: placed.entry.id, reverse=True)
    return sorted(found, key=lists.at)
