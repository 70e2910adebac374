"""All that lies below the articles: pages of entries, their data and source, files beside them."""

from typing import Any

from flask import Blueprint, Response, render_template, request, send_file
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wrappers import Response as BaseResponse

from newsarchive import documents, permalink
from newsarchive.articles import MEDIA_TYPES, open_asset
from newsarchive.documents import Documents
from newsarchive.entry import Entry, Kind, Status
from newsarchive.filename import ENDINGS
from newsarchive.query import Query
from newsarchive.syndication import Channel
from newsarchive.web import http, jsonld, views
from newsarchive.web.asking import asked_of, head_of, said
from newsarchive.web.context import composer, gone
from newsarchive.web.replies import reply

entries = Blueprint("entries", __name__)


@entries.get("/articles/<path:rest>")
def below_articles(rest: str) -> BaseResponse:
    """All that lies below the articles: entries, their data and source, files beside them."""
    archive, now = composer().archive, composer().now
    rest = request.path.removeprefix(permalink.ARTICLES)  # with its slash, which routing drops
    if rest.endswith("/"):
        entry = _shown(rest[:-1])
        return _entry(entry, rest) if entry else _elsewhere(rest)
    if rest.endswith(".json") and (entry := _shown(rest.removesuffix(".json"))):
        return _document(entry, rest)
    if rest.endswith(ENDINGS) and (entry := _shown(permalink.path_of_file(rest))):
        return _source(entry, rest)
    if asset := archive.asset(rest, now):
        return _asset(asset.path)
    if entry := _shown(rest):
        return http.moved(permalink.entry(entry.path))
    return _elsewhere(rest)


def _shown(path: str) -> Entry | None:
    return composer().archive.shown(path, composer().now)


def _elsewhere(rest: str) -> BaseResponse:
    """Where an address below the articles leads that nothing stands at."""
    catalogue, now = composer().archive.catalogue, composer().now
    page = rest.removesuffix("index.html")
    path = catalogue.alias(f"articles/{rest}", now) or catalogue.respelt(page, now)
    if path and path != permalink.normal(rest) and _shown(path):
        return http.moved(permalink.entry(path))
    return http.missing()


def _entry(entry: Entry, rest: str) -> BaseResponse:
    if rest != f"{entry.path}/":  # the path in another spelling, such as NFD
        return http.moved(permalink.entry(entry.path))
    if entry.status is Status.WITHDRAWN:
        return gone(entry)
    if entry.kind is Kind.UPDATE:
        return _update(entry)
    make = composer()
    order = asked_of(Query(), "order").order if request.args.get("order") else None
    story = make.archive.story(entry, make.now, order)
    article = make.article(entry)
    neighbours = make.archive.neighbours(entry, make.now)
    is_story = bool(story.updates) or entry.is_story
    config = make.archive.config
    thing = jsonld.story(story, config) if story.updates else jsonld.article(entry, config)
    context: dict[str, Any] = {"story": make.story(story)} if is_story else {}
    return http.html(
        render_template(
            "story.html" if is_story else "article.html",
            nav="articles",
            article=article,
            before=make.line(neighbours.before) if neighbours.before else None,
            after=make.line(neighbours.after) if neighbours.after else None,
            head=_entry_head(
                entry,
                article.title,
                thing,
                (said("Articles"), permalink.ARTICLES),
                entry.path if is_story else "",
            ),
            **context,
        )
    )


def _entry_head(
    entry: Entry, title: str, thing: jsonld.Thing, above: tuple[str, str], story: str = ""
) -> views.Head:
    """``story`` is the path of the story whose feeds the page announces."""
    config, address = composer().archive.config, permalink.entry(entry.path)
    trail = [(config.title, permalink.HOME), above, (entry.title, address)]
    return head_of(
        title,
        address,
        channel=Channel.of(Query(story=story)) if story else None,
        description=entry.summary,
        image=documents.image_url(entry, config.site_url),
        image_alt=entry.image.alt if entry.image else "",
        kind="article",
        published=entry.published.at.isoformat(),
        updated=entry.updated.at.isoformat(),
        alternates=(
            views.Alternate(permalink.document(entry.path), "application/json", said("Data")),
            views.Alternate(
                permalink.source(entry.path, entry.file), "text/markdown", said("Source")
            ),
        ),
        json_ld=(thing, jsonld.breadcrumbs(trail, config)),
    )


def _update(entry: Entry) -> Response:
    make = composer()
    story = make.archive.entry(entry.story, make.now)
    if story is None:
        http.missing()
    neighbours = make.archive.neighbours(entry, make.now)
    view = make.update(entry, story)
    link = make.line(story)
    thing = jsonld.article(entry, make.archive.config)
    before, after = neighbours.before, neighbours.after
    return http.html(
        render_template(
            "update.html",
            nav="articles",
            update=view,
            article=views.Link(link.url, link.title, link.lang),
            story_open=story.coverage == "open",
            tags=make.tags(entry),
            before=make.line(before) if before else None,
            after=make.line(after) if after else None,
            before_when=make.short_time(before) if before else "",
            after_when=make.short_time(after) if after else "",
            source_url=permalink.source(entry.path, entry.file),
            json_url=permalink.document(entry.path),
            head=_entry_head(
                entry, f"{view.title} · {link.title}", thing, (story.title, link.url), story.path
            ),
        )
    )


def _document(entry: Entry, rest: str) -> BaseResponse:
    if rest != f"{entry.path}.json":
        return http.moved(permalink.document(entry.path))
    if entry.status is Status.WITHDRAWN:
        return gone(entry)
    make = composer()
    return reply(Documents(make.archive, make.now).whole(entry))


def _source(entry: Entry, rest: str) -> BaseResponse:
    address = permalink.source(entry.path, entry.file)
    if address != permalink.ARTICLES + permalink.escape(rest):
        return http.moved(address, keep_args=False)
    if entry.status is Status.WITHDRAWN:
        return gone(entry)
    return http.answer(documents.source(entry), "text/markdown; charset=utf-8")


def _asset(path: str) -> BaseResponse:
    media_type = MEDIA_TYPES[path[path.rfind(".") :].lower()]
    try:
        file, found = open_asset(composer().archive.config.articles_dir, path)
    except OSError:
        http.missing()
    etag = f"{found.st_mtime_ns:x}-{found.st_size:x}"
    response = send_file(file, media_type, etag=etag, last_modified=found.st_mtime)
    response.content_length = found.st_size
    try:
        response.make_conditional(request, accept_ranges=True, complete_length=found.st_size)
    except RequestedRangeNotSatisfiable:
        response.close()
        raise
    response.headers["Cache-Control"] = "public, max-age=3600"
    # a drawing may carry script: alone in a window it must not run
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
    )
    return response


@entries.get("/<path:rest>")
def anywhere(rest: str) -> BaseResponse:
    """An old address of an entry or of a file beside it, or none."""
    archive, now = composer().archive, composer().now
    if (path := archive.catalogue.alias(rest, now)) and _shown(path):
        return http.moved(permalink.entry(path), keep_args=False)
    if asset := archive.asset_at(f"/{rest}", now):
        return http.moved(permalink.asset(asset.path), keep_args=False)
    return http.missing()
