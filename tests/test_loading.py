"""From the folder to the lists: what changed is read, what is broken keeps its last good version."""

import os
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import NOW, Desk, nobody
from newsarchive import entryfile
from newsarchive.catalogue import Catalogue
from newsarchive.entry import Kind, Status
from newsarchive.loader import writing
from newsarchive.loading import load
from newsarchive.query import Period, Query

STORY = """\
---
title: L'affaire
date: 2023-11
tags: [IA]
authors: [Zoé]
---
Ce que l'on sait.
"""


def story(desk: Desk) -> None:
    desk.write("2023/affaire/index.md", STORY)
    desk.write("2023/affaire/2023-11-17-2100.md", "---\ntitle: Le départ\n---\nIl part.\n")
    desk.write("2023/affaire/2023-11-18.md", "Il revient.\n")
    desk.write("2023/affaire/annexe.md", "---\ntitle: Annexe\ndate: 2023-11-20\n---\nA.\n")


def test_a_folder_with_a_dated_index_is_a_story_and_its_dated_files_are_updates(desk: Desk) -> None:
    story(desk)
    desk.load()
    kinds = {entry.path: entry.kind for entry in desk.find().entries}
    assert kinds == {
        "2023/affaire": Kind.ARTICLE,
        "2023/affaire/2023-11-17-2100": Kind.UPDATE,
        "2023/affaire/2023-11-18": Kind.UPDATE,
        "2023/affaire/annexe": Kind.ARTICLE,
    }
    update = desk.archive.entry("2023/affaire/2023-11-18", NOW)
    assert update is not None
    assert (update.tags, update.authors, update.story) == (("IA",), ("Zoé",), "2023/affaire")
    assert desk.paths(Query(tags=("ia",), kind=Kind.UPDATE)) == [
        "2023/affaire/2023-11-18", "2023/affaire/2023-11-17-2100",
    ]  # fmt: skip


def test_a_story_known_by_its_month_is_in_the_month_and_in_no_day(desk: Desk) -> None:
    story(desk)
    desk.load()
    assert "2023/affaire" in desk.paths(Query(period=Period(2023, 11)))
    assert "2023/affaire" not in desk.paths(Query(period=Period(2023, 11, 1)))


def test_updates_follow_when_their_story_changes_what_they_inherit(desk: Desk) -> None:
    story(desk)
    desk.load()
    desk.write("2023/affaire/index.md", STORY.replace("[IA]", "[Justice]"))
    desk.load()
    assert len(desk.paths(Query(tags=("justice",)))) == 3
    assert desk.paths(Query(tags=("ia",))) == []


def test_without_its_index_a_folders_dated_files_are_articles(desk: Desk) -> None:
    story(desk)
    desk.load()
    (desk.config.articles_dir / "2023/affaire/index.md").unlink()
    desk.write("2023/affaire/2023-11-18.md", "---\ntitle: Seul\n---\nIl revient.\n")
    desk.load()
    found = desk.archive.entry("2023/affaire/2023-11-18", NOW)
    assert found is not None
    assert (found.kind, found.story) == (Kind.ARTICLE, "")
    assert desk.archive.entry("2023/affaire", NOW) is None


def test_a_draft_story_hides_its_updates_and_an_embargoed_one_too(desk: Desk) -> None:
    story(desk)
    desk.write("2023/affaire/index.md", STORY.replace("tags", "status: draft\ntags"))
    desk.load()
    assert desk.paths() == ["2023/affaire/annexe"]
    desk.write("2023/affaire/index.md", STORY.replace("2023-11", "2030-01-01"))
    desk.load()
    assert desk.paths() == ["2023/affaire/annexe"]
    assert desk.archive.entry("2023/affaire/2023-11-18", NOW) is None
    later = datetime(2030, 1, 2, tzinfo=UTC)
    assert len(desk.paths(now=later)) == 4


def test_an_embargo_ends_by_itself(desk: Desk) -> None:
    desk.article("a.md", (NOW + timedelta(hours=1)).isoformat())
    desk.load()
    for now, paths in [(NOW, []), (NOW + timedelta(hours=1), ["a"])]:
        assert desk.paths(now=now) == paths
        assert (desk.archive.entry("a", now) is not None) == bool(paths)


def test_only_what_changed_is_read(desk: Desk) -> None:
    desk.article("a.md")
    file = desk.config.articles_dir / "a.md"
    desk.article("b.md")
    assert desk.load().files == 2
    assert desk.load().files == 0
    os.utime(file, (1, 1))
    assert desk.load().files == 0
    desk.article("a.md", title="Autre")
    summary = desk.load()
    assert (summary.files, summary.added, summary.changed, summary.removed) == (1, 0, 1, 0)
    file.unlink()
    assert desk.load().removed == 1


@pytest.mark.requirement(6)
def test_a_broken_file_keeps_its_last_good_version_and_harms_no_other(desk: Desk) -> None:
    desk.article("a.md", title="Bon")
    desk.article("b.md", title="Autre")
    desk.load()
    desk.write("a.md", "---\ntitle: Élection : jour J\ndate: 2023\n---\nx")
    desk.article("b.md", title="Autre, mieux")
    summary = desk.load()
    assert summary.problems == 1
    assert {entry.title for entry in desk.find().entries} == {"Bon", "Autre, mieux"}
    assert desk.problems() == ["a.md:2: title: a colon in a title needs quotes"]
    desk.article("a.md", title="Mieux")
    desk.load()
    assert desk.problems() == []
    assert {entry.title for entry in desk.find().entries} == {"Mieux", "Autre, mieux"}


@pytest.mark.requirement(10)
def test_a_file_moved_keeps_its_id_and_one_copied_is_named(desk: Desk) -> None:
    file = desk.write("a.md", "---\ntitle: T\ndate: 2023-01-01\nid: k3f9\n---\nx")
    desk.load()
    (desk.config.articles_dir / "2023").mkdir()
    moved = file.rename(desk.config.articles_dir / "2023" / "b.md")
    summary = desk.load()
    assert (summary.added, summary.changed, summary.removed) == (0, 1, 0)
    assert desk.paths() == ["2023/b"]
    desk.write("copie.md", moved.read_bytes())
    desk.load()
    assert desk.paths() == ["2023/b"]
    assert desk.problems() == [
        "copie.md:6: id: 2023/b.md has the id tag:example.org,2026:k3f9 already"
    ]
    moved.unlink()
    desk.load()
    assert desk.paths() == ["copie"]
    assert desk.problems() == []


@pytest.mark.requirement(10)
def test_of_two_files_with_one_address_the_older_keeps_it(desk: Desk) -> None:
    desk.article("2023/x.md", "2023-05-01", title="Jeune", id="k1")
    desk.article("2023/x/index.md", "2023-04-01", title="Vieux", id="k2")
    desk.load()
    assert [entry.title for entry in desk.find().entries] == ["Vieux"]
    assert desk.problems() == [
        "2023/x.md:6: address: 2023/x/index.md has the address 2023/x already"
    ]


def test_deleting_the_data_folder_brings_every_byte_back(desk: Desk, tmp_path: Path) -> None:
    story(desk)
    desk.article("a.md", corrections="\n  - {date: 2023-12-01, text: Une erreur.}")
    desk.load()
    again = desk.with_settings(data_dir=tmp_path / "other")
    again.load()
    first, second = ([*d.archive.every_entry()] for d in (desk, again))
    assert first == second
    assert desk.paths() == again.paths()


def test_a_change_of_settings_reads_everything_again(desk: Desk) -> None:
    desk.article("a.md", "2023-11-17 23:30")
    desk.load()
    assert desk.paths(Query(period=Period(2023, 11, 17))) == ["a"]
    other = desk.with_settings(timezone="America/Montreal")
    assert other.load().files == 1
    catalogue = Catalogue(other.archive.catalogue.path, other.config.zone)
    assert catalogue.find(Query(period=Period(2023, 11, 17)), NOW, 10).total == 1
    entry = other.archive.entry("a", NOW)
    assert entry is not None
    assert entry.published.at.utcoffset() == timedelta(hours=-5)


def test_after_another_time_zone_the_counts_are_those_of_a_fresh_load(
    desk: Desk, tmp_path: Path
) -> None:
    desk.article("a.md", "2023-11-17")
    desk.article("b.md", "2023-11-17T23:30:00Z", tags="[x]")
    desk.article("c.md", "2023-11-18T03:30:00Z", aliases="[/c0/]")
    desk.load()
    desk.article("a.md", "a : b")
    other = desk.with_settings(timezone="America/Montreal")
    other.load()
    desk.article("a.md", "2023-11-17")
    other.load()
    fresh = other.with_settings(data_dir=tmp_path / "fresh")
    fresh.load()
    for one in (other, fresh):
        catalogue = one.archive.catalogue
        assert catalogue.days(2023, NOW) == {"2023-11-17": 3}
        assert [n.entries for n in catalogue.names("tag", NOW)] == [1]
        assert catalogue.alias("/c0/", NOW) == "c"
        assert one.find().total == 3


def test_a_file_that_cannot_be_read_is_named_and_the_others_load(desk: Desk) -> None:
    desk.article("a.md")
    (desk.config.articles_dir / "lien.md").symlink_to("/etc/passwd")
    desk.load()
    assert desk.paths() == ["a"]
    assert desk.problems() == ["lien.md:1: this is a link, and links are not followed"]
    generation = desk.archive.catalogue.generation()
    desk.load()
    assert desk.archive.catalogue.generation() == generation


def test_a_file_nobody_may_read_keeps_its_last_good_version(desk: Desk) -> None:
    desk.article("a.md")
    desk.article("x/b.md")
    with nobody(desk):
        desk.load()
        for path in ("a.md", "x"):
            (desk.config.articles_dir / path).chmod(0)
        os.utime(desk.config.articles_dir / "a.md", (1, 1))
        desk.article("c.md")
        desk.load()
        desk.load()
        assert sorted(desk.paths()) == ["a", "c", "x/b"]
        assert desk.problems() == [
            "a.md:1: cannot be read: Permission denied",
            "x/:1: this folder cannot be read: Permission denied",
        ]
        for path in ("a.md", "x"):
            (desk.config.articles_dir / path).chmod(0o755)
        desk.load()
        assert sorted(desk.paths()) == ["a", "c", "x/b"]
        assert desk.problems() == []


def test_an_index_nobody_may_read_still_leads_its_folder(desk: Desk) -> None:
    story(desk)
    desk.write("2023/affaire/index.md", STORY.replace("tags", "status: draft\ntags"))
    with nobody(desk):
        desk.load()
        index = desk.config.articles_dir / "2023/affaire/index.md"
        index.chmod(0)
        os.utime(index, (1, 1))
        for _ in range(3):
            desk.load()
            assert desk.paths() == ["2023/affaire/annexe"]


@pytest.mark.parametrize(
    "hidden", ["status: draft", "status: withdrawn", "date: 2030-01-01"], ids=lambda word: word
)
def test_a_broken_update_follows_its_story_into_hiding(desk: Desk, hidden: str) -> None:
    story(desk)
    desk.load()
    desk.write("2023/affaire/2023-11-17-2100.md", "---\ntitle: Le : départ\n---\nIl part.\n")
    desk.load()
    assert "2023/affaire/2023-11-17-2100" in desk.paths()
    index = STORY.replace("date: 2023-11", hidden) if hidden.startswith("date") else STORY
    if not hidden.startswith("date"):
        index = STORY.replace("tags", f"{hidden}\ntags")
    desk.write("2023/affaire/index.md", index)
    desk.load()
    entry = desk.archive.entry("2023/affaire/2023-11-17-2100", NOW)
    assert entry is None or entry.status is Status.WITHDRAWN


def test_dated_files_wait_for_an_index_that_has_never_been_good(desk: Desk) -> None:
    story(desk)
    desk.write("2023/affaire/index.md", "---\ntitle: Le : secret\ndate: 2023\nstatus: draft\n---\n")
    desk.load()
    assert desk.paths() == ["2023/affaire/annexe"]
    assert (
        "2023/affaire/2023-11-18.md:1: waits for 2023/affaire/index.md, which says what its"
        " folder is" in desk.problems()
    )
    desk.write("2023/affaire/index.md", STORY)
    desk.load()
    assert len(desk.paths()) == 4
    assert desk.problems() == []


def test_an_update_whose_story_has_no_page_is_a_problem_and_not_listed(desk: Desk) -> None:
    desk.write("s/index.md", "---\ntitle: S\ndate: 2023-11-01\nid: k1\n---\nx")
    desk.write("s/2023-11-18.md", "Sans titre.\n")
    desk.load()
    for path in ("index.md", "2023-11-18.md"):
        desk.write(f"t/{path}", (desk.config.articles_dir / "s" / path).read_bytes())
    desk.load()
    assert desk.paths() == ["s/2023-11-18", "s"]
    assert any("its story has no page at t" in problem for problem in desk.problems())
    (desk.config.articles_dir / "s/index.md").unlink()
    desk.load()
    assert desk.paths() == ["t/2023-11-18", "t"]


def test_a_draft_that_lost_its_address_lends_its_updates_to_nobody(desk: Desk) -> None:
    desk.article("x.md", "2021-01-01", title="Public")
    desk.article("x/index.md", "2021-02-01", title="Secret", status="draft", id="k2")
    desk.article("x/2021-02-02.md", "2021-02-02", title="Caché")
    desk.load()
    assert desk.paths() == ["x"]


def test_an_update_older_than_its_story_stands_on_its_own_day(desk: Desk) -> None:
    desk.write("s/index.md", "---\ntitle: S\ndate: 2023-11-18\n---\nx")
    desk.write("s/2023-11-17.md", "---\ntitle: U\n---\nx")
    desk.load()
    assert desk.paths(Query(period=Period(2023, 11, 17))) == ["s/2023-11-17"]


def test_the_holder_of_an_address_keeps_it_though_its_id_changes(desk: Desk) -> None:
    desk.article("x.md", "2023-05-01", title="Premier", id="k1")
    desk.load()
    desk.article("x/index.md", "2020-01-01", title="Second", id="k2")
    desk.article("x.md", "2023-05-01", title="Premier", id="k3")
    desk.load()
    assert [entry.title for entry in desk.find().entries] == ["Premier"]


def test_old_addresses_lead_to_what_is_online_and_written_first(desk: Desk) -> None:
    desk.article("a.md", "2023-01-01", aliases="[/old/]")
    desk.article("b.md", "2023-01-02", aliases="[/old/, /x.html]")
    desk.article("c.md", "2030-01-01", aliases="[/soon/]")
    desk.article("d.md", "2023-01-01", aliases="[/soon/, /e/]")
    desk.article("e.md", "2023-01-01")
    desk.article("x.md", "2023-01-01")
    desk.article("2015-03-01-jour.md", "2015-03-01")
    desk.load()
    lead = {
        "/old/": "a", "/x.html": "b", "/soon/": "d", "/e/": "d", "/x/": "x",
        "/2015/03/01/jour/": "2015-03-01-jour", "/2015/03/01/jour.html": "2015-03-01-jour",
    }  # fmt: skip
    for address, path in lead.items():
        assert desk.archive.catalogue.alias(address, NOW) == path, address
    (desk.config.articles_dir / "a.md").unlink()
    desk.load()
    assert desk.archive.catalogue.alias("/old/", NOW) == "b"


def test_a_file_beside_an_article_is_found_in_either_spelling_of_its_accents(desk: Desk) -> None:
    desk.write("e\u0301te\u0301.jpg", b"x")
    desk.load()
    found = desk.archive.catalogue.asset("été.jpg")
    assert found is not None
    assert found.path == "e\u0301te\u0301.jpg"


def test_the_first_day_of_the_calendar_is_listed_where_it_is_counted(desk: Desk) -> None:
    desk.article("a.md", "0001-01-01T00:00:00+14:00")
    desk.load()
    assert desk.paths(Query(period=Period(1))) == ["a"]
    assert desk.find().total == 1


def test_withdrawn_entries_stay_in_their_lists(desk: Desk) -> None:
    desk.article("a.md", status="withdrawn", body="Retiré : erreur sur la personne.")
    desk.load()
    assert [entry.status for entry in desk.find().entries] == [Status.WITHDRAWN]


@pytest.mark.requirement(6)
def test_hostile_files_take_no_other_down(desk: Desk, shared: Path) -> None:
    for file in sorted((shared / "hostile" / "frontmatter").glob("*.md")):
        desk.write(f"h/{file.name}", file.read_bytes())
    desk.article("bon.md")
    desk.load()
    assert "bon" in desk.paths(Query(limit=100))


def test_a_folder_of_jekylls_longer_ending_is_read_alike(desk: Desk) -> None:
    for path in ("s/index", "s/2023-11-17-2100", "_posts/2024-08-20-welcome"):
        desk.write(f"{path}.markdown", "---\ntitle: T\ndate: 2023-11-01\n---\nx")
    desk.load()
    kinds = {entry.path: entry.kind for entry in desk.find().entries}
    assert kinds == {
        "s": Kind.ARTICLE,
        "s/2023-11-17-2100": Kind.UPDATE,
        "_posts/2024-08-20-welcome": Kind.ARTICLE,
    }
    client = desk.client()
    assert client.get("/articles/s/index.markdown").status_code == 200
    assert client.get("/articles/_posts/2024-08-20-welcome.markdown").status_code == 200
    assert client.get("/2024/08/20/welcome.html").headers["Location"] == (
        "/articles/_posts/2024-08-20-welcome/"
    )


@pytest.mark.requirement(6)
def test_a_mistake_of_ours_in_one_file_hides_no_other(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    desk.article("a.md")
    desk.article("b.md")
    desk.load()
    parse = entryfile.parse

    def mistaken(path: str, *more: Any) -> entryfile.Parsed:
        if path == "a.md":
            raise IndexError("string index out of range")
        return parse(path, *more)

    monkeypatch.setattr(entryfile, "parse", mistaken)
    for name in ("a.md", "b.md"):
        desk.article(name, title="Un autre titre")
    desk.load()
    assert [entry.title for entry in desk.find().entries] == ["Un titre", "Un autre titre"]
    assert desk.problems() == ["a.md:1: cannot be read, by a mistake of newsarchive"]
    assert "IndexError" in caplog.text


@pytest.mark.requirement(16)
def test_a_file_gone_between_the_list_and_the_reading_keeps_its_place(desk: Desk) -> None:
    """As when an editor saves by renaming, in the very load that reads everything again."""
    desk.article("a.md")
    desk.article("b.md")
    file = desk.config.articles_dir / "b.md"
    desk.load()
    other = desk.with_settings(timezone="America/Montreal")
    away = file.with_name("b.tmp")

    def vanish(done: int, total: int) -> None:
        if not done and total:
            file.rename(away)

    with writing(other.config) as writer:
        load(other.config, writer, NOW, vanish)
    assert sorted(other.paths()) == ["a", "b"]
    away.rename(file)
    other.load()
    assert sorted(other.paths()) == ["a", "b"]
    assert other.problems() == []


# -- looking where something changed, and nowhere else --

NAMES = ("a.md", "b.md", "index.md", "2024-01-02.md", "2024-01-03-x.md", "photo.png", "x.txt")
PLACES = ("", "un/", "un/deux/", "trois/")
HEADS = (
    "title: Un titre\ndate: 2024-01-01\n", "title: Un titre\n", "date: 2024-01-01\nid: tag:x,2026:1\n",
    "title: Autre\ndate: 2024-02-01\nid: tag:x,2026:1\n", "title: [\n", "title: X\ndraft: true\n",
    "title: Y\ndate: 2024-01-01\nslug: pareil\n",
)  # fmt: skip
PATHS = st.builds(str.__add__, st.sampled_from(PLACES), st.sampled_from(NAMES))
EDITS = st.lists(
    st.tuples(st.just("write"), PATHS, st.sampled_from(HEADS))
    | st.tuples(st.just("remove"), PATHS, st.just(""))
    | st.tuples(st.just("move"), PATHS, PATHS),
    min_size=1, max_size=6,
)  # fmt: skip


def edit(desk: Desk, kind: str, path: str, other: str) -> set[str]:
    """Change the folder; gives the folders in which it was."""
    file = desk.config.articles_dir / path
    if kind == "write":
        desk.write(path, f"---\n{other}---\nUn texte.\n")
    elif not file.exists():
        return set()
    elif kind == "remove":
        file.unlink()
    else:
        target = desk.config.articles_dir / other
        target.parent.mkdir(parents=True, exist_ok=True)
        file.replace(target)
    return {each.rpartition("/")[0] for each in (path, other if kind == "move" else path)}


def told(desk: Desk) -> tuple[object, ...]:
    """All that a catalogue says."""
    catalogue = desk.archive.catalogue
    entries = {entry.id: entry for _, entry in catalogue.placed(sorted(catalogue.ids()))}
    return entries, sorted(desk.problems())


@given(st.lists(EDITS, min_size=1, max_size=6))
@settings(
    max_examples=40, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
def test_who_looks_only_where_something_changed_finds_what_a_look_at_all_finds(
    tmp_path_factory: pytest.TempPathFactory, rounds: list[list[tuple[str, str, str]]]
) -> None:
    desk = Desk(tmp_path_factory.mktemp("site"))
    desk.article("un/index.md", "2024-01-01", "Récit")
    desk.article("un/2024-01-02.md", "2024-01-02", "Suite")
    desk.load()
    for edits in rounds:
        folders = set().union(*(edit(desk, *each) for each in edits))
        with writing(desk.config) as writer:
            load(desk.config, writer, NOW, folders=folders)
        seen = told(desk)
        summary = desk.load()
        assert (summary.added, summary.changed, summary.removed) == (0, 0, 0)
        assert told(desk) == seen


def test_who_looks_at_some_folders_reads_nothing_else(desk: Desk) -> None:
    for number in range(4):
        desk.article(f"{number}/a.md", title=f"Un {number}")
    desk.load()
    for number in range(4):
        desk.article(f"{number}/a.md", title=f"Deux {number}")
    with writing(desk.config) as writer:
        assert load(desk.config, writer, NOW, folders={"1", "2"}).files == 2
    assert {e.title for e in desk.find().entries} == {"Un 0", "Deux 1", "Deux 2", "Un 3"}


def test_a_link_on_the_way_is_not_followed_by_who_looks_at_one_folder(
    desk: Desk, tmp_path: Path
) -> None:
    desk.article("a.md")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "secret.md").write_text("---\ntitle: Secret\ndate: 2024-01-01\n---\nx\n")
    desk.load()
    (desk.config.articles_dir / "lien").symlink_to(elsewhere)
    with writing(desk.config) as writer:
        assert load(desk.config, writer, NOW, folders={"lien", ".git", "a/../.."}).files == 0


# -- by several processes --


@pytest.mark.parametrize("interpreter", ["", "/bin/false", "/nowhere/python", "half"])
def test_many_files_are_read_by_several_processes_as_by_one(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interpreter: str
) -> None:
    story(desk)
    for number in range(25):
        desk.article(f"{number % 3}/{number}.md", title=f"Un {number}")
    for number, when in enumerate(["1900-01-01 12:00", "2023-06-01T21:00+05:30", "2023-06-01T21Z"]):
        desk.article(f"2/d{number}.md", when)
    desk.write("broken.md", "---\ntitle: [\n---\n")
    desk.write("0/large.md", b"x" * 3_000_000)
    desk.load()
    one = told(desk)
    monkeypatch.setattr("newsarchive.parsing.MANY", 10)
    monkeypatch.setattr("newsarchive.parsing.CHUNK", 3)
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    half = tmp_path / "half"  # dies in the middle of what it tells
    half.write_text("#!/bin/sh\nhead -c 100 >/dev/null\nprintf '[[null,'\n")
    half.chmod(0o755)
    if interpreter:  # they all die, or cannot be started
        interpreter = interpreter.replace("half", str(half))
        monkeypatch.setattr(sys, "executable", interpreter)
    several = desk.with_settings(data_dir=tmp_path / "several")
    several.load()
    assert told(several) == one
    assert rows(several) == rows(desk)


def rows(desk: Desk) -> list[tuple[object, ...]]:
    """Every entry as it is stored: offsets of dates are compared too, not their instants alone."""
    with closing(sqlite3.connect(desk.archive.catalogue.path)) as connection:
        return connection.execute(
            "SELECT id, at, digest, metadata, own, listed, body FROM entry ORDER BY id"
        ).fetchall()
