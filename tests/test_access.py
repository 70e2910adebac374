"""What is logged of requests, and what is told of a site's state."""

import json
import re
import sys
import threading
from io import StringIO

import pytest
from prometheus_client.parser import text_string_to_metric_families
from werkzeug.test import Client as WsgiClient

from conftest import Desk
from newsarchive.web import create_app
from newsarchive.web.access import Access


def site(desk: Desk, form: str) -> WsgiClient:
    return WsgiClient(create_app(desk.with_settings(access_log=form).config))


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


@pytest.mark.requirement(20)
def test_a_request_is_one_line_with_the_id_that_its_answer_has(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.article("a.md", "2026-11-01", "Un")
    desk.load()
    client = site(desk, "text")
    for path, status in [
        ("/", 200),
        ("/", 200),
        ("/nulle-part/?x=1", 404),
        ("/static/site.css", 200),
    ]:
        answer = client.get(path, buffered=True)
        (line,) = lines(capsys)
        at, id_, method, address, told, size, seconds = line.split(" ")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", at)
        assert (id_, method, address) == (answer.headers["X-Request-Id"], "GET", path)
        assert int(told) == status == answer.status_code
        assert size == answer.headers["Content-Length"]
        assert 0 <= float(seconds) < 60


def test_json_lines_say_the_same(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.load()
    answer = site(desk, "json").get("/healthz")
    (line,) = lines(capsys)
    told = json.loads(line)
    assert told["id"] == answer.headers["X-Request-Id"]
    assert (told["method"], told["address"], told["status"]) == ("GET", "/healthz", 200)
    assert told["bytes"] == int(answer.headers["Content-Length"])


def test_nothing_is_logged_unasked(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.load()
    assert "X-Request-Id" in site(desk, "none").get("/healthz").headers
    assert not lines(capsys)


@pytest.mark.requirement(20)
@pytest.mark.parametrize(
    "address", ["/a%0Ab", "/a%1B[31mrouge", "/%C2%9B31m", "/%E2%80%AEx", "/é", "/x?q=%0A\u001b"]
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_no_request_breaks_a_line_or_a_terminal(
    desk: Desk, capsys: pytest.CaptureFixture[str], address: str, form: str
) -> None:
    desk.load()
    site(desk, form).get(address)
    text = capsys.readouterr().err
    assert text.count("\n") == 1
    assert re.fullmatch(r"[\x20-\x7e]+\n", text)


def test_what_nobody_answered_is_logged_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    def broken(_: object, __: object) -> list[bytes]:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        WsgiClient(Access(broken, "text")).get("/x")  # type: ignore[arg-type]
    assert re.search(r" GET /x - - \d", capsys.readouterr().err)


def test_lines_of_many_threads_do_not_mix(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.load()
    client, text = site(desk, "text"), StringIO()
    monkeypatch.setattr(sys, "stderr", text)
    threads = [
        threading.Thread(target=lambda: [client.get("/healthz") for _ in range(20)])
        for _ in range(8)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    found = text.getvalue().splitlines()
    assert len(found) == 160
    assert all(len(line.split(" ")) == 7 for line in found)
    assert len({line.split(" ")[1] for line in found}) == 160


def test_the_state_is_told_in_numbers(desk: Desk) -> None:
    desk.article("a.md", "2026-11-01", "Un")
    desk.write("faux.md", "---\ntitle: [\n---\n")
    desk.load()
    desk.index()
    client = desk.client()
    assert client.get("/").status_code == 200
    assert client.get("/nulle-part/").status_code == 404
    answer = client.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    found = {
        (sample.name, sample.labels.get("status")): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert found["newsarchive_entries", None] == 1
    assert found["newsarchive_problems", None] > 0
    assert found["newsarchive_search_behind", None] == 0
    assert found["newsarchive_ready", None] == 0  # no loader lives
    assert found["newsarchive_requests_total", "200"] == 1
    assert found["newsarchive_requests_total", "404"] == 1


def test_numbers_are_told_before_anything_is_loaded(desk: Desk) -> None:
    text = desk.client().get("/metrics").text
    assert "newsarchive_ready 0.0" in text
    assert "search_behind" not in text


def test_without_the_extra_there_are_no_numbers(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.load()
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    assert desk.client().get("/metrics").status_code == 404
