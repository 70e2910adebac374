"""What is served is compared with the files, and mended: whatever was done to what is derived."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from conftest import NOW, Desk
from newsarchive import verifying
from newsarchive.loader import loading
from newsarchive.progress import CATALOGUE
from newsarchive.query import Order, Query
from newsarchive.search import WORDS
from newsarchive.verifying import repair, verify

STORY = "---\ntitle: Récit\ndate: 2026-11-01\nauthors: [Zoé]\n---\nCe que l'on sait.\n"


@pytest.fixture(params=["whoosh", "tantivy"])
def newsroom(desk: Desk, request: pytest.FixtureRequest) -> Desk:
    made = desk.with_settings(search_engine=request.param)
    for number in range(6):
        made.article(
            f"2026/a{number}.md", f"2026-11-0{number + 1}", f"Titre {number}", tags="[IA, eau]",
            body=f"Le mot{number} du début. " + "Du texte. " * 20 + f"La fin{number}.",
        )  # fmt: skip
    made.write("2026/recit/index.md", STORY)
    made.write("2026/recit/2026-11-02.md", "---\ntitle: Suite\n---\nEncore.\n")
    made.article("plus-tard.md", (NOW + timedelta(days=9)).date().isoformat(), "Plus tard")
    made.write("brouillon.md", "---\ntitle: B\ndate: 2026-11-01\nstatus: draft\n---\nx\n")
    made.load(NOW)
    made.index()
    return made


def spoil(desk: Desk, sql: str) -> None:
    with closing(sqlite3.connect(desk.config.data_dir / CATALOGUE)) as connection:
        connection.execute(sql)
        connection.commit()


def test_what_was_loaded_is_equal_to_the_files(newsroom: Desk) -> None:
    verdict = verify(newsroom.config, NOW)
    assert verdict.holds
    assert (verdict.entries, verdict.equal, verdict.kept) == (10, 10, 0)
    assert (verdict.searchable, verdict.found, verdict.stray) == (8, 8, 0)


SPOILT = {
    "a text": "UPDATE entry SET body = 'Autre chose.' WHERE path = '2026/a1'",
    "metadata": "UPDATE entry SET metadata = replace(metadata, 'Titre 2', 'Titre 9')",
    "what lists tell": "UPDATE entry SET listed = replace(listed, 'Titre 2', 'Titre 9')",
    "an entry is gone": "DELETE FROM entry WHERE path = '2026/a3'",
    "an entry is left over": "INSERT INTO entry SELECT 999, 'x', 'x', 'x', 'x.md', '', status, at,"
    " digest, metadata, own, listed, body FROM entry WHERE path = '2026/a1'",
    "a list": "DELETE FROM membership WHERE term = 'tag:ia' AND at = (SELECT min(at) FROM membership"
    " WHERE term = 'tag:ia')",
    "a count": "UPDATE tally SET entries = entries + 1 WHERE term = 'tag:eau' AND grain = 1",
    "a name": "DELETE FROM spelling WHERE term = 'tag:ia'",
    "a story": "DELETE FROM story",
    "an old address": "DELETE FROM alias",
    "words of titles": "DELETE FROM title",
    "files": "DELETE FROM file",
    "an orphan": "INSERT INTO membership VALUES ('tag:ia', 5, 'y', 998, 2, 5)",
}


@pytest.mark.requirement(14)
@pytest.mark.parametrize("sql", SPOILT.values(), ids=SPOILT)
def test_whatever_differs_is_found_and_mended(newsroom: Desk, sql: str) -> None:
    spoil(newsroom, sql)
    verdict = verify(newsroom.config, NOW)
    assert not verdict.holds
    repair(newsroom.config, NOW)
    assert verify(newsroom.config, NOW).holds


def test_mending_keeps_what_the_catalogue_alone_knows(newsroom: Desk) -> None:
    newsroom.article("2026/a9.md", "2020-01-01", "Venu tard")
    newsroom.load(NOW)
    newsroom.index()
    catalogue = newsroom.archive.catalogue
    made = catalogue.meta("made")
    spoil(newsroom, "DELETE FROM alias")
    repair(newsroom.config, NOW)
    assert catalogue.meta("made") == made
    (entry,) = newsroom.find(Query(limit=1, order=Order.OLDEST)).entries
    assert entry.title == "Venu tard"
    (arrival,) = catalogue.arrivals_of([entry.id])
    assert arrival.arrived > arrival.at


@pytest.mark.requirement(14)
@pytest.mark.parametrize("where", [0.0, 0.3, 0.6, 0.9])
def test_a_damaged_catalogue_is_made_anew(newsroom: Desk, where: float) -> None:
    path = newsroom.config.data_dir / CATALOGUE
    spoil(newsroom, "PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(path.read_bytes())
    start = int(len(data) * where) // 4096 * 4096
    data[start : start + 4096] = b"\xa5" * 4096
    path.write_bytes(data)
    newsroom.archive.catalogue.close()
    assert not verify(newsroom.config, NOW).holds
    repair(newsroom.config, NOW)
    assert verify(newsroom.config, NOW).holds


def test_an_index_that_says_other_things_is_found_and_made_anew(newsroom: Desk) -> None:
    data = newsroom.config.data_dir
    index = data / f"search-{newsroom.config.search_engine}"
    index.rename(data / "kept")
    newsroom.article("2026/a1.md", "2026-11-02", "Titre 1", tags="[IA, eau]", body="Tout autre.")
    (newsroom.config.articles_dir / "2026/a2.md").unlink()
    newsroom.load(NOW)
    newsroom.index()
    assert verify(newsroom.config, NOW).holds
    now_said = index.rename(data / "new")
    (data / "kept").rename(index)
    assert now_said
    assert not verify(newsroom.config, NOW).holds  # it is behind
    repair(newsroom.config, NOW)
    verdict = verify(newsroom.config, NOW)
    assert verdict.holds
    assert verdict.searchable == 7


def test_what_is_kept_of_a_broken_file_is_no_difference(newsroom: Desk) -> None:
    newsroom.write("2026/a1.md", "---\ntitle: [\n---\nx\n")
    newsroom.load(NOW)
    newsroom.index()
    verdict = verify(newsroom.config, NOW)
    assert verdict.kept == 1
    assert verdict.holds


def test_without_anything_derived_nothing_is_equal(newsroom: Desk) -> None:
    for path in newsroom.config.data_dir.iterdir():
        if path.is_file():
            path.unlink()
    newsroom.archive.catalogue.close()
    verdict = verify(newsroom.config, NOW)
    assert verdict.unreadable
    assert (verdict.entries, verdict.equal) == (10, 0)
    repair(newsroom.config, NOW)
    assert verify(newsroom.config, NOW).holds


def test_a_look_while_something_is_loaded_is_repeated(
    newsroom: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "PAUSE_SECONDS", 0.0)
    looks = []
    compare = verifying.compare

    def meanwhile(served: Path, fresh: Path) -> object:
        found = compare(served, fresh)
        if not looks:
            looks.append(found)
            newsroom.load(NOW)
            newsroom.index()
        return found

    monkeypatch.setattr(verifying, "compare", meanwhile)
    newsroom.article("2026/a7.md", "2026-11-09", "Juste écrit")
    assert verify(newsroom.config, NOW).holds
    assert looks[0].ids


def test_words_may_be_lost(newsroom: Desk) -> None:
    (newsroom.config.data_dir / WORDS).unlink()
    assert verify(newsroom.config, NOW).holds


def test_an_edit_of_what_is_in_no_list_makes_the_catalogue_anew(newsroom: Desk) -> None:
    spoil(newsroom, "DELETE FROM membership")
    newsroom.article("2026/a1.md", "2026-11-02", "Corrigé")
    with loading(newsroom.config) as load_now:
        load_now(None)
    newsroom.index()
    assert verify(newsroom.config, NOW).holds
