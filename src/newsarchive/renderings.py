"""Markdown already turned into HTML: one rendering an entry, kept with its version.

A cache in a file of its own, which any process may write. When it cannot be read or written,
entries are rendered each time: slower, never wrong.
"""

import sqlite3
import threading
from pathlib import Path

from newsarchive import markup, permalink
from newsarchive.entry import Entry

#: grows whenever the same Markdown becomes other HTML
VERSION = 3

_SCHEMA = """
CREATE TABLE IF NOT EXISTS rendering (
  id TEXT PRIMARY KEY,      -- of the entry
  version TEXT NOT NULL,    -- of the entry and of the renderer
  html TEXT NOT NULL,
  bounded TEXT NOT NULL     -- why the source is shown instead; '' if it is not
) WITHOUT ROWID
"""


class Renderings:
    """Renders entries, or remembers having done so."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()

    def of(self, entry: Entry) -> markup.Rendering:
        """The HTML of an entry read with its body."""
        version = f"{VERSION}-{entry.digest}"
        try:
            row = (
                self._connection()
                .execute(
                    "SELECT html, bounded FROM rendering WHERE id = ? AND version = ?",
                    (entry.id, version),
                )
                .fetchone()
            )
            if row:
                return markup.Rendering(*row)
        except (sqlite3.Error, OSError):
            self._forget()
        rendering = markup.render(entry.body, place(entry))
        try:
            self._connection().execute(
                "REPLACE INTO rendering VALUES (?, ?, ?, ?)",
                (entry.id, version, rendering.html, rendering.bounded),
            )
        except (sqlite3.Error, OSError):
            self._forget()
        return rendering

    def _connection(self) -> sqlite3.Connection:
        held: sqlite3.Connection | None = getattr(self._local, "held", None)
        if held is None:
            held = sqlite3.connect(self._path, timeout=0.5, isolation_level=None)
            held.execute("PRAGMA journal_mode = WAL")
            held.execute("PRAGMA synchronous = OFF")
            held.execute(_SCHEMA)
            self._local.held = held
        return held

    def _forget(self) -> None:
        held: sqlite3.Connection | None = getattr(self._local, "held", None)
        self._local.held = None
        if held is not None:
            held.close()


def place(entry: Entry) -> markup.Place:
    """Where an entry's body stands: what its addresses and its ids are relative to."""
    prefix = permalink.anchor(entry.story, entry.path) if entry.story else "a"
    return markup.Place(
        permalink=permalink.entry(entry.path),
        folder=permalink.folder(entry.file),
        lang=entry.lang,
        prefix=f"{prefix}--",  # no slug has two hyphens: no id of one update is another update's
    )
