"""From the folder to the lists: what changed is read, what is broken keeps its last good version."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from conftest import NOW, Desk
from newsarchive.catalogue import Catalogue
from newsarchive.entry import Kind, Status
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


def test_a_file_that_cannot_be_read_is_named_and_the_others_load(desk: Desk) -> None:
    desk.article("a.md")
    (desk.config.articles_dir / "lien.md").symlink_to("/etc/passwd")
    desk.load()
    assert desk.paths() == ["a"]
    assert desk.problems() == ["lien.md:1: this is a link, and links are not followed"]
    generation = desk.archive.catalogue.generation()
    desk.load()
    assert desk.archive.catalogue.generation() == generation


def test_withdrawn_entries_stay_in_their_lists(desk: Desk) -> None:
    desk.article("a.md", status="withdrawn", body="Retiré : erreur sur la personne.")
    desk.load()
    assert [entry.status for entry in desk.find().entries] == [Status.WITHDRAWN]


def test_hostile_files_take_no_other_down(desk: Desk, shared: Path) -> None:
    for file in sorted((shared / "hostile" / "frontmatter").glob("*.md")):
        desk.write(f"h/{file.name}", file.read_bytes())
    desk.article("bon.md")
    desk.load()
    assert "bon" in desk.paths(Query(limit=100))
