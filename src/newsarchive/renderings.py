"""Markdown already turned into HTML: one rendering an entry, kept with its version.

A cache in a file of its own: when it cannot be used, entries are rendered each time.
"""

from pathlib import Path

from newsarchive import markup, permalink
from newsarchive.entry import Entry
from newsarchive.scratch import Scratch

#: grows whenever the same Markdown becomes other HTML
VERSION = 3

_SCHEMA = """
CREATE TABLE IF NOT EXISTS rendering (
  id TEXT PRIMARY KEY,      -- of the entry
  version TEXT NOT NULL,    -- of the entry and of the renderer
  html TEXT NOT NULL,
  bounded TEXT NOT NULL     -- why the source is shown instead; '' if it is not
) WITHOUT ROWID;
"""


class Renderings:
    """Renders entries, or remembers having done so."""

    def __init__(self, path: Path) -> None:
        self._file = Scratch(path, _SCHEMA)

    def of(self, entry: Entry) -> markup.Rendering:
        """The HTML of an entry read with its body."""
        version = f"{VERSION}-{entry.digest}"
        rows = self._file.ask(
            "SELECT html, bounded FROM rendering WHERE id = ? AND version = ?", (entry.id, version)
        )
        if rows:
            return markup.Rendering(*rows[0])
        rendering = markup.render(entry.body, place(entry))
        self._file.ask(
            "REPLACE INTO rendering VALUES (?, ?, ?, ?)",
            (entry.id, version, rendering.html, rendering.bounded),
        )
        return rendering


def place(entry: Entry) -> markup.Place:
    """Where an entry's body stands: what its addresses and its ids are relative to."""
    prefix = permalink.anchor(entry.story, entry.path) if entry.story else "a"
    return markup.Place(
        permalink=permalink.entry(entry.path),
        folder=permalink.folder(entry.file),
        lang=entry.lang,
        prefix=f"{prefix}--",  # no slug has two hyphens: no id of one update is another update's
    )
