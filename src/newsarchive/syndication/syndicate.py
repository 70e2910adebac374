"""Feeds on request: composed when the archive changed, rendered when they did."""

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b

import msgspec

from newsarchive.archive import Archive
from newsarchive.config import KEYS
from newsarchive.dates import microseconds
from newsarchive.editions import Edition, Editions
from newsarchive.errors import CatalogueError
from newsarchive.feeds import RENDERERS, Feed, Format
from newsarchive.searching import Search
from newsarchive.syndication.channel import Channel
from newsarchive.syndication.composing import Composing
from newsarchive.syndication.content import MOST_KEPT, Kept
from newsarchive.syndication.leaving import leaving_out

EDITIONS = "feeds.sqlite3"
#: grows whenever the same feed becomes other bytes
VERSION = 1


@dataclass(frozen=True, slots=True)
class Document:
    """What is asked for: a channel in a format, current (page 0) or of its archive."""

    channel: Channel
    form: Format
    page: int = 0

    @property
    def address(self) -> str:
        """On the site."""
        return self.channel.feed(self.form, self.page)


class Syndicate:
    """Gives the feeds of one archive; may be shared by threads.

    Raises:
        CatalogueError: from ``edition`` and ``body``: the catalogue cannot be read.
    """

    def __init__(self, archive: Archive, search: Search | None = None) -> None:
        self._archive = archive
        self._search = search
        self._kept = Kept(MOST_KEPT)
        self._editions = Editions(archive.config.data_dir / EDITIONS)
        settings = repr([getattr(archive.config, key) for key in KEYS])
        self._settings = blake2b(settings.encode(), digest_size=8).hexdigest()

    def last(self, document: Document) -> Edition | None:
        """The last good edition, whatever has become of the archive since."""
        return self._editions.last(document.address)

    def edition(self, document: Document, now: datetime) -> Edition | None:
        """The edition that is right ``now``; None when there is no such list or page.

        Costs one row while nothing was written since it was made; rendering is for ``body``.
        """
        basis = self._basis(document)
        last = self._editions.last(document.address)
        if last and last.basis == basis and microseconds(now) < last.until:
            return last
        composed = Composing(self._archive, now, self._kept, self._search).feed(
            document.channel, document.page
        )
        if composed is None:
            return None
        feed = composed.feed
        return self._editions.keep(
            Edition(
                address=document.address,
                basis=basis,
                until=microseconds(composed.until),
                etag=_etag(feed, document.form),
                max_age=feed.ttl * 60,
            ),
            microseconds(now) // 1_000_000,
        )

    def _basis(self, document: Document) -> str:
        """What a feed is made of: as long as it is the same, so is the feed."""
        basis = f"{VERSION}-{self._settings}-{self._archive.catalogue.identity()}"
        if self._search and document.channel.query and document.channel.query.text:
            basis += f"-{self._search.position()}"
        return basis

    def body(self, document: Document, edition: Edition, now: datetime) -> bytes:
        """The bytes of an edition, gzipped.

        Raises:
            CatalogueError: they are lost, and the archive moved on.
        """
        packed = self._editions.body(edition)
        if packed is not None:
            return packed
        composed = Composing(self._archive, now, self._kept, self._search).feed(
            document.channel, document.page
        )
        if composed is None or _etag(composed.feed, document.form) != edition.etag:
            if edition.basis == self._basis(document):  # it is remembered wrongly
                self._editions.forget(edition.address)
            raise CatalogueError(str(self._archive.catalogue.path), "moved on while it was read")
        feed, render = composed.feed, RENDERERS[document.form]
        body = leaving_out(lambda some: render(replace(feed, entries=some)), feed.entries)
        return self._editions.keep_body(edition, body)


def _etag(feed: Feed, form: Format) -> str:
    """A feed's bytes follow from its value and its format alone; what the format does not write
    must not change it."""
    if form is not Format.RSS:
        feed = replace(feed, ttl=0)
    if form is not Format.JSON:
        feed = replace(feed, is_expired=False)
    value = leaving_out(
        lambda some: msgspec.json.encode(replace(feed, entries=some), order="deterministic"),
        feed.entries,
    )
    return blake2b(b"%d %s %s" % (VERSION, form.encode(), value), digest_size=12).hexdigest()
