"""How documents get into a Whoosh index."""

import heapq
import marshal
import struct
from collections import defaultdict
from collections.abc import Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

from newsarchive.search.engine import WEIGHTS, Document
from newsarchive.search.whoosh_library import (
    NAME,
    TOC,
    FileIndex,
    SegmentReader,
    SegmentWriter,
    columns,
    fields,
    formats,
    whoosh3,
)
from newsarchive.search.whoosh_storage import MappedStorage

#: documents that are merged in one update at most: some 300 a second are
MERGED = 200
#: segments of about one size that are merged into one
ALIKE = 8
#: postings that are held in memory: some 100 MB
HELD = 500_000

AT = columns.NumericColumn("q")


class Places(formats.Format):  # type: ignore[misc]  # the library has no types
    """Where a token stands in a field: two bytes a place, or four and one that says so. Whoosh's
    own format pickles them, which takes six times the room and most of the time."""

    posting_size = -1

    def __init__(self) -> None:
        super().__init__(field_boost=1.0)

    def encode(self, places: Sequence[int]) -> bytes:
        """As bytes; the places ascend."""
        if places[-1] < 2**16:
            return struct.pack(f"<{len(places)}H", *places)
        return struct.pack(f"<{len(places)}IB", *places, 0)

    def decode(self, value: bytes) -> Sequence[int]:
        """The places."""
        if len(value) % 2:
            return struct.unpack(f"<{len(value) // 4}IB", value)[:-1]
        return struct.unpack(f"<{len(value) // 2}H", value)


#: of fields with and without places
FORMATS = {True: Places(), False: formats.Existence()}


class Tokens(fields.FieldType):  # type: ignore[misc]  # the library has no types
    """A field that is given its tokens: no analyser has anything left to do."""

    analyzer = None

    def __init__(self, *, scored: bool, kept: bool = False) -> None:
        self.format = FORMATS[scored]
        self.scorable = scored
        self.column_type = columns.VarBytesColumn() if kept else None

    def index(self, value: Sequence[str], **_: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        if not self.scorable:
            for token in dict.fromkeys(value):
                yield token.encode(), 1, 1.0, b""
            return
        places: defaultdict[str, list[int]] = defaultdict(list)
        for place, token in enumerate(value):
            places[token].append(place)
        for token, found in places.items():
            yield token.encode(), len(found), float(len(found)), self.format.encode(found)

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
Posting = tuple[str, bytes, int, float, bytes]


class _Pool:
    """Sorts postings for a writer, by token and not one by one as Whoosh's own does: half the
    time of indexing. What is too much for memory goes into files, already in order."""

    def __init__(self, storage: Any) -> None:
        self._storage = storage
        self._held: dict[tuple[str, bytes], list[Any]] = {}
        self._many = 0
        self._runs: list[str] = []
        #: Whoosh looks at it
        self.fieldnames: set[str] = set()

    def add(self, posting: Posting) -> None:
        field, token, *rest = posting
        held = self._held.get((field, token))
        if held is None:
            self._held[field, token] = rest
        else:
            held += rest
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

    def _run(self, name: str) -> Iterator[tuple[tuple[str, bytes], list[Any]]]:
        with (Path(self._storage.folder) / name).open("rb") as file:
            while True:
                try:
                    yield marshal.load(file)  # noqa: S302 - a file of this process
                except EOFError:
                    return

    def iter_postings(self) -> Iterator[Posting]:
        held = ((key, self._held[key]) for key in sorted(self._held))
        # runs are in order of their documents, and a merge keeps the order of equals
        merged = heapq.merge(*map(self._run, self._runs), held, key=itemgetter(0))
        for (field, token), rest in merged:
            parts = iter(rest)
            for number, weight, places in zip(parts, parts, parts, strict=True):
                yield field, token, number, weight, places

    def cleanup(self) -> None:
        for name in self._runs:
            self._storage.delete_file(name)
        self._held, self._runs = {}, []


class _Writer(SegmentWriter):  # type: ignore[misc]  # the library has no types
    def __init__(self, index: Any) -> None:
        codec = whoosh3.W3Codec()
        codec.length_stats = False  # only Whoosh's own scores want them; a tenth of the time
        super().__init__(index, compound=False, _lk=False, codec=codec)
        self.pool = _Pool(self._tempstorage)

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

    def add(self, documents: Sequence[Document], removed: Sequence[str], position: str) -> None:
        """Put documents in and take ids out, after what was put in and taken out before."""
        gone = set(removed)
        # two documents of one id in one writer would both be found
        last = {document.id: document for document in documents if document.id not in gone}
        for name in (*gone, *last):
            self._delete(name)
        for document in last.values():
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
                for number in terms.matcher("id", text, FORMATS[False]).all_ids():
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
    merged = {id(segment) for segment in alike[0]}  # without documents
    for tier in (1, 2, 3):
        found = alike[tier]
        if (tier < 3 and len(found) < ALIKE) or len(found) < 3:
            continue
        room = MERGED
        for segment in sorted(found, key=lambda each: int(each.doc_count())):
            room -= segment.doc_count()
            if room < 0:
                break
            reader = SegmentReader(writer.storage, writer.schema, segment)
            writer.add_reader(reader)
            reader.close()
            merged.add(id(segment))
        break
    return [segment for segment in segments if id(segment) not in merged]


def _tier(documents: int) -> int:
    if not documents:
        return 0
    return (
        1 if documents < ALIKE else 2 if documents < ALIKE**2 else 3 if documents <= MERGED else 4
    )
