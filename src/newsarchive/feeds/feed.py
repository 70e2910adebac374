"""A feed before it takes a format: everything that RSS, Atom and JSON Feed say of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec

from newsarchive.permalink import with_args

#: the parameter that asks for a page
PAGE = "page"


class Format(StrEnum):
    """What a feed is written in; the value is the ending of its address."""

    RSS = "rss"
    ATOM = "atom"
    JSON = "json"

    @property
    def media_type(self) -> str:
        """As registered, or as the JSON Feed 1.1 specification asks for."""
        return "application/feed+json" if self is Format.JSON else f"application/{self}+xml"

    @property
    def label(self) -> str:
        """As people call it."""
        return {Format.RSS: "RSS", Format.ATOM: "Atom", Format.JSON: "JSON"}[self]


@dataclass(frozen=True, slots=True)
class Picture:
    """A lead picture."""

    #: absolute
    url: str
    #: what it shows
    alt: str = ""
    #: '' when not known
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A sound or a film that an entry shows."""

    #: absolute
    url: str
    media_type: str
    #: bytes
    size: int


class FeedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as feeds give it. Texts hold no character that XML 1.0 forbids."""

    #: permanent, the same in every feed and format
    id: str
    #: of its page, absolute
    url: str
    #: plain text
    title: str
    published: datetime
    #: never before ``published``
    updated: datetime
    #: BCP 47 where it differs from the feed's, else ''
    lang: str = ""
    #: plain text
    summary: str = ""
    #: safe HTML, every address absolute; '' in a feed of summaries
    html: str = ""
    #: the source, where it is wanted
    markdown: str = ""
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    image: Picture | None = None
    attachment: Attachment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One document of a feed: the current one, or a page of its archive (RFC 5005, 2 to 4)."""

    #: permanent, the same for every document and format
    id: str
    #: plain text
    title: str
    description: str
    #: BCP 47
    lang: str
    #: of the list as a page, absolute
    page_url: str
    #: the address of every format and page up to its ending, absolute: ``https://x/tags/ia/feed``
    stem: str
    #: parameters that ask for the list
    args: dict[str, str]
    #: the newest ``updated`` of its entries
    updated: datetime
    #: newest first
    entries: tuple[FeedEntry, ...]
    #: minutes until it is worth asking again
    ttl: int
    #: 0 is the current document; pages of the archive count from the oldest, which is 1
    page: int = 0
    #: the page with what is older and with what is newer; 0: there is none
    older: int = 0
    newer: int = 0
    #: whether this is a full page of the archive, which stays as it is
    is_archive: bool = False
    #: whether nothing will ever come
    is_expired: bool = False
    #: who answers for entries that name nobody
    publisher: str
    #: of the publisher, absolute
    site_url: str
    #: a WebSub hub, or ''
    hub: str = ""
    #: absolute
    icon: str = ""
    favicon: str = ""
    #: how it looks in a browser: address of a style sheet
    stylesheet: str = ""

    def url(self, form: Format, page: int | None = None) -> str:
        """The address of this document, or of another page, in a format."""
        number = self.page if page is None else page
        more = {PAGE: str(number)} if number else {}
        return with_args(f"{self.stem}.{form}", self.args | more)
