"""Feeds as they were last sent: what is needed to say "not modified", and their bytes.

Every worker writes into the same file, so that all of them give a feed the same Last-Modified,
and a restart does not change it. When the file cannot be used, feeds have none.
"""

import gzip
from dataclasses import dataclass
from pathlib import Path

from newsarchive.checksums import sealed, unsealed
from newsarchive.scratch import Scratch

#: feeds that are remembered, and those of them with their bytes
MOST_EDITIONS = 100_000
MOST_BODIES = 1_000
#: editions written by one process between two looks at how many there are
TRIM_EVERY = 256
#: a level at which a feed takes a millisecond
GZIP_LEVEL = 6
#: seconds from 1970 UTC: of the calendar's last day
LAST_SECOND = 253_402_300_799

_SCHEMA = """
CREATE TABLE IF NOT EXISTS edition (
  address TEXT PRIMARY KEY,    -- of the document on the site, with its parameters
  basis TEXT NOT NULL,         -- of what it was made: as long as that is so it is not looked at
  until INTEGER NOT NULL,      -- microseconds from 1970 UTC: from then on it is looked at
  etag TEXT NOT NULL,          -- of its bytes, before compression
  modified INTEGER NOT NULL,   -- seconds from 1970 UTC: when this etag was first sent
  max_age INTEGER NOT NULL,    -- seconds
  checked INTEGER NOT NULL     -- seconds from 1970 UTC: when it was last looked at
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS edition_checked ON edition (checked);
CREATE TABLE IF NOT EXISTS body (
  number INTEGER PRIMARY KEY,  -- the oldest make room
  address TEXT NOT NULL UNIQUE,
  etag TEXT NOT NULL,
  gzip BLOB NOT NULL           -- sealed
);
"""


@dataclass(frozen=True, slots=True)
class Edition:
    """A feed at an address, as of a moment."""

    address: str
    basis: str
    #: microseconds from 1970 UTC
    until: int
    #: hexadecimal
    etag: str
    #: seconds
    max_age: int
    #: seconds from 1970 UTC; None when that cannot be remembered
    modified: int | None = None


def _is_sound(
    basis: object, until: object, etag: object, max_age: object, modified: object
) -> bool:
    """Whether a row can be what was written: SQLite notices no damage in a value."""
    return (
        isinstance(basis, str)
        and isinstance(etag, str)
        and all(isinstance(each, int) and each >= 0 for each in (until, max_age))
        and isinstance(modified, int)
        and 0 <= modified <= LAST_SECOND
    )


class Editions:
    """Remembers them."""

    def __init__(self, path: Path) -> None:
        self._file = Scratch(path, _SCHEMA)
        self._written = 0

    def last(self, address: str) -> Edition | None:
        """The last one of an address."""
        rows = self._file.ask(
            "SELECT basis, until, etag, max_age, modified FROM edition WHERE address = ?",
            (address,),
        )
        return Edition(address, *rows[0]) if rows and _is_sound(*rows[0]) else None

    def keep(self, edition: Edition, now: int) -> Edition:
        """Remember an edition looked at ``now`` (seconds from 1970 UTC); it comes back with the
        time at which its etag was new.

        That time never falls, and two etags never share one.
        """
        self._file.ask(
            "INSERT INTO edition VALUES (?1, ?2, ?3, ?4, ?6, ?5, ?6) ON CONFLICT (address)"
            " DO UPDATE SET basis = ?2, until = ?3, max_age = ?5, checked = ?6,"
            " modified = CASE etag WHEN ?4 THEN modified ELSE max(modified + 1, ?6) END, etag = ?4",
            (edition.address, edition.basis, edition.until, edition.etag, edition.max_age, now),
        )
        self._trim()
        kept = self.last(edition.address)
        return kept if kept and kept.etag == edition.etag else edition

    def forget(self, address: str) -> None:
        """Remember no edition of an address."""
        self._file.ask("DELETE FROM edition WHERE address = ?", (address,))

    def body(self, edition: Edition) -> bytes | None:
        """Its bytes, gzipped (RFC 1952), if they are still there."""
        rows = self._file.ask(
            "SELECT gzip FROM body WHERE address = ? AND etag = ?", (edition.address, edition.etag)
        )
        try:
            return unsealed(rows[0][0]) if rows else None
        except ValueError:
            return None

    def keep_body(self, edition: Edition, body: bytes) -> bytes:
        """Remember its bytes; they come back gzipped, the same in every process."""
        packed = gzip.compress(body, GZIP_LEVEL, mtime=0)
        self._file.ask(
            "REPLACE INTO body (address, etag, gzip) VALUES (?, ?, ?)",
            (edition.address, edition.etag, sealed(packed)),
        )
        return packed

    def _trim(self) -> None:
        """Visitors can ask for any number of feeds: the last are remembered."""
        self._written += 1
        if self._written % TRIM_EVERY:
            return
        self._file.ask(
            "DELETE FROM edition WHERE checked <"
            " (SELECT checked FROM edition ORDER BY checked DESC LIMIT 1 OFFSET ?)",
            (MOST_EDITIONS,),
        )
        self._file.ask(
            "DELETE FROM body WHERE number <= (SELECT max(number) FROM body) - ?", (MOST_BODIES,)
        )
