"""What may be meant by the beginning of a title or a name: a walk along an index, with an end."""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from newsarchive.catalogue.calendar import CalendarReader
from newsarchive.catalogue.finding import FindingReader
from newsarchive.catalogue.lists import name_words
from newsarchive.catalogue.rows import entries_of
from newsarchive.dates import microseconds
from newsarchive.entry import Entry
from newsarchive.permalink import slug, words

#: names that are looked at: those of one or two letters are many
MOST_NAMES = 500
_AFTER = "\U0010ffff"


class BeginningsReader(FindingReader, CalendarReader):
    """Finds by the beginnings of words, whatever their case and accents."""

    def titled(self, typed: str, now: datetime, limit: int) -> tuple[Entry, ...]:
        """Published entries with every word typed at the beginning of one of their title, the
        last that came first; without bodies."""
        asked = " AND ".join(f'"{word}" *' for word in words(typed))
        if not asked:
            return ()
        return entries_of(
            self.rows(
                "SELECT e.metadata, e.digest FROM title t CROSS JOIN entry e ON e.number = t.rowid"
                " WHERE t.title MATCH :asked AND e.status = 'published' AND e.at <= :now"
                " ORDER BY t.rowid DESC LIMIT :limit",
                {"asked": asked, "now": microseconds(now), "limit": limit},
            )
        )

    def named(self, kind: str, typed: str, now: datetime, limit: int) -> dict[str, str]:
        """Tags (``kind`` "tag") or authors ("author") with every word typed at the beginning of
        one of theirs, by slug, those with most entries first."""
        asked = name_words(slug(typed))
        if not asked:
            return {}
        longest = max(asked, key=len)
        rows = self.rows(
            "SELECT slug, (SELECT total(entries) FROM tally WHERE grain = 0"
            " AND term = n.kind || ':' || n.slug) AS entries FROM name_word n"
            " WHERE kind = ? AND word >= ? AND word < ? LIMIT ?",
            (kind, longest, longest + _AFTER, MOST_NAMES),
        )
        sizes = {row["slug"]: row["entries"] for row in rows if _begins(asked, row["slug"])}
        ordered = sorted(sizes, key=lambda each: (-sizes[each], each))
        # all of a list may be embargoed
        end = microseconds(now) + 1
        shown = (each for each in ordered if self.holds(f"{kind}:{each}", end=end))
        return {each: self.name(kind, each) for each in islice(shown, limit)}


def _begins(typed: Sequence[str], slug_: str) -> bool:
    names = name_words(slug_)
    return all(any(name.startswith(word) for name in names) for word in typed)
