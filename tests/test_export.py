"""Everything as one stream: a line an entry, in an order that only grows, taken up again."""

import json
import tracemalloc
import zlib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from conftest import NOW, Desk
from newsarchive import export
from newsarchive.catalogue import Changes, FileState, Placed, ReadFile
from newsarchive.documents import FIELDS
from newsarchive.entry import Entry, Kind, Moment
from newsarchive.loader import writing

ADDRESS = "/api/v1/export.ndjson"


@pytest.fixture
def client(desk: Desk) -> FlaskClient:
    for number in range(5):
        desk.article(f"{number}.md", f"2024-01-0{9 - number}", f"Titre {number}", body="*Mot*.")
    desk.article("brouillon.md", status="draft")
    desk.article("demain.md", "2099-01-01")
    desk.article("retire.md", "2023-01-01", status="withdrawn", body="L’avis.")
    desk.load(NOW)
    return desk.client()


def lines(client: FlaskClient, **query: str) -> list[dict[str, object]]:
    answer = client.get(ADDRESS, query_string=query or None)
    assert answer.status_code == 200, answer.text
    assert not answer.text or answer.text.endswith("\n")
    return [json.loads(line) for line in answer.text.splitlines()]


def test_every_entry_is_a_line_with_its_text(client: FlaskClient) -> None:
    found = lines(client)
    assert [each["path"] for each in found] == ["retire", "4", "3", "2", "1", "0"]
    assert found[0]["content_markdown"] == "L’avis."
    assert found[-1]["content_markdown"] == "*Mot*."
    assert not {"content_html", "content_text"} & set(found[-1])


def test_what_comes_later_is_at_the_end(client: FlaskClient, desk: Desk) -> None:
    before = [each["path"] for each in lines(client)]
    desk.article("ancien.md", "1999-01-01")
    desk.article("2.md", "2024-01-07", "Autrement")
    desk.load(NOW)
    assert [each["path"] for each in lines(client)] == [*before, "ancien"]


def test_a_broken_export_goes_on_after_its_last_line(client: FlaskClient, desk: Desk) -> None:
    whole = lines(client)
    for number, each in enumerate(whole):
        assert lines(client, after=str(each["id"])) == whole[number + 1 :]
    hidden = desk.archive.catalogue.every_entry()
    for each in hidden:
        if each.path in {"brouillon", "demain"}:  # as if there were none
            assert client.get(ADDRESS, query_string={"after": each.id}).status_code == 400


def test_fields_choose_what_a_line_has(client: FlaskClient) -> None:
    assert lines(client, fields="title,content_html,content_text")[-1] == {
        "title": "Titre 0", "content_html": "<p><em>Mot</em>.</p>\n", "content_text": "Mot.",
    }  # fmt: skip
    assert set(FIELDS) > set(lines(client, fields="all")[-1]) > {"content_html", "digest"}


def test_its_link_leads_to_what_changes_from_then_on(client: FlaskClient, desk: Desk) -> None:
    answer = client.get(ADDRESS)
    parts = urlsplit(answer.headers["Link"].partition(">")[0].removeprefix("<"))
    assert answer.headers["Link"].endswith('; rel="next"')
    after = f"{parts.path}?{parts.query}"
    assert client.get(after).json["changes"] == []
    desk.article("neuf.md", "2024-02-01")
    desk.load(NOW)
    assert [each["path"] for each in client.get(after).json["changes"]] == ["neuf"]


def test_it_is_compressed_as_it_is_sent(client: FlaskClient) -> None:
    parts = [b"a" * 100_000, b"b" * 100_000]
    unpacking = zlib.decompressobj(wbits=31)
    packed = list(export.zipped(iter(parts)))
    assert b"".join(map(unpacking.decompress, packed)) == b"".join(parts)
    assert unpacking.eof
    assert client.head(ADDRESS, headers={"Accept-Encoding": "gzip"}).data == b""


def test_who_reads_slowly_sees_one_generation_and_holds_up_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "CHUNK", 1)
    desk = Desk(tmp_path)
    for number in range(3):
        desk.article(f"{number}.md", f"2024-01-0{number + 1}", body="Avant.")
    desk.load(NOW)
    found = export.lines(desk.archive, NOW)
    first = next(found)
    for number in range(3):
        desk.article(f"{number}.md", f"2024-01-0{number + 1}", body="Après.")
    desk.load(NOW)
    assert b"Avant" in first
    assert all(b"Avant" in line for line in found)
    assert b"".join(export.lines(desk.archive, NOW)).count("Après".encode()) == 6  # summaries too


def test_its_memory_does_not_grow_with_the_archive(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    moment = Moment(NOW)
    made = (
        Entry(
            id=f"tag:example.org,2026:{n}", path=str(n), kind=Kind.ARTICLE, title="T", lang="fr",
            published=moment, updated=moment, file=f"{n}.md", body="Un texte. " * 1000,
        )
        for n in range(2000)
    )  # fmt: skip
    files = (ReadFile(FileState(e.file, 1, 1, 1, b"x"), (Placed(e, moment),)) for e in made)
    with writing(desk.config) as writer:
        writer.apply(Changes(files=tuple(files)), NOW)
    size = 0
    tracemalloc.start()
    for part in export.zipped(export.lines(desk.archive, NOW)):
        size += len(part)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 50_000
    assert peak < 2_000_000  # of twenty
