"""Reading rows: one connection a thread, one generation a snapshot."""

import sqlite3
import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, tzinfo
from functools import lru_cache, wraps
from hashlib import blake2b
from pathlib import Path
from typing import Any, Concatenate, NoReturn, ParamSpec, TypeVar, cast

from msgspec import MsgspecError, json, structs

from newsarchive.catalogue.lists import END_OF_TIME, ENTRIES_AFTER
from newsarchive.catalogue.store import Readers, damage, errors_named
from newsarchive.catalogue.values import Change
from newsarchive.checksums import unsealed
from newsarchive.dates import instant, local, microseconds
from newsarchive.entry import Entry
from newsarchive.errors import CatalogueError

_BATCH = 400
#: things worked out that are remembered
MOST_KEPT = 1_000
#: entries that are remembered as lists have them, some kilobytes each
MOST_LISTED = 2_000
T = TypeVar("T")
_P = ParamSpec("_P")
_Reader = TypeVar("_Reader", bound="RowReader")
_DECODER = json.Decoder(Entry)
_PLACES = {name: place for place, name in enumerate(Entry.__struct_fields__)}


class RowReader:
    """What every part of the catalogue reads with.

    Raises:
        CatalogueError: from any method: there is no catalogue, or it cannot be read.
    """

    def __init__(self, path: Path, zone: tzinfo) -> None:
        self.path = path
        self.zone = zone
        self._readers = Readers(path)
        #: what was worked out of one state of the catalogue
        self._worked_out: tuple[str, dict[Hashable, Any]] = ("", {})
        #: of each thread: the identity that its snapshot is of, once that was asked
        self._snapshots = threading.local()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything read inside is of one generation; one within another is the same."""
        connection = self._readers.connection()
        if connection.in_transaction:
            yield
            return
        with errors_named(self.path):
            connection.execute("BEGIN")
        self._snapshots.identity = ""
        try:
            yield
        finally:
            del self._snapshots.identity
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close this thread's connection."""
        self._readers.close()

    def rows(
        self, sql: str, values: Mapping[str, object] | tuple[object, ...] = ()
    ) -> list[sqlite3.Row]:
        """All rows of a question; for the parts of the catalogue alone."""
        connection = self._readers.connection()
        with errors_named(self.path):
            return connection.execute(sql, values).fetchall()

    def batched(
        self, sql: str, wanted: Sequence[object], values: Mapping[str, object] | None = None
    ) -> Iterator[sqlite3.Row]:
        """The rows of a question about many things, ``{marks}`` of it standing for them, asked in
        parts that SQLite takes."""
        for start in range(0, len(wanted), _BATCH):
            batch = {f"w{n}": each for n, each in enumerate(wanted[start : start + _BATCH])}
            marks = ",".join(f":{name}" for name in batch)
            yield from self.rows(sql.format(marks=marks), {**(values or {}), **batch})

    def value(self, sql: str, values: Mapping[str, object] | tuple[object, ...] = ()) -> object:
        """The first column of the first row, or None."""
        rows = self.rows(sql, values)
        return rows[0][0] if rows else None

    def once(self, key: Hashable, work: Callable[[], T]) -> T:
        """What ``work`` makes of the catalogue alone, which nobody changes: made once a
        generation."""
        state = self.identity()
        held = self._worked_out
        if held[0] != state or len(held[1]) > MOST_KEPT:
            self._worked_out = held = (state, {})
        if key not in held[1]:
            held[1][key] = work()
        return cast("T", held[1][key])

    def holds(self, term: str, start: int = -END_OF_TIME, end: int = END_OF_TIME) -> bool:
        """Whether a list has anything in a span of time: microseconds, the first instant within and
        the first after."""
        sql = "SELECT 1 FROM membership WHERE term = ? AND at >= ? AND at < ? LIMIT 1"
        return bool(self.rows(sql, (term, start, end)))

    def after(self, now: datetime, sql: str) -> list[sqlite3.Row]:
        """What comes online later than ``now``: the rows of a question that was asked of an earlier
        moment, once a generation; each has its ``at``."""
        end = microseconds(now)
        asked, rows = self.once(sql, lambda: (end, self.rows(sql, {"now": end})))
        if end < asked:  # the clock was set back
            return self.rows(sql, {"now": end})
        try:
            return [row for row in rows if row["at"] > end]
        except TypeError as error:  # for SQLite a text is later than any number
            name_damage(error)

    def once_online(self, key: Hashable, now: datetime, work: Callable[[], T]) -> T:
        """What ``work`` makes of the entries that are online ``now``: made once for them."""
        return self.once((key, len(self.after(now, ENTRIES_AFTER))), work)

    def identity(self) -> str:
        """Of what is catalogued now: its generation, and which catalogue it is. Another whenever
        anything is written; asked once a snapshot."""
        known: str | None = getattr(self._snapshots, "identity", None)
        if known:
            return known
        sql = "SELECT value FROM meta WHERE name IN ('made', 'generation') ORDER BY name"
        found = "-".join(row[0] for row in self.rows(sql))
        if known is not None:
            self._snapshots.identity = found
        return found

    # -- the whole --

    def meta(self, name: str) -> str:
        """A fact about the catalogue itself, '' if it is not known."""
        return str(self.value("SELECT value FROM meta WHERE name = ?", (name,)) or "")

    def generation(self) -> int:
        """Grows with every change of what is catalogued."""
        return int(self.identity().partition("-")[0] or 0)

    def last_change(self) -> int:
        """The sequence number of the last change, 0 before the first."""
        return int(str(self.value("SELECT max(sequence) FROM change") or 0))

    def changes(self, since: int, limit: int) -> tuple[Change, ...]:
        """What changed after sequence number ``since``, oldest first; each id once."""
        rows = self.rows(
            "SELECT sequence, id, path, deleted, digest FROM change WHERE sequence > ?"
            " ORDER BY sequence LIMIT ?", (since, limit),
        )  # fmt: skip
        return tuple(Change(r[0], r[1], r[2], bool(r[3]), r[4]) for r in rows)


def at_once(read: Callable[Concatenate[_Reader, _P], T]) -> Callable[Concatenate[_Reader, _P], T]:
    """Let a method of several questions read of one generation, whoever calls it."""

    @wraps(read)
    def within_a_snapshot(self: _Reader, /, *args: _P.args, **kwargs: _P.kwargs) -> T:
        with self.snapshot():
            return read(self, *args, **kwargs)

    return within_a_snapshot


def said(field: str, metadata: str = "metadata") -> str:
    """A field of the ``Entry`` in a column, as SQL."""
    return f"json_extract({metadata}, '$[{_PLACES[field]}]')"


def period_of(at: int, grain: int, zone: tzinfo) -> str:
    """The year, month or day, in ``zone``, of an instant in microseconds."""
    return str(day_of(at, zone))[: (4, 7, 10)[grain]]


def day_of(at: int, zone: tzinfo) -> date:
    """The day, in ``zone``, of an instant in microseconds."""
    return local(instant(at), zone).date()


def name_damage(error: Exception) -> NoReturn:
    """Say that what is held is damaged, of which SQLite knows nothing.

    Raises:
        CatalogueError: always.
    """
    raise CatalogueError("the catalogue", "something in it cannot be read") from damage(error)


def require_readable(connection: sqlite3.Connection) -> None:
    """Read every entry; raises ``CatalogueError`` of one that is damaged."""
    for row in connection.execute("SELECT at, metadata, digest, listed, body FROM entry"):
        entry_of(row)
        if digest_of(row["at"], row["metadata"], row["body"]) != row["digest"]:
            name_damage(ValueError("not what its digest is of"))
        if row["listed"] is not None:
            try:
                unsealed(row["listed"])
            except ValueError as error:
                name_damage(error)


def digest_of(at: int, metadata: bytes, body: str) -> str:
    """Of an entry as it is held: BLAKE2b-128, hexadecimal."""
    return blake2b(b"%d\n%s\n%s" % (at, metadata, body.encode()), digest_size=16).hexdigest()


def entry(metadata: bytes, digest: str, body: str = "") -> Entry:
    """An entry from what is held of it.

    Raises:
        CatalogueError: it is damaged.
    """
    try:
        made = _DECODER.decode(metadata)
    except (MsgspecError, UnicodeDecodeError) as error:
        name_damage(error)
    # nobody else has it yet, and ``replace`` would take four times as long as all the rest
    structs.force_setattr(made, "digest", digest)
    structs.force_setattr(made, "body", body)
    return made


def entry_of(row: sqlite3.Row) -> Entry:
    """An entry from its row: ``metadata``, ``digest`` and perhaps ``body``; likewise."""
    has_body = "body" in row.keys()  # noqa: SIM118 - of a row, which looks among its values otherwise
    if has_body:
        return entry(row["metadata"], row["digest"], row["body"])
    return _listed(row["metadata"], row["digest"])


@lru_cache(maxsize=MOST_LISTED)
def _listed(metadata: bytes, digest: str) -> Entry:
    """An entry without its body, of which nothing can change: the newest are in many lists."""
    return entry(metadata, digest)


def entries_of(rows: Iterable[sqlite3.Row]) -> tuple[Entry, ...]:
    """Entries from their rows."""
    return tuple(entry_of(row) for row in rows)
