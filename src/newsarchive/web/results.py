"""What a search found, as it is shown: by story, each hit leading to its words."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from urllib.parse import quote

from newsarchive import dates, markup, permalink
from newsarchive.query import Query
from newsarchive.search.snippets import Piece
from newsarchive.searching import Result, Search
from newsarchive.web import narrowing, views
from newsarchive.web.context import composer

#: results of one story that are shown, the others are counted
MOST_OF_STORY = 3
#: words that an address marks
MOST_MARKED = 3
# browsers find whole words (UAX 29): "l’avenir", not "avenir"
_BEFORE = re.compile(r"\w[\w’'.]*\Z")
_AFTER = re.compile(r"[\w’'.]*\w")


def grouped(
    results: Iterable[Result], query: Query, search: Search
) -> tuple[views.ResultGroup, ...]:
    """Results in their order, those of one story under its best."""
    by_story: dict[str, list[Result]] = {}
    for result in results:
        entry = result.entry
        own = entry.path if entry.is_story else ""
        by_story.setdefault(entry.story or own or entry.id, []).append(result)
    titles = composer().archive.catalogue.titles(
        (result.entry.story for found in by_story.values() for result in found), composer().now
    )
    return tuple(
        _group(found, views.Link(story, titles.get(story, "")), query, search)
        for story, found in by_story.items()
    )


def _group(
    found: list[Result], story: views.Link, query: Query, search: Search
) -> views.ResultGroup:
    lang = found[0].entry.lang
    within = replace(query, story=story.url, page=1)
    shown = found[:MOST_OF_STORY]
    more = 0
    if len(found) > MOST_OF_STORY:
        # on other pages too
        more = search.count(within, composer().now) - sum(bool(each.entry.story) for each in shown)
    return views.ResultGroup(
        story=views.Link(
            permalink.entry(story.url), markup.typeset(story.text, lang), composer().other(lang)
        ) if story.text else None,
        results=tuple(map(_result, shown)),
        more=max(0, more),
        more_url=narrowing.address(within),
    )  # fmt: skip


def _result(result: Result) -> views.ResultView:
    make, entry = composer(), result.entry
    return views.ResultView(
        url=permalink.entry(entry.path) + fragment(result.snippet),
        title=result.typeset_title,
        lang=make.other(entry.lang),
        snippet=result.snippet,
        when=dates.short(entry.published, make.lang, make.zone),
        machine_time=dates.unparse(entry.published),
    )


def fragment(pieces: Sequence[Piece]) -> str:
    """The first words found, for browsers that scroll to a text and mark it (WICG, Text
    Fragments, 3.5); '' if there are none."""
    found: dict[str, None] = {}
    for number, piece in enumerate(pieces):
        if piece.is_match:
            before = _BEFORE.search(pieces[number - 1].text) if number else None
            after = _AFTER.match(pieces[number + 1].text) if number + 1 < len(pieces) else None
            found.setdefault(
                f"{before[0] if before else ''}{piece.text}{after[0] if after else ''}"
            )
    texts = [f"text={_encoded(word)}" for word in list(found)[:MOST_MARKED]]
    return f"#:~:{'&'.join(texts)}" if texts else ""


def _encoded(text: str) -> str:
    # a hyphen beside a comma would begin a context (3.5.1)
    return quote(text, safe="").replace("-", "%2D")
