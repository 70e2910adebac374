"""What must hold whatever happens: the requirements, each of which has its tests."""

import ast
import gzip
import logging
import re
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import NOW, ROOT, Desk
from newsarchive import progress
from newsarchive.loader import loading
from newsarchive.progress import CATALOGUE
from newsarchive.syndication.syndicate import EDITIONS
from newsarchive.web import http

#: by number, as tests name them: ``@pytest.mark.requirement(6)``
REQUIREMENTS = {
    1: "the query language is bounded", 2: "numbers, dates and orders are read or refused",
    3: "only reading, and no address leads elsewhere", 4: "the Host header is nowhere",
    5: "security headers on every answer, no cookies", 6: "files are read with bounds",
    7: "rendering is bounded and happens once", 8: "HTML is made safe in one place",
    9: "what XML forbids stays out; one entry that fails leaves the feed", 10: "one id, one address",
    11: "what is hidden is nowhere", 12: "the indexer may be killed", 13: "so may a worker",
    14: "what is derived may be lost or damaged", 15: "the disk may be full or read-only",
    16: "files may be half written, checkouts half done", 17: "one writer at a time",
    18: "no file of an author is written over", 19: "any clock, any year", 20: "one line a request",
}  # fmt: skip


def numbered() -> Iterator[int]:
    """The numbers that tests name."""
    for path in (ROOT / "tests").glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.requirement":
                yield from (ast.literal_eval(each) for each in node.args)


def test_every_requirement_has_a_test() -> None:
    assert set(numbered()) == set(REQUIREMENTS)


# -- visitors --


@pytest.fixture
def client(desk: Desk) -> FlaskClient:
    desk.article("2024/seul.md", "2024-03-01 10:00", title="Seul")
    desk.load()
    return desk.client()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """One site for many questions."""
    desk = Desk(tmp_path_factory.mktemp("site"))
    desk.article("2024/seul.md", "2024-03-01 10:00", title="Seul", tags="[IA]")
    desk.load()
    desk.index()
    return desk.client()


@pytest.mark.requirement(3)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW"])
@pytest.mark.parametrize(
    "address", ["/", "/feed.rss", "/search/", "/api/v1/entries", "/healthz", "/static/site.css"]
)
def test_nothing_can_be_done_but_read(client: FlaskClient, address: str, method: str) -> None:
    answer = client.open(address, method=method)
    assert answer.status_code in {404, 405}  # 404: static files have other names
    assert "Set-Cookie" not in answer.headers


@pytest.mark.requirement(4)
def test_what_a_proxy_says_counts_only_where_it_is_trusted(client: FlaskClient) -> None:
    told = {
        "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher",
        "X-Forwarded-Prefix": "/evil", "Forwarded": "host=evil.example", "X-Original-URL": "/evil",
    }  # fmt: skip
    for address in ("/", "/feed.rss", "/2024", "/api/v1/entries", "/nulle-part/"):
        answer = client.get(address, headers=told)
        said = answer.text + str(answer.headers)
        assert "evil" not in said
        assert "gopher" not in said


@pytest.mark.requirement(2, 3)
@settings(deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    st.sampled_from(["page", "order", "q", "limit", "after", "since"]),
)
def test_no_address_and_no_parameter_is_an_error_of_ours(
    site: FlaskClient, text: str, name: str
) -> None:
    for address in ("/", "/tags/ia/", "/search/", "/feed.rss", "/api/v1/entries"):
        assert site.get(address, query_string={name: text}).status_code < 500
    path = f"/{text}".encode().decode("latin-1")  # as WSGI has it (PEP 3333)
    assert site.get("/", environ_overrides={"PATH_INFO": path}).status_code < 500


# -- authors --


@pytest.mark.requirement(7)
@pytest.mark.parametrize(
    "body",
    ["[x]: /" + "y" * 2000 + "\n\n" + "[x]" * 9000, ">" * 5000 + " x", "<ul><li>" * 20_000,
     "*a_" * 30_000, "[" * 50_000],
    ids=["repeated addresses", "quotations", "lists", "emphasis", "brackets"],
)  # fmt: skip
def test_a_text_without_bounds_is_shown_as_it_is_and_named(desk: Desk, body: str) -> None:
    desk.article("2024/grand.md", "2024-03-01", title="Grand", body=body)
    desk.article("2024/petit.md", "2024-03-02", title="Petit")
    desk.load()
    client = desk.client()
    for address in ("/articles/2024/grand/", "/articles/2024/petit/", "/", "/feed.rss"):
        answer = client.get(address)
        assert answer.status_code == 200
        assert len(answer.data) < 4_500_000
    rendered = desk.config.data_dir / "renderings.sqlite3"
    with closing(sqlite3.connect(rendered)) as connection:
        before = connection.execute("SELECT * FROM rendering ORDER BY 1").fetchall()
        desk.client().get("/articles/2024/grand/")
        assert connection.execute("SELECT * FROM rendering ORDER BY 1").fetchall() == before


@pytest.mark.requirement(9)
@pytest.mark.parametrize("form", ["rss", "atom", "json"])
def test_an_entry_that_cannot_be_written_leaves_the_others_in_the_feed(
    desk: Desk, form: str, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(3):
        desk.article(f"2024/a{number}.md", f"2024-03-0{number + 1}", title=f"Titre {number}")
    desk.load()
    spoil(desk, "example.org,2026:2024/a1", "x\\u0001")  # which no file can bring in
    answer = desk.client().get(f"/feed.{form}")
    assert answer.status_code == 200
    assert answer.text.count("Titre 0") >= 1
    assert answer.text.count("Titre 2") >= 1
    if form != "json":  # which can hold any character
        assert "Titre 1" not in answer.text
        assert ["left out" in each.getMessage() for each in caplog.records] == [True]
        assert caplog.records[0].levelno == logging.ERROR


def spoil(desk: Desk, what: str, by: str) -> None:
    """Put other bytes into what the catalogue holds of an entry."""
    with closing(sqlite3.connect(desk.config.data_dir / CATALOGUE)) as connection, connection:
        connection.execute("UPDATE entry SET metadata = replace(metadata, ?, ?)", (what, by))


# -- faults --


@pytest.mark.requirement(14)
def test_a_damaged_entry_is_told_to_who_mends_and_others_answer(desk: Desk) -> None:
    for number in range(3):
        desk.article(f"2024/a{number}.md", f"2024-03-0{number + 1}", title=f"Titre {number}")
    desk.load()
    spoil(desk, '"article"', '"artikel"')
    client = desk.client()
    answer = client.get("/articles/2024/a1/")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert progress.is_distrusted(desk.config, progress.CATALOGUE_FLAG)
    assert client.get("/healthz").status_code == 200
    with loading(desk.config) as load_once:  # as whoever follows the folder does
        load_once(None)
    assert desk.client().get("/articles/2024/a1/").status_code == 200
    assert not progress.is_distrusted(desk.config, progress.CATALOGUE_FLAG)


@pytest.mark.requirement(14)
def test_what_lists_tell_is_mended_where_it_is_damaged(desk: Desk) -> None:
    desk.article("2024/a.md", "2024-03-01", title="Titre")
    desk.load()
    with closing(sqlite3.connect(desk.config.data_dir / CATALOGUE)) as connection, connection:
        connection.execute("UPDATE entry SET listed = replace(listed, 'Titre', x'9283')")
    assert desk.client().get("/api/v1/entries").status_code == 503
    with loading(desk.config) as load_once:
        load_once(None)
    assert desk.client().get("/api/v1/entries").json["entries"][0]["title"] == "Titre"


#: damage that SQLite does not notice, as SQL, and where it shows
UNNOTICED = [
    ("UPDATE entry SET metadata = CAST(replace(metadata, 'Titre', x'9283') AS BLOB)", "/"),
    ("UPDATE entry SET metadata = CAST(replace(metadata, 'Titre', x'9283') AS BLOB)",
     "/api/v1/entries?fields=content_text"),
    ("UPDATE entry SET body = CAST(x'9283' AS TEXT)", "/articles/2024/a1/"),
    ("UPDATE spelling SET name = CAST(x'9283' AS TEXT)", "/tags/x/"),
    ("DELETE FROM entry WHERE number = 2", "/tags/x/"),
    ("DELETE FROM spelling", "/tags/x/"),
    ("DELETE FROM tally WHERE term = 'tag:x'", "/tags/x/"),
]  # fmt: skip


@pytest.mark.requirement(14)
@pytest.mark.parametrize(("sql", "address"), UNNOTICED)
def test_damage_that_only_a_reader_meets_is_told_to_who_mends(
    desk: Desk, sql: str, address: str
) -> None:
    for number in range(3):
        desk.article(f"2024/a{number}.md", f"2024-03-0{number + 1}", title="Titre", tags="[x]")
    desk.load()
    well = desk.client().get(address).status_code
    with closing(sqlite3.connect(desk.config.data_dir / CATALOGUE)) as connection, connection:
        connection.execute(sql)
    assert desk.client().get(address).status_code == 503
    with loading(desk.config) as load_once:
        load_once(None)
    assert desk.client().get(address).status_code == well


@pytest.mark.requirement(14)
def test_wherever_its_path_is_damaged_an_entry_is_not_said_to_be_missing(desk: Desk) -> None:
    """In a table, in one of its indexes: all is one file, and no two parts of it fail together."""
    for number in range(3):
        desk.article(f"2024/a{number}.md", f"2024-03-0{number + 1}", title=f"Titre {number}")
    desk.load()
    with closing(sqlite3.connect(desk.config.data_dir / CATALOGUE)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    catalogue = desk.config.data_dir / CATALOGUE
    well = catalogue.read_bytes()
    places = [found.start() for found in re.finditer(b"2024/a1", well)]
    assert len(places) > 10
    for place in places:
        fresh = catalogue.with_name("fresh")
        fresh.write_bytes(well[:place] + b"2024/zz" + well[place + 7 :])
        fresh.replace(catalogue)
        client = desk.client()
        for address in ("/articles/2024/a1/", "/articles/2024/a1.json", "/", "/2024/03/"):
            assert client.get(address).status_code in (200, 503), (place, address)


@pytest.mark.requirement(14)
def test_what_is_not_what_its_digest_says_is_found_by_a_look_through_all(desk: Desk) -> None:
    desk.article("2024/a.md", "2024-03-01", title="Titre", body="Un texte.")
    desk.load()
    with closing(sqlite3.connect(desk.config.data_dir / CATALOGUE)) as connection, connection:
        connection.execute("UPDATE entry SET body = replace(body, 'texte', 'taxte')")
    progress.distrust(desk.config, progress.CATALOGUE_FLAG)
    with loading(desk.config) as load_once:
        load_once(None)
    assert "Un texte." in desk.client().get("/articles/2024/a/").text


@pytest.mark.requirement(14)
@pytest.mark.parametrize(
    "sql",
    ["UPDATE body SET gzip = zeroblob(length(gzip))", "UPDATE body SET gzip = 'x'",
     "UPDATE edition SET modified = 'x'", "UPDATE edition SET modified = 9000000000000000",
     "UPDATE edition SET until = -1", "UPDATE edition SET etag = x'00'",
     "UPDATE edition SET basis = CAST(x'9283' AS TEXT)"],
)  # fmt: skip
def test_a_feed_that_is_remembered_wrongly_is_made_again(desk: Desk, sql: str) -> None:
    desk.article("2024/a.md", "2024-03-01", title="Titre")
    desk.load()
    well = desk.client().get("/feed.rss").data
    with closing(sqlite3.connect(desk.config.data_dir / EDITIONS)) as connection, connection:
        assert connection.execute(sql).rowcount
    for headers in ({}, {"Accept-Encoding": "gzip"}):
        answer = desk.client().get("/feed.rss", headers=headers)
        assert answer.status_code == 200
        assert (gzip.decompress(answer.data) if headers else answer.data) == well


@pytest.mark.requirement(14)
def test_a_feed_that_is_remembered_by_a_wrong_etag_is_made_at_the_next_question(desk: Desk) -> None:
    desk.article("2024/a.md", "2024-03-01", title="Titre")
    desk.load()
    well = desk.client().get("/feed.rss")
    with closing(sqlite3.connect(desk.config.data_dir / EDITIONS)) as connection, connection:
        connection.execute("UPDATE edition SET etag = upper(etag) || 'x'")
    assert desk.client().get("/feed.rss").status_code == 503
    again = desk.client().get("/feed.rss")
    assert (again.data, again.headers["ETag"]) == (well.data, well.headers["ETag"])


@pytest.mark.requirement(14)
def test_a_mistake_that_nobody_foresaw_has_the_catalogue_looked_through(
    desk: Desk,
) -> None:
    desk.load()
    client = desk.client()
    client.application.view_functions["lists.home"] = lambda: 1 // 0
    assert client.get("/").status_code == 500
    assert progress.is_distrusted(desk.config, progress.SUSPICION_FLAG)
    progress.trust(desk.config, progress.SUSPICION_FLAG)
    assert client.get("/").status_code == 500
    assert not progress.is_distrusted(desk.config, progress.SUSPICION_FLAG)  # for a while


@pytest.mark.requirement(15)
def test_where_no_more_can_be_written_the_command_says_so_and_nothing_is_lost(desk: Desk) -> None:
    desk.article("2024/petit.md", "2024-03-01", title="Petit")
    desk.load()
    for number in range(400):
        desk.article(f"2024/a{number}.md", "2024-03-02", title=f"Titre {number}", body="mot " * 900)
    failed = newsarchive(desk, most_bytes=300_000)
    assert failed.returncode not in (0, 1)
    assert str(desk.config.data_dir) in failed.stderr
    assert "Traceback" not in failed.stderr
    client = desk.client()
    assert client.get("/articles/2024/petit/").status_code == 200
    assert client.get("/").status_code == 200
    again = newsarchive(desk)
    assert again.returncode == 0, again.stderr
    assert client.get("/articles/2024/a399/").status_code == 200


def newsarchive(desk: Desk, most_bytes: int = 0) -> subprocess.CompletedProcess[str]:
    """``newsarchive index``, in a process that may write no file larger than that."""

    def limit() -> None:
        if most_bytes:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

    return subprocess.run(
        [sys.executable, "-m", "newsarchive", "index"],
        env={
            "NEWSARCHIVE_ARTICLES_DIR": str(desk.config.articles_dir),
            "NEWSARCHIVE_DATA_DIR": str(desk.config.data_dir),
            "NEWSARCHIVE_LANGUAGE": "fr", "NEWSARCHIVE_TIMEZONE": "Europe/Paris",
            "NEWSARCHIVE_TAG_AUTHORITY": "example.org,2026",
            "PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin",
        },
        capture_output=True, text=True, preexec_fn=limit, check=False,
    )  # fmt: skip


DATES = [
    "0001", "0001-01-01", "0001-01-01 00:00", "1582-10-10", "1911-03-11 00:00", "1970-01-01",
    # spring forward: there is no such time; autumn: there are two
    "2024-03-31 02:30", "2024-10-27 02:30", "2024-10-27 02:30+02:00", "2024-10-27 02:30+01:00",
    "2016-12-31 23:59:59", "2024-02-29", "9999", "9999-12-31", "9999-12-31 23:59",
]  # fmt: skip


@pytest.mark.requirement(19)
def test_every_time_of_the_calendar_is_published_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, when in enumerate(DATES):
        desk.article(f"a{number}.md", f'"{when}"', title=f"Titre {number}.")
    late = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    desk.load(late)
    monkeypatch.setattr(http, "now", lambda: late)
    client = desk.client()
    assert all("no time in UTC" in each for each in desk.problems())
    home = client.get("/").text
    entries = client.get("/api/v1/entries?limit=100").json["entries"]
    assert sorted(each["path"] for each in entries) == sorted(f"a{n}" for n in range(len(DATES)))
    for number, _ in enumerate(DATES):
        assert home.count(f">Titre {number}.</a>") == 1
        assert client.get(f"/articles/a{number}/").status_code == 200
    for form in ("rss", "atom", "json"):
        feed = client.get(f"/feed.{form}")
        assert feed.status_code == 200
        assert all(feed.text.count(f"Titre {n}.") >= 1 for n in range(len(DATES)))
    for year in {when[:4] for when in DATES}:
        assert client.get(f"/{year}/").status_code == 200


@pytest.mark.requirement(19)
@settings(deadline=None)
@given(st.lists(st.integers(-5000, 5000), min_size=1, max_size=4))
def test_whatever_the_clock_says_nobody_is_told_anything_twice(
    site: FlaskClient, jumps: list[int]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for days in jumps:
            patch.setattr(http, "now", lambda days=days: NOW + timedelta(days=days))
            for form in ("rss", "atom", "json"):
                answer = site.get(f"/feed.{form}")
                assert answer.status_code == 200
                assert answer.text.count("tag:example.org,2026:2024/seul") <= 1
            for address in ("/", "/2024/03/01/", "/api/v1/changes", "/sitemap.xml"):
                assert site.get(address).status_code in {200, 404}
            told = msgspec.json.decode(site.get("/api/v1/entries").data)
            assert told["total"] == len(told["entries"]) <= 1


def test_the_requirements_are_those_of_the_specification(shared: Path) -> None:
    text = (shared / "reliability.md").read_text(encoding="utf-8")
    numbers = [line.partition(".")[0] for line in text.split("\n") if line[:1].isdigit()]
    assert [int(each) for each in numbers] == sorted(REQUIREMENTS)
