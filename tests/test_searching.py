"""What is found: by words, phrases and filters, on which day, and what happens when it changes."""

import re
from contextlib import closing
from datetime import UTC, datetime, timedelta

import lxml.html
import pytest

from conftest import NOW, Desk
from newsarchive.indexing import Indexing
from newsarchive.query import Order, Query
from newsarchive.searching import Found, Search

THEN = NOW - timedelta(days=1)


@pytest.fixture(params=["whoosh", "tantivy"])
def newsroom(desk: Desk, request: pytest.FixtureRequest) -> Desk:
    """A story of two days, an article in each language, and what nobody may find."""
    made = desk.with_settings(search_engine=request.param)
    made.article(
        "affaire/index.md", "2023-11-17", "L’affaire", tags="[IA]", body="Ce que l’on sait."
    )
    made.article("affaire/2023-11-17-2130-licenciement.md", "2023-11-17 21:30", "Sam Altman est renvoyé",
                 body="Le patron d’OpenAI est **licencié** ce soir.", tags="[IA, OpenAI]")  # fmt: skip
    made.article(
        "affaire/2023-11-22.md", "2023-11-22", "Le retour", body="Altman revient, l’œuvre continue."
    )
    made.article(
        "pont.md",
        "2024-02-01",
        "Le pont de l’État",
        authors="Ada",
        body="Des travaux à 1 500 euros.",
    )
    made.article(
        "bridge.en.md", "2025-03-01", "The bridge", authors="Ada", body="Works of the State."
    )
    made.article("brouillon.md", "2024-02-01", "Secret", status="draft", body="licencié")
    made.article("retire.md", "2024-02-01", "Retiré", status="withdrawn", body="licencié")
    made.article("noel.md", "2099-12-24", "Embargo", body="licencié")
    made.load(THEN)
    made.index(THEN)
    return made


def find(desk: Desk, text: str = "", now: datetime = NOW, **more: str) -> Found:
    given = [("q", text), *more.items()]
    query = Query.from_args(given, Query(order=Order.RELEVANCE))
    return Search(desk.archive).find(query, now)


def paths(found: Found) -> list[str]:
    return [result.entry.path.rpartition("/")[2] for result in found.results]


DAY = "2023-11-17-2130-licenciement"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("licencie altman", [DAY]),
        ("LICENCIÉ", [DAY]),
        ("licencei altman", [DAY]),
        ('"patron d’openai"', [DAY]),
        ('"openai patron"', []),
        ("altman -openai", ["2023-11-22", "affaire"]),
        ("oeuvre OR licencié", ["2023-11-22", DAY]),
        ("lic*", [DAY]),
        ("altman after:2023-11-20", ["2023-11-22"]),
        ("altman tag:openai", [DAY]),
        ("-tag:ia travail", ["pont"]),
        ("author:Ada type:article", ["bridge.en", "pont"]),
        ("state", ["bridge.en"]),
        ("etat", ["pont"]),
        ("1500", ["pont"]),
        ("le la les", []),
        ("introuvable", []),
    ],
)
def test_words_find_the_day(newsroom: Desk, text: str, wanted: list[str]) -> None:
    assert sorted(paths(find(newsroom, text))) == sorted(wanted)


def test_a_hit_shows_its_words_where_they_stand(newsroom: Desk) -> None:
    result = find(newsroom, "licencie altman").results[0]
    assert [piece.text for piece in result.title if piece.is_match] == ["Altman"]
    assert [piece.text for piece in result.snippet if piece.is_match] == ["licencié"]
    assert "**" not in "".join(piece.text for piece in result.snippet)


def test_a_mistyped_word_is_looked_for_as_it_was_meant(newsroom: Desk) -> None:
    found = find(newsroom, "altmann retuor")
    assert found.is_meant
    assert found.meant == "Altman retour"
    assert "2023-11-22" in paths(found)


def test_a_story_is_found_by_what_its_updates_are_called(newsroom: Desk) -> None:
    assert "affaire" in paths(find(newsroom, "retour"))


def test_what_is_found_is_counted(newsroom: Desk) -> None:
    facets = find(newsroom, "altman").facets
    assert facets.of("tag") == {"ia": 2, "openai": 1} or facets.of("tag")["openai"] == 1
    assert facets.of("year") == {"2023": facets.of("year")["2023"]}
    assert find(newsroom, "author:ada").facets.of("year") == {"2024": 1, "2025": 1}
    assert find(newsroom, "author:ada").facets.of("lang") == {"fr": 1, "en": 1}


def test_what_is_read_otherwise_is_said(newsroom: Desk) -> None:
    found = find(newsroom, 'altman "ouvert')
    assert [note.message for note in found.notes] == ["the quotation mark was not closed"]


def test_an_edit_a_move_and_a_removal_are_followed(newsroom: Desk) -> None:
    later = THEN + timedelta(minutes=1)
    newsroom.article("pont.md", "2024-02-01", "Le viaduc", id="tag:example.org,2026:pont")
    (newsroom.config.articles_dir / "bridge.en.md").unlink()
    newsroom.load(later)
    assert Search(newsroom.archive).behind() > 0
    newsroom.index(later)
    assert Search(newsroom.archive).behind() == 0
    assert paths(find(newsroom, "viaduc")) == ["pont"]
    assert paths(find(newsroom, "travaux")) == []
    assert paths(find(newsroom, "bridge")) == []


def test_an_embargo_ends_in_the_index_too(desk: Desk) -> None:
    end = NOW - timedelta(hours=1)
    desk.article("x.md", end.isoformat(), "Surprise")
    desk.load(end - timedelta(hours=2))
    with closing(Indexing(desk.config)) as indexing:
        assert indexing.catch_up(end - timedelta(hours=2)) == end
        assert paths(find(desk, "surprise")) == []
        assert Search(desk.archive).suggest("sur", 8) == ()
        assert indexing.catch_up(end) is None
    assert paths(find(desk, "surprise")) == ["x"]


def test_an_index_of_another_catalogue_is_made_anew(newsroom: Desk) -> None:
    for file in newsroom.config.data_dir.glob("catalogue.sqlite3*"):
        file.unlink()
    newsroom.article("neuf.md", "2024-05-05", "Tout neuf")
    newsroom.load(THEN + timedelta(minutes=1))
    newsroom.index(THEN + timedelta(minutes=2))
    assert paths(find(newsroom, "neuf")) == ["neuf"]
    assert paths(find(newsroom, "licencie altman")) == [DAY]


def test_a_damaged_index_is_made_anew(newsroom: Desk) -> None:
    folder = newsroom.config.data_dir / f"search-{newsroom.config.search_engine}"
    for file in folder.rglob("*"):
        if file.is_file():
            file.write_bytes(b"damaged" * 20)
    newsroom.index(THEN + timedelta(minutes=1))
    assert paths(find(newsroom, "licencie altman")) == [DAY]


# -- the page --


def page(desk: Desk, address: str) -> lxml.html.HtmlElement:
    answer = desk.client().get(address)
    assert answer.status_code == 200, answer.text
    return lxml.html.fromstring(answer.text)


def test_the_page_leads_to_the_very_update_with_its_words_marked(newsroom: Desk) -> None:
    shown = page(newsroom, "/search/?q=licencie+altman")
    link = shown.xpath("//section[contains(@class, 'result')]//h2/a")[0]
    assert link.get("href") == f"/articles/affaire/{DAY}/#:~:text=licenci%C3%A9"
    assert [mark.text for mark in shown.xpath("//mark")] == ["Altman", "licencié"]
    assert shown.xpath("//p[@class='of']/a/text()") == ["L’affaire"]


def test_the_page_narrows_and_widens_again(newsroom: Desk) -> None:
    shown = page(newsroom, "/search/?q=altman")
    tag = next(a for a in shown.xpath("//div[contains(@class,'facets')]//a") if a.text == "OpenAI")
    narrowed = page(newsroom, tag.get("href"))
    assert len(narrowed.xpath("//section[contains(@class, 'result')]//h2")) == 1
    removed = narrowed.xpath("//ul[contains(@class, 'filters')]//a")[0]
    assert removed.get("aria-label") == "Retirer OpenAI"
    assert removed.get("href") == "/search/?q=altman"
    assert narrowed.xpath("//link[@type='application/rss+xml'][2]/@href") == [
        "/search/feed.rss?q=altman&tag=openai"
    ]


def test_a_search_is_a_feed_newest_first(newsroom: Desk) -> None:
    """feeds.md 29, 36."""
    client = newsroom.client()
    for form in ("rss", "atom", "json"):
        document = client.get(f"/search/feed.{form}?q=altman").text
        places = [document.find(title) for title in ("Le retour", "Sam Altman est renvoyé")]
        assert -1 not in places
        assert places == sorted(places)
    moved = client.get("/search/feed.rss?q=altman+tag%3AIA")
    assert moved.headers["Location"] == "/search/feed.rss?q=altman&tag=ia"


def test_the_page_says_that_nothing_was_found_and_helps_on(newsroom: Desk) -> None:
    shown = page(newsroom, "/search/?q=introuvable")
    assert "Rien" in shown.text_content()
    assert page(newsroom, "/search/?q=le+la").xpath("//main//mark") == []


def test_words_are_suggested(newsroom: Desk) -> None:
    answer = newsroom.client().get("/search/suggest?q=alt")
    assert answer.json == ["Altman"]
    known = newsroom.client().get(
        "/search/suggest?q=alt", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert known.status_code == 304
    assert newsroom.client().get("/search/suggest").json == []


def test_before_anything_is_indexed_the_page_says_so(desk: Desk) -> None:
    desk.article("a.md")
    desk.load(THEN)
    text = desk.client().get("/search/?q=titre").text
    assert re.search("L’index est en cours de mise à jour", text)
    desk.index(datetime.now(UTC))
    assert "mise à jour :" not in desk.client().get("/search/?q=titre").text
