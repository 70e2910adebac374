"""Entries as files: what is written reads back as the same entry."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from conftest import ROOT, Desk
from newsarchive.entry import (
    Correction,
    Coverage,
    Entry,
    Image,
    Kind,
    Moment,
    Precision,
    Source,
    Status,
)
from newsarchive.entryfile import Role, Site, parse
from newsarchive.newfile import unparse

SITE = Site(ZoneInfo("Europe/Paris"), "fr", "example.org,2026")


def same(entry: Entry) -> Entry:
    """An entry without what only tells where it stands."""
    return replace(entry, line=1, file="", has_own_id=True, body=entry.body.strip("\n"), digest="")


def reread(entry: Entry) -> Entry:
    role = Role(story=entry.story)
    found = parse(f"{entry.path}.md", unparse(entry).encode(), SITE, role)
    assert [p for p in found.problems if p.severity == "error"] == []
    (again,) = found.entries
    return again


def test_every_entry_of_the_example_archive_reads_back(desk: Desk) -> None:
    for path in sorted((ROOT / "articles").rglob("*")):
        if path.is_file():
            desk.write(str(path.relative_to(ROOT / "articles")), path.read_bytes())
    desk.load()
    entries = list(desk.archive.every_entry())
    assert len(entries) == 40
    for entry in entries:
        again = reread(entry)
        assert same(again) == same(replace(entry, path=again.path))


words = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cf", "Zs", "Zl", "Zp")), min_size=1, max_size=30).map(
    lambda text: " ".join(text.split())
).filter(lambda text: bool(text.strip()))  # fmt: skip


@given(
    title=words, tags=st.lists(words, max_size=3, unique=True), summary=words, alt=words, text=words
)
def test_any_words_read_back(
    title: str, tags: list[str], summary: str, alt: str, text: str
) -> None:
    moment = Moment(datetime(2023, 11, 17, 21, tzinfo=UTC))
    entry = Entry(
        id="tag:example.org,2026:k3f9", path="2023/x", kind=Kind.ARTICLE, title=title,
        published=moment, updated=Moment(datetime(2023, 12, 1, tzinfo=SITE.zone), Precision.DAY),
        lang="en", summary=summary, tags=tuple(tags), status=Status.WITHDRAWN, is_story=True,
        coverage=Coverage.CLOSED, image=Image("photo.jpg", alt), aliases=("/old/x.html",),
        sources=(Source(text, "https://example.org/a", "P", "2023"),),
        corrections=(Correction(moment, text),), has_own_id=True, body="Texte.",
        extra={"layout": "post", "n": ["a", {"b": "c"}]},
    )  # fmt: skip
    assert same(reread(entry)) == same(entry)


def test_no_break_spaces_of_the_author_stay() -> None:
    text = b"---\ntitle: Pr\xc3\xa8s de 21\xc2\xa0heures\ndate: 2023\nsummary: 1\xe2\x80\xaf024 pages\n---\nx"
    (entry,) = parse("x.md", text, SITE).entries
    assert (entry.title, entry.summary) == ("Près de 21\u00a0heures", "1\u202f024 pages")


@pytest.mark.parametrize("precision", Precision)
def test_a_date_keeps_its_precision(precision: Precision) -> None:
    at = datetime(2023, 1, 1, 0, 0, tzinfo=SITE.zone)
    moment = Moment(at, precision)
    entry = Entry(id="tag:a,2026:x", path="x", kind=Kind.ARTICLE, title="T", published=moment,
                  updated=moment, lang="fr", body="Texte.", summary="S", has_own_id=True)  # fmt: skip
    again = reread(entry)
    assert again.published.precision is precision
    assert again.published.at == at
