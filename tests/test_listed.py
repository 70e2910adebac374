"""What lists tell of an entry, made before the site is known."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import NOW, Desk
from newsarchive import listed
from newsarchive.documents import LISTED, Documents
from newsarchive.entry import Entry, Image, Kind, Moment, Status
from newsarchive.query import Query

#: all that a file may hold, and what looks like a mark
TEXTS = st.one_of(
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="".join(map(chr, range(32)))),
        max_size=8,
    ),
    st.lists(
        st.sampled_from(['"', "\\", "\\u0000", "\\u0001", '"\\u0000', "u0000", "é", "/", "\n"]),
        max_size=6,
    ).map("".join),
)
MOMENT = Moment(datetime(2023, 11, 17, tzinfo=UTC))
ENTRIES = st.builds(
    Entry,
    id=TEXTS, path=TEXTS, kind=st.sampled_from(Kind), title=TEXTS,
    published=st.just(MOMENT), updated=st.just(MOMENT), lang=st.just("fr"),
    summary=TEXTS, authors=st.lists(TEXTS, max_size=2).map(tuple),
    tags=st.lists(TEXTS, max_size=2).map(tuple),
    status=st.sampled_from([Status.PUBLISHED, Status.WITHDRAWN]),
    story=st.sampled_from(["", "a/b"]), is_story=st.booleans(), file=st.just("2023/a.md"),
    image=st.none() | st.builds(
        Image, url=st.sampled_from(["a.jpg", "/b.jpg", "https://x.example/c.jpg"]), alt=TEXTS
    ),
)  # fmt: skip
SITES = st.sampled_from(["", "https://example.org", "http://127.0.0.1:8000/sous/dossier"])


@given(ENTRIES, SITES)
def test_marks_are_filled_and_nothing_else_is(entry: Entry, site: str) -> None:
    metadata = msgspec.json.encode(entry)
    marked = listed.stored(metadata, "abc")
    assert marked is not None
    told = listed.entry(listed.read(metadata), "abc", site, "9.")
    assert listed.filler(site, "9.")(marked) == msgspec.json.encode(told)


@given(ENTRIES, st.data())
def test_whatever_byte_is_another_is_noticed(entry: Entry, data: st.DataObject) -> None:
    marked = bytearray(listed.stored(msgspec.json.encode(entry), "abc") or b"")
    place = data.draw(st.integers(0, len(marked) - 1))
    marked[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ValueError, match="damaged"):
        listed.filler("", "9.")(bytes(marked))


def test_what_is_stored_is_what_would_be_made(desk: Desk) -> None:
    desk.article("a.md", "2020-01-01", "Un « titre »", tags="[ia, eau]", author="Zoé \\ Ö")
    desk.article("b.md", "2020-01-02", status="withdrawn", body="L’avis.")
    desk.article("c.md", "2020-01-03", corrections="[{date: 2020-02-01, text: Non.}]")
    desk.load(NOW)
    making = Documents(desk.archive, NOW)
    rows = desk.archive.catalogue.walk(Query(limit=50), NOW)
    short = desk.archive.catalogue.walk(Query(limit=50), NOW, part=making.part)
    assert [each.listed is None for each in short] == [True, False, False]
    assert [bytes(each) for each in making.encoded(short)] == [
        msgspec.json.encode(each) for each in making.of_held(rows)
    ]


@pytest.mark.parametrize("fields", [LISTED, {"title"}, {"title", "content_text"}])
def test_no_more_is_read_than_is_told(desk: Desk, fields: frozenset[str]) -> None:
    desk.article("a.md", "2020-01-01", "Un titre", body="Un *mot*.")
    desk.load(NOW)
    making = Documents(desk.archive, NOW, fields)
    held = desk.archive.catalogue.walk(Query(limit=50), NOW, part=making.part)
    (told,) = map(msgspec.json.decode, making.encoded(held))
    assert told["title"] == "Un titre"
    assert told.get("content_text", "Un mot.") == "Un mot."
