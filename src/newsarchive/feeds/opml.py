"""OPML 2.0 (http://opml.org/spec2.opml): lists of feeds, for readers to subscribe to at once."""

from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from newsarchive.sanitise import printable


@dataclass(frozen=True, slots=True)
class Subscription:
    """A feed to subscribe to."""

    title: str
    #: of the feed, absolute
    feed_url: str
    #: of the list as a page, absolute
    page_url: str
    #: BCP 47, or ''
    lang: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Subscriptions under one heading; without one they stand at the top."""

    heading: str
    subscriptions: tuple[Subscription, ...]


def opml(title: str, groups: tuple[Group, ...]) -> bytes:
    """The list in UTF-8; empty groups are left out."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<opml version="2.0">',
             f"<head><title>{escape(printable(title))}</title></head>", "<body>"]  # fmt: skip
    for group in groups:
        outlines = [_outline(each) for each in group.subscriptions]
        if group.heading and outlines:
            heading = quoteattr(printable(group.heading))
            outlines = [f"<outline text={heading}>", *outlines, "</outline>"]
        lines += outlines
    lines += ["</body>", "</opml>", ""]
    return "\n".join(lines).encode()


def _outline(each: Subscription) -> str:
    attributes = {
        "text": each.title, "title": each.title, "type": "rss", "xmlUrl": each.feed_url,
        "htmlUrl": each.page_url, "language": each.lang,
    }  # fmt: skip
    written = [
        f"{name}={quoteattr(printable(value))}" for name, value in attributes.items() if value
    ]
    return f"<outline {' '.join(written)}/>"
