"""The search index and the list of words in step with the catalogue: what changed is put in, batch
by batch.

Both say themselves how far they have followed the catalogue's change log, and that is written
together with what is put in: after a crash at any point the next look goes on from there, in the
middle of a first index too. What is there already answers meanwhile.
"""

import contextlib
import errno
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from newsarchive import plaintext, progress
from newsarchive.archive import Archive
from newsarchive.background import RETRY_SECONDS, Background
from newsarchive.catalogue.lists import terms_of
from newsarchive.config import Config
from newsarchive.dates import instant, local, microseconds
from newsarchive.entry import Entry, Status
from newsarchive.errors import CatalogueError, SearchError
from newsarchive.permalink import folder_of, words
from newsarchive.search import open_engine, open_vocabulary
from newsarchive.search.engine import Document, Engine
from newsarchive.search.position import Position
from newsarchive.search.text import STEMMER, tokens, written

#: grows whenever the same entry is indexed as another document
VERSION = 4
#: changes that are followed at once, and when an index is made as a whole
BATCH, BULK = 200, 20_000
#: entries whose words are learnt at once then: an edit waits for them
LEARNT = 200
#: what keeps an index from being written, and would keep another
_NOT_DAMAGE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}
#: so many changes behind, an index is not waited for change by change
FAR_BEHIND = 5_000
#: entries that are read at once
READ = 200
#: changes after which an index is made anew, as a whole: each leaves it in more parts
WORN = 5_000
#: how often it is told how far an index is that is being made
TOLD_SECONDS = 0.5

#: documents indexed so far, and of how many
Progress = Callable[[int, int], None]
#: takes entries in and takes others out, by their ids, with the position that is then reached
Sink = Callable[[Sequence[str], Sequence[str], str], None]

_log = logging.getLogger("newsarchive.indexing")


class Indexing:
    """Lets an index follow a catalogue; one process at a time does, the one that writes that."""

    def __init__(self, config: Config) -> None:
        self._archive = Archive(config)
        self._zone = config.zone
        self._engine = open_engine(config)
        self._vocabulary = open_vocabulary(config)
        self._told = _Telling(self._archive)

    def close(self) -> None:
        """Let go of the index."""
        self._engine.close()

    def catch_up(
        self, now: datetime, told: Progress | None = None, *, anew: bool = False
    ) -> datetime | None:
        """Put in all that changed until ``now``; gives the time of the next embargo's end.

        An index that is of another catalogue, of another version or worn is made anew aside, and
        any other one ``anew``; a damaged one is emptied and filled.

        Raises:
            CatalogueError: the catalogue cannot be read.
            SearchError: the index cannot be written.
        """
        catalogue = self._archive.catalogue
        made = catalogue.meta("made")
        if not made:
            return None
        version = f"{made}.{VERSION}.{STEMMER}"
        begun = Position(version, 0, microseconds(now), catalogue.last_change())
        with self._told.to(told):
            self._index(begun, now, anew=anew)
            self._learn(begun, now)
        return catalogue.next_arrival(now)

    def _index(self, begun: Position, now: datetime, *, anew: bool = False) -> None:
        position = self._position() or begun
        is_its = position.made == begun.made and position.sequence - position.whole < WORN
        if is_its and not anew:
            self._follow_all(self._into(self._engine, now), position, now)
            return
        old = position if position.made == begun.made else None
        with self._engine.rebuilt() as aside:
            fresh: Position | None = begun
            while fresh:
                fresh = self._follow(self._into(aside, now), fresh, now)
                if old:  # what is saved meanwhile is found meanwhile
                    old = self._kept_up(old, now, anew=anew)

    def _kept_up(self, position: Position, now: datetime, *, anew: bool) -> Position | None:
        """How far the index is that another will replace; None where that is ``anew`` and the
        index cannot be kept in step, which is why."""
        try:
            self._follow_all(self._into(self._engine, now), position, now)
        except SearchError:
            if not anew:
                raise
            return None
        return self._position() or position

    def _position(self) -> Position | None:
        """Of the index; None where there is nothing to be kept."""
        try:
            text = self._engine.position()
        except SearchError as error:
            _log.warning("%s; the index is made anew", error)
            with self._engine.rebuilt():
                return None
        # what is there, but says nothing that is understood, answers until another is made
        return Position.parse(text) or Position(text, 0, 0) if text else None

    def _learn(self, begun: Position, now: datetime) -> None:
        position = Position.parse(self._vocabulary.position())
        if position is None or position.made != begun.made:
            position = begun
        while position:
            position = self._follow(self._into_words(), position, now, LEARNT)
            if position and not position.is_whole:  # what is saved meanwhile is found meanwhile
                self._index(begun, now)

    # -- what changed --

    def _follow_all(self, sink: Sink, position: Position, now: datetime) -> None:
        reached: Position | None = position
        while reached:
            reached = self._follow(sink, reached, now)

    def _follow(
        self, sink: Sink, position: Position, now: datetime, bulk: int = 0
    ) -> Position | None:
        """One batch, of ``bulk`` changes at most where it is made as a whole; the position after
        it, or None when nothing has changed."""
        catalogue = self._archive.catalogue
        with self._archive.snapshot():
            changes = catalogue.changes(position.sequence, self._batch(position, bulk))
            arrived = catalogue.arrived_between(instant(position.until), now)
            if not changes and not arrived:
                return None
            ids = dict.fromkeys([*(each.id for each in changes), *(each.id for each in arrived)])
            if position.is_whole:
                # a story is found by the titles of its updates, and no longer by one that is gone
                paths = [*(each.path for each in changes), *(each.path for each in arrived)]
                folders = set(map(folder_of, paths))
                ids |= dict.fromkeys(catalogue.ids_at(folders))
            shown = catalogue.published(ids, now)
            hidden = tuple(ids.keys() - set(shown))
            sequence = changes[-1].sequence if changes else position.sequence
            reached = position.reached(sequence, microseconds(now))
            self._told.stage(position)
            sink(shown, hidden, reached.unparse())
        return reached

    def _batch(self, position: Position, bulk: int) -> int:
        behind = self._archive.catalogue.last_change() - position.sequence
        return BATCH if position.is_whole and behind < FAR_BEHIND else bulk or BULK

    def _into(self, engine: Engine, now: datetime) -> Sink:
        """Into an index."""

        def put_in(shown: Sequence[str], hidden: Sequence[str], position: str) -> None:
            documents = (self._document(at, entry, now) for at, entry in self._entries(shown))
            engine.update(documents, hidden, position)

        return put_in

    def _into_words(self) -> Sink:
        """Into the list of words; the last batch of a whole takes out what is in no catalogue."""

        def put_in(shown: Sequence[str], hidden: Sequence[str], position: str) -> None:
            reached = Position.parse(position)
            if reached and reached.sequence == reached.whole:
                unknown = self._vocabulary.ids() - self._archive.catalogue.ids()
                hidden = (*hidden, *unknown)
            self._vocabulary.forget(hidden)
            entries = self._entries(shown)
            self._vocabulary.learn(
                ((each.id, f"{VERSION} {each.digest}", _words_of(each)) for _, each in entries),
                position,
            )

        return put_in

    def _entries(self, ids: Sequence[str]) -> Iterator[tuple[int, Entry]]:
        """Entries with their places in time; many are not in memory together."""
        for start in range(0, len(ids), READ):
            for placed in self._archive.catalogue.placed(ids[start : start + READ]):
                self._told.one_more()
                yield placed

    def _document(self, at: int, entry: Entry, now: datetime) -> Document:
        day = local(instant(at), self._zone).date()
        updates = ""
        if entry.is_story or not entry.story:
            found = self._archive.catalogue.updates(entry.path, now, bodies=False)
            updates = "\n".join(
                each.title
                for each in found
                if not each.untitled and each.status is Status.PUBLISHED
            )
        return Document(
            id=entry.id,
            at=at,
            # '' is everything
            terms=(*filter(None, terms_of(entry)), f"year:{day.year:04d}", f"month:{str(day)[:7]}"),
            title=tokens(entry.title, entry.lang),
            summary=tokens(entry.summary, entry.lang),
            updates=tokens(f"{updates}\n{_name(entry)}", entry.lang),
            body=tokens(plaintext.text(entry.body), entry.lang),
        )


def _name(entry: Entry) -> str:
    """The words of a file's name, without its date: what its author calls it."""
    return " ".join(words(entry.path.rpartition("/")[2].lstrip("0123456789-").replace("-", " ")))


def _words_of(entry: Entry) -> set[str]:
    """The words of an entry as they are written."""
    text = f"{entry.title}\n{entry.summary}\n{_name(entry)}\n{plaintext.text(entry.body)}"
    return written(text, entry.lang)


class _Telling:
    """Tells how far an index is that is made as a whole: who asked, and the data folder's status.

    What is told are entries; each is put in twice, into the index and into the list of words.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive, self._config = archive, archive.config
        self._asked: Progress | None = None
        self._done, self._total = 0, 0
        self._last = 0.0

    @contextlib.contextmanager
    def to(self, asked: Progress | None) -> Iterator[None]:
        """Tell it to somebody too; nothing is told after the block."""
        self._asked, self._done, self._total = asked, 0, 0
        try:
            yield
        finally:
            if self._total:
                progress.tell_making(self._config, None)

    def stage(self, position: Position) -> None:
        """A batch begins."""
        if not position.is_whole and not self._total:
            self._total = 2 * self._archive.catalogue.entry_count()
            self._done = self._total // 2 * position.sequence // position.whole
            self._tell()

    def one_more(self) -> None:
        """An entry is put in."""
        self._done += 1
        if self._total and time.monotonic() - self._last > TOLD_SECONDS:
            self._tell()

    def _tell(self) -> None:
        self._last = time.monotonic()
        done, total = min(self._done, self._total) // 2, self._total // 2
        progress.tell_making(self._config, progress.Making(done, total))
        if self._asked:
            self._asked(done, total)


class Indexer(Background):
    """Keeps the index in step, in a thread of its own while it is entered."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._indexing = Indexing(config)
        super().__init__("newsarchive-indexer", self._follow, end=self._close)

    def _follow(self) -> float | None:
        now, anew = datetime.now(UTC), self.is_distrusted()
        # whoever finds it damaged still, says so again
        progress.trust(self._config, progress.INDEX_FLAG)
        try:
            again = self._indexing.catch_up(now, anew=anew)
        except CatalogueError:
            return RETRY_SECONDS  # not there yet, as its loader says
        except SearchError as error:
            _log.warning("%s", error)
            cause = error.__cause__
            if cause and getattr(cause, "errno", None) not in _NOT_DAMAGE:
                progress.distrust(self._config, progress.INDEX_FLAG)  # so that it is made anew
            return RETRY_SECONDS
        return None if again is None else max(0.1, (again - now).total_seconds())

    def is_distrusted(self) -> bool:
        """Whether somebody found the index damaged."""
        return progress.is_distrusted(self._config, progress.INDEX_FLAG)

    def _close(self) -> None:
        with contextlib.suppress(SearchError):
            self._indexing.close()
