"""A WebSub hub is told of what changed, once, however often it has to be tried."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from conftest import NOW, Desk
from newsarchive.websub import RETRY, TRIES, Publisher

SITE = "https://example.org"


class Hub:
    """A small hub on loopback: notes what it is told, or refuses."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.asked = 0
        self.status = 204
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                hub.asked += 1
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                fields = parse_qs(body)
                assert fields["hub.mode"] == ["publish"]
                assert fields["hub.topic"] == fields["hub.url"]
                if hub.status == 204:
                    hub.told += fields["hub.url"]
                self.send_response(hub.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def lists(self) -> list[str]:
        """The lists of whose feeds it was told since the last time, each by its RSS address."""
        told, self.told = self.told, []
        assert len(told) == len(set(told)), "told twice"
        lists = [topic.removesuffix("feed.rss") for topic in told if topic.endswith(".rss")]
        for one in lists:  # the three formats change together
            assert {f"{one}feed.atom", f"{one}feed.json"} <= set(told)
        return sorted(each.removeprefix(SITE) for each in lists)


@pytest.fixture
def hub() -> Iterator[Hub]:
    made = Hub()
    yield made
    made.close()


@pytest.fixture
def newsroom(desk: Desk, hub: Hub) -> Desk:
    """An archive of two articles that the hub knows of."""
    made = desk.with_settings(hub=hub.address)
    made.article("a.md", "2026-11-01", "Un", tags="[ia]", authors="Ada")
    made.article("b.md", "2026-11-02", "Deux", tags="[sport]")
    made.load(NOW)
    Publisher(made.config).publish(NOW)
    assert hub.lists() == []  # what was there before is no news
    return made


def later(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def test_an_article_that_is_new_is_told_of_once(newsroom: Desk, hub: Hub) -> None:
    """feeds.md 35."""
    newsroom.article("c.md", "2026-11-23", "Trois", tags="[ia]", authors="Ada")
    newsroom.load(later(1))
    publisher = Publisher(newsroom.config)
    publisher.publish(later(2))
    assert hub.lists() == [
        "/", "/2026/", "/2026/11/", "/2026/11/23/", "/articles/", "/authors/ada/", "/tags/ia/",
    ]  # fmt: skip
    publisher.publish(later(3))
    Publisher(newsroom.config).publish(later(4))
    newsroom.load(later(5))  # nothing changed
    Publisher(newsroom.config).publish(later(6))
    assert hub.lists() == []


def test_an_edit_is_told_of_where_it_shows(newsroom: Desk, hub: Hub) -> None:
    """feeds.md 13, 35."""
    newsroom.article("b.md", "2026-11-02", "Deux", tags="[sport]", body="Un autre texte.")
    newsroom.load(later(1))
    Publisher(newsroom.config).publish(later(2))
    assert hub.lists() == ["/", "/2026/", "/2026/11/", "/2026/11/02/", "/articles/", "/tags/sport/"]
    newsroom.article(
        "b.md", "2026-11-02", "Deux", tags="[sport]", body="Un autre texte.", aliases="[/vieux/]"
    )
    newsroom.load(later(3))
    Publisher(newsroom.config).publish(later(4))
    assert hub.lists() == []


def test_an_edit_that_no_feed_shows_is_not_told_of(newsroom: Desk, hub: Hub) -> None:
    """feeds.md 35: a hub is told of a feed, not of a file."""
    for n in range(60):
        newsroom.article(
            f"n/{n}.md", f"2025-{n % 12 + 1:02}-{n // 12 + 1:02}", f"N {n}", tags="[ia]"
        )
    newsroom.article("old.md", "1999-01-01", "Vieux", tags="[ia]")
    newsroom.load(later(1))
    Publisher(newsroom.config).publish(later(2))
    hub.lists()
    # weeks later it is old news in the lists of everything
    for n in range(40):
        newsroom.article(
            f"m/{n}.md", f"2026-12-{n % 28 + 1:02}T{n // 28:02}:00Z", f"M {n}", tags="[ia]"
        )
    newsroom.load(later(60 * 24 * 60))
    Publisher(newsroom.config).publish(later(60 * 24 * 60 + 1))
    hub.lists()
    newsroom.article("old.md", "1999-01-01", "Vieux", tags="[ia]", body="Corrigé.")
    newsroom.load(later(60 * 24 * 60 + 2))
    Publisher(newsroom.config).publish(later(60 * 24 * 60 + 3))
    assert hub.lists() == ["/1999/", "/1999/01/", "/1999/01/01/"]


def test_the_end_of_an_embargo_is_told_of(newsroom: Desk, hub: Hub) -> None:
    """feeds.md 9, 35."""
    newsroom.article("c.md", later(30).isoformat(), "Trois", tags="[ia]")
    newsroom.load(later(1))
    publisher = Publisher(newsroom.config)
    assert publisher.publish(later(2)) == later(30)
    assert hub.lists() == []
    assert publisher.publish(later(30)) is None
    assert "/tags/ia/" in hub.lists()


def test_corrections_withdrawals_and_removals_are_told_of(newsroom: Desk, hub: Hub) -> None:
    """feeds.md 5, 10, 35."""
    publisher = Publisher(newsroom.config)
    newsroom.article(
        "a.md", "2026-11-01", "Un", tags="[ia]", corrections='[{date: 2026-11-23, text: "Si."}]'
    )
    newsroom.load(later(1))
    publisher.publish(later(2))
    assert "/corrections/" in hub.lists()
    newsroom.article(
        "b.md", "2026-11-02", "Deux", tags="[sport]", status="withdrawn", body="Retiré."
    )
    newsroom.load(later(3))
    publisher.publish(later(4))
    assert {"/", "/tags/sport/"} <= set(hub.lists())
    (newsroom.config.articles_dir / "a.md").unlink()
    newsroom.load(later(5))
    publisher.publish(later(6))
    assert {"/", "/articles/", "/corrections/"} <= set(hub.lists())


def test_a_hub_that_fails_is_told_later_and_nothing_is_lost(newsroom: Desk, hub: Hub) -> None:
    """feeds.md 35: with retry."""
    hub.status = 503
    newsroom.article("c.md", "2026-11-23", "Trois")
    newsroom.load(later(1))
    due = Publisher(newsroom.config).publish(later(2))
    assert due == later(2) + RETRY
    assert Publisher(newsroom.config).publish(later(2)) == due  # not before its time
    assert hub.asked == 1
    assert Publisher(newsroom.config).publish(due) == due + 2 * RETRY
    hub.status = 204
    assert Publisher(newsroom.config).publish(due + 2 * RETRY) is None  # another process
    assert "/" in hub.lists()


def test_a_hub_that_is_gone_is_given_up(newsroom: Desk) -> None:
    """feeds.md 35: an owner reads of it in the log, and the file does not grow for ever."""
    gone = newsroom.with_settings(hub="http://127.0.0.1:9/")
    gone.article("c.md", "2026-11-23", "Trois")
    gone.load(later(1))
    due: datetime | None = later(2)
    for tries in range(TRIES):
        assert due is not None, tries
        due = Publisher(gone.config).publish(due)
    assert due is None


def test_without_a_hub_nothing_is_said(desk: Desk, hub: Hub) -> None:
    desk.article("a.md")
    desk.load(NOW)
    assert Publisher(desk.config).publish(NOW) is None
    with Publisher(desk.config) as publisher:
        publisher.wake()
    assert hub.asked == 0


def test_a_hub_is_told_in_the_background(newsroom: Desk, hub: Hub) -> None:
    """feeds.md 35: never holding up a request."""
    with Publisher(newsroom.config) as publisher:
        newsroom.article("c.md", "2026-11-20", "Trois")
        newsroom.load(datetime.now(UTC))
        publisher.wake()
        deadline = threading.Event()
        for _ in range(200):
            if hub.told:
                break
            deadline.wait(0.05)
    assert f"{SITE}/feed.rss" in hub.told


@pytest.mark.parametrize("form", ["rss", "atom", "json"])
def test_the_hub_is_named_in_feeds_and_headers(newsroom: Desk, hub: Hub, form: str) -> None:
    """feeds.md 35: WebSub, 4."""
    for address in (f"/feed.{form}", f"/tags/ia/feed.{form}"):
        answer = newsroom.client().get(address)
        assert hub.address.encode() in answer.data
        assert (
            answer.headers["Link"] == f'<{hub.address}>; rel="hub", <{SITE}{address}>; rel="self"'
        )
        known = newsroom.client().get(address, headers={"If-None-Match": answer.headers["ETag"]})
        assert known.status_code == 304
        assert known.headers["Link"] == answer.headers["Link"]
