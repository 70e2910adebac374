"""What is suggested while a question is typed: titles, tags, authors, words; what time hides."""

from datetime import timedelta

import pytest

from conftest import NOW, Desk
from newsarchive.searching import Search
from newsarchive.suggesting import Suggestion

THEN = NOW - timedelta(days=1)
ALL = 8


@pytest.fixture
def newsroom(desk: Desk) -> Desk:
    """A story with two updates, articles about the same, and what nobody may be led to."""
    desk.article(
        "affaire/index.md", "2023-11-17", "L’affaire Altman", tags="[IA, Justice sociale]",
        authors="[Odile Ferrandon]", body="Le licenciement, l’avenir.",
    )  # fmt: skip
    desk.article("affaire/2023-11-17-2130-fin.md", "2023-11-17 21:30", "Le licenciement d’Altman")
    desk.write("affaire/2023-11-18.md", "Sans titre.\n")
    desk.article("oeuvre.md", "2024-02-01", "Une œuvre", authors="[Zoé Œil]", tags="[C++]")
    desk.article(
        "licence.md", "2025-01-01", "Licence libre", tags="[Licences, Secret de la presse]"
    )
    desk.article(
        "brouillon.md", "2024-02-01", "Licence secrète", status="draft", tags="[Brouillon]"
    )
    desk.article("retire.md", "2024-02-01", "Licence retirée", status="withdrawn")
    desk.article("noel.md", "2099-12-24", "Licence de Noël", tags="[Noël]", authors="[Noël Père]")
    desk.load(THEN)
    desk.index(THEN)
    return desk


def suggested(desk: Desk, typed: str, limit: int = ALL) -> tuple[Suggestion, ...]:
    return Search(desk.archive).suggest(typed, NOW, limit)


def of(desk: Desk, typed: str, kind: str) -> list[str]:
    return [each.text for each in suggested(desk, typed) if each.kind == kind]


@pytest.mark.parametrize(
    ("typed", "titles"),
    [
        ("licenc", ["Licence libre", "Le licenciement d’Altman"]),
        ("LICENCI", ["Le licenciement d’Altman"]),
        ("l'affaire", ["L’affaire Altman"]),
        ("altman", ["L’affaire Altman", "Le licenciement d’Altman"]),
        ("alt lic", ["Le licenciement d’Altman"]),
        ("oeuv", ["Une œuvre"]),
        ("Œuvre", ["Une œuvre"]),
        ("ltman", []),
        ("18 novembre", []),
        ("", []),
        ("  ", []),
        ('"', []),
    ],
)
def test_titles_are_found_by_the_beginnings_of_their_words(
    newsroom: Desk, typed: str, titles: list[str]
) -> None:
    assert of(newsroom, typed, "title") == titles


def test_tags_and_authors_are_found_by_any_of_their_words_and_lead_to_their_lists(
    newsroom: Desk,
) -> None:
    tag = next(each for each in suggested(newsroom, "soc") if each.kind == "tag")
    assert (tag.text, tag.address) == ("Justice sociale", "/tags/justice-sociale/")
    author = next(each for each in suggested(newsroom, "FERR") if each.kind == "author")
    assert (author.text, author.address) == ("Odile Ferrandon", "/authors/odile-ferrandon/")
    assert of(newsroom, "justice so", "tag") == ["Justice sociale"]
    assert of(newsroom, "zoe oe", "author") == ["Zoé Œil"]
    assert of(newsroom, "c+", "tag") == ["C++"]


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("altman lic", "altman licenciement"),
        ("-lic", "-licenciement"),
        ("l’aven", "l’avenir"),
        ('"sam alt', '"sam Altman'),
    ],
)
def test_a_word_completes_the_one_that_is_being_typed(
    newsroom: Desk, typed: str, completed: str
) -> None:
    assert completed in [each.completed for each in suggested(newsroom, typed)]


def test_a_word_that_is_written_to_its_end_is_not_suggested(newsroom: Desk) -> None:
    assert of(newsroom, "altman", "word") == []
    assert of(newsroom, "alt ", "word") == ["Altman"]  # spaces at the end are not kept
    assert of(newsroom, "lic, ", "word") == []


@pytest.mark.parametrize("typed", ["licence", "secr", "noël", "brouillon", "pere", "retir"])
def test_what_nobody_is_shown_is_not_suggested(newsroom: Desk, typed: str) -> None:
    shown = {"Licence libre", "Licences", "Secret de la presse"}
    assert {each.text for each in suggested(newsroom, typed)} <= shown


def test_an_embargo_ends_by_itself(newsroom: Desk) -> None:
    later = NOW.replace(year=2100)
    found = Search(newsroom.archive).suggest("noel", later, ALL)
    assert [(each.kind, each.text) for each in found] == [
        ("title", "Licence de Noël"), ("tag", "Noël"), ("author", "Noël Père")
    ]  # fmt: skip


def test_each_kind_has_its_share_and_leaves_what_it_does_not_use(desk: Desk) -> None:
    for number in range(9):
        desk.article(f"{number}.md", title=f"Presse {number}", tags=f"[Presse {number}]",
                     authors=f"[Presse {number}]", body="presser presses pressait")  # fmt: skip
    desk.load(THEN)
    assert [each.kind for each in suggested(desk, "press")] == [
        *["title"] * 3, *["tag"] * 3, *["author"] * 2
    ]  # fmt: skip
    desk.index(THEN)
    kinds = [each.kind for each in suggested(desk, "press")]
    assert kinds == [kind for kind in ("title", "tag", "author", "word") for _ in range(2)]
    assert len(suggested(desk, "press", 3)) == 3


def test_edits_are_followed(newsroom: Desk) -> None:
    newsroom.article("licence.md", "2025-01-01", "Permis", tags="[Droit]")
    (newsroom.config.articles_dir / "oeuvre.md").unlink()
    newsroom.load(NOW)
    assert of(newsroom, "licence", "title") == []
    assert of(newsroom, "licence", "tag") == []
    assert of(newsroom, "perm", "title") == ["Permis"]
    assert of(newsroom, "droit", "tag") == ["Droit"]
    assert of(newsroom, "oeuvre", "title") == of(newsroom, "zoe", "author") == []
    elsewhere = newsroom.with_settings(timezone="America/Montreal")  # its lists are made anew
    elsewhere.load(NOW)
    assert of(elsewhere, "perm", "title") == ["Permis"]


@pytest.mark.parametrize(
    "typed",
    ["*", "a" * 5000, "a " * 60, "NEAR(a b)", "words:a", "^a", 'a" OR "b', "{a}", "\0", "é́"],
)
def test_whatever_is_typed_is_no_query_language(newsroom: Desk, typed: str) -> None:
    assert len(suggested(newsroom, typed)) <= ALL


def test_the_site_answers_what_is_typed(newsroom: Desk) -> None:
    client = newsroom.client()
    answer = client.get("/search/suggest?q=licenc")
    assert answer.json == [
        {"kind": "title", "label": "Article", "text": "Licence libre", "url": "/articles/licence/"},
        {"kind": "title", "label": "Article", "text": "Le licenciement d’Altman",
         "url": "/articles/affaire/2023-11-17-2130-fin/"},
        {"kind": "tag", "label": "Mot-clé", "text": "Licences", "url": "/tags/licences/"},
        {"kind": "word", "label": "Mot", "text": "licenciement", "value": "licenciement"},
        {"kind": "word", "label": "Mot", "text": "licence", "value": "licence"},
    ]  # fmt: skip
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    known = {"If-None-Match": answer.headers["ETag"]}
    assert client.get("/search/suggest?q=licenc", headers=known).status_code == 304
    for nothing in ("/search/suggest", "/search/suggest?q=", "/search/suggest?q=" + "x" * 4000):
        assert client.get(nothing).json == []


def test_while_there_is_no_index_titles_and_names_are_suggested(desk: Desk) -> None:
    desk.article("a.md", title="Le pont", tags="[Ponts]")
    desk.load(THEN)
    assert [each.kind for each in suggested(desk, "pont")] == ["title", "tag"]
