"""WebSub: a hub is told which feeds changed (https://www.w3.org/TR/websub/, 6: publishing).

It follows the catalogue's change log and the ends of embargoes. What it has to tell stands in a
file until the hub took it, so that nothing is lost when the process ends, and nothing that is
served waits for it.
"""

import contextlib
import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Self
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import msgspec

from newsarchive.archive import Archive
from newsarchive.background import Background
from newsarchive.config import Config
from newsarchive.dates import instant, microseconds
from newsarchive.entry import Entry, Kind
from newsarchive.errors import CatalogueError
from newsarchive.feeds import Feed, Format
from newsarchive.query import Query
from newsarchive.scratch import Scratch
from newsarchive.syndication import Channel, Composing, channels_of

WEBSUB = "websub.sqlite3"
TIMEOUT_SECONDS = 10
#: topics in one message to the hub
BATCH = 30
#: entries that one look at the change log takes
CHANGES = 500
#: lists whose feeds are looked at again although nothing in them is known to have changed
KNOWN = 200
#: the first wait after a failure; each next one is twice as long, an hour at most
RETRY = timedelta(seconds=10)
LONGEST_RETRY = timedelta(hours=1)
#: after which the hub is taken to be gone: about ten hours
TRIES = 18

_SCHEMA = """
CREATE TABLE IF NOT EXISTS followed (
  made TEXT PRIMARY KEY,       -- which catalogue
  sequence INTEGER NOT NULL,   -- of its change log
  until INTEGER NOT NULL       -- microseconds from 1970 UTC: embargoes that ended by then
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS known (
  number INTEGER PRIMARY KEY,
  query TEXT NOT NULL UNIQUE,  -- of the list, as JSON
  digest TEXT NOT NULL         -- of what its feed last held
);
CREATE TABLE IF NOT EXISTS pending (
  topic TEXT PRIMARY KEY,      -- address of a feed
  tries INTEGER NOT NULL,
  due INTEGER NOT NULL         -- microseconds from 1970 UTC
) WITHOUT ROWID;
"""

#: lists that are looked at whatever changed
_WHOLE = (Query(), Query(kind=Kind.ARTICLE), None)

_log = logging.getLogger("newsarchive.websub")


class Publisher(Background):
    """Tells the hub, in a thread of its own while it is entered."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._archive = Archive(config)
        self._file = Scratch(config.data_dir / WEBSUB, _SCHEMA)
        # what is left to tell stands in the file: nobody waits for it
        super().__init__("newsarchive-websub", self._publish_now, farewell=0)

    def __enter__(self) -> Self:
        return super().__enter__() if self._config.hub else self

    def _publish_now(self) -> float | None:
        now = datetime.now(UTC)
        again = self.publish(now)
        return None if again is None else max(0.5, (again - now).total_seconds())

    def publish(self, now: datetime) -> datetime | None:
        """Tell the hub what changed until ``now``; gives the time at which there is more to do,
        None if that is only known after another load."""
        if not self._config.hub:
            return None
        # the catalogue may not be there yet, or be made anew just now
        with contextlib.suppress(CatalogueError), self._archive.snapshot():
            while self._note_changes(now):
                pass
        self._deliver(now)
        return self._next(now)

    # -- what changed --

    def _note_changes(self, now: datetime) -> bool:
        """Note the feeds that changed since the last look; whether there is more to look at."""
        catalogue = self._archive.catalogue
        made = catalogue.meta("made")
        rows = self._file.ask("SELECT sequence, until FROM followed WHERE made = ?", (made,))
        if rows is None or not made:
            return False
        if not rows:  # another catalogue: nobody was told of it, and nothing in it is news
            self._note((), set(), now)
            self._follow(made, catalogue.last_change(), now)
            return False
        sequence, until = rows[0]
        changes = catalogue.changes(sequence, CHANGES)
        arrived = catalogue.arrived_between(instant(until), now)
        entries = {e.id: e for e in (*arrived, *catalogue.by_id(each.id for each in changes))}
        if changes or arrived:
            self._note(entries.values(), {*entries, *(each.id for each in changes)}, now)
        self._follow(made, changes[-1].sequence if changes else sequence, now)
        return len(changes) == CHANGES

    def _follow(self, made: str, sequence: int, now: datetime) -> None:
        self._file.ask("DELETE FROM followed WHERE made <> ?", (made,))
        self._file.ask(
            "REPLACE INTO followed VALUES (?, ?, ?)", (made, sequence, microseconds(now))
        )

    def _note(self, entries: Iterable[Entry], ids: set[str], now: datetime) -> None:
        """Note those feeds of the lists of ``entries`` that hold something else than before."""
        zone = self._config.zone
        rows = self._file.ask(
            "SELECT query, digest FROM known ORDER BY number DESC LIMIT ?", (KNOWN,)
        )
        known = {msgspec.json.decode(row[0], type=Query | None): row[1] for row in rows or ()}
        found = [channel.query for entry in entries for channel in channels_of(entry, zone)]
        composing = Composing(self._archive, now)
        for query in dict.fromkeys([*_WHOLE, *found, *known]):
            composed = composing.feed(Channel(query), 0)
            if composed is None:
                continue
            digest = _digest(composed.feed)
            # of a list that was never looked at it counts whether what changed is in its feed
            news = known.get(query) != digest if query in known else _holds(composed.feed, ids)
            if news:
                for form in Format:
                    self._await(composed.feed.url(form), now)
            self._file.ask(
                "REPLACE INTO known (query, digest) VALUES (?, ?)",
                (msgspec.json.encode(query).decode(), digest),
            )

    def _await(self, topic: str, now: datetime) -> None:
        self._file.ask("REPLACE INTO pending VALUES (?, 0, ?)", (topic, microseconds(now)))

    # -- telling it --

    def _deliver(self, now: datetime) -> None:
        rows = self._file.ask(
            "SELECT topic, tries FROM pending WHERE due <= ? ORDER BY due, topic",
            (microseconds(now),),
        )
        for start in range(0, len(rows or ()), BATCH):
            batch = (rows or [])[start : start + BATCH]
            try:
                self._tell([topic for topic, _ in batch])
            except (URLError, OSError, ValueError) as error:
                for topic, tries in batch:
                    self._put_off(topic, tries + 1, now, error)
            else:
                for topic, _ in batch:
                    self._file.ask("DELETE FROM pending WHERE topic = ?", (topic,))

    def _tell(self, topics: list[str]) -> None:
        """Raises URLError, OSError or ValueError when the hub does not take it."""
        fields = [("hub.mode", "publish")]
        # hubs want the one name or the other
        fields += [(name, topic) for topic in topics for name in ("hub.url", "hub.topic")]
        message = Request(  # noqa: S310 - the settings allow http and https
            self._config.hub, urlencode(fields).encode(), {"User-Agent": "newsarchive"}
        )
        with urlopen(message, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - as above
            answer.read(1024)

    def _put_off(self, topic: str, tries: int, now: datetime, error: Exception) -> None:
        if tries >= TRIES:
            _log.error("%s was not told of %s: %s", self._config.hub, topic, error)
            self._file.ask("DELETE FROM pending WHERE topic = ?", (topic,))
            return
        if tries == 1:
            _log.warning("%s will be told of %s later: %s", self._config.hub, topic, error)
        due = now + min(RETRY * 2 ** (tries - 1), LONGEST_RETRY)
        self._file.ask(
            "UPDATE pending SET tries = ?, due = ? WHERE topic = ?",
            (tries, microseconds(due), topic),
        )

    def _next(self, now: datetime) -> datetime | None:
        rows = self._file.ask("SELECT min(due) FROM pending")
        ends = [instant(rows[0][0])] if rows and rows[0][0] is not None else []
        with contextlib.suppress(CatalogueError):
            arrival = self._archive.catalogue.next_arrival(now)
            ends += [arrival] if arrival else []
        return min(ends, default=None)


def _holds(feed: Feed, ids: set[str]) -> bool:
    """Whether one of the entries, or a correction of one, is in a feed."""
    return any(entry.id in ids or _corrected(entry.id) in ids for entry in feed.entries)


def _corrected(id_: str) -> str:
    return id_.rpartition("correction-")[0][:-1]


def _digest(feed: Feed) -> str:
    return blake2b(msgspec.json.encode((feed.title, feed.entries)), digest_size=12).hexdigest()
