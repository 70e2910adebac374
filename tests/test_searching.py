"""What is found: by words, phrases and filters, on which day, and what happens when it changes."""

from contextlib import closing
from datetime import datetime, timedelta

import pytest

from conftest import NOW, Desk
from newsarchive.errors import SearchError
from newsarchive.indexing import Indexing
from newsarchive.loader import writing
from newsarchive.loading import load
from newsarchive.progress import Making, tell_making
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


def test_what_is_meant_is_offered_where_it_finds_more(newsroom: Desk) -> None:
    for number in range(55):
        newsroom.article(f"{number}.md", "2020-01-01", body="Le conseil municipal.")
    newsroom.article("faute.md", "2020-03-01", body="Le conseil muncipal.")
    newsroom.load(THEN + timedelta(minutes=1))
    newsroom.index(THEN + timedelta(minutes=1))
    found = find(newsroom, "muncipal")
    assert paths(found) == ["faute"]
    assert (found.meant, found.is_meant) == ("municipal", False)
    assert find(newsroom, "licencei").meant == ""  # the same stem: it finds no more


def test_words_that_every_text_has_are_left_out_and_named(newsroom: Desk) -> None:
    found = find(newsroom, "le retour de la")
    assert paths(found) == ["2023-11-22", "affaire"]
    assert [note.message for note in found.notes] == [
        "what stands in almost every text was left out: le de la"
    ]
    assert [clause.atoms[0].text for clause in found.asked.clauses] == ["retour"]


def test_a_beginning_that_no_word_has_finds_nothing(newsroom: Desk) -> None:
    assert paths(find(newsroom, "altman zzzz*")) == []
    assert paths(find(newsroom, "retour -zzzz*")) == ["2023-11-22", "affaire"]
    assert paths(find(newsroom, "retour OR zzzz*")) == ["2023-11-22", "affaire"]


def test_what_a_title_shows_marked_is_the_word_itself(newsroom: Desk) -> None:
    newsroom.article("points.md", "2024-06-01", "Et puis... l'altman ?")
    newsroom.load(THEN + timedelta(minutes=1))
    newsroom.index(THEN + timedelta(minutes=1))
    (result,) = find(newsroom, "altman puis").results
    assert [piece.text for piece in result.title if piece.is_match] == ["puis", "altman"]


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


@pytest.mark.parametrize(
    "more",
    [None, {"status": "draft"}, {"status": "withdrawn"}, {"date": "2099-01-01"}],
    ids=["removed", "a draft", "withdrawn", "under embargo"],
)
def test_a_story_is_not_found_by_an_update_that_is_gone(
    newsroom: Desk, more: dict[str, str] | None
) -> None:
    later = THEN + timedelta(minutes=1)
    assert "affaire" in paths(find(newsroom, "retour"))
    if more is None:
        (newsroom.config.articles_dir / "affaire/2023-11-22.md").unlink()
    else:
        newsroom.article("affaire/2023-11-22.md", title="Le retour", **more)
    newsroom.load(later)
    newsroom.index(later)
    assert paths(find(newsroom, "retour")) == []
    assert "affaire" in paths(find(newsroom, "renvoyé"))  # by the other one


def test_a_story_is_not_found_by_an_update_that_moved_to_another(newsroom: Desk) -> None:
    update = "affaire/2023-11-22.md"
    newsroom.article(update, title="Le retour", id="tag:example.org,2026:retour")
    newsroom.article("autre/index.md", title="Une autre")
    newsroom.load(THEN)
    newsroom.index(THEN)
    assert set(paths(find(newsroom, "retour"))) == {"affaire", "2023-11-22"}
    articles, later = newsroom.config.articles_dir, THEN + timedelta(minutes=1)
    (articles / update).rename(articles / "autre/2023-11-22.md")
    newsroom.load(later)
    newsroom.index(later)
    assert set(paths(find(newsroom, "retour"))) == {"autre", "2023-11-22"}


@pytest.mark.requirement(11)
def test_an_embargo_ends_in_the_index_too(desk: Desk) -> None:
    end = NOW - timedelta(hours=1)
    desk.article("x.md", end.isoformat(), "Surprise")
    desk.load(end - timedelta(hours=2))
    with closing(Indexing(desk.config)) as indexing:
        assert indexing.catch_up(end - timedelta(hours=2)) == end
        assert paths(find(desk, "surprise")) == []
        assert Search(desk.archive).suggest("sur", end - timedelta(hours=2), 8) == ()
        assert indexing.catch_up(end) is None
    assert paths(find(desk, "surprise")) == ["x"]


def test_an_index_of_another_catalogue_is_made_anew(newsroom: Desk) -> None:
    for file in newsroom.config.data_dir.glob("catalogue.sqlite3*"):
        file.unlink()
    newsroom.article("neuf.md", "2024-05-05", "Tout neuf")
    newsroom.load(THEN + timedelta(minutes=1))
    search = Search(newsroom.archive)
    assert search.behind() == newsroom.archive.catalogue.last_change()
    newsroom.index(THEN + timedelta(minutes=2))
    assert paths(find(newsroom, "neuf")) == ["neuf"]
    assert paths(find(newsroom, "licencie altman")) == [DAY]


def test_while_an_index_is_made_it_is_told_how_far_it_is(
    newsroom: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsarchive.indexing.TOLD_SECONDS", 60.0)
    seen: list[Making | None] = []
    for file in newsroom.config.data_dir.glob("catalogue.sqlite3*"):
        file.unlink()
    with writing(newsroom.config) as writer:
        load(newsroom.config, writer, NOW)
        with closing(Indexing(newsroom.config)) as indexing:
            search = Search(newsroom.archive)

            def told(done: int, total: int) -> None:
                assert (done, total) == (0, 8)
                seen.append(search.making())
                # the one that was there before answers
                assert paths(find(newsroom, "licencie altman")) == [DAY]

            indexing.catch_up(NOW, told)
        assert seen == [Making(0, 8)]
        assert search.making() is None
        tell_making(newsroom.config, Making(3, 8))
        assert search.making() == Making(3, 8)
    assert search.making() is None  # who told it is gone
    newsroom.index()


def test_without_an_index_a_search_says_so(desk: Desk) -> None:
    desk.article("a.md")
    desk.load(THEN)
    for ask in (
        lambda: find(desk, "titre"),
        lambda: Search(desk.archive).count(Query(text="x"), NOW),
    ):
        with pytest.raises(SearchError, match="no search index yet; run: newsarchive index"):
            ask()
    assert find(desk, "type:article").total == 1  # a list, which the catalogue has


def test_a_damaged_index_is_made_anew(newsroom: Desk) -> None:
    folder = newsroom.config.data_dir / f"search-{newsroom.config.search_engine}"
    for file in folder.rglob("*"):
        if file.is_file():
            file.write_bytes(b"damaged" * 20)
    newsroom.index(THEN + timedelta(minutes=1))
    assert paths(find(newsroom, "licencie altman")) == [DAY]


# -- near an address that nobody has --


def near(desk: Desk, address: str, now: datetime = NOW, limit: int = 6) -> list[str]:
    return [entry.path for entry in Search(desk.archive).near(address, now, limit)]


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("/2023/11/sam-altman-est-renvoye.html", [f"affaire/{DAY}"]),
        ("/articles/le-retour/", ["affaire/2023-11-22"]),
        ("/AFFAIRE_MUSK/", ["affaire"]),
        ("/articles/licencimeent/", [f"affaire/{DAY}"]),
        ("/the-bridges", ["bridge.en"]),
        ("/漢字", ["kanji"]),
        ("/travaux/", []),  # said in texts alone
        ("/2023/11/17/", []),
        ("/secret/retire/embargo/", []),
        ("/" + "é%/._" * 900, []),
        ("/", []),
    ],
)
def test_near_an_address_is_what_shares_words_with_it(
    newsroom: Desk, address: str, wanted: list[str]
) -> None:
    newsroom.article("kanji.md", title="漢字仮名", lang="ja")
    newsroom.load(THEN + timedelta(minutes=1))
    newsroom.index(THEN + timedelta(minutes=1))
    assert near(newsroom, address) == wanted


def test_a_rare_word_brings_an_entry_nearer_than_a_common_one(newsroom: Desk) -> None:
    for number in range(9):
        newsroom.article(f"pont-{number}.md", "2024-03-01", f"Un pont de plus, {number}")
    newsroom.article("loire.md", "2024-03-01", "La Loire")
    newsroom.load(THEN + timedelta(minutes=1))
    newsroom.index(THEN + timedelta(minutes=1))
    found = near(newsroom, "/ponts-de-la-loire/")
    assert found[0] == "loire"
    assert len(found) == 6
    assert near(newsroom, "/ponts-de-la-loire/", limit=1) == ["loire"]


@pytest.mark.parametrize(
    "more", [{"status": "draft"}, {"status": "withdrawn"}, {"date": "2099-01-01"}]
)
def test_near_an_address_is_nothing_that_the_index_does_not_know_to_be_hidden(
    newsroom: Desk, more: dict[str, str]
) -> None:
    newsroom.article("pont.md", title="Le pont de l’État", **more)
    newsroom.load(THEN + timedelta(minutes=1))
    assert near(newsroom, "/pont/") == []


def test_an_embargo_holds_near_an_address_too(desk: Desk) -> None:
    end = NOW + timedelta(hours=1)
    desk.article("x.md", end.isoformat(), "Surprise")
    desk.load(NOW)
    desk.index(end)  # by a clock that is fast
    assert near(desk, "/surprises/", NOW) == []
    assert near(desk, "/surprises/", end) == ["x"]


def test_who_is_lost_is_shown_what_is_near_however_the_index_is(newsroom: Desk) -> None:
    newsroom.article("2024/pont-neuf.md", "2024-06-01")
    newsroom.load(THEN + timedelta(minutes=1))
    answer = newsroom.client().get("/2023/11/sam-altman-est-renvoye.html")
    assert answer.status_code == 404
    assert f'href="/articles/affaire/{DAY}/"' in answer.text
    folder = newsroom.config.data_dir / f"search-{newsroom.config.search_engine}"
    for file in folder.rglob("*"):
        if file.is_file():
            file.write_bytes(b"damaged" * 20)
    answer = newsroom.client().get("/articles/2024/pont-neufs/")
    assert answer.status_code == 404
    assert 'href="/articles/2024/pont-neuf/"' in answer.text


@pytest.mark.parametrize("state", ["draft", "withdrawn"])
def test_what_was_hidden_is_not_shown_by_an_index_that_does_not_know_it_yet(
    newsroom: Desk, state: str
) -> None:
    newsroom.article(
        "affaire/2023-11-22.md", "2023-11-22", "Le retour", body="Altman.", status=state
    )
    newsroom.load(THEN)
    assert "2023-11-22" not in paths(find(newsroom, "altman"))


@pytest.mark.parametrize(
    ("asked", "meant"),
    [("l'affare", "l'affaire"), ('"altmna revient"', '"altman revient"'), ("œvre", "œuvre")],
)
def test_a_mistake_in_a_part_of_a_word_or_of_a_phrase_is_understood(
    newsroom: Desk, asked: str, meant: str
) -> None:
    found = find(newsroom, asked)
    assert (found.meant.lower(), found.is_meant, bool(found.results)) == (meant, True, True)
