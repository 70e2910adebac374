"""The search index in step with the catalogue: what changed is put in, batch by batch.

The index says itself how far it has followed the catalogue's change log, and that is written
together with the documents: after a crash at any point the next look goes on from there.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType

from newsarchive import markup
from newsarchive.archive import Archive
from newsarchive.catalogue.lists import terms_of
from newsarchive.config import Config
from newsarchive.dates import instant, local, microseconds
from newsarchive.entry import Entry, Status
from newsarchive.errors import CatalogueError, SearchError
from newsarchive.permalink import words
from newsarchive.search import open_engine, open_vocabulary
from newsarchive.search.engine import Document, Engine
from newsarchive.search.text import tokens, written

#: grows whenever the same entry is indexed as another document
VERSION = 1
#: changes that are followed at once, and entries that are indexed at once when all are
BATCH = 200
BULK = 2_000
#: seconds after which a failure is tried again
RETRY_SECONDS = 5.0

#: documents indexed so far, and of how many
Progress = Callable[[int, int], None]

_log = logging.getLogger("newsarchive.indexing")


@dataclass(frozen=True, slots=True)
class Position:
    """How far an index has followed a catalogue."""

    #: which catalogue, and what of this program made the documents
    made: str
    #: of its change log
    sequence: int
    #: microseconds from 1970 UTC: embargoes that ended by then
    until: int

    @classmethod
    def parse(cls, text: str) -> "Position | None":
        """What ``unparse`` wrote; None for anything else."""
        parts = text.split(" ")
        if len(parts) != 3 or not all(part.lstrip("-").isdecimal() for part in parts[1:]):
            return None
        return cls(parts[0], int(parts[1]), int(parts[2]))

    def unparse(self) -> str:
        """As an index keeps it."""
        return f"{self.made} {self.sequence} {self.until}"


class Indexing:
    """Lets an index follow a catalogue; one process at a time does, the one that writes that."""

    def __init__(self, config: Config) -> None:
        self._archive = Archive(config)
        self._zone = config.zone
        self._engine = open_engine(config)
        self._vocabulary = open_vocabulary(config)

    def close(self) -> None:
        """Let go of the index."""
        self._engine.close()

    def catch_up(self, now: datetime, told: Progress | None = None) -> datetime | None:
        """Put in all that changed until ``now``; gives the time of the next embargo's end.

        An index that is damaged, of another catalogue or of another version is made anew aside.

        Raises:
            CatalogueError: the catalogue cannot be read.
            SearchError: the index cannot be written.
        """
        catalogue = self._archive.catalogue
        made = catalogue.meta("made")
        if not made:
            return None
        position = self._position()
        if position is None or position.made != f"{made}.{VERSION}":
            position = self._rebuild(f"{made}.{VERSION}", now, told)
        while self._follow(position, now):
            position = self._position() or position
        return catalogue.next_arrival(now)

    def _position(self) -> Position | None:
        try:
            return Position.parse(self._engine.position())
        except SearchError as error:
            _log.warning("%s; the index is made anew", error)
            return None

    # -- what changed --

    def _follow(self, position: Position, now: datetime) -> bool:
        """One batch; whether there may be more."""
        catalogue = self._archive.catalogue
        with self._archive.snapshot():
            changes = catalogue.changes(position.sequence, BATCH)
            arrived = catalogue.arrived_between(instant(position.until), now)
            if not changes and not arrived:
                return False
            ids = dict.fromkeys([*(each.id for each in changes), *(each.id for each in arrived)])
            found = catalogue.placed(ids)
            # a story is found by the titles of its updates
            stories = {entry.story for _, entry in found if entry.story}
            placed = {e.id: (at, e) for at, e in (*found, *catalogue.placed_at(stories))}
            gone = [id_ for id_ in ids if id_ not in placed]
            put_in = self._put_in(self._engine, placed.values(), gone, now)
            sequence = changes[-1].sequence if changes else position.sequence
        put_in(Position(position.made, sequence, microseconds(now)))
        return len(changes) == BATCH

    def _put_in(
        self,
        engine: Engine,
        placed: Iterable[tuple[int, Entry]],
        gone: Iterable[str],
        now: datetime,
    ) -> Callable[[Position], None]:
        """Make documents; what it gives writes them."""
        shown, hidden = [], list(gone)
        for at, entry in placed:
            if entry.status is Status.PUBLISHED and at <= microseconds(now):
                shown.append((at, entry))
            else:
                hidden.append(entry.id)
        texts = {entry.id: markup.text(entry.body) for _, entry in shown}
        documents = [self._document(at, entry, texts[entry.id], now) for at, entry in shown]

        def write(position: Position) -> None:
            self._vocabulary.learn(
                (entry.id, entry.digest, _words_of(entry, texts[entry.id])) for _, entry in shown
            )
            self._vocabulary.forget(hidden)
            engine.update(documents, hidden, position.unparse())

        return write

    def _document(self, at: int, entry: Entry, text: str, now: datetime) -> Document:
        day = local(instant(at), self._zone).date()
        terms = [term for term in terms_of(entry) if term and not term.startswith("word:")]
        updates = ""
        if entry.is_story or not entry.story:
            found = self._archive.catalogue.updates(entry.path, now, bodies=False)
            updates = "\n".join(each.title for each in found if not each.untitled)
        return Document(
            id=entry.id,
            at=at,
            terms=(*terms, f"year:{day.year:04d}", f"month:{str(day)[:7]}"),
            title=tokens(entry.title, entry.lang),
            summary=tokens(entry.summary, entry.lang),
            updates=tokens(f"{updates}\n{_name(entry)}", entry.lang),
            body=tokens(text, entry.lang),
        )

    # -- all of it --

    def _rebuild(self, made: str, now: datetime, told: Progress | None) -> Position:
        catalogue = self._archive.catalogue
        total, done, number = catalogue.entry_count(), 0, 0
        position = Position(made, catalogue.last_change(), microseconds(now))
        self._vocabulary.clear()
        with self._engine.rebuilt() as fresh:
            while True:
                with self._archive.snapshot():
                    batch = catalogue.placed_after(number, BULK)
                    if not batch:
                        break
                    number = batch[-1][0]
                    put_in = self._put_in(fresh, [each[1:] for each in batch], (), now)
                put_in(position)
                done += len(batch)
                if told:
                    told(done, total)
            fresh.update((), (), position.unparse())
        return position


def _name(entry: Entry) -> str:
    """The words of a file's name, without its date: what its author calls it."""
    return " ".join(words(entry.path.rpartition("/")[2].lstrip("0123456789-").replace("-", " ")))


def _words_of(entry: Entry, text: str) -> set[str]:
    """The words of an entry as they are written."""
    return written(f"{entry.title}\n{entry.summary}\n{_name(entry)}\n{text}", entry.lang)


class Indexer:
    """Keeps the index in step, in a thread of its own while it is entered."""

    def __init__(self, config: Config) -> None:
        self._indexing = Indexing(config)
        self._woken = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="newsarchive-indexer", daemon=True)

    def __enter__(self) -> "Indexer":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._stopped = True
        self.wake()
        self._thread.join(timeout=5)

    def wake(self) -> None:
        """Something was loaded."""
        self._woken.set()

    def _run(self) -> None:
        while not self._stopped:
            self._woken.clear()
            now, wait = datetime.now(UTC), 3600.0
            try:
                again = self._indexing.catch_up(now)
                if again is not None:
                    wait = max(0.1, (again - now).total_seconds())
            except CatalogueError:
                wait = RETRY_SECONDS  # not there yet, as its loader says
            except SearchError as error:
                _log.warning("%s", error)
                wait = RETRY_SECONDS
            self._woken.wait(min(wait, 3600.0))
        with contextlib.suppress(SearchError):
            self._indexing.close()
