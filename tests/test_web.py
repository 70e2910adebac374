"""The website, asked over HTTP: addresses, refusals, headers, what time hides."""

import json
import os
import re
import unicodedata
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from flask import Response, g, request
from flask.testing import FlaskClient

from conftest import Desk, nobody
from newsarchive.web import create_app

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><rect width="4" height="4"/></svg>'


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A small archive with one of everything."""
    desk.write(
        "2023/affaire/index.md",
        "---\ntitle: 'L''affaire : le récit'\ndate: 2023-11\ntags: [IA, Justice]\nauthors: [Zoé Martin]\n"
        "summary: Quatre jours.\ncoverage: closed\naliases: [/vieux/affaire.html]\n"
        "image: dessin.svg\nimage_alt: Un dessin\n---\nCe que l'on sait. Voir [le 18](2023-11-18.md).\n",
    )
    desk.write(
        "2023/affaire/2023-11-17-2100-depart.md",
        "---\ntitle: Le départ\nkey: true\n---\nIl part.\n",
    )
    desk.write(
        "2023/affaire/2023-11-18.md", "---\ntitle: Le retour\n---\nIl revient ![d](dessin.svg)\n"
    )
    desk.write("2023/affaire/dessin.svg", SVG)
    desk.article(
        "2024/seul.md",
        "2024-03-01 10:00",
        title="Un article seul",
        tags="[IA]",
        body="Texte[^1].\n\n[^1]: Note.",
    )
    desk.article(
        "2024/retire.md", "2024-03-02", title="Retiré", status="withdrawn", body="Une erreur."
    )
    desk.article("2024/brouillon.md", "2024-03-03", title="Brouillon", status="draft")
    desk.article("2024/été.md", "2024-07-01", title="L’été")
    desk.article(
        "2024/demain.md",
        (datetime.now(UTC) + timedelta(days=1)).isoformat(),
        title="Demain",
        tags="[Secret]",
    )
    desk.article(
        "2025/corrige.md",
        "2025-01-02",
        title="Corrigé",
        lang="en",
        corrections="\n  - {date: 2025-01-03, text: Il a dit *deux*.}",
    )
    desk.load()
    return desk


@pytest.fixture
def client(desk: Desk) -> FlaskClient:
    return desk.client()


PAGES = [
    "/", "/articles/", "/2023/", "/2024/03/", "/2023/11/17/", "/tags/", "/tags/ia/", "/authors/",
    "/authors/zoe-martin/", "/corrections/", "/search/",
    "/articles/2023/affaire/", "/articles/2023/affaire/?order=newest",
    "/articles/2023/affaire/2023-11-18/", "/articles/2024/seul/",
]  # fmt: skip
OTHERS = [
    "/articles/2023/affaire.json", "/articles/2023/affaire/index.md", "/articles/2024/seul.md",
    "/articles/2023/affaire/2023-11-18.json", "/articles/2023/affaire/dessin.svg", "/sitemap.xml",
    "/sitemap-1.xml", "/news-sitemap.xml", "/robots.txt", "/favicon.ico", "/healthz",
]  # fmt: skip
REFUSED = {
    "/nulle-part/": 404, "/articles/2024/brouillon/": 404, "/articles/2024/demain/": 404,
    "/articles/2024/demain.json": 404, "/articles/2024/demain.md": 404, "/tags/secret/": 404,
    "/articles/2024/retire/": 410, "/2022/": 404, "/2023/13/": 404, "/2023/02/30/": 404,
    "/0000/": 404, "/?page=99": 404, "/?page=x": 400, "/?page=" + "9" * 30: 400, "/?page=-1": 400,
    "/articles/?order=up": 400, "/search/?q=" + "x" * 300: 400,
    "/articles/../../etc/passwd": 404, "/articles/%2e%2e/%2e%2e/etc/passwd": 404,
    "/articles/a%00b/": 404, "/articles/2024/seul//": 404, "/%5Cevil.example": 404,
    "/articles/newsarchive.toml": 404, "/２０２３/": 404, "/2023/１１/": 404, "/sitemap-１.xml": 404,
    "/readyz": 503,
    "/static/../__init__.py": 404, "/api/v1/nothing": 404,
    "/x" * 3000: 414,
}  # fmt: skip


@pytest.mark.parametrize("address", PAGES)
def test_every_page_answers_whole_and_small(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.content_type == "text/html; charset=utf-8"
    assert answer.text.lower().startswith("<!doctype html>")
    assert answer.text.rstrip().endswith("</html>")
    assert len(answer.data) < 45_000  # with the stylesheet's 14 kB: under 60


@pytest.mark.parametrize("address", OTHERS)
def test_the_other_addresses_answer(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 200


@pytest.mark.requirement(3)
@pytest.mark.parametrize(("address", "status"), REFUSED.items(), ids=lambda value: str(value)[:40])
def test_what_is_not_there_is_refused_with_help(
    client: FlaskClient, address: str, status: int
) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert "Traceback" not in answer.text
    if address.endswith(".json") or address.startswith("/api/"):
        assert answer.content_type == "application/problem+json"
        assert json.loads(answer.data)["status"] == status
    elif status in {404, 410}:
        assert 'name="q"' in answer.text


@pytest.mark.requirement(3)
@pytest.mark.parametrize("path", ["//evil.example/", "//evil.example", "/\\evil.example", "///"])
def test_an_address_that_looks_like_another_site_leads_nowhere(
    client: FlaskClient, path: str
) -> None:
    answer = client.get("/", environ_overrides={"PATH_INFO": path})
    assert answer.status_code == 404
    assert "Location" not in answer.headers


@pytest.mark.requirement(5)
@pytest.mark.parametrize("address", [*PAGES, *OTHERS, *REFUSED])
def test_every_answer_carries_the_security_headers_and_no_cookie(
    client: FlaskClient, address: str
) -> None:
    answer = client.get(address)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "'unsafe-inline'" not in policy or "sandbox" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"]
    assert "Set-Cookie" not in answer.headers


@pytest.mark.requirement(4)
@pytest.mark.parametrize("address", [*PAGES, *OTHERS, *REFUSED, "/2023", "/vieux/affaire.html"])
def test_the_host_header_is_in_no_answer(client: FlaskClient, address: str) -> None:
    answer = client.get(address, headers={"Host": "evil.example"})
    assert b"evil.example" not in answer.data or "evil.example" in address
    assert "evil.example" not in answer.headers.get("Location", "")


@pytest.mark.parametrize("address", [*PAGES, "/articles/2023/affaire.json", "/sitemap.xml"])
def test_who_has_the_page_gets_304(client: FlaskClient, address: str) -> None:
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""
    assert again.headers["ETag"] == first.headers["ETag"]
    head = client.head(address)
    assert head.status_code == 200
    assert head.data == b""


@pytest.mark.parametrize(
    "address",
    ["/readyz", "/nulle-part/", "/articles/2024/demain.json", "/search/?q=" + "x" * 300,
     "/articles/2024/retire/"],
)  # fmt: skip
def test_only_a_200_is_conditional(client: FlaskClient, address: str) -> None:
    answer = client.get(address, headers={"If-None-Match": "*"})
    assert answer.status_code >= 400
    assert answer.data
    assert "ETag" not in answer.headers


@pytest.mark.requirement(3)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_pages_can_only_be_read(client: FlaskClient, method: str) -> None:
    answer = client.open("/articles/2024/seul/", method=method)
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("/2023", "/2023/"),
        ("/2023/11/17", "/2023/11/17/"),
        ("/tags/ia", "/tags/ia/"),
        ("/tags/IA/", "/tags/ia/"),
        ("/authors/Zoé Martin/", "/authors/zoe-martin/"),
        ("/articles/2024/seul/index.html", "/articles/2024/seul/"),
        ("/articles/2024/seul", "/articles/2024/seul/"),
        ("/articles/2024/SEUL/", "/articles/2024/seul/"),
        ("/articles/2024/Seul", "/articles/2024/seul/"),
        ("/articles/2023/affaire/?x=1", None),
        ("/articles/2023/affaire?order=newest", "/articles/2023/affaire/?order=newest"),
        ("/articles/2023/affaire.md", "/articles/2023/affaire/index.md"),
        (unicodedata.normalize("NFD", "/articles/2024/été/"), "/articles/2024/%C3%A9t%C3%A9/"),
        (unicodedata.normalize("NFD", "/articles/2024/été"), "/articles/2024/%C3%A9t%C3%A9/"),
        (
            unicodedata.normalize("NFD", "/articles/2024/été.json"),
            "/articles/2024/%C3%A9t%C3%A9.json",
        ),
        ("/articles/2024/été.json", None),
        ("/vieux/affaire.html", "/articles/2023/affaire/"),
    ],
)
def test_each_page_has_one_address(client: FlaskClient, address: str, target: str | None) -> None:
    answer = client.get(address)
    assert answer.status_code == (301 if target else 200)
    assert answer.headers.get("Location") == target


def test_a_mistake_of_ours_is_noted_and_told_without_its_innards(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(desk.config)
    app.add_url_rule("/bug/", "bug", lambda: 1 // 0)
    answer = app.test_client().get("/bug/")
    assert answer.status_code == 500
    assert "ZeroDivisionError" not in answer.text
    assert "ZeroDivisionError" in caplog.text
    assert answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(("address", "status"), [("/", 500), ("/nulle-part/", 404)])
def test_a_mistake_in_what_every_page_needs_is_told_plainly(
    desk: Desk, caplog: pytest.LogCaptureFixture, address: str, status: int
) -> None:
    app = create_app(desk.config)
    app.context_processor(lambda: {"years": 1 // 0})
    answer = app.test_client().get(address)
    assert answer.status_code == status
    assert answer.text.startswith("<!doctype html>")
    assert "ZeroDivisionError" not in answer.text
    assert "ZeroDivisionError" in caplog.text
    assert answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path", ["/", "/search/", "/static/site.css", "/articles/2024/seul/", "/nulle-part/"]
)
@pytest.mark.parametrize("query", ["q=\xff", "\xff", "q=\xc3\xa9t\xc3\xa9", "page=\xff"])
def test_raw_bytes_in_the_query_are_no_mistake_of_ours(
    desk: Desk, client: FlaskClient, path: str, query: str
) -> None:
    if path == "/search/":
        desk.index()
    answer = client.get(path, environ_overrides={"QUERY_STRING": query})
    is_asked = query.startswith("page") and path in {"/", "/search/"}
    assert answer.status_code == (404 if path == "/nulle-part/" else 400 if is_asked else 200)
    if path == "/search/" and query.endswith("\xa9"):
        assert "/articles/2024/%C3%A9t%C3%A9/" in answer.text


@pytest.mark.parametrize("text", ["!!!", "z", "…", "%FF"])
def test_a_search_without_a_word_that_is_there_finds_nothing(
    desk: Desk, client: FlaskClient, text: str
) -> None:
    desk.index()
    answer = client.get("/search/", query_string={"q": text})
    assert answer.status_code == 200
    assert '<p class="read">Rien' in answer.text
    assert "Un article seul" not in answer.text


def test_a_list_of_updates_is_found_in_any_spelling_of_its_story(desk: Desk) -> None:
    desk.write("2024/procès/index.md", "---\ntitle: Procès\ndate: 2024-01\n---\nA.\n")
    desk.write("2024/procès/2024-01-02.md", "---\ntitle: Premier jour\n---\nB.\n")
    desk.load()
    story = unicodedata.normalize("NFD", "2024/procès")
    assert "Premier jour" in desk.client().get("/search/", query_string={"story": story}).text


@pytest.mark.parametrize(("date", "holder"), [("2999-01", False), ("2024-01", True)])
def test_the_update_of_a_story_that_is_not_shown_is_not_either(
    desk: Desk, date: str, holder: bool
) -> None:
    if holder:  # another entry has the address of the story
        desk.article("2024/b.md", "2020-01-01", title="Autre", status="draft")
        desk.load()
    desk.write("2024/b/index.md", f"---\ntitle: B\ndate: {date}\nid: b\n---\nA.\n")
    desk.write("2024/b/2024-01-02.md", "---\ntitle: Tôt\naliases: [/tot/]\n---\nB.\n")
    desk.load()
    client = desk.client()
    for address in ("2024-01-02/", "2024-01-02.json", "2024-01-02.md", "2024-01-02"):
        assert client.get(f"/articles/2024/b/{address}").status_code == 404, address
    assert client.get("/articles/2024/B/2024-01-02/").status_code == 404
    assert client.get("/tot/").status_code == 404


def test_an_asset_is_shown_with_the_article_whose_folder_holds_it(desk: Desk) -> None:
    soon = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    desk.article("2024/tard/index.md", soon, title="Tard")
    desk.article("2024/ebauche/index.md", "2024-01-01", title="Ébauche", status="draft")
    desk.article("2024/paru/index.md", "2024-01-01", title="Paru")
    shown = ["2024/a.svg", "2024/paru/a.svg", "2024/paru/b/a.svg", "2024/brouillon/a.svg"]
    hidden = ["2024/tard/a.svg", "2024/tard/b/c/a.svg", "2024/ebauche/a.svg", "_drafts/a.svg",
              "2024/_drafts/x/a.svg"]  # fmt: skip
    for path in shown + hidden:
        desk.write(path, SVG)
    desk.load()
    client = desk.client()
    for path in hidden:
        assert client.get(f"/articles/{path}").status_code == 404, path
        assert client.get(f"/{path}").status_code == 404, path
    for path in shown:
        assert client.get(f"/articles/{path}").status_code == 200, path
        assert client.get(f"/{path}").headers["Location"] == f"/articles/{path}"


def open_handles() -> int:
    """How many files this process holds open; 0 where the system does not tell."""
    listing = Path("/proc/self/fd")
    return len(list(listing.iterdir())) if listing.is_dir() else 0


@pytest.mark.parametrize("kind", ["link", "link above", "unreadable", "folder", "fifo", "gone"])
def test_an_asset_that_is_not_what_it_was_is_not_served(desk: Desk, kind: str) -> None:
    file = desk.write("2022/a/b/c.txt", "Un texte.")
    desk.load()
    away = desk.config.articles_dir.parent / "away"
    away.mkdir()
    (away / "c.txt").write_text("Secret.")
    client = desk.client()
    assert client.get("/articles/2022/a/b/c.txt").text == "Un texte."
    file.unlink()
    match kind:
        case "link":
            file.symlink_to(away / "c.txt")
        case "link above":
            file.parent.rmdir()
            file.parent.symlink_to(away)
        case "unreadable":
            file.write_text("Un texte.")
            file.chmod(0)
        case "folder":
            file.mkdir()
        case "fifo":
            os.mkfifo(file)
    assert client.get("/nowhere/").status_code == 404  # its template is read once
    with nobody(desk) if kind == "unreadable" else nullcontext():
        handles = open_handles()
        for _ in range(3):
            assert client.get("/articles/2022/a/b/c.txt").status_code == 404
        assert open_handles() <= handles


def test_an_asset_is_served_whole_in_part_or_not_again(desk: Desk) -> None:
    desk.write("2022/c.txt", "Un texte.")
    desk.load()
    client, address = desk.client(), "/articles/2022/c.txt"
    whole = client.get(address)
    assert (whole.text, whole.content_length) == ("Un texte.", 9)
    assert whole.content_type == "text/plain; charset=utf-8"
    part = client.get(address, headers={"Range": "bytes=3-7"})
    assert (part.status_code, part.text) == (206, "texte")
    assert part.headers["Content-Range"] == "bytes 3-7/9"
    for name, value in (
        ("If-None-Match", whole.headers["ETag"]), ("If-Modified-Since", whole.headers["Last-Modified"])
    ):  # fmt: skip
        assert client.get(address, headers={name: value}).status_code == 304
    head = client.head(address)
    assert (head.status_code, head.data, head.content_length) == (200, b"", 9)
    past = client.get(address, headers={"Range": "bytes=90-"})
    assert past.status_code == 416
    assert past.headers["Content-Range"] == "bytes */9"
    assert "Cette partie n’existe pas" in past.text
    desk.write("2022/c.txt", "Un autre texte.")
    assert client.get(address, headers={"If-None-Match": whole.headers["ETag"]}).status_code == 200


@pytest.mark.parametrize(
    ("written", "image"),
    [
        ("https://cdn.example.net/a.jpg", "https://cdn.example.net/a.jpg"),
        ("//cdn.example.net/a.jpg", "https://cdn.example.net/a.jpg"),
        ("a.svg", "https://example.org/articles/2022/a.svg"),
    ],
)
def test_a_lead_picture_has_one_address(desk: Desk, written: str, image: str) -> None:
    desk.write("2022/a.svg", SVG)
    desk.article("2022/image.md", "2022-01-01", image=written)
    desk.load()
    client = desk.client()
    assert json.loads(client.get("/articles/2022/image.json").data)["image"] == image
    page = client.get("/articles/2022/image/").text
    assert f'<meta property="og:image" content="{image}">' in page
    assert f'"image":"{image}"' in page
    assert f'<img src="{image.removeprefix("https://example.org")}"' in page


def test_a_correction_dated_later_is_nowhere_yet(desk: Desk) -> None:
    soon = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    both = f"\n  - {{date: 2024-01-02, text: Déjà.}}\n  - {{date: '{soon}', text: Bientôt.}}"
    desk.article("2024/c/index.md", "2024-01-01", corrections=both)
    desk.article("2024/c/2024-01-02.md", "2024-01-02", corrections=both)
    desk.load()
    client = desk.client()
    for address in (
        "/corrections/", "/articles/2024/c/", "/articles/2024/c.json", "/articles/2024/c/index.md",
        "/articles/2024/c/2024-01-02/", "/articles/2024/c/2024-01-02.json",
    ):  # fmt: skip
        text = client.get(address).text
        assert "Déjà." in text, address
        assert "Bientôt." not in text, address


def test_the_data_of_a_story_always_lists_its_updates(desk: Desk) -> None:
    desk.article("2024/story.md", "2024-01-01", type="story")
    desk.load()
    client = desk.client()
    assert json.loads(client.get("/articles/2024/story.json").data)["updates"] == []
    assert "updates" not in json.loads(client.get("/articles/2024/seul.json").data)


def test_the_sites_looks_are_kept_for_ever_under_the_name_of_their_content(
    client: FlaskClient,
) -> None:
    (own,) = re.findall(r'href="(/static/site\.[0-9a-f]{12}\.css)"', client.get("/").text)
    kept = client.get(own)
    assert "immutable" in kept.headers["Cache-Control"]
    assert "public" in kept.headers["Cache-Control"]
    plain = client.get("/static/site.css")
    assert plain.data == kept.data
    assert "immutable" not in plain.headers["Cache-Control"]
    assert plain.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get(own, headers={"If-None-Match": kept.headers["ETag"]}).status_code == 304
    for other in ("/static/x/../" + own[8:], "/static/site.000000000000.css", "/static/"):
        assert client.get(other).status_code == 404
    assert client.get("/favicon.ico").status_code == 200


def test_what_is_told_of_the_archive_is_of_one_generation(desk: Desk) -> None:
    app, inside = create_app(desk.config), {}

    @app.after_request
    def note(response: Response) -> Response:
        inside[request.path] = "snapshot" in g
        return response

    client = app.test_client()
    for address in ("/", "/articles/2024/seul/", "/sitemap.xml", "/sitemap-1.xml",
                    "/news-sitemap.xml", "/robots.txt", "/healthz", "/readyz"):  # fmt: skip
        client.get(address)
    assert [address for address in inside if not inside[address]] == [
        "/robots.txt", "/healthz", "/readyz",
    ]  # fmt: skip


@pytest.mark.requirement(11)
def test_what_is_embargoed_or_a_draft_is_nowhere(client: FlaskClient) -> None:
    for address in [*PAGES, *OTHERS]:
        answer = client.get(address).data
        for hidden in (b"Demain", b"Brouillon", b"Secret"):
            assert hidden not in answer, address


def test_a_withdrawn_page_shows_its_notice_and_stays_listed(client: FlaskClient) -> None:
    answer = client.get("/articles/2024/retire/")
    assert answer.status_code == 410
    assert "Une erreur." in answer.text
    assert "Retiré" in client.get("/2024/03/").text


def test_the_data_and_the_source_of_a_withdrawn_page_are_withdrawn_with_it(
    client: FlaskClient,
) -> None:
    answer = client.get("/articles/2024/retire.json")
    assert answer.status_code == 410
    assert answer.content_type == "application/problem+json"
    assert "Une erreur" not in answer.text
    assert client.get("/articles/2024/retire.md").status_code == 410


def test_a_lost_reader_is_shown_entries_near_the_address(desk: Desk, client: FlaskClient) -> None:
    assert client.get("/articles/2023/affaire-altman/").status_code == 404  # nothing is indexed yet
    desk.index()
    assert "/articles/2023/affaire/" in client.get("/articles/2023/affaire-altman/").text


def test_an_entry_as_json_holds_all_there_is_to_say(client: FlaskClient) -> None:
    found = json.loads(client.get("/articles/2023/affaire.json").data)
    assert found["title"] == "L'affaire : le récit"
    assert found["date"] == "2023-11"
    assert found["url"] == "https://example.org/articles/2023/affaire/"
    assert [update["path"] for update in found["updates"]] == [
        "2023/affaire/2023-11-18", "2023/affaire/2023-11-17-2100-depart",
    ]  # fmt: skip
    assert 'href="https://example.org/articles/2023/affaire/2023-11-18/"' in found["content_html"]
    assert found["image"] == "https://example.org/articles/2023/affaire/dessin.svg"


def test_the_source_of_an_entry_is_markdown(client: FlaskClient) -> None:
    source = client.get("/articles/2024/seul.md")
    assert source.content_type == "text/markdown; charset=utf-8"
    assert "Texte[^1]." in source.text


def test_a_drawing_cannot_run_anything(client: FlaskClient) -> None:
    answer = client.get("/articles/2023/affaire/dessin.svg")
    assert answer.content_type.startswith("image/svg+xml")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_closed_story_reads_from_its_beginning_and_can_be_turned(client: FlaskClient) -> None:
    turned = client.get("/articles/2023/affaire/?order=newest").text
    for text, first, second in [
        (client.get("/articles/2023/affaire/").text, "Il part.", "Il revient"),
        (turned, "Il revient", "Il part."),
    ]:
        updates = text[text.index("<main") :]
        assert updates.index(first) < updates.index(second)
    assert '<link rel="canonical" href="https://example.org/articles/2023/affaire/">' in turned


def test_a_long_story_stays_light_and_every_update_keeps_its_place(desk: Desk) -> None:
    desk.write("2022/longue/index.md", "---\ntitle: Longue\ndate: 2022-01-01\n---\nTexte.\n")
    for day in range(1, 29):
        for hour in (8, 20):
            text = f"---\ntitle: Point {day}-{hour}\n---\n" + "Une phrase de plus. " * 60
            desk.write(f"2022/longue/2022-01-{day:02}-{hour:02}00.md", text)
    desk.load()
    answer = desk.client().get("/articles/2022/longue/")
    assert len(answer.data) < 70_000
    assert answer.text.count('<article class="line update') == 56
    last = "/articles/2022/longue/2022-01-01-0800/"
    assert f'<a href="{last}">Point 1-8</a></h3>' in answer.text
    assert "Une phrase de plus." in desk.client().get(last).text


def test_pages_tell_machines_what_they_are(client: FlaskClient) -> None:
    text = client.get("/articles/2023/affaire/").text
    things = [
        json.loads(each)
        for each in re.findall(r'<script type="application/ld\+json">(.*?)</script>', text, re.S)
    ]
    kinds = {thing["@type"]: thing for thing in things}
    story = kinds["LiveBlogPosting"]
    assert story["coverageStartTime"] == "2023-11-17T21:00:00+01:00"
    assert story["coverageEndTime"] == "2023-11-18"
    assert [u["headline"] for u in story["liveBlogUpdate"]] == ["Le retour", "Le départ"]
    assert kinds["BreadcrumbList"]["itemListElement"][0]["name"] == "Essai"
    assert (
        '<meta property="og:image" content="https://example.org/articles/2023/affaire/dessin.svg">'
        in text
    )
    assert (
        '<link rel="alternate" type="application/json" href="/articles/2023/affaire.json"' in text
    )


def test_french_is_set_as_the_french_set_it(client: FlaskClient) -> None:
    text = client.get("/articles/2023/affaire/").text
    assert "L’affaire\u00a0: le récit" in text
    assert "vendredi 17 novembre 2023" in text
    assert "21\u202fh\u202f00" in text


def test_entries_in_another_language_say_so(client: FlaskClient) -> None:
    assert re.search(r'lang="en"', client.get("/articles/2025/corrige/").text)


def test_corrections_are_listed_with_their_entries(client: FlaskClient) -> None:
    text = client.get("/corrections/").text
    assert "Il a dit <em>deux</em>." in text
    assert "/articles/2025/corrige/" in text


def test_sitemaps_hold_every_address_that_can_be_read(client: FlaskClient) -> None:
    space = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    index = ElementTree.fromstring(client.get("/sitemap.xml").data)
    parts = [each.text or "" for each in index.findall("s:sitemap/s:loc", space)]
    assert parts == ["https://example.org/sitemap-1.xml"]
    urls = ElementTree.fromstring(client.get("/sitemap-1.xml").data).findall("s:url/s:loc", space)
    found = [(url.text or "").removeprefix("https://example.org") for url in urls]
    assert sorted(found) == [
        "/articles/2023/affaire/", "/articles/2023/affaire/2023-11-17-2100-depart/",
        "/articles/2023/affaire/2023-11-18/", "/articles/2024/%C3%A9t%C3%A9/",
        "/articles/2024/seul/", "/articles/2025/corrige/",
    ]  # fmt: skip
    for address in found:
        assert client.get(address).status_code == 200


def test_before_anything_is_loaded_pages_say_so_and_come_back(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    empty = Desk(tmp_path_factory.mktemp("empty"))
    answer = empty.client().get("/")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "2"
    assert empty.client().get("/healthz").status_code == 200
    assert empty.client().get("/readyz").status_code == 503
    empty.load()
    assert empty.client().get("/").status_code == 200
    assert empty.client().get("/readyz").status_code == 503  # nobody keeps it up to date


def test_every_link_of_every_page_leads_somewhere(client: FlaskClient) -> None:
    seen: set[str] = set()
    waiting = ["/"]
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        answer = client.get(address)
        assert answer.status_code in {200, 410}, address
        if answer.content_type.startswith("text/html"):
            for found in re.findall(r'(?:href|src)="(/[^"#]*)', answer.text):
                waiting.append(found.replace("&amp;", "&"))
    assert len(seen) > 30
