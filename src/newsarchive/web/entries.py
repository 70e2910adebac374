"""All that lies below the articles: pages of entries, their data and source, files beside them."""

from typing import Any

from flask import Blueprint, Response, render_template, request, send_from_directory
from werkzeug.wrappers import Response as BaseResponse

from newsarchive import documents, permalink
from newsarchive.articles import MEDIA_TYPES
from newsarchive.entry import Entry, Kind, Status
from newsarchive.query import Query
from newsarchive.web import http, jsonld, views
from newsarchive.web.asking import asked_of, head_of, said
from newsarchive.web.context import composer, gone

entries = Blueprint("entries", __name__)


@entries.get("/articles/<path:rest>")
def below_articles(rest: str) -> BaseResponse:
    """All that lies below the articles: entries, their data and source, files beside them."""
    archive, now = composer().archive, composer().now
    rest = request.path.removeprefix(permalink.ARTICLES)  # with its slash, which routing drops
    if rest.endswith("/"):
        entry = archive.entry(rest[:-1], now) if not rest.endswith("//") else None
        return _entry(entry) if entry else _elsewhere(rest)
    if rest.endswith(".json") and (entry := archive.entry(rest[:-5], now)):
        return _document(entry)
    if rest.endswith(".md") and (entry := archive.entry(permalink.path_of_file(rest), now)):
        return _source(entry, rest)
    if asset := archive.catalogue.asset(rest):
        return _asset(asset.path)
    if archive.entry(rest, now):
        return http.moved(permalink.entry(rest))
    return _elsewhere(rest)


def _elsewhere(rest: str) -> BaseResponse:
    """Where an address below the articles leads that nothing stands at."""
    catalogue, now = composer().archive.catalogue, composer().now
    path = catalogue.alias(f"articles/{rest}", now) or catalogue.respelt(rest, now)
    if path and path != permalink.normal(rest):
        return http.moved(permalink.entry(path))
    return http.missing()


def _entry(entry: Entry) -> Response:
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
            head=_entry_head(entry, article.title, thing, (said("Articles"), permalink.ARTICLES)),
            **context,
        )
    )


def _entry_head(
    entry: Entry, title: str, thing: jsonld.Thing, above: tuple[str, str]
) -> views.Head:
    config, address = composer().archive.config, permalink.entry(entry.path)
    trail = [(config.title, permalink.HOME), above, (entry.title, address)]
    return head_of(
        title,
        address,
        description=entry.summary,
        image=jsonld.image_url(entry, config),
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
            head=_entry_head(entry, f"{view.title} · {link.title}", thing, (story.title, link.url)),
        )
    )


def _document(entry: Entry) -> Response:
    make = composer()
    return http.json(documents.document(entry, make.archive, make.now))


def _source(entry: Entry, rest: str) -> BaseResponse:
    address = permalink.source(entry.path, entry.file)
    if address != permalink.ARTICLES + permalink.escape(rest):
        return http.moved(address, keep_args=False)
    return http.answer(documents.source(entry), "text/markdown; charset=utf-8")


def _asset(path: str) -> BaseResponse:
    root = composer().archive.config.articles_dir
    suffix = path[path.rfind(".") :].lower()
    response = send_from_directory(root, path, mimetype=MEDIA_TYPES[suffix], conditional=True)
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
    if path := archive.catalogue.alias(rest, now):
        return http.moved(permalink.entry(path), keep_args=False)
    if asset := archive.asset_at(f"/{rest}"):
        return http.moved(permalink.asset(asset.path), keep_args=False)
    return http.missing()
