"""What search costs, in one run and one table: ``search.py SOURCE [ENTRIES …]``.

SOURCE is a folder of Markdown (see ``corpus.py``); of each number of entries (1,000, 10,000 and
100,000 unless told otherwise) an archive is catalogued, indexed by each engine, and asked 200
questions of eleven kinds, each once, by a process that has just begun: ten hits with their
entries and marked snippets, as ``Search.find`` gives them. Beside them, with the same tokens and
without entries and snippets: SQLite's FTS5 and tantivy alone. The last rows are the page of the
site, 30 hits with six facets. Times are of the wall: let nothing else run.
"""

import argparse
import json
import os
import random
import re
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

from corpus import Made, entries_from
from msgspec import structs

from newsarchive.archive import Archive
from newsarchive.catalogue import CatalogueWriter, Changes, FileState, Placed, ReadFile
from newsarchive.config import Config
from newsarchive.entry import Entry, Kind, Moment, Precision
from newsarchive.indexing import Indexing
from newsarchive.progress import CATALOGUE
from newsarchive.query import Order, Query
from newsarchive.search import WORDS
from newsarchive.search.engine import WEIGHTS
from newsarchive.search.text import tokens
from newsarchive.searching import Search

SIZES = (1_000, 10_000, 100_000)
ENGINES = ("whoosh", "tantivy")
NOW = datetime(2026, 11, 1, tzinfo=UTC)
HITS = 10
EDITS = 20


# -- the archive --


def entry_of(made: Made) -> Entry:
    """A made-up entry as the loader would give it."""
    at = datetime(made.day.year, made.day.month, made.day.day, 8, tzinfo=UTC)
    return Entry(
        id=made.id,
        path=made.path,
        kind=Kind.UPDATE if made.story else Kind.ARTICLE,
        title=made.title,
        published=Moment(at, Precision.MINUTE),
        updated=Moment(at, Precision.MINUTE),
        lang=made.lang,
        summary=made.body[:200],
        tags=made.tags,
        authors=(made.author,),
        story=made.story,
        file=f"{made.path}.md",
        body=made.body,
        digest=f"{hash(made.body) & 0xFFFFFFFF:08x}",
    )


def change(entries: Iterable[Entry]) -> Changes:
    """Entries as a load of their files."""
    return Changes(
        files=tuple(
            ReadFile(FileState(each.file, 1, 1, 1, b"x"), (Placed(each, each.published),))
            for each in entries
        )
    )


def config_of(data: Path, engine: str) -> Config:
    """The settings of a measurement."""
    return Config(data_dir=data, articles_dir=data / "articles", search_engine=engine)


def catalogue(source: Path, data: Path, size: int) -> int:
    """Fill a catalogue; gives the bytes of all texts."""
    made = [entry_of(each) for each in entries_from(source, size)]
    with closing(CatalogueWriter(data / CATALOGUE, config_of(data, "whoosh").zone)) as writer:
        writer.apply(change(made), NOW)
    return sum(len(each.body.encode()) + len(each.title.encode()) for each in made)


# -- the questions --


@dataclass(frozen=True)
class Asked:
    """One question."""

    kind: str
    query: Query
    facets: bool = False


def questions(source: Path, size: int) -> list[Asked]:
    """Two hundred questions of eleven kinds about an archive, the same every time."""
    made = list(entries_from(source, min(size, 4_000)))
    chance = random.Random(size)
    counts: Counter[str] = Counter()
    for each in made:
        counts.update(set(re.findall(r"[^\W\d_]{4,}", each.body)))
    ranked = [word for word, count in counts.most_common() if count > 1]
    common, middle, rare = ranked[:60], ranked[60:1500], ranked[-3000:]
    phrases = [
        match for each in made for match in re.findall(r"[^\W\d_]{3,} [^\W\d_]{3,}", each.body)
    ]
    tags = sorted({tag for each in made for tag in each.tags})

    def pick(words: list[str], many: int = 1) -> str:
        return " ".join(chance.sample(words, many))

    def typo() -> str:
        word = pick([each for each in middle if len(each) > 6])
        place = chance.randrange(2, len(word) - 1)
        return word[:place] + word[place + 1 :]

    def asked(text: str, **more: object) -> Query:
        args = [("q", text), ("limit", str(HITS)), *((k, str(v)) for k, v in more.items())]
        return Query.from_args(args, Query(order=Order.RELEVANCE))

    year = lambda: 2008 + chance.randrange(18)  # noqa: E731
    makers: dict[str, Callable[[], Query]] = {
        "rare": lambda: asked(pick(rare)),
        "common": lambda: asked(pick(common)),
        "two words": lambda: asked(f"{pick(common)} {pick(middle)}"),
        "three words": lambda: asked(f"{pick(common)} {pick(middle, 2)}"),
        "phrase": lambda: asked(f'"{chance.choice(phrases)}"'),
        "prefix": lambda: asked(f"{pick(middle)[:4]}*"),
        "typo": lambda: asked(typo()),
        "dates": lambda: asked(pick(middle), after=(y := year()), before=y + 2),
        "tag": lambda: asked(pick(middle), tag=chance.choice(tags)),
        "by date": lambda: asked(pick(common), order="newest"),
        "facets": lambda: asked(pick(middle)),
    }
    kinds = [*makers] * 18 + ["two words", "rare"]
    chance.shuffle(kinds)
    return [Asked(kind, makers[kind](), facets=kind == "facets") for kind in kinds]


# -- what is measured, each in a process of its own --


def index(data: Path, engine: str) -> dict[str, float]:
    """Index the catalogue."""
    seconds = []
    for _ in range(2):  # the second time there is only the list of words to be made
        for file in data.glob(f"{WORDS}*"):
            file.unlink()
        began = time.perf_counter()
        with closing(Indexing(config_of(data, engine))) as indexing:
            indexing.catch_up(NOW)
        seconds.append(time.perf_counter() - began)
    folder = data / f"search-{engine}"
    return {
        "seconds": seconds[0],
        "engine": seconds[0] - seconds[1],
        "bytes": sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()),
        "memory": memory(),
    }


def ask(data: Path, engine: str, source: Path, size: int) -> dict[str, object]:
    """Ask every question once, then the site's page."""
    asked = questions(source, size)
    base = memory()
    search = Search(Archive(config_of(data, engine)))
    first = timed(lambda: search.find(asked[0].query, NOW))
    times = [
        (each.kind, timed(lambda each=each: search.find(each.query, NOW, facets=each.facets)))
        for each in asked[1:]
    ]  # type: ignore[misc]
    resident = memory()
    prepared = [search._read_question(each.query, NOW) for each in asked]
    alone = [("", timed(lambda each=each: search._engine.search(each))) for each in prepared]  # type: ignore[misc]
    pages = [
        timed(lambda each=each: search.find(replace(each.query, limit=30), NOW))
        for each in asked  # type: ignore[misc]
    ]
    return {
        "first": first,
        "times": times,
        "pages": pages,
        "alone": alone,
        "base": base,
        "memory": resident,
    }


def fts5(data: Path, source: Path, size: int) -> dict[str, object]:
    """SQLite's own full-text index over the same tokens."""
    path = data / "fts5.sqlite3"
    path.unlink(missing_ok=True)
    began = time.perf_counter()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(
            "CREATE VIRTUAL TABLE doc USING fts5(title, summary, body, terms, content='',"
            " tokenize=\"unicode61 remove_diacritics 0 tokenchars ':-+#/.'\")"
        )
        for number, made in enumerate(entries_from(source, size)):
            e = entry_of(made)
            connection.execute(
                "INSERT INTO doc(rowid, title, summary, body, terms) VALUES (?,?,?,?,?)",
                (number, *(" ".join(tokens(text, e.lang)) for text in (e.title, e.summary, e.body)),
                 " ".join(f"tag:{tag.replace(' ', '-').lower()}" for tag in e.tags)),
            )  # fmt: skip
        connection.commit()
        seconds = time.perf_counter() - began
        times = [
            (each.kind, timed(lambda each=each: connection.execute(  # type: ignore[misc]
                "SELECT rowid, bm25(doc, 4, 2, 1) AS score FROM doc WHERE doc MATCH ?"
                " ORDER BY score LIMIT ?",
                (fts5_question(each), HITS)).fetchall()))
            for each in questions(source, size)
        ]  # fmt: skip
    return {"seconds": seconds, "bytes": path.stat().st_size, "times": times}


def fts5_question(asked: Asked) -> str:
    """A question in FTS5's own words: any language's token of each word."""
    text = asked.query.text
    if text.endswith("*"):
        return " OR ".join(f'"{lang}:{text[:-1].lower()}"*' for lang in ("en", "fr"))
    if text.startswith('"'):
        read = [" ".join(tokens(text, lang)) for lang in ("en", "fr")]
        return " OR ".join(f'"{each}"' for each in read if each) or '"nothing"'
    parts = []
    for word in text.split():
        found = {token for lang in ("en", "fr") for token in tokens(word, lang)}
        if found:
            parts.append("(" + " OR ".join(f'"{token}"' for token in sorted(found)) + ")")
    return " AND ".join(parts) or '"nothing"'


def raw(data: Path, source: Path, size: int) -> dict[str, object]:
    """tantivy's own searcher on the index of our engine: the words alone, ten addresses."""
    import tantivy  # noqa: PLC0415 - an extra

    folder = data / "search-tantivy"
    found = tantivy.Index.open(str(folder / (folder / "current").read_text().strip()))
    searcher = found.searcher()
    schema = found.schema

    def one(asked: Asked) -> None:
        parts = []
        text = asked.query.text
        for word in [text] if text[0] == '"' else text.rstrip("*").split():
            readings = [tokens(word, lang) for lang in ("en", "fr")]
            queries = [
                tantivy.Query.phrase_query(schema, name, list(read)) if len(read) > 1
                else tantivy.Query.term_query(schema, name, read[0], "freq")
                for read in readings if read for name in WEIGHTS
            ]  # fmt: skip
            if queries:
                some = [(tantivy.Occur.Should, each) for each in queries]
                parts.append((tantivy.Occur.Must, tantivy.Query.boolean_query(some)))
        if parts:
            searcher.search(tantivy.Query.boolean_query(parts), limit=HITS)

    return {
        "times": [
            (each.kind, timed(lambda each=each: one(each))) for each in questions(source, size)
        ]
    }  # type: ignore[misc]


def edit(data: Path, engine: str) -> dict[str, object]:
    """From the end of a load to the moment this process finds what another indexed."""
    config = config_of(data, engine)
    archive = Archive(config)
    last = archive.find(Query(limit=1), NOW).entries[0]
    search = Search(archive)
    waits = []
    follower = subprocess.Popen(
        [sys.executable, __file__, "--part", "catch-up", str(data), engine],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert follower.stdin
    assert follower.stdout
    follower.stdout.readline()
    with closing(CatalogueWriter(data / CATALOGUE, config.zone)) as writer:
        for number in range(EDITS):
            word = f"zyx{number}qwv{os.getpid()}"
            fresh = structs.replace(
                last, body=f"Rien. {word}.", digest=f"{number:x}{os.getpid():x}"
            )
            writer.apply(change([fresh]), NOW)
            began = time.perf_counter()
            print(file=follower.stdin, flush=True)
            while not search.find(Query(text=word), NOW, facets=False).total:
                time.sleep(0.001)
            waits.append(1000 * (time.perf_counter() - began))
            follower.stdout.readline()
    follower.stdin.close()
    follower.wait(timeout=30)
    return {"waits": waits}


def catch_up(data: Path, engine: str) -> None:
    """Follow the catalogue at every line that is read."""
    with closing(Indexing(config_of(data, engine))) as indexing:
        print("ready", flush=True)
        for _ in sys.stdin:
            indexing.catch_up(NOW)
            print("done", flush=True)


def timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


def memory() -> float:
    """Megabytes that are this process's own: files that are mapped are the system's cache."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"RssAnon:\s+(\d+)", status)
    return (
        int(found[1]) / 1024 if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    )


PARTS: dict[str, Callable[..., object]] = {
    "index": lambda data, engine: index(Path(data), engine),
    "ask": lambda data, engine, source, size: ask(Path(data), engine, Path(source), int(size)),
    "fts5": lambda data, source, size: fts5(Path(data), Path(source), int(size)),
    "raw": lambda data, source, size: raw(Path(data), Path(source), int(size)),
    "edit": lambda data, engine: edit(Path(data), engine),
    "catch-up": lambda data, engine: catch_up(Path(data), engine),
}


def part(*words: object) -> dict[str, object]:
    """A measurement in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--part", *map(str, words)], check=True, stdout=subprocess.PIPE
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


# -- the table --


def spread_of(times: list[float]) -> str:
    """Median, 95th percentile, maximum."""
    return f"{median(times):8.2f} {quantiles(times, n=20)[-1]:8.2f} {max(times):8.2f}"


def report(name: str, found: dict[str, object], kinds: bool) -> None:
    times = found["times"]
    print(f"  {name:34} {spread_of([each[1] for each in times])}", flush=True)  # type: ignore[index,union-attr]
    if kinds:
        by_kind: dict[str, list[float]] = {}
        for kind, milliseconds in times:  # type: ignore[union-attr]
            by_kind.setdefault(kind, []).append(milliseconds)
        for kind, some in sorted(by_kind.items()):
            print(f"    {kind:32} {spread_of(some)}")


def measure(source: Path, folder: Path, size: int, *, kinds: bool, engines: list[str]) -> None:
    """All of one size."""
    data = folder / str(size)
    data.mkdir(parents=True, exist_ok=True)
    text = catalogue(source, data, size)
    print(f"\n{size:,} entries, {text / 1e6:.1f} MB of text")
    for engine in engines:
        made = part("index", data, engine)
        rate, share = size / made["engine"], made["bytes"] / text  # type: ignore[operator]
        with_words = size / made["seconds"]  # type: ignore[operator]
        print(f"  {engine}: {rate:,.0f} documents/s, {with_words:,.0f} with the list of words,"
              f" index {share:.2f} x the text, {made['memory']:.0f} MB", flush=True)  # fmt: skip
    print(f"  {'milliseconds':34} {'median':>8} {'95th':>8} {'maximum':>8}")
    for engine in engines:
        found = part("ask", data, engine, source, size)
        report(f"{engine}, ten hits with snippets", found, kinds)
        report(f"{engine} through its interface, ten ids", {"times": found["alone"]}, False)
        print(f"  {engine + ', first question of a process':34} {found['first']:8.2f}")
        print(f"  {engine + ', page of 30 with facets':34} {spread_of(found['pages'])}")  # type: ignore[arg-type]
        print(f"  {engine + ', memory':34} {found['memory']:8.0f} MB, {found['base']:.0f} before")
        waits = part("edit", data, engine)["waits"]
        print(f"  {engine + ', an edit until it is found':34} {spread_of(waits)}")  # type: ignore[union-attr]
    beside = part("fts5", data, source, size)
    report("FTS5, ten numbers", beside, kinds)
    rate, share = size / beside["seconds"], beside["bytes"] / text  # type: ignore[operator]
    print(f"  FTS5: {rate:,.0f} documents/s, {share:.2f} x the text")
    if "tantivy" in engines:
        report("tantivy alone, ten numbers", part("raw", data, source, size), kinds)


def main() -> None:
    """Every size, one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--kinds", action="store_true", help="a line for each kind of question")
    parser.add_argument("--keep", type=Path, help="a folder for what is made; else a temporary one")
    parser.add_argument("--engine", action="append", choices=ENGINES)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for size in args.sizes:
            measure(args.source.resolve(), args.keep or Path(folder), size, kinds=args.kinds,
                    engines=args.engine or list(ENGINES))  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1:2] == ["--part"]:
        answer = PARTS[sys.argv[2]](*sys.argv[3:])
        if answer is not None:
            print(json.dumps(answer))
    else:
        main()
