"""Whether what is served is what the files say: everything is compared with a fresh build, and
mended."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from newsarchive import plaintext
from newsarchive.archive import Archive
from newsarchive.catalogue.comparing import Differences, compare
from newsarchive.catalogue.store import is_damage
from newsarchive.checking import loaded_anew
from newsarchive.config import Config
from newsarchive.entry import Entry
from newsarchive.errors import CatalogueError, SearchError
from newsarchive.indexing import Indexing
from newsarchive.loader import load_once, rebuild, writing
from newsarchive.progress import CATALOGUE
from newsarchive.reading import Progress
from newsarchive.search import open_engine
from newsarchive.search.engine import Clause, Engine, Question
from newsarchive.search.text import tokens
from newsarchive.searching import Search

#: looks, as long as what is served changes meanwhile, and seconds between them
LOOKS, PAUSE_SECONDS = 3, 1.0
#: tokens of a text's beginning and of its end by which it must be found
PROBE = 6
#: ids that are named at most
MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Verdict:
    """How what is served compares with the files."""

    #: that the files say
    entries: int
    #: of those, served exactly so
    equal: int
    #: served in their last good version, as their file cannot be read now
    kept: int
    #: entries that differ, are missing or are left over: the first of their ids
    different: tuple[str, ...]
    #: lists and counts that differ, by table
    tables: tuple[str, ...]
    #: entries that search must find by their own words, and those that it does
    searchable: int
    found: int
    #: documents of entries that are not shown
    stray: int
    #: why what is served cannot be read; else empty
    unreadable: str = ""

    @property
    def holds(self) -> bool:
        """Whether nothing differs."""
        whole = self.equal == self.entries and self.found == self.searchable and not self.stray
        return whole and not (self.different or self.tables or self.unreadable)


def verify(config: Config, now: datetime, told: Progress | None = None) -> Verdict:
    """Compare what is served with the files as they are; files that are written meanwhile are
    waited for.

    Raises:
        ArticlesError: the folder cannot be listed.
    """
    archive = Archive(config)
    for _ in range(LOOKS - 1):
        before = _state(archive)
        verdict = _verdict(archive, now, told)
        if verdict.holds or verdict.unreadable or _state(archive) == before:
            return verdict
        time.sleep(PAUSE_SECONDS)
    return _verdict(archive, now, told)


def repair(config: Config, now: datetime, told: Progress | None = None) -> None:
    """Read every file and make every list and the index anew; what is served until then stays
    online. The whole catalogue is only made anew where that does not mend it: it alone knows when
    entries were first seen, and what scripts have followed.

    Raises:
        WriterBusyError: another process is writing.
        CatalogueError, SearchError: the data folder cannot be written.
    """
    try:
        with writing(config) as writer:
            writer.distrust()
            load_once(config, writer, told)
            mended = _is_equal(config, now)
    except CatalogueError as error:
        if not is_damage(error.__cause__):
            raise
        mended = False
    if not mended:
        rebuild(config, told)
    with closing(Indexing(config)) as indexing:
        indexing.catch_up(now, told, anew=True)


def _state(archive: Archive) -> int:
    try:
        return archive.catalogue.generation()
    except CatalogueError:
        return 0


def _verdict(archive: Archive, now: datetime, told: Progress | None) -> Verdict:
    config = archive.config
    with loaded_anew(config, now) as (fresh, _):
        try:
            found = compare(config.data_dir / CATALOGUE, fresh.path)
        except CatalogueError as error:
            entries = fresh.entry_count()
            return Verdict(entries, 0, 0, (), (), entries, 0, 0, str(error))
    try:
        return _of(found, _searched(archive, now, told))
    except SearchError as error:
        return _of(found, (found.entries, 0, 0), str(error))


def _is_equal(config: Config, now: datetime) -> bool:
    """Whether the catalogue is; search may be behind."""
    with loaded_anew(config, now) as (fresh, _):
        try:
            found = compare(config.data_dir / CATALOGUE, fresh.path)
        except CatalogueError:
            return False
    return not (found.ids or found.tables)


def _of(found: Differences, search: tuple[int, int, int], unreadable: str = "") -> Verdict:
    different = tuple(sorted(found.ids))
    # what differs may be left over: then it is none of the entries that the files say
    equal = max(0, found.entries - len(different))
    return Verdict(
        found.entries, equal, len(found.kept), different[:MOST_NAMED], found.tables, *search,
        unreadable,
    )  # fmt: skip


# -- search --


def _searched(archive: Archive, now: datetime, told: Progress | None) -> tuple[int, int, int]:
    """Entries that are shown, those that are found by their own words at their own place, and
    documents beyond them."""
    search = Search(archive)
    if search.behind():
        raise SearchError(
            str(archive.config.data_dir), "the index is behind the archive; run: newsarchive index"
        )
    searchable, found, total = 0, 0, archive.catalogue.entry_count()
    with closing(open_engine(archive.config)) as engine:
        for at, entry in _shown(archive, now):
            searchable += 1
            found += _is_found(engine, at, entry)
            if told:
                told(searchable, total)
        documents = engine.search(Question(limit=0)).total
    return searchable, found, max(0, documents - searchable)


def _shown(archive: Archive, now: datetime) -> Iterator[tuple[int, Entry]]:
    """The entries that are shown, with their places in time."""
    held = archive.catalogue.held_after(0, now)
    while ids := [each.id for each in islice(held, 200)]:
        yield from archive.catalogue.placed(archive.catalogue.published(ids, now))


def _is_found(engine: Engine, at: int, entry: Entry) -> bool:
    body = tokens(plaintext.text(entry.body), entry.lang)
    phrases = (tokens(entry.title, entry.lang)[:PROBE], body[:PROBE], body[-PROBE:])
    clauses = tuple(Clause((phrase,)) for phrase in dict.fromkeys(phrases) if phrase)
    question = Question(clauses=clauses, start=at, end=at + 1, limit=10_000)
    return any(hit.id == entry.id for hit in engine.search(question).hits)
