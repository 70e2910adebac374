"""Posting lists as they lie on the disk: whole arrays, so that reading one is copying one.

Whoosh's own lists are pickles in compressed blocks of 128: a word of 40,000 documents takes it
30 ms to read. Here a list is a header and its parts, one after another, in the machine's own byte
order (an index is made where it is read, and made anew where it cannot be):

    how many documents, how many bytes of the set; type codes of times and places
    numbers   of the documents, rising: uint32 each
    set       of the documents as an integer, little-endian; of common words alone
    times     that each has the token
    places    where each has it, those of all documents together
"""

import struct
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from newsarchive.search.whoosh_library import ListMatcher, TermNotFound, whoosh3

#: a list with one document of so many has a set beside its numbers
COMMON = 32

_HEADER = struct.Struct("<IIcc")
#: of a list without times and places
_NONE = b"-"
#: in rising order of what they hold
_UNSIGNED = "BHI"


def gathered(numbers: Sequence[int]) -> int:
    """Numbers of documents, rising, as a set: an integer with a bit for each."""
    if not numbers:
        return 0
    found = bytearray((numbers[-1] >> 3) + 1)
    for number in numbers:
        found[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(found, "little")


def encode(numbers: "array[int]", times: Sequence[int], places: Sequence[int], size: int) -> bytes:
    """A list of a segment with ``size`` documents; without times and places for one that is not
    scored."""
    common = len(numbers) * COMMON >= size
    members = gathered(numbers).to_bytes((numbers[-1] >> 3) + 1, "little") if common else b""
    kept = [_smallest(each) for each in (times, places)] if times else []
    codes = [each.typecode.encode() for each in kept] or [_NONE, _NONE]
    parts = [numbers.tobytes(), members, *(each.tobytes() for each in kept)]
    return _HEADER.pack(len(numbers), len(members), *codes) + b"".join(parts)


def _smallest(values: Sequence[int]) -> "array[int]":
    most = max(values)
    return array(next(code for code in _UNSIGNED if most < 1 << (8 * array(code).itemsize)), values)


@dataclass(frozen=True, slots=True)
class Postings:
    """The documents that have a token in a field."""

    #: rising
    numbers: "array[int]"
    #: the same as a set
    having: int
    #: how often each has it; empty of a list that is not scored
    times: "array[int]"
    #: where their places are, and their type code
    file: Any = None
    place: int = 0
    typecode: str = "B"

    def places(self) -> "tuple[list[int], array[int]]":
        """Where those of each document begin, and one more; the places of all."""
        starts = list(accumulate(self.times, initial=0))
        places = array(self.typecode)
        if starts[-1]:
            places.frombytes(self.file.get(self.place, starts[-1] * places.itemsize))
        return starts, places


#: what a list is made of: field and token; documents and places, in turn
Flat = tuple[tuple[str, bytes], list[Any]]

NOTHING = Postings(array("I"), 0, array("B"))


def decode(file: Any, offset: int) -> Postings:
    """The list that begins at a place of a mapped file."""
    many, bytes_of_set, times_code, places_code = _HEADER.unpack(file.get(offset, _HEADER.size))
    place = offset + _HEADER.size
    numbers = array("I")
    numbers.frombytes(file.get(place, 4 * many))
    place += 4 * many
    if bytes_of_set:
        having = int.from_bytes(file.get(place, bytes_of_set), "little")
    else:
        having = gathered(numbers)
    if times_code == _NONE:
        return Postings(numbers, having, array("B"))
    place += bytes_of_set
    times = array(times_code.decode())
    times.frombytes(file.get(place, many * times.itemsize))
    place += many * times.itemsize
    return Postings(numbers, having, times, file, place, places_code.decode())


def postings(terms: Any, field: str, token: str) -> Postings:
    """The list of a token, from Whoosh's reader of the terms of a segment."""
    try:
        info = terms.term_info(field, token.encode())
    except TermNotFound:
        return NOTHING
    return decode(terms._postfile, info.extent()[0])


class Codec(whoosh3.W3Codec):  # type: ignore[misc]  # the library has no types
    """Whoosh's codec with these lists."""

    # only Whoosh's own scores want them; a tenth of the time
    length_stats = False

    def field_writer(self, storage: Any, segment: Any) -> Any:
        return _FieldWriter(self, storage, segment)

    def postings_reader(
        self, dbfile: Any, terminfo: Any, format_: Any, term: Any = None, **_: Any
    ) -> Any:
        """For merges, which go through a list document by document."""
        found = decode(dbfile, terminfo.extent()[0])
        starts, places = found.places()
        values = [tuple(places[start:end]) for start, end in pairwise(starts)]
        times = [float(each) for each in found.times] or [1.0] * len(found.numbers)
        return ListMatcher(
            found.numbers, times, values or [()] * len(times), format_, term=term, terminfo=terminfo
        )


class _FieldWriter(whoosh3.W3FieldWriter):  # type: ignore[misc]  # the library has no types
    """Writes lists whole. What it is given are not postings but, for each field and token in
    their order, a flat list of the document's number and its places."""

    def add_postings(self, schema: Any, _lengths: Any, lists: Iterable[Flat]) -> None:
        size = self._segment.doc_count_all()
        fields: dict[str, Any] = {}
        for (name, token), flat in lists:
            if name not in fields:
                self.start_field(name, schema[name])
                fields[name] = self._fieldid
            numbers, values = array("I", flat[::2]), flat[1::2]
            times = list(map(len, values)) if values[0] else []
            places = [place for each in values for place in each]
            self._write(self._fieldid, token, encode(numbers, times, places, size), numbers)
        if fields:
            self.finish_field()

    def _write(self, field: int, token: bytes, data: bytes, numbers: "array[int]") -> None:
        info = whoosh3.W3TermInfo()
        info._df, info._minid, info._maxid = len(numbers), numbers[0], numbers[-1]
        info.set_extent(self._postfile.tell(), len(data))
        self._postfile.write(data)
        self._tindex.add(field.to_bytes(2, "big") + token, info.to_bytes())
