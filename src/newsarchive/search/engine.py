"""What a search engine is asked and what it answers.

Text comes here already analysed (``text``): as tokens that hold neither spaces nor capitals, each
with its language (``fr:licenci``), so that every engine answers alike. Nothing here assumes where
an index is kept.
"""

from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

#: how much a word counts in a title, a standfirst, the titles of a story's updates, a text
WEIGHTS = {"title": 6.0, "summary": 2.0, "updates": 2.0, "body": 1.0}


class Ranking(StrEnum):
    """What comes first."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    OLDEST = "oldest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An entry as it is indexed."""

    #: of the entry: a URI; unique in an index
    id: str
    #: microseconds from 1970 UTC: its place in time
    at: int
    #: lists it is in, exactly: ``kind:article``, ``tag:ia``, ``author:x``, ``lang:fr``,
    #: ``story:2023/affaire``, ``year:2023``, ``month:2023-11``
    terms: tuple[str, ...] = ()
    #: tokens in order; stop words are left out, and what stood around them counts as adjacent
    title: tuple[str, ...] = ()
    summary: tuple[str, ...] = ()
    updates: tuple[str, ...] = ()
    body: tuple[str, ...] = ()


#: tokens that stand one after another in one field; a single one is a word
Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a question: a document has one of these phrases, in any field."""

    phrases: tuple[Phrase, ...]
    #: or has none of them
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is looked for: documents for which every clause, term and bound holds.

    A question without clauses asks for all documents within its terms and bounds.
    """

    clauses: tuple[Clause, ...] = ()
    #: lists that a document is in, all of them
    terms: tuple[str, ...] = ()
    #: lists that it is in none of
    without: tuple[str, ...] = ()
    #: microseconds: the first instant within, and the first after
    start: int = -(2**62)
    end: int = 2**62
    #: ties by time, the newest first, then by id; by time: ties by id
    ranking: Ranking = Ranking.RELEVANCE
    offset: int = 0
    limit: int = 30
    #: kinds of terms to be counted among all that is found: ``tag``, ``year``…
    facets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A document that was found."""

    id: str
    #: higher is better; comparable within one answer only; 0 where time ranks
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Facets:
    """How many of all documents found are in each list of the kinds asked for."""

    #: by term: ``{"tag:ia": 3}``; terms without a document are left out
    counts: dict[str, int] = field(default_factory=dict)

    def of(self, kind: str) -> dict[str, int]:
        """The counts of one kind, by what stands after its colon."""
        prefix = f"{kind}:"
        return {
            term.removeprefix(prefix): count
            for term, count in self.counts.items()
            if term.startswith(prefix)
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found."""

    #: of the page that was asked for
    hits: tuple[Hit, ...]
    #: documents found, on every page
    total: int
    facets: Facets


class Engine(Protocol):
    """An index, for any number of readers in any process and one writer at a time.

    Raises:
        SearchError: from any method: the index cannot be read or written.
    """

    def search(self, question: Question) -> Answer:
        """What the last update that was finished anywhere lets find; from any thread."""

    def update(
        self, documents: Iterable[Document], removed: Collection[str], position: str
    ) -> None:
        """Put documents in, each in the place of the one with its id, and take ids out; all of
        it or, if the process ends before, nothing. An id may be in neither index nor catalogue.
        Documents are taken one by one, and many need not be in memory together.

        ``position`` says how far the index then follows the catalogue.
        """

    def position(self) -> str:
        """The position of the last update; '' while there was none."""

    def rebuilt(self) -> AbstractContextManager["Engine"]:
        """An empty index to be filled, which takes the place of this one, whatever that is, when
        the block ends without an error; until then this one answers."""

    def close(self) -> None:
        """Let go of what is open."""
