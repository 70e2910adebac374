"""Kept answers are those of the application, byte for byte, whatever happens between."""

import gzip
import re
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import Client as WsgiClient

from conftest import NOW, Desk
from newsarchive.catalogue import CatalogueWriter, Changes, looking, mark, told_by
from newsarchive.catalogue.announcing import HOLDS, WAIT, committing, tell
from newsarchive.web import cache, create_app, http
from newsarchive.web.cache import KEEP_UNTIL, Cache

PAGES = [
    "/", "/?page=2", "/articles/", "/tags/", "/tags/ia/", "/2026/", "/2026/11/", "/feeds/",
    "/articles/a0/", "/articles/a0.json", "/articles/recit/", "/articles/recit/2026-11-02/",
    "/articles/plus-tard/", "/nulle-part/", "/feed.rss", "/feed.atom?page=1", "/feed.json",
    "/tags/ia/feed.atom", "/articles/recit/feed.rss", "/api/", "/api/v1/entries", "/sitemap.xml",
    "/api/v1/changes", "/api/v1/tags", "/search/", "/search/?q=mot", "/api/v1/search?q=mot",
    "/readyz", "/robots.txt",
]  # fmt: skip
HEADERS = [
    {}, {"Accept-Encoding": "gzip"}, {"Accept-Encoding": "br, gzip;q=0"},
    {"Sec-Fetch-Dest": "document"}, {"If-None-Match": '"none"'},
    {"If-Modified-Since": "Wed, 21 Oct 2015 07:28:00 GMT"}, {"Range": "bytes=0-9"},
]  # fmt: skip


class Clock:
    """The time of the website, as a test sets it."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(http, "now", clock)
    return clock


def news(desk: Desk) -> None:
    """A few articles and a story; one is embargoed."""
    for number in range(4):
        desk.article(f"a{number}.md", f"2026-11-{number + 1:02d}", f"Un {number}", tags="[IA]")
    desk.article("recit/index.md", "2026-11-01", "Récit", tags="[IA]")
    desk.article("recit/2026-11-02.md", "2026-11-02", "Suite")
    desk.article("plus-tard.md", (NOW + timedelta(seconds=20)).isoformat(), "Plus tard")
    desk.load(NOW)
    desk.index()


def uncached(desk: Desk) -> FlaskClient:
    """The website without what is kept."""
    app = create_app(desk.config)
    app.wsgi_app = app.wsgi_app.application.application._app  # type: ignore[method-assign, attr-defined]
    return app.test_client()


def told(client: Any, path: str, method: str, headers: dict[str, str]) -> tuple[object, ...]:
    answer = client.open(path, method=method, headers=headers, buffered=True)
    headers = sorted(each for each in answer.headers if each[0] != "X-Request-Id")
    return answer.status_code, headers, answer.data


STEPS = st.lists(
    st.tuples(st.sampled_from(PAGES), st.sampled_from(["GET", "GET", "HEAD", "POST"]),
              st.integers(0, len(HEADERS) + 1))
    | st.sampled_from(["edit", "add", "remove", "nothing"]) | st.integers(-5, 70),
    max_size=40,
)  # fmt: skip


@given(STEPS)
@settings(
    max_examples=15, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
def test_whatever_is_asked_and_changed_every_answer_is_that_of_the_application(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Any]
) -> None:
    desk = Desk(tmp_path_factory.mktemp("site"))
    clock, was = Clock(), http.now
    http.now = clock  # type: ignore[assignment]
    try:
        news(desk)
        kept, plain = create_app(desk.config).test_client(), uncached(desk)
        known: dict[str, Any] = {}
        for number, step in enumerate(steps):
            if isinstance(step, int):
                clock.now += timedelta(seconds=step)
            elif isinstance(step, str):
                change(desk, step, number, clock.now)
            else:
                path, method, which = step
                headers = HEADERS[which] if which < len(HEADERS) else stamp(known.get(path), which)
                answer = told(kept, path, method, headers)
                assert answer == told(plain, path, method, headers), (path, method, headers)
                known[path] = dict(plain.get(path, headers={"Accept-Encoding": "gzip"}).headers)
    finally:
        http.now = was


def stamp(headers: dict[str, str] | None, which: int) -> dict[str, str]:
    """What a reader says that has an answer."""
    names = {"If-None-Match": "ETag"} if which % 2 else {"If-Modified-Since": "Last-Modified"}
    return {ours: (headers or {}).get(theirs, "x") for ours, theirs in names.items()}


def change(desk: Desk, step: str, number: int, now: datetime) -> None:
    if step == "edit":
        desk.article("a0.md", "2026-11-01", f"Autre {number}", tags="[IA]")
    elif step == "add":
        desk.article(f"recit/2026-11-03-{number}.md", "2026-11-03", f"Encore {number}")
    elif step == "remove":
        (desk.config.articles_dir / "a1.md").unlink(missing_ok=True)
    desk.load(now)


@pytest.mark.parametrize("missing", [(), ("isal",)])
def test_a_page_is_gzipped_with_what_is_installed(
    desk: Desk, missing: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    news(desk)
    for library in missing:
        monkeypatch.setitem(sys.modules, library, None)
    http.gzipper.cache_clear()
    client = desk.client()
    zipped = client.get("/", headers={"Accept-Encoding": "gzip"})
    http.gzipper.cache_clear()
    assert len(zipped.data) < len(client.get("/").data) / 2
    assert gzip.decompress(zipped.data) == client.get("/").data


def test_what_a_running_story_says_of_its_last_update_ages(desk: Desk, clock: Clock) -> None:
    news(desk)
    desk.article("recit/2026-11-23.md", "2026-11-23T09:30:00+01:00", "Nouvelle suite")
    desk.load(NOW)
    client = desk.client()
    for days, said in [(0, "9 h 30"), (1, "23 nov., 9 h 30"), (0, "9 h 30"), (50, None)]:
        clock.now = NOW + timedelta(days=days)
        found = re.search(r'<p class="line last"><time [^>]*>([^<]*)', client.get("/").text)
        assert (" ".join(found[1].split()) if found else None) == said


@pytest.mark.usefixtures("clock")
def test_an_answer_is_made_once_and_again_after_a_change(desk: Desk) -> None:
    news(desk)
    app = create_app(desk.config)
    asked: list[str] = []
    app.before_request(lambda: asked.append("") or None)
    client = app.test_client()
    first = client.get("/", headers={"Accept-Encoding": "gzip"})
    assert client.get("/", headers={"Accept-Encoding": "gzip, br"}).data == first.data
    same = client.get(
        "/", headers={"If-None-Match": first.headers["ETag"], "Accept-Encoding": "gzip"}
    )
    assert (same.status_code, same.data, len(asked)) == (304, b"", 1)
    plain = client.get("/")
    assert (plain.data, len(asked)) == (gzip.decompress(first.data), 2)
    assert (client.head("/").data, len(asked)) == (b"", 2)
    desk.article("a0.md", "2026-11-01", "Nouveau titre")
    desk.load(NOW)
    assert "Nouveau titre" in client.get("/").text
    assert len(asked) == 3


@pytest.mark.usefixtures("clock")
def test_a_reader_that_has_it_is_answered_without_rendering_again(desk: Desk) -> None:
    news(desk)
    first = create_app(desk.config).test_client().get("/feed.rss")
    app = create_app(desk.config)
    asked: list[str] = []
    app.before_request(lambda: asked.append("") or None)
    client = app.test_client()
    for name, value in [("If-None-Match", "ETag")] * 3:
        assert client.get("/feed.rss", headers={name: first.headers[value]}).status_code == 304
    assert len(asked) == 1
    assert client.get("/feed.rss").data == first.data  # which nobody had asked for
    assert len(asked) == 2


def test_an_embargo_ends_in_what_is_kept(desk: Desk, clock: Clock) -> None:
    news(desk)
    client = desk.client()
    assert "Plus tard" not in client.get("/").text
    clock.now += timedelta(seconds=19)
    assert "Plus tard" not in client.get("/").text
    clock.now += timedelta(seconds=1)
    assert "Plus tard" in client.get("/").text


@pytest.mark.usefixtures("clock")
def test_nothing_is_kept_while_the_catalogue_is_committed_or_where_nobody_tells(desk: Desk) -> None:
    news(desk)
    path = desk.archive.catalogue.path
    file = told_by(path)
    before = mark(file)
    assert before
    with committing(path, 9):
        assert mark(file) is None
    assert mark(file) not in (None, before)
    tell(path, 0)  # killed there
    assert mark(file) is None
    CatalogueWriter(path, desk.config.zone).close()
    assert mark(file) not in (None, before)
    Path(file).unlink()
    assert mark(file) is None
    assert desk.client().get("/").status_code == 200


def test_a_look_holds_for_less_than_a_writer_waits(desk: Desk) -> None:
    desk.article("a.md")
    desk.load()
    path, times = desk.archive.catalogue.path, [0.0]
    look = looking(told_by(path), lambda: times[0])
    before = look()
    assert before
    with committing(path, 9):
        assert look() == before  # it waits
        times[0] += WAIT
        assert look() is None
    assert look() is None
    times[0] += HOLDS
    assert look() not in (None, before)
    assert HOLDS < WAIT


@pytest.mark.usefixtures("clock")
def test_a_load_without_changes_leaves_what_is_kept(desk: Desk) -> None:
    news(desk)
    file = told_by(desk.archive.catalogue.path)
    with closing(CatalogueWriter(desk.archive.catalogue.path, desk.config.zone)) as writer:
        before = mark(file)
        writer.apply(Changes(settings=writer.settings()), NOW)
        assert mark(file) == before


# -- the layer itself --


def application(headers: dict[str, str], body: bytes, until: float | None = 1e12) -> Any:
    """A WSGI application that says how often it was asked."""
    asked = count(1)

    def app(environ: Any, start_response: Callable[..., Any]) -> list[bytes]:
        if until is not None:
            environ[KEEP_UNTIL] = until
        start_response("200 OK", [*headers.items(), ("X-Asked", str(next(asked)))])
        return [body]

    return app


def layer(app: Any, **more: Any) -> WsgiClient:
    return WsgiClient(Cache(app, lambda: (1, 1, 1), lambda: 1000.0, **more))


WHOLE = {"ETag": '"a"', "Content-Length": "4", "Content-Type": "text/plain"}


@pytest.mark.parametrize(
    ("headers", "until"),
    [(WHOLE, None), (WHOLE, 1000.0), ({**WHOLE, "Content-Length": "9999999"}, 1e12),
     ({"Content-Length": "4"}, 1e12), ({"ETag": '"a"'}, 1e12)],
)  # fmt: skip
def test_what_does_not_say_so_is_too_large_or_has_no_etag_is_not_kept(
    headers: dict[str, str], until: float | None
) -> None:
    client = layer(application(headers, b"mots", until))
    assert [client.get("/").headers["X-Asked"] for _ in range(2)] == ["1", "2"]


def test_what_is_kept_is_bounded() -> None:
    client = layer(application(WHOLE, b"mots"), most_bytes=5 * (4 + cache._OVERHEAD))
    asked = [client.get(f"/{n}").headers["X-Asked"] for n in (1, 2, 3, 4, 5, 6, 6, 2, 1)]
    assert asked == ["1", "2", "3", "4", "5", "6", "6", "2", "7"]


@pytest.mark.parametrize(
    ("said", "status"),
    [('"a"', 304), ('W/"a"', 304), ('"b", "a-gzip"', 304), ("*", 304), ('"b"', 200), ("", 200)],
)
def test_conditions_are_answered(said: str, status: int) -> None:
    client = layer(application(WHOLE, b"mots"))
    client.get("/")
    answer = client.get("/", headers={"If-None-Match": said})
    assert answer.status_code == status
    assert ("Content-Length" in answer.headers) == (status == 200)


def test_threads_share_it() -> None:
    client = layer(application(WHOLE, b"mots"), most_bytes=20_000)
    wrong: list[object] = []

    def ask(start: int) -> None:
        for number in range(400):
            if client.get(f"/{(start * number) % 50}").data != b"mots":
                wrong.append(number)

    threads = [threading.Thread(target=ask, args=(start,)) for start in (1, 3, 7, 11)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
