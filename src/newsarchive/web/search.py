"""The search page: what was found, how the question was read, and how to go on from there."""

import time
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, current_app, render_template, request

from newsarchive import markup, permalink, wording
from newsarchive.catalogue import Page
from newsarchive.errors import QueryError, SearchError
from newsarchive.query import WORDS, Order, Query
from newsarchive.searching import Found, Search
from newsarchive.suggesting import Suggestion, SuggestionKind
from newsarchive.syndication import Channel
from newsarchive.web import http, narrowing, views
from newsarchive.web.asking import head_of, said
from newsarchive.web.context import composer, note_once
from newsarchive.web.results import grouped
from newsarchive.web.understood import understood

search = Blueprint("search", __name__)

MOST_SUGGESTIONS = 8
#: questions that are tried when one finds nothing
MOST_TRIED = 8
#: seconds after which a page whose index is being made is loaded again
AGAIN_SECONDS = 5


@search.get("/search/")
def page() -> Response:
    query, problems = _asked()
    if problems:
        return _page(query, problems=problems, status=400)
    if not replace(query, order=Order.NEWEST).args():
        return _page(query)
    try:
        return _found(query)
    except QueryError as error:
        return _page(query, problems={error.parameter: _told(error)}, status=400)
    except SearchError as error:
        if _search().making() is None:
            note_once(error)
        response = _page(query, is_unready=True, status=503)
        response.headers["Retry-After"] = response.headers["Refresh"] = str(AGAIN_SECONDS)
        return response


def _asked() -> tuple[Query, dict[str, str]]:
    """What this address asks for, as far as it can be read, and what is wrong with the rest."""
    query, problems = Query(order=Order.RELEVANCE), {}
    for name, value in request.args.items(multi=True):
        if name in {*WORDS, "order", "page"}:
            try:
                query = Query.from_args([(name, value)], query)
            except QueryError as error:
                problems[name] = _told(error)
    return query, problems


def _told(error: QueryError) -> str:
    allowed = said(error.allowed, **error.values)
    labels = {"q": "", "after": said("From"), "before": said("Earlier than")}
    label = labels.get(error.parameter, error.parameter)
    return said("%(name)s: %(what)s", name=label, what=allowed) if label else allowed


@search.get("/search/suggest")
def suggest() -> Response:
    """For what is being typed, as JSON: a list of ``{kind, label, text}``, of a word with the
    ``value`` that the field takes, of anything else with the ``url`` it leads to."""
    typed = request.args.get("q", "")[:256]
    found = _search().suggest(typed, composer().now, MOST_SUGGESTIONS)
    labels = {
        SuggestionKind.TITLE: said("Article"), SuggestionKind.TAG: said("Tag"),
        SuggestionKind.AUTHOR: said("Author"), SuggestionKind.WORD: said("Word"),
    }  # fmt: skip
    made = [_suggested(each, labels[each.kind]) for each in found]
    return http.json(made, cache="public, max-age=60")


def _suggested(found: Suggestion, label: str) -> dict[str, str]:
    text = markup.typeset(found.text, found.lang) if found.lang else found.text
    lang = composer().other(found.lang)
    made = {"kind": str(found.kind), "label": label, "text": text}
    if found.kind is SuggestionKind.WORD:
        return made | {"value": found.completed}
    return made | {"url": found.address} | ({"lang": lang} if lang else {})


def _search() -> Search:
    found: Search = current_app.extensions["search"]
    return found


def _page(
    query: Query, *, problems: dict[str, str] | None = None, status: int = 200, **more: Any
) -> Response:
    """The page without results: the field, and what is wrong."""
    given = {name: request.args.get(name, "")[:256] for name in ("q", "after", "before")}
    filled: dict[str, Any] = {
        "found": None, "problems": problems or {}, "making": _search().making(),
        "is_unready": False, "kept": _kept(query), "query_text": given["q"],
        "filters": _filters(query),
        "after": given["after"], "before": given["before"], **more,
    }  # fmt: skip
    return http.html(
        render_template(
            "search.html", nav="search", heading=said("Search"),
            head=head_of(said("Search"), permalink.SEARCH, robots="noindex"), **filled,
        ),
        cache="no-cache" if status == 200 else "no-store",
        status=status,
    )  # fmt: skip


def _kept(query: Query) -> dict[str, str]:
    """What the form keeps besides what can be typed into it."""
    typed = {"q", "after", "before"}
    return {name: value for name, value in narrowing.args(query).items() if name not in typed}


def _found(query: Query) -> Response:
    make, began = composer(), time.perf_counter()
    found = _search().find(query, make.now)
    milliseconds = 1000 * (time.perf_counter() - began)
    if query.page > found.pages:
        http.missing()
    read = found.query
    # how to go on from what was found, if that is what was meant
    going = replace(read, text=found.meant) if found.is_meant else read
    heading = said("Search: %(text)s", text=read.text) if read.text else said("Search")
    pages = Page((), found.total, read.page, found.pages)
    # filters that were written among the words stand beside them now
    is_plain = replace(read, text="") == replace(query, text="")
    making = _search().making()
    response = http.html(
        render_template(
            "search.html", nav="search", heading=said("Search"), problems={}, kept=_kept(read),
            query_text=query.text if is_plain else read.text,
            after=str(read.after or ""), before=str(read.before or ""),
            making=making, is_unready=False, behind=0 if making else _search().behind(),
            found=_view(found, going), filters=_filters(going),
            pager=make.pager(pages, permalink.SEARCH, narrowing.args(going)),
            head=head_of(heading, permalink.SEARCH, channel=_channel(going), robots="noindex"),
        )
    )  # fmt: skip
    # in the page it would make other bytes of every answer; the script says it (W3C Server Timing)
    response.headers["Server-Timing"] = f"search;dur={milliseconds:.1f}"
    return response


def _view(found: Found, going: Query) -> views.FoundView:
    return views.FoundView(
        total=found.total,
        understood=understood(found),
        read=found.query.text,
        notes=tuple(said(note.text, **note.values) for note in found.notes),
        meant=views.Link(
            narrowing.address(replace(found.query, text=found.meant, page=1)), found.meant
        ) if found.meant else None,
        is_meant=found.is_meant,
        groups=grouped(found.results, going, _search()),
        facets=narrowing.facets(found.facets, going),
        bars=narrowing.bars(found.facets, going),
        orders=narrowing.orders(going),
        instead=() if found.total else _instead(found),
    )  # fmt: skip


def _filters(query: Query) -> tuple[views.Link, ...]:
    """What narrows a search, each with the address without it."""
    return tuple(
        views.Link(narrowing.address(replace(rest, page=1)), text)
        for text, rest in narrowing.filters(query)
    )


def _instead(found: Found) -> tuple[views.FacetLink, ...]:
    """What finds something where the question finds nothing: less of it, or any of its words."""
    query, clauses = replace(found.query, page=1), found.asked.clauses
    tries = [
        (said("without %(words)s", words=text), rest) for text, rest in narrowing.filters(query)
    ]
    for each in clauses if len(clauses) > 1 else ():
        rest = tuple(other for other in clauses if other is not each)
        left_out = wording.unparse(wording.Wording((each,)))
        tries.append((said("without %(words)s", words=left_out), _asking(query, *rest)))
    atoms = tuple(atom for each in clauses if not each.negated for atom in each.atoms)
    if len(atoms) > 1:
        any_of = _asking(query, wording.Clause(atoms))
        tries = [*tries[: MOST_TRIED - 1], (said("any of these words"), any_of)]
    counted = [(text, rest, _count(rest)) for text, rest in tries[:MOST_TRIED]]
    return tuple(
        views.FacetLink(narrowing.address(rest), text, entries)
        for text, rest, entries in counted
        if entries
    )


def _asking(query: Query, *clauses: wording.Clause) -> Query:
    return replace(query, text=wording.unparse(wording.Wording(clauses)))


def _count(query: Query) -> int:
    make = composer()
    if query.text:
        return _search().count(query, make.now)
    return make.archive.find(replace(query, limit=1), make.now).total


def _channel(query: Query) -> Channel | None:
    """What can be subscribed to; a name that nobody has is no list."""
    make, channel = composer(), Channel.of(query)
    if channel.args:
        return channel
    if channel.query is None or channel.query == Query():
        return None
    return channel if make.archive.find(replace(channel.query, limit=1), make.now).total else None
