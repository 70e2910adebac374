"""The feed readers the tests use: what each makes of a feed that changes between two polls."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import Message
from hashlib import sha256
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from conftest import needed
from readers import CLIENTS, Client, Feedparser, Newsboat, Reader, Shown, installed


@dataclass(frozen=True, slots=True)
class Item:
    """An entry of a feed, published at noon of a day in November 2023."""

    id: str
    title: str = "Un été & des œufs"
    text: str = "<p>Le texte</p>"
    day: int = 17
    path: str = "/a"

    def published(self) -> datetime:
        return datetime(2023, 11, self.day, 12, tzinfo=UTC)


def rss(items: list[Item], root: str) -> str:
    return (
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>Essai</title><link>{root}/</link><description>Essai</description><ttl>60</ttl>"
        + "".join(
            f'<item><guid isPermaLink="false">{item.id}</guid><title>{escape(item.title)}</title>'
            f"<link>{root}{item.path}</link><description>Bref</description>"
            f"<pubDate>{item.published():%a, %d %b %Y %H:%M:%S} +0000</pubDate>"
            f"<content:encoded>{escape(item.text)}</content:encoded></item>"
            for item in items
        )
        + "</channel></rss>"
    )


def atom(items: list[Item], root: str) -> str:
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>Essai</title><id>tag:essai</id>'
        f'<link href="{root}/"/><updated>2023-11-20T12:00:00Z</updated>'
        + "".join(
            "<entry>"
            + (f"<id>{item.id}</id>" if item.id else "")
            + f'<title>{escape(item.title)}</title><link href="{root}{item.path}"/>'
            f"<published>{item.published().isoformat()}</published>"
            f"<updated>{item.published().isoformat()}</updated><summary>Bref</summary>"
            f'<content type="html">{escape(item.text)}</content></entry>'
            for item in items
        )
        + "</feed>"
    )


def json_feed(items: list[Item], root: str) -> str:
    return json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "Essai",
            "items": [
                {
                    "id": item.id,
                    "title": item.title,
                    "url": root + item.path,
                    "content_html": item.text,
                    "date_published": item.published().isoformat(),
                }
                for item in items
            ],
        }
    )


FORMATS = {
    "rss": ("application/rss+xml", rss),
    "atom": ("application/atom+xml", atom),
    "json": ("application/feed+json", json_feed),
}


class Site:
    """What a server on loopback says, whatever the path; a test changes it between polls."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.status = 200
        #: of every answer 200, where a test sets it
        self.modified: str | None = None
        #: the headers of every request, and the status of every answer
        self.asked: list[Message] = []
        self.answered: list[int] = []

    def has(self, format: str, *items: Item) -> None:
        """Serve a feed of these items."""
        self.type, write = FORMATS[format]
        self.body = write(list(items), self.root).encode()

    def answer(self, asked: Message) -> tuple[int, dict[str, str], bytes]:
        """A status, headers and a body."""
        etag = f'"{sha256(self.body).hexdigest()[:12]}"'
        found = asked["If-None-Match"] == etag
        status, body = (304, b"") if found and self.status == 200 else (self.status, self.body)
        self.asked.append(asked)
        self.answered.append(status)
        headers = {"ETag": etag, "Content-Length": str(len(body)), "Content-Type": self.type}
        if self.modified:
            headers["Last-Modified"] = self.modified
        return status, headers, body


@contextmanager
def serving() -> Iterator[Site]:
    """A server on a free port, in a thread."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = site.answer(self.headers)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        site = Site(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield site
        server.shutdown()
        thread.join()


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        yield site


def opened(client: type[Client], folder: Path) -> Client:
    needed(installed(client), "Debian's newsboat: apt-get install newsboat")
    return client(folder)


@pytest.fixture(params=CLIENTS, ids=lambda client: client.name)
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Client]:
    """Each reader."""
    with opened(request.param, tmp_path) as client:
        yield client


PAIRS = [pytest.param((c, f), id=f"{c.name}-{f}") for c in CLIENTS for f in c.formats]


@dataclass
class Subscribed:
    """A reader that follows the site in a format it reads."""

    site: Site
    format: str
    client: Client

    def __post_init__(self) -> None:
        self.url = f"{self.site.root}/feed?page=1&format={self.format}"
        self.client.subscribe(self.url)

    def sees(self, *items: Item) -> list[Shown]:
        """Poll while the feed has these items; what is shown then."""
        self.site.has(self.format, *items)
        assert self.client.poll() == []
        return self.client.shown(self.url)


@pytest.fixture(params=PAIRS)
def subscribed(request: pytest.FixtureRequest, site: Site, tmp_path: Path) -> Iterator[Subscribed]:
    """Each reader with each format it reads."""
    kind, format = request.param
    with opened(kind, tmp_path) as client:
        yield Subscribed(site, format, client)


def as_shown(item: Item, site: Site) -> Shown:
    return Shown(item.id, item.title, site.root + item.path, item.text, item.published())


OLD = Item("tag:a,1", day=16)
NEW = Item("tag:a,2", "Le second", path="/b")


def test_a_first_poll_shows_the_feed_newest_first(subscribed: Subscribed) -> None:
    site = subscribed.site
    assert subscribed.client.shown(subscribed.url) == []
    assert subscribed.sees(OLD, NEW) == [as_shown(NEW, site), as_shown(OLD, site)]


def test_an_entry_edited_under_its_id_follows_and_is_shown_once(subscribed: Subscribed) -> None:
    edited = replace(OLD, title="Un autre titre", text="<p>Corrigé</p>", path="/c")
    subscribed.sees(OLD, NEW)
    shown = subscribed.sees(edited, NEW)
    assert shown == [as_shown(NEW, subscribed.site), as_shown(edited, subscribed.site)]


def test_many_edits_in_a_row_all_follow(subscribed: Subscribed) -> None:
    for number in range(10):
        text = f"<p>{number}</p>"
        assert [entry.text for entry in subscribed.sees(replace(OLD, text=text))] == [text]


def test_another_date_follows_but_in_newsboat(subscribed: Subscribed) -> None:
    subscribed.sees(OLD)
    (shown,) = subscribed.sees(replace(OLD, day=18, text="<p>Plus tard</p>"))
    assert shown.text == "<p>Plus tard</p>"
    day = 16 if isinstance(subscribed.client, Newsboat) else 18
    assert shown.published == datetime(2023, 11, day, 12, tzinfo=UTC)


def test_an_entry_added_is_shown_beside_the_others(subscribed: Subscribed) -> None:
    subscribed.sees(OLD)
    assert [entry.id for entry in subscribed.sees(NEW, OLD)] == [NEW.id, OLD.id]


def test_an_entry_that_left_the_feed_stays(subscribed: Subscribed) -> None:
    before = subscribed.sees(OLD, NEW)
    assert subscribed.sees(NEW) == before
    assert subscribed.sees() == before


def test_an_article_under_another_id_is_shown_twice(subscribed: Subscribed) -> None:
    subscribed.sees(OLD)
    shown = subscribed.sees(replace(OLD, id="tag:a,other"))
    assert len(shown) == 2
    assert {(entry.title, entry.url) for entry in shown} == {(OLD.title, shown[0].url)}


def test_polls_become_conditional_and_a_304_keeps_all(subscribed: Subscribed) -> None:
    site = subscribed.site
    site.modified = "Fri, 17 Nov 2023 12:00:00 GMT"
    shown = [subscribed.sees(OLD, NEW) for _ in range(3)]
    assert shown[0] == shown[1] == shown[2]
    # newsboat keeps the headers of an answer only once it knows the feed
    late = isinstance(subscribed.client, Newsboat)
    assert site.answered == ([200, 200, 304] if late else [200, 304, 304])
    assert site.asked[-1]["If-None-Match"].startswith('"')
    assert site.asked[-1]["If-Modified-Since"] == site.modified


def test_newsboat_loses_a_change_while_last_modified_stands_still(subscribed: Subscribed) -> None:
    """libcurl drops a 200 that is not newer than If-Modified-Since (CURLOPT_TIMECONDITION)."""
    site, loses = subscribed.site, isinstance(subscribed.client, Newsboat)
    site.modified = "Fri, 17 Nov 2023 12:00:00 GMT"
    subscribed.sees(OLD)
    subscribed.sees(OLD)
    assert len(subscribed.sees(OLD, NEW)) == (1 if loses else 2)
    assert site.answered[-1] == 200
    # it took the ETag of the answer it dropped: a later date alone does not bring it back
    site.modified = "Fri, 17 Nov 2023 12:00:01 GMT"
    assert len(subscribed.sees(OLD, NEW)) == (1 if loses else 2)
    assert site.answered[-1] == 304
    site.modified = "Fri, 17 Nov 2023 12:00:02 GMT"
    assert len(subscribed.sees(NEW, OLD)) == 2


def test_a_change_is_found_by_its_etag_alone(subscribed: Subscribed) -> None:
    for _ in range(3):
        assert len(subscribed.sees(OLD)) == 1
    assert subscribed.site.answered[-1] == 304
    assert subscribed.site.asked[-1]["If-Modified-Since"] is None
    assert len(subscribed.sees(OLD, NEW)) == 2


def test_newsboat_shows_an_id_in_the_last_of_its_feeds_only(client: Client, site: Site) -> None:
    first, second = f"{site.root}/first", f"{site.root}/second"
    client.subscribe(first)
    client.subscribe(second)
    site.has("atom", OLD)
    assert client.poll() == []
    assert [len(client.shown(first)), len(client.shown(second))] == (
        [0, 1] if isinstance(client, Newsboat) else [1, 1]
    )


def test_what_was_shown_is_shown_by_a_reader_opened_again(
    subscribed: Subscribed, tmp_path: Path
) -> None:
    before = subscribed.sees(OLD, NEW)
    subscribed.client.close()
    with type(subscribed.client)(tmp_path) as again:
        assert again.shown(subscribed.url) == before
        again.subscribe(subscribed.url)
        assert again.poll() == []
        assert again.shown(subscribed.url) == before
    assert len(subscribed.site.asked) == 2


@pytest.mark.parametrize("body", ["<rss><channel><ti", "<html><p>Perdu</p></html>", "{"])
def test_a_broken_feed_is_an_error_and_takes_nothing_away(
    subscribed: Subscribed, body: str
) -> None:
    before = subscribed.sees(OLD, NEW)
    subscribed.site.body = body.encode()
    (error,) = subscribed.client.poll()
    assert subscribed.url in error
    assert subscribed.client.shown(subscribed.url) == before
    assert len(subscribed.sees(OLD, NEW)) == 2


def test_an_empty_answer_is_an_error_but_to_newsboat(subscribed: Subscribed) -> None:
    before = subscribed.sees(OLD, NEW)
    subscribed.site.body = b""
    assert len(subscribed.client.poll()) == (0 if isinstance(subscribed.client, Newsboat) else 1)
    assert subscribed.client.shown(subscribed.url) == before


@pytest.mark.parametrize("status", [404, 410, 500, 503])
def test_a_refused_request_is_an_error(subscribed: Subscribed, status: int) -> None:
    before = subscribed.sees(OLD)
    subscribed.site.status = status
    assert len(subscribed.client.poll()) == 1
    assert subscribed.client.shown(subscribed.url) == before


def test_a_server_that_is_gone_is_an_error(client: Client) -> None:
    with serving() as gone:
        url = f"{gone.root}/feed"
    client.subscribe(url)
    (error,) = client.poll()
    assert url in error


def test_an_error_does_not_keep_other_feeds_from_being_read(client: Client, site: Site) -> None:
    with serving() as gone:
        client.subscribe(f"{gone.root}/feed")
    site.has("rss", OLD)
    client.subscribe(f"{site.root}/feed")
    assert len(client.poll()) == 1
    assert client.shown(f"{site.root}/feed") == [as_shown(OLD, site)]


def test_who_cannot_read_json_feed_says_so(client: Client, site: Site) -> None:
    site.has("json", OLD)
    client.subscribe(f"{site.root}/feed.json")
    assert (client.poll() == []) == ("json" in client.formats)


def test_without_a_subscription_there_is_nothing_to_poll_or_show(client: Client) -> None:
    assert client.poll() == []
    assert client.shown("http://127.0.0.1:9/feed") == []


def test_reader_skips_an_entry_without_an_id_and_says_so(site: Site, tmp_path: Path) -> None:
    site.has("atom", Item(""), OLD)
    with Reader(tmp_path) as client:
        client.subscribe(site.root)
        (error,) = client.poll()
        assert "no id" in error
        assert client.shown(site.root) == [as_shown(OLD, site)]


def test_newsboat_keeps_to_its_folder(site: Site, tmp_path: Path) -> None:
    site.has("rss", OLD)
    home = tmp_path / "un dossier"
    home.mkdir()
    with opened(Newsboat, home) as client:
        client.subscribe(site.root)
        assert client.poll() == []
    assert [path.name for path in tmp_path.iterdir()] == [home.name]


def test_feedparser_shows_an_entry_without_an_id_by_its_link(site: Site, tmp_path: Path) -> None:
    site.has("atom", Item(""))
    with Feedparser(tmp_path) as client:
        client.subscribe(site.root)
        assert client.poll() == []
        assert [entry.id for entry in client.shown(site.root)] == [f"{site.root}/a"]
