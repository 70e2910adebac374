"""A small SQLite file that any process may write, and that anybody may delete.

When it cannot be read or written, its questions have no answer: who asks does the work again,
which is slower and never wrong. A file that proves damaged is removed, and begun anew.
"""

import contextlib
import os
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

BUSY_SECONDS = 0.5

#: SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_IOERR_SHORT_READ (https://www.sqlite.org/rescode.html)
_DAMAGED = {11, 26, 522}

Row = tuple[Any, ...]


class Scratch:
    """One such file, made when it is first asked; may be shared by threads."""

    def __init__(self, path: Path, schema: str) -> None:
        self._path = path
        self._schema = schema
        self._local = threading.local()

    def ask(self, sql: str, values: Sequence[Any] = ()) -> list[Row] | None:
        """The rows of a question, or none of a command; None when the file cannot be used."""
        try:
            return self._connection().execute(sql, values).fetchall()
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
            self._forget()
            # a text that is none: sqlite3 says so in one of two ways, neither with a code
            is_no_text = isinstance(error, UnicodeDecodeError) or "decode" in str(error)
            if is_no_text or getattr(error, "sqlite_errorcode", None) in _DAMAGED:
                self._remove()
            return None

    def _connection(self) -> sqlite3.Connection:
        held: sqlite3.Connection | None = getattr(self._local, "held", None)
        if held is not None and self._place() != self._local.place:
            self._forget()  # somebody removed it
            held = None
        if held is None:
            held = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)
            self._local.held = held
            self._local.place = self._place()
            held.execute("PRAGMA journal_mode = WAL")
            held.execute("PRAGMA synchronous = OFF")
            held.executescript(self._schema)
        return held

    def _place(self) -> tuple[int, int] | None:
        """Device and inode of the file; None while there is none."""
        try:
            found = os.stat(self._path)  # noqa: PTH116 - a fifth of the time
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _remove(self) -> None:
        for ending in ("", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                self._path.with_name(self._path.name + ending).unlink()

    def _forget(self) -> None:
        held: sqlite3.Connection | None = getattr(self._local, "held", None)
        self._local.held = None
        if held is not None:
            held.close()
