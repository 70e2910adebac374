"""The index and the list of words follow the catalogue, batch by batch, and go on where they were."""

import contextlib
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from conftest import NOW, Desk
from newsarchive.errors import SearchError
from newsarchive.indexing import Indexer, Indexing
from newsarchive.query import Query
from newsarchive.search import open_engine, open_vocabulary
from newsarchive.search.position import Position
from newsarchive.searching import Search

ENTRIES = 10


@pytest.fixture(params=["whoosh", "tantivy"])
def newsroom(desk: Desk, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Ten articles, and an index that takes three at once and is worn after five changes."""
    for name, value in {"BULK": 3, "BATCH": 3, "WORN": 5, "TOLD_SECONDS": 0.0}.items():
        monkeypatch.setattr(f"newsarchive.indexing.{name}", value)
    made = desk.with_settings(search_engine=request.param)
    for number in range(ENTRIES):
        write(made, number, f"mot{number}")
    made.load(NOW)
    return made


def write(desk: Desk, number: int, word: str) -> None:
    desk.article(f"a{number}.md", "2024-01-01", f"Titre {number}", body=f"commun {word}")


def found(desk: Desk, text: str) -> int:
    return Search(desk.archive).find(Query(text=text), NOW, facets=False).total


def position(desk: Desk) -> Position:
    with closing(open_engine(desk.config)) as engine:
        read = Position.parse(engine.position())
    assert read
    return read


class Killed(BaseException):
    """What no code of ours catches."""


@pytest.mark.requirement(12)
def test_a_first_index_answers_while_it_is_made_and_goes_on_after_it_was_killed(
    newsroom: Desk,
) -> None:
    told: list[tuple[int, int]] = []

    def kill_in_the_third_batch(done: int, total: int) -> None:
        told.append((done, total))
        if len(told) == 9:
            raise Killed

    with closing(Indexing(newsroom.config)) as indexing, pytest.raises(Killed):
        indexing.catch_up(NOW, kill_in_the_third_batch)
    assert {total for _, total in told} == {ENTRIES}
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert (position(newsroom).sequence, position(newsroom).is_whole) == (6, False)
    assert found(newsroom, "commun") == 6
    assert Search(newsroom.archive).behind() == ENTRIES - 6

    told.clear()
    with closing(Indexing(newsroom.config)) as indexing:
        indexing.catch_up(NOW, lambda done, total: told.append((done, total)))
    assert told[0] == (3, ENTRIES)  # half of six: each is put into the list of words too
    assert position(newsroom).is_whole
    assert found(newsroom, "commun") == ENTRIES
    assert found(newsroom, "mot*") == ENTRIES


def test_a_worn_index_is_made_anew_while_edits_are_found(newsroom: Desk) -> None:
    newsroom.index()
    begun = position(newsroom)
    for number in range(4):
        write(newsroom, number, f"neuf{number}")
        newsroom.load(NOW)
        newsroom.index()
    assert position(newsroom).whole == begun.whole
    write(newsroom, 4, "neuf4")
    newsroom.load(NOW)
    newsroom.index()
    write(newsroom, 5, "neuf5")
    newsroom.load(NOW)
    seen: list[int] = []

    def save_meanwhile(*_: int) -> None:
        if not seen:
            write(newsroom, 6, "entretemps")
            newsroom.load(NOW)
        seen.append(found(newsroom, "entretemps"))

    with closing(Indexing(newsroom.config)) as indexing:
        indexing.catch_up(NOW, save_meanwhile)
    assert seen[0] == 0
    assert 1 in seen, "an edit is found before the new index is whole"
    assert position(newsroom).whole > begun.whole
    assert found(newsroom, "commun") == ENTRIES
    assert [found(newsroom, f"neuf{number}") for number in range(6)] == [1] * 6
    assert found(newsroom, "entretemps") == 1


def test_of_another_catalogue_words_are_kept_that_it_has_and_no_others(newsroom: Desk) -> None:
    newsroom.index()
    for file in newsroom.config.data_dir.glob("catalogue.sqlite3*"):
        file.unlink()
    (newsroom.config.articles_dir / "a9.md").unlink()
    newsroom.load(NOW + timedelta(seconds=1))
    newsroom.index()
    words = open_vocabulary(newsroom.config)
    assert (words.count("mot8"), words.count("mot9"), words.count("commun")) == (1, 0, 9)


@pytest.mark.parametrize("what", ["words.sqlite3", "words.sqlite3-wal"])
def test_a_list_of_words_that_was_deleted_or_damaged_comes_back(newsroom: Desk, what: str) -> None:
    newsroom.index()
    for file in newsroom.config.data_dir.glob("words.sqlite3*"):
        file.unlink()
    newsroom.index()
    assert open_vocabulary(newsroom.config).count("commun") == ENTRIES
    damage(newsroom.config.data_dir / what)
    for _ in range(2):  # the first may only find that out
        write(newsroom, 1, "encore")
        newsroom.load(NOW)
        with closing(Indexing(newsroom.config)) as indexing, contextlib.suppress(SearchError):
            indexing.catch_up(NOW)
    assert open_vocabulary(newsroom.config).count("commun") == ENTRIES
    assert found(newsroom, "encore") == 1


def damage(path: Path) -> None:
    if path.exists():
        path.write_bytes(b"damaged " * 512)


def test_a_position_is_read_as_it_was_written_and_nothing_else_is_one() -> None:
    one = Position("made.3", 12, -5, 12)
    assert Position.parse(one.unparse()) == one
    assert [Position.parse(text) for text in ("", "made.3 1 2", "made.3 1 2 x", "12 3")] == [
        None
    ] * 4


@pytest.mark.requirement(14)
@pytest.mark.parametrize("ending", ["trm", "pst", "seg", "col"])
def test_an_index_damaged_while_its_writer_has_it_open_is_made_anew(
    newsroom: Desk, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setattr("newsarchive.indexing.RETRY_SECONDS", 0.05)
    with Indexer(newsroom.config) as indexer:
        assert soon(newsroom, "mot3") == 1  # it has the index open
        for path in (newsroom.config.data_dir / "search-whoosh").rglob(f"*.{ending}"):
            path.with_name("other").write_bytes(b"nonsense" * 100_000)
            path.with_name("other").replace(path)
        newsroom.article("neuf.md", body="xylographe")
        newsroom.load()
        indexer.wake()
        assert soon(newsroom, "xylographe") == 1


@pytest.mark.requirement(14)
def test_an_index_that_only_its_writer_finds_damaged_is_made_anew(
    newsroom: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsarchive.indexing.RETRY_SECONDS", 0.05)
    newsroom.index()
    follow, index, mended = Indexing._follow_all, Indexing._index, []

    def damaged(self: Indexing, *more: Any) -> None:
        if not mended:
            raise SearchError("the index", "cannot be used") from ValueError("Unknown file header")
        follow(self, *more)

    def made(self: Indexing, *more: Any, anew: bool = False) -> None:
        index(self, *more, anew=anew)
        if anew:
            mended.append(1)

    monkeypatch.setattr(Indexing, "_follow_all", damaged)
    monkeypatch.setattr(Indexing, "_index", made)
    newsroom.article("neuf.md", body="xylographe")
    newsroom.load()
    with Indexer(newsroom.config):
        assert soon(newsroom, "xylographe") == 1
    assert mended


def soon(desk: Desk, text: str) -> int:
    """How many have a word, as soon as any has."""
    end, many = time.monotonic() + 20, 0
    while not many and time.monotonic() < end:
        time.sleep(0.05)
        with contextlib.suppress(SearchError):  # there is no index yet
            many = found(desk, text)
    return many


def test_an_unforeseen_failure_is_noted_and_tried_again(
    newsroom: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("newsarchive.background.RETRY_SECONDS", 0.05)
    follow, failed = Indexing.catch_up, []

    def once(self: Indexing, *args: object, **more: object) -> object:
        if not failed:
            failed.append(1)
            raise ZeroDivisionError
        return follow(self, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Indexing, "catch_up", once)
    with Indexer(newsroom.config):
        assert soon(newsroom, "mot3") == 1
    assert "ZeroDivisionError" in caplog.text
