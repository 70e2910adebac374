"""A copy that follows the changes is the archive: whatever is done to that, whenever it asks."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from conftest import NOW, Desk
from newsarchive import cursors, export, following
from newsarchive.archive import Archive
from newsarchive.catalogue import CatalogueWriter, Changes, FileState, Placed, ReadFile
from newsarchive.config import Config
from newsarchive.cursors import Token
from newsarchive.documents import FIELDS
from newsarchive.entry import Correction, Entry, Kind, Moment, Status
from newsarchive.progress import CATALOGUE

ALL = frozenset(FIELDS) - {"content_html"}


@dataclass
class Mirror:
    """Somebody who keeps a copy, and knows nothing but what was answered."""

    next: str = ""
    entries: dict[str, Any] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)

    def take(self, page: dict[str, Any]) -> None:
        if page["reset"]:
            self.entries.clear()
            self.digests.clear()
        for change in page["changes"]:
            if change["deleted"]:
                self.entries.pop(change["id"], None)
                self.digests.pop(change["id"], None)
            else:
                self.entries[change["id"]] = change["entry"]
                self.digests[change["id"]] = change["digest"]
        self.next = page["next"]


class Newsroom:
    """An archive that is edited while a mirror follows."""

    def __init__(self, folder: Path) -> None:
        self.config = Config(data_dir=folder, articles_dir=folder, site_url="https://example.org")
        self.archive = Archive(self.config)
        self.now = NOW
        self.entries: dict[str, Entry] = {}
        #: ids and paths that anybody could ever see
        self.seen: set[str] = set()
        self.versions: dict[str, Any] = {}
        self.mirror = Mirror()
        self.writer = self._open()

    def _open(self) -> CatalogueWriter:
        return CatalogueWriter(self.config.data_dir / CATALOGUE, self.config.zone)

    def close(self) -> None:
        self.writer.close()
        self.archive.catalogue.close()

    def write(self, *entries: Entry, removed: tuple[str, ...] = ()) -> None:
        files = tuple(
            ReadFile(FileState(e.file, 1, 1, 1, b"x"), (Placed(e, e.published),)) for e in entries
        )
        self.writer.apply(Changes(files=files, removed=removed), self.now)
        self.look()

    def look(self) -> None:
        """What is online is seen."""
        for each in self.entries.values():
            if each.status is not Status.DRAFT and each.published.at <= self.now:
                self.seen |= {each.id, each.path}

    # -- what happens --

    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.look()

    def put(self, number: int, folder: str, minutes: int, status: Status, corrected: int) -> None:
        """Add an entry or edit it, move it, hide it, withdraw it."""
        moment = Moment(self.now + timedelta(minutes=minutes))
        wrong = Correction(Moment(self.now + timedelta(minutes=corrected)), "Non.")
        each = Entry(
            id=f"tag:example.org,2026:{number}", path=f"{folder}/{number}", kind=Kind.ARTICLE,
            title=f"{folder} {minutes}", published=moment, updated=moment, lang="fr",
            file=f"{number}.md", status=status, body=f"Texte {self.now}.",
            corrections=(wrong,) if corrected else (),
        )  # fmt: skip
        self.entries[each.id] = each
        self.write(each)

    def exchange(self, first: int, second: int) -> None:
        """Let two entries change places."""
        pair = [self.entries.get(f"tag:example.org,2026:{n}") for n in (first, second)]
        if first != second and all(pair):
            one, other = pair
            assert one
            assert other
            moved = [replace(one, path=other.path), replace(other, path=one.path)]
            self.entries |= {each.id: each for each in moved}
            self.write(*moved)

    def delete(self, number: int) -> None:
        gone = self.entries.pop(f"tag:example.org,2026:{number}", None)
        if gone:
            self.write(removed=(gone.file,))

    def rebuild(self) -> None:
        """Make the catalogue anew: nothing of the old one is known."""
        self.now += timedelta(seconds=1)
        self.writer.close()
        for file in self.config.data_dir.iterdir():
            file.unlink()
        self.writer = self._open()
        self.write(*self.entries.values())

    def follow(self, limit: int) -> bool:
        """The mirror asks once; whether it heard anything."""
        with self.archive.snapshot():
            if not self.archive.catalogue.generation():
                return False
            token = cursors.parse(self.mirror.next, Token, "since") if self.mirror.next else None
            told, _ = following.follow(self.archive, token, self.now, limit, ALL)
        page = msgspec.to_builtins(told)
        ids = [change["id"] for change in page["changes"]]
        assert len(ids) == len(set(ids)) <= limit
        for change in page["changes"]:
            assert {change["id"], change["path"]} <= self.seen  # an embargo holds
            if not change["deleted"]:
                assert (
                    self.versions.setdefault(change["digest"], change["entry"]) == change["entry"]
                )
        self.mirror.take(page)
        return bool(ids)

    def lines(self) -> dict[str, Any]:
        """The archive as it is exported."""
        found = b"".join(export.lines(self.archive, self.now, fields=ALL)).splitlines()
        return {each["id"]: each for each in map(msgspec.json.decode, found)}


NUMBERS = st.integers(0, 4)
STEPS = st.one_of(
    st.builds(lambda n: lambda room: room.wait(n), st.integers(0, 50)),
    st.builds(
        lambda *args: lambda room: room.put(*args),
        NUMBERS, st.sampled_from("ab"), st.integers(-60, 60),
        st.sampled_from([*Status, Status.PUBLISHED]), st.sampled_from([0, 0, -5, 30]),
    ),
    st.builds(lambda a, b: lambda room: room.exchange(a, b), NUMBERS, NUMBERS),
    st.builds(lambda n: lambda room: room.delete(n), NUMBERS),
    st.builds(lambda n: lambda room: room.follow(n), st.integers(1, 4)),
    st.builds(lambda n: lambda room: room.follow(n), st.integers(1, 4)),
    st.just(Newsroom.rebuild),
)  # fmt: skip


@given(
    steps=st.lists(STEPS, min_size=5, max_size=40),
    limits=st.lists(st.integers(1, 5), min_size=1, max_size=5),
)
@settings(
    max_examples=60, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
def test_a_mirror_that_follows_is_equal_to_the_archive(
    steps: list[Callable[[Newsroom], None]], limits: list[int]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        room = Newsroom(Path(folder))
        try:
            room.write()
            for step in steps:
                step(room)
            while room.follow(limits[0]):
                limits = [*limits[1:], limits[0]]
            assert room.mirror.entries == room.lines()
            assert room.mirror.digests == {i: e["digest"] for i, e in room.mirror.entries.items()}
        finally:
            room.close()


def test_what_nobody_could_see_leaves_no_trace(tmp_path: Path) -> None:
    room = Newsroom(tmp_path)
    room.write()
    room.put(1, "secret", 60, Status.PUBLISHED, 0)
    room.follow(10)
    assert room.mirror.entries == {}
    room.delete(1)
    assert not room.follow(10)
    room.close()


def test_nothing_new_is_the_same_answer(tmp_path: Path) -> None:
    room = Newsroom(tmp_path)
    room.put(1, "a", -60, Status.PUBLISHED, 0)
    assert room.follow(10)
    assert not room.follow(10)
    before = room.mirror.next
    room.wait(50)
    assert not room.follow(10)
    assert room.mirror.next == before
    room.close()


def test_who_begins_is_not_told_of_what_is_gone(tmp_path: Path) -> None:
    room = Newsroom(tmp_path)
    room.put(1, "a", -60, Status.PUBLISHED, 0)
    room.put(2, "a", -60, Status.PUBLISHED, 0)
    room.delete(1)
    with room.archive.snapshot():
        told, _ = following.follow(room.archive, None, room.now, 10)
    assert told.reset
    assert [(change.id[-1], change.deleted) for change in told.changes] == [("2", False)]
    room.close()


def test_an_export_and_what_changed_since_are_the_archive(tmp_path: Path) -> None:
    room = Newsroom(tmp_path)
    for number in range(4):
        room.put(number, "a", -60 + number * 25, Status.PUBLISHED, 0)
    token = cursors.unparse(following.current(room.archive, room.now))
    copy = Mirror(token, room.lines(), {})
    room.delete(1)
    room.put(2, "b", -10, Status.WITHDRAWN, 0)
    room.wait(30)
    room.mirror = copy
    while room.follow(1):
        pass
    assert copy.entries == room.lines()
    assert len(copy.entries) == 3
    room.close()


@pytest.mark.parametrize("text", ["x", "lqF0", "é", "a" * 4000, "lqF0uTE3OTU2NzEyNzMzNjE3NjI"])
def test_a_token_that_was_never_given_is_refused(desk: Desk, text: str) -> None:
    desk.article("a.md")
    desk.load()
    answer = desk.client().get("/api/v1/changes", query_string={"since": text})
    assert answer.status_code == 400
    assert answer.json["parameter"] == "since"


def test_a_token_of_another_catalogue_begins_anew_and_says_so(desk: Desk) -> None:
    desk.article("a.md")
    desk.load()
    client = desk.client()
    first = client.get("/api/v1/changes").json
    assert (first["reset"], len(first["changes"])) == (True, 1)
    again = client.get("/api/v1/changes", query_string={"since": first["next"]}).json
    assert (again["reset"], again["changes"], again["next"]) == (False, [], first["next"])
    desk.archive.catalogue.close()
    for file in desk.config.data_dir.glob("catalogue*"):
        file.unlink()
    desk.load(NOW + timedelta(seconds=1))
    anew = client.get("/api/v1/changes", query_string={"since": first["next"]}).json
    assert (anew["reset"], len(anew["changes"])) == (True, 1)


def test_another_address_of_the_site_is_another_version_of_everything(desk: Desk) -> None:
    desk.article("a.md")
    desk.load()
    first = desk.client().get("/api/v1/changes").json
    moved = desk.with_settings(site_url="https://example.net").client()
    anew = moved.get("/api/v1/changes", query_string={"since": first["next"]}).json
    assert anew["reset"]
    assert anew["changes"][0]["digest"] != first["changes"][0]["digest"]


def test_a_withdrawal_is_told_with_its_notice(desk: Desk) -> None:
    desk.article("a.md", body="Faux.")
    desk.load()
    client = desk.client()
    first = client.get("/api/v1/changes?fields=all").json
    desk.article("a.md", status="withdrawn", body="C’était faux.", summary="Faux.")
    desk.load()
    told = client.get(f"/api/v1/changes?fields=all&since={first['next']}").json
    (change,) = told["changes"]
    assert (change["deleted"], change["withdrawn"]) == (False, True)
    assert change["entry"]["content_markdown"].strip() == "C’était faux."
    assert "Faux." not in str(change["entry"]).replace("C’était faux.", "")


def test_pages_of_changes_lead_on_in_the_link_header(desk: Desk) -> None:
    for number in range(3):
        desk.article(f"{number}.md", title=str(number))
    desk.load()
    client, address, seen = desk.client(), "/api/v1/changes?limit=2", []
    while address:
        answer = client.get(address)
        seen += [change["path"] for change in answer.json["changes"]]
        link = answer.headers.get("Link", "")
        address = link.partition(">")[0].removeprefix("<https://example.org") if link else ""
    assert sorted(seen) == ["0", "1", "2"]


@pytest.mark.requirement(19)
def test_the_clock_may_be_set_back(tmp_path: Path) -> None:
    room = Newsroom(tmp_path)
    room.put(1, "a", 30, Status.PUBLISHED, 0)
    room.put(2, "a", -30, Status.PUBLISHED, 0)
    room.wait(40)
    room.follow(10)
    assert len(room.mirror.entries) == 2
    room.now -= timedelta(minutes=40)
    room.put(3, "a", 10, Status.PUBLISHED, 0)
    room.follow(10)
    room.wait(60)
    while room.follow(10):
        pass
    assert room.mirror.entries == room.lines()
    room.close()


def test_a_year_of_silence_costs_nothing_but_what_changed(tmp_path: Path) -> None:
    room = Newsroom(tmp_path)
    room.put(1, "a", 30, Status.PUBLISHED, 0)
    room.follow(10)
    room.now = datetime(2027, 11, 23, tzinfo=NOW.tzinfo)
    room.look()
    room.put(2, "a", -30, Status.PUBLISHED, 0)
    assert room.follow(1)
    assert room.follow(1)
    assert not room.follow(1)
    assert room.mirror.entries == room.lines()
    room.close()


def test_embargoes_that_end_at_one_instant_are_told_one_by_one(tmp_path: Path) -> None:
    room = Newsroom(tmp_path)
    for number in range(4):
        room.put(number, "a", 30, Status.PUBLISHED, 0)
    assert not room.follow(1)
    room.wait(30)
    for number in range(4):
        assert room.follow(1)
        assert len(room.mirror.entries) == number + 1
    assert not room.follow(1)
    room.close()
