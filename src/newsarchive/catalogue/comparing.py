"""Two catalogues of one folder, compared row by row: what is served, and a fresh build."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from newsarchive.catalogue.store import connect_to_current, errors_named, require_sound

#: what is told of entries, each by its id; numbers differ from one build to another, and so does
#: when something was first seen
_OF_ENTRIES = {
    "entry": "SELECT id, path, folded, file, story, status, at, digest, metadata, own, listed, body"
    " FROM {db}.entry",
    "membership": "SELECT id, term, at, grain FROM {db}.membership",
    "title": "SELECT e.id, t.words FROM {db}.title t JOIN {db}.entry e ON e.number = t.rowid",
    "alias": "SELECT e.id, a.address, a.own FROM {db}.alias a"
    " JOIN {db}.entry e ON e.number = a.number",
    "correction": "SELECT e.id, c.id AS correction, c.at, c.position FROM {db}.correction c"
    " JOIN {db}.entry e ON e.number = c.entry",
}
#: what is told of all of them
_OF_ALL = {
    "tally": "SELECT term, grain, period, entries FROM {db}.tally",
    "spelling": "SELECT term, name, entries FROM {db}.spelling",
    "name_word": "SELECT kind, word, slug FROM {db}.name_word",
    "story": "SELECT path, coverage, last FROM {db}.story",
    "asset": "SELECT name, path, size FROM {db}.asset",
    "file": "SELECT path, digest, story, has_updates, leads FROM {db}.file",
    "problem": "SELECT file, line, message, remedy, severity FROM {db}.problem",
}


@dataclass(frozen=True, slots=True)
class Differences:
    """How two catalogues differ."""

    #: entries that the fresh one has
    entries: int
    #: ids of entries of which something differs
    ids: frozenset[str]
    #: ids of entries that files said which now cannot be read: their last good version
    kept: frozenset[str]
    #: tables that differ in what is told of all entries; unknown while something is kept
    tables: tuple[str, ...]


def compare(served: Path, fresh: Path) -> Differences:
    """How ``served`` differs from ``fresh``.

    Raises:
        CatalogueError: one of them cannot be read, or is damaged.
    """
    with errors_named(served), closing(connect_to_current(served)) as connection:
        require_sound(connection)
        connection.execute("ATTACH ? AS fresh", (f"{fresh.resolve().as_uri()}?mode=ro",))
        connection.execute("BEGIN")
        kept = frozenset(row[0] for row in connection.execute(
            "SELECT id FROM main.entry WHERE file IN (SELECT path FROM fresh.file)"
            " AND file NOT IN (SELECT file FROM fresh.entry)"
        ))  # fmt: skip
        ids = {
            row["id"]
            for sql in _OF_ENTRIES.values()
            for row in connection.execute(_either("id", sql))
        }
        tables = [
            name
            for name, sql in _OF_ALL.items()
            if not kept and connection.execute(f"{_either('1', sql)} LIMIT 1").fetchone()
        ]
        (entries,) = connection.execute("SELECT count(*) FROM fresh.entry").fetchone()
        return Differences(entries, frozenset(ids) - kept, kept, tuple(tables))


def _either(column: str, sql: str) -> str:
    """The rows that one has and the other has not."""
    served, fresh = sql.format(db="main"), sql.format(db="fresh")
    return (
        f"SELECT {column} FROM (SELECT * FROM ({served} EXCEPT {fresh})"
        f" UNION ALL SELECT * FROM ({fresh} EXCEPT {served}))"
    )
