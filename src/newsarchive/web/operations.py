"""For crawlers and for those who run the site: sitemaps, robots, health."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from xml.sax.saxutils import escape

from flask import Blueprint, Response, current_app

from newsarchive import permalink, progress
from newsarchive.dates import unparse
from newsarchive.entry import Entry, Status
from newsarchive.errors import CatalogueError, SearchError
from newsarchive.query import Order, Query
from newsarchive.searching import Search
from newsarchive.web import http
from newsarchive.web.context import composer

operations = Blueprint("operations", __name__)

#: of one sitemap (https://www.sitemaps.org/protocol.html, index files)
SITEMAP_SIZE = 50_000
#: Google's news sitemaps hold two days and at most a thousand addresses
NEWS_HOURS = 48
NEWS_SIZE = 1000

_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"


def _xml(body: str) -> Response:
    return http.answer(_XML + body, "application/xml; charset=utf-8", cache="public, max-age=600")


def _absolute(address: str) -> str:
    return escape(permalink.absolute(composer().archive.config.site_url, address))


@operations.get("/sitemap.xml")
def sitemap_index() -> Response:
    make = composer()
    total = make.archive.find(Query(limit=1), make.now).total
    parts = "".join(
        f"<sitemap><loc>{_absolute(f'/sitemap-{number}.xml')}</loc></sitemap>\n"
        for number in range(1, max(1, -(-total // SITEMAP_SIZE)) + 1)
    )
    return _xml(f'<sitemapindex xmlns="{_SITEMAP}">\n{parts}</sitemapindex>\n')


@operations.get("/sitemap-<digits:number>.xml")
def sitemap(number: int) -> Response:
    """One part; counted from the oldest, so that a full part never changes its addresses."""
    make = composer()
    query = Query(order=Order.OLDEST, page=min(number, 10**6), limit=SITEMAP_SIZE)
    page = make.archive.find(query, make.now)
    if not 1 <= number <= page.pages:
        http.missing()
    return _xml(f'<urlset xmlns="{_SITEMAP}">\n{"".join(map(_url, page.entries))}</urlset>\n')


def _url(entry: Entry) -> str:
    if entry.status is Status.WITHDRAWN:
        return ""
    address = _absolute(permalink.entry(entry.path))
    return f"<url><loc>{address}</loc><lastmod>{unparse(entry.updated)}</lastmod></url>\n"


@operations.get("/news-sitemap.xml")
def news_sitemap() -> Response:
    make = composer()
    since = make.now - timedelta(hours=NEWS_HOURS)
    page = make.archive.find(Query(limit=NEWS_SIZE), make.now)
    fresh = [
        each for each in page.entries
        if each.published.at >= since and each.status is not Status.WITHDRAWN
    ]  # fmt: skip
    news = "http://www.google.com/schemas/sitemap-news/0.9"
    body = "".join(map(_news, fresh))
    return _xml(f'<urlset xmlns="{_SITEMAP}" xmlns:news="{news}">\n{body}</urlset>\n')


def _news(entry: Entry) -> str:
    name = escape(composer().archive.config.title)
    return (
        f"<url><loc>{_absolute(permalink.entry(entry.path))}</loc><news:news><news:publication>"
        f"<news:name>{name}</news:name><news:language>{escape(entry.lang.split('-')[0])}"
        "</news:language></news:publication>"
        f"<news:publication_date>{unparse(entry.published)}</news:publication_date>"
        f"<news:title>{escape(entry.title)}</news:title></news:news></url>\n"
    )


@operations.get("/robots.txt")
def robots() -> Response:
    lines = ["User-agent: *", "Disallow: /search/", f"Sitemap: {_absolute('/sitemap.xml')}",
             f"Sitemap: {_absolute('/news-sitemap.xml')}", ""]  # fmt: skip
    return http.answer("\n".join(lines), "text/plain; charset=utf-8", cache="public, max-age=3600")


@operations.get("/healthz")
def healthz() -> Response:
    """200 while this process answers."""
    return http.json({"status": "alive"}, cache="no-store")


@operations.get("/readyz")
def readyz() -> Response:
    """200 while everything on disk is loaded, 503 with the progress otherwise.

    Only a loader that lives can say so: after ``newsarchive index``, or while a loader that was
    lost is being replaced, pages answer and this does not say 200 (``loading.alive`` is false).
    """
    now = state()
    search: Search = current_app.extensions["search"]
    making = search.making()
    response = http.json(
        {
            "ready": now.is_ready,
            "generation": now.generation,
            "problems": now.problems,
            "loading": asdict(now.loading),
            # the last two while an index is being made
            "search": {"behind": now.behind, **(asdict(making) if making else {})},
        },
        cache="no-store",
        status=200 if now.is_ready else 503,
    )
    if not now.is_ready:
        response.headers["Retry-After"] = "2"
    return response


@dataclass(frozen=True, slots=True)
class State:
    """How the archive fares."""

    generation: int
    #: of the files
    problems: int
    loading: progress.Told
    #: changes that search has not followed; None where nobody knows
    behind: int | None

    @property
    def is_ready(self) -> bool:
        """Whether everything on disk is loaded, and a loader lives who can say so."""
        return self.generation > 0 and self.loading.alive and self.loading.state == "loaded"


def state() -> State:
    """How it fares now."""
    catalogue = composer().archive.catalogue
    told = progress.told(composer().archive.config)
    try:
        counts = catalogue.generation(), len(catalogue.problems())
    except CatalogueError:
        counts = 0, 0
    search: Search = current_app.extensions["search"]
    try:
        behind: int | None = search.behind()
    except (CatalogueError, SearchError):
        behind = None
    return State(*counts, told, behind)
