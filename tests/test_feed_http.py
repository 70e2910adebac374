"""Feeds asked over HTTP: what is not modified, what is kept how long, what moved, what is announced."""

import gzip
import json
import sqlite3
import time
import unicodedata
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from zlib import crc32

import lxml.html
import pytest
from flask.testing import FlaskClient
from lxml import etree
from werkzeug.test import TestResponse

from conftest import Desk
from newsarchive.loader import writing

TYPES = {
    "rss": "application/rss+xml", "atom": "application/atom+xml", "json": "application/feed+json",
}  # fmt: skip
FORMS = list(TYPES)
LISTS = [
    "/", "/articles/", "/corrections/", "/search/?after=2001", "/tags/ia/", "/authors/zoe-martin/",
    "/2023/", "/2023/11/", "/2023/11/17/", "/articles/2023/affaire/", "/articles/en-cours/",
]  # fmt: skip
#: how a request says that it reads gzip, or not
ZIPPED, PLAIN = {"Accept-Encoding": "gzip"}, {"Accept-Encoding": "identity"}


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=LISTS)
def list_(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def real_now() -> datetime:
    """The time that requests go by."""
    return datetime.now(UTC)


def loaded(desk: Desk) -> Desk:
    desk.load(real_now())
    return desk


def fill(desk: Desk) -> Desk:
    """A small archive with a closed story, one that runs, one fallen quiet, and articles."""
    desk.write(
        "2023/affaire/index.md",
        "---\ntitle: L’affaire\ndate: 2023-11-16\ntags: [IA, Justice]\nauthors: [Zoé Martin]\n"
        "coverage: closed\naliases: [/articles/2022/vieille/]\n---\nCe que l'on sait.\n",
    )
    desk.article("2023/affaire/2023-11-17.md", "2023-11-17", title="Le départ")
    desk.article("2023/affaire/2023-11-18.md", "2023-11-18", title="Le retour de l’affaire")
    desk.article("2024/été/index.md", "2024-07-01", title="L’été")
    desk.article("2024/été/2024-07-02.md", "2024-07-02", title="Chaud")
    desk.article("2024/seul.md", "2024-03-01", title="Une affaire seule", tags="[IA]")
    desk.article(
        "2025/corrige.md", "2025-01-02", corrections="\n  - {date: 2025-01-03, text: C’est deux.}"
    )
    day = f"{real_now() - timedelta(days=1):%Y-%m-%d}"
    desk.article("en-cours/index.md", day, title="En cours")
    desk.article(f"en-cours/{day}-point.md", day, title="Un point")
    return loaded(desk)


@pytest.fixture
def desk(desk: Desk) -> Desk:
    return fill(desk)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """A site that no test changes, with a list long enough for an archive."""
    desk = Desk(tmp_path_factory.mktemp("site"))
    for day in range(1, 32):
        desk.article(f"2021/{day}.md", f"2021-01-{day:02}", title=f"Jour {day}", tags="[Série]")
    fill(desk).index(real_now())
    return desk.client()


def same(answer: TestResponse) -> list[tuple[str, str]]:
    """The headers but for the request's own id."""
    return [each for each in answer.headers if each[0] != "X-Request-Id"]


def feed(list_: str, form: str, **args: str) -> str:
    """The address of a list's feed."""
    path, _, query = list_.partition("?")
    more = "&".join([*filter(None, [query]), *(f"{name}={value}" for name, value in args.items())])
    return f"{path}feed.{form}" + (f"?{more}" if more else "")


def settled(client: FlaskClient, address: str) -> TestResponse:
    """A feed once it tells when it was modified: after two changes in a second it waits."""
    for _ in range(20):
        answer = client.get(address, headers=PLAIN)
        assert answer.status_code == 200, address
        if "Last-Modified" in answer.headers:
            return answer
        time.sleep(0.2)
    pytest.fail(f"{address} never tells when it was modified")


def all_settled(client: FlaskClient, form: str) -> dict[str, TestResponse]:
    return {list_: settled(client, feed(list_, form)) for list_ in LISTS}


def stamps(answer: TestResponse) -> tuple[str, str | None]:
    """What a reader keeps of an answer, to ask again with."""
    return answer.headers["ETag"], answer.headers.get("Last-Modified")


def said_anew(before: TestResponse, after: TestResponse) -> list[bool]:
    """Whether the bytes, the ETag and the date are others."""
    pairs = zip((before.data, *stamps(before)), (after.data, *stamps(after)), strict=True)
    return [was != is_ for was, is_ in pairs]


def modified(answer: TestResponse) -> datetime:
    return parsedate_to_datetime(answer.headers["Last-Modified"])


def shifted(answer: TestResponse, seconds: int) -> str:
    """A date so much later than the answer's."""
    return format_datetime(modified(answer) + timedelta(seconds=seconds), usegmt=True)


@contextmanager
def stored(desk: Desk) -> Iterator[sqlite3.Connection]:
    """The bytes of feeds, as they are kept."""
    path = desk.config.data_dir / "feeds.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


# -- what is not modified --


@pytest.mark.parametrize(
    "said", ["{0}", '"x", {0}', "W/{0}", "*", "{1}", "W/{1}", '"x",W/{1}, "y"']
)
def test_who_names_the_etag_gets_304(client: FlaskClient, form: str, said: str) -> None:
    """feeds.md 11: exact, in a list, weak, any, and as a server that packs names it."""
    etag = settled(client, feed("/", form)).headers["ETag"]
    known = {"If-None-Match": said.format(etag, f'{etag[:-1]}-gzip"')}
    for encoding in (ZIPPED, PLAIN):
        answer = client.get(feed("/", form), headers=encoding | known)
        assert (answer.status_code, answer.data) == (304, b"")


def test_a_feed_not_modified_since_is_304(client: FlaskClient, form: str) -> None:
    """feeds.md 11."""
    first = settled(client, feed("/", form))
    for seconds, status in ((0, 304), (1, 304), (86400, 304), (-1, 200), (-86400, 200)):
        answer = client.get(feed("/", form), headers={"If-Modified-Since": shifted(first, seconds)})
        assert answer.status_code == status, seconds


def test_what_a_reader_says_of_etags_wins_over_dates(client: FlaskClient, form: str) -> None:
    """feeds.md 11."""
    first = settled(client, feed("/", form))
    for etag, seconds, status in ((first.headers["ETag"], -86400, 304), ('"other"', 86400, 200)):
        said = {"If-None-Match": etag, "If-Modified-Since": shifted(first, seconds)}
        assert client.get(feed("/", form), headers=said).status_code == status


@pytest.mark.parametrize(
    "date",
    ["hier", "", "0", "-1", "99999999999999999999", "2999-01-01T00:00:00Z",
     "Mon, 99 Foo 2999 12:00:00 GMT", "Mon, 01 Jan 99999 12:00:00 GMT",
     "Sat, 01 Jan 0001 00:00:00 +2300"],
)  # fmt: skip
def test_a_date_that_cannot_be_read_says_nothing(client: FlaskClient, date: str) -> None:
    """feeds.md 11."""
    answer = client.get(feed("/", "rss"), headers={"If-Modified-Since": date})
    assert answer.status_code == 200


def test_a_304_and_a_head_say_what_a_get_says(client: FlaskClient, list_: str, form: str) -> None:
    """feeds.md 11, 14."""
    address = feed(list_, form)
    settled(client, address)
    for encoding in (ZIPPED, PLAIN):
        whole = client.get(address, headers=encoding)
        head = client.head(address, headers=encoding)
        assert (head.status_code, head.data) == (200, b"")
        assert same(head) == same(whole)
        assert head.content_length == len(whole.data)
        for name, value in zip(("If-None-Match", "If-Modified-Since"), stamps(whole), strict=True):
            again = client.get(address, headers={**encoding, name: value})
            assert (again.status_code, again.data) == (304, b"")
            for kept in ("ETag", "Cache-Control", "Vary"):
                assert again.headers[kept] == whole.headers[kept]


def test_feeds_can_only_be_read(client: FlaskClient, list_: str, form: str) -> None:
    """feeds.md 14."""
    answer = client.post(feed(list_, form))
    assert answer.status_code == 405
    assert {"GET", "HEAD"} <= set(answer.headers["Allow"].split(", "))


# -- when a feed changes --

EDITS = {
    "text": ("en-cours/*-point.md", "Un texte.", "Un autre texte.", True),
    "title": ("en-cours/*-point.md", "Un point", "Deux points", True),
    "alias": ("en-cours/index.md", "---\n", "---\naliases: [/jadis/]\n", False),
    "closing": ("en-cours/index.md", "---\n", "---\ncoverage: closed\n", None),
}


@pytest.mark.parametrize("list_", ["/", "/articles/en-cours/"])
@pytest.mark.parametrize("edit", EDITS)
def test_etag_and_date_change_together_and_only_with_the_bytes(
    desk: Desk, form: str, list_: str, edit: str
) -> None:
    """feeds.md 12. Whether closing a story shows depends on the format."""
    path, was, is_, shows = EDITS[edit]
    client, address = desk.client(), feed(list_, form)
    before = settled(client, address)
    (file,) = desk.config.articles_dir.glob(path)
    file.write_text(file.read_text().replace(was, is_, 1))
    after = settled(loaded(desk).client(), address)
    changed = said_anew(before, after)
    assert shows in {changed[0], None}
    assert len(set(changed)) == 1, changed


@pytest.mark.requirement(19)
def test_the_date_rises_with_each_change_and_is_never_to_come(desk: Desk, form: str) -> None:
    """feeds.md 12. Two changes within a second leave the second one without a date for a while."""
    client, address = desk.client(), feed("/", form)
    seen: dict[str, datetime] = {}
    for text in ("Un.", "Deux.", "Trois."):
        desk.article("2024/seul.md", "2024-03-01", body=text)
        answer = loaded(desk).client().get(address)
        etag, date = stamps(answer)
        assert etag not in seen
        if date:
            assert max(seen.values(), default=datetime.min.replace(tzinfo=UTC)) < modified(answer)
            assert modified(answer) <= real_now()
            seen[etag] = modified(answer)
            # who has it from the same second is not told that there is nothing new
        for held in seen.values():
            said = {"If-Modified-Since": format_datetime(held, usegmt=True)}
            is_its_own = bool(date) and held == modified(answer)
            assert client.get(address, headers=said).status_code == (304 if is_its_own else 200)
    last = settled(client, address)
    assert last.headers["ETag"] == etag
    assert max(seen.values()) <= modified(last) <= real_now()


@pytest.mark.parametrize("list_", ["/", "/tags/ia/", "/search/?tag=ia&type=article"])
def test_the_date_rises_when_the_newest_entry_goes(desk: Desk, form: str, list_: str) -> None:
    """feeds.md 12."""
    hour = (real_now() - timedelta(hours=1)).isoformat()
    desk.article("2026/autre.md", hour, title="Une autre affaire", tags="[IA]")
    client, address = loaded(desk).client(), feed(list_, form)
    before = settled(client, address)
    (desk.config.articles_dir / "2026/autre.md").unlink()
    after = settled(loaded(desk).client(), address)
    assert said_anew(before, after) == [True] * 3
    assert modified(before) < modified(after) <= real_now()


def test_workers_restarts_and_a_catalogue_made_anew_agree(desk: Desk, form: str) -> None:
    """feeds.md 12, 7. Each client is an application of its own on the same folder."""
    one, other = desk.client(), desk.client()
    first = all_settled(one, form)
    time.sleep(1.1)

    def agree(*clients: FlaskClient) -> None:
        for list_, answer in first.items():
            for client in clients:
                again = client.get(feed(list_, form), headers=PLAIN)
                assert said_anew(answer, again) == [False] * 3, list_

    agree(one, other, desk.client())
    lose_catalogue(desk)
    loaded(desk)
    agree(one, other, desk.client())


def test_a_new_article_changes_the_feeds_that_hold_it_alone(desk: Desk, form: str) -> None:
    """feeds.md 13."""
    client = desk.client()
    before = all_settled(client, form)
    desk.article("2025/ailleurs.md", "2025-05-05", title="Ailleurs", tags="[Justice]")
    loaded(desk)
    for list_, answer in before.items():
        after = settled(client, feed(list_, form))
        assert (
            said_anew(answer, after) == [list_ in {"/", "/articles/", "/search/?after=2001"}] * 3
        ), list_


def test_what_is_embargoed_comes_when_its_time_has_come(desk: Desk, form: str) -> None:
    """feeds.md 9, of entries and of corrections. Nothing is loaded at that time."""
    client = desk.client()
    before = all_settled(client, form)
    due = real_now() + timedelta(seconds=1)
    keys = {"date": due.isoformat(), "tags": "[IA, Neuf]", "authors": "[Zoé Martin]"}
    desk.article("2026/demain.md", title="Demain : affaire", **keys)
    later = f"\n  - {{date: '{due.isoformat()}', text: C’est trois.}}"
    file = desk.config.articles_dir / "2025/corrige.md"
    file.write_text(file.read_text().replace(" C’est deux.}", f" C’est deux.}}{later}"))
    loaded(desk)
    is_there = client.get(feed("/tags/neuf/", form)).status_code == 200
    assert not is_there or real_now() >= due
    for list_, first in before.items():
        answer = client.get(feed(list_, form), headers=PLAIN)
        if real_now() < due:
            assert said_anew(first, answer) == [False] * 3, list_
    time.sleep(max(0, (due - real_now()).total_seconds()))
    changed = {"/", "/articles/", "/corrections/", "/tags/ia/", "/authors/zoe-martin/",
               "/search/?after=2001"}  # fmt: skip
    for list_, first in before.items():
        after = settled(client, feed(list_, form))
        assert said_anew(first, after) == [list_ in changed] * 3, list_
        assert ("Demain" in after.text) == (list_ in changed - {"/corrections/"}), list_
        assert "C’est trois." in after.text or list_ not in {"/", "/articles/", "/corrections/"}
    assert "Demain" in client.get(feed("/tags/neuf/", form)).text


# -- what an answer says of itself --


def test_gzip_is_another_representation_of_the_same_bytes(
    client: FlaskClient, list_: str, form: str
) -> None:
    """feeds.md 15."""
    address = feed(list_, form)
    zipped, plain = client.get(address, headers=ZIPPED), client.get(address, headers=PLAIN)
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.data) == plain.data
    assert zipped.headers["ETag"] != plain.headers["ETag"]
    for answer in (zipped, plain):
        assert answer.headers.getlist("Vary") == ["Accept-Encoding"]
        assert "Set-Cookie" not in answer.headers


def test_gzip_is_sent_to_who_takes_it(client: FlaskClient, form: str) -> None:
    """feeds.md 15."""
    for accepted in ("", "identity", "gzip;q=0", "br", "gzip;q=0, *"):
        answer = client.get(feed("/", form), headers={"Accept-Encoding": accepted})
        assert "Content-Encoding" not in answer.headers, accepted
        assert answer.data[:1] in {b"<", b"{"}
    for accepted in ("gzip", "br, gzip;q=0.5", "GZIP", "*"):
        answer = client.get(feed("/", form), headers={"Accept-Encoding": accepted})
        assert answer.headers["Content-Encoding"] == "gzip", accepted


KEPT = {
    "/": 300, "/articles/en-cours/": 300, "/tags/ia/": 3600, "/articles/2024/été/": 3600,
    "/corrections/": 3600, "/search/?before=2001": 3600, "/articles/2023/affaire/": 86400,
}  # fmt: skip


def test_a_feed_keeps_for_as_long_as_it_says(client: FlaskClient, form: str) -> None:
    """feeds.md 16, 32: minutes while a story runs, an hour otherwise, a day where all is said."""
    expected = {feed(list_, form): seconds for list_, seconds in KEPT.items()}
    expected |= {feed(list_, form, page="1"): 86400 for list_ in ("/", "/tags/serie/")}
    for address, seconds in expected.items():
        answer = client.get(address, headers=PLAIN)
        assert answer.headers["Cache-Control"] == f"public, max-age={seconds}", address
        if form == "rss":
            assert int(etree.fromstring(answer.data).findtext("channel/ttl")) * 60 == seconds


def test_every_feed_says_what_it_is(client: FlaskClient, list_: str, form: str) -> None:
    """feeds.md 17, 19; whatever Accept says."""
    for accepted in ("*/*", "text/html", "application/atom+xml", "application/json"):
        answer = client.get(feed(list_, form), headers={**PLAIN, "Accept": accepted})
        assert answer.content_type == f"{TYPES[form]}; charset=utf-8"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.data[:1] == (b"{" if form == "json" else b"<")


@pytest.mark.parametrize("address", ["/feeds.opml", "/feeds/stories.opml"])
def test_lists_of_feeds_say_what_they_are(client: FlaskClient, address: str) -> None:
    """feeds.md 17, 19."""
    answer = client.get(address)
    assert answer.content_type == "text/x-opml; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.data[:1] == b"<"


def test_a_feed_opened_in_a_browser_is_plain_xml(
    client: FlaskClient, list_: str, form: str
) -> None:
    """feeds.md, facts: a feed in a browser is readable through CSS. No shared cache keeps it."""
    usual = client.get(feed(list_, form), headers=PLAIN)
    opened = client.get(feed(list_, form), headers={**PLAIN, "Sec-Fetch-Dest": "document"})
    assert (opened.data, *stamps(opened)) == (usual.data, *stamps(usual))
    assert opened.headers["Vary"] == "Accept-Encoding"
    if form == "json":
        assert same(opened) == same(usual)
    else:
        assert opened.content_type == "application/xml; charset=utf-8"
        kept = usual.headers["Cache-Control"].replace("public", "private")
        assert opened.headers["Cache-Control"] == kept


# -- what moved, what is not there --

OLD = {
    "/feed/": "/feed.rss", "/feed": "/feed.rss", "/feed/atom/": "/feed.atom",
    "/feed/json/": "/feed.json", "/rss/": "/feed.rss", "/rss.xml": "/feed.rss",
    "/index.xml": "/feed.rss", "/feed.xml": "/feed.rss", "/atom.xml": "/feed.atom",
    "/feeds/all.atom.xml": "/feed.atom", "/feeds/all.rss.xml": "/feed.rss",
    "/tag/ia/feed/": "/tags/ia/feed.rss", "/tag/IA/feed": "/tags/ia/feed.rss",
    "/category/ia/feed/": "/tags/ia/feed.rss", "/tags/ia/index.xml": "/tags/ia/feed.rss",
    "/categories/ia/index.xml": "/tags/ia/feed.rss",
    "/author/zoe-martin/feed/": "/authors/zoe-martin/feed.rss",
    "/authors/zoe-martin/index.xml": "/authors/zoe-martin/feed.rss",
}  # fmt: skip
RENAMED = {
    "/tags/IA/": "/tags/ia/", "/authors/Zoé Martin/": "/authors/zoe-martin/",
    "/articles/2022/vieille/": "/articles/2023/affaire/",
    "/articles/2023/AFFAIRE/": "/articles/2023/affaire/",
    unicodedata.normalize("NFD", "/articles/2024/été/"): "/articles/2024/%C3%A9t%C3%A9/",
}  # fmt: skip


def test_who_follows_a_feed_of_another_program_is_led_on(client: FlaskClient) -> None:
    """feeds.md 18: WordPress, Ghost, Hugo, Jekyll, Pelican."""
    for address, target in OLD.items():
        for query in ("", "?utm_source=x"):
            answer = client.get(address + query, follow_redirects=True)
            assert [each.status_code for each in answer.history] in ([301], [301, 301]), address
            assert (answer.status_code, answer.request.path) == (200, target), address


def test_another_spelling_of_a_list_leads_to_its_feed(client: FlaskClient, form: str) -> None:
    """feeds.md 18; a page of an archive keeps its number."""
    for list_, target in RENAMED.items():
        for more in ("", "?utm_source=x"):
            answer = client.get(feed(list_, form) + more)
            assert (answer.status_code, answer.location) == (301, feed(target, form))
        assert client.get(feed(target, form)).status_code == 200
    moved = client.get(feed("/tags/SÉRIE/", form, page="1"))
    assert (moved.status_code, moved.location) == (301, feed("/tags/serie/", form, page="1"))


ABSENT = [
    "/tags/nulle-part/", "/authors/nulle-part/", "/2022/", "/2023/13/", "/2023/02/30/",
    "/articles/nulle-part/", "/articles/2024/seul/", "/articles/2023/affaire/2023-11-18/", "/rien/",
]  # fmt: skip


def test_a_list_or_a_page_that_is_not_there_has_no_feed(client: FlaskClient, form: str) -> None:
    """feeds.md 18."""
    addresses = [feed(list_, ending) for list_ in ABSENT for ending in (form, "xml")]
    for address in (*addresses, feed("/", form, page="99")):
        for said in ({}, {"If-None-Match": "*"}):
            assert client.get(address, headers=said).status_code == 404, address
    for page in ("0", "x", "-1"):
        assert client.get(feed("/", form, page=page)).status_code == 400


def test_parameters_that_feeds_do_not_know_are_harmless(
    client: FlaskClient, list_: str, form: str
) -> None:
    """feeds.md 18."""
    plain = client.get(feed(list_, form))
    for name, value in (("utm_source", "x"), ("order", "oldest"), ("page", ""), ("fbclid", "é%FF")):
        answer = client.get(feed(list_, form, **{name: value}))
        assert (answer.status_code, answer.headers["ETag"]) == (200, plain.headers["ETag"]), name


# -- while the catalogue cannot be read --


def lose_catalogue(desk: Desk) -> None:
    for file in desk.config.data_dir.glob("catalogue.sqlite3*"):
        file.unlink()


@pytest.mark.parametrize("damaged", [False, True])
def test_feeds_answer_as_they_last_did(desk: Desk, form: str, damaged: bool) -> None:
    """feeds.md 20, 18: without a catalogue, and while it is made anew."""
    client = desk.client()
    first = all_settled(client, form)

    def last_good(client: FlaskClient, *, is_open: bool = False) -> None:
        for list_, answer in first.items():
            again = client.get(feed(list_, form), headers=PLAIN)
            assert again.status_code == 200, list_
            assert said_anew(answer, again) == [False] * 3, list_
            said = {"If-None-Match": answer.headers["ETag"]}
            assert client.get(feed(list_, form), headers=said).status_code == 304
        never = client.get(feed("/tags/justice/" if is_open else "/tags/jamais/", form))
        # what is open answers until there is another catalogue
        assert never.status_code == (200 if is_open else 503)
        assert is_open or int(never.headers["Retry-After"]) > 0

    lose_catalogue(desk)
    if damaged:
        (desk.config.data_dir / "catalogue.sqlite3").write_bytes(b"no catalogue " * 1000)
    last_good(client, is_open=True)
    last_good(desk.client())
    with writing(desk.config):
        last_good(client)
    assert settled(loaded(desk).client(), feed("/", form)).data == first["/"].data


def test_before_anything_is_loaded_readers_are_told_to_come_back(tmp_path: Path, form: str) -> None:
    """feeds.md 18."""
    client = Desk(tmp_path / "empty").client()
    for list_ in LISTS:
        answer = client.get(feed(list_, form))
        assert answer.status_code == 503, list_
        assert int(answer.headers["Retry-After"]) > 0
        assert "ETag" not in answer.headers


def test_a_question_nobody_can_answer_is_refused_while_nothing_can_be_read(
    tmp_path: Path, form: str
) -> None:
    """feeds.md 18: trouble is 503, or what it would be without trouble, and no mistake of ours."""
    client = Desk(tmp_path / "empty").client()
    asked = ["/2023/13/", "/search/?after=hier", "/search/?q=" + "x" * 300, "/search/?page=x"]
    found = {list_[:16]: client.get(feed(list_, form)).status_code for list_ in asked}
    assert set(found.values()) <= {400, 404, 503}, found


# -- stories, searches --


def test_a_closed_story_says_that_nothing_will_come(desk: Desk) -> None:
    """feeds.md 32."""
    client, address = desk.client(), "/articles/en-cours/feed.json"
    followed = b"https://example.org/articles/en-cours/feed.rss"
    assert "expired" not in json.loads(client.get(address).data)
    assert followed in client.get("/feeds/stories.opml").data
    file = desk.config.articles_dir / "en-cours/index.md"
    file.write_text(file.read_text().replace("---\n", "---\ncoverage: closed\n", 1))
    answer = loaded(desk).client().get(address)
    assert json.loads(answer.data)["expired"] is True
    assert answer.headers["Cache-Control"] == "public, max-age=86400"
    assert followed not in client.get("/feeds/stories.opml").data
    for form in FORMS:
        assert client.get(feed("/articles/en-cours/", form)).status_code == 200  # and not 410


SEARCHES = {
    "tag=Justice&tag=IA&q=%20l%20%20affaire%20": "/search/feed.{}?q=l+affaire&tag=ia%2Cjustice",
    "type=article&q=affaire": "/search/feed.{}?q=affaire&type=article",
    "q=affaire&utm_source=x&tag=&lang=FR": "/search/feed.{}?lang=fr&q=affaire",
    "tag=IA": "/tags/ia/feed.{}", "author=Zoé Martin": "/authors/zoe-martin/feed.{}",
    "story=2023/affaire/": "/articles/2023/affaire/feed.{}", "": "/feed.{}",
}  # fmt: skip


def test_a_search_has_one_feed(client: FlaskClient, form: str) -> None:
    """feeds.md 36."""
    for asked, address in SEARCHES.items():
        answer = client.get(f"/search/feed.{form}?{asked}")
        assert (answer.status_code, answer.location) == (301, address.format(form))
        found = client.get(address.format(form))
        assert found.status_code == 200
        assert ("X-Robots-Tag" in found.headers) == ("?" in address)


def test_the_feed_of_a_search_begins_with_the_newest_and_is_not_indexed(
    client: FlaskClient,
) -> None:
    """feeds.md 36."""
    for order in ("", "&order=oldest"):
        answer = client.get(f"/search/feed.json?after=2001{order}")
        dates = [item["date_published"] for item in json.loads(answer.data)["items"]]
        assert len(dates) > 2
        assert dates == sorted(dates, reverse=True)
        assert answer.headers["X-Robots-Tag"] == "noindex"
    assert "X-Robots-Tag" not in client.get("/feed.json").headers


def test_a_search_that_cannot_be_read_is_refused(client: FlaskClient, form: str) -> None:
    """feeds.md 36."""
    for asked in ("q=" + "x" * 300, "after=hier", "before=2023-13", "type=roman", "page=x"):
        assert client.get(f"/search/feed.{form}?{asked}").status_code == 400, asked


def test_a_search_for_what_xml_forbids_is_answered(client: FlaskClient, form: str) -> None:
    """feeds.md 36, 22."""
    asked = ["%00", "a%08b", "%EF%BF%BF", "%ED%A0%80", "%F0%9F%98%80"]
    found = {text: client.get(f"/search/feed.{form}?q={text}", headers=PLAIN, follow_redirects=True)
             for text in asked}  # fmt: skip
    assert {text: answer.status_code for text, answer in found.items()} == dict.fromkeys(asked, 200)
    for answer in found.values():
        json.loads(answer.data) if form == "json" else etree.fromstring(answer.data)


# -- what an answer costs --


def test_a_304_costs_no_rendering(desk: Desk, form: str) -> None:
    """feeds.md 38: the bytes are lost, the archive moved on, and they are not made again."""
    client, address = desk.client(), feed("/tags/ia/", form)
    first = settled(client, address)
    desk.article("2025/ailleurs.md", "2025-05-05", title="Ailleurs", tags="[Justice]")
    loaded(desk)
    with stored(desk) as store:
        store.execute("DELETE FROM body")
        for name, value in zip(("If-None-Match", "If-Modified-Since"), stamps(first), strict=True):
            for each in (client, desk.client()):
                assert each.get(address, headers={name: value}).status_code == 304
        assert store.execute("SELECT count(*) FROM body").fetchone() == (0,)
    assert client.get(address, headers=PLAIN).data == first.data


def test_a_feed_is_served_from_its_bytes(desk: Desk, form: str) -> None:
    """feeds.md 38."""
    client, address = desk.client(), feed("/", form)
    sent = client.get(address, headers=ZIPPED).data
    with stored(desk) as store:
        kept = store.execute("SELECT gzip FROM body WHERE address = ?", (address,)).fetchone()
        assert kept == (crc32(sent).to_bytes(4) + sent,)
        other = gzip.compress(b"<other/>")
        held = crc32(other).to_bytes(4) + other
        store.execute("UPDATE body SET gzip = ? WHERE address = ?", (held, address))
    assert desk.client().get(address, headers=ZIPPED).data == other  # another worker's answer
    assert client.get(address, headers=PLAIN).data == b"<other/>"


# -- what pages announce --

PAGES: dict[str, str] = {
    **{list_: list_ for list_ in LISTS if list_ != "/"},
    "/": "", "/tags/": "", "/authors/": "", "/feeds/": "", "/search/": "", "/nulle-part/": "",
    "/articles/2024/seul/": "", "/tags/serie/?page=2": "/tags/serie/",
    "/tags/ia/?order=oldest": "/tags/ia/", "/search/?tag=ia": "/tags/ia/",
    "/search/?q=nulle-part": "/search/?q=nulle-part", "/search/?after=hier": "",
    "/search/?order=oldest&q=affaire": "/search/?q=affaire",
    "/articles/2023/affaire/2023-11-18/": "/articles/2023/affaire/",
    "/articles/2024/été/": "/articles/2024/%C3%A9t%C3%A9/",
}  # fmt: skip


def announced(client: FlaskClient, address: str) -> list[tuple[str, str]]:
    """Types and addresses of the feeds that a page announces."""
    links = lxml.html.fromstring(client.get(address).data).xpath("//head/link[@rel='alternate']")
    return [
        (each.get("type"), each.get("href")) for each in links if each.get("type") in TYPES.values()
    ]


@pytest.mark.parametrize(("page", "list_"), PAGES.items())
def test_a_page_announces_the_sites_feeds_and_then_its_own(
    client: FlaskClient, page: str, list_: str
) -> None:
    """feeds.md 34; what every reader knows first."""
    own = [list_] if list_ else []
    expected = [(TYPES[form], feed(each, form)) for each in ("/", *own) for form in FORMS]
    found = announced(client, page)
    assert found == expected
    for media_type, address in found:
        answer = client.get(address)
        assert (answer.status_code, answer.mimetype) == (200, media_type)


@pytest.mark.parametrize(
    "page",
    ["/search/?order=oldest", "/search/?tag=nulle-part", "/search/?author=nulle-part",
     "/search/?story=nulle-part", "/search/?story=2024/seul"],
)  # fmt: skip
def test_a_search_announces_no_feed_that_is_not_there_and_none_twice(
    client: FlaskClient, page: str
) -> None:
    """feeds.md 34."""
    found = announced(client, page)
    assert len(set(found)) == len(found)
    for media_type, address in found:
        answer = client.get(address)
        assert (answer.status_code, answer.mimetype) == (200, media_type), address
