"""What every page begins with: what is asked, which page of it, how it is called."""

from typing import Any

from flask import request

from newsarchive import permalink
from newsarchive.catalogue import Page
from newsarchive.errors import QueryError
from newsarchive.i18n import translations
from newsarchive.query import Query
from newsarchive.syndication import Channel
from newsarchive.web import http, views
from newsarchive.web.context import composer


def said(text: str, /, **values: object) -> str:
    """A text of the interface, in the site's language."""
    made = translations(composer().lang).gettext(text)
    return made % values if values else made


def told(error: QueryError) -> str:
    """What is wrong with a question, in the site's language."""
    return f"{error.parameter}: {said(error.allowed, **error.values)}"


def head_of(title: str, address: str, *, channel: Channel | None = None, **more: Any) -> views.Head:
    """The head of a page that stands at ``address`` and shows the list of ``channel``."""
    make = composer()
    site_url = make.archive.config.site_url
    return views.Head(
        title=title,
        canonical=permalink.absolute(site_url, address),
        feeds=make.site_feeds(),
        own_feeds=make.feeds(channel, title) if channel else (),
        **more,
    )


def page_of(query: Query) -> Page:
    """One page of a list; past its end there is nothing."""
    page = composer().archive.find(query, composer().now)
    if page.number > page.pages:
        http.missing()
    return page


def asked_of(base: Query, *allowed: str) -> Query:
    """The query of this address: ``base`` and the parameters that this page knows."""
    given = [(name, value) for name, value in request.args.items(multi=True) if name in allowed]
    return Query.from_args(given, base)
