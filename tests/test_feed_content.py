"""What feeds say of each entry: who it is, what it says, and that every format says the same."""

import json
import locale
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from html import unescape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import feedparser
import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from conftest import NOW, ROOT, Desk, needed, unpack
from feedrules import complaints, json_feed_complaints, opml_complaints
from newsarchive.feeds import RENDERERS, Feed, Format
from newsarchive.feeds.feed import FeedEntry
from newsarchive.markup import Place, render, typeset
from newsarchive.query import Query
from newsarchive.sanitise import printable
from newsarchive.syndication import CORRECTIONS, Channel, Composing, channels_of

SITE = "https://example.org"
NAMES = {
    "a": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "media": "http://search.yahoo.com/mrss/",
    "source": "http://source.scripting.com/",
}
RSS = {
    "": "channel/item", "id": "guid/text()", "url": "link/text()", "title": "title/text()",
    "published": "pubDate/text()", "updated": "dcterms:modified/text()",
    "html": "content:encoded/text()", "summary": "description/text()",
    "authors": "dc:creator/text()", "tags": "category/text()", "lang": "dc:language/text()",
    "image": "media:content/@url", "enclosure": "enclosure",
}  # fmt: skip
ATOM = {
    "": "a:entry", "id": "a:id/text()", "url": "a:link[@rel='alternate']/@href",
    "title": "a:title/text()", "published": "a:published/text()", "updated": "a:updated/text()",
    "html": "a:content/text()", "summary": "a:summary/text()",
    "authors": "a:author/a:name/text()", "tags": "a:category/@term", "lang": "@xml:lang",
    "image": "media:content/@url", "enclosure": "a:link[@rel='enclosure']",
}  # fmt: skip
#: a second of Atom is divided among the entries that share it
SECOND = {"microsecond": 0}

each_format = pytest.mark.parametrize("form", list(Format))
each_xml = pytest.mark.parametrize("form", [Format.RSS, Format.ATOM])


def read(document: bytes, form: Format) -> list[dict[str, Any]]:
    """What a feed says of each of its entries, alike for every format."""
    if form is Format.JSON:
        return [from_json(item) for item in json.loads(document)["items"]]
    paths = RSS if form is Format.RSS else ATOM
    items = etree.fromstring(document).xpath(paths[""], namespaces=NAMES)
    return [from_xml(item, paths) for item in items]


def from_xml(item: Any, paths: dict[str, str]) -> dict[str, Any]:
    found = {key: item.xpath(path, namespaces=NAMES) for key, path in paths.items() if key}
    entry = {
        key: values if key in ("authors", "tags") else "".join(values)
        for key, values in found.items()
        if key != "enclosure"
    }
    if paths is RSS:
        entry["summary"] = unescape(entry["summary"])
        entry["published"] = parsedate_to_datetime(entry["published"])
    else:
        entry["published"] = datetime.fromisoformat(entry["published"])
    entry["updated"] = datetime.fromisoformat(entry["updated"]).replace(**SECOND)
    entry["enclosure"] = [
        (each.get("url") or each.get("href"), each.get("type"), int(each.get("length")))
        for each in found["enclosure"]
    ]
    return entry


def from_json(item: dict[str, Any]) -> dict[str, Any]:
    attachments = item.get("attachments", [])
    return {
        "id": item["id"],
        "url": item["url"],
        "title": item["title"],
        "published": datetime.fromisoformat(item["date_published"]).replace(**SECOND),
        "updated": datetime.fromisoformat(item["date_modified"]).replace(**SECOND),
        "html": item.get("content_html", ""),
        "summary": item.get("summary", ""),
        "authors": [author["name"] for author in item.get("authors", [])],
        "tags": item.get("tags", []),
        "lang": item.get("language", ""),
        "image": item.get("image", ""),
        "enclosure": [(a["url"], a["mime_type"], a["size_in_bytes"]) for a in attachments],
    }


def fetched(desk: Desk, form: Format, page: str = "/") -> bytes:
    """The feed of the list at an address."""
    answer = desk.client().get(f"{page}feed.{form}")
    assert answer.status_code == 200, page
    return answer.data


def entries(desk: Desk, form: Format, page: str = "/") -> list[dict[str, Any]]:
    return read(fetched(desk, form, page), form)


def only(desk: Desk, form: Format, page: str = "/") -> dict[str, Any]:
    """The one entry of a feed."""
    (entry,) = entries(desk, form, page)
    return entry


def head(document: bytes, form: Format) -> dict[str, str]:
    """What a feed says of itself, in the words of Atom; JSON Feed knows neither id nor date."""
    if form is Format.JSON:
        feed = json.loads(document)
        return {"lang": feed["language"], "self": feed["feed_url"], "id": "", "updated": ""}
    paths = {
        "lang": "/a:feed/@xml:lang | /rss/channel/language/text()",
        "self": "/*//a:link[@rel='self']/@href",
        "id": "/a:feed/a:id/text()",
        "updated": "/a:feed/a:updated/text() | /rss/channel/lastBuildDate/text()",
    }
    root = etree.fromstring(document)
    return {key: "".join(root.xpath(path, namespaces=NAMES)) for key, path in paths.items()}


def ids(desk: Desk, form: Format, page: str = "/") -> list[str]:
    return [entry["id"] for entry in entries(desk, form, page)]


def channels(desk: Desk) -> Iterable[Channel]:
    """Every list there is."""
    held = desk.archive.every_entry()
    found = (each for entry in held for each in channels_of(entry, desk.config.zone))
    return dict.fromkeys([*found, CORRECTIONS, Channel.of(Query(text="archive", lang="fr"))])


def documents(desk: Desk, found: Iterable[Channel]) -> Iterator[tuple[str, Format, bytes]]:
    """Feeds with their addresses, in every format: the current ones and all of their archives."""
    composing = Composing(desk.archive, NOW)
    for channel in found:
        page = 0
        while composed := composing.feed(channel, page):
            for form in Format:
                yield composed.feed.url(form), form, RENDERERS[form](composed.feed)
            page += 1


def judged(url: str, form: Format, document: bytes) -> list[str]:
    if form is Format.JSON:
        return json_feed_complaints(document)
    return complaints(document, url, now=NOW)


def a_feed(*held: FeedEntry, **more: Any) -> Feed:
    """A feed that no archive made."""
    made: dict[str, Any] = {
        "id": "tag:example.org,2026:feeds/", "title": "Essai", "description": "Essai", "lang": "fr",
        "page_url": f"{SITE}/", "stem": f"{SITE}/feed", "args": {}, "ttl": 60, "updated": NOW,
        "entries": held, "publisher": "Essai", "site_url": f"{SITE}/",
    }  # fmt: skip
    return Feed(**made | more)


def an_entry(**more: Any) -> FeedEntry:
    made: dict[str, Any] = {
        "id": "tag:example.org,2026:a", "url": f"{SITE}/articles/a/", "title": "Un titre",
        "published": NOW, "updated": NOW,
    }  # fmt: skip
    return FeedEntry(**made | more)


def a_story(desk: Desk, **keys: str) -> None:
    """A story with an update by heading and two in files, one of them without a title."""
    desk.article(
        "2023/affaire/index.md", "2023-11", title="L’affaire : le récit", type="story",
        body="Ce qu’on sait.\n\n## 2023-11-19 09:00 : La suite {#suite}\n\n### Points\n\nA[^1].\n\n[^1]: B.",
        **{"tags": "[IA]", "authors": "[Zoé Martin]", **keys},
    )  # fmt: skip
    desk.article("2023/affaire/2023-11-17-2100-depart.md", "2023-11-17 21:00", title="Le départ",
                 body="### Points\n\nIl part[^1], [voir](#points).\n\n[^1]: Le soir.")  # fmt: skip
    desk.write("2023/affaire/2023-11-18.md", "---\nlang: fr\n---\nIl revient.\n")
    desk.load()


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The example archive that the project ships."""
    desk = Desk(tmp_path_factory.mktemp("example"), articles_dir=ROOT / "articles")
    desk.load()
    return desk


# -- 1 to 3: identity --


@each_format
def test_an_id_outlives_file_title_host_and_scheme(desk: Desk, form: Format) -> None:
    """feeds.md 1."""
    desk.article("2023/a.md", id="k3v9", title="Un titre")
    desk.article("2023/b.md", title="Sans id")
    desk.load()
    before = ids(desk, form)
    (desk.config.articles_dir / "2023/a.md").unlink()
    desk.article("2024/été/autre.md", id="k3v9", title="Un autre titre", slug="ailleurs")
    desk.load()
    moved = desk.with_settings(site_url="http://autre.example:8080", title="Autre", language="en")
    moved.load()
    assert before == ids(moved, form)
    assert {entry["url"] for entry in entries(moved, form)} == {
        "http://autre.example:8080/articles/2024/%C3%A9t%C3%A9/autre/",
        "http://autre.example:8080/articles/2023/b/",
    }
    assert "tag:example.org,2026:k3v9" in before
    for page in ("/", "/2023/"):
        first, last = (head(fetched(each, form, page), form) for each in (desk, moved))
        assert first["id"] == last["id"]


@pytest.mark.parametrize("other", ["id: k3v9", 'id: "tag:example.org,2026:k3v9"'])
def test_an_id_stands_once_in_the_archive(desk: Desk, other: str) -> None:
    """feeds.md 2: a duplicate is a loud problem."""
    desk.article("a.md", "2023-11-17", id="k3v9")
    desk.write("b.md", f"---\ntitle: B\ndate: 2023-11-18\n{other}\n---\nB\n")
    summary = desk.load()
    assert summary.problems == 1
    (problem,) = desk.problems()
    assert problem.startswith(("a.md:", "b.md:"))
    assert "k3v9" in problem
    for form in Format:
        assert ids(desk, form) == ["tag:example.org,2026:k3v9"]


def test_an_entry_has_one_id_in_every_format_and_feed(desk: Desk) -> None:
    """feeds.md 3."""
    a_story(desk)
    story, update = "2023/affaire", "2023/affaire/2023-11-17-2100-depart"
    held = {
        story: ["/", "/articles/", "/tags/ia/", "/authors/zoe-martin/", "/2023/", "/2023/11/"],
        update: ["/", "/2023/", "/2023/11/", "/2023/11/17/", "/articles/2023/affaire/"],
    }
    for path, pages in held.items():
        for page in pages:
            for form in Format:
                found = {
                    e["id"] for e in entries(desk, form, page) if e["url"].endswith(f"{path}/")
                }
                assert found == {f"tag:example.org,2026:{path}"}, (page, form)


def test_every_format_says_the_same(example: Desk) -> None:
    """feeds.md 2, 3, 22 to 28: the same ids, addresses, texts, dates, names, pictures, sounds."""
    said: dict[str, list[Any]] = {}
    for url, form, document in documents(example, channels(example)):
        address = url.replace(f"feed.{form}", "feed")
        said.setdefault(address, []).append(read(document, form))
    assert len(said) > 50
    for address, (in_rss, in_atom, in_json) in said.items():
        assert in_rss == in_atom == in_json, address
        assert len({entry["id"] for entry in in_rss}) == len(in_rss), address


@each_xml
def test_a_reader_finds_what_the_document_says(example: Desk, form: Format) -> None:
    """feeds.md 3, 21: as feedparser has it."""
    for _, found, document in documents(example, [Channel.of(Query()), CORRECTIONS]):
        if found is form:
            parsed = feedparser.parse(document, resolve_relative_uris=False, sanitize_html=False)
            assert not parsed.bozo
            wanted = read(document, form)
            assert [e.id for e in parsed.entries] == [e["id"] for e in wanted]
            assert [e.link for e in parsed.entries] == [e["url"] for e in wanted]
            assert [e.content[0].value for e in parsed.entries] == [
                e["html"].strip() for e in wanted
            ]


# -- 4 to 7: change --


@each_format
def test_an_update_is_an_entry_that_names_its_story_and_its_day(desk: Desk, form: Format) -> None:
    """feeds.md 4."""
    a_story(desk)
    found = entries(desk, form, "/articles/2023/affaire/")
    assert [(entry["title"], entry["url"].removeprefix(f"{SITE}/articles/")) for entry in found] == [
        ("La suite · L’affaire\xa0: le récit, 19 novembre 2023", "2023/affaire/2023-11-19-0900-suite/"),
        ("L’affaire\xa0: le récit · samedi 18 novembre 2023", "2023/affaire/2023-11-18/"),
        ("Le départ · L’affaire\xa0: le récit, 17 novembre 2023", "2023/affaire/2023-11-17-2100-depart/"),
    ]  # fmt: skip
    assert len({entry["id"] for entry in found}) == 3
    client = desk.client()
    for entry in found:
        assert client.get(entry["url"].removeprefix(SITE)).status_code == 200


CORRECTION = "{{date: {0}, text: 'Nous avions écrit *{1}* ; c’est **{2}**.'}}"


def corrected(desk: Desk, *corrections: tuple[str, str, str]) -> None:
    desk.article(
        "a.md", "2023-11-17", title="Le pont", id="k3v9",
        corrections="".join(f"\n  - {CORRECTION.format(*each)}" for each in corrections),
    )  # fmt: skip
    desk.load()


@each_format
def test_each_correction_is_an_entry(desk: Desk, form: Format) -> None:
    """feeds.md 5: what was, what is, a link to the page; two may be of one day."""
    corrected(desk, ("2023-11-20", "un", "deux"), ("2023-11-20", "trois", "quatre"))
    found = entries(desk, form, "/corrections/")
    assert len({entry["id"] for entry in found} | {"tag:example.org,2026:k3v9"}) == 3
    for entry, was, now in zip(found, ["un", "trois"], ["deux", "quatre"], strict=True):
        assert "Le pont" in entry["title"]
        assert f"<em>{was}</em>" in entry["html"]
        assert f"<strong>{now}</strong>" in entry["html"]
        assert f'<a href="{SITE}/articles/a/">Le pont</a>' in entry["html"]
        assert f"écrit {was}" in entry["summary"]
        assert entry["summary"].endswith(f"c’est {now}.")
        assert entry["url"].startswith(f"{SITE}/articles/a/#")
        assert entry["published"].date().isoformat() == "2023-11-20"
    (anchor,) = {entry["url"].partition("#")[2] for entry in found}
    assert f'id="{anchor}"' in desk.client().get("/articles/a/").text


@each_format
def test_a_correction_keeps_its_id(desk: Desk, form: Format) -> None:
    """feeds.md 5: when another is added, and when its words change."""
    corrected(desk, ("2023-11-20", "un", "deux"), ("2023-11-20", "trois", "quatre"))
    before = ids(desk, form, "/corrections/")
    corrected(
        desk, ("2023-11-20", "un", "2"), ("2023-11-20", "3", "4"), ("2023-11-20", "5", "6"),
        ("2023-11-21", "sept", "huit"),
    )  # fmt: skip
    after = {entry["html"]: entry["id"] for entry in entries(desk, form, "/corrections/")}
    kept = [next(id for html, id in after.items() if f">{n}</strong>" in html) for n in (2, 4)]
    assert kept == before
    assert len(set(after.values())) == 4


@each_format
def test_a_mended_typo_moves_nothing(desk: Desk, form: Format) -> None:
    """feeds.md 6."""
    for n in range(3):
        desk.article(f"{n}.md", f"2023-11-{10 + n}", body="Une faute.", updated="2023-11-20 10:00")
    desk.load()
    before = entries(desk, form)
    desk.article("0.md", "2023-11-10", body="Sans faute.", updated="2023-11-20 10:00")
    desk.load(NOW + timedelta(days=2))
    after = entries(desk, form)
    assert "Sans faute" in after[2]["html"]
    for entry in (*before, *after):
        del entry["html"], entry["summary"]
    assert before == after


_ALL = """
import sys
from hashlib import sha256
from pathlib import Path
from datetime import timedelta
from conftest import NOW, Desk
from test_feed_content import channels, documents
desk = Desk(Path(sys.argv[1]))
desk.load(NOW - timedelta(days=int(sys.argv[2])))
for url, _, document in documents(desk, channels(desk)):
    print(url, sha256(document).hexdigest())
"""


def test_other_requests_processes_and_checkouts_give_the_same_bytes(tmp_path: Path) -> None:
    """feeds.md 7."""
    told = []
    for number in ("1", "2"):
        desk = Desk(tmp_path / number)
        a_story(desk, sources="\n  - {title: S, url: https://example.com/}")
        for n in sorted(range(34), key=lambda n: n if number == "1" else -n):
            desk.article(f"n/{n}.md", "2020-02-01", tags=f"[T{n % 3}, École]", authors="[B, A]")
        shutil.rmtree(desk.config.data_dir)
        environ = {**os.environ, "PYTHONHASHSEED": number, "PYTHONPATH": str(ROOT / "tests")}
        command = [sys.executable, "-c", _ALL, str(tmp_path / number), number]
        told.append(subprocess.run(command, env=environ, check=True, capture_output=True).stdout)
    assert len(told[0].splitlines()) > 60
    assert told[0].splitlines() == told[1].splitlines()
    client = desk.client()
    for form in Format:
        first = client.get(f"/feed.{form}").data
        assert first == client.get(f"/feed.{form}?utm_source=x").data == fetched(desk, form)


# -- 10: withdrawn --


@each_format
def test_a_withdrawn_article_stays_with_its_notice(desk: Desk, form: Format) -> None:
    """feeds.md 10."""
    for status in ("published", "withdrawn"):
        desk.article(
            "a.md", id="k3v9", status=status, tags="[IA]", summary="Le vieux résumé.",
            image="x.png", sources="[https://example.com/vieux]",
            body="Le texte." if status == "published" else "Retiré : **erreur** sur la personne.",
        )  # fmt: skip
        desk.write("x.png", b"png")
        desk.load()
        found = [only(desk, form, page) for page in ("/", "/articles/", "/tags/ia/", "/2023/11/")]
        assert {entry["id"] for entry in found} == {"tag:example.org,2026:k3v9"}
        withdrawn = status == "withdrawn"
        for entry in found:
            assert ("<strong>erreur</strong> sur la personne" in entry["html"]) is withdrawn
            assert ("x.png" in entry["html"]) is not withdrawn
            assert bool(entry["image"]) is not withdrawn
            assert ("vieux" in entry["html"] + entry["summary"]) is not withdrawn


@pytest.mark.requirement(11)
@each_format
def test_a_draft_is_in_no_feed(desk: Desk, form: Format) -> None:
    """feeds.md 10: and what becomes one leaves them."""
    desk.article("a.md", tags="[IA]")
    desk.article("b.md", tags="[IA]")
    desk.load()
    desk.article("b.md", tags="[IA]", status="draft")
    desk.load()
    for page in ("/", "/articles/", "/tags/ia/", "/2023/"):
        assert ids(desk, form, page) == ["tag:example.org,2026:a"]


# -- 21: what validators say --


def test_validators_have_nothing_to_say_of_the_example(example: Desk) -> None:
    """feeds.md 21: every list, in every format, with its archive."""
    found = [f"{u} {said}" for u, f, d in documents(example, channels(example)) for said in judged(u, f, d)]  # fmt: skip
    # the only full page of an archive has no neighbour to lead to, which RFC 5005 allows
    alone = f"{example.config.site_url}/feed.atom?page=1"
    assert [said for said in found if alone not in said or "ArchiveIncomplete" not in said] == []
    client = example.client()
    for address in ("/feeds.opml", "/feeds/stories.opml"):
        assert opml_complaints(client.get(address).data, now=NOW) == []


def test_the_grammar_of_atom_accepts_the_example(example: Desk, tmp_path: Path) -> None:
    """feeds.md 21."""
    needed(shutil.which("jing") is not None, "Debian's jing: apt-get install jing")
    for number, (_, form, document) in enumerate(documents(example, channels(example))):
        if form is Format.ATOM:
            (tmp_path / f"{number}.atom").write_bytes(document)
    files = sorted(map(str, tmp_path.glob("*.atom")))
    jing = ["jing", "-c", str(ROOT / "tests/grammars/atom.rnc"), *files]
    run = subprocess.run(jing, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (0, "")


@pytest.mark.parametrize("name", ["18f", "canada"])
def test_validators_find_but_the_authors_mistakes_in_real_archives(
    name: str, desk: Desk, shared: Path
) -> None:
    """feeds.md 21."""
    unpack(shared / "corpora" / f"{name}.tar.gz", desk.config.articles_dir)
    site = desk.with_settings(language="en", timezone="America/New_York")
    site.load()
    some = list(channels(site))[::400]
    found = {
        re.sub(r"^line \d+: ", "", said)
        for url, form, document in documents(site, [Channel.of(Query()), *some])
        for said in judged(url, form, document)
    }
    # the authors' descriptions hold entities: "Amanda Weaver&rsquo;s team", "1)&nbsp;il"
    assert found == {"atom:summary ContainsHTML"}


# -- 22: any text --

NASTY = [
    ("]]> <![CDATA[x]]> <!-- x -->", "]]> <![CDATA[x]]> <!-- x -->"),
    ("R&D, AT&T & Cie", "R&D, AT&T & Cie"),
    ("&amp;nbsp; et &amp;lt;b&amp;gt;", "&nbsp; et &lt;b&gt;"),
    ("&lt;b&gt;gras&lt;/b&gt;", "<b>gras</b>"),
    ("a < b, a<b, 1 <2> 3", "a < b, a<b, 1 <2> 3"),
    ("<b>gras</b> et <script>", "gras et <script>"),
    ("😀 👩‍👩‍👧 café", "😀 👩‍👩‍👧 café"),
    ("12\u202f345 \u202eenvers\u202c", "12\u202f345 envers"),
    ("clo\x9d\x7fche", "cloche"),
    ("\"'guillemets'\" \\\\ %s {0}", "\"'guillemets'\" \\\\ %s {0}"),
]


@pytest.mark.requirement(9)
@each_format
@pytest.mark.parametrize(("written", "plain"), NASTY)
def test_any_text_is_escaped_once(desk: Desk, form: Format, written: str, plain: str) -> None:
    """feeds.md 22: in titles, summaries, names and bodies."""
    said = json.dumps(written, ensure_ascii="😀" not in written)  # YAML has no pairs of surrogates
    desk.write("a.md", f"---\ntitle: {said}\ndate: 2023-11-17\nlang: en\nsummary: {said}\n"
               f"tags: [{said}]\nauthors: [{said}]\n---\n`{written}`\n\n{written}\n")  # fmt: skip
    desk.article("b.md", body="Une \a cloche")  # which no XML may hold
    desk.load()
    entry = only(desk, form)
    assert entry["title"] == typeset(plain, "en")
    assert [re.sub("[\u202c\u202e]", "", each) for each in entry["authors"]] == [plain]
    assert entry["authors"] == entry["tags"]
    shown = re.sub("[\x7f-\x9f]", "", written)  # controls, which the W3C's validator warns of
    assert entry["summary"] == typeset(shown, "en")
    assert lxml.html.fromstring(entry["html"]).xpath("string(//code[1])") == shown


@each_xml
@pytest.mark.parametrize("title", ["Titre", "Titre {}"])
@pytest.mark.parametrize("sign", ["a<b", "R&D", "]]>"])
def test_a_sign_of_markup_troubles_no_validator(
    desk: Desk, form: Format, sign: str, title: str
) -> None:
    """feeds.md 21, 22: wherever it stands; the validator overlooks much beside a title's &#x."""
    title = title.format(sign)
    desk.write("s/x.png", b"png")
    desk.article("s/index.md", title=title, type="story", summary=f'"Le {sign}"')
    desk.article("s/2023-11-18.md", "2023-11-18", title, summary=f'"Le {sign}"',
                 tags=f'["{sign}"]', authors=f'["{sign}"]', image="x.png", image_alt=f'"{sign}"',
                 corrections=f'\n  - {{date: 2023-11-19, text: "{sign}"}}')  # fmt: skip
    desk.load()
    site = desk.with_settings(description=f"Un essai {sign}")
    found = {
        re.sub(r"^line \d+: ", "", said)
        for url, each, document in documents(site, channels(site))
        for said in (judged(url, each, document) if each is form else ())
    }
    assert found == set()


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(
    lambda text: printable(text).strip()
)


@given(TEXT, TEXT)
@settings(max_examples=100, deadline=None)
def test_whatever_is_written_can_be_read_back(title: str, body: str) -> None:
    """feeds.md 22."""
    place = Place("/articles/a/", "/articles/", "fr", "a--")
    title, html = printable(title), render(body, place).absolute(SITE)
    made = an_entry(
        title=title, html=html, summary=title, markdown=printable(body), authors=(title,),
        tags=(title,),
    )  # fmt: skip
    for form in Format:
        (entry,) = read(RENDERERS[form](a_feed(made, title=title, description=title)), form)
        assert entry["title"] == title
        assert entry["html"] == html
        assert entry["authors"] == entry["tags"] == [title]


# -- 23 to 25: what a text shows --

HOSTILE = """\
## Un titre

[Lien](voisin.md) [ancre](#un-titre) [racine](/tags/) [haut](../autre.md#x) [dehors](//cdn.example/x)
![Une image](photo%20d’été.png) <img src="b.png" srcset="c.png 2x" onerror="x()"> Note[^1].

| a | b |
|:-:|--:|
| 1 | 2 |

- [x] fait

<div onclick="x()" style="color: red">d</div><td style="color: red">
<table><tr><td style="color: red" onmouseover="x()">cellule</td></tr></table>
<blockquote cite="voisin.md"><video src="film.mp4" poster="b.png" autoplay></video></blockquote>
<script>mal()</script><style>*{}</style><iframe src="x"></iframe><object data="x"></object>
<form action="/x"><input name="y"><button>z</button></form><a href="javascript:mal()">x</a>
<base href="https://mal.example/"><meta http-equiv="refresh" content="0"><svg onload="x()"></svg>

[^1]: Une note.
"""
UNSAFE = "script style iframe object embed form input button select textarea base meta link svg"


@each_format
@pytest.mark.parametrize("switch", [True, False])
def test_a_text_is_safe_and_its_addresses_are_absolute(
    desk: Desk, form: Format, switch: bool
) -> None:
    """feeds.md 23."""
    desk.article("été à la mer/a.md", body=HOSTILE, corrections="\n  - {date: 2023-11-18, text: '[a](b.md)'}")  # fmt: skip
    desk.load()
    site = desk.with_settings(feed_full_text=switch)
    for page in ("/", "/corrections/"):
        entry = only(site, form, page)
        root = lxml.html.fromstring(f"<div>{entry['html']}{entry['summary']}</div>")
        assert not [each.tag for each in root.iter() if each.tag in UNSAFE.split()]
        attributes = {(key, value) for each in root.iter() for key, value in each.attrib.items()}
        assert not {key for key, _ in attributes if key.startswith("on") or key == "style"}
        addresses = {v for k, v in attributes if k in ("href", "src", "cite", "poster", "srcset")}
        assert all(re.match(r"https?://[^/]+/", each) for each in addresses), addresses
        assert not judged(f"{SITE}{page}feed.{form}", form, fetched(site, form, page))
    if switch:
        folder = f"{SITE}/articles/%C3%A9t%C3%A9%20%C3%A0%20la%20mer"
        found = set(re.findall(r'(?:href|src)="([^"]+)"', only(site, form)["html"]))
        assert {
            f"{folder}/voisin/", f"{folder}/a/#a--un-titre", f"{SITE}/tags/", "https://cdn.example/x",
            f"{SITE}/articles/autre/#x", f"{folder}/photo%20d%E2%80%99%C3%A9t%C3%A9.png",
        } <= found  # fmt: skip


@each_format
def test_the_anchors_of_two_updates_do_not_clash(desk: Desk, form: Format) -> None:
    """feeds.md 23: and point at the page of their own."""
    a_story(desk)
    anchors: Counter[str] = Counter()
    for entry in entries(desk, form, "/articles/2023/affaire/"):
        own = re.findall(r' id="([^"]+)"', entry["html"])
        anchors.update(own)
        targets = re.findall(r'href="([^"]*)#([^"]*)"', entry["html"])
        assert {page for page, _ in targets} <= {entry["url"]}
        assert {anchor for _, anchor in targets} <= set(own)
        shown = desk.client().get(entry["url"].removeprefix(SITE)).text
        assert all(f'id="{anchor}"' in shown for anchor in own)
    assert len(anchors) == 6
    assert set(anchors.values()) == {1}


@each_format
def test_a_feed_gives_the_whole_text_or_summaries(desk: Desk, form: Format) -> None:
    """feeds.md 24: one switch."""
    body = "Le début.\n\n![Un chat](chat.png)\n\n" + "Encore. " * 200 + "\n\nLa fin."
    desk.article("a.md", body=body, sources="[{title: Une source, url: https://example.com/}]")
    desk.article("b.md", summary="En bref.", body=body)
    desk.article("c.md", body="![Un chat](chat.png)")  # no words for a summary
    desk.write("chat.png", b"png")
    desk.load()
    whole = entries(desk, form)
    assert all("Le début." in e["html"] and "La fin." in e["html"] for e in whole[:2])
    assert all(f'<img src="{SITE}/articles/chat.png" alt="Un chat">' in e["html"] for e in whole)
    assert 'href="https://example.com/"' in whole[0]["html"]
    short = desk.with_settings(feed_full_text=False)
    assert [e["html"] for e in entries(short, form)] == ["", "", ""]
    assert [e["summary"] for e in entries(short, form)[:2]] == ["Le début.", "En bref."]
    assert "La fin" not in fetched(short, form).decode()
    assert judged(f"{SITE}/feed.{form}", form, fetched(short, form)) == []


@each_format
@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("photo.png", f"{SITE}/articles/2023/photo.png"),
        ("../l'été.png", f"{SITE}/articles/l'%C3%A9t%C3%A9.png"),
        ("https://cdn.example/x.png?a=1&b=2", "https://cdn.example/x.png?a=1&b=2"),
        ("https://cdn.example/été.png", "https://cdn.example/%C3%A9t%C3%A9.png"),
    ],
)
def test_the_lead_picture_is_named_and_shown_once(
    desk: Desk, form: Format, written: str, address: str
) -> None:
    """feeds.md 24: whether or not the text shows it too."""
    desk.write("2023/photo.png", b"png")
    desk.write("l'été.png", b"png")
    more = {"image": f'"{written}"', "image_alt": '"Un \\"pont\\" & l’eau"'}
    desk.article("2023/a.md", **more)
    desk.article("2023/b.md", body=f"Voici.\n\n![Un pont]({written})", **more)
    desk.load()
    assert desk.problems() == []
    for entry in entries(desk, form):
        assert entry["image"].replace("%27", "'") == address
        shown = lxml.html.fromstring(f"<div>{entry['html']}</div>").findall(".//img")
        assert [each.get("src").replace("%27", "'") for each in shown] == [address]
        assert "pont" in shown[0].get("alt")
    assert judged(f"{SITE}/feed.{form}", form, fetched(desk, form)) == []


@each_format
def test_a_picture_that_is_not_there_is_nowhere(desk: Desk, form: Format) -> None:
    """feeds.md 24."""
    desk.article("a.md", image="absente.png", image_alt="Un pont")
    desk.load()
    assert only(desk, form)["image"] == ""
    assert b"absente.png" not in fetched(desk, form)


@each_format
@pytest.mark.parametrize("name", ["son.mp3", "R&D.mp3", "l'entretien d’été.mp3", "a%20b.mp3"])
def test_a_sound_beside_the_text_is_enclosed(desk: Desk, form: Format, name: str) -> None:
    """feeds.md 25: one, with its true length and type; in Atom after the entry's page."""
    desk.write(f"2023/{name}", b"m" * 1234)
    desk.write("2023/autre.ogg", b"o" * 99)
    written = name.replace("%", "%25").replace("&", "&amp;")
    desk.article("2023/a.md", body=f'Texte.\n\n<audio src="{written}"></audio>\n\n<video><source src="autre.ogg"></video>')  # fmt: skip
    desk.load()
    ((url, media_type, size),) = only(desk, form)["enclosure"]
    assert (media_type, size) == ("audio/mpeg", 1234)
    if form is Format.ATOM:
        links = etree.fromstring(fetched(desk, form)).xpath("//a:entry/a:link", namespaces=NAMES)
        assert [link.get("rel") for link in links] == ["alternate", "enclosure"]
    served = desk.client().get(url.removeprefix(SITE))
    assert (served.status_code, len(served.data)) == (200, 1234)
    assert judged(f"{SITE}/feed.{form}", form, fetched(desk, form)) == []


@each_format
def test_only_sounds_that_are_there_are_enclosed(desk: Desk, form: Format) -> None:
    """feeds.md 25."""
    desk.write("page.txt", b"t")
    desk.article("a.md", body='<audio src="absent.mp3"></audio>\n\n`<audio src="page.txt">`')
    desk.article("b.md", body='<audio src="https://example.com/son.mp3"></audio>')
    desk.load()
    assert [entry["enclosure"] for entry in entries(desk, form)] == [[], []]


# -- 26 to 28: dates, order, names --

DATES = {
    "2023-11-17 21:00": datetime(2023, 11, 17, 20, tzinfo=UTC),
    "2023-11-17T21:00:30-05:30": datetime(2023, 11, 18, 2, 30, 30, tzinfo=UTC),
    "2023-11": datetime(2023, 10, 31, 23, tzinfo=UTC),
    "2023": datetime(2022, 12, 31, 23, tzinfo=UTC),
    "0800-12-25": datetime(800, 12, 25, tzinfo=UTC),
    "0001-01-01": datetime(1, 1, 1, tzinfo=UTC),
}


@each_format
@pytest.mark.parametrize("date", DATES)
def test_every_entry_has_both_dates(desk: Desk, form: Format, date: str) -> None:
    """feeds.md 26: updated never before published, whatever the author wrote."""
    desk.article("a.md", date, updated="2023-12-01")
    desk.article("b.md", date, updated="0001-01-02")
    desk.article("c.md", date)
    desk.load()
    for entry in entries(desk, form):
        if form is Format.RSS and date < "0050":
            continue  # RFC 822 has years of two digits, and its readers take these for them
        assert abs(entry["published"] - DATES[date]) < timedelta(minutes=10)
        assert entry["updated"] >= entry["published"]


ZONES = {
    "Africa/Monrovia": "1950-01-01", "Europe/Amsterdam": "1930-06-01 10:00",
    "Asia/Kolkata": "1900-01-01", "America/St_Johns": "1930-01-01",
}  # fmt: skip


@each_format
@pytest.mark.parametrize("zone", ZONES)
def test_times_of_old_zones_are_told_to_the_minute(desk: Desk, form: Format, zone: str) -> None:
    """feeds.md 26: their offsets have seconds, which no format can write."""
    site = desk.with_settings(timezone=zone)
    site.article("a.md", ZONES[zone])
    site.load()
    wanted = datetime.fromisoformat(ZONES[zone]).replace(tzinfo=ZoneInfo(zone))
    entry, document = only(site, form), fetched(site, form)
    assert abs(entry["published"].astimezone(UTC) - wanted.astimezone(UTC)) < timedelta(minutes=1)
    assert entry["updated"] == entry["published"]
    said = {each.rpartition(" ")[2] for each in judged(f"{SITE}/feed.{form}", form, document)}
    assert said <= {"ImplausibleDate"}


def test_dates_are_english_and_the_locale_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """feeds.md 26: feedgen sets it for the whole process, under every thread."""
    at = datetime(2023, 2, 3, 4, 5, 6, tzinfo=ZoneInfo("Europe/Paris"))
    before, set_to = locale.setlocale(locale.LC_ALL), []
    try:
        with suppress(locale.Error):
            locale.setlocale(locale.LC_ALL, "fr_FR.UTF-8")
        with monkeypatch.context() as patch:
            patch.setattr(locale, "setlocale", lambda *args: set_to.append(args))
            document = RENDERERS[Format.RSS](a_feed(an_entry(published=at, updated=at)))
    finally:
        locale.setlocale(locale.LC_ALL, before)
    assert set_to == []
    assert b"<pubDate>Fri, 03 Feb 2023 04:05:06 +0100</pubDate>" in document


@each_format
def test_the_newest_stands_first_and_ties_go_by_id(desk: Desk, form: Format) -> None:
    """feeds.md 27: and the feed is as new as its newest entry."""
    for id, date in {
        "b": "2023-11-17 12:00", "a": "2023-11-17T12:00+01:00", "c": "2023-11-17T11:00Z",
        "z": "2023-11-17T13:00+05:00", "n": "2023-11-17T07:00-05:00", "m": "2023-11",
    }.items():  # fmt: skip
        desk.article(f"x/{id}{id}.md", date, id=id)
    desk.load()
    found = [each.rpartition(":")[2] for each in ids(desk, form)]
    assert found == ["n", "a", "b", "c", "z", "m"]
    assert entries(desk, form)[0]["updated"] == datetime(2023, 11, 17, 12, tzinfo=UTC)
    updated = {"rss": "Fri, 17 Nov 2023 07:00:00 -0500", "atom": "2023-11-17T07:00:00-05:00"}
    assert head(fetched(desk, form), form)["updated"] == updated.get(form, "")


@each_format
def test_a_language_is_told_where_it_differs(desk: Desk, form: Format) -> None:
    """feeds.md 28."""
    a_story(desk, lang="en-GB")
    desk.article("b.md", "2024-01-01")
    desk.article("c.md", "2024-01-02", lang="en")
    desk.load()
    assert head(fetched(desk, form), form)["lang"] == "fr"
    assert [entry["lang"] for entry in entries(desk, form)][:2] == ["en", ""]
    story = "/articles/2023/affaire/"
    assert head(fetched(desk, form, story), form)["lang"] == "en-GB"
    assert [entry["lang"] for entry in entries(desk, form, story)] == ["", "fr", ""]


@each_format
def test_authors_have_no_address_and_tags_are_spelt_alike(desk: Desk, form: Format) -> None:
    """feeds.md 28."""
    desk.article("a.md", authors="[Zoé Martin, 'Jean d’Ormes']", tags="[École, l’IA & nous, 🎉]")
    desk.article("b.md")
    desk.load()
    named, unnamed = entries(desk, form)
    assert (named["authors"], named["tags"]) == (
        ["Zoé Martin", "Jean d’Ormes"],
        ["École", "l’IA & nous", "🎉"],
    )
    assert (unnamed["authors"], unnamed["tags"]) == ([], [])
    document = fetched(desk, form).decode()
    assert not re.search(r"<author>[^<]|<email|\w@\w", document)


ADDRESSES = [
    "/feed.{}", "/articles/feed.{}", "/tags/ia/feed.{}", "/tags/%F0%9F%8E%89/feed.{}",
    "/authors/zoe-martin/feed.{}", "/2023/11/17/feed.{}", "/corrections/feed.{}",
    "/articles/2023/l%E2%80%99%C3%A9t%C3%A9%20:%20d%C3%A9j%C3%A0/feed.{}",
    "/search/feed.{}?q=%C3%A9cole+co&tag=ia",
]  # fmt: skip


@each_format
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_feed_names_the_address_requested(desk: Desk, form: Format, address: str) -> None:
    """feeds.md 28."""
    desk.article("2023/l’été : déjà/index.md", title="École & co", type="story", tags="[IA, 🎉]",
                 authors="[Zoé Martin]")  # fmt: skip
    desk.load()
    desk.index()
    asked = address.format(form)
    answer = desk.client().get(asked)
    assert answer.status_code == 200
    assert head(answer.data, form)["self"] == SITE + asked
    assert judged(SITE + asked, form, answer.data) == []


# -- 37: Markdown --


@each_format
def test_markdown_is_given_where_it_is_wanted(desk: Desk, form: Format) -> None:
    """feeds.md 37: off by default, and then not so much as named."""
    body = "Du *texte*, [lié](b.md) & <b>fort</b> ]]>."
    desk.article("a.md", body=body)
    desk.load()
    assert NAMES["source"] not in fetched(desk, form).decode()
    assert body not in fetched(desk, form).decode()
    document = fetched(desk.with_settings(feed_markdown=True), form)
    if form is not Format.JSON:
        found = etree.fromstring(document).findall(".//source:markdown", NAMES)
        assert [each.text for each in found] == [body]
