"""A small SQLite file that any process may write, and that anybody may delete.

When it cannot be read or written, its questions have no answer: who asks does the work again,
which is slower and never wrong.
"""

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

BUSY_SECONDS = 0.5

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
        except (sqlite3.Error, OSError):
            self._forget()
            return None

    def _connection(self) -> sqlite3.Connection:
        held: sqlite3.Connection | None = getattr(self._local, "held", None)
        if held is None:
            held = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)
            self._local.held = held
            held.execute("PRAGMA journal_mode = WAL")
            held.execute("PRAGMA synchronous = OFF")
            held.executescript(self._schema)
        return held

    def _forget(self) -> None:
        held: sqlite3.Connection | None = getattr(self._local, "held", None)
        self._local.held = None
        if held is not None:
            held.close()
