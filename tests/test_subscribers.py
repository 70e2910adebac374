"""Real feed readers subscribe over loopback; then the archive changes, and they poll again."""

import logging
import threading
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import feedparser
import pytest
from werkzeug.serving import make_server

from conftest import Desk, needed
from newsarchive.web import create_app
from readers import CLIENTS, Client, Shown, installed

#: days before today: dates of a story that runs
TODAY = datetime.now(UTC).replace(microsecond=0)


class Site:
    """The website of a desk on loopback; its settings may change while it runs."""

    def __init__(self, desk: Desk) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.desk = desk
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self.move(self.address)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _answer(self, environ: dict[str, object], start: object) -> Iterable[bytes]:
        return self._app(environ, start)  # type: ignore[arg-type]

    def move(self, site_url: str) -> None:
        """Let the site say that it is elsewhere; it can still be asked here."""
        self.desk = self.desk.with_settings(site_url=site_url)
        self._app = create_app(self.desk.config)

    def load(self) -> None:
        self.desk.load(datetime.now(UTC))

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def site(desk: Desk) -> Iterator[Site]:
    """A story of two updates and an article, each with an id of its own."""
    desk.article("crue/index.md", day(3), "La crue", id="tag:example.org,2026:crue", tags="[crue]")
    for n in (2, 1):
        desk.article(
            f"crue/{day(n)}-x.md",
            day(n),
            f"Jour {n}",
            id=f"tag:example.org,2026:jour{n}",
            tags="[crue]",
        )
    desk.article("pont.md", day(2), "Le pont", id="tag:example.org,2026:pont", tags="[crue]")
    made = Site(desk)
    made.load()
    yield made
    made.close()


def day(ago: int) -> str:
    return (TODAY - timedelta(days=ago)).date().isoformat()


COMBINATIONS = [
    pytest.param((client, form), id=f"{client.name}-{form}")
    for client in CLIENTS
    for form in client.formats
]


@pytest.fixture(params=COMBINATIONS)
def reader(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Client, str]]:
    """A feed reader, and a format that it reads."""
    client, form = request.param
    needed(installed(client), f"Debian's {client.name}: apt-get install {client.name}")
    folder = tmp_path / "reader"
    folder.mkdir()
    with client(folder) as made:
        yield made, form


def poll(client: Client, url: str) -> dict[str, Shown]:
    """What a reader shows after it asked again; nothing is there twice."""
    assert client.poll() == []
    shown = client.shown(url)
    assert len({each.id for each in shown}) == len(shown)
    assert len({each.title for each in shown}) == len(shown)
    return {each.id.rpartition(":")[2]: each for each in shown}


def test_a_subscriber_sees_each_thing_once_whatever_happens(
    site: Site, reader: tuple[Client, str]
) -> None:
    """feeds.md 1, 3, 4, 6, 10, 12: newest texts, no duplicates."""
    client, form = reader
    url = f"{site.address}/tags/crue/feed.{form}"
    client.subscribe(url)
    assert set(poll(client, url)) == {"crue", "jour1", "jour2", "pont"}

    site.desk.article(
        "pont.md",
        day(2),
        "Le pont neuf",
        id="tag:example.org,2026:pont",
        tags="[crue]",
        body="Le *vieux* pont tient.",
    )
    site.load()
    shown = poll(client, url)
    assert len(shown) == 4
    assert shown["pont"].title == "Le pont neuf"
    assert "vieux" in shown["pont"].text

    site.desk.article(
        f"crue/{day(0)}-y.md", day(0), "Jour 0", id="tag:example.org,2026:jour0", tags="[crue]"
    )
    site.load()
    shown = poll(client, url)
    assert set(shown) == {"crue", "jour0", "jour1", "jour2", "pont"}
    assert shown["jour0"].title.startswith("Jour 0 · La crue, ")

    articles = site.desk.config.articles_dir
    (articles / "pont.md").rename(articles / "ouvrage.md")
    site.load()
    shown = poll(client, url)
    assert len(shown) == 5
    assert urlsplit(shown["pont"].url).path == "/articles/ouvrage/"

    site.move("http://localhost:1234")
    shown = poll(client, url)
    assert len(shown) == 5
    assert shown["pont"].url == "http://localhost:1234/articles/ouvrage/"

    site.desk.article(
        "ouvrage.md",
        day(2),
        "Le pont neuf",
        id="tag:example.org,2026:pont",
        tags="[crue]",
        status="withdrawn",
        body="Tout était faux.",
    )
    site.load()
    shown = poll(client, url)
    assert len(shown) == 5
    assert "Tout était faux." in shown["pont"].text
    assert "vieux" not in shown["pont"].text


def test_a_subscriber_to_the_story_gets_its_updates(site: Site, reader: tuple[Client, str]) -> None:
    """feeds.md 4, 32."""
    client, form = reader
    url = f"{site.address}/articles/crue/feed.{form}"
    client.subscribe(url)
    assert set(poll(client, url)) == {"jour1", "jour2"}
    site.desk.article(f"crue/{day(0)}-y.md", day(0), "Jour 0", id="tag:example.org,2026:jour0")
    site.load()
    assert set(poll(client, url)) == {"jour0", "jour1", "jour2"}
    site.desk.article(
        "crue/index.md", day(3), "La crue", id="tag:example.org,2026:crue", coverage="closed"
    )
    site.load()
    assert set(poll(client, url)) == {"jour0", "jour1", "jour2"}


def test_a_subscriber_to_the_corrections_gets_each(site: Site, reader: tuple[Client, str]) -> None:
    """feeds.md 5."""
    client, form = reader
    url = f"{site.address}/corrections/feed.{form}"
    client.subscribe(url)
    assert poll(client, url) == {}
    made = f'{{date: {day(1)}, text: "Le pont a *trois* arches, non deux."}}'
    site.desk.article(
        "pont.md", day(2), "Le pont", id="tag:example.org,2026:pont", corrections=f"[{made}]"
    )
    site.load()
    shown = poll(client, url)
    assert len(shown) == 1
    assert "trois" in next(iter(shown.values())).text
    more = f'{{date: {day(0)}, text: "Et deux piles."}}'
    site.desk.article(
        "pont.md",
        day(2),
        "Le pont II",
        id="tag:example.org,2026:pont",
        corrections=f"[{made}, {more}]",
    )
    site.load()
    assert len(poll(client, url)) == 2


@pytest.mark.parametrize("form", ["rss", "atom"])
def test_who_was_unplugged_for_a_year_misses_nothing(site: Site, form: str) -> None:
    """feeds.md 30, 31: a reader that follows RFC 5005 goes back until it knows what it meets."""

    def read(url: str, known: set[str]) -> set[str]:
        met: set[str] = set()
        while url:
            found = feedparser.parse(url)
            assert not found.bozo
            new = {entry.id for entry in found.entries}
            met |= new
            if new & known:
                break
            url = next((link.href for link in found.feed.links if link.rel == "prev-archive"), "")
        return met

    url = f"{site.address}/feed.{form}"
    known = read(url, set())
    for n in range(365):
        at = (TODAY + timedelta(hours=n / 100 - 24)).isoformat()
        site.desk.article(f"an/{n}.md", at, f"Jour {n}")
    site.load()
    met = read(url, known)
    assert len({each for each in met if "/an/" in each or ":an/" in each}) == 365
    assert known <= met | known
