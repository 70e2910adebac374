"""The catalogue's file: connections, the schema, and what SQLite's errors mean."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path

from newsarchive.catalogue.announcing import tell_of_change, told_by
from newsarchive.errors import CatalogueError

#: written as PRAGMA user_version; a file of another version is made anew
VERSION = 12
BUSY_SECONDS = 5.0


@contextmanager
def errors_named(path: Path) -> Iterator[None]:
    """Turn what SQLite raises into one error that says which file it is about."""
    try:
        yield
    except UnicodeDecodeError as error:  # a text in it, or what SQLite says of it, is no UTF-8
        why = f"the catalogue cannot be used: {error}"
        raise CatalogueError(str(path), why) from damage(error)
    except sqlite3.Error as error:
        raise CatalogueError(str(path), f"the catalogue cannot be used: {error}") from error
    except OSError as error:
        raise CatalogueError(str(path), error.strerror or str(error)) from error


def damage(what: object) -> sqlite3.DatabaseError:
    """What SQLite would raise of damage that it does not notice, as in a text."""
    return sqlite3.DatabaseError(f"malformed: {what}")


def is_damage(error: BaseException | None) -> bool:
    """Whether SQLite says that the file is damaged, or no catalogue."""
    return isinstance(error, sqlite3.DatabaseError) and any(
        sign in str(error) for sign in ("not a database", "malformed", "Could not decode")
    )


def connect_to_read(path: Path) -> sqlite3.Connection:
    """A connection that cannot write; raises ``sqlite3.Error`` when there is no catalogue."""
    address = f"{path.resolve().as_uri()}?mode=ro"
    try:
        return _open_to_read(address)
    except sqlite3.OperationalError as error:
        if "unable to open database file" not in str(error) or not _cannot_change(path):
            raise
        return _open_to_read(f"{address}&immutable=1")


def connect_to_current(path: Path) -> sqlite3.Connection:
    """The same; raises ``CatalogueError`` where it is a catalogue of another version."""
    connection = connect_to_read(path)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version != VERSION:
        connection.close()
        # of SQLite's own number 0 is a file in which nothing was made yet
        state = "is of another version" if version else "holds nothing yet"
        raise CatalogueError(str(path), f"{state}; run: newsarchive index")
    return connection


def require_sound(connection: sqlite3.Connection) -> None:
    """Look through all of a catalogue; raises what SQLite raises of damage."""
    (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise damage(found)


def _open_to_read(address: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        address, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    connection.row_factory = sqlite3.Row
    try:
        connection.execute("PRAGMA query_only = 1")
        connection.execute("PRAGMA user_version")  # reads, so that what is wrong shows here
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _cannot_change(path: Path) -> bool:
    """Whether the catalogue lies whole in its file, on a file system that refuses WAL's files.

    A folder that only this user may not write is no such place: who follows a catalogue there
    without its WAL never sees what another writes.
    """
    log = path.with_name(path.name + "-wal")
    read_only = bool(os.statvfs(path).f_flag & os.ST_RDONLY)
    return read_only and not (log.exists() and log.stat().st_size)


def connect_to_write(path: Path) -> sqlite3.Connection:
    """A connection that writes; makes the file, or makes it anew if it is of another version."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        return _open_to_write(path)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        _put_aside(path)
        return _open_to_write(path)


def put_in_place(fresh: Path, path: Path) -> None:
    """Let a catalogue that nobody has open take the place of one that is damaged.

    Raises:
        CatalogueError: it cannot; the damaged one may be gone.
    """
    with errors_named(path):
        log = fresh.with_name(fresh.name + "-wal")
        if log.exists() and log.stat().st_size:
            raise CatalogueError(str(fresh), "could not be written to its end")
        _put_aside(path)
        Path(told_by(fresh)).unlink(missing_ok=True)
        fresh.replace(path)


def discard(path: Path) -> None:
    """Remove a catalogue that nobody has open, if there is one.

    Raises:
        CatalogueError: it cannot be removed.
    """
    with errors_named(path):
        path.unlink(missing_ok=True)
        Path(told_by(path)).unlink(missing_ok=True)
        _drop_log(path)


def _put_aside(path: Path) -> None:
    tell_of_change(path)
    with suppress(FileNotFoundError):  # somebody took it away already
        # not deleted: it may be somebody's
        path.replace(path.with_suffix(".damaged"))
    _drop_log(path)


def _drop_log(path: Path) -> None:
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _open_to_write(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    connection.row_factory = sqlite3.Row
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")  # the writer does it when all is told
        connection.execute("PRAGMA temp_store = MEMORY")
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        if found != VERSION:
            _make(connection)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _make(connection: sqlite3.Connection) -> None:
    schema = files("newsarchive.catalogue").joinpath("schema.sql").read_text(encoding="utf-8")
    drops = [
        f'DROP TABLE IF EXISTS "{row[0]}";'
        for row in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
    ]
    # one transaction: a reader sees the old tables or the new ones
    connection.executescript(
        "BEGIN IMMEDIATE;" + "".join(drops) + schema + f"PRAGMA user_version = {VERSION}; COMMIT;"
    )


class Readers:
    """One read-only connection a thread, opened anew when the file was replaced."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()

    def connection(self) -> sqlite3.Connection:
        """This thread's connection.

        Raises:
            CatalogueError: there is no catalogue, or it cannot be read.
        """
        with errors_named(self.path):
            held: tuple[int, sqlite3.Connection] | None = getattr(self._local, "held", None)
            if held is not None and held[1].in_transaction:
                return held[1]  # a snapshot is of one file to its end
            if held is not None and held[0] == self._inode():
                return held[1]
            try:
                fresh = self._opened()
            except (sqlite3.Error, OSError, CatalogueError):
                if held is None:
                    raise
                return held[1]  # what is open answers until there is another
            self.close()
            self._local.held = fresh
            return fresh[1]

    def _opened(self) -> tuple[int, sqlite3.Connection]:
        # before it is opened: what takes its place meanwhile is noticed at the next question
        inode = self.path.stat().st_ino
        return inode, connect_to_current(self.path)

    def _inode(self) -> int | None:
        """Of the file; None where somebody removed it."""
        try:
            return self.path.stat().st_ino
        except FileNotFoundError:
            return None

    def close(self) -> None:
        """Close this thread's connection."""
        held = getattr(self._local, "held", None)
        if held is not None:
            held[1].close()
            self._local.held = None
