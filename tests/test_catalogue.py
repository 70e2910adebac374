"""The catalogue: lists by any query, counted and paged by index; changes; what time hides."""

import random
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from newsarchive.catalogue import Catalogue, CatalogueWriter, Changes, FileState, Placed, ReadFile
from newsarchive.catalogue.lists import terms_of
from newsarchive.dates import microseconds
from newsarchive.entry import Entry, Kind, Moment, Precision, Status
from newsarchive.errors import CatalogueError
from newsarchive.query import Order, Period, Query

ZONE = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def entry(number: int, at: datetime, **more: object) -> Entry:
    moment = Moment(at, more.pop("precision", Precision.MINUTE))  # type: ignore[arg-type]
    values: dict[str, object] = {
        "id": f"tag:example.org,2026:{number:06}", "path": f"e/{number}", "kind": Kind.ARTICLE,
        "title": f"Titre {number}", "published": moment, "updated": moment, "lang": "fr",
        "file": f"e/{number}.md", "body": "Texte.", **more,
    }  # fmt: skip
    return Entry(**values)  # type: ignore[arg-type]


def file_of(each: Entry) -> ReadFile:
    state = FileState(each.file, 1, 1, 1, b"x")
    return ReadFile(state, (Placed(each, each.published),))


class Book:
    """A catalogue and its writer."""

    def __init__(self, folder: Path) -> None:
        self.writer = CatalogueWriter(folder / "catalogue.sqlite3", ZONE)
        self.reader = Catalogue(folder / "catalogue.sqlite3", ZONE)

    def put(self, *entries: Entry, removed: Iterable[str] = ()) -> None:
        files = tuple(file_of(each) for each in entries)
        self.writer.apply(Changes(files=files, removed=tuple(removed)), NOW)

    def ids(self, query: Query, now: datetime = NOW, size: int = 1000) -> list[str]:
        return [each.id for each in self.reader.find(query, now, size).entries]


@pytest.fixture
def book(tmp_path: Path) -> Iterable[Book]:
    made = Book(tmp_path)
    yield made
    made.writer.close()
    made.reader.close()


def some(number: int, seed: int = 1) -> list[Entry]:
    """Entries over fifteen years, some of whose days, months and times are not known."""
    chance = random.Random(seed)
    found = []
    for n in range(number):
        at = datetime(2012, 1, 1, tzinfo=ZONE) + timedelta(minutes=chance.randrange(15 * 525_600))
        precision = chance.choice([Precision.MINUTE] * 6 + list(Precision))
        if precision is Precision.YEAR:
            at = at.replace(month=1, day=1, hour=0, minute=0)
        elif precision is Precision.MONTH:
            at = at.replace(day=1, hour=0, minute=0)
        elif precision is Precision.DAY:
            at = at.replace(hour=0, minute=0)
        tags = tuple(chance.sample(["IA", "Presse", "Eau", "Ville"], chance.randrange(4)))
        found.append(
            entry(
                n, at, precision=precision, tags=tags, authors=(chance.choice("ABC"),),
                lang=chance.choice(["fr", "en", "fr-CA"]),
                status=chance.choice([Status.PUBLISHED] * 9 + [Status.DRAFT]),
            )
        )  # fmt: skip
    return found


def expected(entries: Iterable[Entry], query: Query, now: datetime = NOW) -> list[str]:
    """The same question, asked entry by entry."""
    grains = {Precision.YEAR: 0, Precision.MONTH: 1}

    def fits(each: Entry) -> bool:
        terms = set(terms_of(each))
        asked = {f"tag:{t}" for t in query.tags} | {f"author:{a}" for a in query.authors}
        asked |= {f"lang:{query.lang}"} if query.lang else set()
        asked |= {f"kind:{query.kind}"} if query.kind else set()
        at = each.published.at
        spans = [
            not query.period or query.period.start(ZONE) <= at < query.period.end(ZONE),
            not query.after or at >= query.after.start(ZONE),
            not query.before or at < query.before.start(ZONE),
        ]
        wanted = (
            0 if not query.period else 2 if query.period.day else 1 if query.period.month else 0
        )
        return (
            at <= now and bool(terms) and asked <= terms and all(spans)
            and not {f"tag:{t}" for t in query.without_tags} & terms
            and grains.get(each.published.precision, 2) >= wanted
        )  # fmt: skip

    chosen = sorted(
        (e for e in entries if fits(e)), key=lambda e: (-microseconds(e.published.at), e.id)
    )
    return [each.id for each in (reversed(chosen) if query.order is Order.OLDEST else chosen)]


periods = st.builds(
    lambda year, month, day: Period(year, month, day if month else None),
    st.integers(2011, 2027), st.none() | st.integers(1, 12), st.none() | st.integers(1, 28),
)  # fmt: skip
names = st.lists(st.sampled_from(["ia", "presse", "eau", "ville"]), max_size=2, unique=True)
queries = st.builds(
    Query,
    tags=names.map(tuple),
    without_tags=names.map(tuple),
    authors=st.sampled_from([(), ("a",), ("b",)]),
    lang=st.sampled_from(["", "fr", "fr-ca", "en"]),
    period=st.none() | periods,
    after=st.none() | periods,
    before=st.none() | periods,
    order=st.sampled_from(Order),
)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterable[tuple[Book, list[Entry]]]:
    made, entries = Book(tmp_path_factory.mktemp("full")), some(400)
    made.put(*entries)
    yield made, entries
    made.writer.close()
    made.reader.close()


@settings(
    max_examples=75, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(query=queries, size=st.integers(1, 50), days=st.integers(0, 6000))
def test_any_query_gives_the_entries_that_fit_it_page_by_page(
    full: tuple[Book, list[Entry]], query: Query, size: int, days: int
) -> None:
    book, entries = full
    now = NOW - timedelta(days=days)
    wanted = expected(entries, query, now)
    found: list[str] = []
    number = 1
    while True:
        page = book.reader.find(
            Query(**{f: getattr(query, f) for f in Query.__dataclass_fields__} | {"page": number}),
            now, size,
        )  # fmt: skip
        assert page.total == len(wanted)
        assert page.pages == max(1, -(-len(wanted) // size))
        found += [each.id for each in page.entries]
        number += 1
        if number > page.pages:
            break
    assert found == wanted


@pytest.mark.parametrize("more", [{}, {"without_tags": ("ia",)}, {"tags": ("ia", "eau")}])
def test_a_span_that_ends_before_it_begins_holds_nothing(
    full: tuple[Book, list[Entry]], more: dict[str, Any]
) -> None:
    book, _ = full
    query = Query(after=Period(2020), before=Period(2015), **more)
    assert book.reader.find(query, NOW, 10).total == 0
    assert book.reader.find(query, NOW, 10).entries == ()


def test_counts_by_year_month_and_day_are_those_of_the_lists(
    full: tuple[Book, list[Entry]],
) -> None:
    book, _ = full
    for now in (NOW, NOW - timedelta(days=1000)):
        years = book.reader.calendar(now)
        assert sum(years.values()) == book.reader.find(Query(), now, 10).total
        for year in years:
            months = book.reader.calendar(now, Period(int(year)))
            days = book.reader.days(int(year), now)
            for period, number in [*months.items(), *days.items()]:
                query = Query(period=Period.parse(period))
                assert book.reader.find(query, now, 10).total == number


def test_tags_are_counted_without_what_time_still_hides(full: tuple[Book, list[Entry]]) -> None:
    book, _ = full
    for now in (NOW, NOW - timedelta(days=3000)):
        for name in book.reader.names("tag", now):
            assert book.reader.find(Query(tags=(name.slug,)), now, 10).total == name.entries


@pytest.mark.parametrize("days", [0, 300, 3000])
@pytest.mark.parametrize("limit", [1, 2, 20])
def test_the_commonest_tags_are_the_first_of_all(
    full: tuple[Book, list[Entry]], days: int, limit: int
) -> None:
    book, now = full[0], NOW - timedelta(days=days)
    every = sorted(book.reader.names("tag", now), key=lambda name: (-name.entries, name.slug))
    assert list(book.reader.commonest("tag", now, limit)) == every[:limit]


def test_what_is_remembered_of_a_generation_ends_with_it(tmp_path: Path, book: Book) -> None:
    first, second = some(2)
    book.put(first)
    before = [each.slug for each in book.reader.names("tag", NOW)]
    book.put(replace(second, tags=("nouveau",)))
    assert {each.slug for each in book.reader.names("tag", NOW)} == {*before, "nouveau"}
    assert book.reader.total("", NOW) == 2
    # another catalogue in its place begins with the same generation
    path = tmp_path / "catalogue.sqlite3"
    book.writer.close()
    for each in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        each.unlink(missing_ok=True)
    book.writer = CatalogueWriter(path, ZONE)
    for number in range(2):
        each = replace(first, tags=("autre",), title=f"T{number}")
        book.writer.apply(Changes(files=(file_of(each),)), NOW + timedelta(seconds=1))
    assert [each.slug for each in book.reader.names("tag", NOW)] == ["autre"]


PLANNED = [
    Query(), Query(tags=("ia",)), Query(tags=("ia", "eau")), Query(authors=("a",), lang="fr"),
    Query(without_tags=("ia",)), Query(kind=Kind.UPDATE), Query(story="e/1"),
    Query(period=Period(2020, 2, 3)), Query(after=Period(2019), before=Period(2021), tags=("eau",)),
    Query(order=Order.OLDEST), Query(order=Order.OLDEST, tags=("ia",), page=3),
]  # fmt: skip


@pytest.mark.parametrize("query", PLANNED, ids=lambda query: str(query.args() or "all"))
def test_no_list_is_scanned_or_sorted(full: tuple[Book, list[Entry]], query: Query) -> None:
    book, _ = full
    statements: list[str] = []
    connection = book.reader._readers.connection()
    connection.set_trace_callback(statements.append)
    book.reader.find(query, NOW, 10)
    connection.set_trace_callback(None)
    assert statements
    assert_by_index(connection, statements)


@pytest.mark.parametrize("text", ["titre", "!!!"])
def test_words_are_no_list(full: tuple[Book, list[Entry]], text: str) -> None:
    book, _ = full
    query = Query(text=text, tags=("ia",))
    for ask in (
        lambda: book.reader.find(query, NOW, 10),
        lambda: book.reader.members(query),
        lambda: book.reader.newest(query, NOW, 10),
    ):
        with pytest.raises(ValueError, match=text):
            ask()


def assert_by_index(connection: sqlite3.Connection, statements: list[str]) -> None:
    for statement in statements:
        if "'main'" in statement:  # FTS5's own
            continue
        plan = [row["detail"] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
        for step in plan:
            is_index = "VIRTUAL TABLE INDEX" in step  # of FTS5
            assert is_index or not step.startswith("SCAN"), (statement, plan)
            assert "TEMP B-TREE" not in step, (statement, plan)


def test_neighbours_calendars_and_addresses_are_answered_by_index(
    full: tuple[Book, list[Entry]],
) -> None:
    book, entries = full
    statements: list[str] = []
    connection = book.reader._readers.connection()
    connection.set_trace_callback(statements.append)
    reader = book.reader
    reader.neighbours(entries[5], "kind:article", NOW)
    reader.calendar(NOW)
    reader.days(2020, NOW)
    reader.neighbour_periods(Period(2020, 3), NOW)
    reader.running(NOW, NOW - timedelta(days=30))
    reader.entry("e/5", NOW)
    reader.alias("/old", NOW)
    reader.respelt("E/5", NOW)
    reader.alike("e/titre-5", NOW)
    reader.is_hidden("2024/a/b/c.svg", NOW)
    reader.changes(0, 10)
    reader.corrections(NOW, 10, 0)
    reader.titled("tit", NOW, 10)
    reader.named("tag", "zzz", NOW, 10)
    connection.set_trace_callback(None)
    assert_by_index(connection, statements)


def test_neighbours_follow_the_list_even_among_entries_of_one_instant(book: Book) -> None:
    at = datetime(2023, 11, 17, tzinfo=ZONE)
    entries = [entry(n, at if n < 4 else at + timedelta(days=n)) for n in range(6)]
    book.put(*entries)
    newest_first = book.ids(Query())
    by_id = {each.id: each for each in entries}
    for place, id_ in enumerate(newest_first):
        before, after = book.reader.neighbours(by_id[id_], "kind:article", NOW)
        assert (before.id if before else None) == (
            newest_first[place + 1] if place + 1 < len(newest_first) else None
        )
        assert (after.id if after else None) == (newest_first[place - 1] if place else None)


@pytest.mark.parametrize("at_once", [7, 2_000])
def test_after_any_edits_the_lists_and_counts_are_those_of_a_fresh_catalogue(
    tmp_path: Path, book: Book, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsarchive.catalogue.writer.AT_ONCE", at_once)
    chance = random.Random(7)
    now_there = {each.file: each for each in some(60)}
    book.put(*now_there.values())
    for step in range(12):
        changed = {e.file: e for e in some(60, seed=step + 50) if chance.random() < 0.3}
        removed = [file for file in now_there if chance.random() < 0.1 and file not in changed]
        book.put(*changed.values(), removed=removed)
        now_there |= changed
        for file in removed:
            del now_there[file]
    fresh = Book(tmp_path / "fresh")
    fresh.put(*now_there.values())
    for table, order in [
        ("tally", "term, grain, period"),
        ("spelling", "term, name"),
        ("name_word", "kind, word, slug"),
        ("story", "path"),
        ("correction", "at, position"),
    ]:
        assert dump(book, table, order) == dump(fresh, table, order)
    titles = "title t JOIN entry e ON e.number = t.rowid"
    assert dump(book, titles, "id", "id, words") == dump(fresh, titles, "id", "id, words")
    book.writer._connection.execute("INSERT INTO title (title) VALUES ('integrity-check')")
    columns = "term, at, id, grain"
    assert dump(book, "membership", columns, columns) == dump(fresh, "membership", columns, columns)
    fresh.writer.close()


def dump(book: Book, table: str, order: str, columns: str = "*") -> list[tuple[object, ...]]:
    rows = book.writer._connection.execute(f"SELECT {columns} FROM {table} ORDER BY {order}")
    return [tuple(row) for row in rows]


def test_entries_may_change_places(book: Book) -> None:
    first, second = entry(1, NOW), entry(2, NOW)
    book.put(first, second)
    book.put(
        entry(1, NOW, path="e/2", file="e/2.md"), entry(2, NOW, path="e/1", file="e/1.md"),
    )  # fmt: skip
    found = book.reader.entry("e/2", NOW)
    assert found is not None
    assert found.id == first.id
    assert len(book.ids(Query())) == 2


def test_the_change_log_names_each_id_once_in_its_latest_state(book: Book) -> None:
    book.put(entry(1, NOW), entry(2, NOW), entry(3, NOW, status=Status.DRAFT))
    book.put(entry(1, NOW, title="Autre"), removed=["e/2.md"])
    found = book.reader.changes(0, 100)
    assert [(c.id[-1], c.deleted) for c in found] == [("1", False), ("2", True)] or [
        (c.id[-1], c.deleted) for c in found
    ] == [("2", True), ("1", False)]
    assert [c.sequence for c in found] == sorted(c.sequence for c in found)
    assert book.reader.changes(found[-1].sequence, 100) == ()


def test_an_entry_written_again_unchanged_is_no_change(book: Book) -> None:
    book.put(entry(1, NOW))
    before = book.reader.generation(), book.reader.changes(0, 10)
    book.put(entry(1, NOW))
    assert (book.reader.generation(), book.reader.changes(0, 10)) == before


def test_when_an_id_was_first_seen_outlives_its_entry(book: Book) -> None:
    old = datetime(2015, 1, 1, tzinfo=ZONE)
    book.put(entry(1, old))
    book.put(entry(2, old))
    book.put(removed=["e/2.md"])
    book.put(entry(2, old))
    seen = dict(dump(book, "seen", "id"))  # type: ignore[arg-type]
    assert seen[entry(1, old).id] == microseconds(old)
    assert seen[entry(2, old).id] == microseconds(NOW)


def test_a_snapshot_does_not_see_what_is_written_meanwhile(book: Book) -> None:
    book.put(entry(1, NOW))
    with book.reader.snapshot():
        assert len(book.ids(Query())) == 1
        book.put(entry(2, NOW))
        assert len(book.ids(Query())) == 1
    assert len(book.ids(Query())) == 2


def test_the_first_load_leaves_every_index(book: Book) -> None:
    made = "sqlite_master WHERE type = 'index'"
    before = dump(book, made, "name", "name, sql")
    book.put(*some(10))
    assert before
    assert dump(book, made, "name", "name, sql") == before


def test_a_missing_catalogue_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="catalogue.sqlite3"):
        Catalogue(tmp_path / "catalogue.sqlite3", ZONE).generation()


def test_a_file_that_is_no_catalogue_is_put_aside_and_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite3"
    path.write_bytes(b"this is no database, " * 100)
    Book(tmp_path).writer.close()
    assert path.with_suffix(".damaged").read_bytes().startswith(b"this is no")
    assert Catalogue(path, ZONE).generation() == 0


def test_what_is_under_embargo_appears_in_its_time_and_hides_again_when_the_clock_is_set_back(
    book: Book,
) -> None:
    hours = [NOW + timedelta(hours=hour) for hour in range(3)]
    book.put(
        entry(1, hours[0], tags=("Eau",)),
        entry(2, hours[1] - timedelta(minutes=1), tags=("Eau",)),
        entry(3, hours[2] - timedelta(minutes=1), tags=("Eau",)),
    )
    reader = book.reader
    for now, there in [(0, 1), (1, 2), (2, 3), (1, 2), (0, 1), (2, 3)]:
        at = hours[now]
        assert reader.days(2026, at) == {"2026-11-23": there}
        assert [each.entries for each in reader.names("tag", at)] == [there]
        following = hours[now + 1] - timedelta(minutes=1) if now < 2 else None
        assert reader.next_arrival(at) == following


def test_what_is_read_is_that_of_the_moment_whatever_was_asked_before(book: Book) -> None:
    days = [NOW + timedelta(days=day) for day in range(-80, 80, 4)]
    stories = [
        entry(n, days[n], path=f"s{n}", is_story=True, tags=("Eau",)) for n in range(0, 30, 3)
    ]
    updates = [
        entry(100 + n, day, path=f"s{n // 4 * 3}/{n}", story=f"s{n // 4 * 3}", kind=Kind.UPDATE)
        for n, day in enumerate(days)
    ]
    book.put(*stories, *updates)
    chance = random.Random(3)
    for _ in range(60):
        now = chance.choice(days) + timedelta(hours=chance.randrange(-1, 2))
        since = now - timedelta(days=chance.choice([0, 9, 30]))
        fresh = Catalogue(book.reader.path, ZONE)
        assert book.reader.running(now, since) == fresh.running(now, since)
        assert book.ids(Query(), now) == [
            each.id for each in fresh.find(Query(), now, 1000).entries
        ]
        assert book.reader.total("tag:eau", now) == fresh.total("tag:eau", now)
        some = {each.path for each in chance.sample(stories, 4)} | {"nowhere"}
        assert book.reader.titles(some, now) == fresh.titles(some, now)
        assert set(fresh.titles(some, now)) == {
            each.path for each in stories if each.path in some and each.published.at <= now
        }
        assert list(book.reader.days(2026, now).items()) == list(fresh.days(2026, now).items())
        fresh.close()
