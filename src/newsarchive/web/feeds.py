"""Every list as a feed, in each format at an address of its own, whatever Accept says."""

import gzip
import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, current_app, make_response, request
from werkzeug.exceptions import HTTPException
from werkzeug.http import http_date
from werkzeug.wrappers import Response as BaseResponse

from newsarchive import permalink
from newsarchive.editions import Edition
from newsarchive.entry import Kind
from newsarchive.errors import CatalogueError, QueryError, SearchError
from newsarchive.feeds import Format
from newsarchive.feeds.feed import PAGE
from newsarchive.query import WORDS, Period, Query
from newsarchive.searching import as_read
from newsarchive.syndication import CORRECTIONS, Channel, Document, Syndicate
from newsarchive.web import http
from newsarchive.web.context import composer, on_catalogue_error

feeds = Blueprint("feeds", __name__)

#: lists by the name of their endpoint
_LISTS = {
    "home": ("/",),
    "articles": ("/articles/",),
    "corrections": ("/corrections/",),
    "search": ("/search/",),
    "tag": ("/tags/<slug>/",),
    "author": ("/authors/<slug>/",),
    "period": (
        "/<digits(fixed_digits=4):year>/",
        "/<digits(fixed_digits=4):year>/<digits(fixed_digits=2):month>/",
        "/<digits(fixed_digits=4):year>/<digits(fixed_digits=2):month>"
        "/<digits(fixed_digits=2):day>/",
    ),
    "story": ("/articles/<path:story>/",),
}
#: where other programs keep those of tags and authors
_NAMED_ELSEWHERE = {
    permalink.tag: ("/tags/<slug>", "/tag/<slug>", "/category/<slug>", "/categories/<slug>"),
    permalink.author: ("/authors/<slug>", "/author/<slug>"),
}
#: what asks for a page, as WordPress says it too
_PAGES = (PAGE, "paged")


def feed(form: str, **where: Any) -> BaseResponse:
    """The feed of a list, or the way to its one address."""
    document = _document(form, **where)
    if _asked() != document.address:
        return http.moved(document.address, keep_args=False)
    edition = _syndicate().edition(document, composer().now)
    return _answer(document, edition) if edition else _elsewhere(document)


for _endpoint, _rules in _LISTS.items():
    for _rule in _rules:
        feeds.add_url_rule(f"{_rule}feed.<any(rss, atom, json):form>", _endpoint, feed)


@feeds.errorhandler(CatalogueError)
@feeds.errorhandler(SearchError)
def last_good(error: CatalogueError | SearchError) -> Response:
    """While the catalogue or the index cannot be read, feeds answer as they last did."""
    args = request.view_args or {}
    # what cannot be read, or never was a list, is not told from a list while nothing is known
    with suppress(CatalogueError, SearchError, QueryError, HTTPException):
        if "form" in args:
            document = _document(**args)
            if edition := _syndicate().last(document):
                return _answer(document, edition)
    return on_catalogue_error(error)


@feeds.after_request
def for_everybody(response: Response) -> Response:
    """Any page may fetch a feed, also one that moved."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _syndicate() -> Syndicate:
    found: Syndicate = current_app.extensions["syndicate"]
    return found


def _document(form: str, **where: Any) -> Document:
    """What this request asks for.

    Raises:
        QueryError: its parameters cannot be read.
    """
    given = request.args.items(multi=True)
    pages = [(PAGE, value) for name, value in given if name in _PAGES]
    # page 1 is the oldest: a feed without a number is none of them
    page = Query.from_args(pages).page if any(value.strip() for _, value in pages) else 0
    return Document(_channel(**where), Format(form), page)


def _channel(
    slug: str = "", story: str = "", year: int = 0, month: int | None = None, day: int | None = None
) -> Channel:
    match (request.endpoint or "").rpartition(".")[2]:
        case "articles":
            return Channel.of(Query(kind=Kind.ARTICLE))
        case "corrections":
            return CORRECTIONS
        case "search":
            given = request.args.items(multi=True)
            asked = Query.from_args(each for each in given if each[0] in WORDS)
            return Channel.of(as_read(asked))
        case "tag":
            return Channel.of(Query(tags=(permalink.slug(slug),)))
        case "author":
            return Channel.of(Query(authors=(permalink.slug(slug),)))
        case "period":
            return Channel.of(Query(period=_period(year, month, day)))
        case "story":
            return Channel.of(Query(story=permalink.normal(story)))
        case _:
            return Channel.of(Query())


def _period(year: int, month: int | None, day: int | None) -> Period:
    try:
        return Period.parse(str(Period(year, month, day)))
    except ValueError:
        http.missing()


def _asked() -> str:
    """This request's address, as far as feeds look at it."""
    words = WORDS if request.endpoint == "feeds.search" else ()
    args = [
        (PAGE if name in _PAGES else name, value)
        for name, value in request.args.items(multi=True)
        if (name in words or name in _PAGES) and value.strip()
    ]
    path = permalink.escape(request.path)
    return permalink.with_args(path, dict(args)) if len(dict(args)) == len(args) else ""


def _elsewhere(document: Document) -> BaseResponse:
    """Where a story went whose feed is asked for."""
    query = document.channel.query
    if query and query.story:
        make = composer()
        address = f"articles/{query.story}"
        catalogue = make.archive.catalogue
        path = catalogue.alias(address, make.now) or catalogue.respelt(query.story, make.now)
        if path and path != query.story and make.archive.story_of(path, make.now):
            moved = Channel.of(Query(story=path)).feed(document.form, document.page)
            return http.moved(moved, keep_args=False)
    return http.missing()


def _answer(document: Document, edition: Edition) -> Response:
    """An edition, or 304 to who has it."""
    zipped = http.accepts_gzip()
    modified = _modified(edition)
    response = make_response()
    if http.is_known((edition.etag, f"{edition.etag}-gzip"), modified):
        response.status_code = 304
    else:
        packed = _syndicate().body(document, edition, composer().now)
        response.set_data(packed if zipped else gzip.decompress(packed))
        media_type = "application/xml" if _is_opened() else document.form.media_type
        response.content_type = f"{media_type}; charset=utf-8"
        if zipped:
            response.content_encoding = "gzip"
    response.set_etag(f"{edition.etag}-gzip" if zipped else edition.etag)
    if modified is not None:
        response.headers["Last-Modified"] = http_date(modified)
    kept_by = "private" if _is_opened() else "public"
    response.headers["Cache-Control"] = f"{kept_by}, max-age={edition.max_age}"
    response.headers["Vary"] = "Accept-Encoding"
    if document.channel.args:
        response.headers["X-Robots-Tag"] = "noindex"
    _link_hub(response, document)
    return response


def _is_opened() -> bool:
    """Whether a person follows a link to an XML feed (Fetch Metadata, 2.1), and no reader asks.

    Chromium shows RSS and Atom by their own types as source text: the same bytes are plain XML
    to it, which their style sheet makes readable. No shared cache may keep that answer.
    """
    return (
        request.headers.get("Sec-Fetch-Dest") == "document"
        and (request.view_args or {}).get("form") != Format.JSON
    )


def _modified(edition: Edition) -> datetime | None:
    """When it was new; none in the rare second in which a feed changed twice, which would make
    it the next second: some readers drop an answer whose date did not rise (libcurl)."""
    if edition.modified is None or edition.modified > composer().now.timestamp():
        return None
    return datetime.fromtimestamp(edition.modified, UTC)


def _link_hub(response: Response, document: Document) -> None:
    """WebSub, 4: who reads no body finds the hub and the topic here."""
    config = composer().archive.config
    if config.hub:
        topic = permalink.absolute(config.site_url, document.address)
        response.headers["Link"] = f'<{config.hub}>; rel="hub", <{topic}>; rel="self"'


# -- the addresses of other programs --


def _moved_to(address: str) -> Any:
    return lambda: http.moved(address, keep_args=False)


for _number, (_rule, _address) in enumerate(permalink.OLD_FEEDS.items()):
    feeds.add_url_rule(_rule, f"elsewhere{_number}", _moved_to(_address))


def _moved_name(spell: Any) -> Any:
    return lambda slug: http.moved(
        permalink.feed(spell(permalink.slug(slug)), Format.RSS), keep_args=False
    )


for _spell, _rules in _NAMED_ELSEWHERE.items():
    for _number, _rule in enumerate(_rules):
        _moved_view = _moved_name(_spell)
        for _ending in ("/feed/", "/index.xml"):
            _name = re.sub(r"\W+", "_", _rule + _ending)
            feeds.add_url_rule(_rule + _ending, _name, _moved_view)
