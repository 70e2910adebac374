"""The index in tantivy, an optional extra (``pip install 'newsarchive[tantivy]'``).

``folder`` holds one folder per generation and ``current``, the name of the one that answers. A
generation is a tantivy index, written by a single commit at a time; beside the documents it holds
one that has nothing but the position, so that the two can never disagree: the bindings offer no
payload of a commit.
"""

import os
import shutil
import tempfile
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsarchive.errors import SearchError
from newsarchive.search.engine import (
    WEIGHTS,
    Answer,
    Document,
    Engine,
    Facets,
    Hit,
    Question,
    Ranking,
)
from newsarchive.search.tantivy_questions import meta, query_of, tantivy

if TYPE_CHECKING:
    from tantivy import DocAddress, Index, IndexWriter, Query, Schema, Searcher

#: bytes a writer gathers before it writes a segment; the least tantivy takes is 15 million
HEAP = 50_000_000
#: the name of the file that names the generation in use
CURRENT = "current"
#: of generations; to be counted up with each change of the schema
PREFIX = "index-1-"
#: hits beyond the page that are asked for at once, in case some tie with its last
SPARE = 16
#: what the library raises; also for a text or a number that it cannot take
RAISED = (OSError, ValueError, OverflowError, RuntimeError, MemoryError)


@contextmanager
def _mapped(folder: Path) -> Iterator[None]:
    """The one place where what tantivy raises becomes a SearchError."""
    try:
        yield
    except BaseException as error:
        # a panic of the Rust library derives from BaseException; its class cannot be imported
        if not isinstance(error, RAISED) and type(error).__name__ != "PanicException":
            raise
        said = " ".join(str(error).split())
        raise SearchError(str(folder), f"the search index cannot be used: {said}") from error


def _schema() -> "Schema":
    builder = tantivy.SchemaBuilder()
    exact: dict[str, Any] = {"tokenizer_name": "raw", "index_option": "basic"}
    builder.add_text_field("id", stored=True, **exact)
    builder.add_text_field("terms", **exact)
    builder.add_integer_field("at", indexed=True, fast=True)
    for name in WEIGHTS:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    builder.add_text_field("meta", **exact)
    builder.add_text_field("position", stored=True, **exact)
    return builder.build()


class TantivyEngine:
    """An Engine over a folder that it makes when there is something to write.

    Raises:
        SearchError: the package tantivy is not installed.
    """

    def __init__(self, folder: Path) -> None:
        if tantivy is None:
            raise SearchError(
                str(folder),
                "the package tantivy is not installed; run: pip install 'newsarchive[tantivy]'",
            )
        self._folder = folder
        self._schema = _schema()
        #: the generation, for an index that is being filled aside; else ``current`` tells
        self._pinned = ""
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._index: Index | None = None
        #: the generation that is open, and its meta.json as last seen
        self._seen: tuple[str, bytes] = ("", b"")

    def search(self, question: Question) -> Answer:
        """See Engine."""
        with _mapped(self._folder):
            searcher = self._searcher()
            if searcher is None:
                return Answer((), 0, Facets())
            query = query_of(self._schema, question)
            hits, total = _page(searcher, query, question)
            return Answer(hits, total, _facets(searcher, query, question.facets))

    def update(
        self, documents: Iterable[Document], removed: Collection[str], position: str
    ) -> None:
        """See Engine."""
        with _mapped(self._folder), self._writing:
            name = self._current()
            if name:
                self._write(name, documents, removed, position)
                return
            with self.rebuilt() as fresh:
                fresh.update(documents, removed, position)

    def position(self) -> str:
        """See Engine."""
        with _mapped(self._folder):
            searcher = self._searcher()
            if searcher is None:
                return ""
            found = searcher.search(meta(self._schema), limit=1)
            return str(searcher.doc(found.hits[0][1])["position"][0]) if found.hits else ""

    @contextmanager
    def rebuilt(self) -> Iterator[Engine]:
        """See Engine."""
        with _mapped(self._folder):
            aside = TantivyEngine(self._folder)
            aside._pinned = self._created()
        try:
            yield aside
        except BaseException:
            shutil.rmtree(self._folder / aside._pinned, ignore_errors=True)
            raise
        finally:
            aside.close()
        with _mapped(self._folder):
            self._switch(aside._pinned)

    def close(self) -> None:
        """See Engine."""
        with self._lock:
            self._index, self._seen = None, ("", b"")

    # --- generations

    def _current(self) -> str:
        """The generation that answers; '' while there is none."""
        if self._pinned:
            return self._pinned
        try:
            name = (self._folder / CURRENT).read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return ""
        if not name.startswith(PREFIX) or "/" in name:
            raise SearchError(
                str(self._folder), f"{name!r} is no index of this version; rebuild the index"
            )
        return name

    def _created(self) -> str:
        """An empty generation, under a name of its own: readers tell them by it."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = tempfile.mkdtemp(prefix=PREFIX, dir=self._folder)
        tantivy.Index(self._schema, path=path, reuse=False)
        return Path(path).name

    def _switch(self, name: str) -> None:
        """Let a generation answer; remove the others."""
        if self._pinned:
            shutil.rmtree(self._folder / self._pinned, ignore_errors=True)
            self._pinned = name
            return
        waiting = self._folder / f"{CURRENT}.new"
        waiting.write_text(name, encoding="ascii")
        _fsync(waiting)
        waiting.replace(self._folder / CURRENT)
        _fsync(self._folder)
        for other in self._folder.glob("index-*"):  # also what a killed process left
            if other.name != name:
                shutil.rmtree(other, ignore_errors=True)

    # --- reading

    def _searcher(self) -> "Searcher | None":
        """What was committed last, in whichever process.

        A generation is removed after another took its place. So what was opened is whole if it is
        still in its place then; tantivy itself takes a missing file for an empty one.
        """
        name = self._current()
        while name:
            searcher, failed = None, None
            try:
                searcher = self._opened(name).searcher()
            except (OSError, ValueError) as error:
                failed = error
            before, name = name, self._current()
            if name == before:
                if failed:
                    raise failed
                return searcher
        return None

    def _opened(self, name: str) -> "Index":
        """A generation's index as of now. The file's bytes tell whether there was a commit, as
        each has its stamp; times of files are too coarse."""
        path = self._folder / name
        with self._lock:
            meta = (path / "meta.json").read_bytes()
            if self._index is None or self._seen[0] != name:
                index = tantivy.Index.open(str(path))
                index.config_reader("manual")
                index.reload()
                self._index = index
            elif self._seen[1] != meta:
                self._index.reload()
            self._seen = (name, meta)
            return self._index

    # --- writing

    def _write(
        self, name: str, documents: Iterable[Document], removed: Collection[str], position: str
    ) -> None:
        """One commit. One thread, so that it makes one segment."""
        writer = self._opened(name).writer(HEAP, 1)
        try:
            # a killed writer's files bear the names that this commit will give its own
            writer.garbage_collect_files()
            _fill(writer, documents, removed, position)
            writer.commit()
        except BaseException:
            writer.rollback()
            raise
        finally:
            # lets the lock go; without waiting, merges would be dropped and segments pile up
            writer.wait_merging_threads()


def _fsync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _fill(
    writer: "IndexWriter", documents: Iterable[Document], removed: Collection[str], position: str
) -> None:
    gone = set(removed)
    for name in gone:
        writer.delete_documents_by_term("id", name)
    for document in documents:
        if document.id not in gone:
            writer.delete_documents_by_term("id", document.id)
            writer.add_document(_record(document))
    writer.delete_documents_by_term("meta", "position")
    record = tantivy.Document()
    record.add_text("meta", "position")
    record.add_text("position", position)
    writer.add_document(record)


def _record(document: Document) -> Any:
    record = tantivy.Document()
    record.add_text("id", document.id)
    record.add_integer("at", document.at)
    for term in dict.fromkeys(document.terms):
        record.add_text("terms", term)
    for name in WEIGHTS:
        tokens = getattr(document, name)
        if tokens:
            record.add_text(name, " ".join(tokens))
    return record


# --- answers


def _page(searcher: "Searcher", query: "Query", question: Question) -> tuple[tuple[Hit, ...], int]:
    """The hits of a page and how many there are on all.

    tantivy leaves ties in no order, and which of them are among the first ``n`` open: so more is
    asked for until the last tie of the page is complete.
    """
    scored = question.ranking is Ranking.RELEVANCE and any(not c.negated for c in question.clauses)
    oldest = question.ranking is Ranking.OLDEST
    order: dict[str, Any] = {} if scored else {"order_by_field": "at"}
    if oldest:
        order["order"] = tantivy.Order.Asc
    # tantivy allocates for as many as it is asked for, and ends the process where it cannot
    size = max(1, searcher.num_docs)
    last = min(question.offset + question.limit, size)
    many = min(max(1, last + SPARE), size)
    while True:
        found: Any = searcher.search(query, limit=many, count=True, **order)
        rows, total = found.hits, found.count
        last = min(last, total)
        if last <= question.offset:
            return (), total
        if len(rows) >= total or rows[-1][0] != rows[last - 1][0]:
            break
        many = min(many * 4, size)
    first, end = question.offset, last
    while first and rows[first - 1][0] == rows[question.offset][0]:
        first -= 1
    while end < len(rows) and rows[end][0] == rows[last - 1][0]:
        end += 1
    ranked = _ranked(searcher, rows[first:end], oldest=oldest)
    page = ranked[question.offset - first : last - first]
    return tuple(Hit(name, score if scored else 0.0) for name, score in page), total


def _ranked(
    searcher: "Searcher", rows: "list[tuple[Any, DocAddress]]", *, oldest: bool
) -> list[tuple[str, float]]:
    """Ids and keys, with ties by time, the newest first, then by id."""
    times = searcher.fast_field_values("at", [address for _, address in rows])
    keys = [
        (key if oldest else -key, -(at or 0), str(searcher.doc(address)["id"][0]), key)
        for (key, address), at in zip(rows, times, strict=True)
    ]
    return [(name, key) for _, _, name, key in sorted(keys)]


def _facets(searcher: "Searcher", query: "Query", kinds: Sequence[str]) -> Facets:
    """Exact counts: an aggregation would be, too, but refuses more than 65,000 terms."""
    return Facets(
        {
            term: count
            for kind in dict.fromkeys(kinds)
            for term, count in searcher.terms_with_prefix("terms", f"{kind}:", query)
            if count
        }
    )
