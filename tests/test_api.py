"""The JSON API over HTTP: lists that are walked, entries, searches, counts, refusals."""

import gzip
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from conftest import NOW, Desk
from newsarchive.documents import FIELDS, LISTED
from newsarchive.openapi import OPERATIONS

THEN = NOW - timedelta(days=1)
API = "/api/v1/"


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A story, articles in two languages, and what nobody may see."""
    desk.article("affaire/index.md", "2023-11", "L’affaire", tags="[IA]", image="photo.jpg",
                 image_alt="Une photo", body="Ce que l’on sait. [Le 18](2023-11-18.md)")  # fmt: skip
    desk.article(
        "affaire/2023-11-17-2130-depart.md", "2023-11-17 21:30", "Le départ", key="true",
        body="Le patron est **licencié**.",
    )  # fmt: skip
    desk.article("affaire/2023-11-18.md", "2023-11-18", "Le retour", body="Il revient.")
    desk.article("été.md", "2024-07-01", "L’été", authors="[Zoé Martin]", body="Chaud.")
    desk.article(
        "bridge.en.md", "2025-03-01", "The bridge", tags="[Ville, IA]", authors="[Ada]",
        body="Works of the State.", sources="\n  - {title: Plan, url: 'https://example.net/p'}",
        corrections="\n  - {date: 2025-03-02, text: Two.}\n  - {date: 2099-01-01, text: Later.}",
        section="city",
    )  # fmt: skip
    desk.article("retire.md", "2024-03-02", "Retiré", status="withdrawn", body="Une erreur.")
    desk.article("brouillon.md", "2024-03-03", "Brouillon", status="draft", tags="[Secret]")
    desk.article("demain.md", "2099-01-01", "Demain", tags="[Secret]")
    desk.load(THEN)
    desk.index(THEN)
    return desk


@pytest.fixture
def client(desk: Desk) -> FlaskClient:
    return desk.client()


def get(client: FlaskClient, address: str, **query: str) -> Any:
    """What an address of the API answers."""
    answer = client.get(API + address, query_string=query or None)
    assert answer.status_code == 200, answer.text
    return answer.json


def paths(page: dict[str, Any]) -> list[str]:
    return [entry["path"] for entry in page["entries"]]


def local(url: str) -> str:
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc) == ("https", "example.org")
    return f"{parts.path}?{parts.query}"


def walk(client: FlaskClient, address: str) -> Iterator[list[str]]:
    """The paths of each page of a list."""
    while address:
        answer = client.get(address)
        assert answer.status_code == 200, answer.text
        yield paths(answer.json)
        link = answer.headers.get("Link", "")
        assert link == (f'<{answer.json["next"]}>; rel="next"' if link else "")
        address = local(answer.json["next"]) if link else ""


EVERYTHING = [
    "bridge.en", "été", "retire", "affaire/2023-11-18", "affaire/2023-11-17-2130-depart", "affaire",
]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({}, EVERYTHING),
        ({"order": "oldest"}, EVERYTHING[::-1]),
        ({"tag": "ia"}, [p for p in EVERYTHING if "affaire" in p or "bridge" in p]),
        ({"tag": "ia,-ville"}, [p for p in EVERYTHING if "affaire" in p]),
        ({"author": "Zoé Martin"}, ["été"]),
        ({"lang": "en"}, ["bridge.en"]),
        ({"story": "affaire"}, ["affaire/2023-11-18", "affaire/2023-11-17-2130-depart"]),
        ({"type": "update", "after": "2023-11-18"}, ["affaire/2023-11-18"]),
        ({"before": "2023-11-18", "type": "article"}, ["affaire"]),
        ({"q": "licencie"}, ["affaire/2023-11-17-2130-depart"]),
        ({"q": "tag:ville"}, ["bridge.en"]),
        ({"q": "le patron -bridge tag:ia"}, ["affaire/2023-11-17-2130-depart"]),
        ({"q": "le la les"}, []),
        ({"q": "!!!"}, []),
        ({"q": "licenci OR introuvable", "order": "oldest"}, ["affaire/2023-11-17-2130-depart"]),
        ({"tag": "secret"}, []),
    ],
    ids=str,
)
def test_entries_take_the_words_of_the_sites_queries(
    client: FlaskClient, query: dict[str, str], wanted: list[str]
) -> None:
    page = get(client, "entries", **query)
    assert paths(page) == wanted
    assert page["total"] == len(wanted)
    assert "next" not in page


@pytest.mark.parametrize("size", [1, 2, 4])
@pytest.mark.parametrize("query", ["order=newest", "order=oldest", "tag=ia&tag=-sport", "q=le+OR+il+OR+patron+OR+works"])  # fmt: skip
def test_a_walk_by_pages_is_the_whole_list(client: FlaskClient, query: str, size: int) -> None:
    whole = get(client, f"entries?{query}")
    pages = list(walk(client, f"{API}entries?{query}&limit={size}"))
    assert [path for page in pages for path in page] == paths(whole)
    assert all(len(page) == size for page in pages[:-1])


@pytest.mark.parametrize(
    ("query", "engine"),
    [
        *((query, "whoosh") for query in ("", "&order=oldest", "&tag=ia")),  # which none answers
        *(
            (query, engine)
            for query in ("&q=mot", "&q=mot&order=oldest")
            for engine in ("whoosh", "tantivy")
        ),
    ],
)
def test_a_walk_meets_every_standing_entry_once_whatever_comes_and_goes(
    desk: Desk, query: str, engine: str
) -> None:
    desk = desk.with_settings(search_engine=engine)
    chance = random.Random(query)
    days = [f"2022-0{n % 3 + 1}-0{n % 4 + 1}" for n in range(40)]  # many on one day
    for number, day in enumerate(days):
        desk.article(f"n/{number:02}.md", day, f"Titre {number}", tags="[IA]", body="Un mot.")
    desk.load(THEN)
    desk.index(THEN)
    client, address, seen = desk.client(), f"{API}entries?limit=7&after=2022&before=2023{query}", []
    standing = {f"n/{number:02}" for number in range(0, 40, 2)}
    while address:
        page = client.get(address).json
        seen += paths(page)
        address = local(page["next"]) if "next" in page else ""
        number = chance.randrange(1, 40, 2)
        (desk.config.articles_dir / f"n/{number:02}.md").unlink(missing_ok=True)
        desk.article(f"n/x{len(seen)}.md", chance.choice(days), "Neu", tags="[IA]", body="Un mot.")
        desk.article("n/00.md", days[0], f"Autrement {len(seen)}", tags="[IA]", body="Un mot.")
        desk.load(THEN)
        desk.index(THEN)
    assert len(seen) == len(set(seen))
    assert standing <= set(seen)


def test_an_entry_says_what_it_is_in_the_words_of_json_feed(client: FlaskClient) -> None:
    entry = get(client, "entries", type="article", lang="en")["entries"][0]
    assert entry == {
        "id": entry["id"],
        "path": "bridge.en",
        "url": "https://example.org/articles/bridge.en/",
        "document_url": "https://example.org/api/v1/entries/bridge.en",
        "type": "article",
        "title": "The bridge",
        "date": "2025-03-01",
        "date_published": "2025-03-01T00:00:00+01:00",
        "date_modified": "2025-03-01T00:00:00+01:00",
        "language": "en",
        "summary": "Works of the State.",
        "authors": [{"name": "Ada", "url": "https://example.org/authors/ada/"}],
        "tags": ["Ville", "IA"],
        "status": "published",
        "digest": entry["digest"],
    }


def test_fields_choose(client: FlaskClient) -> None:
    page = get(client, "entries", fields="title,content_text", q="licencie")
    assert page["entries"] == [{"title": "Le départ", "content_text": "Le patron est licencié."}]
    (entry,) = get(client, "entries", fields="all", lang="en")["entries"]
    others = {"story", "key", "coverage", "image", "image_alt"}
    assert set(entry) == set(FIELDS) - others
    assert entry["sources"] == [
        {"title": "Plan", "url": "https://example.net/p", "publisher": "", "date": ""}
    ]
    assert entry["corrections"] == [{"date": "2025-03-02", "text": "Two."}]  # no later ones
    assert entry["metadata"] == {"section": "city"}
    assert entry["content_html"] == "<p>Works of the State.</p>\n"


def test_the_document_of_an_entry_is_the_same_at_both_addresses(client: FlaskClient) -> None:
    for path in EVERYTHING:
        api, page = client.get(f"{API}entries/{path}"), client.get(f"/articles/{path}.json")
        assert api.status_code == page.status_code == (410 if path == "retire" else 200)
        assert api.data == page.data
        assert api.headers.get("ETag") == page.headers.get("ETag")


def test_a_document_knows_its_updates_its_neighbours_and_its_feeds(client: FlaskClient) -> None:
    story = get(client, "entries/affaire")
    assert [each["title"] for each in story["updates"]] == ["Le retour", "Le départ"]
    assert story["coverage"] == "open"
    assert story["image"] == "https://example.org/articles/affaire/photo.jpg"
    assert story["image_alt"] == "Une photo"
    assert 'href="https://example.org/articles/affaire/2023-11-18/"' in story["content_html"]
    assert story["feeds"]["rss"] == "https://example.org/articles/affaire/feed.rss"
    assert (story["previous"], story["next"]["path"]) == (None, "retire")
    update = get(client, "entries/affaire/2023-11-18")
    assert (update["story"], update["key"]) == ("affaire", False)
    assert update["previous"] == {
        "path": "affaire/2023-11-17-2130-depart",
        "title": "Le départ",
        "url": "https://example.org/articles/affaire/2023-11-17-2130-depart/",
        "document_url": "https://example.org/api/v1/entries/affaire/2023-11-17-2130-depart",
    }
    assert update["date"] == "2023-11-18"
    assert get(client, "entries/été")["feeds"]["json"] == "https://example.org/feed.json"
    for link in (
        *story["feeds"].values(),
        story["url"],
        story["source_url"],
        story["document_url"],
    ):
        assert client.get(urlsplit(link).path).status_code == 200, link


@pytest.mark.parametrize(
    ("path", "status", "where"),
    [
        ("retire", 410, None), ("brouillon", 404, None), ("demain", 404, None), ("rien", 404, None),
        ("AFFAIRE", 301, "/api/v1/entries/affaire"), ("e%CC%81te%CC%81", 301, "/api/v1/entries/%C3%A9t%C3%A9"),
        ("ete", 301, "/api/v1/entries/%C3%A9t%C3%A9"), ("affaire%2F2023-11-18", 200, None), ("%00", 404, None),
        ("../../etc/passwd", 404, None),
    ],
)  # fmt: skip
def test_what_is_no_entry_is_refused_and_what_moved_is_found(
    client: FlaskClient, path: str, status: int, where: str | None
) -> None:
    answer = client.get(f"{API}entries/{path}")
    assert answer.status_code == status
    assert answer.headers.get("Location") == where
    if status >= 400:
        assert_problem(answer, status)
        assert "Brouillon" not in answer.text


def assert_problem(answer: TestResponse, status: int) -> None:
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    problem = json.loads(answer.data)
    assert (problem["type"], problem["status"]) == ("about:blank", status)
    assert problem["title"]
    assert problem["detail"]


@pytest.mark.requirement(2)
@pytest.mark.parametrize(
    ("address", "parameter"),
    [
        ("entries?limit=0", "limit"), ("entries?limit=101", "limit"), ("entries?limit=", "limit"),
        ("entries?limit=１", "limit"), ("entries?limit=1&limit=2", "limit"),
        ("entries?page=2", "page"), ("entries?order=relevance", "order"),
        ("entries?order=up", "order"), ("entries?tga=ia", "tga"), ("entries?tag=", "tag"),
        ("entries?tag=,", "tag"), ("entries?story=/", "story"), ("entries?after=2023-13", "after"),
        ("entries?after=hier", "after"), ("entries?lang=f", "lang"), ("entries?type=x", "type"),
        ("entries?cursor=x", "cursor"), ("entries?cursor=%00", "cursor"),
        ("entries?fields=title,body", "fields"), ("entries?fields=", "fields"),
        ("entries?q=" + "x" * 257, "q"), ("entries/affaire?x=1", "x"), ("search?cursor=", "cursor"),
        ("search?page=0", "page"), ("search?q=after:hier", "after"), ("suggest?limit=21", "limit"),
        ("tags?q=a", "q"), ("calendar?year=23", "year"), ("calendar?year=2023-11", "year"),
        ("calendar?year=0000", "year"), ("changes?since=x", "since"), ("changes?limit=-1", "limit"),
        ("export.ndjson?after=x", "after"), ("export.ndjson?limit=5", "limit"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named_with_what_is_allowed(
    client: FlaskClient, address: str, parameter: str
) -> None:
    answer = client.get(API + address)
    assert_problem(answer, 400)
    assert answer.json["parameter"] == parameter
    assert answer.json["allowed"]
    assert answer.json["detail"].startswith(parameter)


def test_a_cursor_belongs_to_its_question(client: FlaskClient) -> None:
    after = urlsplit(get(client, "entries", limit="2")["next"]).query
    cursor = after.partition("cursor=")[2]
    assert paths(get(client, "entries", limit="3", cursor=cursor)) == EVERYTHING[2:5]
    answer = client.get(f"{API}entries?tag=ia&cursor={cursor}")
    assert_problem(answer, 400)
    assert answer.json["parameter"] == "cursor"


@pytest.mark.parametrize("address", ["/api/v1/", "/api/v1/entrys", "/api/v2/entries", "/api/x"])  # fmt: skip
def test_unknown_addresses_of_the_api_are_told_to_programs(
    client: FlaskClient, address: str
) -> None:
    assert_problem(client.get(address), 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_only_reading_is_allowed(client: FlaskClient, method: str) -> None:
    for operation in OPERATIONS:
        answer = client.open(API + operation.path.format(path="affaire"), method=method)
        assert_problem(answer, 405)
        assert {"GET", "HEAD", "OPTIONS"} == set(answer.headers["Allow"].split(", "))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
def test_every_address_keeps_the_rules_of_http(client: FlaskClient, operation: Any) -> None:
    address = API + operation.path.format(path="affaire")
    if operation.name == "changes":  # without a token each answer has another
        address += f"?since={get(client, 'changes')['next']}"
    plain = client.get(address)
    assert plain.status_code == 200
    assert plain.content_type == f"{operation.media_type}; charset=utf-8"
    assert plain.headers["Access-Control-Allow-Origin"] == "*"
    assert "ETag" in plain.headers["Access-Control-Expose-Headers"]
    assert plain.headers["Vary"] == "Accept-Encoding"
    assert plain.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in plain.headers
    head = client.head(address)
    assert (head.status_code, head.data) == (200, b"")
    preflight = client.options(address, headers={"Origin": "https://example.net"})
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Headers"] == "*"
    assert "GET" in preflight.headers["Access-Control-Allow-Methods"]
    etag = plain.headers["ETag"]
    for known in (etag, f'"x", W/{etag}', etag.rstrip('"') + '-gzip"', "*"):
        again = client.get(address, headers={"If-None-Match": known})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["Access-Control-Allow-Origin"] == "*"
    assert client.get(address, headers={"If-None-Match": '"x"'}).status_code == 200


@pytest.mark.parametrize("address", ["entries?fields=all", "entries/affaire", "export.ndjson"])
def test_who_can_read_gzip_gets_the_same_bytes_in_fewer(client: FlaskClient, address: str) -> None:
    plain = client.get(API + address)
    zipped = client.get(API + address, headers={"Accept-Encoding": "gzip"})
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert len(zipped.data) < len(plain.data)
    assert gzip.decompress(zipped.data) == plain.data
    assert zipped.headers["ETag"] != plain.headers["ETag"]
    refused = client.get(API + address, headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in refused.headers


def test_a_search_marks_counts_and_goes_on(client: FlaskClient) -> None:
    found = get(client, "search", q="licencie patron tag:ia")
    (hit,) = found["hits"]
    assert hit["path"] == "affaire/2023-11-17-2130-depart"
    assert hit["score"] > 0
    assert "".join(piece["text"] for piece in hit["marked_title"]) == "Le départ"
    marked = [piece["text"] for piece in hit["snippet"] if piece.get("match")]
    assert marked == ["patron", "licencié"]
    assert found["query"] == {"q": "licencie patron", "tag": "ia"}
    assert found["facets"]["tag"] == [{"value": "ia", "count": 1, "name": "IA"}]
    assert found["facets"]["month"] == [{"value": "2023-11", "count": 1}]
    assert found["facets"]["type"] == [{"value": "update", "count": 1}]
    first = get(client, "search", q="le OR il OR patron OR works", limit="1")
    assert first["total"] > 1
    second = client.get(local(first["next"])).json
    assert second["hits"][0]["id"] != first["hits"][0]["id"]
    assert get(client, "search", q="patron", page="9")["hits"] == []


def test_a_search_says_what_was_meant_and_what_it_left_out(client: FlaskClient) -> None:
    found = get(client, "search", q='licnecié "patron')
    assert (found["meant"], found["is_meant"]) == ("licencié patron", True)
    assert found["notes"] == ["le guillemet n’était pas fermé"]
    # a list is of what was asked for, and of nothing else
    assert get(client, "entries", q="licnecié")["total"] == 0


def test_while_nothing_can_be_found_a_search_says_so(desk: Desk) -> None:
    for file in desk.config.data_dir.iterdir():
        if not file.name.startswith("catalogue"):
            for part in [*file.rglob("*"), file]:
                if part.is_file():
                    part.unlink()
    client = desk.client()
    for address in ("search?q=patron", "entries?q=patron"):
        answer = client.get(API + address)
        assert_problem(answer, 503)
        assert answer.headers["Retry-After"]
    assert client.get(f"{API}entries").status_code == 200
    # titles and names are the catalogue's
    assert client.get(f"{API}suggest?q=pat").status_code == 200


def test_before_the_first_load_the_api_says_when_to_try_again(tmp_path: Any) -> None:
    client = Desk(tmp_path).client()
    for operation in OPERATIONS:
        answer = client.get(API + operation.path.format(path="a"))
        assert_problem(answer, 503)
        assert answer.headers["Retry-After"]
    assert client.options(f"{API}entries").status_code == 200
    assert client.get(f"{API}openapi.json").status_code == 200


def test_hits_that_are_hidden_meanwhile_are_not_told(desk: Desk) -> None:
    desk.article("été.md", "2024-07-01", "L’été", status="draft")
    desk.load(THEN)  # and the index does not know yet
    client = desk.client()
    assert get(client, "search", q="chaud")["hits"] == []
    assert get(client, "search", q="chaud")["behind"] == 1


def test_suggestions_complete_a_word(client: FlaskClient) -> None:
    found = get(client, "suggest", q="licen")["suggestions"]
    assert "licencié" in [each["text"] for each in found]
    assert get(client, "suggest", q="")["suggestions"] == []


def test_tags_and_authors_are_told_whole_with_their_counts(client: FlaskClient) -> None:
    tags = get(client, "tags")
    assert [(each["slug"], each["name"], each["count"]) for each in tags["tags"]] == [
        ("ia", "IA", 4), ("ville", "Ville", 1),
    ]  # fmt: skip
    assert tags["total"] == 2
    authors = get(client, "authors")["authors"]
    assert [each["name"] for each in authors] == ["Ada", "Zoé Martin"]
    for each in (*tags["tags"], *authors):
        assert client.get(urlsplit(each["url"]).path).status_code == 200
        assert client.get(local(each["entries_url"])).json["total"] == each["count"]


def test_the_calendar_counts_the_days_of_a_year(client: FlaskClient) -> None:
    assert get(client, "calendar") == {
        "total": 6, "years": {"2023": 3, "2024": 2, "2025": 1}, "months": {}, "days": {},
    }  # fmt: skip
    assert get(client, "calendar", year="2023") == {
        "total": 3, "years": {"2023": 3}, "months": {"2023-11": 3},
        "days": {"2023-11-17": 1, "2023-11-18": 1},
    }  # fmt: skip
    assert get(client, "calendar", year="2099")["total"] == 0


@pytest.mark.requirement(11)
def test_what_is_embargoed_changes_no_answer(desk: Desk) -> None:
    client = desk.client()
    addresses = [
        "entries", "tags", "authors", "calendar?year=2099", "changes", "export.ndjson", "search",
        "suggest?q=dem", "entries/bridge.en",
    ]  # fmt: skip
    before = {
        each: client.get(API + each).headers["ETag"] for each in addresses if each != "changes"
    }
    desk.article("secret.md", "2098-01-01", "Demain secret", tags="[Secret]", authors="[Nul]")
    (desk.config.articles_dir / "demain.md").unlink()
    desk.load(THEN)
    desk.index(THEN)
    for address in addresses:
        answer = client.get(API + address)
        assert "ecret" not in answer.text, address
        assert "emain" not in answer.text, address
        assert answer.headers["ETag"] == before.get(address, answer.headers["ETag"]), address


def test_an_embargo_that_ended_is_in_every_answer(desk: Desk) -> None:
    desk.article("tot.md", (datetime.now(UTC) - timedelta(seconds=5)).isoformat(), "Tôt")
    desk.load(datetime.now(UTC) - timedelta(hours=1))  # it was to come then
    client = desk.client()
    assert paths(get(client, "entries"))[0] == "tot"
    assert "tot" in [each["path"] for each in get(client, "changes")["changes"]]
    assert '"tot"' in client.get(f"{API}export.ndjson").text


def test_a_list_leaves_out_what_needs_the_text() -> None:
    assert not {"content_html", "content_markdown", "content_text"} & LISTED
