"""Looking for words: a visitor's question made into an engine's, its answer into entries."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate

from newsarchive import markup, permalink, plaintext, wording
from newsarchive.archive import Archive
from newsarchive.catalogue import Arrival, Place
from newsarchive.catalogue.lists import select
from newsarchive.dates import microseconds
from newsarchive.entry import Entry, Status
from newsarchive.errors import SearchError
from newsarchive.progress import Making, making
from newsarchive.query import Order, Query
from newsarchive.questions import Asked, read
from newsarchive.search import open_engine, open_vocabulary
from newsarchive.search.engine import Answer, Clause, Facets, Hit, Phrase, Question, Ranking
from newsarchive.search.position import Position
from newsarchive.search.snippets import Piece, marked, snippet
from newsarchive.search.sought import Sought
from newsarchive.search.text import phrases, surface, tokens
from newsarchive.suggesting import Suggestion, suggest
from newsarchive.wording import Note, Wording

#: what is counted among all that is found
FACETS = ("year", "month", "tag", "author", "lang", "kind")
#: words of an address that are looked at, documents that those looked for are in, and entries
#: among which those near it are chosen
WORDS, FEW, AMONG = 12, 10_000, 50
#: entries of one instant among which a walk finds its place
MOST_EQUAL = 100_000
_LETTERS = re.compile(r"[^\W\d_]+")
_RANKINGS = {
    Order.RELEVANCE: Ranking.RELEVANCE, Order.NEWEST: Ranking.NEWEST, Order.OLDEST: Ranking.OLDEST,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Result:
    """An entry that was found, with the words that were looked for marked."""

    entry: Entry
    #: which together are the title
    title: tuple[Piece, ...]
    #: the same as its language sets it
    typeset_title: tuple[Piece, ...]
    snippet: tuple[Piece, ...]
    #: higher is better, within one answer; 0 where time ranks
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gives."""

    #: as it was read: filters of the text are among its own
    query: Query
    #: the words that it was read as: what stands in every text is left out
    asked: Wording
    results: tuple[Result, ...]
    #: entries found, on every page
    total: int
    #: 1 is the first; at least 1
    pages: int
    facets: Facets
    #: what was left out of the question, or read otherwise
    notes: tuple[Note, ...]
    #: what was probably meant and finds more, '' if there is no telling
    meant: str = ""
    #: whether the results are of what was probably meant, as nothing else was found
    is_meant: bool = False


class Search:
    """Searches one archive; may be shared by threads.

    Raises:
        CatalogueError: from any method: the catalogue cannot be read.
        SearchError: likewise the index, or there is none yet.
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
        words = wording.parse(query.text)
        signs = query.text and not words.clauses and not words.filters  # and no letter
        query = _narrowed(query, words)
        if signs:
            return Found(query, words, (), 0, 1, Facets(), words.notes)
        if not words.clauses:
            return self._listed(query, words, now, facets=facets)
        asked = self._read(words)
        answer = self._ask(query, asked, now, facets=facets)
        found = self._found(query, asked, answer, now)
        meant = self._meant(asked.wording)
        if not meant:
            return found
        instead, intended = replace(query, text=meant), self._read(wording.parse(meant))
        other = self._ask(instead, intended, now, facets=facets)
        if answer.total or not other.total:
            return replace(found, meant=meant if other.total > answer.total else "")
        found = self._found(instead, intended, other, now)
        return replace(found, query=query, notes=asked.wording.notes, meant=meant, is_meant=True)

    def _listed(self, query: Query, asked: Wording, now: datetime, *, facets: bool) -> Found:
        """What has no words is a list, which the catalogue has at once; the index counts in it."""
        page = self._archive.find(query, now)
        question = replace(self._question(query, Asked(), now), limit=0, facets=FACETS)
        counted = self._engine.search(question).facets if facets else Facets()
        bodies = {e.id: e for _, e in self._archive.catalogue.placed(e.id for e in page.entries)}
        results = tuple(_result(bodies[entry.id], Sought({})) for entry in page.entries)
        return Found(query, asked, results, page.total, page.pages, counted, asked.notes)

    def suggest(self, prefix: str, now: datetime, limit: int) -> tuple[Suggestion, ...]:
        """What may be meant by a question that is still being typed: titles, tags and authors
        that lead somewhere, then words that complete it; at most ``limit`` in all."""
        return suggest(self._archive, self._vocabulary, prefix, now, limit)

    def position(self) -> str:
        """How far the index has followed the catalogue; another whenever answers may differ."""
        return self._engine.position()

    def making(self) -> Making | None:
        """How far the index is that is being made anew; None if none is. Where there was one
        before, that one answers meanwhile."""
        return making(self._archive.config)

    def behind(self) -> int:
        """Changes of the catalogue that the index has not followed: all, if it is of another."""
        position = Position.parse(self.position())
        last = self._archive.catalogue.last_change()
        is_its = position and position.follows(self._archive.catalogue.meta("made"))
        return max(0, last - position.sequence) if position and is_its else last

    def arrivals(self, query: Query, now: datetime, offset: int, limit: int) -> tuple[Arrival, ...]:
        """What a query with words finds, newest first."""
        question = self._read_question(replace(query, order=Order.NEWEST, page=1, limit=0), now)
        answer = self._answer(replace(question, offset=offset, limit=limit))
        return self._archive.catalogue.arrivals_of(hit.id for hit in answer.hits)

    def count(self, query: Query, now: datetime) -> int:
        """How many entries a query with words finds."""
        question = self._read_question(query, now)
        return self._answer(replace(question, limit=0)).total

    def walk(
        self, query: Query, now: datetime, limit: int, beyond: Place | None = None
    ) -> tuple[tuple[str, ...], int]:
        """What a query with words finds by date alone, from a place on, as ids; and how many
        there are in all. Of one instant the ids are in order.

        Raises:
            QueryError: its text is beyond the bounds.
        """
        order = Order.OLDEST if query.order is Order.OLDEST else Order.NEWEST
        asked = self._read_question(replace(query, order=order, page=1), now)
        question = replace(asked, limit=limit)
        if beyond is None:
            answer = self._answer(question)
            return tuple(hit.id for hit in answer.hits), answer.total
        start, end = max(question.start, beyond.at), min(question.end, beyond.at + 1)
        equal = self._answer(replace(question, start=start, end=end, limit=MOST_EQUAL))
        before = sum(hit.id <= beyond.id for hit in equal.hits)
        is_oldest = order is Order.OLDEST
        rest = replace(question, start=start) if is_oldest else replace(question, end=end)
        hits = self._answer(replace(rest, offset=before)).hits
        return tuple(hit.id for hit in hits), self._answer(replace(question, limit=0)).total

    # -- the question --

    def _read(self, asked: Wording) -> Asked:
        return read(asked, self._vocabulary, self._archive.catalogue.languages())

    def _read_question(self, query: Query, now: datetime) -> Question:
        narrowed = as_read(query)
        return self._question(narrowed, self._read(wording.parse(narrowed.text)), now)

    def _question(self, query: Query, asked: Asked, now: datetime) -> Question:
        selection = select(replace(query, text=""), microseconds(now), self._archive.config.zone)
        size = query.limit or self._archive.config.page_size
        return Question(
            # words that say nothing find nothing
            clauses=asked.clauses or ((Clause(()),) if query.text else ()),
            terms=tuple(term for term in selection.terms if term),
            without=selection.without,
            start=selection.start,
            end=selection.end,
            ranking=_RANKINGS[query.order],
            offset=(query.page - 1) * size,
            limit=size,
        )

    def _ask(self, query: Query, asked: Asked, now: datetime, *, facets: bool) -> Answer:
        question = self._question(query, asked, now)
        return self._answer(replace(question, facets=FACETS if facets else ()))

    def _answer(self, question: Question) -> Answer:
        """What an index finds; where none was made yet, nothing can be said."""
        answer = self._engine.search(question)
        if not answer.total and not self._engine.position():
            raise SearchError(
                str(self._archive.config.data_dir),
                "there is no search index yet; run: newsarchive index",
            )
        return answer

    def _meant(self, asked: Wording) -> str:
        """The question with words that nobody wrote replaced by the nearest that somebody did."""

        def right(atom: wording.Atom) -> wording.Atom:
            if isinstance(atom, wording.Prefix):
                return atom
            nearest = self._vocabulary.nearest
            whole = nearest(atom.text) if isinstance(atom, wording.Word) else None
            # else its parts: l'avennir, helthcare.gov, "tehcnical debt"
            parts = _LETTERS.sub(lambda found: nearest(found[0]) or found[0], atom.text)
            return replace(atom, text=whole or parts)

        clauses = tuple(
            replace(clause, atoms=tuple(map(right, clause.atoms))) for clause in asked.clauses
        )
        changed = clauses != asked.clauses
        meant = wording.unparse(Wording(clauses)) if changed else ""
        return meant if len(meant) <= wording.MAX_TEXT else ""

    # -- the answer --

    def _found(self, query: Query, asked: Asked, answer: Answer, now: datetime) -> Found:
        size = query.limit or self._archive.config.page_size
        return Found(
            query=query,
            asked=asked.wording,
            results=tuple(
                replace(_result(entry, asked.sought), score=hit.score)
                for hit, entry in self._shown(answer.hits, now)
            ),
            total=answer.total,
            pages=max(1, -(-answer.total // size)),
            facets=answer.facets,
            notes=asked.wording.notes,
        )

    # -- without a question --

    def near(self, address: str, now: datetime, limit: int) -> tuple[Entry, ...]:
        """Entries that an address nobody has may have meant: those whose titles or paths share
        words with it, rare words before common ones."""
        languages, counts = self._archive.catalogue.languages(), self._counts(address)
        sought = {word: phrases(word, languages) for word in counts}
        rarest = sorted(filter(sought.get, counts), key=counts.__getitem__)
        sums = accumulate(map(counts.__getitem__, rarest))
        # one word however many have it, and more while they are looked up at once
        few = [word for word, many in zip(rarest, sums, strict=True) if many <= FEW] or rarest[:1]
        clause = Clause(tuple(phrase for word in few for phrase in sought[word]))
        question = Question(clauses=(clause,), end=microseconds(now) + 1, limit=AMONG)
        found = self._shown(self._engine.search(question).hits, now) if few else ()
        words = [(read, 1 / counts[word]) for word, read in sought.items()]
        shared = [(_shared(entry, words), entry) for _, entry in found]
        shared.sort(key=lambda each: each[0], reverse=True)
        return tuple(entry for much, entry in shared[:limit] if much)

    def _counts(self, address: str) -> dict[str, int]:
        """The last words of an address, each with how many entries have it; one that none has is
        read as what was probably meant. Numbers are left out: they are dates, mostly."""
        text = address.removeprefix(permalink.ARTICLES)[-wording.MAX_TEXT :]
        said = [word for word, _, _ in surface(text, "")]
        counts: dict[str, int] = {}
        for word in [each for each in said if not each.isdecimal()][-WORDS:]:
            known = word if self._vocabulary.count(word) else self._vocabulary.nearest(word)
            if known:
                counts[known] = self._vocabulary.count(known)
        return counts

    def _shown(self, hits: Sequence[Hit], now: datetime) -> tuple[tuple[Hit, Entry], ...]:
        """Hits with their entries: the index may not know yet what the catalogue hides."""
        entries = {
            entry.id: entry
            for at, entry in self._archive.catalogue.placed(hit.id for hit in hits)
            if at <= microseconds(now) and entry.status is Status.PUBLISHED
        }
        return tuple((hit, entries[hit.id]) for hit in hits if hit.id in entries)


def as_read(query: Query) -> Query:
    """A query with the filters that stand in its text among its own.

    Raises:
        QueryError: the text is beyond the bounds, or a filter takes no such value.
    """
    if not query.text:
        return query
    asked = wording.parse(query.text)
    # signs without a letter ask for nothing, and not for everything
    return _narrowed(query, asked) if asked.clauses or asked.filters else query


def _narrowed(query: Query, asked: Wording) -> Query:
    words = wording.unparse(replace(asked, filters=()))
    return Query.from_args(asked.filters, replace(query, text=words))


def _result(entry: Entry, sought: Sought) -> Result:
    text = plaintext.line(entry.body) or entry.summary
    title = marked(entry.title, sought.places(entry.title, entry.lang))
    typeset = markup.typeset(entry.title, entry.lang)
    is_set = typeset == entry.title
    return Result(
        entry,
        title,
        title if is_set else marked(typeset, sought.places(typeset, entry.lang)),
        snippet(text, sought.places(text, entry.lang)),
    )


def _shared(entry: Entry, words: Iterable[tuple[tuple[Phrase, ...], float]]) -> float:
    """What the words, each with its worth, that stand in an entry's title or path are worth."""
    own = set(tokens(f"{entry.title}\n{entry.path}", entry.lang))
    return sum(worth for read, worth in words if any(map(own.issuperset, read)))
