"""Every problem of an archive is found, named with its line, and said with what to do."""

import socket
from pathlib import Path

import pytest

from conftest import NOW, ROOT, Desk
from newsarchive import checking
from newsarchive.articles import MEDIA_TYPES
from newsarchive.config import load_config
from newsarchive.entry import Problem, Severity
from newsarchive.loader import writing

HEAD = "---\ntitle: Un titre\ndate: 2023-11-17\nid: {id}\n---\n"


def put(desk: Desk, path: str, body: str = "Un texte.", head: str = "") -> None:
    """A file with an id, whose text begins on line 6, or later with more metadata."""
    text = HEAD.format(id=path.replace("/", "-").removesuffix(".md"))
    desk.write(path, text.replace("\n---\n", f"\n{head}---\n") + body + "\n")


def found(desk: Desk, *only: str) -> list[Problem]:
    return list(checking.check(desk.config, NOW, only).problems)


def said(desk: Desk, *only: str) -> list[str]:
    return [
        f"{p.path}:{p.line}: {p.severity}: {p.message} = {p.remedy}" for p in found(desk, *only)
    ]


def one(desk: Desk) -> Problem:
    (problem,) = found(desk)
    return problem


def story(desk: Desk) -> None:
    put(desk, "2023/affaire/index.md", head="tags: [IA]\nauthors: [Ada Lovelace]\n")
    put(desk, "2023/affaire/2023-11-18-2100-shear.md")
    desk.write("2023/affaire/photo.jpg", b"jpeg")


def test_a_good_archive_has_no_problem_and_its_files_are_counted(desk: Desk) -> None:
    story(desk)
    assert checking.check(desk.config, NOW) == checking.Report((), 2)


def test_the_example_archive_has_no_problem(tmp_path: Path) -> None:
    config = load_config(environ={"NEWSARCHIVE_DATA_DIR": str(tmp_path)}, directory=ROOT)
    report = checking.check(config, NOW)
    assert report.problems == ()
    assert report.files > 15


GOOD = [
    "../affaire/", "/articles/2023/affaire/", "/articles/2023/affaire", "2023-11-18-2100-shear.md",
    "2023-11-18-2100-shear/", "index.md", "photo.jpg", "/articles/2023/affaire/photo.jpg?w=1#x",
    "/articles/2023/affaire.json", "#ancre", "/", "/static/site.css",
    "/2023/", "/2023/11/", "/2023/11/17/", "/tags/", "/tags/ia/",
    "/authors/ada-lovelace/", "/search/?q=x", "/corrections/", "/articles/",
    "https://example.org/2023/", "https://example.org", "https://elsewhere.example/2023/none/",
    "/feeds/", "/feed.atom", "/articles/2023/affaire/feed.rss", "/2023/11/feed.json", "/rss.xml",
    "/corrections/feed.rss", "/feeds.opml", "/feeds/stories.opml", "mailto:a@example.org", "/ancien/chemin/", "/articles/2023/ancien/",
]  # fmt: skip


@pytest.mark.parametrize("address", GOOD)
def test_a_link_to_what_is_there_is_no_problem(desk: Desk, address: str) -> None:
    story(desk)
    put(desk, "2023/autre.md", head="aliases: [/ancien/chemin/, /articles/2023/ancien/]\n")
    put(desk, "2023/affaire/2023-11-19.md", f"Voir [ceci]({address}).")
    assert said(desk) == []


BROKEN = [
    "2023-11-20/", "2023-11-20.md", "../rien/", "/articles/rien/", "/articles/rien.json", "/rien/",
    "rien.jpg", "/2022/", "/2023/12/", "/2023/11/18/rien/", "/tags/rien/", "/tags/IA/",
    "/authors/personne/", "/articles/2023/", "https://example.org/rien/", "/api/v1/rien/",
    "/feed.xhtml", "/tags/rien/feed.rss", "/articles/2023/autre/feed.rss", "/feeds/rien.opml",
    "/photo.jpg", "/%00", "/articles/%2e%2e/%2e%2e/etc/passwd",
]  # fmt: skip


@pytest.mark.parametrize("address", BROKEN)
def test_a_link_to_what_is_not_there_is_a_warning_with_its_line(desk: Desk, address: str) -> None:
    story(desk)
    put(desk, "2023/affaire/2023-11-19.md", f"Un paragraphe.\n\nVoir\n[ceci]({address}).")
    problem = one(desk)
    assert (problem.path, problem.line) == ("2023/affaire/2023-11-19.md", 9)
    assert problem.severity is Severity.WARNING
    assert "no such" in problem.message
    assert problem.remedy


def test_the_site_answers_what_counts_as_there_and_nothing_else(desk: Desk) -> None:
    story(desk)
    put(desk, "2023/autre.md", head="aliases: [/ancien/chemin/, /articles/2023/ancien/]\n")
    desk.load()
    desk.index()
    client = desk.client()
    for address in GOOD:
        if address.startswith("/"):
            assert client.get(address).status_code in {200, 301}, address
    for address in BROKEN:
        # a name in other letters leads on, but is not what one should write
        if address.startswith("/") and address != "/tags/IA/":
            assert client.get(address).status_code == 404, address


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("/articles/2023/Affaire/", "/articles/2023/affaire/"),
        ("/img/photo.jpg", "/articles/2023/affaire/photo.jpg"),
    ],
)
def test_a_broken_link_is_told_what_was_probably_meant(
    desk: Desk, written: str, meant: str
) -> None:
    story(desk)
    put(desk, "2023/autre.md", f"[x]({written})")
    assert f"perhaps {meant} is meant" in one(desk).remedy


def test_a_file_that_is_there_but_not_served_is_told_apart_from_a_missing_one(desk: Desk) -> None:
    desk.write("2023/tableau.psd", b"psd")
    desk.write("2023/.cache.jpg", b"jpeg")
    desk.write("2023/section/index.md", "Une section, sans date.")
    put(desk, "2023/autre.md", "[a](tableau.psd) [b](.cache.jpg) [c](section/index.md)")
    messages = [p.message for p in found(desk) if p.path == "2023/autre.md"]
    assert ".psd" not in MEDIA_TYPES
    assert messages == [
        ".cache.jpg: the file is there, but links and hidden files are not served",
        "section/index.md: 2023/section/index.md is no entry, so that it has no page",
        "tableau.psd: the file is there, but .psd is not served",
    ]


def test_a_published_entry_should_not_lead_to_a_draft(desk: Desk) -> None:
    put(desk, "2023/brouillon.md", head="status: draft\n")
    put(desk, "2023/autre.md", "[x](brouillon.md)")
    put(desk, "2023/autre-brouillon.md", "[x](brouillon.md)", head="status: draft\n")
    assert one(desk).path == "2023/autre.md"
    assert one(desk).message == "brouillon.md: leads to a draft, which readers cannot see"


def test_other_sites_are_never_visited(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    put(desk, "2023/autre.md", "[a](https://example.com/x) ![b](https://example.com/x.png)")
    assert said(desk) == []


def test_an_address_that_no_browser_may_follow_is_named(desk: Desk) -> None:
    put(desk, "2023/autre.md", '<a href="javascript:alert(1)">x</a>')
    assert "not followed" in one(desk).message


def test_images_without_words_are_warnings_but_ornaments_are_not(desk: Desk) -> None:
    desk.write("2023/a.png", b"png")
    put(desk, "2023/un.md", '![une courbe](a.png)\n\n<img src="a.png" alt="">')
    assert said(desk) == []
    put(desk, "2023/deux.md", 'x\n\n![](a.png)\n\n<img src="a.png">')
    assert [p.line for p in found(desk)] == [8, 10]
    assert {p.message for p in found(desk)} == {
        "a.png: an image without words for those who do not see it"
    }


def test_a_lead_image_must_be_there_and_have_words(desk: Desk) -> None:
    desk.write("2023/a.png", b"png")
    put(desk, "2023/un.md", head="image: a.png\nimage_alt: Une courbe\n")
    put(desk, "2023/deux.md", head="image: a.png\n")
    put(desk, "2023/trois.md", head="cover: b.png\nimage_alt: Une courbe\n")
    put(desk, "2023/quatre.md", head="image: https://example.com/a.png\n")
    assert said(desk) == [
        "2023/deux.md:5: warning: a.png: an image without words for those who do not see it"
        " = add the line image_alt: and what it shows",
        "2023/quatre.md:5: warning: https://example.com/a.png: an image without words for those"
        " who do not see it = add the line image_alt: and what it shows",
        "2023/trois.md:5: warning: b.png: no such file = correct it, or put what is missing there",
    ]


def test_missing_ids_are_one_note_for_the_archive(desk: Desk) -> None:
    for number in range(3):
        desk.article(f"2023/a{number}.md")
    problem = one(desk)
    assert (problem.path, problem.line, problem.severity) == ("2023/a0.md", 1, Severity.NOTE)
    assert problem.message.startswith("id: 3 entries have none")
    assert problem.remedy == "run: newsarchive check --fix"


def test_an_unknown_key_is_a_note_once_with_the_number_of_files(desk: Desk) -> None:
    put(desk, "2023/a.md", head="layout: post\n")
    put(desk, "2023/b.md", head="layout: post\nmood: gay\n")
    assert [(p.path, p.line, p.message, p.severity) for p in found(desk)] == [
        ("2023/a.md", 5, "layout: a key without a meaning here, in 2 files", Severity.NOTE),
        ("2023/b.md", 6, "mood: a key without a meaning here, in 1 file", Severity.NOTE),
    ]
    assert [p.message for p in found(desk, "2023/b.md")] == [
        "layout: a key without a meaning here, in 1 file",
        "mood: a key without a meaning here, in 1 file",
    ]


@pytest.mark.requirement(10)
def test_ids_and_addresses_that_two_entries_claim_are_errors_that_name_both(desk: Desk) -> None:
    desk.article("2023/a.md", "2023-01-01", id="meme")
    desk.article("2023/b.md", "2023-01-02", id="meme")
    desk.article("2023/c.md", "2023-01-01", id="c")
    desk.article("2023/c/index.md", "2023-01-02", id="d")
    errors = [p for p in found(desk) if p.severity is Severity.ERROR]
    assert [p.path for p in errors] == ["2023/b.md", "2023/c/index.md"]
    assert "2023/a.md" in errors[0].message
    assert "2023/c.md" in errors[1].message


def test_an_old_address_that_something_else_is_at_is_a_warning(desk: Desk) -> None:
    put(desk, "2023/a.md", head="aliases:\n  - /vieux/\n  - /articles/2023/b/\n  - /2023/11/\n")
    put(desk, "2023/b.md", head="aliases: [/vieux/, /tags/, /a-moi/]\n")
    assert said(desk) == [
        "2023/a.md:7: warning: /articles/2023/b/: the address of 2023/b.md = delete it",
        "2023/a.md:8: warning: /2023/11/: a page of the site itself = delete it",
        "2023/b.md:5: warning: /tags/: a page of the site itself = delete it",
        "2023/b.md:5: warning: /vieux/: an old address of 2023/a.md too"
        " = delete it from one of the two",
    ]


@pytest.mark.parametrize(
    ("of_story", "of_update", "early"),
    [
        ("2023-11-18", "2023-11-17", True),
        ("2023-11-18", "2023-11-18", False),
        ("2023-11-18", "2023-11-19", False),
        ("2023-11-18 21:00", "2023-11-18 20:59", True),
        ("2023-11-18 21:00", "2023-11-18", False),
        ("2023-11-18", "2023-10", True),
        ("2023-11", "2023-11-01", False),
        ("2023-12", "2023-11-01", False),
    ],
)
def test_an_update_before_its_story_is_a_note(
    desk: Desk, of_story: str, of_update: str, early: bool
) -> None:
    desk.article("2023/x/index.md", of_story, id="a")
    desk.article("2023/x/2023-11-18.md", of_update, id="b")
    notes = [p for p in found(desk) if p.severity is Severity.NOTE]
    assert bool(notes) is early
    if early:
        assert of_update[:7] in notes[0].message


def test_a_tag_authority_that_was_never_set_is_a_note(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    config = load_config(environ={}, directory=tmp_path)
    (note,) = checking.check(config, NOW).problems
    assert note.severity is Severity.NOTE
    assert note.message.startswith("tag_authority: never set")
    assert note.remedy == "run: newsarchive init"
    (tmp_path / "newsarchive.toml").write_text('title = "x"\n')
    (note,) = checking.check(load_config(environ={}, directory=tmp_path), NOW).problems
    assert note.path == "../newsarchive.toml"
    assert "add the line" in note.remedy


def test_template_tags_without_a_meaning_are_a_note_for_each_kind(desk: Desk) -> None:
    put(desk, "2023/a.md", "x\n\n{% asset a.png %}\n\n{% asset b.png %}")
    put(desk, "2023/b.md", "{% asset c.png %}\n\n`{% asset d.png %}`")
    problem = one(desk)
    assert (problem.path, problem.line, problem.severity) == ("2023/a.md", 8, Severity.NOTE)
    assert problem.message == (
        "{% asset a.png %}: a template's tag without a meaning here, left out;"
        " there are 3 such, in 2 files"
    )


@pytest.mark.requirement(7)
def test_a_text_beyond_the_bounds_is_a_warning(desk: Desk) -> None:
    put(desk, "2023/a.md", "<div>" * 5_000)
    problem = one(desk)
    assert (problem.line, problem.severity) == (6, Severity.WARNING)
    assert "shown as it is written" in problem.message


def test_a_file_that_cannot_be_read_keeps_no_other_from_being_checked(desk: Desk) -> None:
    desk.write("2023/a.md", "---\ntitle: Élection : jour J\ndate: 2023-01-01\n---\n")
    desk.write("2023/b.md", b"\xff\xfe")
    put(desk, "2023/c.md", "[x](rien.md)")
    assert [p.path for p in found(desk)] == ["2023/a.md", "2023/b.md", "2023/c.md"]


def test_paths_limit_what_is_told_but_not_what_is_known(desk: Desk) -> None:
    story(desk)
    put(desk, "2024/a.md", "[bon](../2023/affaire/) [mauvais](rien.md)")
    put(desk, "2024/b/c.md", "[mauvais](rien.md)")
    put(desk, "2024/bc.md", "[mauvais](rien.md)")
    assert [p.path for p in found(desk, "2024")] == ["2024/a.md", "2024/b/c.md", "2024/bc.md"]
    assert [p.path for p in found(desk, "2024/b")] == ["2024/b/c.md"]
    assert [p.path for p in found(desk, "2024/a.md", "2024/bc.md")] == ["2024/a.md", "2024/bc.md"]
    assert found(desk, "2023") == []
    assert checking.check(desk.config, NOW, ("2024/b",)).files == 1


def test_checking_leaves_no_trace_and_needs_no_lock(desk: Desk) -> None:
    story(desk)
    checking.check(desk.config, NOW)
    assert not desk.config.data_dir.exists()
    with writing(desk.config):
        assert checking.check(desk.config, NOW).files == 2


def ids(desk: Desk) -> dict[str, str]:
    desk.load()
    return {entry.path: entry.id for entry in desk.find().entries}


@pytest.mark.requirement(18)
def test_fix_writes_the_ids_that_are_missing_and_nothing_else(desk: Desk) -> None:
    desk.article("2023/a.md")
    desk.article("2023/b.md", id="b")
    desk.write("2023/2023-11-17-nu.md", "# Sans tête\n\nUn texte.\n")
    desk.write(
        "2023/crlf.md", b"\xef\xbb\xbf---\r\ntitle: x\r\ndate: 2023-11-17\r\n---\r\nTexte\r\n"
    )
    desk.write("2023/casse.md", "---\ntitle: a: b\ndate: 2023-11-17\n---\n")
    before = {path: path.read_bytes() for path in desk.config.articles_dir.rglob("*.md")}
    assert checking.fix(desk.config, NOW) == (
        "2023/2023-11-17-nu.md",
        "2023/a.md",
        "2023/crlf.md",
    )
    for path, data in before.items():
        lines = path.read_bytes().splitlines(keepends=True)
        if path.name in {"b.md", "casse.md"}:
            assert path.read_bytes() == data
        elif path.name != "2023-11-17-nu.md":
            assert b"".join(line for line in lines if not line.startswith(b"id: ")) == data
    assert b'\r\nid: "2023/crlf"\r\n' in (desk.config.articles_dir / "2023/crlf.md").read_bytes()
    assert checking.fix(desk.config, NOW) == ()


def test_fix_keeps_every_id_that_readers_know_even_when_the_file_then_moves(desk: Desk) -> None:
    desk.write(
        "2023/suite.md",
        "---\ntitle: Suite\ndate: 2023-11\ntype: story\n---\nCe que l’on sait.\n\n"
        "## 2023-11-17 Un\n\nA.\n\n## 2023-11-18 Deux {id=deux}\n\nB.\n\n## 2023-11-19\n\nC.\n",
    )
    desk.article("2023/d’été et d’hiver.md")
    before = ids(desk)
    assert len(before) == 5
    assert len(checking.fix(desk.config, NOW)) == 2
    assert ids(desk) == before
    assert not [p for p in found(desk) if p.message.startswith("id:")]
    root = desk.config.articles_dir
    (root / "2023/suite.md").rename(root / "2023/affaire.md")
    assert set(ids(desk).values()) == set(before.values())


def test_fix_can_be_limited_to_some_files(desk: Desk) -> None:
    desk.article("2023/a.md")
    desk.article("2024/b.md")
    assert checking.fix(desk.config, NOW, ("2024",)) == ("2024/b.md",)
