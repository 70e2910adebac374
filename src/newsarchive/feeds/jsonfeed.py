"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from datetime import datetime

import msgspec

from newsarchive.feeds.feed import Feed, FeedEntry, Format

VERSION = "https://jsonfeed.org/version/1.1"


class Author(msgspec.Struct, omit_defaults=True):
    """Who wrote it."""

    name: str
    url: str = ""


class Attachment(msgspec.Struct):
    """A related resource."""

    url: str
    mime_type: str
    size_in_bytes: int


class Item(msgspec.Struct, omit_defaults=True):
    """An entry."""

    id: str
    url: str
    title: str
    date_published: datetime
    date_modified: datetime
    content_html: str = ""
    content_text: str = ""
    summary: str = ""
    image: str = ""
    authors: list[Author] = []
    tags: list[str] = []
    language: str = ""
    attachments: list[Attachment] = []


class Hub(msgspec.Struct):
    """Where real-time notifications come from."""

    type: str
    url: str


class Document(msgspec.Struct, omit_defaults=True, kw_only=True):
    """The whole feed."""

    version: str
    title: str
    home_page_url: str
    feed_url: str
    description: str = ""
    next_url: str = ""
    icon: str = ""
    favicon: str = ""
    authors: list[Author] = []
    language: str = ""
    expired: bool = False
    hubs: list[Hub] = []
    items: list[Item]


def json_feed(feed: Feed) -> bytes:
    """The feed as JSON, in UTF-8."""
    document = Document(
        version=VERSION,
        title=feed.title,
        home_page_url=feed.page_url,
        feed_url=feed.url(Format.JSON),
        description=feed.description,
        next_url=feed.url(Format.JSON, feed.older) if feed.older else "",
        icon=feed.icon,
        favicon=feed.favicon,
        authors=[Author(feed.publisher, feed.site_url)],
        language=feed.lang,
        expired=feed.is_expired,
        hubs=[Hub("WebSub", feed.hub)] if feed.hub else [],
        items=[_item(entry) for entry in feed.entries],
    )
    return msgspec.json.encode(document)


def _item(entry: FeedEntry) -> Item:
    attachment = entry.attachment
    return Item(
        id=entry.id,
        url=entry.url,
        title=entry.title,
        date_published=entry.published,
        date_modified=entry.updated,
        content_html=entry.html,
        # one of the two has to be there
        content_text="" if entry.html else entry.summary or entry.title,
        summary=entry.summary,
        image=entry.image.url if entry.image else "",
        authors=[Author(name) for name in entry.authors],
        tags=list(entry.tags),
        language=entry.lang,
        attachments=[Attachment(attachment.url, attachment.media_type, attachment.size)]
        if attachment
        else [],
    )
