"""The catalogue's file: connections, the schema, and what SQLite's errors mean."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from newsarchive.errors import CatalogueError

#: written as PRAGMA user_version; a file of another version is made anew
VERSION = 3
BUSY_SECONDS = 5.0


@contextmanager
def errors_named(path: Path) -> Iterator[None]:
    """Turn what SQLite raises into one error that says which file it is about."""
    try:
        yield
    except sqlite3.Error as error:
        raise CatalogueError(str(path), f"the catalogue cannot be used: {error}") from error
    except OSError as error:
        raise CatalogueError(str(path), error.strerror or str(error)) from error


def connect_to_read(path: Path) -> sqlite3.Connection:
    """A connection that cannot write; raises ``sqlite3.Error`` when there is no catalogue."""
    address = f"{path.resolve().as_uri()}?mode=ro"
    if not os.access(path.parent, os.W_OK):
        # WAL needs to create a file beside the catalogue, which a read-only place refuses
        address += "&immutable=1"
    connection = sqlite3.connect(
        address, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA query_only = 1")
    return connection


def connect_to_write(path: Path) -> sqlite3.Connection:
    """A connection that writes; makes the file, or makes it anew if it is of another version."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        return _open_to_write(path)
    except sqlite3.DatabaseError as error:
        if "not a database" not in str(error) and "malformed" not in str(error):
            raise
        # what is no catalogue is put aside, not deleted: it may be somebody's
        path.replace(path.with_suffix(".damaged"))
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        return _open_to_write(path)


def _open_to_write(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    connection.row_factory = sqlite3.Row
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
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
            inode = self.path.stat().st_ino
            held: tuple[int, sqlite3.Connection] | None = getattr(self._local, "held", None)
            if held is not None and held[0] == inode:
                return held[1]
            if held is not None:
                held[1].close()
            connection = connect_to_read(self.path)
            self._local.held = (inode, connection)
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version != VERSION:
                self.close()
                raise CatalogueError(
                    str(self.path), "is of another version; run: newsarchive index"
                )
            return connection

    def close(self) -> None:
        """Close this thread's connection."""
        held = getattr(self._local, "held", None)
        if held is not None:
            held[1].close()
            self._local.held = None
