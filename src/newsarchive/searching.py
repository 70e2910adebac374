"""Looking for words: a visitor's question made into an engine's, its answer into entries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from newsarchive import markup, wording
from newsarchive.archive import Archive
from newsarchive.catalogue import Arrival
from newsarchive.catalogue.lists import select
from newsarchive.dates import microseconds
from newsarchive.entry import Entry
from newsarchive.query import Order, Query
from newsarchive.search import open_engine, open_vocabulary
from newsarchive.search.engine import Answer, Clause, Facets, Phrase, Question, Ranking
from newsarchive.search.snippets import Piece, marked, snippet
from newsarchive.search.sought import Sought
from newsarchive.search.text import phrases, surface
from newsarchive.wording import Note, Wording

#: what is counted among all that is found
FACETS = ("year", "month", "tag", "author", "lang", "kind")
#: words that a word with a star stands for
COMPLETIONS = 48
_RANKINGS = {
    Order.RELEVANCE: Ranking.RELEVANCE, Order.NEWEST: Ranking.NEWEST, Order.OLDEST: Ranking.OLDEST,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Result:
    """An entry that was found, with the words that were looked for marked."""

    entry: Entry
    title: tuple[Piece, ...]
    snippet: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gives."""

    #: as it was read: filters of the text are among its own
    query: Query
    results: tuple[Result, ...]
    #: entries found, on every page
    total: int
    #: 1 is the first; at least 1
    pages: int
    facets: Facets
    #: what was left out of the question, or read otherwise
    notes: tuple[Note, ...]
    #: what was probably meant, '' if there is no telling
    meant: str
    #: whether the results are of what was probably meant, as nothing else was found
    is_meant: bool = False


class Search:
    """Searches one archive; may be shared by threads.

    Raises:
        CatalogueError: from any method: the catalogue cannot be read.
        SearchError: likewise the index.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._engine = open_engine(archive.config)
        self._vocabulary = open_vocabulary(archive.config)

    def find(self, query: Query, now: datetime, *, facets: bool = True) -> Found:
        """One page of what a query finds.

        Raises:
            QueryError: its text is beyond the bounds.
        """
        asked = wording.parse(query.text)
        read = _read(query, asked)
        if query.text and not asked.clauses and not asked.filters:  # signs without a letter
            return Found(read, (), 0, 1, Facets(), asked.notes, "")
        if not asked.clauses:
            return self._listed(read, asked, now, facets=facets)
        answer = self._ask(read, asked, now, facets=facets)
        meant = self._meant(asked)
        if answer.total or not meant:
            return self._found(read, asked, answer, meant=meant if not answer.total else "")
        instead = replace(read, text=meant)
        other = self._ask(instead, wording.parse(meant), now, facets=facets)
        if not other.total:
            return self._found(read, asked, answer, meant="")
        found = self._found(instead, wording.parse(meant), other, meant=meant)
        return replace(found, query=read, notes=asked.notes, is_meant=True)

    def _listed(self, query: Query, asked: Wording, now: datetime, *, facets: bool) -> Found:
        """What has no words is a list, which the catalogue has at once; the index counts in it."""
        page = self._archive.find(query, now)
        question = replace(self._question(query, asked, now), limit=0, facets=FACETS)
        counted = self._engine.search(question).facets if facets else Facets()
        bodies = {e.id: e for _, e in self._archive.catalogue.placed(e.id for e in page.entries)}
        results = tuple(_result(bodies[entry.id], Sought({})) for entry in page.entries)
        return Found(query, results, page.total, page.pages, counted, asked.notes, "")

    def suggest(self, prefix: str, limit: int) -> tuple[str, ...]:
        """Words of the archive that begin so."""
        return self._vocabulary.suggest(prefix, limit)

    def position(self) -> str:
        """How far the index has followed the catalogue; another whenever answers may differ."""
        return self._engine.position()

    def behind(self) -> int:
        """Changes of the catalogue that the index has not followed yet."""
        parts = self.position().split(" ")
        last = self._archive.catalogue.last_change()
        return max(0, last - int(parts[1])) if len(parts) == 3 else last

    def arrivals(self, query: Query, now: datetime, offset: int, limit: int) -> tuple[Arrival, ...]:
        """What a query with words finds, newest first."""
        found = replace(as_read(query), order=Order.NEWEST, page=1, limit=0)
        question = self._question(found, wording.parse(found.text), now)
        answer = self._engine.search(replace(question, offset=offset, limit=limit))
        return self._archive.catalogue.arrivals_of(hit.id for hit in answer.hits)

    def count(self, query: Query, now: datetime) -> int:
        """How many entries a query with words finds."""
        read = as_read(query)
        question = self._question(read, wording.parse(read.text), now)
        return self._engine.search(replace(question, limit=0)).total

    # -- the question --

    def _ask(self, query: Query, asked: Wording, now: datetime, *, facets: bool) -> Answer:
        question = self._question(query, asked, now)
        if query.text and not question.clauses:
            return Answer((), 0, Facets())  # nothing but words that every text has
        return self._engine.search(replace(question, facets=FACETS if facets else ()))

    def _question(self, query: Query, asked: Wording, now: datetime) -> Question:
        selection = select(replace(query, text=""), microseconds(now), self._archive.config.zone)
        languages = self._archive.catalogue.languages()
        size = query.limit or self._archive.config.page_size
        clauses = (self._clause(clause, languages) for clause in asked.clauses)
        return Question(
            # what is in every text says nothing
            clauses=tuple(clause for clause in clauses if clause.phrases),
            terms=tuple(term for term in selection.terms if term),
            without=selection.without,
            start=selection.start,
            end=selection.end,
            ranking=_RANKINGS[query.order],
            offset=(query.page - 1) * size,
            limit=size,
        )

    def _clause(self, clause: wording.Clause, languages: Sequence[str]) -> Clause:
        found: list[Phrase] = []
        for atom in clause.atoms:
            for text in self._texts(atom):
                found += phrases(text, languages)
        return Clause(tuple(dict.fromkeys(found)), negated=clause.negated)

    def _texts(self, atom: wording.Atom) -> Iterable[str]:
        if isinstance(atom, wording.Prefix):
            beginning = [word for word, _, _ in surface(atom.text, "")]
            return self._vocabulary.completions(beginning[-1], COMPLETIONS) if beginning else ()
        return (atom.text,)

    def _meant(self, asked: Wording) -> str:
        """The question with words that nobody wrote replaced by the nearest that somebody did."""
        changed = False

        def right(atom: wording.Atom) -> wording.Atom:
            nonlocal changed
            nearest = (
                self._vocabulary.nearest(atom.text) if isinstance(atom, wording.Word) else None
            )
            changed = changed or nearest is not None
            return wording.Word(nearest) if nearest else atom

        clauses = tuple(
            replace(clause, atoms=tuple(map(right, clause.atoms))) for clause in asked.clauses
        )
        meant = wording.unparse(Wording(clauses)) if changed else ""
        return meant if len(meant) <= wording.MAX_TEXT else ""

    # -- the answer --

    def _found(self, query: Query, asked: Wording, answer: Answer, *, meant: str) -> Found:
        entries = {entry.id: entry for _, entry in self._archive.catalogue.placed(
            hit.id for hit in answer.hits)}  # fmt: skip
        sought = self._sought(asked)
        size = query.limit or self._archive.config.page_size
        return Found(
            query=query,
            results=tuple(
                _result(entries[hit.id], sought) for hit in answer.hits if hit.id in entries
            ),
            total=answer.total,
            pages=max(1, -(-answer.total // size)),
            facets=answer.facets,
            notes=asked.notes,
            meant=meant,
        )

    def _sought(self, asked: Wording) -> Sought:
        """The tokens that are looked for, each with the number of the word it stands for."""
        languages = self._archive.catalogue.languages()
        found: dict[str, int] = {}
        atoms = (atom for clause in asked.clauses if not clause.negated for atom in clause.atoms)
        for number, atom in enumerate(atoms):
            for text in self._texts(atom):
                for phrase in phrases(text, languages):
                    found.update(dict.fromkeys(phrase, number))
        return Sought(found)


def as_read(query: Query) -> Query:
    """A query with the filters that stand in its text among its own.

    Raises:
        QueryError: the text is beyond the bounds, or a filter takes no such value.
    """
    return _read(query, wording.parse(query.text)) if query.text else query


def _read(query: Query, asked: Wording) -> Query:
    words = wording.unparse(replace(asked, filters=()))
    return Query.from_args(asked.filters, replace(query, text=words))


def _result(entry: Entry, sought: Sought) -> Result:
    title = markup.typeset(entry.title, entry.lang)
    text = " ".join(markup.text(entry.body).split()) or entry.summary
    return Result(
        entry,
        marked(title, sought.places(title, entry.lang)),
        snippet(text, sought.places(text, entry.lang)),
    )
