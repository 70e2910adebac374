"""The lists: home, articles, tags, authors, years, months, days, corrections, search."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, render_template
from werkzeug.wrappers import Response as BaseResponse

from newsarchive import permalink
from newsarchive.catalogue import Name, Page
from newsarchive.dates import local, local_day
from newsarchive.entry import Kind
from newsarchive.query import Order, Period, Query
from newsarchive.syndication import CORRECTIONS, Channel
from newsarchive.web import http, views
from newsarchive.web.asking import asked_of, head_of, page_of, said
from newsarchive.web.context import composer

lists = Blueprint("lists", __name__)

MOST_TAGS = 20


@lists.get("/")
def home() -> Response:
    make = composer()
    archive = make.archive
    page = page_of(asked_of(Query(), "page"))
    newest = local_day(page.entries[0].published, make.zone) if page.entries else None
    shown = newest or local(make.now, make.zone).date()
    period = Period(shown.year, shown.month)
    days = archive.catalogue.days(shown.year, make.now)
    latest = page.number == 1
    tags = archive.catalogue.commonest("tag", make.now, MOST_TAGS)
    return http.html(
        render_template(
            "home.html",
            nav="home",
            head=head_of("", "/" if latest else f"/?page={page.number}",
                       description=archive.config.description),
            running=make.running(archive.running(make.now)) if latest else (),
            groups=make.groups(page.entries),
            calendar=make.month(period, days, max(days.values(), default=1), year=True),
            tags=_names("tag", tags),
            pager=make.pager(page, permalink.HOME, {}),
        )
    )  # fmt: skip


@lists.get("/articles/")
def articles() -> Response:
    return _list(
        Query(kind=Kind.ARTICLE), permalink.ARTICLES, said("Articles"), nav="articles",
        words=("%(num)s article", "%(num)s articles"),
    )  # fmt: skip


@lists.get("/tags/<slug>/")
def tag(slug: str) -> BaseResponse:
    return _named("tag", slug, permalink.tag, views.Link(permalink.TAGS, said("Tags")))


@lists.get("/authors/<slug>/")
def author(slug: str) -> BaseResponse:
    return _named("author", slug, permalink.author, views.Link(permalink.AUTHORS, said("Authors")))


def _named(kind: str, slug: str, spell: Callable[[str], str], above: views.Link) -> BaseResponse:
    """The list of a tag or an author; another spelling of the name leads to it."""
    if slug != permalink.slug(slug):
        return http.moved(spell(permalink.slug(slug)))
    query = Query(tags=(slug,)) if kind == "tag" else Query(authors=(slug,))
    name = composer().archive.catalogue.name(kind, slug) or http.missing()
    return _list(query, spell(slug), name, nav=f"{kind}s", kicker=above, must_hold=True)


@lists.get("/<digits(fixed_digits=4):year>/<digits(fixed_digits=2):month>/")
@lists.get(
    "/<digits(fixed_digits=4):year>/<digits(fixed_digits=2):month>/<digits(fixed_digits=2):day>/"
)
def period(year: int, month: int, day: int | None = None) -> Response:
    try:
        asked = Period.parse(str(Period(year, month, day)))
    except ValueError:
        http.missing()
    make = composer()
    before, after = make.archive.catalogue.neighbour_periods(asked, make.now)
    above = Period(year, None if day is None else month)
    shown = Period(year, month)
    days = make.archive.catalogue.days(year, make.now)
    return _list(
        Query(period=asked),
        permalink.period(year, month, day),
        make.period_in_words(asked),
        nav="archive",
        kicker=_period_link(above),
        must_hold=True,
        before=_period_link(before),
        after=_period_link(after),
        calendar=make.month(shown, days, max(days.values(), default=1), year=False),
    )


def _period_link(found: Period | None) -> views.Link | None:
    if found is None:
        return None
    words = composer().period_in_words(found, weekday=False)
    return views.Link(permalink.period(found.year, found.month, found.day), words)


def _list(
    base: Query,
    address: str,
    heading: str,
    *,
    words: tuple[str, str] = ("%(num)s entry", "%(num)s entries"),
    must_hold: bool = False,
    **context: Any,
) -> Response:
    """A list under its heading; ``must_hold`` makes an empty one a 404."""
    make = composer()
    query = asked_of(base, "page", "order")
    page = page_of(query)
    if must_hold and not page.total:
        http.missing()
    args = {} if query.order is Order.NEWEST else {"order": str(query.order)}
    pager = make.pager(page, address, args)
    current = pager.links[[link[0] if link else 0 for link in pager.links].index(page.number)]
    count = make.counted(*words, page.total)
    filled: dict[str, Any] = {
        "kicker": None, "before": None, "after": None, "calendar": None,
        **context,
    }  # fmt: skip
    return http.html(
        render_template(
            "list.html",
            heading=heading,
            intro=count,
            groups=make.groups(page.entries),
            pager=pager,
            head=head_of(heading, current[1] if current else address, channel=Channel.of(base),
                       description=f"{heading} · {count}", robots="noindex" if args else ""),
            **filled,
        )
    )  # fmt: skip


@lists.get("/<digits(fixed_digits=4):year>/")
def year(year: int) -> Response:
    if not 1 <= year <= 9999:
        http.missing()
    make, asked = composer(), Period(year)
    catalogue = make.archive.catalogue
    entries = page_of(Query(period=asked, limit=1)).total
    if not entries:
        http.missing()
    days = catalogue.days(year, make.now)
    most = max(days.values(), default=1)
    before, after = catalogue.neighbour_periods(asked, make.now)
    intro = make.counted("%(num)s entry", "%(num)s entries", entries)
    months = catalogue.calendar(make.now, asked)
    return http.html(
        render_template(
            "year.html",
            nav="archive",
            heading=str(asked),
            intro=intro,
            head=head_of(str(asked), permalink.period(year), description=f"{asked} · {intro}",
                       channel=Channel.of(Query(period=asked))),
            months=tuple(
                _with_count(make.month(Period(year, month), days, most, year=False),
                            months.get(f"{year:04d}-{month:02d}", 0), Period(year, month))
                for month in range(1, 13)
            ),
            before=_period_link(before),
            after=_period_link(after),
        )
    )  # fmt: skip


def _with_count(month: views.Month, entries: int, asked: Period) -> views.Month:
    """A month also counts entries of which no day is known."""
    address = permalink.period(asked.year, asked.month) if entries else ""
    return replace(month, entries=entries, url=address)


@lists.get("/tags/")
def tags() -> Response:
    return _name_list("tag", said("Tags"), permalink.TAGS, "tags", ("%(num)s tag", "%(num)s tags"))


@lists.get("/authors/")
def authors() -> Response:
    words = ("%(num)s author", "%(num)s authors")
    return _name_list("author", said("Authors"), permalink.AUTHORS, "authors", words)


def _name_list(kind: str, heading: str, address: str, nav: str, words: tuple[str, str]) -> Response:
    make = composer()
    names = make.archive.catalogue.names(kind, make.now)
    letters: dict[str, list[tuple[views.Link, int]]] = {}
    for link, entries in _names(kind, sorted(names, key=lambda n: permalink.fold(n.name))):
        first = permalink.fold(link.text)[:1].upper()
        letters.setdefault(first if first.isalpha() else "#", []).append((link, entries))
    intro = make.counted(*words, len(names))
    return http.html(
        render_template(
            "names.html", nav=nav, heading=heading, intro=intro,
            letters=tuple((letter, tuple(found)) for letter, found in letters.items()),
            head=head_of(heading, address, description=intro),
        )
    )  # fmt: skip


def _names(kind: str, names: Iterable[Name]) -> tuple[tuple[views.Link, int], ...]:
    spell = permalink.tag if kind == "tag" else permalink.author
    return tuple((views.Link(spell(each.slug), each.name), each.entries) for each in names)


@lists.get("/corrections/")
def corrections() -> Response:
    make = composer()
    query = asked_of(Query(), "page")
    size = make.archive.config.page_size
    total = make.archive.catalogue.correction_count(make.now)
    page = Page((), total, query.page, max(1, -(-total // size)))
    if page.number > page.pages:
        http.missing()
    heading = said("Corrections")
    intro = make.counted("%(num)s correction", "%(num)s corrections", total)
    pager = make.pager(page, permalink.CORRECTIONS, {})
    return http.html(
        render_template(
            "corrections.html", nav="corrections", heading=heading, intro=intro, pager=pager,
            corrections=make.corrected(make.archive.corrections(make.now, query.page)),
            head=head_of(heading, permalink.CORRECTIONS, description=intro, channel=CORRECTIONS),
        )
    )  # fmt: skip
