"""Which feeds there are: a page for people, OPML for their readers, links for every page's head."""

from collections.abc import Iterable

from flask import Blueprint, Response, render_template

from newsarchive import markup, permalink
from newsarchive.entry import Kind
from newsarchive.feeds import Format
from newsarchive.feeds.opml import Group, Subscription, opml
from newsarchive.query import Query
from newsarchive.syndication import CORRECTIONS, Channel
from newsarchive.web import http, views
from newsarchive.web.asking import head_of, said
from newsarchive.web.context import composer

feedlist = Blueprint("feedlist", __name__)

#: tags, authors and stories on the page; the OPML has all of them
MOST_SHOWN = 30
MOST_STORIES = 1000

#: a list that can be subscribed to, what it is called, and its language where it differs
Listed = tuple[Channel, str, str]


@feedlist.get(permalink.FEEDS)
def feeds_page() -> Response:
    make = composer()
    site = make.archive.config
    groups = tuple(
        views.FeedGroup(heading, tuple(map(_row, found[:MOST_SHOWN])), len(found) - MOST_SHOWN)
        for heading, found in _groups(by_size=True)
        if found
    )
    return http.html(
        render_template(
            "feeds.html", nav="feeds", heading=said("Feeds"), groups=groups,
            all_opml=permalink.absolute(site.site_url, permalink.FEEDS_OPML),
            stories_opml=permalink.absolute(site.site_url, permalink.STORIES_OPML),
            head=head_of(said("Feeds"), permalink.FEEDS, description=said(
                "Every feed of %(title)s, and what to do with it.", title=site.title)),
        )
    )  # fmt: skip


@feedlist.get(permalink.FEEDS_OPML)
def all_feeds() -> Response:
    groups = ((heading, found) for heading, found in _groups(by_size=False))
    return _opml(composer().archive.config.title, groups)


@feedlist.get(permalink.STORIES_OPML)
def running_stories() -> Response:
    """Readers with dynamic OPML subscribe to what is here and leave what is not."""
    title = f"{said('Running stories')} · {composer().archive.config.title}"
    return _opml(title, [("", _stories())])


def _opml(title: str, groups: Iterable[tuple[str, list[Listed]]]) -> Response:
    body = opml(
        title,
        tuple(Group(heading, tuple(map(_subscription, found))) for heading, found in groups),
    )
    response = http.answer(body, "text/x-opml; charset=utf-8", cache="public, max-age=3600")
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _groups(*, by_size: bool) -> list[tuple[str, list[Listed]]]:
    """All feeds, under their headings; the busiest names first, or by name."""
    site = composer().archive.config
    whole: list[Listed] = [
        (Channel.of(Query()), site.title, ""),
        (Channel.of(Query(kind=Kind.ARTICLE)), said("Articles"), ""),
        (CORRECTIONS, said("Corrections"), ""),
    ]
    return [
        ("", whole),
        (said("Running stories"), _stories()),
        (said("Tags"), _names("tag", by_size=by_size)),
        (said("Authors"), _names("author", by_size=by_size)),
    ]


def _stories() -> list[Listed]:
    make = composer()
    found = make.archive.catalogue.open_stories(make.now, MOST_STORIES)
    return [
        (
            Channel.of(Query(story=story.path)),
            markup.typeset(story.title, story.lang),
            make.other(story.lang),
        )
        for story in found
    ]


def _names(kind: str, *, by_size: bool) -> list[Listed]:
    make = composer()
    names = sorted(
        make.archive.catalogue.names(kind, make.now),
        key=lambda name: (-name.entries if by_size else 0, permalink.fold(name.name)),
    )
    queries = (
        Query(tags=(name.slug,)) if kind == "tag" else Query(authors=(name.slug,)) for name in names
    )
    return [(Channel.of(query), name.name, "") for query, name in zip(queries, names, strict=True)]


def _subscription(listed: Listed) -> Subscription:
    channel, title, lang = listed
    site_url = composer().archive.config.site_url
    return Subscription(
        title,
        permalink.absolute(site_url, channel.feed(Format.RSS)),
        permalink.absolute(site_url, channel.address),
        lang,
    )


def _row(listed: Listed) -> views.FeedRow:
    channel, title, lang = listed
    return views.FeedRow(views.Link(channel.address, title, lang), feed_links(channel))


def feed_links(channel: Channel) -> tuple[views.Link, ...]:
    """The feeds of a list, absolute; those that every reader knows come first."""
    site_url = composer().archive.config.site_url
    return tuple(
        views.Link(permalink.absolute(site_url, channel.feed(form)), form.label) for form in Format
    )
