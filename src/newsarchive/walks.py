"""A list, page by page from a place on: what scripts walk through."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from msgspec import Raw

from newsarchive.archive import Archive
from newsarchive.catalogue import Held, Part, Place
from newsarchive.documents import LISTED, Documents
from newsarchive.errors import SearchError
from newsarchive.query import Query
from newsarchive.searching import Search, as_read


@dataclass(frozen=True, slots=True)
class Step:
    """One page of a list."""

    #: each a ``shapes.Entry`` as JSON
    entries: list[Raw]
    #: of the whole list
    total: int
    #: where the next page begins; None at the end
    beyond: Place | None


@dataclass(frozen=True, slots=True)
class Walk:
    """Walks through the lists of an archive, as of one moment."""

    archive: Archive
    search: Search
    now: datetime

    def step(
        self, query: Query, beyond: Place | None = None, fields: Collection[str] = LISTED
    ) -> Step:
        """The page of a list after a place, by date alone; ``query.limit`` is its size.

        Raises:
            QueryError: the words are beyond the bounds.
            SearchError: the index cannot be read, or knows nothing yet of what the list holds.
        """
        documents = Documents(self.archive, self.now, fields)
        read = as_read(query)
        # signs alone are read as nothing, and find nothing
        if query.text and (read.text or read == replace(query, text="")):
            held, total, is_last = self._searched(query, beyond, documents.part)
        else:
            held, total, is_last = self._listed(read, beyond, documents.part)
        after = None if is_last or not held else Place(held[-1].at, held[-1].id)
        return Step(documents.encoded(held), total, after)

    def _listed(
        self, query: Query, beyond: Place | None, part: Part
    ) -> tuple[tuple[Held, ...], int, bool]:
        catalogue, size = self.archive.catalogue, query.limit
        found = catalogue.walk(replace(query, limit=size + 1), self.now, beyond=beyond, part=part)
        return found[:size], catalogue.extent(query, self.now), len(found) <= size

    def _searched(
        self, query: Query, beyond: Place | None, part: Part
    ) -> tuple[tuple[Held, ...], int, bool]:
        size = query.limit
        if not self.search.position():
            raise SearchError(str(self.archive.config.data_dir), "nothing is indexed yet")
        ids, total = self.search.walk(query, self.now, size + 1, beyond)
        held = self.archive.catalogue.held_by_id(ids[:size], self.now, part=part)
        if ids and not held:
            raise SearchError(str(self.archive.config.data_dir), "the index is behind the archive")
        return held, total, len(ids) <= size
