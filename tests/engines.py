"""A search engine so plain that it is evidently right: what the others are compared with.

Run as a program, it writes into one of the others, for tests of two processes:
``engines.py KIND FOLDER SIZE LAST``.
"""

import importlib
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from newsarchive.search.engine import (
    WEIGHTS,
    Answer,
    Clause,
    Document,
    Engine,
    Facets,
    Hit,
    Phrase,
    Question,
    Ranking,
)

#: engines that keep an index in a folder; each in the module that has the name of its package
KEPT = {"whoosh": "WhooshEngine", "tantivy": "TantivyEngine"}


def occurrences(tokens: Sequence[str], phrase: Phrase) -> int:
    """How often the words of a phrase stand one after another."""
    if not phrase:
        return 0
    return sum(
        tuple(tokens[start : start + len(phrase)]) == phrase
        for start in range(len(tokens) - len(phrase) + 1)
    )


def weight(document: Document, clause: Clause) -> float:
    """How much of a clause's phrases is in a document; 0 where there is none."""
    return sum(
        factor * occurrences(getattr(document, field), phrase)
        for phrase in set(clause.phrases)
        for field, factor in WEIGHTS.items()
    )


def matches(document: Document, question: Question) -> bool:
    """Whether every clause, term and bound holds."""
    return (
        all((weight(document, clause) > 0) != clause.negated for clause in question.clauses)
        and set(question.terms) <= set(document.terms)
        and not set(question.without) & set(document.terms)
        and question.start <= document.at < question.end
    )


def score(document: Document, question: Question) -> float:
    """Higher is better; 0 where time ranks."""
    if question.ranking is not Ranking.RELEVANCE:
        return 0.0
    return sum(weight(document, clause) for clause in question.clauses if not clause.negated)


def key(document: Document, question: Question) -> tuple[float, int, str]:
    """The place of a document in an answer."""
    at = document.at if question.ranking is Ranking.OLDEST else -document.at
    return (-score(document, question), at, document.id)


class MemoryEngine:
    """An Engine of one process."""

    def __init__(self) -> None:
        self._documents: dict[str, Document] = {}
        self._position = ""

    def search(self, question: Question) -> Answer:
        documents = list(self._documents.values())
        found = [document for document in documents if matches(document, question)]
        found.sort(key=lambda document: key(document, question))
        page = found[question.offset : question.offset + question.limit]
        counts = Counter(
            term
            for document in found
            for term in set(document.terms)
            if term.split(":")[0] in question.facets
        )
        return Answer(
            tuple(Hit(document.id, score(document, question)) for document in page),
            len(found),
            Facets(dict(counts)),
        )

    def update(self, documents: Sequence[Document], removed: Sequence[str], position: str) -> None:
        after = self._documents | {document.id: document for document in documents}
        for name in removed:
            after.pop(name, None)
        # in one step, as other threads may be searching
        self._documents, self._position = after, position

    def position(self) -> str:
        return self._position

    @contextmanager
    def rebuilt(self) -> Iterator["MemoryEngine"]:
        fresh = MemoryEngine()
        yield fresh
        self._documents, self._position = fresh._documents, fresh._position

    def close(self) -> None:
        pass


def opened(kind: str, folder: Path) -> Engine:
    """An engine that keeps an index in a folder."""
    module = importlib.import_module(f"newsarchive.search.{kind}")
    engine: Engine = getattr(module, KEPT[kind])(folder)
    return engine


def put(engine: Engine, number: int, size: int) -> None:
    """The update that brings an index to position ``number``: all documents are of it."""
    documents = [
        Document(
            id=name,
            at=number,
            terms=(f"n:{number}",),
            body=("fr:chat", f"fr:mot{number}"),
        )
        for name in (*map(str, range(size)), f"only{number}")
    ]
    engine.update(documents, [f"only{number - 1}"], str(number))


if __name__ == "__main__":
    writer = opened(sys.argv[1], Path(sys.argv[2]))
    for following in range(int(writer.position() or 0) + 1, int(sys.argv[4]) + 1):
        put(writer, following, int(sys.argv[3]))
        print(following, flush=True)
