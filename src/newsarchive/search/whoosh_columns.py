"""What is known of the documents of one segment, whose files never change: kept once it was asked.

A set of documents is an integer, in which a bit stands for each; so "and", "or" and counting are
one step however many there are.
"""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import accumulate, chain, compress, groupby
from typing import Any

from newsarchive.search.engine import WEIGHTS
from newsarchive.search.whoosh_library import columns, whoosh3
from newsarchive.search.whoosh_postings import Postings, gathered, postings
from newsarchive.search.whoosh_storage import MappedStorage

#: sets that are remembered of one segment
REMEMBERED = 128
#: a list that holds one document of so many is kept as a set, any other as numbers
SPARSE = 256
#: steps in time between which documents are gone through one by one
STEPS = 64
#: when a document is
AT = columns.NumericColumn("q")
#: ending of the file that has all documents by time, then by id
ORDER = ".ord"
_ONES = bytes(1 if byte == ord("1") else 0 for byte in range(256))


def spread(documents: int, size: int) -> bytes:
    """A set, as a byte for each document: 1 or 0."""
    return format(documents, f"0{size}b")[::-1].encode().translate(_ONES)


def numbered(documents: int, size: int) -> list[int]:
    """A set, as numbers of documents."""
    if documents.bit_count() > size >> 5:
        return list(compress(range(size), spread(documents, size)))
    bits = f"{documents:b}"[::-1]
    numbers, place = [], bits.find("1")
    while place >= 0:
        numbers.append(place)
        place = bits.find("1", place + 1)
    return numbers


class Facet:
    """Which terms of one kind the documents have."""

    def __init__(self, lists: Iterable[tuple[str, Postings]], size: int) -> None:
        self._size = size
        self._common: dict[str, int] = {}
        self._names: list[str] = []
        #: by document, then by term: both in one number
        pairs: list[int] = []
        for name, found in lists:
            if len(found.numbers) * SPARSE >= size:
                self._common[name] = found.having
            else:
                place = len(self._names)
                pairs += [number << 32 | place for number in found.numbers]
                self._names.append(name)
        pairs.sort()
        #: the documents and terms of the pairs, and where those of each document begin
        self._documents = array("I", [pair >> 32 for pair in pairs])
        self._terms = array("I", [pair & 0xFFFFFFFF for pair in pairs])
        many = array("I", bytes(4 * (size + 1)))
        for number in self._documents:
            many[number + 1] += 1
        self._starts = array("I", accumulate(many))

    def count(self, documents: int) -> Counter[str]:
        """How many of a set have each term."""
        counts = Counter(
            {name: (had & documents).bit_count() for name, had in self._common.items()}
        )
        for term, count in self._rare(documents).items():
            counts[self._names[term]] = count
        return +counts

    def _rare(self, documents: int) -> Counter[int]:
        if documents.bit_count() << 4 < self._size:
            starts, terms = self._starts, self._terms
            return Counter(
                chain.from_iterable(
                    terms[starts[number] : starts[number + 1]]
                    for number in numbered(documents, self._size)
                )
            )
        had = map(spread(documents, self._size).__getitem__, self._documents)
        return Counter(compress(self._terms, had))


class Columns:
    """A segment's documents by term, by time, by length; for all threads."""

    def __init__(self, storage: MappedStorage, segment: Any) -> None:
        # of a segment that is being made nothing is known yet
        for name, expected in getattr(segment, "sizes", {}).items():
            if storage.file_length(name) != expected:
                raise ValueError(f"a file of it is cut short: {name}")
        self._storage = storage
        self._segment = segment
        self.size: int = segment.doc_count_all()
        reader = segment.codec().per_document_reader(storage, segment)
        #: of each field, how many tokens all documents have
        self.tokens = {name: int(reader.field_length(name)) for name in WEIGHTS}
        self._lists: dict[str, int] = {}
        self._facets: dict[str, Facet] = {}
        self._lengths: dict[str, bytes] = {}
        self._times: array[int] | None = None
        self._orders: tuple[array[int], array[int]] | None = None
        self._steps: list[int] = []

    def _column(self, name: str, typecode: str) -> "array[Any]":
        """A column of numbers; what stands beyond its end is 0."""
        made = array(typecode)
        file_name = whoosh3.W3Codec.column_filename(self._segment, name)
        if self._storage.file_exists(file_name):
            size = self._storage.file_length(file_name)
            made = self._storage.open_file(file_name).get_array(0, typecode, size // made.itemsize)
        made.extend([0] * (self.size - len(made)))
        return made

    def _numbers_in(self, file_name: str, typecode: str) -> "array[Any]":
        made = array(typecode)
        if self._storage.file_exists(file_name):
            size = self._storage.file_length(file_name)
            made.frombytes(self._storage.open_file(file_name).get(0, size - size % made.itemsize))
        return made

    def ids(self) -> Callable[[int], str]:
        """What answers the id of a document, for one thread."""
        reader = self._segment.codec().per_document_reader(self._storage, self._segment)
        column = reader.column_reader("id", whoosh3.columns.VarBytesColumn())
        return lambda number: column[number].decode()

    def listed(self, terms: Any, term: str) -> int:
        """The documents in a list."""
        found = self._lists.get(term)
        if found is None:
            found = postings(terms, "terms", term).having
            if len(self._lists) >= REMEMBERED:
                self._lists = {}  # another thread may be reading the old one
            self._lists[term] = found
        return found

    def facet(self, terms: Any, kind: str) -> Facet:
        """The lists of one kind."""
        if kind not in self._facets:
            prefix = f"{kind}:".encode()
            names = []
            for (field, text), _ in terms.items_from("terms", prefix):
                if field != "terms" or not text.startswith(prefix):
                    break
                names.append(text.decode())
            lists = ((name, postings(terms, "terms", name)) for name in names)
            self._facets[kind] = Facet(lists, self.size)
        return self._facets[kind]

    def lengths(self, field: str) -> bytes:
        """How long a field is in each document, as Whoosh rounds it."""
        if field not in self._lengths:
            self._lengths[field] = self._column(f"_{field}_len", "B").tobytes()
        return self._lengths[field]

    def times(self) -> "array[int]":
        """When each document is."""
        if self._times is None:
            self._times = self._column("at", AT._typecode)
        return self._times

    def order(self, *, oldest: bool) -> "array[int]":
        """All documents by time, then by id."""
        if self._orders is None:
            self._orders = _orders(
                self._numbers_in(self._segment.make_filename(ORDER), "I"), self.times()
            )
        return self._orders[0 if oldest else 1]

    def within(self, start: int, end: int) -> int:
        """The documents from an instant to before another."""
        if start >= end or not self.size:
            return 0
        order, times = self.order(oldest=True), self.times()
        first = bisect_left(order, start, key=times.__getitem__)
        after = bisect_left(order, end, key=times.__getitem__)
        return self._first(after) & ~self._first(first)

    def _first(self, many: int) -> int:
        """The first documents in time."""
        order = self.order(oldest=True)
        stride = self.size // STEPS + 1
        if not self._steps:
            steps = [0]
            for place in range(0, self.size, stride):
                steps.append(steps[-1] | gathered(sorted(order[place : place + stride])))
            self._steps = steps
        step = many // stride
        return self._steps[step] | gathered(sorted(order[step * stride : many]))


def write_order(storage: Any, segment: Any) -> None:
    """Put beside a new segment its documents by time, then by id."""
    made = Columns(storage, segment)
    times, name = made.times(), made.ids()
    names = [name(number) for number in range(made.size)]
    order = sorted(range(made.size), key=lambda number: (times[number], names[number]))
    with storage.create_file(segment.make_filename(ORDER)) as file:
        file.write(array("I", order).tobytes())


def _orders(order: "array[int]", times: "array[int]") -> tuple["array[int]", "array[int]"]:
    """The oldest first, and the newest first: ties are by id in both."""
    turned: list[list[int]] = [list(same) for _, same in groupby(order, key=times.__getitem__)]
    return order, array("I", chain.from_iterable(reversed(turned)))


#: the bounds within which all documents are
EVER = (-(2**62), 2**62)
