"""Which documents of an index answer a question, and how well.

The score is BM25F: what is found of a clause in all fields of a document is added up, weighed by
field and length, before it is set against how rare the clause is. All phrases of a clause count
as one word, so that a rare misspelling is not worth more than the word itself.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import compress
from math import log
from operator import and_, mul, or_
from typing import Any

from newsarchive.search.engine import WEIGHTS, Clause, Phrase, Question
from newsarchive.search.whoosh_columns import EVER, Columns, numbered, spread
from newsarchive.search.whoosh_library import byte_to_length
from newsarchive.search.whoosh_postings import Postings, gathered, postings

#: how soon more of the same word stops to count, and how much a text's length does
K1, B = 1.2, 0.75


@dataclass(frozen=True, slots=True)
class Leaf:
    """A segment as one thread has it open."""

    columns: Columns
    #: Whoosh's reader of the terms
    terms: Any
    #: the id of a document
    name: Callable[[int], str]
    #: the documents that are not deleted
    live: int


class Matches:
    """One question in one segment."""

    def __init__(self, leaf: Leaf, question: Question) -> None:
        self.leaf = leaf
        self._size = leaf.columns.size
        self._lists: dict[tuple[str, str], Postings] = {}
        self._counts: dict[tuple[str, Phrase], dict[int, int]] = {}
        #: documents that may have a clause: for a phrase, those that have its words
        self.candidates = [self._candidates(clause) for clause in question.clauses]
        self.found = self._found(question)

    def _list(self, field: str, token: str) -> Postings:
        key = (field, token)
        found = self._lists.get(key)
        if found is None:
            found = self._lists[key] = postings(self.leaf.terms, field, token)
        return found

    def _all(self, field: str, phrase: Phrase) -> int:
        """The documents that have all words of a phrase in a field."""
        return reduce(and_, (self._list(field, token).having for token in phrase)) if phrase else 0

    def _candidates(self, clause: Clause) -> int:
        return reduce(
            or_,
            (self._all(field, phrase) for phrase in set(clause.phrases) for field in WEIGHTS),
            0,
        )

    def _found(self, question: Question) -> int:
        columns, found = self.leaf.columns, self.leaf.live
        for term in question.terms:
            found &= columns.listed(self.leaf.terms, term)
        for term in question.without:
            found &= ~columns.listed(self.leaf.terms, term)
        if found and (question.start, question.end) != EVER:
            found &= columns.within(question.start, question.end)
        for clause, candidates in zip(question.clauses, self.candidates, strict=True):
            if not clause.negated:
                found &= candidates
        # where the words of a phrase stand is looked up only where all else holds
        for clause in question.clauses:
            if found and (clause.negated or any(len(phrase) > 1 for phrase in clause.phrases)):
                having = self._having(clause, found)
                found &= ~having if clause.negated else having
        return found

    def _having(self, clause: Clause, among: int) -> int:
        """The documents of a set that have a clause."""
        having = 0
        for phrase in set(clause.phrases):
            for field in WEIGHTS:
                maybe = self._all(field, phrase) & among
                if len(phrase) > 1 and maybe:
                    maybe = gathered(list(self._phrase(field, phrase, maybe)))
                having |= maybe
        return having

    def _phrase(self, field: str, phrase: Phrase, among: int) -> dict[int, int]:
        """How often each document of a set has a phrase, in the order of their numbers."""
        numbers = numbered(among, self._size)
        starts = [self._starts(field, token, numbers) for token in phrase]
        counts = {}
        for number, *places in zip(numbers, *starts, strict=True):
            first = set(places[0])
            for distance, later in enumerate(places[1:], 1):
                first.intersection_update([place - distance for place in later])
                if not first:
                    break
            if first:
                counts[number] = len(first)
        self._counts[field, phrase] = counts
        return counts

    def _starts(self, field: str, token: str, numbers: Sequence[int]) -> Iterator["array[int]"]:
        """The places of a token in each of some documents that have it."""
        found = self._list(field, token)
        starts, places = found.places()
        for number in numbers:
            at = bisect_left(found.numbers, number)
            yield places[starts[at] : starts[at + 1]]

    def frequencies(self, clause: Clause, norms: dict[str, list[float]]) -> dict[int, float]:
        """How much of a clause each document found has, weighed by field and length."""
        had = spread(self.found, self._size)
        sums: dict[int, float] = {}
        for phrase in sorted(set(clause.phrases)):
            for field in WEIGHTS:
                numbers, times = self._times(field, phrase, had)
                if not numbers:
                    continue
                lengths = map(self.leaf.columns.lengths(field).__getitem__, numbers)
                much = map(mul, times, map(norms[field].__getitem__, lengths))
                if not sums:
                    sums = dict(zip(numbers, much, strict=True))
                    continue
                for number, more in zip(numbers, much, strict=True):
                    sums[number] = sums.get(number, 0.0) + more
        return sums

    def _times(self, field: str, phrase: Phrase, had: bytes) -> tuple[Sequence[int], Iterable[int]]:
        """The documents found that have a phrase in a field, and how often."""
        if not phrase:
            return (), ()
        if len(phrase) > 1:
            counts = self._counts.get((field, phrase), {})
            numbers = [number for number in counts if had[number]]
            return numbers, [counts[number] for number in numbers]
        found = self._list(field, phrase[0])
        if not found.having & ~self.found:
            return found.numbers, found.times
        wanted = bytes(map(had.__getitem__, found.numbers))
        return list(compress(found.numbers, wanted)), compress(found.times, wanted)


def scores(matches: Sequence[Matches], question: Question) -> list[dict[int, float]]:
    """Of each segment, the scores of the documents that are found."""
    everything = sum(each.leaf.live.bit_count() for each in matches)
    norms = _norms([each.leaf.columns for each in matches])
    scored: list[dict[int, float]] = [{} for _ in matches]
    for place, clause in enumerate(question.clauses):
        if clause.negated:
            continue
        having = sum((each.candidates[place] & each.leaf.live).bit_count() for each in matches)
        rarity = log(1 + (everything - having + 0.5) / (having + 0.5)) * (K1 + 1)
        for each, sums in zip(matches, scored, strict=True):
            much = each.frequencies(clause, norms)
            # every document that is found has every clause
            sums.update({n: sums.get(n, 0.0) + rarity * m / (K1 + m) for n, m in much.items()})
    return scored


def _norms(columns: Sequence[Columns]) -> dict[str, list[float]]:
    """What one token counts in a field, by the field's length as Whoosh rounds it."""
    size = sum(each.size for each in columns) or 1
    norms = {}
    for field, weight in WEIGHTS.items():
        average = sum(each.tokens[field] for each in columns) / size or 1.0
        norms[field] = [
            weight / (1 - B + B * byte_to_length(code) / average) for code in range(256)
        ]
    return norms
