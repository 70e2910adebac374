"""The JSON API: each address reads its parameters, asks the archive, and tells what it says."""

from collections.abc import Iterable
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, request
from msgspec import UNSET
from werkzeug.wrappers import Response as BaseResponse

from newsarchive import cursors, export, following, hits, openapi, permalink, shapes
from newsarchive.catalogue import Name
from newsarchive.cursors import Token
from newsarchive.documents import LISTED, Documents
from newsarchive.entry import Entry, Status
from newsarchive.errors import QueryError
from newsarchive.query import Order, Period, Query
from newsarchive.searching import Search
from newsarchive.suggesting import Suggestion
from newsarchive.walks import Walk
from newsarchive.web import http, parameters
from newsarchive.web.asking import said
from newsarchive.web.context import composer, gone
from newsarchive.web.replies import opened, reply, stream

api = Blueprint("api", __name__)
api.after_app_request(opened)


def _search() -> Search:
    found: Search = current_app.extensions["search"]
    return found


def _address(operation: openapi.Operation, args: Iterable[tuple[str, str]]) -> str:
    site_url = composer().archive.config.site_url
    return f"{site_url}{permalink.API_V1}{operation.path}?{urlencode(list(args))}"


@api.get("/api/v1/entries")
def entries() -> Response:
    make, operation = composer(), openapi.operation("entries")
    asked = parameters.query(operation, Query())
    walk = Walk(make.archive, _search(), make.now)
    step = walk.step(asked, parameters.beyond(asked), parameters.fields(LISTED))
    after = ""
    if step.beyond:
        after = _address(operation, parameters.going_on(asked, step.beyond))
    told = shapes.Entries(step.total, step.entries, after)  # type: ignore[arg-type]  # as JSON
    return reply(told, after=after)


@api.get("/api/v1/entries/<path:path>")
def entry(path: str) -> BaseResponse:
    make = composer()
    parameters.given(openapi.operation("entry"))
    found = make.archive.shown(path, make.now)
    if found is None or path != found.path:
        return _elsewhere(path, found)
    if found.status is Status.WITHDRAWN:
        return gone(found)
    return reply(Documents(make.archive, make.now).whole(found))


def _elsewhere(path: str, found: Entry | None) -> BaseResponse:
    """Where an entry is that was asked for by another path."""
    make = composer()
    catalogue = make.archive.catalogue
    there = found.path if found else (
        catalogue.alias(f"articles/{path}", make.now) or catalogue.respelt(path, make.now)
    )  # fmt: skip
    if not there or there == path or not make.archive.shown(there, make.now):
        http.missing()
    return http.moved(permalink.API_ENTRIES + permalink.escape(there))


@api.get("/api/v1/search")
def search() -> Response:
    make, operation = composer(), openapi.operation("search")
    asked = parameters.query(operation, Query(order=Order.RELEVANCE))
    finding = _search().find(asked, make.now)
    found = hits.found(make.archive, finding, make.now, lambda text, more: said(text, **more))
    found.behind = _search().behind()
    if asked.page < finding.pages:
        kept = [each for each in request.args.items(multi=True) if each[0] != "page"]
        found.next = _address(operation, [*kept, ("page", str(asked.page + 1))])
    return reply(found, after=found.next)


@api.get("/api/v1/suggest")
def suggest() -> Response:
    operation, most = openapi.operation("suggest"), openapi.MOST_SUGGESTIONS
    asked = parameters.query(operation, Query(limit=8), most=most)
    found = _search().suggest(asked.text, composer().now, asked.limit) if asked.text else ()
    return reply(shapes.Suggestions(list(map(_suggested, found))))


def _suggested(found: Suggestion) -> shapes.Suggestion:
    site = composer().archive.config.site_url
    return shapes.Suggestion(
        kind=found.kind,
        text=found.text,
        url=site + found.address if found.address else UNSET,
        completed=found.completed or UNSET,
    )


@api.get("/api/v1/tags")
def tags() -> Response:
    parameters.given(openapi.operation("tags"))
    found = composer().archive.catalogue.names("tag", composer().now)
    return reply(shapes.Tags(len(found), [_named("tag", each) for each in found]))


@api.get("/api/v1/authors")
def authors() -> Response:
    parameters.given(openapi.operation("authors"))
    found = composer().archive.catalogue.names("author", composer().now)
    return reply(shapes.Authors(len(found), [_named("author", each) for each in found]))


def _named(kind: str, name: Name) -> shapes.Named:
    page = permalink.tag(name.slug) if kind == "tag" else permalink.author(name.slug)
    return shapes.Named(
        slug=name.slug,
        name=name.name,
        count=name.entries,
        url=composer().archive.config.site_url + page,
        entries_url=_address(openapi.operation("entries"), [(kind, name.slug)]),
    )


@api.get("/api/v1/calendar")
def calendar() -> Response:
    make, asked = composer(), dict(parameters.given(openapi.operation("calendar")))
    catalogue = make.archive.catalogue
    years = catalogue.calendar(make.now)
    if "year" not in asked:
        return reply(shapes.Calendar(sum(years.values()), years))
    year = _year(asked["year"])
    count = years.get(f"{year:04d}", 0)
    months, days = catalogue.calendar(make.now, Period(year)), catalogue.days(year, make.now)
    return reply(shapes.Calendar(count, {f"{year:04d}": count} if count else {}, months, days))


def _year(text: str) -> int:
    try:
        period = Period.parse(text)
    except ValueError:
        period = None
    if period is None or period.month is not None:
        raise QueryError("year", "a year of four digits, such as 2023")
    return period.year


@api.get("/api/v1/changes")
def changes() -> Response:
    make, operation = composer(), openapi.operation("changes")
    asked = parameters.query(operation, Query())
    since = request.args.get("since")
    token = cursors.parse(since, Token, "since") if since else None
    fields = parameters.fields(())
    page, has_more = following.follow(make.archive, token, make.now, asked.limit, fields)
    kept = [each for each in request.args.items(multi=True) if each[0] != "since"]
    after = _address(operation, [*kept, ("since", page.next)]) if has_more else ""
    return reply(page, after=after)


@api.get("/api/v1/export.ndjson")
def everything() -> Response:
    make, operation = composer(), openapi.operation("export")
    asked, archive = dict(parameters.given(operation)), make.archive
    number = archive.catalogue.number_of(asked["after"], make.now) if "after" in asked else 0
    if number is None:
        raise QueryError("after", "the id of an entry, as a line of this very archive had it")
    fields = parameters.fields(export.EXPORTED)
    token = following.current(archive, make.now)
    state = archive.catalogue.state(make.now)
    after = _address(openapi.operation("changes"), [("since", cursors.unparse(token))])
    etag = cursors.digest([token.made, state, number, sorted(fields)])
    return stream(export.lines(archive, make.now, number, fields), etag, after)


@api.get("/api/v1/openapi.json")
def description() -> Response:
    config = composer().archive.config
    return reply(openapi.document(config.title, config.site_url))


@api.get("/api/<path:rest>")
def unknown(rest: str) -> Response:  # noqa: ARG001 - an address of the API that there is not
    http.missing()
