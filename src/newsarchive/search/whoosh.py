"""Search by Whoosh, which is all Python: its files, its writer and its posting lists.

Its query parser, collectors and searchers are not used: they are slow or wrong where lists, dates,
totals or threads are concerned. Sets of documents are integers here (``whoosh_columns``), and the
score is worked out from the posting lists (``whoosh_matching``).
"""

import heapq
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeVar

from newsarchive.errors import SearchError
from newsarchive.search.engine import Answer, Document, Engine, Facets, Hit, Question, Ranking
from newsarchive.search.whoosh_columns import Columns, numbered, spread
from newsarchive.search.whoosh_matching import Leaf, Matches, scores
from newsarchive.search.whoosh_postings import Codec, gathered
from newsarchive.search.whoosh_storage import Folders, MappedStorage, errors_named
from newsarchive.search.whoosh_writing import Batch

T = TypeVar("T")

#: how often an index is opened anew when a file went away meanwhile
ATTEMPTS = 12
#: a document: its score and its time, turned so that the lowest is first, and where it is
Row = tuple[float, int, Leaf, int]


@dataclass(frozen=True, slots=True)
class View:
    """An index after one commit, as one thread has it open."""

    folder: str
    generation: int
    position: str
    leaves: dict[str, Leaf]


class WhooshEngine:
    """An Engine over a folder that it makes when there is something to write."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folders = Folders(folder)
        self._lock = threading.Lock()
        self._local = threading.local()
        self._storage = MappedStorage("")
        #: of the segments that the view opened last has
        self._columns: dict[str, Columns] = {}

    def search(self, question: Question) -> Answer:
        """See Engine."""
        with errors_named(self._folder):
            return self._viewed(lambda view: _answer(list(view.leaves.values()), question))

    def update(
        self, documents: Iterable[Document], removed: Collection[str], position: str
    ) -> None:
        """See Engine."""
        with errors_named(self._folder), self._folders.locked():
            name = self._folders.current()
            if name:
                _write(Batch(self._folder / name), documents, removed, position)
                return
            name = self._folders.create()
            try:
                batch = Batch(self._folder / name, empty=True)
                _write(batch, documents, removed, position)
            except BaseException:
                self._folders.discard(name)
                raise
            self._folders.switch(name)

    def position(self) -> str:
        """See Engine."""
        with errors_named(self._folder):
            return self._viewed(lambda view: view.position)

    @contextmanager
    def rebuilt(self) -> Iterator[Engine]:
        """See Engine. All updates of the block become one segment."""
        with errors_named(self._folder), self._folders.locked():
            name = self._folders.create()
        try:
            with errors_named(self._folder):
                fresh = _Fresh(self._folder, name)
            try:
                yield fresh
                fresh.commit()
            finally:
                fresh.close()
            with errors_named(self._folder), self._folders.locked():
                self._folders.switch(name)
        except BaseException:
            self._folders.discard(name)
            raise

    def close(self) -> None:
        """See Engine."""
        with self._lock:
            self._local = threading.local()
            self._storage = MappedStorage("")
            self._columns = {}

    def _current(self) -> str:
        return self._folders.current()

    def _viewed(self, ask: Callable[[View], T]) -> T:
        """Ask the last commit. A writer elsewhere may remove what is about to be opened."""
        for attempt in range(ATTEMPTS):
            try:
                return ask(self._view())
            except FileNotFoundError:
                self._local.view = None
                if attempt == ATTEMPTS - 1:
                    raise
                time.sleep(0.002 * attempt)
            except Exception:
                self._local.view = None
                raise
        raise AssertionError

    def _view(self) -> View:
        """The last commit: what this thread has open, when it is still that."""
        name = self._current()
        held: View | None = getattr(self._local, "view", None)
        if not name:
            return View("", 0, "", {})
        storage = self._opened(name)
        generation = storage.generation()
        if held is not None and (held.folder, held.generation) == (name, generation):
            return held
        toc = storage.toc(generation)
        known = held.leaves if held is not None and held.folder == name else {}
        leaves = {}
        for segment in toc.segments:
            segment_name = segment.segment_id()
            leaves[segment_name] = self._leaf(storage, segment, known.get(segment_name))
        with self._lock:
            self._columns = {segment: leaf.columns for segment, leaf in leaves.items()}
        self._local.view = View(name, generation, toc.schema.position, leaves)
        view: View = self._local.view
        return view

    def _opened(self, name: str) -> MappedStorage:
        path = str(self._folder / name)
        with self._lock:
            if self._storage.folder != path:
                self._storage = MappedStorage(path)
            return self._storage

    def _leaf(self, storage: MappedStorage, segment: Any, known: Leaf | None) -> Leaf:
        """A segment; only what is deleted in it can have changed."""
        if not isinstance(segment.codec(), Codec):
            raise ValueError("it was made by another version")
        name = segment.segment_id()
        with self._lock:
            columns = self._columns.get(name)
        if columns is None:
            columns = Columns(storage, segment)
            with self._lock:
                columns = self._columns.setdefault(name, columns)
        live = (1 << columns.size) - 1
        if segment.deleted_count():
            live &= ~gathered(sorted(segment.deleted_docs()))
        if known is not None:
            return replace(known, live=live)
        terms = segment.codec().terms_reader(storage, segment)
        return Leaf(columns, terms, columns.ids(), live)


class _Fresh(WhooshEngine):
    """An index that is filled aside: its updates are committed together, at the end or when it is
    searched. After an update that failed nothing of it can be used."""

    def __init__(self, folder: Path, name: str) -> None:
        super().__init__(folder)
        self._name = name
        self._batch: Batch | None = Batch(folder / name, empty=True)
        self._position = ""
        self._broken = False

    def _current(self) -> str:
        return self._name

    def search(self, question: Question) -> Answer:
        self.commit()
        return super().search(question)

    def update(
        self, documents: Iterable[Document], removed: Collection[str], position: str
    ) -> None:
        with errors_named(self._folder), self._whole():
            if self._batch is None:
                self._batch = Batch(self._folder / self._name)
            self._batch.add(documents, removed, position)
            self._position = position

    def position(self) -> str:
        return self._position

    def commit(self) -> None:
        """Write what was put in since the last time."""
        with errors_named(self._folder), self._whole():
            if self._batch is not None:
                self._batch.commit()
                self._batch = None

    @contextmanager
    def rebuilt(self) -> Iterator[Engine]:
        raise SearchError(str(self._folder), "is being rebuilt already")
        yield self

    def close(self) -> None:
        if self._batch is not None:
            self._batch.abandon()
            self._batch = None
            self._broken = True
        super().close()

    @contextmanager
    def _whole(self) -> Iterator[None]:
        if self._broken:
            raise SearchError(str(self._folder), "could not be rebuilt; begin anew")
        try:
            yield
        except BaseException:
            self._broken = True
            raise


def _write(
    batch: Batch, documents: Iterable[Document], removed: Collection[str], position: str
) -> None:
    try:
        batch.add(documents, removed, position)
        batch.commit()
    except BaseException:
        batch.abandon()
        raise


def _answer(leaves: Sequence[Leaf], question: Question) -> Answer:
    matches = [Matches(leaf, question) for leaf in leaves]
    total = sum(each.found.bit_count() for each in matches)
    last = min(question.offset + question.limit, total)
    hits: tuple[Hit, ...] = ()
    if last > question.offset:
        scored = question.ranking is Ranking.RELEVANCE
        if scored and any(not clause.negated for clause in question.clauses):
            rows = _best(matches, scores(matches, question), last)
        else:
            oldest = question.ranking is Ranking.OLDEST
            rows = [row for each in matches for row in _in_time(each, last, oldest=oldest)]
        hits = _page(rows, question.offset, last)
    return Answer(hits, total, _facets(matches, question.facets))


def _best(matches: Sequence[Matches], scored: Sequence[dict[int, float]], many: int) -> list[Row]:
    """The documents that score most, with all that tie with the last of them."""
    least = heapq.nlargest(many, (score for sums in scored for score in sums.values()))[-1]
    return [
        (-score, -each.leaf.columns.times()[number], each.leaf, number)
        for each, sums in zip(matches, scored, strict=True)
        for number, score in sums.items()
        if score >= least
    ]


def _in_time(each: Matches, many: int, *, oldest: bool) -> list[Row]:
    """The first documents of a segment by time, then by id."""
    columns, sign = each.leaf.columns, 1 if oldest else -1
    numbers: Iterable[int]
    if each.found.bit_count() << 6 < columns.size:
        numbers = numbered(each.found, columns.size)
    else:
        had = spread(each.found, columns.size)
        numbers = islice(filter(had.__getitem__, columns.order(oldest=oldest)), many)
    times = columns.times()
    return [(0.0, sign * times[number], each.leaf, number) for number in numbers]


def _page(rows: list[Row], first: int, after: int) -> tuple[Hit, ...]:
    """The hits of a page. An id is looked up only where it is shown or breaks a tie."""
    place = itemgetter(0, 1)
    rows.sort(key=place)
    begin, end = first, after
    while begin and place(rows[begin - 1]) == place(rows[first]):
        begin -= 1
    while end < len(rows) and place(rows[end]) == place(rows[after - 1]):
        end += 1
    named = sorted((score, at, leaf.name(number)) for score, at, leaf, number in rows[begin:end])
    return tuple(
        Hit(name, -score or 0.0) for score, _, name in named[first - begin : after - begin]
    )


def _facets(matches: Sequence[Matches], kinds: Sequence[str]) -> Facets:
    counts: Counter[str] = Counter()
    for each in matches:
        if each.found:
            for kind in dict.fromkeys(kinds):
                facet = each.leaf.columns.facet(each.leaf.terms, kind)
                counts.update(facet.count(each.found))
    return Facets(dict(counts))
