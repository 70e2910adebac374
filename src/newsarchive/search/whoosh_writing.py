"""How documents get into a Whoosh index."""

import heapq
import marshal
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from newsarchive.search.engine import WEIGHTS, Document
from newsarchive.search.whoosh_columns import AT, write_order
from newsarchive.search.whoosh_library import (
    NAME,
    TOC,
    FileIndex,
    SegmentReader,
    SegmentWriter,
    columns,
    fields,
    formats,
)
from newsarchive.search.whoosh_postings import Codec, Flat, postings
from newsarchive.search.whoosh_storage import MappedStorage

#: documents that are merged in one update at most: some 300 a second are
MERGED = 200
#: segments of about one size that are merged into one
ALIKE = 8
#: postings that are held in memory: some 60 MB
HELD = 250_000


class Tokens(fields.FieldType):  # type: ignore[misc]  # the library has no types
    """A field that is given its tokens: no analyser has anything left to do."""

    analyzer = None

    def __init__(self, *, scored: bool, kept: bool = False) -> None:
        self.format = formats.Existence()
        self.scorable = scored
        self.column_type = columns.VarBytesColumn() if kept else None

    def index(
        self, value: Sequence[str], **_: Any
    ) -> Iterator[tuple[bytes, int, float, tuple[int, ...]]]:
        if not self.scorable:
            for token in dict.fromkeys(value):
                yield token.encode(), 1, 1.0, ()
            return
        places: defaultdict[str, list[int]] = defaultdict(list)
        for place, token in enumerate(value):
            places[token].append(place)
        for token, found in places.items():
            yield token.encode(), len(found), 1.0, tuple(found)

    def to_column_value(self, value: Sequence[str]) -> bytes:
        return value[0].encode()


def schema() -> Any:
    """The fields of an index, and the position it follows the catalogue to."""
    made = fields.Schema(
        id=Tokens(scored=False, kept=True),
        terms=Tokens(scored=False),
        at=fields.COLUMN(AT),
        **{name: Tokens(scored=True) for name in WEIGHTS},
    )
    made.position = ""
    return made


#: a posting as Whoosh passes it on: field, token, document, weight, places
Posting = tuple[str, bytes, int, float, tuple[int, ...]]


class _Pool:
    """Sorts postings for a writer, by token and not one by one as Whoosh's own does: half the
    time of indexing. What is too much for memory goes into files, already in order."""

    def __init__(self, storage: Any) -> None:
        self._storage = storage
        #: by field and token: documents and places, in turn
        self._held: dict[tuple[str, bytes], list[Any]] = {}
        self._many = 0
        self._runs: list[str] = []
        #: Whoosh looks at it
        self.fieldnames: set[str] = set()

    def add(self, posting: Posting) -> None:
        field, token, number, _, places = posting
        held = self._held.get((field, token))
        if held is None:
            self._held[field, token] = [number, places]
        else:
            held += (number, places)
        self._many += 1
        if self._many > HELD:
            self._save()

    def _save(self) -> None:
        name = f"{len(self._runs)}.run"
        with self._storage.create_file(name).raw_file() as file:
            for key in sorted(self._held):
                marshal.dump((key, self._held[key]), file)
        self._runs.append(name)
        self._held, self._many = {}, 0

    def _run(self, name: str) -> Iterator[Flat]:
        with (Path(self._storage.folder) / name).open("rb") as file:
            while True:
                try:
                    yield marshal.load(file)  # noqa: S302 - a file of this process
                except EOFError:
                    return

    def iter_postings(self) -> Iterator[Flat]:
        """The lists, in order."""
        held = ((key, self._held[key]) for key in sorted(self._held))
        # runs are in order of their documents, and a merge keeps the order of equals
        merged = heapq.merge(*map(self._run, self._runs), held, key=itemgetter(0))
        for key, parts in groupby(merged, key=itemgetter(0)):
            yield key, list(chain.from_iterable(part for _, part in parts))

    def cleanup(self) -> None:
        for name in self._runs:
            self._storage.delete_file(name)
        self._held, self._runs = {}, []


class _Writer(SegmentWriter):  # type: ignore[misc]  # the library has no types
    def __init__(self, index: Any) -> None:
        super().__init__(index, compound=False, _lk=False, codec=Codec())
        self.pool = _Pool(self._tempstorage)

    def _flush_segment(self) -> None:
        # a list is written otherwise when many of the documents are in it
        self.newsegment.set_doc_count(self.docnum)
        super()._flush_segment()
        write_order(self.storage, self.newsegment)

    def _commit_toc(self, segments: list[Any]) -> None:
        for segment in segments:
            if not hasattr(segment, "sizes"):
                names = segment.list_files(self.storage)
                segment.sizes = {name: self.storage.file_length(name) for name in names}
        super()._commit_toc(segments)


class Batch:
    """What goes into an index in one commit. Only one is made at a time, under the folder's lock.

    Whoosh's own lock is not taken: a commit that fails would keep it.
    """

    def __init__(self, folder: Path, *, empty: bool = False) -> None:
        self._storage = MappedStorage(str(folder))
        try:
            if empty:
                TOC.create(self._storage, schema(), NAME)
            self._storage.sweep()
            index = FileIndex(self._storage)
            self._writer = _Writer(index)
            self._standing = [
                (segment, segment.codec().terms_reader(self._storage, segment))
                for segment in self._writer.segments
            ]
        except BaseException:
            self.abandon()
            raise
        #: documents of this batch: by id, their numbers
        self._fresh: dict[str, int] = {}

    def add(self, documents: Iterable[Document], removed: Collection[str], position: str) -> None:
        """Put documents in and take ids out, after what was put in and taken out before."""
        gone = set(removed)
        for name in gone:
            self._delete(name)
        for document in documents:
            if document.id in gone:
                continue
            self._delete(document.id)
            self._fresh[document.id] = self._writer.docnum
            self._writer.add_document(
                id=(document.id,),
                at=document.at,
                terms=document.terms,
                **{name: tokens for name in WEIGHTS if (tokens := getattr(document, name))},
            )
        self._writer.schema.position = position

    def _delete(self, name: str) -> None:
        fresh = self._fresh.pop(name, None)
        if fresh is not None:
            self._writer.newsegment.delete_document(fresh)
        text = name.encode()
        for segment, terms in self._standing:
            if ("id", text) in terms:
                for number in postings(terms, "id", name).numbers:
                    segment.delete_document(number)

    def commit(self) -> None:
        """All of it is in the index when this returns, and nothing when it raises."""
        self._writer.commit(mergetype=_merged)

    def abandon(self) -> None:
        """Leave the index as it was."""
        self._storage.abandon()


def _merged(writer: Any, segments: list[Any]) -> list[Any]:
    """Merge segments that are small and many of about one size; answer those that stay.

    So that an edit never waits for more than ``MERGED`` documents; what is large stays as it is
    until the index is rebuilt.
    """
    alike: defaultdict[int, list[Any]] = defaultdict(list)
    for segment in segments:
        alike[_tier(segment.doc_count())].append(segment)
    merged = list(alike[0])  # without documents
    for tier in (1, 2, 3):
        chosen = _fitting(alike[tier]) if len(alike[tier]) >= (ALIKE if tier < 3 else 2) else []
        if len(chosen) > 1:
            for segment in chosen:
                reader = SegmentReader(writer.storage, writer.schema, segment)
                writer.add_reader(reader)
                reader.close()
            merged += chosen
            break
    return [segment for segment in segments if segment not in merged]


def _fitting(segments: list[Any]) -> list[Any]:
    """The smallest of some segments, which together have at most ``MERGED`` documents."""
    chosen, room = [], MERGED
    for segment in sorted(segments, key=lambda each: int(each.doc_count())):
        room -= segment.doc_count()
        if room < 0:
            break
        chosen.append(segment)
    return chosen


def _tier(documents: int) -> int:
    if not documents:
        return 0
    return 1 if documents < ALIKE else 2 if documents < ALIKE**2 else 3 if documents < MERGED else 4
