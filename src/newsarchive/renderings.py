"""Markdown already turned into HTML: one rendering an entry, kept with its version.

A cache in a file of its own: when it cannot be used, entries are rendered each time.
"""

from collections.abc import Collection
from pathlib import Path

from newsarchive import markup, permalink
from newsarchive.entry import Entry
from newsarchive.scratch import Scratch

#: grows whenever the same Markdown becomes other HTML
VERSION = 4

_SCHEMA = """
CREATE TABLE IF NOT EXISTS rendering (
  id TEXT PRIMARY KEY,      -- of the entry
  version TEXT NOT NULL,    -- of the entry and of the renderer
  html TEXT NOT NULL,
  bounded TEXT NOT NULL,    -- why the source is shown instead; '' if it is not
  is_rich INTEGER NOT NULL, -- see markup.Rendering
  beginning TEXT NOT NULL
) WITHOUT ROWID;
"""


class Renderings:
    """Renders entries, or remembers having done so."""

    def __init__(self, path: Path) -> None:
        self._file = Scratch(path, _SCHEMA)

    def of(self, entry: Entry) -> markup.Rendering:
        """The HTML of an entry read with its body."""
        return self.of_all((entry,))[entry.id]

    def of_all(self, entries: Collection[Entry]) -> dict[str, markup.Rendering]:
        """The HTML of many, by id."""
        marks = ",".join("?" * len(entries))
        rows = self._file.ask(
            "SELECT id, version, html, bounded, is_rich, beginning"  # noqa: S608 - marks alone
            f" FROM rendering WHERE id IN ({marks})",
            [entry.id for entry in entries],
        )
        kept = {row[:2]: markup.Rendering(*row[2:]) for row in rows or ()}
        found = {}
        for entry in entries:
            version = f"{VERSION}-{entry.digest}"
            found[entry.id] = kept.get((entry.id, version)) or self._render(entry, version)
        return found

    def _render(self, entry: Entry, version: str) -> markup.Rendering:
        rendering = markup.render(entry.body, place(entry))
        self._file.ask(
            "REPLACE INTO rendering VALUES (?, ?, ?, ?, ?, ?)",
            (entry.id, version, rendering.html, rendering.bounded, rendering.is_rich,
             rendering.beginning),
        )  # fmt: skip
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
