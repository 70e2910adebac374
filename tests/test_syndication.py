"""What feeds hold: the window, what comes late, the walk through the whole archive."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from conftest import NOW, Desk
from newsarchive.catalogue import Arrival
from newsarchive.entry import Kind
from newsarchive.feeds import Format
from newsarchive.query import Period, Query
from newsarchive.syndication import CORRECTIONS, Channel
from newsarchive.syndication.window import LEAST, MOST, PAGE_SIZE, SPAN, window

ATOM = "{http://www.w3.org/2005/Atom}"
FORMATS = list(Format)
#: of loads: requests are answered by the real clock, which is past all that follows
THEN = NOW - timedelta(days=30)


def ids(document: bytes, form: Format) -> list[str]:
    """The ids of a feed's entries, in order."""
    if form is Format.JSON:
        return [item["id"] for item in json.loads(document)["items"]]
    root = etree.fromstring(document)
    path = "channel/item/guid" if form is Format.RSS else f"{ATOM}entry/{ATOM}id"
    return [str(found.text) for found in root.findall(path)]


def links(document: bytes, form: Format) -> dict[str, str]:
    """A feed's links by their relation."""
    if form is Format.JSON:
        feed = json.loads(document)
        return {"next": feed["next_url"]} if "next_url" in feed else {}
    root = etree.fromstring(document)
    found = (root if form is Format.ATOM else root[0]).findall(f"{ATOM}link")
    return {str(link.get("rel")): str(link.get("href")) for link in found}


def local(url: str) -> str:
    """An address of the site without its host."""
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def walk(client: FlaskClient, address: str, form: Format, rel: str) -> Iterator[list[str]]:
    """The ids of a feed, and of every page that it leads back to."""
    while address:
        answer = client.get(address)
        assert answer.status_code == 200, address
        yield ids(answer.data, form)
        address = local(links(answer.data, form).get(rel, ""))


def numbered(
    desk: Desk, numbers: range, start: datetime = datetime(2020, 1, 1, tzinfo=UTC)
) -> None:
    """An article each half day."""
    for n in numbers:
        at = (start + timedelta(hours=12 * n)).isoformat()
        desk.article(
            f"n/{n:05d}.md", at, f"Article {n}", id=f"tag:example.org,2026:{n}", tags="[ia]"
        )


def at(hours: float) -> int:
    return int(hours * 3_600_000_000)


def arrivals(*hours: float) -> list[Arrival]:
    """Entries that arrived at their own dates, newest first."""
    return [Arrival(n, f"id{n}", at(h), at(h)) for n, h in enumerate(sorted(hours, reverse=True))]


def test_a_feed_holds_thirty_entries_however_old() -> None:
    """feeds.md 30."""
    made = arrivals(*(24.0 * 30 * n for n in range(100)))
    assert window(made, made, []) == made[:LEAST]


def test_a_feed_holds_a_week_however_busy() -> None:
    """feeds.md 30: a burst of a hundred entries in a day is not lost to an hourly poller."""
    made = arrivals(*(n / 5 for n in range(100)))
    assert window(made, made, []) == made


def test_a_feed_holds_two_hundred_entries_at_most() -> None:
    """feeds.md 30."""
    made = arrivals(*(n / 10 for n in range(500)))
    assert window(made[:MOST], made[:MOST], []) == made[:MOST]


def test_what_comes_late_stands_at_its_date_for_as_long_as_the_new() -> None:
    """feeds.md 8."""
    made = arrivals(*(1000.0 + n for n in range(60)))
    late = Arrival(99, "late", at(1), at(1030))
    held = window(made, [*made[:29], late, *made[29:]], [])
    assert held[-1] == late
    weeks = arrivals(*(1000.0 + 24 * 7 * n for n in range(40)))
    old = Arrival(99, "old", at(1), at(1000))
    assert old not in window(weeks, [*weeks[:30], old, *weeks[30:]], [])


def test_many_that_come_late_leave_room_for_the_newest() -> None:
    """feeds.md 8, 30: an import of old files does not push the news out."""
    made = arrivals(*(1000.0 + n for n in range(40)))
    imported = [Arrival(n, f"old{n}", at(n / 100), at(1041)) for n in range(400)]
    held = window(made, imported[:MOST], [])
    assert len(held) == MOST
    assert set(made[:LEAST]) <= set(held)


@given(st.lists(st.tuples(st.integers(0, 10**13), st.integers(0, 10**13)), max_size=300))
@settings(max_examples=60)
def test_a_window_keeps_its_promises_whatever_arrives(times: list[tuple[int, int]]) -> None:
    """feeds.md 8, 27, 30."""
    made = [Arrival(n, f"{n:04}", when, max(when, seen)) for n, (when, seen) in enumerate(times)]
    newest = sorted(made, key=lambda each: (-each.at, each.id))
    latest = sorted(made, key=lambda each: (-each.arrived, -each.at, each.id))
    held = window(newest[:MOST], latest[:MOST], made[len(made) // PAGE_SIZE * PAGE_SIZE :])
    assert held == [each for each in newest if each in held]  # newest first, ties by id
    assert len(set(held)) == len(held) <= MOST
    assert set(newest[:LEAST]) <= set(held)
    recent = [each for each in made if each.arrived >= max(e.arrived for e in made) - SPAN]
    if len(set(recent) | set(latest[:LEAST]) | set(newest[:LEAST])) < MOST - PAGE_SIZE:
        assert set(recent) | set(latest[:LEAST]) <= set(held)


# -- what comes late --


def test_an_article_added_with_an_older_date_reaches_subscribers(desk: Desk) -> None:
    """feeds.md 8."""
    numbered(desk, range(100))
    desk.load(THEN)
    desk.article("ancien.md", "1998-05-04", "Retrouvé", id="tag:example.org,2026:ancien")
    desk.load(THEN + timedelta(days=1))
    client = desk.client()
    for form in FORMATS:
        found = ids(client.get(f"/feed.{form}").data, form)
        assert found[-1] == "tag:example.org,2026:ancien"
        assert found[:30] == [f"tag:example.org,2026:{n}" for n in range(99, 69, -1)]


def test_in_a_first_load_everything_came_on_its_own_date(desk: Desk) -> None:
    """feeds.md 8."""
    numbered(desk, range(100))
    desk.article("ancien.md", "1998-05-04", "Ancien", id="tag:example.org,2026:ancien")
    desk.load(THEN)
    found = ids(desk.client().get("/feed.json").data, Format.JSON)
    assert found == [f"tag:example.org,2026:{n}" for n in range(99, 69, -1)]


def test_a_file_that_moves_is_not_news_again(desk: Desk) -> None:
    """feeds.md 1, 8."""
    numbered(desk, range(100))
    desk.load(THEN)
    (desk.config.articles_dir / "n/00003.md").rename(desk.config.articles_dir / "ailleurs.md")
    desk.load(THEN + timedelta(days=1))
    assert "tag:example.org,2026:3" not in ids(desk.client().get("/feed.json").data, Format.JSON)


def test_a_draft_is_news_when_it_is_published(desk: Desk) -> None:
    """feeds.md 8."""
    numbered(desk, range(100))
    desk.article("x.md", "2019-01-01", "Brouillon", status="draft", id="tag:example.org,2026:x")
    desk.load(THEN)
    assert "tag:example.org,2026:x" not in ids(desk.client().get("/feed.json").data, Format.JSON)
    desk.article("x.md", "2019-01-01", "Brouillon", id="tag:example.org,2026:x")
    desk.load(THEN + timedelta(days=1))
    assert "tag:example.org,2026:x" in ids(desk.client().get("/feed.json").data, Format.JSON)


def test_updates_of_a_story_under_embargo_are_news_when_it_ends(desk: Desk) -> None:
    """feeds.md 8, 9."""
    numbered(desk, range(100), datetime(2026, 10, 1, tzinfo=UTC))
    end = datetime(2026, 11, 21, 12, tzinfo=UTC)
    desk.article("recit/index.md", end.isoformat(), "Récit")
    desk.article("recit/2026-09-01.md", "2026-09-01", "Avant", id="tag:example.org,2026:avant")
    desk.load(end - timedelta(days=9))
    assert "tag:example.org,2026:avant" not in [
        e.id for e in desk.find(now=end - timedelta(1)).entries
    ]
    desk.load(end + timedelta(hours=1))  # it takes its own place, far below
    assert "tag:example.org,2026:avant" in ids(desk.client().get("/feed.json").data, Format.JSON)


def test_an_embargo_that_is_shortened_brings_an_entry_forward(desk: Desk) -> None:
    """feeds.md 9."""
    numbered(desk, range(40))
    desk.article("x.md", "2026-11-24", "Noël", id="tag:example.org,2026:x")
    desk.load(THEN)
    desk.article("x.md", "2026-10-20", "Noël", id="tag:example.org,2026:x")
    desk.load(THEN + timedelta(minutes=1))
    latest = desk.archive.catalogue.latest(Query(), THEN + timedelta(minutes=2), 1)
    assert [each.id for each in latest] == ["tag:example.org,2026:x"]


# -- the walk --


@pytest.mark.parametrize("form", FORMATS)
def test_the_whole_archive_is_walked_while_entries_are_added(desk: Desk, form: Format) -> None:
    """feeds.md 31: every entry is met, and none is lost when one is added meanwhile."""
    numbered(desk, range(1000))
    desk.load(THEN)
    client, met = desk.client(), list[str]()
    for page, found in enumerate(walk(client, f"/feed.{form}", form, "next")):
        met += found
        if page in {2, 11, 30}:  # one that is new, one between all, one older than all
            for day in ("2026-11-22", "2020-09-20", "1990-01-01"):
                desk.article(f"add/{page}-{day}.md", day, f"Ajout {page}")
            desk.load(THEN + timedelta(minutes=page))
    wanted = {f"tag:example.org,2026:{n}" for n in range(1000)}
    assert wanted <= set(met)
    # and who comes back finds in the current feed what was added
    added = {each for each in ids(client.get(f"/feed.{form}").data, form) if "add/" in each}
    assert len(added) == 9


@pytest.mark.parametrize("form", [Format.RSS, Format.ATOM])
def test_archive_documents_lead_through_the_archive_and_back(desk: Desk, form: Format) -> None:
    """feeds.md 31: RFC 5005, 4."""
    numbered(desk, range(100))
    desk.load(THEN)
    client = desk.client()
    met = [
        each
        for page in walk(client, f"/tags/ia/feed.{form}", form, "prev-archive")
        for each in page
    ]
    assert set(met) == {f"tag:example.org,2026:{n}" for n in range(100)}
    current = links(client.get(f"/tags/ia/feed.{form}").data, form)
    assert current["self"] == f"https://example.org/tags/ia/feed.{form}"
    assert current["prev-archive"] == f"https://example.org/tags/ia/feed.{form}?page=3"
    assert "current" not in current
    third = client.get(f"/tags/ia/feed.{form}?page=3").data
    assert b"<fh:archive/>" in third
    found = links(third, form)
    found.pop("alternate", None)  # RSS has an element of its own for it
    page = f"https://example.org/tags/ia/feed.{form}"
    assert found == {
        "self": f"{page}?page=3", "current": page,
        "next": f"{page}?page=2", "prev-archive": f"{page}?page=2",
    }  # fmt: skip
    second = links(client.get(f"/tags/ia/feed.{form}?page=2").data, form)
    assert second["previous"] == second["next-archive"] == f"{page}?page=3"
    first = links(client.get(f"/tags/ia/feed.{form}?page=1").data, form)
    assert not {"next", "prev-archive"} & set(first)


@pytest.mark.parametrize("form", FORMATS)
def test_a_full_page_of_the_archive_keeps_its_address_and_its_bytes(
    desk: Desk, form: Format
) -> None:
    """feeds.md 31: pages count from the oldest."""
    numbered(desk, range(95))
    desk.load(THEN)
    client = desk.client()
    before = [client.get(f"/feed.{form}?page={page}").data for page in (1, 2)]
    for day in ("2026-11-22", "2020-01-02", "1990-01-01"):
        desk.article(f"add/{day}.md", day, "Ajout")
    numbered(desk, range(95, 130))
    desk.load(THEN + timedelta(days=1))
    assert [client.get(f"/feed.{form}?page={page}").data for page in (1, 2)] == before
    assert len(ids(client.get(f"/feed.{form}?page=4").data, form)) == 30
    # the page that is not full yet can be asked for, is not said to be of the archive, and leads on
    fifth = client.get(f"/feed.{form}?page=5").data
    assert len(ids(fifth, form)) == 13
    assert b"fh:archive/" not in fifth
    assert links(fifth, form)["next"].endswith(f"/feed.{form}?page=4")
    assert client.get(f"/feed.{form}?page=6").status_code == 404


@pytest.mark.parametrize("form", FORMATS)
def test_what_no_full_page_holds_is_in_the_current_feed(desk: Desk, form: Format) -> None:
    """feeds.md 31: also when many embargoes end after it came."""
    numbered(desk, range(80))
    for n in range(40):
        desk.article(f"e/{n}.md", f"2026-11-20T{n % 24:02}:00Z", f"Embargo {n}")
    desk.load(THEN - timedelta(days=10))
    for n in range(5):
        desk.article(
            f"late/{n}.md", f"200{n}-01-01", f"Ancien {n}", id=f"tag:example.org,2026:l{n}"
        )
    desk.load(THEN - timedelta(days=9))
    client = desk.client()
    met = {each for page in walk(client, f"/feed.{form}", form, "next") for each in page}
    assert len(met) == 125


@pytest.mark.parametrize(
    "address",
    ["/articles/feed", "/tags/ia/feed", "/authors/ada/feed", "/2020/feed", "/2020/01/feed",
     "/2020/01/01/feed", "/articles/recit/feed", "/search/feed", "/corrections/feed"],
)  # fmt: skip
@pytest.mark.parametrize("form", FORMATS)
def test_every_list_is_a_feed_and_can_be_walked(desk: Desk, address: str, form: Format) -> None:
    """feeds.md 29, 31: same rules, same code."""
    correction = '[{date: 2020-02-01, text: "Non, si."}]'
    for n in range(40):
        when = f"2020-01-01T{n // 2:02}:{n % 2 * 30:02}:00Z"
        desk.article(
            f"a/{n}.md", when, f"Article {n}", tags="[ia, b]", authors="Ada", corrections=correction
        )
        desk.article(
            f"recit/2020-01-01-{n // 2:02}{n % 2 * 30:02}-x.md", when, f"Épisode {n}", tags="[b]"
        )
    desk.article("recit/index.md", "2020-01-01", "Récit", authors="Ada")
    desk.load(THEN)
    args = "?after=2020&tag=b" if "search" in address else ""
    pages = list(walk(desk.client(), f"{address}.{form}{args}", form, "next"))
    assert len(pages) >= 2
    total = {"articles/feed": 41, "tags/ia": 40, "recit": 40, "search": 80, "corrections": 40}
    wanted = next((count for part, count in total.items() if part in address), 81)
    assert len({each for page in pages for each in page}) == wanted


def test_a_page_can_be_asked_for_as_wordpress_has_it(desk: Desk) -> None:
    """feeds.md 31."""
    numbered(desk, range(40))
    desk.load(THEN)
    client = desk.client()
    assert client.get("/feed.rss?paged=1").data == client.get("/feed.rss?page=1").data
    assert client.get("/feed.rss?page=").data == client.get("/feed.rss").data
    assert client.get("/feed.rss?page=x").status_code == 400
    assert client.get("/feed.rss?page=0").status_code == 400


def test_json_feed_leads_on_to_another_address(desk: Desk) -> None:
    """feeds.md 21, 31."""
    numbered(desk, range(31))
    desk.load(THEN)
    client = desk.client()
    feed = json.loads(client.get("/feed.json").data)
    assert feed["next_url"] == "https://example.org/feed.json?page=1"
    assert "next_url" not in json.loads(client.get("/feed.json?page=1").data)


def test_a_removed_entry_loses_nobody_another(desk: Desk) -> None:
    """feeds.md 31."""
    numbered(desk, range(100))
    desk.load(THEN)
    client, met = desk.client(), list[str]()
    for page, found in enumerate(walk(client, "/feed.json", Format.JSON, "next")):
        met += found
        if page == 1:
            (desk.config.articles_dir / "n/00001.md").unlink()
            desk.load(THEN + timedelta(minutes=1))
    assert {f"tag:example.org,2026:{n}" for n in range(100) if n != 1} <= set(met)


# -- channels --


@pytest.mark.parametrize(
    ("query", "address"),
    [
        (Query(), "/feed.rss"),
        (Query(kind=Kind.ARTICLE), "/articles/feed.rss"),
        (Query(tags=("ia",)), "/tags/ia/feed.rss"),
        (Query(authors=("ada",)), "/authors/ada/feed.rss"),
        (Query(period=Period(2023)), "/2023/feed.rss"),
        (Query(period=Period(2023, 11, 7)), "/2023/11/07/feed.rss"),
        (Query(story="2023/affaire"), "/articles/2023/affaire/feed.rss"),
        (Query(tags=("b", "a")), "/search/feed.rss?tag=a%2Cb"),
        (Query(without_tags=("a",)), "/search/feed.rss?tag=-a"),
        (Query(authors=("b", "a")), "/search/feed.rss?author=a%2Cb"),
        (Query(text="altman", tags=("ia",)), "/search/feed.rss?q=altman&tag=ia"),
    ],
)
def test_each_list_has_one_feed_address(query: Query, address: str) -> None:
    """feeds.md 29, 36."""
    assert Channel.of(query).feed(Format.RSS) == address
    assert (
        Channel.of(query).feed(Format.RSS, 3)
        == address + ("&" if "?" in address else "?") + "page=3"
    )


def test_the_corrections_have_a_feed_too() -> None:
    """feeds.md 29."""
    assert CORRECTIONS.feed(Format.ATOM) == "/corrections/feed.atom"


# -- OPML --


def test_opml_lists_every_feed_and_those_of_the_stories_that_run(desk: Desk) -> None:
    """feeds.md 32, 33."""
    for name, coverage in (("ouvert", "open"), ("clos", "closed")):
        desk.article(
            f"{name}/index.md",
            "2026-11-01",
            f"Récit « {name} » & <suite>",
            coverage=coverage,
            tags="[ia]",
        )
        desk.article(f"{name}/2026-11-02.md", "2026-11-02", "Suite")
    desk.load(THEN)
    client = desk.client()
    stories = client.get("/feeds/stories.opml").data
    assert re.findall(rb'xmlUrl="([^"]+)"', stories) == [
        b"https://example.org/articles/ouvert/feed.rss"
    ]
    everything = re.findall(rb'xmlUrl="https://example.org([^"]+)"', client.get("/feeds.opml").data)
    assert everything[:3] == [b"/feed.rss", b"/articles/feed.rss", b"/corrections/feed.rss"]
    assert b"/tags/ia/feed.rss" in everything
    assert b"/articles/clos/feed.rss" not in everything
    for address in everything:
        assert client.get(address.decode()).status_code == 200


def test_a_closed_story_says_that_nothing_will_come(desk: Desk) -> None:
    """feeds.md 16, 32."""
    desk.article("clos/index.md", "2026-11-01", "Récit", coverage="closed")
    desk.article("clos/2026-11-02.md", "2026-11-02", "Suite")
    desk.load(THEN)
    answer = desk.client().get("/articles/clos/feed.json")
    assert json.loads(answer.data)["expired"] is True
    assert answer.headers["Cache-Control"] == "public, max-age=86400"
    assert "expired" not in json.loads(desk.client().get("/feed.json").data)
