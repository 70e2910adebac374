"""The website: a Flask application over one archive."""

import json
from collections.abc import Callable, Hashable
from contextlib import suppress
from functools import lru_cache, partial
from typing import Any, NoReturn

from flask import Flask, Response, g, redirect, request
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter, Rule
from werkzeug.wrappers import Response as BaseResponse

from newsarchive import permalink
from newsarchive.archive import Archive
from newsarchive.catalogue import looking, told_by
from newsarchive.config import Config
from newsarchive.errors import CatalogueError, QueryError, SearchError
from newsarchive.i18n import grouped, translations
from newsarchive.searching import Search
from newsarchive.syndication import Syndicate
from newsarchive.web import http, static
from newsarchive.web.access import Access
from newsarchive.web.api import api
from newsarchive.web.apipage import apipage
from newsarchive.web.asking import told
from newsarchive.web.cache import KEEP_UNTIL, Cache
from newsarchive.web.context import composer, on_bug, on_catalogue_error, on_http_error, refuse
from newsarchive.web.entries import entries
from newsarchive.web.feedlist import feedlist
from newsarchive.web.feeds import feeds
from newsarchive.web.lists import lists
from newsarchive.web.metrics import metrics
from newsarchive.web.operations import operations
from newsarchive.web.search import search

#: what needs nothing of the archive, or tells how it fares
_WITHOUT_SNAPSHOT = {
    "operations.healthz", "operations.readyz", "operations.robots", "metrics.numbers",
    "api.description",
}  # fmt: skip
#: what is of the search index too
_OF_THE_INDEX = {"search.page", "search.suggest", "api.search", "api.suggest", "feeds.search"}
#: parts of pages that are remembered as they are drawn, lines of lists above all: a kilobyte or two
#: each
MOST_DRAWN = 2_000
#: how long an answer is kept at most
KEPT_SECONDS = 60


class _Digits(IntegerConverter):
    """A number in an address, in ASCII digits alone: each page has one address."""

    regex = "[0-9]+"


class _Rule(Rule):
    """An address that is recognised; to build it is for ``permalink``.

    For that Werkzeug writes and compiles two functions a rule, which takes four fifths of the time
    in which the application is made.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., NoReturn]:  # noqa: ARG002 - as there
        return _unbuilt


def _unbuilt(rule: Rule, **_: object) -> NoReturn:
    raise NotImplementedError(f"permalink builds addresses: {rule.rule}")


def create_app(config: Config) -> Flask:
    """The WSGI application of an archive. It reads; ``loader`` keeps the catalogue."""
    app = Flask("newsarchive.web", static_folder=None)
    archive = app.extensions["archive"] = Archive(config)
    found = app.extensions["search"] = Search(archive)
    app.extensions["syndicate"] = Syndicate(archive, found)
    app.url_map.strict_slashes = False  # this site's own redirects never name a host
    app.url_map.merge_slashes = False
    app.url_map.converters["digits"] = _Digits
    app.url_rule_class = _Rule
    app.request_class = http.Request
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of Flask's own provider
    _set_up_templates(app, config)
    app.before_request(http.refuse_odd_addresses)
    app.before_request(_add_slash)
    app.after_request(http.secure)
    app.after_request(_keep)
    app.teardown_request(_end_snapshot)
    app.register_blueprint(operations)
    app.register_blueprint(metrics)
    app.before_request(_begin_snapshot)
    app.register_blueprint(api)
    app.register_blueprint(apipage)
    app.register_blueprint(feeds)
    app.register_blueprint(feedlist)
    app.register_blueprint(search)
    app.register_blueprint(lists)
    app.register_blueprint(entries)
    app.register_error_handler(HTTPException, on_http_error)
    for error in (CatalogueError, SearchError):
        app.register_error_handler(error, on_catalogue_error)
    app.register_error_handler(QueryError, _on_query_error)
    app.register_error_handler(Exception, on_bug)
    state = looking(told_by(archive.catalogue.path))
    clock = lambda: http.now().timestamp()  # noqa: E731 - found when it is asked
    files = static.served(Cache(app.wsgi_app, state, clock))
    app.wsgi_app = app.extensions["access"] = Access(files, config.access_log)  # type: ignore[method-assign]  # as Flask has it
    return app


def _set_up_templates(app: Flask, config: Config) -> None:
    env = app.jinja_env
    env.undefined = StrictUndefined
    env.trim_blocks = env.lstrip_blocks = True
    env.add_extension("jinja2.ext.i18n")
    env.install_gettext_translations(translations(config.language), newstyle=True)  # type: ignore[attr-defined]  # of the extension
    env.filters["json_ld"] = _json_ld
    env.filters["number"] = lambda number: grouped(number, config.language)
    env.globals |= {
        "site": {
            "title": config.title, "description": config.description,
            "lang": config.language, "url": config.site_url,
        },
        "url": permalink,
        "asset": static.address,
        "query_text": "",
        "drawn": lru_cache(maxsize=MOST_DRAWN)(partial(_drawn, env)),
        "_": _says(config.language),
    }  # fmt: skip
    app.context_processor(_years)


def _drawn(env: Environment, template: str, shown: Hashable, *how: Hashable) -> Markup:
    """A part of a page that depends on nothing but what it shows."""
    return Markup(env.get_template(template).render(shown=shown, how=how))  # noqa: S704 - escaped there


def _says(lang: str) -> Callable[..., Markup]:
    """``_`` as Jinja has it, which looks all up again each time: a tenth of a page."""
    words = translations(lang)

    @lru_cache(maxsize=1_000)  # templates have so many at most
    def text(written: str) -> Markup:
        return Markup(words.gettext(written))  # noqa: S704 - of a template

    @lru_cache(maxsize=1_000)
    def plain(written: str) -> Markup:
        return text(written) % {}

    return lambda written, **values: text(written) % values if values else plain(written)


def _json_ld(thing: Any) -> Markup:
    """JSON that can stand in a script element: no ``<`` ends it (HTML, 4.12.1.3)."""
    text = json.dumps(thing, ensure_ascii=False, separators=(",", ":"))
    safe = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(safe)  # noqa: S704 - escaped above


def _years() -> dict[str, Any]:
    """The years of the archive, for the foot of every page."""
    make = composer()
    try:
        years = make.archive.catalogue.calendar(make.now)
    except CatalogueError:
        years = {}
    return {
        "years": tuple(
            (int(year), permalink.period(int(year)), years[year]) for year in reversed(years)
        )
    }


def _begin_snapshot() -> None:
    """From here to the end of the request the archive does not change under it."""
    is_asked = request.blueprint and request.method != "OPTIONS"
    if is_asked and request.endpoint not in _WITHOUT_SNAPSHOT:
        archive = composer().archive
        snapshot = archive.snapshot()
        snapshot.__enter__()
        g.snapshot = snapshot
        if not archive.catalogue.generation():
            raise CatalogueError(str(archive.catalogue.path), "is being filled for the first time")


def _keep(response: Response) -> Response:
    """Let the cache keep what is of the catalogue alone, until an embargo ends, and not for long:
    what is new or running depends on the clock."""
    if "snapshot" in g and _is_kept(response):
        make = composer()
        until = make.now.timestamp() + KEPT_SECONDS
        with suppress(CatalogueError):
            arrival = make.archive.catalogue.next_arrival(make.now)
            request.environ[KEEP_UNTIL] = min(until, arrival.timestamp()) if arrival else until
    return response


def _is_kept(response: Response) -> bool:
    if response.status_code not in (200, 304) or request.endpoint in _OF_THE_INDEX:
        return False
    # a feed that changed twice within a second says soon when
    is_settled = request.blueprint != "feeds" or "Last-Modified" in response.headers
    return is_settled and not response.direct_passthrough  # which is a file


def _end_snapshot(_: BaseException | None) -> None:
    snapshot = g.pop("snapshot", None)
    if snapshot is not None:
        snapshot.__exit__(None, None, None)


def _add_slash() -> BaseResponse | None:
    """Pages end with a slash: an address without it leads there."""
    rule = request.url_rule
    if rule is None or not rule.rule.endswith("/") or request.path.endswith("/"):
        return None
    return redirect(
        permalink.with_args(permalink.escape(request.path) + "/", dict(request.args.items())), 301
    )


def _on_query_error(error: QueryError) -> Response:
    allowed = translations(composer().lang).gettext(error.allowed) % error.values
    return refuse(400, detail=told(error), more={"parameter": error.parameter, "allowed": allowed})
