"""The search page: what was found, how the question was read, and how to go on from there."""

import time
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import quote

from flask import Blueprint, Response, current_app, render_template, request

from newsarchive import dates, markup, permalink
from newsarchive.catalogue import Page
from newsarchive.entry import Kind
from newsarchive.errors import QueryError
from newsarchive.query import WORDS, Order, Period, Query
from newsarchive.search.engine import Facets
from newsarchive.searching import Found, Result, Search
from newsarchive.syndication import Channel
from newsarchive.web import http, views
from newsarchive.web.asking import asked_of, head_of, said, told
from newsarchive.web.context import composer

search = Blueprint("search", __name__)

#: links of one facet; the others are found by narrowing
MOST_LINKS = 12
MOST_SUGGESTIONS = 8
#: results of one story that are shown, the others are counted
MOST_OF_STORY = 3


@search.get("/search/")
def page() -> Response:
    text = request.args.get("q", "")[:256]
    try:
        query = asked_of(Query(order=Order.RELEVANCE), *WORDS, "order", "page")
        return _found(query, text) if _is_asked(query) else _page(text)
    except QueryError as error:
        return _page(text, problem=told(error), status=400)


@search.get("/search/suggest")
def suggest() -> Response:
    """Words, tags and titles for what is being typed, as JSON: a list of texts."""
    prefix = request.args.get("q", "")[:64].strip()
    words = _search().suggest(prefix, MOST_SUGGESTIONS) if prefix else ()
    return http.json(words, cache="public, max-age=300")


def _search() -> Search:
    found: Search = current_app.extensions["search"]
    return found


def _is_asked(query: Query) -> bool:
    return bool(replace(query, order=Order.NEWEST).args())


def _page(text: str, *, problem: str = "", status: int = 200) -> Response:
    """The page without results: the field, and what is wrong."""
    return http.html(
        render_template(
            "search.html", nav="search", heading=said("Search"), query_text=text, problem=problem,
            found=None, head=head_of(said("Search"), permalink.SEARCH, robots="noindex"),
        ),
        cache="no-cache" if status == 200 else "no-store",
        status=status,
    )  # fmt: skip


def _found(query: Query, text: str) -> Response:
    make, began = composer(), time.perf_counter()
    found = _search().find(query, make.now)
    milliseconds = 1000 * (time.perf_counter() - began)
    if query.page > found.pages:
        http.missing()
    read = found.query
    heading = said("Search: %(text)s", text=text) if text else said("Search")
    pages = Page((), found.total, read.page, found.pages)
    response = http.html(
        render_template(
            "search.html", nav="search", heading=said("Search"), query_text=text, problem="",
            found=views.FoundView(
                total=found.total,
                read=read.text,
                notes=tuple(said(note.text, **note.values) for note in found.notes),
                meant=_meant(found),
                is_meant=found.is_meant,
                groups=_groups(found.results, read),
                filters=_filters(read),
                facets=_facets(found.facets, read),
                bars=_bars(found.facets, read),
                orders=_orders(read),
                after=str(read.after or ""),
                before=str(read.before or ""),
                behind=_search().behind(),
            ),
            pager=make.pager(pages, permalink.SEARCH, _args(read)),
            head=head_of(heading, permalink.SEARCH, channel=_channel(read),
                       robots="noindex"),
        )
    )  # fmt: skip
    # in the page it would make other bytes of every answer; the script says it (W3C Server Timing)
    response.headers["Server-Timing"] = f"search;dur={milliseconds:.1f}"
    return response


def _args(query: Query) -> dict[str, str]:
    """What asks for this search, its order included; what fits best comes first unasked."""
    args = replace(query, order=Order.NEWEST).args()
    usual = Order.RELEVANCE if query.text else Order.NEWEST
    return args if query.order in {usual, Order.RELEVANCE} else args | {"order": str(query.order)}


def _address(query: Query) -> str:
    return permalink.with_args(permalink.SEARCH, _args(query))


def _channel(query: Query) -> Channel | None:
    """What can be subscribed to; a name that nobody has is no list."""
    make, channel = composer(), Channel.of(query)
    if channel.args:
        return channel
    if channel.query is None or channel.query == Query():
        return None
    return channel if make.archive.find(replace(channel.query, limit=1), make.now).total else None


def _meant(found: Found) -> views.Link | None:
    if not found.meant:
        return None
    return views.Link(_address(replace(found.query, text=found.meant, page=1)), found.meant)


# -- results --


def _groups(results: Iterable[Result], query: Query) -> tuple[views.ResultGroup, ...]:
    """Results in their order, those of one story under its best."""
    by_story: dict[str, list[Result]] = {}
    for result in results:
        entry = result.entry
        own = entry.path if entry.is_story else ""
        by_story.setdefault(entry.story or own or entry.id, []).append(result)
    titles = composer().archive.catalogue.titles(
        (result.entry.story for found in by_story.values() for result in found), composer().now
    )
    return tuple(_group(story, found, titles, query) for story, found in by_story.items())


def _group(
    story: str, found: list[Result], titles: dict[str, str], query: Query
) -> views.ResultGroup:
    link = None
    if story in titles:
        title = markup.typeset(titles[story], found[0].entry.lang)
        link = views.Link(permalink.entry(story), title, composer().other(found[0].entry.lang))
    more = len(found) - MOST_OF_STORY
    return views.ResultGroup(
        story=link,
        results=tuple(map(_result, found[:MOST_OF_STORY])),
        more=max(0, more),
        more_url=_address(replace(query, story=story, page=1)),
    )


def _result(result: Result) -> views.ResultView:
    make, entry = composer(), result.entry
    address = permalink.entry(entry.path)
    words = [piece.text for piece in result.snippet if piece.is_match]
    return views.ResultView(
        url=address + _fragment(words),
        title=result.title,
        lang=make.other(entry.lang),
        snippet=result.snippet,
        when=dates.in_words(entry.published, make.lang, make.zone),
        machine_time=dates.unparse(entry.published),
    )


def _fragment(words: list[str]) -> str:
    """The first words found, for browsers that scroll to a text and mark it (WICG, Text
    Fragments, 3.5)."""
    chosen = list(dict.fromkeys(words))[:3]
    return "#:~:" + "&".join(f"text={quote(word, safe='')}" for word in chosen) if chosen else ""


# -- how to go on --


def _filters(query: Query) -> tuple[views.Link, ...]:
    """What narrows this search, each with the address without it."""
    found: list[tuple[str, Query]] = []
    make = composer()
    name = make.archive.catalogue.name
    for tag in query.tags:
        rest = tuple(each for each in query.tags if each != tag)
        found.append((name("tag", tag) or tag, replace(query, tags=rest)))
    for tag in query.without_tags:
        rest = tuple(each for each in query.without_tags if each != tag)
        found.append((f"− {name('tag', tag) or tag}", replace(query, without_tags=rest)))
    for author in query.authors:
        rest = tuple(each for each in query.authors if each != author)
        found.append((name("author", author) or author, replace(query, authors=rest)))
    if query.lang:
        found.append((_language(query.lang), replace(query, lang="")))
    if query.kind:
        found.append((_kind(query.kind), replace(query, kind=None)))
    if query.story:
        title = make.archive.catalogue.titles([query.story], make.now).get(query.story, query.story)
        found.append((title, replace(query, story="")))
    if query.after or query.before:
        found.append((_span(query), replace(query, after=None, before=None)))
    return tuple(views.Link(_address(replace(rest, page=1)), text) for text, rest in found)


def _span(query: Query) -> str:
    make = composer()
    if query.after and query.before and _next(query.after) == query.before:
        return make.period_in_words(query.after, weekday=False)
    parts = []
    if query.after:
        day = make.period_in_words(query.after, weekday=False)
        parts.append(said("from %(day)s", day=day))
    if query.before:
        day = make.period_in_words(query.before, weekday=False)
        parts.append(said("before %(day)s", day=day))
    return " ".join(parts)


def _next(period: Period) -> Period:
    """The period of the same length after one."""
    if period.month is None:
        return Period(period.year + 1)
    if period.day is None:
        return Period(period.year + period.month // 12, period.month % 12 + 1)
    return period


def _language(lang: str) -> str:
    where = dates.locale(lang)
    return str(where.get_language_name(composer().lang) or lang)


def _kind(kind: str) -> str:
    return said("Updates") if kind == Kind.UPDATE else said("Articles")


def _facets(facets: Facets, query: Query) -> tuple[views.FacetView, ...]:
    make = composer()
    name = make.archive.catalogue.name

    def links(kind: str, text: object, narrow: object) -> tuple[views.FacetLink, ...]:
        counts = facets.of(kind)
        order = sorted(counts, key=lambda each: (-counts[each], each))[:MOST_LINKS]
        return tuple(
            views.FacetLink(_address(replace(narrow(each), page=1)), text(each), counts[each])  # type: ignore[operator]  # two functions
            for each in order
        )

    return tuple(
        views.FacetView(heading, found)
        for heading, found in (
            (said("Tags"), links("tag", lambda slug: name("tag", slug) or slug,
                                 lambda slug: replace(query, tags=(*query.tags, slug)))
             if not query.tags or len(query.tags) < 3 else ()),
            (said("Authors"), links("author", lambda slug: name("author", slug) or slug,
                                    lambda slug: replace(query, authors=(slug,)))
             if not query.authors else ()),
            (said("Languages"), links("lang", _language, lambda lang: replace(query, lang=lang))
             if not query.lang else ()),
            (said("Kinds"), links("kind", _kind, lambda kind: replace(query, kind=Kind(kind)))
             if not query.kind else ()),
        )
        if len(found) > 1 or (heading == said("Tags") and found)
    )  # fmt: skip


def _bars(facets: Facets, query: Query) -> tuple[views.Bar, ...]:
    """Hits over time: by year, by month within a year."""
    years = facets.of("year")
    months = facets.of("month")
    if len(years) == 1 and len(months) > 1:
        year = int(next(iter(years)))
        periods = [Period(year, month) for month in range(1, 13)]
        counts = {period: months.get(str(period), 0) for period in periods}
    elif len(years) > 1:
        first, last = min(map(int, years)), max(map(int, years))
        periods = [Period(year) for year in range(max(first, last - 59), last + 1)]
        counts = {period: years.get(str(period), 0) for period in periods}
    else:
        return ()
    most = max(counts.values(), default=1)
    return tuple(_bar(period, counts[period], most, query) for period in periods)


def _bar(period: Period, entries: int, most: int, query: Query) -> views.Bar:
    make = composer()
    words = make.period_in_words(period)
    counted = make.counted("%(num)s entry", "%(num)s entries", entries)
    narrowed = replace(query, after=period, before=_next(period), page=1)
    label = f"{period.year % 100:02d}" if period.month is None else str(period.month)
    return views.Bar(
        label=label, heading=words, url=_address(narrowed) if entries else "", updates=entries,
        height=max(4, round(100 * entries / max(most, 1))) if entries else 0,
        name=f"{words}, {counted}",
    )  # fmt: skip


def _orders(query: Query) -> tuple[tuple[views.Link, bool], ...]:
    """The orders there are, and whether each is this page's."""
    orders = [(Order.NEWEST, said("newest first")), (Order.OLDEST, said("oldest first"))]
    if query.text:
        orders.insert(0, (Order.RELEVANCE, said("best first")))
    usual = query.order if query.text or query.order is not Order.RELEVANCE else Order.NEWEST
    return tuple(
        (views.Link(_address(replace(query, order=order, page=1)), text), order is usual)
        for order, text in orders
    )
