"""What one request works with: the archive as of one moment, and the pages that refuse."""

import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from flask import Response, current_app, g, render_template, request
from markupsafe import Markup, escape
from werkzeug.exceptions import HTTPException

from newsarchive import markup, permalink, progress
from newsarchive.archive import Archive
from newsarchive.catalogue import is_damage
from newsarchive.entry import Entry
from newsarchive.errors import CatalogueError, SearchError
from newsarchive.i18n import translations
from newsarchive.searching import Search
from newsarchive.shapes import Problem
from newsarchive.web import http, views
from newsarchive.web.access import REQUEST_ID
from newsarchive.web.compose import Composer

#: between two looks for damage that mistakes of ours ask for: a look reads all of the catalogue
SUSPICION_SECONDS = 60.0

_PLAIN = """\
<!doctype html>
<html lang="{lang}">
<meta charset="utf-8">
<title>{heading}</title>
<h1>{heading}</h1>
<p>{text}</p>
</html>
"""


def composer() -> Composer:
    """This request's composer."""
    if "composer" not in g:
        archive: Archive = current_app.extensions["archive"]
        g.composer = Composer(archive, http.now())
    found: Composer = g.composer
    return found


def gone(entry: Entry) -> Response:
    """410: an entry was withdrawn; its notice says why (RFC 9110, 15.5.11)."""
    make = composer()
    text = make.body(entry)
    return refuse(410, notice=(markup.typeset(entry.title, entry.lang), text or None))


def wants_json() -> bool:
    """Whether an error of this address is told to a program."""
    return request.path.endswith(".json") or request.path.startswith("/api/")


def refuse(
    status: int,
    *,
    heading: str = "",
    detail: str = "",
    more: Mapping[str, str] | None = None,
    notice: tuple[str, Markup | None] = ("", None),
) -> Response:
    """An error, said to people as a page that helps on, to programs as RFC 9457 says, with what
    ``more`` there is to say to them. ``notice``: the title and the text of what was there."""
    usual, text = _words(status)
    heading = heading or usual
    if wants_json():
        return _problem(status, heading, detail or text, more or {})
    make = composer()
    try:
        body = render_template(
            "error.html",
            nav="",
            status=status,
            heading=heading,
            text=detail or text,
            near=_near(make) if status in {404, 410} else (),
            notice=notice[1],
            notice_title=notice[0],
            head=views.Head(
                title=notice[0] or heading,
                canonical=permalink.absolute(make.archive.config.site_url, "/"),
                robots="noindex",
                feeds=make.site_feeds(),
            ),
        )
    except Exception:  # a mistake of ours in what every page needs: this is the last to tell of it
        logging.getLogger("newsarchive.web").exception(
            "the page of error %s cannot be made", status
        )
        body = _PLAIN.format(lang=make.lang, heading=escape(heading), text=escape(detail or text))
    return http.html(body, cache="no-store", status=status)


def _problem(status: int, heading: str, detail: str, more: Mapping[str, str]) -> Response:
    problem = Problem("about:blank", heading, status, detail, **more)
    response = http.json(problem, cache="no-store", status=status)
    response.content_type = "application/problem+json"
    return response


def _near(make: Composer) -> tuple[views.Line, ...]:
    """What may have been meant by this address, as far as that can be told for now: its
    neighbours, then what shares words with it."""
    search: Search = current_app.extensions["search"]
    try:
        found = {each.path: each for each in make.archive.catalogue.alike(request.path, make.now)}
        with suppress(SearchError):
            found |= {each.path: each for each in search.near(request.path, make.now, 6)}
        lines = make.lines(found.values())
    except CatalogueError:
        return ()
    return tuple(line for line in lines if line.url != request.path)[:5]


def _words(status: int) -> tuple[str, str]:
    """What an error is called, and what to do about it."""
    match status:
        case 400:
            return _("This question cannot be read"), _("Something in the address is amiss.")
        case 404:
            return _("Nothing at this address"), _("It may have moved, or never have been.")
        case 405:
            return _("This cannot be done here"), _("These pages can be read, and no more.")
        case 410:
            return _("Withdrawn"), _("What stood here was withdrawn.")
        case 414:
            return _("This address is too long"), _("No page has an address of this length.")
        case 416:
            return (
                _("This part is not there"),
                _("The file is shorter than the part that was asked for."),
            )
        case 503:
            return _("The archive is being read"), _("This page will load again by itself.")
        case _unknown:
            return _("Something went wrong"), _("It was noted. Try again in a moment.")


def _(text: str) -> str:
    return translations(composer().lang).gettext(text)


def on_http_error(error: HTTPException) -> Response:
    """A refusal by address or method."""
    response = refuse(error.code or 500)
    for name, value in error.get_headers():
        if name in {"Allow", "Content-Range", "Retry-After"}:
            response.headers[name] = value
    return response


def on_catalogue_error(error: CatalogueError | SearchError) -> Response:
    """The catalogue or the search index is not there yet, or cannot be read for now."""
    note_once(error)
    _tell_who_mends(error)
    if isinstance(error, SearchError):
        heading = _("The search index is being made")
        response = refuse(503, heading=heading, detail=_("Search answers when it is done."))
    else:
        response = refuse(503)
    response.headers["Retry-After"] = "2"
    response.headers["Refresh"] = "2"
    return response


def on_bug(error: Exception) -> Response:
    """A mistake of ours: noted in the log, told without its innards.

    Damage that nothing named looks the same: the catalogue is looked through, once in a while.
    """
    id_ = request.environ.get(REQUEST_ID, "-")
    logging.getLogger("newsarchive.web").error(
        "%s %s %r", id_, request.method, request.path, exc_info=error
    )
    now = time.monotonic()
    if now > current_app.extensions.get("suspects_again", 0.0):
        current_app.extensions["suspects_again"] = now + SUSPICION_SECONDS
        progress.distrust(composer().archive.config, progress.SUSPICION_FLAG)
    return refuse(500)


def _tell_who_mends(error: CatalogueError | SearchError) -> None:
    config = composer().archive.config
    if isinstance(error, CatalogueError) and is_damage(error.__cause__):
        progress.distrust(config, progress.CATALOGUE_FLAG)
    elif isinstance(error, SearchError) and error.__cause__:
        progress.distrust(config, progress.INDEX_FLAG)


def note_once(error: CatalogueError | SearchError) -> None:
    """A line in the log: every visitor meets it until it is mended."""
    noted = current_app.extensions.setdefault("noted", set())
    # before the first load it is no trouble
    is_trouble = is_damage(error.__cause__) or Path(error.path).exists()
    if is_trouble and str(error) not in noted:
        noted.add(str(error))
        current_app.logger.warning("%s", error)
