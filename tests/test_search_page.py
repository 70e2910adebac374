"""The search page: how a question is read, narrowed, widened and subscribed to; what it finds."""

import re
from contextlib import closing
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import lxml.html
import pytest
from flask.testing import FlaskClient

from conftest import NOW, Desk
from newsarchive.indexing import Indexing
from newsarchive.loader import writing
from newsarchive.loading import load
from newsarchive.progress import Making, tell_making
from newsarchive.search.snippets import Piece
from newsarchive.web.results import fragment

THEN = NOW - timedelta(days=1)
DAY = "2023-11-17-2130-licenciement"
PAGES = ["/search/?q=altman", "/search/?tag=ia", "/search/?q=introuvable", "/search/?q=le"]


@pytest.fixture
def newsroom(desk: Desk) -> Desk:
    """A story of many days, an article in each language, and what nobody may find."""
    desk.article("affaire/index.md", "2023-11-17", "L’affaire", tags="[IA]", body="Altman, enfin.")
    desk.article(f"affaire/{DAY}.md", "2023-11-17 21:30", "Sam Altman est renvoyé",
                 body="Le patron d’OpenAI est **licencié** ce soir.", tags="[IA, OpenAI]")  # fmt: skip
    for day in range(18, 24):
        desk.article(f"affaire/2023-11-{day}.md", f"2023-11-{day}", f"Jour {day}", body="Altman.")
    desk.article("pont.md", "2024-02-01", "Le pont", authors="Ada", body="Les travaux d’Altman.")
    desk.article("bridge.en.md", "2025-03-01", "Bridge", authors="Zoé", body="Altman’s works.")
    desk.article("brouillon.md", "2024-02-01", "Secret", status="draft", body="altman")
    desk.article("noel.md", "2099-12-24", "Embargo", body="altman")
    desk.load(THEN)
    desk.index(THEN)
    return desk


def page(desk: Desk, address: str, status: int = 200) -> lxml.html.HtmlElement:
    answer = desk.client().get(address)
    assert answer.status_code == status, answer.text
    return lxml.html.fromstring(answer.text)


def text_of(shown: lxml.html.HtmlElement, path: str) -> str:
    return " ".join(" ".join(each.text_content().split()) for each in shown.xpath(path))


def filters(shown: lxml.html.HtmlElement) -> dict[str, str]:
    """Addresses without each filter, by what the filter says."""
    links = shown.xpath("//ul[contains(@class, 'filters')]//a")
    return {link.text_content().removesuffix(" ×"): link.get("href") for link in links}


def args(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def facet(shown: lxml.html.HtmlElement, heading: str) -> dict[str, str]:
    links = shown.xpath(f"//details[contains(@class, 'facets')]/section[h2='{heading}']//a")
    return {link.text: link.get("href") for link in links}


@pytest.mark.parametrize("address", PAGES)
def test_the_page_answers_whole_and_small_and_304(newsroom: Desk, address: str) -> None:
    client = newsroom.client()
    answer = client.get(address)
    assert answer.status_code == 200
    assert len(answer.data) < 45_000
    for hidden in ("Secret", "Embargo", "StrictUndefined"):
        assert hidden not in answer.text
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?! type=\"module\" src)| style=|<style", answer.text)
    known = client.get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert known.status_code == 304


# -- how it was read --


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("q=licencié+altman", "1 article avec licencié et altman"),
        ("q=altman+tag:ia+after:2023-11-18+before:2023-11-20",
         "2 articles avec altman, depuis le 18 novembre 2023, avant le 20 novembre 2023,"
         " sous le mot-clé IA"),
        ("q=altman&after=2024&before=2025", "1 article avec altman, en 2024"),
        ("q=altman&after=2023-11&before=2023-12", "8 articles avec altman, en novembre 2023"),
        ("q=altman&after=2023-11-20&before=2023-11-21",
         "1 article avec altman, le 20 novembre 2023"),
        ("q=altman&after=2024", "2 articles avec altman, depuis 2024"),
        ("q=altman&before=2023-11-18", "2 articles avec altman, avant le 18 novembre 2023"),
        ("q=altman&before=2024-01", "8 articles avec altman, avant janvier 2024"),
        ("q=altman+-tag:ia", "2 articles avec altman, hors du mot-clé IA"),
        ("q=altman&type=update", "7 mises à jour avec altman"),
        ("q=altman&type=article&lang=fr", "2 articles avec altman, en français"),
        ("author=ada", "1 article par Ada"),
        ("story=affaire&q=licencié", "1 article avec licencié, dans le récit « L’affaire »"),
        ("q=\"patron+d’OpenAI\"+-pont", "1 article avec « patron d’OpenAI », sans pont"),
        ("q=licenci*+(+OU+pont+ou+travaux", "Rien avec licenci…, pont et travaux"),
        ("q=altman+licencié+OU+travaux", "2 articles avec altman et (licencié ou travaux)"),
        ("q=licencié+OU+travaux", "2 articles avec licencié ou travaux"),
        ("q=<script>altman%26", "Rien avec <script>altman&"),
        ("q=le+la", "Rien"),
        ("q=!!!", "Rien"),
    ],
)  # fmt: skip
def test_the_page_says_in_words_how_it_was_read(newsroom: Desk, asked: str, said: str) -> None:
    shown = page(newsroom, f"/search/?{asked}")
    assert text_of(shown, "//p[@class='read']") == said


def test_the_page_says_what_was_left_out(newsroom: Desk) -> None:
    shown = page(newsroom, "/search/?q=le+retour+%22de")
    said = text_of(shown, "//div[@id='said']")
    assert "le guillemet n’était pas fermé" in said
    assert "a été laissé de côté : le" in said


def test_the_field_keeps_the_question_and_filters_written_in_it_become_filters(
    newsroom: Desk,
) -> None:
    shown = page(newsroom, "/search/?q=%22patron++altman+tag:IA")
    assert shown.get_element_by_id("q").value == '"patron altman tag:IA'
    shown = page(newsroom, "/search/?q=altman+tag:IA+after:2023")
    assert shown.get_element_by_id("q").value == "altman"
    assert list(filters(shown)) == ["IA", "depuis 2023"]
    shown = page(newsroom, "/search/?q=++ALTMAN+-pont")
    assert shown.get_element_by_id("q").value == "ALTMAN -pont"


# -- narrower and wider --


def test_every_filter_can_be_removed_and_leaves_the_others_and_the_order(newsroom: Desk) -> None:
    every = {
        "q": "altman", "tag": "ia,-openai", "author": "ada", "lang": "fr", "type": "update",
        "story": "affaire", "after": "2023", "before": "2024", "order": "oldest",
    }  # fmt: skip
    shown = page(newsroom, "/search/?page=1&" + "&".join(f"{k}={v}" for k, v in every.items()))
    removed = {text: args(address) for text, address in filters(shown).items()}
    assert removed == {
        "IA": every | {"tag": "-openai"},
        "− OpenAI": every | {"tag": "ia"},
        "Ada": {k: v for k, v in every.items() if k != "author"},
        "français": {k: v for k, v in every.items() if k != "lang"},
        "Mises à jour": {k: v for k, v in every.items() if k != "type"},
        "L’affaire": {k: v for k, v in every.items() if k != "story"},
        "2023": {k: v for k, v in every.items() if k not in {"after", "before"}},
    }


def test_the_form_keeps_what_is_not_typed_into_it(newsroom: Desk) -> None:
    asked = "/search/?q=altman&tag=ia&lang=fr&type=update&after=2023&order=newest"
    form = page(newsroom, asked).xpath("//main//form")[0]
    assert dict(form.form_values()) == {
        "q": "altman", "tag": "ia", "lang": "fr", "type": "update", "after": "2023",
        "before": "", "order": "newest",
    }  # fmt: skip
    plain = page(newsroom, "/search/?q=altman").xpath("//main//form")[0]
    assert dict(plain.form_values()) == {"q": "altman", "after": "", "before": ""}


def test_facets_count_what_they_leave_and_the_bars_do_for_years(newsroom: Desk) -> None:
    shown = page(newsroom, "/search/?q=altman")
    assert "OpenAI" in facet(shown, "Mots-clés")
    assert list(facet(shown, "Genres")) == ["Mises à jour", "Articles"]
    assert list(facet(shown, "Langues")) == ["français", "anglais"]
    bars = shown.xpath("//ol[contains(@class, 'time')]//a")
    assert [" ".join(bar.text_content().split()) for bar in bars] == ["82023", "12024", "12025"]
    assert [bar.get("aria-label") for bar in bars] == [
        "2023, 8 articles", "2024, 1 article", "2025, 1 article",
    ]  # fmt: skip
    for kind, address in facet(shown, "Genres").items():
        narrowed = page(newsroom, address)
        assert kind not in facet(narrowed, "Genres")
        assert kind in filters(narrowed)
    within = page(newsroom, bars[0].get("href"))
    assert text_of(within, "//p[@class='read']").startswith("8 articles avec altman, en 2023")
    assert filters(within) == {"2023": "/search/?q=altman"}


def test_a_year_that_is_alone_can_be_narrowed_to(newsroom: Desk) -> None:
    shown = page(newsroom, "/search/?q=licencié")
    assert facet(shown, "Année") == {"2023": "/search/?after=2023&before=2024&q=licenci%C3%A9"}
    assert facet(page(newsroom, facet(shown, "Année")["2023"]), "Année") == {}


def test_a_bar_never_widens_a_span_of_days(newsroom: Desk) -> None:
    newsroom.article("neige.md", "2023-12-05", body="Altman.")
    newsroom.load(NOW)
    newsroom.index(NOW)
    shown = page(newsroom, "/search/?q=altman&after=2023-11-20&before=2023-12-06")
    november, december = shown.xpath("//ol[contains(@class, 'time')]//a")
    assert november.get("aria-label") == "novembre 2023, 4 articles"
    spans = [args(bar.get("href")) for bar in (november, december)]
    assert [(each["after"], each["before"]) for each in spans] == [
        ("2023-11-20", "2023-12"), ("2023-12", "2023-12-06"),
    ]  # fmt: skip
    said = text_of(page(newsroom, november.get("href")), "//p[@class='read']")
    assert said.startswith("4 articles avec altman")
    assert facet(shown, "Année") == {}


def test_a_tag_that_narrows_already_is_not_offered_again(newsroom: Desk) -> None:
    shown = page(newsroom, "/search/?q=altman&tag=ia")
    assert list(facet(shown, "Mots-clés")) == ["OpenAI"]
    assert args(facet(shown, "Mots-clés")["OpenAI"])["tag"] == "ia,openai"


def test_the_end_of_the_calendar_can_be_narrowed_to(desk: Desk) -> None:
    desk.article("a.md", "2001")
    desk.article("z.md", "9999")
    far = THEN.replace(year=9999, month=12, day=31)
    desk.load(far)
    desk.index(far)
    assert page(desk, "/search/?q=titre&after=9999&before=9999").xpath("//p[@class='read']")


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        ("after=hier", {"after": "Depuis : un jour, un mois ou une année"}),
        ("before=2023-13", {"before": "Avant : un jour, un mois ou une année"}),
        ("after=x&before=y", {"after": "Depuis :", "before": "Avant :"}),
    ],
)
def test_a_malformed_date_is_told_and_nothing_else_is_lost(
    newsroom: Desk, asked: str, wrong: dict[str, str]
) -> None:
    shown = page(newsroom, f"/search/?q=altman&tag=ia&order=newest&{asked}", 400)
    for name, text in wrong.items():
        field = shown.xpath(f"//input[@name='{name}']")[0]
        told = shown.get_element_by_id(field.get("aria-describedby"))
        assert told.text_content().replace("\u00a0", " ").startswith(text)
        assert field.get("aria-invalid") == "true"
    values = dict(shown.xpath("//main//form")[0].form_values())
    assert values["q"] == "altman"
    assert values["tag"] == "ia"
    assert values["order"] == "newest"
    assert values["after"] == args(f"?{asked}").get("after", "")
    assert shown.xpath("//main//form//details/@open")
    assert "IA" in filters(shown)


def test_a_date_written_among_the_words_is_told_too(newsroom: Desk) -> None:
    shown = page(newsroom, "/search/?q=altman+after:hier&tag=ia", 400)
    assert shown.get_element_by_id("q").value == "altman after:hier"
    assert "un jour, un mois ou une année" in text_of(shown, "//p[@class='problem']")
    assert dict(shown.xpath("//main//form")[0].form_values())["tag"] == "ia"


def test_what_is_too_long_is_told_with_what_to_do(newsroom: Desk) -> None:
    shown = page(newsroom, "/search/?tag=ia&q=" + "mot+" * 20, 400)
    assert "au plus 16 mots" in text_of(shown, "//p[@class='problem']")
    assert shown.get_element_by_id("q").get("aria-describedby") == "wrong-q"
    assert page(newsroom, "/search/?q=" + "x" * 300, 400).xpath("//p[@id='wrong-q']")


# -- what was found --


def test_the_page_leads_to_the_very_update_with_its_words_marked(newsroom: Desk) -> None:
    shown = page(newsroom, "/search/?q=licencie+altman")
    (link,) = shown.xpath("//section[contains(@class, 'result')]//h2/a")
    assert link.get("href") == f"/articles/affaire/{DAY}/#:~:text=licenci%C3%A9"
    assert [mark.text for mark in shown.xpath("//mark")] == ["Altman", "licencié"]
    assert shown.xpath("//p[@class='of']/a/text()") == ["L’affaire"]
    assert text_of(shown, "//section[@class='result']//time") == "17 nov. 2023, 21 h 30"


@pytest.mark.parametrize(
    ("pieces", "found"),
    [
        ([("Dans l’", False), ("avenir", True), (" proche", False)], "l%E2%80%99avenir"),
        ([("un ", False), ("e", False), ("-", False), ("mail", True)], "mail"),
        ([("d'", False), ("aujourd", True), ("'hui,", False)], "d%27aujourd%27hui"),
        ([("« ", False), ("covid-19", True), (" »", False)], "covid%2D19"),
        ([("a,b&c", True)], "a%2Cb%26c"),
        ([("x", True), (" ", False), ("x", True), (" ", False), ("y", True)], "x&text=y"),
        ([("rien", False)], ""),
    ],
)
def test_an_address_marks_whole_words_as_browsers_see_them(
    pieces: list[tuple[str, bool]], found: str
) -> None:
    address = fragment([Piece(*each) for each in pieces])
    assert address == (f"#:~:text={found}" if found else "")


def test_what_else_of_a_story_matches_is_counted_on_every_page(newsroom: Desk) -> None:
    small = newsroom.with_settings(page_size=5)
    shown = page(small, "/search/?q=altman&lang=fr&type=update")
    assert len(shown.xpath("//section[@class='result']//h2")) == 3
    (more,) = shown.xpath("//section[@class='result']/p[@class='meta']/a")
    assert more.text == "4 autres mises à jour"
    assert args(more.get("href"))["story"] == "affaire"
    assert text_of(page(small, more.get("href")), "//p[@class='read']").startswith("7 mises à jour")


def test_what_was_meant_is_what_is_narrowed_and_subscribed_to(newsroom: Desk) -> None:
    shown = page(newsroom, "/search/?q=altmna+licencié")
    said = text_of(shown, "//div[@id='said']")
    assert "Rien ne contient" in said
    assert "1 article avec Altman et licencié" in said
    assert shown.get_element_by_id("q").value == "altmna licencié"
    tagged = args(facet(shown, "Mots-clés")["OpenAI"])
    assert tagged == {"q": "Altman licencié", "tag": "openai"}
    feeds = shown.xpath("//p[contains(@class, 'subscribe')]//a/@href")
    assert args(feeds[0]) == {"q": "Altman licencié"}
    assert DAY in newsroom.client().get(feeds[0]).text


def test_where_nothing_is_found_fewer_conditions_are_offered_with_their_counts(
    newsroom: Desk,
) -> None:
    shown = page(newsroom, "/search/?q=altman+zyx&author=ada&order=newest")
    assert text_of(shown, "//ul[@class='instead']/li") == "sans zyx 1 un seul de ces mots suffit 1"
    address, _ = shown.xpath("//ul[@class='instead']//a/@href")
    assert args(address) == {"q": "altman", "author": "ada", "order": "newest"}
    shown = page(newsroom, "/search/?q=travaux&tag=ia")
    assert text_of(shown, "//ul[@class='instead']/li") == "sans IA 1"
    shown = page(newsroom, "/search/?q=pont+bridge+-embargo")
    assert text_of(shown, "//ul[@class='instead']/li") == (
        "sans pont 1 sans bridge 1 un seul de ces mots suffit 2"
    )
    nothing = page(newsroom, "/search/?q=introuvable")
    assert "Essayez moins de mots" in text_of(nothing, "//main")
    assert page(newsroom, "/search/?q=le+la").xpath("//main//mark") == []


def test_a_search_is_a_feed_newest_first(newsroom: Desk) -> None:
    """feeds.md 29, 36."""
    client = newsroom.client()
    for form in ("rss", "atom", "json"):
        document = client.get(f"/search/feed.{form}?q=altman").text
        places = [document.find(title) for title in ("Jour 22", "Sam Altman est renvoyé")]
        assert -1 not in places
        assert places == sorted(places)
    moved = client.get("/search/feed.rss?q=altman+tag%3AIA")
    assert moved.headers["Location"] == "/search/feed.rss?q=altman&tag=ia"
    assert client.get("/search/feed.json?q=le").json["items"] == []


# -- while the index is made --


def is_refused(client: FlaskClient, address: str) -> bool:
    answer = client.get(address)
    return answer.status_code == 503 and "Retry-After" in answer.headers


def test_while_the_first_index_is_made_the_page_says_how_far_it_is(desk: Desk) -> None:
    desk.article("a.md", tags="[IA]")
    client = desk.client()
    with writing(desk.config) as writer:
        load(desk.config, writer, THEN)
        answer = client.get("/search/?q=titre")
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == answer.headers["Refresh"] == "5"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "L’index de recherche est en construction" in answer.text
        assert "<progress" not in answer.text
        tell_making(desk.config, Making(4200, 10_000))
        shown = page(desk, "/search/?q=titre", 503)
        assert shown.xpath("//progress/@value") == ["4200"]
        assert shown.xpath("//progress/@max") == ["10000"]
        assert "en construction : 4 200 articles sur 10 000." in text_of(shown, "//main")
        assert shown.get_element_by_id("q").value == "titre"
        assert client.get("/readyz").json["search"] == {"behind": 1, "done": 4200, "total": 10_000}
        # nothing is typed away: this page does not load again
        empty = client.get("/search/")
        assert (empty.status_code, empty.headers.get("Refresh")) == (200, None)
        assert "<progress" in empty.text
        # lists, suggestions and all other pages answer
        assert client.get("/search/?tag=ia").status_code == 200
        assert client.get("/search/suggest?q=titre").json[0]["url"] == "/articles/a/"
        assert client.get("/").status_code == 200
        assert is_refused(client, "/search/feed.rss?q=titre")
        with closing(Indexing(desk.config)) as indexing:
            indexing.catch_up(THEN)
    answer = client.get("/search/?q=titre")
    assert answer.status_code == 200
    assert "<progress" not in answer.text
    assert client.get("/readyz").json["search"] == {"behind": 0}


def test_while_an_index_is_made_anew_the_one_before_answers(newsroom: Desk) -> None:
    client = newsroom.client()
    with writing(newsroom.config):
        tell_making(newsroom.config, Making(1, 12))
        answer = client.get("/search/?q=altman")
        assert answer.status_code == 200
        assert "Refresh" not in answer.headers
        assert "D’ici là, les nouveautés peuvent manquer ici." in answer.text
        tell_making(newsroom.config, None)
        assert "<progress" not in client.get("/search/?q=altman").text


def test_changes_that_are_not_in_the_index_yet_are_counted(newsroom: Desk) -> None:
    newsroom.article("neuf.md")
    newsroom.load(NOW)
    text = newsroom.client().get("/search/?q=altman").text
    assert "1 changement n’y est pas encore" in text


@pytest.mark.requirement(14)
def test_while_the_index_is_damaged_search_is_refused_and_pages_answer(
    newsroom: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    for file in (newsroom.config.data_dir / "search-whoosh").rglob("*"):
        if file.is_file():
            file.write_bytes(b"damaged" * 20)
    client = newsroom.client()
    assert is_refused(client, "/search/?q=altman")
    assert is_refused(client, "/search/?q=altman")
    assert "L’index de recherche est en construction" in client.get("/search/?q=altman").text
    refused = client.get("/search/feed.rss?q=altman")
    assert refused.status_code == 503
    assert "L’index de recherche est en construction" in refused.text
    assert len(caplog.records) == 1
    assert client.get("/").status_code == 200
    assert client.get("/feed.rss").status_code == 200
    newsroom.index(NOW)
    assert client.get("/search/?q=altman").status_code == 200


@pytest.mark.parametrize("text", ["le la", "-le", "!!!", "introuvable"])
def test_the_feed_of_a_search_that_finds_nothing_is_empty(newsroom: Desk, text: str) -> None:
    answer = newsroom.client().get("/search/feed.json", query_string={"q": text})
    assert answer.status_code == 200
    assert answer.json["items"] == []
