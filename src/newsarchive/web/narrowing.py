"""How to go on from a search: what narrows it and can be taken away, and what would narrow it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from newsarchive import permalink
from newsarchive.entry import Kind
from newsarchive.i18n import locale
from newsarchive.query import Order, Period, Query
from newsarchive.search.engine import Facets
from newsarchive.web import views
from newsarchive.web.asking import said
from newsarchive.web.context import composer

#: links of one facet; the others are found by narrowing
MOST_LINKS = 12
#: tags that a search is narrowed to by links
MOST_TAGS = 3
#: years shown
MOST_BARS = 60
#: bars with room for a year in full
FEW_BARS = 8
#: pixels
BAR_HEIGHT = 56


def args(query: Query) -> dict[str, str]:
    """What asks for this search, its order included; what fits best comes first unasked."""
    found = replace(query, order=Order.NEWEST).args()
    usual = Order.RELEVANCE if query.text else Order.NEWEST
    return found if query.order in {usual, Order.RELEVANCE} else found | {"order": query.order}


def address(query: Query) -> str:
    """The first page of a search."""
    return permalink.with_args(permalink.SEARCH, args(query))


# -- what narrows it --


def filters(query: Query) -> tuple[tuple[str, Query], ...]:
    """What narrows this search, in words, each with the search without it."""
    found = [
        (name(kind, slug), _without(query, field, slug))
        for kind, field in (("tag", "tags"), ("author", "authors"))
        for slug in getattr(query, field)
    ]
    found += [
        (f"− {name('tag', slug)}", _without(query, "without_tags", slug))
        for slug in query.without_tags
    ]
    if query.lang:
        found.append((language(query.lang), replace(query, lang="")))
    if query.kind:
        found.append((_kind(query.kind), replace(query, kind=None)))
    if query.story:
        found.append((story(query.story), replace(query, story="")))
    if query.after or query.before:
        found.append((_when(query), replace(query, after=None, before=None)))
    return tuple(found)


def _without(query: Query, field: str, slug: str) -> Query:
    rest = tuple(each for each in getattr(query, field) if each != slug)
    return replace(query, **{field: rest})  # type: ignore[arg-type]  # its own field


def name(kind: str, slug: str) -> str:
    """A tag or an author as they are written."""
    return composer().archive.catalogue.name(kind, slug) or slug


def language(lang: str) -> str:
    """A language, in the site's own."""
    return str(locale(lang).get_language_name(composer().lang) or lang)


def story(path: str) -> str:
    """The title of a story."""
    return composer().archive.catalogue.titles([path], composer().now).get(path, path)


def _kind(kind: str) -> str:
    return said("Updates") if kind == Kind.UPDATE else said("Articles")


def _when(query: Query) -> str:
    period = _exact(query)
    return _words(period) if period else span(query)


def span(query: Query) -> str:
    """The time that a search is narrowed to: "in 2023", "from 17 November 2023"."""
    if period := _exact(query):
        when = _words(period)
        return said("on %(day)s", day=when) if period.day else said("in %(what)s", what=when)
    parts = []
    if query.after:
        when = _words(query.after)
        by_day = query.after.day is not None
        parts.append(said("from %(day)s", day=when) if by_day
                     else said("from %(period)s on", period=when))  # fmt: skip
    if query.before:
        when = _words(query.before)
        by_day = query.before.day is not None
        parts.append(said("before %(day)s", day=when) if by_day
                     else said("earlier than %(period)s", period=when))  # fmt: skip
    return ", ".join(parts)


def _exact(query: Query) -> Period | None:
    """The one period that a search is narrowed to."""
    return query.after if query.after and _next(query.after) == query.before else None


def _words(period: Period) -> str:
    return composer().period_in_words(period, weekday=False)


def _next(period: Period) -> Period | None:
    """The period of the same length after one; None at the end of the calendar."""
    try:
        day = period.last + timedelta(days=1)
    except OverflowError:
        return None
    return Period(day.year, period.month and day.month, period.day and day.day)


# -- what would narrow it --


def facets(found: Facets, query: Query) -> tuple[views.FacetView, ...]:
    """Links that narrow a search, with how many entries each leaves."""

    def links(
        kind: str, text: Callable[[str], str], narrow: Callable[[str], Query]
    ) -> tuple[views.FacetLink, ...]:
        counts = found.of(kind)
        order = sorted(counts, key=lambda each: (-counts[each], each))
        narrowed = ((each, narrow(each)) for each in order)
        return tuple(
            views.FacetLink(address(replace(rest, page=1)), text(each), counts[each])
            for each, rest in narrowed
            if rest != query
        )[:MOST_LINKS]

    def tagged(slug: str) -> Query:
        return query if slug in query.tags else replace(query, tags=(*query.tags, slug))

    tags = len(query.tags) < MOST_TAGS and links("tag", lambda slug: name("tag", slug), tagged)
    authors = not query.authors and links(
        "author", lambda slug: name("author", slug), lambda slug: replace(query, authors=(slug,))
    )
    years = len(found.of("year")) == 1 and links("year", str, lambda year: _within(query, year))
    langs = not query.lang and links("lang", language, lambda lang: replace(query, lang=lang))
    kinds = not query.kind and links("kind", _kind, lambda kind: replace(query, kind=Kind(kind)))
    return tuple(
        views.FacetView(heading, links)
        for heading, links, least in (
            # of several, each has its bar
            (said("Year"), years, 1), (said("Tags"), tags, 1), (said("Authors"), authors, 2),
            (said("Languages"), langs, 2), (said("Kinds"), kinds, 2),
        )
        if links and len(links) >= least
    )  # fmt: skip


def _within(query: Query, period: str) -> Query:
    """What of a search lies in a period; a narrower span of its own stays."""
    after = Period.parse(period)
    before = _next(after)
    if query.after and query.after.first > after.first:
        after = query.after
    if query.before and (before is None or query.before.first < before.first):
        before = query.before
    return replace(query, after=after, before=before)


def bars(found: Facets, query: Query) -> tuple[views.Bar, ...]:
    """Hits over time: by year, by month within a year."""
    years, months = found.of("year"), found.of("month")
    if len(years) == 1 and len(months) > 1:
        periods = [Period(int(next(iter(years))), month) for month in range(1, 13)]
    elif len(years) > 1:
        first, last = min(map(int, years)), max(map(int, years))
        periods = [Period(year) for year in range(max(first, last - MOST_BARS + 1), last + 1)]
    else:
        return ()
    counts = {period: (years | months).get(str(period), 0) for period in periods}
    most = max(counts.values())

    def bar(period: Period, entries: int) -> views.Bar:
        label, words = str(period.month or period.year), _words(period)
        counted = composer().counted("%(num)s entry", "%(num)s entries", entries)
        narrowed = replace(_within(query, str(period)), page=1)
        return views.Bar(
            label=label if len(periods) <= FEW_BARS else label[-2:],
            heading=words, updates=entries, name=f"{words}, {counted}",
            url=address(narrowed) if entries else "",
            height=max(2, round(BAR_HEIGHT * entries / most)) if entries else 0,
        )  # fmt: skip

    return tuple(bar(period, entries) for period, entries in counts.items())


def orders(query: Query) -> tuple[tuple[views.Link, bool], ...]:
    """The orders there are, and whether each is this page's."""
    found = [(Order.NEWEST, said("newest first")), (Order.OLDEST, said("oldest first"))]
    if query.text:
        found.insert(0, (Order.RELEVANCE, said("best first")))
    usual = query.order if query.text or query.order is not Order.RELEVANCE else Order.NEWEST
    return tuple(
        (views.Link(address(replace(query, order=order, page=1)), text), order is usual)
        for order, text in found
    )
