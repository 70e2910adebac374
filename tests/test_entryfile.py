"""The text of one file ⇄ its entries, or what is wrong with it."""

import json
import re
import time
from collections import Counter
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from conftest import unpack
from newsarchive import dates
from newsarchive.entry import (
    Correction,
    Coverage,
    Entry,
    Image,
    Kind,
    Moment,
    Precision,
    Severity,
    Source,
    Status,
)
from newsarchive.entryfile import (
    Parsed,
    Role,
    Site,
    begins_with_date,
    new_article,
    new_update,
    parse,
    with_ids,
)

PARIS = ZoneInfo("Europe/Paris")
SITE = Site(PARIS, "fr", "example.org,2026")
ARTICLE = Role()
PROBLEMS = Path(__file__).parent / "problems"


def read(text: str | bytes, file: str = "2023/x.md", role: Role = ARTICLE) -> Parsed:
    return parse(file, text if isinstance(text, bytes) else text.encode(), SITE, role)


def only(text: str | bytes, file: str = "2023/x.md", role: Role = ARTICLE) -> Entry:
    parsed = read(text, file, role)
    assert not parsed.problems, parsed.problems
    assert len(parsed.entries) == 1
    return parsed.entries[0]


def with_key(lines: str, **more: str) -> Entry:
    return only(f"---\ntitle: T\ndate: 2023-11-17\n{lines}\n---\nCorps.\n", **more)


def said(text: str | bytes, file: str = "2023/x.md", role: Role = ARTICLE) -> list[str]:
    return [f"{p.line}: {p.severity}: {p.message}" for p in read(text, file, role).problems]


def moment(text: str) -> Moment:
    return dates.parse(text, PARIS)


# What the keys say


def test_an_article_is_read_whole() -> None:
    text = """---
title: "Élection : jour J"
date: 2023-11-17 21:00
updated: 2023-11-18
authors: [Ada Lovelace, Eve]
tags: [vote, Paris]
summary: Ce que
  l'on sait.
lang: fr-CA
id: urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66
status: published
coverage: closed
image: photo.jpg
image_alt: Une urne
sources:
  - {title: Le Monde, url: "https://lemonde.fr/x", publisher: SA, date: 2023-11-17}
  - https://example.org/y
  - Un témoin
corrections:
  - {date: 2023-11-19, text: "Le *bon* chiffre est 12."}
aliases: [/ancien/]
rang: 3
---

Le texte.
"""
    assert only(text) == Entry(
        id="urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66",
        path="2023/x",
        kind=Kind.ARTICLE,
        title="Élection : jour J",
        published=Moment(datetime(2023, 11, 17, 21, 0, tzinfo=PARIS), Precision.MINUTE),
        updated=Moment(datetime(2023, 11, 18, tzinfo=PARIS), Precision.DAY),
        lang="fr-CA",
        summary="Ce que l'on sait.",
        authors=("Ada Lovelace", "Eve"),
        tags=("vote", "Paris"),
        coverage=Coverage.CLOSED,
        image=Image("photo.jpg", "Une urne"),
        sources=(
            Source("Le Monde", "https://lemonde.fr/x", "SA", "2023-11-17"),
            Source("https://example.org/y", "https://example.org/y"),
            Source("Un témoin"),
        ),
        corrections=(Correction(moment("2023-11-19"), "Le *bon* chiffre est 12."),),
        aliases=("/ancien/",),
        has_own_id=True,
        extra={"rang": "3"},
        file="2023/x.md",
        line=25,
        body="Le texte.",
    )
    assert read(text).unknown == (("rang", 22),)


def test_a_file_says_as_little_as_a_title_and_a_date() -> None:
    entry = only("---\ntitle: T\ndate: 2023-11-17\n---\n")
    assert entry == Entry(
        id="tag:example.org,2026:2023/x",
        path="2023/x",
        kind=Kind.ARTICLE,
        title="T",
        published=moment("2023-11-17"),
        updated=moment("2023-11-17"),
        lang="fr",
        file="2023/x.md",
        line=5,
    )


@pytest.mark.parametrize(
    "head",
    [
        '---\ntitle: "T : u"\ndate: 2023-11-17\ntags: [a, b]\ndraft: true\n---\n',
        '+++\ntitle = "T : u"\ndate = 2023-11-17\ndraft = true\n[taxonomies]\ntags = ["a", "b"]\n+++\n',
        '{"title": "T : u", "date": "2023-11-17", "tags": ["a", "b"], "draft": true}\n',
        "Title: T : u\nDate: 2023-11-17\nTags: a, b\nStatus: draft\n",
        "<!--\n.. title: T : u\n.. slug: x\n.. date: 2023-11-17\n.. tags: a, b\n.. status: draft\n-->\n",
        ".. title: T : u\n.. date: 2023-11-17\n.. tags: a,b\n.. status: private\n.. link:\n",
    ],
    ids=["YAML", "TOML", "JSON", "Pelican", "Nikola", "Nikola without comment"],
)
def test_every_form_of_head_gives_the_same_entry(head: str) -> None:
    entry = only(f"{head}\nCorps.\n")
    wanted = only("---\ntitle: T : u\ndate: 2023-11-17\n---\nCorps.".replace("T : u", '"T : u"'))
    wanted = replace(wanted, tags=("a", "b"), status=Status.DRAFT)
    extra = {"link": None} if ".. link" in head else {}
    assert replace(entry, line=5) == replace(wanted, extra=extra)


@pytest.mark.parametrize(
    ("field", "lines", "value"),
    [
        *(
            ("published", f"{key}: 2023-11-18", moment("2023-11-18"))
            for key in ("date", "published", "pubdate")
        ),
        *(
            ("updated", f"{key}: 2023-11-18", moment("2023-11-18"))
            for key in ("updated", "lastmod", "modified", "last_modified_at", "last-modified-at")
        ),
        *(("authors", f"{key}: [A, B]", ("A", "B")) for key in ("authors", "author", "Author")),
        *(
            ("tags", f"{key}: [a, b]", ("a", "b"))
            for key in ("tags", "categories", "keywords", "category")
        ),
        *(("summary", f"{key}: Un.", "Un.") for key in ("summary", "description", "excerpt")),
        *(("lang", f"{key}: es_PR", "es-PR") for key in ("lang", "language", "locale")),
        *(("id", f"{key}: 'urn:x:1'", "urn:x:1") for key in ("id", "guid")),
        *(
            ("image", f"{key}: a.jpg", Image("a.jpg"))
            for key in ("image", "cover", "featured_image")
        ),
        *(
            ("image", f"image: a.jpg\n{key}: Alt", Image("a.jpg", "Alt"))
            for key in ("image_alt", "image-alt", "image_caption")
        ),
        *(
            ("aliases", f"{key}: /a/", ("/a/",))
            for key in ("aliases", "redirect_from", "permalink", "url")
        ),
    ],
)
def test_a_key_is_read_by_every_spelling(field: str, lines: str, value: object) -> None:
    title = "" if field == "published" else "date: 2023-11-17\n"
    entry = only(f"---\ntitle: T\n{title}{lines}\n---\nCorps.\n")
    assert getattr(entry, field) == value


@pytest.mark.parametrize(
    ("lines", "value"),
    [
        ("authors: Emma Wootton, John Kenney et Jeana Frost", ("Emma Wootton, John Kenney et Jeana Frost",)),
        ("author: {name: Ada, email: a@example.org}", ("Ada",)),
        ("authors:\n  - name: Ada\n  - Eve\n  - Eve", ("Ada", "Eve")),
        ("authors:\nauthor: Eve", ("Eve",)),
        ("authors: ''", ()),
    ],
)  # fmt: skip
def test_authors_are_a_list_or_one_text_that_no_comma_splits(
    lines: str, value: tuple[str, ...]
) -> None:
    assert with_key(lines).authors == value


@pytest.mark.parametrize(
    ("lines", "value"),
    [
        ("tags: a, b ,, c", ("a", "b", "c")),
        ('tags: ["a, b", c]', ("a, b", "c")),
        ("tags: [2024, no, 1.0]", ("2024", "no", "1.0")),
        ("tags: [a, A, b]\ncategories: [B, c]\nkeywords: c, d", ("a", "b", "c", "d")),
        ("tags: [' a\n   b ']", ("a b",)),
        ("tags: []", ()),
    ],
)
def test_tags_are_merged_without_repeats(lines: str, value: tuple[str, ...]) -> None:
    assert with_key(lines).tags == value


def test_tags_that_are_no_texts_are_named_and_left_out() -> None:
    parsed = read("---\ntitle: T\ndate: 2023\ntags: [a, ~, {b: c}, [d], '']\n---\n")
    assert parsed.entries[0].tags == ("a",)
    assert [problem.severity for problem in parsed.problems] == [Severity.WARNING] * 4


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ("status: draft", Status.DRAFT),
        ("status: Withdrawn", Status.WITHDRAWN),
        ("status: hidden", Status.DRAFT),
        ("draft: true", Status.DRAFT),
        ("draft: Yes", Status.DRAFT),
        ('draft: "on"', Status.DRAFT),
        ("draft: no", Status.PUBLISHED),
        ("draft:", Status.PUBLISHED),
        ("status: published\ndraft: true", Status.DRAFT),
        ("published: false", Status.DRAFT),
        ("published: true", Status.PUBLISHED),
        ("published: 2023-11-18", Status.PUBLISHED),
    ],
)
def test_an_entry_is_published_unless_it_says_otherwise(lines: str, status: Status) -> None:
    assert with_key(lines).status is status


def test_what_lies_in_a_drafts_folder_is_a_draft() -> None:
    assert with_key("", file="a/_drafts/x.md").status is Status.DRAFT


@pytest.mark.parametrize(
    ("lines", "image"),
    [
        ("image: {url: a.jpg, alt: A}", Image("a.jpg", "A")),
        ("image: {src: a.jpg, caption: A}", Image("a.jpg", "A")),
        ("image: {path: a.jpg}\nimage-alt: A", Image("a.jpg", "A")),
        ("cover: {image: a.jpg, alt: ''}", Image("a.jpg")),
        ("image: [a.jpg, b.jpg]", Image("a.jpg")),
        ("image: HTTPS://x.example/a.jpg", Image("HTTPS://x.example/a.jpg")),
        ("image: /assets/a b.jpg", Image("/assets/a b.jpg")),
        ("image:", None),
        ("image: false", None),
    ],
)
def test_an_image_is_an_address_or_a_map(lines: str, image: Image | None) -> None:
    assert with_key(lines).image == image


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "JavaScript:alert(1)", "data:image/png;base64,x", "C:\\a.jpg"]
)
def test_addresses_that_are_not_of_the_web_are_refused(address: str) -> None:
    for lines in (f"image: '{address}'", f"sources: [{{title: T, url: '{address}'}}]"):
        text = f"---\ntitle: T\ndate: 2023\n{lines}\n---\n"
        assert said(text)[0].startswith("4: error: ")
        assert not read(text).entries


@pytest.mark.parametrize(
    ("lines", "aliases"),
    [
        ("aliases: [/a/, b, /a/]", ("/a/", "/b")),
        ("aliases: https://old.example/2019/a%20b/?p=1#c", ("/2019/a b/",)),
        ("permalink: /:year/:title/", ()),
        ("permalink: pretty", ()),
        ("permalink: false", ()),
        ("url: /", ()),
        ("url: //evil.example/a", ("/a",)),
        ("aliases:\nredirect_from: /a/\nurl: /b/", ("/a/", "/b/")),
        ("aliases: /articles/2023/x/", ()),
        ("slug: x", ()),
        ("slug: Autre-Nom", ("/articles/2023/Autre-Nom/",)),
        ("slug: ''", ()),
    ],
)
def test_old_addresses_are_paths_of_this_site(lines: str, aliases: tuple[str, ...]) -> None:
    assert with_key(lines).aliases == aliases


@pytest.mark.parametrize(
    "alias", ["/a/../b", "/%2e%2e/b", "javascript:x", "/a\\b", "http://[", "/%00"]
)
def test_old_addresses_that_leave_the_site_are_refused(alias: str) -> None:
    assert said(f"---\ntitle: T\ndate: 2023\naliases: ['{alias}']\n---\n")[0].startswith("4: error")


@pytest.mark.parametrize("slug", ["a/b", "..", ".", "a\\b", "a..b", "[a]"])
def test_a_slug_that_is_no_last_part_of_an_address_is_refused(slug: str) -> None:
    assert said(f"---\ntitle: T\ndate: 2023\nslug: {slug}\n---\n")[0].startswith("4: error: slug")


@pytest.mark.parametrize(
    ("written", "id"),
    [
        ("id: 2023-abc", "tag:example.org,2026:2023-abc"),
        ("id: 0xff", "tag:example.org,2026:0xff"),
        ("id: 'tag:old.example,2019:/x'", "tag:old.example,2019:/x"),
        ("guid: https://old.example/?p=12", "https://old.example/?p=12"),
        ("id: un texte", "tag:example.org,2026:un%20texte"),
    ],
)
def test_an_id_stays_what_it_was(written: str, id: str) -> None:
    entry = with_key(written)
    assert (entry.id, entry.has_own_id) == (id, True)


def test_an_id_is_a_scalar_of_a_bounded_length() -> None:
    assert with_key("id: " + "f" * 8192).has_own_id
    assert said("---\ntitle: T\ndate: 2023\nid: " + "f" * 8193 + "\n---\n")[0].startswith(
        "4: error"
    )
    assert not with_key("id:").has_own_id


def test_bidirectional_overrides_are_taken_out_of_titles() -> None:
    parsed = read('---\ntitle: "a\\u202Eb\\u2066"\ndate: 2023\n---\n')
    assert parsed.entries[0].title == "ab"
    assert parsed.problems[0].severity is Severity.WARNING
    assert only("# a\u202eb\n\nc", file="2023-11-17-x.md").title == "ab"


def test_an_update_before_its_publication_is_raised_to_it() -> None:
    parsed = read("---\ntitle: T\ndate: 2023-11-17\nupdated: 2023-11-16\n---\n")
    assert parsed.entries[0].updated == moment("2023-11-17")
    assert said("---\ntitle: T\ndate: 2023-11-17\nupdated: 2023-11-16\n---\n") == [
        "4: warning: updated: 2023-11-16 is earlier than the date, 2023-11-17"
    ]
    assert with_key("updated: 2023-11").updated == moment("2023-11-17")


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("principal&nbsp;: Aaron", "principal\u00a0: Aaron"),
        ("This <em>and</em> that", "This and that"),
        ("One<br>two", "One two"),
        ("`**user**` and **more *of* it**", "user and more of it"),
        ("&ldquo;Yes&rdquo; &amp; &#8217;no&#x2019;", "“Yes” & ’no’"),
        ("[Here](https://a.org/x) _now_", "Here now"),
        ("&lt;em&gt; in HTML", "<em> in HTML"),
        ("R&D at AT&T; a < b, 5 * 3", None),
        ("The <script> element, Vec<T>, *args and **kwargs, *.py", None),
        ("snake_case_name, __init__, 2*3*4, C:\\*x*", None),
    ],
)
def test_titles_and_names_are_plain_text(written: str, title: str | None) -> None:
    lines = f"title: '{written}'\ndate: 2023\nauthors: ['{written}']\ntags: ['{written}']"
    entry = only(f"---\n{lines}\n---\n")
    wanted = written if title is None else title
    assert (entry.title, entry.authors, entry.tags) == (wanted, (wanted,), (wanted,))
    text = new_article(wanted, id="x", date=moment("2023"), tags=[wanted])
    assert (only(text).title, only(text).tags) == (wanted, (wanted,))


@pytest.mark.parametrize(
    ("lines", "date"),
    [
        ("date: 2023-11-17\npublishDate: 2023-12-01", "2023-12-01"),
        ("date: 2023-11-17\nPublishDate: 2023-11-01", "2023-11-17"),
        ("publishdate: 2023-12-01", "2023-12-01"),
        ("published: true\npublishDate: 2023-12-01", "2023-12-01"),
    ],
)
def test_a_later_publish_date_of_hugo_holds_the_entry_back(lines: str, date: str) -> None:
    entry = only(f"---\ntitle: T\n{lines}\n---\n")
    assert entry.published == entry.updated == moment(date)
    assert entry.extra == {}


@pytest.mark.parametrize("said", ["Last Modified", "git Last Modified", "git Created", "Created"])
def test_a_date_that_eleventy_looks_up_must_be_written(said: str) -> None:
    [problem] = read(f"---\ntitle: T\ndate: {said}\n---\n").problems
    assert problem.severity is Severity.ERROR
    assert problem.remedy.startswith("only Eleventy looks it up; write it as 2023-11-17")


def test_an_expiry_date_of_hugo_is_told_not_to_be_read() -> None:
    parsed = read("---\ntitle: T\ndate: 2023-11-17\nexpiryDate: 2023-12-01\n---\n")
    assert [entry.status for entry in parsed.entries] == [Status.PUBLISHED]
    [problem] = parsed.problems
    assert (problem.line, problem.severity) == (4, Severity.WARNING)
    assert problem.message == "expiryDate: not read: the entry stays online after this date"
    assert problem.remedy == "to take it away, write status: withdrawn"


def test_a_file_of_the_longer_ending_is_read_as_any_other() -> None:
    entry = only("---\ntitle: T\n---\n", "2024/2024-08-20-welcome.markdown")
    assert entry.path == "2024/2024-08-20-welcome"
    assert entry.published == moment("2024-08-20")
    assert only("---\ntitle: T\ndate: 2024\n---\n", "2024/x/index.fr.markdown").lang == "fr"
    index = only("---\ntitle: T\ndate: 2024\n---\n", "2024/x/index.markdown")
    assert index.path == "2024/x"
    assert begins_with_date("2024-08-20.markdown")


def test_prose_of_other_generators_becomes_plain_text_and_ours_stays() -> None:
    prose = 'Un <a href="x">mot</a> et [un lien](y).'
    assert with_key(f"excerpt: '{prose}'").summary == "Un mot et un lien."
    assert with_key(f"summary: '{prose}'").summary == prose
    assert with_key("description: 2 < 3 > 1 & co").summary == "2 < 3 > 1 & co"


def test_without_a_summary_it_is_the_first_paragraph() -> None:
    assert with_key("").summary == "Corps."


def test_unknown_keys_are_kept_as_written_and_named() -> None:
    parsed = read(
        "---\ntitle: T\ndate: 2023\nlayout: post\nhero: false\nx: [1.0, ~, {a: 0x1}]\n"
        "type: blog\nkey: non\n---\n"
    )
    assert parsed.entries[0].extra == {
        "layout": "post",
        "hero": "false",
        "x": ["1.0", None, {"a": "0x1"}],
        "type": "blog",
        "key": "non",
    }
    assert parsed.unknown == (("layout", 4), ("hero", 5), ("x", 6), ("key", 8))
    assert not parsed.problems


# Titles


@pytest.mark.parametrize(
    ("text", "title", "body", "line"),
    [
        ("# Un *titre*\n\nCorps.", "Un titre", "Corps.", 6),
        ("\n\nUn titre\n========\n\nCorps.", "Un titre", "Corps.", 9),
        ("# Un titre #\nCorps.\n\n# Autre", "Un titre", "Corps.\n\n# Autre", 5),
    ],
)
def test_without_a_title_it_is_the_first_heading(
    text: str, title: str, body: str, line: int
) -> None:
    entry = only(f"---\ndate: 2023-11-17\n---\n{text}\n")
    assert (entry.title, entry.body, entry.line) == (title, body, line)


def test_a_heading_that_repeats_the_title_is_left_out() -> None:
    entry = only("---\ntitle: Un titre\ndate: 2023\n---\n\n# Un  **Titre**\n\nCorps.\n")
    assert (entry.title, entry.body, entry.line) == ("Un titre", "Corps.", 8)
    other = only("---\ntitle: Un titre\ndate: 2023\n---\n\n# Un autre\n\nCorps.\n")
    assert (other.body, other.line) == ("# Un autre\n\nCorps.", 6)


@pytest.mark.parametrize(
    "text", ["## Second niveau", "Corps.\n\n# Plus loin", "```\n# code\n```", ""]
)
def test_an_article_without_title_and_heading_is_refused(text: str) -> None:
    assert said(f"---\ndate: 2023\n---\n{text}\n") == [
        "1: error: title: there is none, and no heading that could be it"
    ]


def test_an_update_without_title_is_named_by_its_date() -> None:
    role = Role(story="affaire")
    entry = only("Corps.\n", "affaire/2023-11-19-2100.md", role)
    assert entry.title == "dimanche 19 novembre 2023, 21\u202fh\u202f00"
    assert entry.untitled
    assert not only("# Titre\n\nCorps.\n", "affaire/2023-11-19.md", role).untitled


# Names


@pytest.mark.parametrize(
    ("file", "date"),
    [
        ("2023-12-05-slug.md", "2023-12-05"),
        ("a/2023-12-05.md", "2023-12-05"),
        ("a/2023-12-05-2100-slug.md", "2023-12-05"),
        ("2023/12/05/slug.md", "2023-12-05"),
        ("blog/2023/12/05/slug/page.md", "2023-12-05"),
        ("2023/12/05/index.md", "2023-12-05"),
        ("2023/12/05/slug/index.md", "2023-12-05"),
        ("2023-12-05-slug/index.md", "2023-12-05"),
        ("2022/01/01/2023-12-05-slug.md", "2023-12-05"),
        ("2023-12-05-slug.en.md", "2023-12-05"),
    ],
)
def test_a_date_is_read_from_a_name(file: str, date: str) -> None:
    assert only("---\ntitle: T\n---\n", file).published == moment(date)
    assert only("---\ntitle: T\ndate: 2020\n---\n", file).published == moment("2020")


@pytest.mark.parametrize(
    "file", ["x.md", "2023/12/x.md", "2023-12.md", "20231205.md", "2023-12-055.md"]
)
def test_no_date_anywhere_is_an_error(file: str) -> None:
    assert said("---\ntitle: T\n---\n", file) == [
        "1: error: date: there is none, neither in the metadata nor in the file's name"
    ]


def test_an_impossible_date_in_a_name_is_an_error_unless_the_file_says_another() -> None:
    assert said("---\ntitle: T\n---\n", "2023-02-30-x.md") == [
        "1: error: date: no such date in the calendar: 2023-02-30, in the name"
    ]
    assert only("---\ntitle: T\ndate: 2023\n---\n", "2023-02-30-x.md").published == moment("2023")


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("2023-11-19.md", "2023-11-19"),
        ("2023-11-19-shear.md", "2023-11-19"),
        ("2023-11-19-2100-shear.md", "2023-11-19 21:00"),
        ("2023-11-19-2100.md", "2023-11-19 21:00"),
        ("2023-11-19-21h05.md", "2023-11-19 21:05"),
        ("2023-11-19T0930-x.md", "2023-11-19 09:30"),
        ("2023-11-19-2460-x.md", "2023-11-19"),
        ("2023-11-19-21000-x.md", "2023-11-19"),
        ("2023-11-19-2100euros.md", "2023-11-19"),
    ],
)
def test_the_name_of_an_update_tells_its_day_and_time(name: str, date: str) -> None:
    assert begins_with_date(name)
    entry = only("Corps.\n", f"2023/affaire/{name}", Role(story="2023/affaire"))
    assert entry.kind is Kind.UPDATE
    assert entry.story == "2023/affaire"
    assert entry.path == f"2023/affaire/{name.removesuffix('.md')}"
    assert entry.published == moment(date)


@pytest.mark.parametrize(
    "name",
    ["index.md", "2023-11.md", "a-2023-11-19.md", "2023-11-19.txt", "2023-11-191.md", "2023"],
)
def test_other_names_are_not_those_of_updates(name: str) -> None:
    assert not begins_with_date(name)


@pytest.mark.parametrize(
    ("file", "lang", "path"),
    [
        ("x.md", "fr", "x"),
        ("en/x.md", "en", "en/x"),
        ("en/blog/de/x.md", "de", "en/blog/de/x"),
        ("en/x.fr-ca.md", "fr-CA", "en/x.fr-ca"),
        ("pt_BR/x.md", "pt-BR", "pt_BR/x"),
        ("x.es.md", "es", "x.es"),
        ("x/index.es.md", "es", "x/index.es"),
        ("xx/x.zz.md", "fr", "xx/x.zz"),
        ("content/x.md", "fr", "content/x"),
    ],
)
def test_a_folder_or_suffix_names_the_language(file: str, lang: str, path: str) -> None:
    entry = only("---\ntitle: T\ndate: 2023\n---\n", file)
    assert (entry.lang, entry.path) == (lang, path)
    assert only("---\ntitle: T\ndate: 2023\nlang: IT\n---\n", file).lang == "it"


@pytest.mark.parametrize(
    ("written", "lang"),
    [("fr", "fr"), ("fr_CA", "fr-CA"), ("EN-gb", "en-GB"), ("zh-hant-tw", "zh-Hant-TW"),
     ("en_US.UTF-8", "en-US")],
)  # fmt: skip
def test_a_language_is_written_as_bcp_47_has_it(written: str, lang: str) -> None:
    assert with_key(f"lang: {written}").lang == lang


# Sections and stories


@pytest.mark.parametrize(
    ("file", "text", "section"),
    [
        ("index.md", "---\ntitle: T\ndate: 2023\n---\n", True),
        ("_index.md", "---\ntitle: T\ntype: story\ndate: 2023\n---\n", True),
        ("a/index.md", "---\ntitle: T\n---\n", True),
        ("a/index.md", "Bonjour.\n", True),
        ("a/index.en.md", "---\ntitle: T\n---\n", True),
        ("2023/12/index.md", "---\ntitle: T\n---\n", True),
        ("a/_index.md", "---\ntitle: T\ndate: 2023\n---\n", True),
        ("2023/12/05/_index.md", "---\ntitle: T\n---\n", True),
        ("a/index.md", "---\ntitle: T\ndate: 2023\n---\n", False),
        ("a/index.md", "---\ntitle: T\ndate: 2023\ntype: story\n---\n", False),
        ("a/_index.md", "---\ntitle: T\ndate: 2023\ntype: Story\n---\n", False),
        ("2023/12/05/index.md", "---\ntitle: T\n---\n", False),
    ],
)
def test_an_index_is_an_article_when_it_has_a_date_or_tells_a_story(
    file: str, text: str, section: bool
) -> None:
    parsed = read(text, file)
    assert parsed.section is section
    if section:
        assert [problem.severity for problem in parsed.problems] == [Severity.NOTE]
        assert parsed.entries == ()
    else:
        assert parsed.entries[0].path == file.rpartition("/")[0]


def test_a_story_without_a_date_is_an_error_and_no_section() -> None:
    parsed = read("---\ntitle: T\ntype: story\n---\n", "a/index.md")
    assert not parsed.section
    assert [problem.severity for problem in parsed.problems] == [Severity.ERROR]


def test_an_article_is_a_story_by_its_word_its_folder_or_its_headings() -> None:
    plain = "---\ntitle: T\ndate: 2023\n---\nCorps.\n"
    assert not only(plain, "a/index.md").is_story
    assert only(plain, "a/index.md", Role(has_updates=True)).is_story
    assert only(plain.replace("date:", "type: story\ndate:"), "a/b.md").is_story
    heading = plain + "\n## 2023-11-17\n\nUn.\n"
    assert read(heading, "a/index.md").entries[0].is_story
    assert not only(heading, "a/b.md").is_story


STORY = """---
title: L'affaire
date: 2023-11
type: story
authors: [Ada]
tags: [ia]
---
Ce que l'on sait.

## 2023-11-17 Altman est *licencié*

Un communiqué.

### Réactions

Nombreuses.

## 2023-11-19

### 17:00 : Un délai {.key}

Passé.

### 21:00 – Shear {#shear .key id=abc}

Nommé.

### Contexte

Toujours l'article.

### 23:30

Nuit.

## À suivre

La suite.

```
## 2023-11-20 jamais
```

> ## 2023-11-21 non plus

2023-11-22 09:05 Souligné
-------------------------

Fin.
"""


def test_dated_headings_of_a_story_are_updates() -> None:
    parsed = read(STORY, "2023/affaire.md")
    assert not parsed.problems
    article, *updates = parsed.entries
    assert article.body == (
        "Ce que l'on sait.\n\n### Contexte\n\nToujours l'article.\n\n"
        "## À suivre\n\nLa suite.\n\n```\n## 2023-11-20 jamais\n```\n\n> ## 2023-11-21 non plus"
    )
    assert article.line == 8
    assert [
        (update.path, dates.unparse(update.published)[:16], update.title, update.key, update.line)
        for update in updates
    ] == [
        ("2023/affaire/2023-11-17", "2023-11-17", "Altman est licencié", False, 12),
        ("2023/affaire/2023-11-19-1700", "2023-11-19T17:00", "Un délai", True, 22),
        ("2023/affaire/2023-11-19-2100-shear", "2023-11-19T21:00", "Shear", True, 26),
        (
            "2023/affaire/2023-11-19-2330",
            "2023-11-19T23:30",
            "dimanche 19 novembre 2023, 23\u202fh\u202f30",
            False,
            34,
        ),
        ("2023/affaire/2023-11-22-0905", "2023-11-22T09:05", "Souligné", False, 49),
    ]
    assert updates[0].body == "Un communiqué.\n\n### Réactions\n\nNombreuses."
    assert [update.body for update in updates[1:]] == ["Passé.", "Nommé.", "Nuit.", "Fin."]
    assert [update.untitled for update in updates] == [False, False, False, True, False]
    assert updates[2].id == "tag:example.org,2026:abc"
    assert all(update.story == article.path for update in updates)


@pytest.mark.parametrize(
    ("heading", "title", "suffix"),
    [
        ("## 2023-11-17", "", "2023-11-17"),
        ("# 2023-11-17 Titre", "Titre", "2023-11-17"),
        ("## 2023-11-17: Titre", "Titre", "2023-11-17"),
        ("## 2023-11-17\u00a0: Titre", "Titre", "2023-11-17"),
        ("## 2023-11-17 — Titre", "Titre", "2023-11-17"),
        ("## 2023-11-17 - Titre - suite ##", "Titre - suite", "2023-11-17"),
        ("## 2023-11-17 -40 % en bourse", "-40 % en bourse", "2023-11-17"),
        ("## 2023-11-17T21:00 Titre", "Titre", "2023-11-17-2100"),
        ("## 2023-11-17 9:05 Titre", "Titre", "2023-11-17-0905"),
        ("## 2023-11-17 21:00+01:00 Titre", "Titre", "2023-11-17-2100"),
        ("## 2023-11-17 1984 d'Orwell", "1984 d'Orwell", "2023-11-17"),
        ("## 2023-11-17 `a` & **b**", "a & b", "2023-11-17"),
        ("## 2023-11-17 Titre {#le-nom}", "Titre", "2023-11-17-le-nom"),
        ("## 2023-11-17 Titre {: #nom .autre x=y}", "Titre", "2023-11-17-nom"),
        ("## 2023-11-17 {#nom}", "", "2023-11-17-nom"),
        ("## 2023-11-17 Titre {entre accolades}", "Titre {entre accolades}", "2023-11-17"),
        ("## 2023-11-17 Titre {#../x}", "Titre", "2023-11-17"),
    ],
)
def test_a_heading_tells_day_time_title_and_name(heading: str, title: str, suffix: str) -> None:
    parsed = read(f"---\ntitle: T\ndate: 2023\ntype: story\n---\nA.\n\n{heading}\n\nB.\n", "s.md")
    assert not parsed.problems
    update = parsed.entries[1]
    assert ("" if update.untitled else update.title) == title
    assert update.path == f"s/{suffix}"


@pytest.mark.parametrize(
    "heading",
    [
        "## 17 novembre",
        "## Le 2023-11-17",
        "## 2023-11-175",
        "## 2023-11-17-x",
        "## 2023-11",
        "## 21:00",
    ],
)
def test_other_headings_are_text(heading: str) -> None:
    entry = only(f"---\ntitle: T\ndate: 2023\ntype: story\n---\nA.\n\n{heading}\n\nB.\n", "s.md")
    assert entry.body == f"A.\n\n{heading}\n\nB."


def test_dated_headings_of_other_articles_are_text() -> None:
    entry = only("---\ntitle: T\ndate: 2023\n---\nA.\n\n## 2023-11-17 Titre\n\nB.\n", "s.md")
    assert entry.body == "A.\n\n## 2023-11-17 Titre\n\nB."


def test_a_day_that_only_groups_is_no_update_and_a_day_with_text_is() -> None:
    story = (
        "---\ntitle: T\ndate: 2023\ntype: story\n---\nA.\n\n## 2023-11-17{}\n\n### 9:00 B\n\nC.\n"
    )
    for addition, updates in (("", 1), (" Titre", 2), ("\n\nTexte.", 2)):
        assert len(read(story.format(addition), "s.md").entries) == 1 + updates


def test_an_update_of_the_same_path_gets_a_number_and_both_lines_are_named() -> None:
    story = "---\ntitle: T\ndate: 2023\ntype: story\n---\nA.\n"
    story += "".join(f"\n## 2023-11-17 {name}\n\nTexte.\n" for name in ("a", "b", "c"))
    parsed = read(story, "s.md")
    assert [entry.path for entry in parsed.entries] == [
        "s", "s/2023-11-17", "s/2023-11-17-2", "s/2023-11-17-3",
    ]  # fmt: skip
    assert [(problem.line, problem.message) for problem in parsed.problems] == [
        (12, "two updates of 2023-11-17, on lines 8 and 12"),
        (16, "two updates of 2023-11-17, on lines 8 and 16"),
    ]


def test_an_impossible_date_in_a_heading_is_a_warning_and_stays_text() -> None:
    story = "---\ntitle: T\ndate: 2023\ntype: story\n---\nA.\n\n## 2023-02-30 B\n\nC.\n"
    parsed = read(story, "s.md")
    assert parsed.entries[0].body == "A.\n\n## 2023-02-30 B\n\nC."
    assert said(story, "s.md") == [
        "8: warning: no such date: 2023-02-30, so that this heading opens no update"
    ]


def test_a_dated_first_heading_is_an_update_and_no_title() -> None:
    story = "---\ntype: story\ndate: 2023\n---\n# 2023-11-17 Un\n\nTexte.\n"
    assert said(story, "s.md") == [
        "1: error: title: there is none, and no heading that could be it"
    ]
    named = read(story.replace("date: 2023\n", "date: 2023\ntitle: T\n"), "s.md")
    assert [entry.path for entry in named.entries] == ["s", "s/2023-11-17"]


def test_the_two_spellings_of_a_story_give_equal_entries() -> None:
    head = (
        "---\ntitle: L'affaire\ndate: 2023-11\nauthors: [Ada]\ntags: [ia]\n---\nCe que l'on sait.\n"
    )
    headings = """
## 2023-11-17 Altman est *licencié*

Un communiqué.

### Réactions

Nombreuses, [ici](https://example.org).

## 2023-11-18 {#sans-titre}

Rien.

## 2023-11-19

### 17:00 : Un délai {.key}

Passé.

### 21:00 Shear {#shear}

- Nommé.
"""
    files = {
        "2023-11-17.md": "---\ntitle: Altman est licencié\n---\n\nUn communiqué.\n\n### Réactions\n\n"
        "Nombreuses, [ici](https://example.org).\n",
        "2023-11-18-sans-titre.md": "Rien.\n",
        "2023-11-19-1700.md": "---\ntitle: Un délai\nkey: true\n---\nPassé.\n",
        "2023-11-19-2100-shear.md": "# Shear\n\n- Nommé.\n\n\n",
    }
    one = read(head + headings, "2023/affaire/index.md", Role(has_updates=True))
    many = [read(head, "2023/affaire/index.md", Role(has_updates=True))]
    many += [
        read(text, f"2023/affaire/{name}", Role(story="2023/affaire"))
        for name, text in files.items()
    ]
    assert not one.problems
    assert not any(parsed.problems for parsed in many)
    by_file = [entry for parsed in many for entry in parsed.entries]
    assert [replace(entry, file="", line=0) for entry in one.entries] == [
        replace(entry, file="", line=0) for entry in by_file
    ]
    assert all(not entry.authors and not entry.tags for entry in by_file[1:])


def test_updates_by_heading_share_the_status_and_language_of_their_file() -> None:
    for line in ("draft: true", "status: withdrawn", "lang: de"):
        article, update = read(
            STORY.partition("## 2023-11-19")[0].replace("type:", f"{line}\ntype:")
        ).entries
        assert (update.status, update.lang) == (article.status, article.lang)


# Problems


@pytest.mark.parametrize("path", sorted(PROBLEMS.glob("*.md")), ids=lambda path: path.stem)
def test_a_mistake_is_named_with_its_line_and_its_remedy(path: Path) -> None:
    parsed = parse(path.name, path.read_bytes(), SITE)
    found = "".join(
        f"{p.path}:{p.line}: {p.message}: {p.remedy}"
        + ("" if p.severity is Severity.ERROR else f" ({p.severity})")
        + "\n"
        for p in parsed.problems
    )
    assert found == path.with_suffix(".expected").read_text(encoding="utf-8")
    assert bool(parsed.entries) is all(p.severity is not Severity.ERROR for p in parsed.problems)


def test_a_remedy_mends_the_line_it_is_for() -> None:
    mended = 0
    for path in PROBLEMS.glob("*.md"):
        lines = path.read_bytes().decode("utf-8", "replace").split("\n")
        problems = parse(path.name, path.read_bytes(), SITE).problems
        for problem in problems:
            key = re.match(r"(title|summary|author|date): ", problem.remedy)
            if lines[0] != "---" or not key:
                continue
            text = f"---\n{problem.remedy}\n" + ("date: 2023\n" if key[1] != "date" else "")
            text += "" if key[1] == "title" else "title: T\n"
            assert not said(text + "---\nCorps.\n"), problem
            mended += 1
    assert mended > 30


@pytest.mark.requirement(6)
def test_hostile_front_matter_gets_its_verdicts(shared: Path) -> None:
    folder = shared / "hostile" / "frontmatter"
    wanted = dict(
        line.split("\t")[:2]
        for line in (folder / "expected.tsv").read_text(encoding="utf-8").splitlines()
    )
    found = {}
    for name in wanted:
        parsed = parse(name, (folder / name).read_bytes(), SITE)
        named = parsed.problems or parsed.unknown
        found[name] = "reject" if not parsed.entries else "warn" if named else "ok"
        assert parsed.entries or any(p.severity is Severity.ERROR for p in parsed.problems)
    assert found == wanted


def counted(file: Path) -> str:
    """What a file is, told by a look at its first lines alone."""
    text = file.read_text(encoding="utf-8")
    if file.name == "_index.md":
        return "section"
    dated = re.search(r"^date:", text, re.MULTILINE) or re.match(r"\d{4}-\d\d-\d\d", file.name)
    title = re.search(r"^title: *.*\S|^# .*\S", text, re.MULTILINE)
    return "entry" if dated and title else "problem"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("18f", {"entry": 509, "problem": 1}), ("canada", {"entry": 326, "section": 2})],
)
def test_a_real_archive_loads_as_it_is(
    name: str, expected: dict[str, int], shared: Path, tmp_path: Path
) -> None:
    unpack(shared / "corpora" / f"{name}.tar.gz", tmp_path)
    files = sorted(tmp_path.rglob("*.md"))
    found, problems = {}, []
    langs: Counter[str] = Counter()
    for file in files:
        path = file.relative_to(tmp_path).as_posix()
        parsed = parse(path, file.read_bytes(), SITE)
        found[path] = "section" if parsed.section else "entry" if parsed.entries else "problem"
        problems += parsed.problems
        langs.update(entry.lang for entry in parsed.entries)
        assert all(entry.title and entry.summary for entry in parsed.entries)
    assert Counter(found.values()) == expected
    assert found == {file.relative_to(tmp_path).as_posix(): counted(file) for file in files}
    named = {(problem.path, problem.severity) for problem in problems}
    if name == "18f":
        assert langs == {"fr": 508, "es-PR": 1}  # the test's site is French
        assert named == {("18f/LICENSE.md", Severity.ERROR)}
    else:
        assert langs == {"en": 163, "fr": 163}
        assert named == {
            (f"canada/content/{lang}/blog/_index.md", Severity.NOTE) for lang in ("en", "fr")
        }


@given(
    st.binary(max_size=300),
    st.sampled_from(["x.md", "a/index.md", "a/2023-11-17-2100.md", ".md", ""]),
)
def test_any_bytes_give_entries_or_problems(data: bytes, file: str) -> None:
    for role in (Role(), Role(story="a"), Role(has_updates=True)):
        parsed = parse(file, data, SITE, role)
        assert parsed.entries or parsed.problems


_LINES = st.sampled_from(
    ["## 2023-11-17 a", "### 21:00 b {#c .key id=d}", "# 2023-11-17", "text", "", "- x", "> y", "```",
     "## z", "{#a}", "2023-11-18", "---", "===", "### 9:00", "<div>", "    code", "[a]: b", "# t",
     "## 2023-02-30", "## 2023-11-17 \u202e{#\u0301}", "{{< x >}}", "{% raw %}", "\t## 2023-11-19"]
)  # fmt: skip


@given(st.lists(_LINES, max_size=14), st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=150, deadline=None)
def test_any_story_gives_each_update_a_path_of_its_own_and_can_be_given_ids(
    lines: list[str], newline: str
) -> None:
    text = "\n".join(["---", "title: T", "date: 2023", "type: story", "---", *lines])
    data = text.replace("\n", newline).encode()
    parsed = parse("s.md", data, SITE)
    assert parsed.entries
    assert len({entry.path for entry in parsed.entries}) == len(parsed.entries)
    written = data.count(b"\n") + 1
    assert all(1 <= entry.line <= written + 1 for entry in parsed.entries)
    numbers = count(1)
    mended = with_ids("s.md", data, SITE, Role(), lambda: f"n{next(numbers)}")
    if mended is not None:
        assert all(entry.has_own_id for entry in parse("s.md", mended, SITE).entries)


MEGABYTE = 1_000_000


@pytest.mark.parametrize(
    "text",
    [
        "a b c d e f g\n\n" * 70_000,
        " " * MEGABYTE + "x",
        "\n" * MEGABYTE + "x",
        " \n" * (MEGABYTE // 2) + "x",
        "a" * MEGABYTE,
        "# 2023-11-17" + " " * MEGABYTE + "a",
        "Corps.\n\n## 2023-11-17 a" + " " * MEGABYTE + "b",
        "Corps.\n\n## 2023-11-17 " + "{#a} " * (MEGABYTE // 5),
        "Title: a\n" + "  b\n" * (MEGABYTE // 4),
        "{" + '"a": 1,\n' * 100_000,
        '{"a":' + " " * MEGABYTE,
        "\n" * MEGABYTE + "---\ntitle: x\n",
        "<!--\n" + ".. a: b\n" * 100_000,
        "---\n" + "a: b\n" * 200_000,
    ],
    ids=lambda text: repr(text[:16]),
)
@pytest.mark.parametrize("head", ["---\ntitle: T\ndate: 2023\ntype: story\n---\n", ""])
def test_large_files_are_read_in_a_second(head: str, text: str) -> None:
    start = time.process_time()
    parsed = read(head + text)
    assert parsed.entries or parsed.problems
    assert time.process_time() - start < 3


# Writing


@pytest.mark.parametrize(
    "title",
    ["Un titre", "Élection : jour J", 'Dit "non" : l\'avis', "# 1", "yes", "2023", "a # b", "- a",
     "[Direct] Oui", "C:\\x", "é" * 200, "`a`", "null", "a\n b"],
)  # fmt: skip
@pytest.mark.parametrize("date", ["2023", "2023-11", "2023-11-17", "2023-11-17T21:00:00+01:00"])
def test_what_is_written_is_read(title: str, date: str) -> None:
    at = moment(date)
    folded = " ".join(title.split())
    text = new_article(
        title, id="k3x9", date=at, lang="en", authors=[folded, "B"], tags=["no"], body="\nUn.\n"
    )
    article = only(text)
    assert (article.title, article.id) == (folded, "tag:example.org,2026:k3x9")
    assert (article.published.at, article.published.precision) == (at.at, at.precision)
    assert (article.lang, article.tags, article.body) == ("en", ("no",), "Un.")
    assert article.authors == (folded, "B")
    update = only(new_update(title, id="k3x9", date=at, key=True), "s/2023-11-17.md", Role("s"))
    assert (update.title, update.published.at, update.key) == (folded, at.at, True)
    assert only(new_update("", id="1", date=at), "s/2023-11-17.md", Role("s")).untitled


def test_a_new_file_reads_as_an_author_would_write_it() -> None:
    date = Moment(datetime(2026, 1, 2, 9, 30, tzinfo=UTC))
    assert new_article("Élection : jour J", id="k3x9", date=date, tags=["vote"], body="Un.") == (
        '---\ntitle: "Élection : jour J"\ndate: 2026-01-02T09:30:00+00:00\n'
        "tags:\n  - vote\nid: k3x9\n---\n\nUn.\n"
    )
    assert new_update("", id="k3x9", date=moment("2026-01-02")) == (
        "---\ndate: 2026-01-02\nid: k3x9\n---\n"
    )


HEADS = {
    "---\ntitle: T\ndate: 2023\n---\nA.\n": "---\ntitle: T\ndate: 2023\nid: n1\n---\nA.\n",
    "---\n  title: T\n  date: 2023\n---\n": "---\n  title: T\n  date: 2023\n  id: n1\n---\n",
    "---\ntitle: T\ndate: 2023\nid:\nx: y\n---\n": "---\ntitle: T\ndate: 2023\nid: n1\nx: y\n---\n",
    "---\ntitle: T\nid: ~ # à faire\ndate: 2023\n---\n": "---\ntitle: T\nid: n1 # à faire\ndate: 2023\n---\n",
    "---\n{title: T, date: 2023}\n---\nA.": "---\n{id: \"n1\", title: T, date: 2023}\n---\nA.",
    '+++\ntitle = "T"\ndate = 2023-11-17\n[extra]\na = 1\n+++\n': '+++\nid = "n1"\ntitle = "T"\ndate = 2023-11-17\n[extra]\na = 1\n+++\n',
    '{"title": "T", "date": "2023"}\nA.': '{"id": "n1", "title": "T", "date": "2023"}\nA.',
    '{\n  "title": "T",\n  "id": null,\n  "date": "2023"\n}\n': '{\n  "title": "T",\n  "id": "n1",\n  "date": "2023"\n}\n',
    '{\n  "title": "T",\n  "date": "2023"\n}\n': '{\n  "id": "n1",\n  "title": "T",\n  "date": "2023"\n}\n',
    "Title: T\nDate: 2023\n\nA.\n": "Title: T\nDate: 2023\nId: n1\n\nA.\n",
    "title: T\ndate: 2023": "title: T\ndate: 2023\nid: n1",
    "<!--\n.. title: T\n.. date: 2023\n-->\nA.\n": "<!--\n.. title: T\n.. date: 2023\n.. id: n1\n-->\nA.\n",
    ".. title: T\n.. date: 2023\n\nA.\n": ".. title: T\n.. date: 2023\n.. id: n1\n\nA.\n",
}  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), HEADS.items(), ids=range(len(HEADS)))
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_a_missing_id_is_added_and_nothing_else_changed(
    text: str, wanted: str, newline: str, bom: bytes
) -> None:
    data = bom + text.replace("\n", newline).encode()
    written = with_ids("2023/x.md", data, SITE, Role(), lambda: "n1")
    assert written == bom + wanted.replace("\n", newline).encode()
    assert with_ids("2023/x.md", written, SITE, Role(), lambda: "n2") is None
    entry = only(written)
    assert (entry.id, entry.has_own_id) == ("tag:example.org,2026:n1", True)


def test_a_file_without_metadata_gets_some() -> None:
    data = b"# T\r\n\r\nA.\r\n"
    written = with_ids("2023-11-17-x.md", data, SITE, Role(), lambda: "a b")
    assert written == b"---\r\nid: a b\r\n---\r\n" + data
    assert with_ids("s/2023-11-17.md", b"", SITE, Role("s"), lambda: "1") == b'---\nid: "1"\n---\n'


def test_updates_by_heading_get_ids_in_their_headings() -> None:
    numbers = count(1)
    written = with_ids("2023/affaire.md", STORY.encode(), SITE, Role(), lambda: f"n{next(numbers)}")
    assert written is not None
    before, after = STORY.split("\n"), written.decode().split("\n")
    changed = [line for line in after if line not in before]
    assert changed == [
        "id: n5",
        "## 2023-11-17 Altman est *licencié* {id=n1}",
        "### 17:00 : Un délai {.key id=n2}",
        "### 23:30 {id=n3}",
        "2023-11-22 09:05 Souligné {id=n4}",
    ]
    assert len(after) == len(before) + 1
    read_again = read(written, "2023/affaire.md").entries
    assert len({entry.id for entry in read_again}) == len(read_again) == 6


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("x.md", "---\ntitle: T : u\n---\n"),
        ("x.md", "---\ntitle: T\ndate: 2023\nid: a\n---\n"),
        ("a/index.md", "---\ntitle: Section\n---\n"),
        ("x.md", "---\ntitle: T\ndate: 2023\nid:\n  ~\n---\n"),
    ],
)
def test_nothing_is_written_where_nothing_can_be_added(file: str, text: str) -> None:
    assert with_ids(file, text.encode(), SITE, Role(), lambda: "n1") is None


def test_extra_metadata_are_json() -> None:
    entry = with_key("x: {a: [b, ~], c: 'd'}")
    assert json.loads(json.dumps(entry.extra)) == {"x": {"a": ["b", None], "c": "d"}}
