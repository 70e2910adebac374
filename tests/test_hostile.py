"""What authors write, in whatever place, runs nowhere: pages, feeds, API, search, suggestions."""

import json
import re
from collections.abc import Iterator
from typing import Any

import feedparser
import lxml.html
import pytest
from flask.testing import FlaskClient

from conftest import Desk

#: how a browser may be made to run something, in the ways that are collected of filters' holes
VECTORS = [
    "<script>alert(1)</script>", "<ScRiPt src=//evil.example/x.js></sCrIpT>", "<script/x>alert(1)",
    "<scr<script>ipt>alert(1)</scr</script>ipt>", "<img src=x onerror=alert(1)>",
    "<img/src='x'/onerror='alert(1)'>", "<svg onload=alert(1)>", "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'>x</a></svg>", "<math href='javascript:alert(1)'>x</math>",
    "<body onload=alert(1)>", "<iframe src=javascript:alert(1)>", "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=javascript:alert(1)>", "<embed src=javascript:alert(1)>", "<a href=javascript:alert(1)>x</a>",
    "<a href='jav&#x09;ascript:alert(1)'>x</a>", "<a href=' &#14; javascript:alert(1)'>x</a>",
    "<a href='data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=='>x</a>",
    "<a href='vbscript:msgbox(1)'>x</a>", "<form action=javascript:alert(1)><input type=submit></form>",
    "<button formaction=javascript:alert(1)>x</button>", "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>x</details>", "<video><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)>", "<marquee onstart=alert(1)>x</marquee>",
    "<style>@import 'javascript:alert(1)';</style>", "<div style='background:url(javascript:alert(1))'>x</div>",
    "<link rel=stylesheet href=javascript:alert(1)>", "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<base href='//evil.example/'>", "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--<img src='--><img src=x onerror=alert(1)//'>", "<table background=javascript:alert(1)>",
    "<template><script>alert(1)</script></template>", "<isindex action=javascript:alert(1)>",
    "]]><script>alert(1)</script>", "</title><script>alert(1)</script>", "</textarea><script>alert(1)</script>",
    "\"><script>alert(1)</script>", "' onmouseover='alert(1)", "\" onmouseover=\"alert(1)",
    "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](javascript&colon;alert(1))",
    "![x](javascript:alert(1))", "<javascript:alert(1)>", "[x]: javascript:alert(1)\n\n[x]",
    "[x](https://e.example/\"onmouseover=alert(1) \"t\")", "`</code><script>alert(1)</script>`",
    "```\n</code></pre><script>alert(1)</script>\n```", "{{7*7}}{% raw %}<script>alert(1)</script>{% endraw %}",
    "{{ config }}", "${alert(1)}", "\u2028<script>alert(1)</script>", "＜script＞alert(1)＜/script＞",
]  # fmt: skip
ACTIVE = {"script", "iframe", "object", "embed", "form", "base", "meta", "link", "style", "applet",
          "frame", "frameset", "template", "svg", "math", "button", "input", "isindex"}  # fmt: skip
ADDRESSES = {
    "href",
    "src",
    "action",
    "formaction",
    "data",
    "background",
    "poster",
    "xlink:href",
    "srcset",
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """An article and an update for every vector, which stands wherever an author can write."""
    desk = Desk(tmp_path_factory.mktemp("hostile"))
    desk.write(
        "recit/index.md", f"---\ntitle: {json.dumps(VECTORS[0])}\ndate: 2026-01-01\n---\nx\n"
    )
    for number, vector in enumerate(VECTORS):
        said = json.dumps(vector)
        head = (
            f"title: {json.dumps(f'T{number} {vector}')}\ndate: 2026-10-{number % 28 + 1:02d}\nsummary: {said}\n"
            f"tags: [{said}, commun]\nauthors: [{said}]\nimage: {said}\nimage_alt: {said}\n"
            f"sources: [{{title: {said}, url: {said}, publisher: {said}}}]\n"
            f"corrections: [{{date: 2026-10-30, text: {said}}}]\naliases: [{said}]\nx_{number}: {said}\n"
        )
        desk.write(
            f"a{number}.md", f"---\n{head}---\nmot{number} commun. {vector}\n\n{vector}\n\nFin.\n"
        )
        desk.write(f"recit/2026-10-{number % 28 + 1:02d}-{number:02d}00-u{number}.md"
                   if number < 24 else f"recit/2026-10-01-u{number}.md",
                   f"---\ntitle: {said}\n---\n{vector}\n\nmot{number} commun\n")  # fmt: skip
    desk.load()
    desk.index()
    return desk


@pytest.fixture(scope="module")
def client(desk: Desk) -> FlaskClient:
    return desk.client()


def active(html: str) -> Iterator[str]:
    """What of a piece of HTML would run, load or lead where it should not."""
    for element in lxml.html.fromstring(f"<div>{html}</div>").iter():
        if not isinstance(element.tag, str):
            continue
        if element.tag in ACTIVE and not (
            element.tag == "input" and element.get("type") == "checkbox"
        ):
            yield f"<{element.tag}>"
        for name, value in element.attrib.items():
            address = re.sub(r"[\x00-\x20]", "", str(value)).lower()
            if name.startswith("on") or name in {"style", "srcdoc"}:
                yield f"{name}={value}"
            if name in ADDRESSES and re.match(r"(?:javascript|vbscript|data):", address):
                yield f"{name}={value}"


def active_of_page(html: str) -> Iterator[str]:
    """The same of a page, which has a form, two scripts, links and metadata of its own."""
    page = lxml.html.fromstring(html)
    for script in page.iter("script"):
        if script.get("type") == "application/ld+json":
            json.loads(script.text or "")
        elif not re.fullmatch(r"/static/\w+\.[0-9a-f]+\.js", script.get("src", "")) or script.text:
            yield "script"
    for element in page.iter():
        for name, value in element.attrib.items():
            address = re.sub(r"[\x00-\x20]", "", str(value)).lower()
            if name.startswith("on") or name == "style":
                yield f"{name}={value}"
            if name in ADDRESSES and re.match(r"(?:javascript|vbscript|data):", address):
                yield f"{name}={value}"
    for tag in ("iframe", "object", "embed", "base", "applet", "style", "template", "math"):
        yield from (tag for _ in page.iter(tag))


LISTS = ["/", "/?page=2", "/articles/", "/tags/", "/authors/", "/tags/commun/", "/2026/10/", "/2026/",
         "/corrections/", "/search/?q=commun", "/search/?q=alert", "/feeds/", "/articles/recit/",
         "/nulle-part%3Cscript%3E/", "/search/?q=%3Cscript%3Ealert(1)%3C/script%3E"]  # fmt: skip


@pytest.mark.parametrize("path", LISTS)
def test_no_page_of_a_list_runs_what_an_author_or_a_visitor_wrote(
    client: FlaskClient, path: str
) -> None:
    assert list(active_of_page(client.get(path).text)) == []


@pytest.mark.requirement(8)
@pytest.mark.parametrize("number", range(len(VECTORS)))
def test_no_vector_runs_on_a_page_or_in_a_document(client: FlaskClient, number: int) -> None:
    answer = client.get(f"/articles/a{number}/")
    assert answer.status_code == 200
    assert list(active_of_page(answer.text)) == []
    document = client.get(f"/articles/a{number}.json").json
    assert document["title"]
    assert list(active(document["content_html"])) == []
    found = client.get(f"/api/v1/search?q=mot{number}").json
    (hit, *_) = [each for each in found["hits"] if each["path"] == f"a{number}"]
    assert "".join(piece["text"] for piece in hit["marked_title"]) == hit["title"]


@pytest.mark.requirement(8)
@pytest.mark.parametrize("form", ["rss", "atom"])
@pytest.mark.parametrize(
    "list_", ["/feed", "/tags/commun/feed", "/articles/recit/feed", "/corrections/feed"]
)
def test_no_vector_runs_in_a_feed(client: FlaskClient, list_: str, form: str) -> None:
    seen = 0
    for page in ("", "?page=1"):
        read = feedparser.parse(client.get(f"{list_}.{form}{page}").data, sanitize_html=False)
        assert not read.bozo
        for entry in read.entries:
            seen += 1
            details = [*entry.get("content", []), entry.get("summary_detail")]
            # what says it is plain text is not read as HTML (RFC 4287, 3.1.1.1)
            html = [each.value for each in details if each and each.type != "text/plain"]
            assert [found for text in html for found in active(text)] == []
            assert not re.match(r"(?i)\s*(?:javascript|data|vbscript):", entry.get("link", ""))
    assert seen


@pytest.mark.requirement(8)
def test_no_vector_runs_in_a_json_feed_or_an_export(client: FlaskClient) -> None:
    items: list[dict[str, Any]] = client.get("/feed.json").json["items"]
    export = client.get("/api/v1/export.ndjson?fields=content_html,title").text.split("\n")[:-1]
    texts = [each["content_html"] for each in items]
    texts += [json.loads(line)["content_html"] for line in export]
    assert len(texts) > 2 * len(VECTORS)
    assert [found for text in texts for found in active(text)] == []


@pytest.mark.requirement(8)
@pytest.mark.parametrize("typed", ["ale", "scr", "xsc", "onm"])
def test_suggestions_are_text(client: FlaskClient, typed: str) -> None:
    answer = client.get(f"/search/suggest?q={typed}")
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
