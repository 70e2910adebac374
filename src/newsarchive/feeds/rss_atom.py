"""RSS 2.0 and Atom 1.0 (RFC 4287), written by feedgen. The only import of feedgen.

What feedgen leaves out or gets wrong (feed links in RSS, all links of Atom entries, languages,
authors without an address, lead pictures) is written by one extension of it; so are links and
tags of entries, on which it spends half its time.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import blake2b
from html import escape
from xml.sax.saxutils import quoteattr

import feedgen.entry
import feedgen.feed
import msgspec
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from lxml.etree import SubElement, _Element

from newsarchive.feeds.feed import Feed, FeedEntry, Format

GENERATOR = "newsarchive"

_NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "fh": "http://purl.org/syndication/history/1.0",
    "media": "http://search.yahoo.com/mrss/",
    "source": "http://source.scripting.com/",
}
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_ATOM_LINK = "{http://www.w3.org/2005/Atom}link"
_ARCHIVE = f"{{{_NAMESPACES['fh']}}}archive"
_CREATOR = f"{{{_NAMESPACES['dc']}}}creator"
_LANGUAGE = f"{{{_NAMESPACES['dc']}}}language"
_MODIFIED = f"{{{_NAMESPACES['dcterms']}}}modified"
_MEDIA = f"{{{_NAMESPACES['media']}}}content"
_MEDIA_DESCRIPTION = f"{{{_NAMESPACES['media']}}}description"
_MARKDOWN = f"{{{_NAMESPACES['source']}}}markdown"
_PLAIN_TEXT = re.compile(
    rb"<(?:title|description|category|dc:creator|media:description)>[^<]*[&][^<]*<"
)


def _rfc822(at: datetime) -> str:
    """RFC 822, 5; in GMT where the offset is odd, as those of old local times are."""
    offset = at.utcoffset() or timedelta()
    if offset.seconds % 1800 and at.year > 1:
        return format_datetime(at.astimezone(UTC), usegmt=True)
    return format_datetime(at)


# feedgen sets the locale of the whole process for every date, which threads must not do
feedgen.feed.formatRFC2822 = feedgen.entry.formatRFC2822 = _rfc822


def rss(feed: Feed) -> bytes:
    """The feed as RSS 2.0, in UTF-8.

    In titles and other plain text, signs of markup are written as the RSS Best Practices Profile
    asks, so that no reader takes them for HTML.
    """
    document = _document(feed, Format.RSS, lambda made: made.rss_str())
    return _PLAIN_TEXT.sub(
        lambda text: text[0].replace(b"&amp;", b"&#x26;").replace(b"&lt;", b"&#x3C;"), document
    )


def atom(feed: Feed) -> bytes:
    """The feed as Atom 1.0, in UTF-8."""
    return _document(feed, Format.ATOM, lambda made: made.atom_str())


def _document(feed: Feed, form: Format, write: Callable[[FeedGenerator], bytes]) -> bytes:
    text = write(_generator(feed, form))
    if not feed.stylesheet:
        return text
    style = f'<?xml-stylesheet type="text/css" href={quoteattr(feed.stylesheet)}?>\n'.encode()
    head, end, body = text.partition(b"?>\n")
    return head + end + style + body


def _generator(feed: Feed, form: Format) -> FeedGenerator:
    made = FeedGenerator()
    made.id(feed.id)
    made.title(feed.title)
    # RSS has one link, which is the last
    made.link(href=feed.url(form), rel="self", type=form.media_type)
    made.link(href=feed.page_url, rel="alternate", type="text/html")
    made.description(feed.description)
    made.language(feed.lang)
    made.updated(feed.updated)
    made.lastBuildDate(feed.updated)
    made.ttl(feed.ttl)
    made.generator(GENERATOR)
    if form is Format.ATOM:
        made.author({"name": feed.publisher, "uri": feed.site_url})
        made.icon(feed.favicon)
    made.register_extension("more", _FeedExtension, _EntryExtension)
    made.more.feed, made.more.form = feed, form
    for entry in _told_apart(feed.entries) if form is Format.ATOM else feed.entries:
        _add(made, entry, form)
    return made


def _told_apart(entries: tuple[FeedEntry, ...]) -> Iterator[FeedEntry]:
    """The entries, those that were updated at the same time a fraction of a second apart: the
    W3C's validator wants each time once. The fraction comes from the id."""
    times = Counter(entry.updated for entry in entries)
    for entry in entries:
        if times[entry.updated] > 1:
            digest = int.from_bytes(blake2b(entry.id.encode(), digest_size=8).digest())
            fraction = timedelta(microseconds=1 + digest % 999_998)
            yield msgspec.structs.replace(entry, updated=entry.updated + fraction)
        else:
            yield entry


def _add(made: FeedGenerator, entry: FeedEntry, form: Format) -> None:
    added = made.add_entry(order="append")
    added.id(entry.id)
    added.title(entry.title)
    if not entry.html and form is Format.ATOM:
        added.link(href=entry.url)  # an entry without content is refused before extensions add it
    added.published(entry.published)
    added.updated(entry.updated)
    if form is Format.RSS:
        # readers take it for HTML
        added.description(escape(entry.summary or entry.title, quote=False))
    elif entry.summary:
        added.summary(entry.summary)
    if entry.html:
        added.content(entry.html, type="html")
    added.more.entry = entry


class _FeedExtension(BaseExtension):  # type: ignore[misc]  # feedgen has no types
    """What feedgen does not write of a feed."""

    feed: Feed
    form: Format

    def extend_ns(self) -> dict[str, str]:
        unused = set() if any(entry.markdown for entry in self.feed.entries) else {"source"}
        return {name: uri for name, uri in _NAMESPACES.items() if name not in unused}

    def extend_rss(self, rss: _Element) -> _Element:
        channel = rss[0]
        for rel, href in self._links():
            SubElement(channel, _ATOM_LINK, rel=rel, href=href)
        self._mark_archive(channel)
        return rss

    def extend_atom(self, feed: _Element) -> _Element:
        feed.set(_XML_LANG, self.feed.lang)
        for rel, href in self._links():
            SubElement(feed, "link", rel=rel, href=href)
        self._mark_archive(feed)
        return feed

    def _links(self) -> list[tuple[str, str]]:
        """To other pages (RFC 5005, 3 and 4), to the hub (WebSub, 4)."""
        feed, found = self.feed, []
        if feed.page:
            found.append(("current", feed.url(self.form, 0)))
        if feed.older:
            older = feed.url(self.form, feed.older)
            found += [("next", older), ("prev-archive", older)]
        if feed.newer:
            newer = feed.url(self.form, feed.newer)
            found += [("previous", newer), ("next-archive", newer)]
        return [*found, *([("hub", feed.hub)] if feed.hub else [])]

    def _mark_archive(self, parent: _Element) -> None:
        if self.feed.is_archive:
            SubElement(parent, _ARCHIVE)


class _EntryExtension(BaseEntryExtension):  # type: ignore[misc]  # feedgen has no types
    """What feedgen does not write of an entry."""

    entry: FeedEntry

    def extend_rss(self, item: _Element) -> _Element:
        entry = self.entry
        SubElement(item, "link").text = entry.url
        for tag in entry.tags:
            SubElement(item, "category").text = tag
        for name in entry.authors:
            SubElement(item, _CREATOR).text = name
        if entry.lang:
            SubElement(item, _LANGUAGE).text = entry.lang
        SubElement(item, _MODIFIED).text = entry.updated.isoformat()
        if entry.attachment:
            SubElement(
                item, "enclosure", url=entry.attachment.url,
                length=str(entry.attachment.size), type=entry.attachment.media_type,
            )  # fmt: skip
        return self._extend(item)

    def extend_atom(self, entry: _Element) -> _Element:
        if self.entry.lang:
            entry.set(_XML_LANG, self.entry.lang)
        link = entry.find("link")
        if link is None:
            link = SubElement(entry, "link", href=self.entry.url)
        link.set("rel", "alternate")
        link.set("type", "text/html")
        for tag in self.entry.tags:
            SubElement(entry, "category", term=tag)
        for name in self.entry.authors:
            SubElement(SubElement(entry, "author"), "name").text = name
        if attachment := self.entry.attachment:
            SubElement(
                entry, "link", rel="enclosure", href=attachment.url,
                length=str(attachment.size), type=attachment.media_type,
            )  # fmt: skip
        return self._extend(entry)

    def _extend(self, parent: _Element) -> _Element:
        if picture := self.entry.image:
            known = {"type": picture.media_type} if picture.media_type else {}
            content = SubElement(
                parent, _MEDIA, url=picture.url, medium="image",
                **known,
            )  # fmt: skip
            if picture.alt:
                SubElement(content, _MEDIA_DESCRIPTION).text = picture.alt
        if self.entry.markdown:
            SubElement(parent, _MARKDOWN).text = self.entry.markdown
        return parent
