"""What is known of the documents of one segment, whose files never change: kept once it was asked.

A set of documents is an integer, in which a bit stands for each; so "and", "or" and counting are
one step however many there are.
"""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, compress, groupby
from typing import Any

from newsarchive.search.engine import WEIGHTS
from newsarchive.search.whoosh_library import ListMatcher, TermNotFound, whoosh3
from newsarchive.search.whoosh_storage import MappedStorage
from newsarchive.search.whoosh_writing import AT, FORMATS

#: document numbers, weights, and what else is said of each
Block = tuple[Sequence[int], Sequence[float], Sequence[bytes]]

#: words in fewer documents are not worth remembering; numbers of documents that are, in all
RARE = 128
LONGEST = 2**20
#: sets that are remembered of one segment
REMEMBERED = 512
#: a list that holds one document of so many is kept as a set, any other as numbers
SPARSE = 32
#: steps in time between which documents are gone through one by one
STEPS = 64
_ONES = bytes(1 if byte == ord("1") else 0 for byte in range(256))


def gathered(numbers: Iterable[int], size: int) -> int:
    """Numbers of documents, as a set; ``size`` is how many documents there are."""
    found = bytearray(size // 8 + 1)
    for number in numbers:
        found[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(found, "little")


def spread(documents: int, size: int) -> bytes:
    """A set, as a byte for each document: 1 or 0."""
    return format(documents, f"0{size}b")[::-1].encode().translate(_ONES)


def numbered(documents: int, size: int) -> list[int]:
    """A set, as numbers of documents."""
    if documents.bit_count() > size >> 6:
        return list(compress(range(size), spread(documents, size)))
    numbers = []
    for place, byte in enumerate(documents.to_bytes(size // 8 + 1, "little")):
        while byte:
            low = byte & -byte
            numbers.append((place << 3) + low.bit_length() - 1)
            byte ^= low  # noqa: PLW2901 - what is left of it
    return numbers


def blocks(terms: Any, field: str, token: str) -> Iterator[Block]:
    """The documents that have a token in a field, in Whoosh's blocks: a call for each document
    takes ten times as long as the unpacking of a block."""
    try:
        matcher = terms.matcher(field, token.encode(), FORMATS[field in WEIGHTS])
    except TermNotFound:
        return
    if isinstance(matcher, ListMatcher):
        yield matcher._ids, matcher._weights, matcher._values
        return
    while matcher.is_active():
        matcher._read_ids()
        matcher._read_weights()
        matcher._read_values()
        yield matcher._ids, matcher._weights, matcher._values
        matcher._next_block()


@dataclass(frozen=True, slots=True)
class Word:
    """A token in a field: which documents have it, and how often."""

    numbers: "array[int]"
    times: "array[float]"
    having: int


class Facet:
    """Which terms of one kind the documents have."""

    def __init__(self, lists: Iterable[tuple[str, list[int]]], size: int) -> None:
        self._size = size
        self._common: dict[str, int] = {}
        self._names: list[str] = []
        pairs: list[tuple[int, int]] = []
        for name, numbers in lists:
            if len(numbers) * SPARSE >= size:
                self._common[name] = gathered(numbers, size)
            else:
                pairs += ((number, len(self._names)) for number in numbers)
                self._names.append(name)
        pairs.sort()
        #: the documents and terms of the pairs, and where those of each document begin
        self._documents = array("I", (number for number, _ in pairs))
        self._terms = array("I", (term for _, term in pairs))
        self._starts = array("I", bytes(4 * (size + 1)))
        for number in self._documents:
            self._starts[number + 1] += 1
        for number in range(size):
            self._starts[number + 1] += self._starts[number]

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
        for name, expected in segment.sizes.items():
            if storage.file_length(name) != expected:
                raise ValueError(f"a file of it is cut short: {name}")
        self._storage = storage
        self._segment = segment
        self.size: int = segment.doc_count_all()
        reader = segment.codec().per_document_reader(storage, segment)
        #: of each field, how many tokens all documents have
        self.tokens = {name: int(reader.field_length(name)) for name in WEIGHTS}
        self._words: dict[tuple[str, str], Word] = {}
        self._room = LONGEST
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

    def ids(self) -> Callable[[int], str]:
        """What answers the id of a document, for one thread."""
        reader = self._segment.codec().per_document_reader(self._storage, self._segment)
        column = reader.column_reader("id", whoosh3.columns.VarBytesColumn())
        return lambda number: column[number].decode()

    def listed(self, terms: Any, term: str) -> int:
        """The documents in a list."""
        found = self._lists.get(term)
        if found is None:
            numbers = chain.from_iterable(block[0] for block in blocks(terms, "terms", term))
            found = gathered(numbers, self.size)
            if len(self._lists) >= REMEMBERED:
                self._lists = {}  # another thread may be reading the old one
            self._lists[term] = found
        return found

    def word(self, terms: Any, field: str, token: str) -> Word:
        """A token in a field."""
        found = self._words.get((field, token))
        if found is None:
            numbers, times = array("I"), array("f")
            for block in blocks(terms, field, token):
                numbers.extend(block[0])
                times.extend(block[1])
            found = Word(numbers, times, gathered(numbers, self.size))
            if len(numbers) >= RARE:
                self._room -= len(numbers)
                if self._room < 0:
                    self._words, self._room = {}, LONGEST - len(numbers)
                self._words[field, token] = found
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
            lists = (
                (name, [n for block in blocks(terms, "terms", name) for n in block[0]])
                for name in names
            )
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
            times, name = self.times(), self.ids()
            rows: list[list[int]] = []
            for _, same in groupby(
                sorted(range(self.size), key=times.__getitem__), times.__getitem__
            ):
                run = list(same)
                rows.append(sorted(run, key=name) if len(run) > 1 else run)
            self._orders = (
                array("I", chain.from_iterable(rows)),
                array("I", chain.from_iterable(reversed(rows))),
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
                steps.append(steps[-1] | gathered(order[place : place + stride], self.size))
            self._steps = steps
        step = many // stride
        return self._steps[step] | gathered(order[step * stride : many], self.size)


#: the bounds within which all documents are
EVER = (-(2**62), 2**62)
