"""An entry, or a correction, as a feed gives it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape

from newsarchive import dates, markup, permalink
from newsarchive.archive import Archive
from newsarchive.articles import MEDIA_TYPES
from newsarchive.documents import image_url
from newsarchive.entry import Correction, Entry, Source, Status
from newsarchive.feeds.feed import Attachment, FeedEntry, Picture
from newsarchive.renderings import place
from newsarchive.sanitise import printable

_PLAYED = re.compile(r'<(?:audio|video|source) [^<>]*?src="([^"]+)"')
_LOADED = re.compile(r'<img [^<>]*?src="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Contents:
    """Makes them, as of one moment."""

    archive: Archive
    now: datetime
    #: says a text of the interface in the site's language
    said: Callable[[str], str]
    #: the feed's own, BCP 47
    lang: str

    @property
    def _site_url(self) -> str:
        return self.archive.config.site_url

    def entry(self, entry: Entry, stories: Mapping[str, str]) -> FeedEntry:
        """An entry read with its body; ``stories`` are the titles of stories by path."""
        config = self.archive.config
        withdrawn = entry.status is Status.WITHDRAWN
        summary = markup.summary(entry.body) if withdrawn else entry.summary
        picture = None if withdrawn else self._picture(entry)
        text = self.archive.rendering(entry).absolute(self._site_url)
        return FeedEntry(
            id=entry.id,
            url=self._absolute(permalink.entry(entry.path)),
            title=printable(self._title(entry, stories)),
            published=dates.whole_minutes(entry.published.at),
            updated=dates.whole_minutes(entry.updated.at),
            lang=self._other(entry.lang),
            summary=printable(markup.typeset(summary, entry.lang)),
            html=self._html(entry, text, picture) if config.feed_full_text else "",
            markdown=printable(entry.body) if config.feed_markdown else "",
            authors=tuple(map(printable, entry.authors)),
            tags=tuple(map(printable, entry.tags)),
            image=picture,
            attachment=self._attachment(text),
        )

    def correction(self, entry: Entry, position: int) -> FeedEntry:
        """A correction: what was, what is, and where."""
        made = entry.corrections[position]
        ids = permalink.correction_ids(entry.id, (dates.unparse(c.date) for c in entry.corrections))
        at, address = dates.whole_minutes(made.date.at), self._absolute(permalink.entry(entry.path))
        title = markup.typeset(entry.title, entry.lang)
        link = f'<p><a href="{escape(address)}">{escape(title)}</a></p>'
        return FeedEntry(
            id=ids[position],
            url=f"{address}#corrections",
            title=printable(self.said("Correction: %(title)s") % {"title": title}),
            published=at,
            updated=at,
            lang=self._other(entry.lang),
            summary=printable(markup.summary(made.text)),
            html=self._correction_html(made, entry) + link,
            authors=tuple(map(printable, entry.authors)),
            tags=tuple(map(printable, entry.tags)),
        )

    def _title(self, entry: Entry, stories: Mapping[str, str]) -> str:
        """An update's names its news, its story and its day, since a reader shows it alone."""
        title = markup.typeset(entry.title, entry.lang)
        story = markup.typeset(stories.get(entry.story, ""), entry.lang)
        if story and entry.untitled:
            title = f"{story} · {title}"
        elif story:
            title = f"{title} · {story}, {self._day(entry)}"
        if entry.status is Status.WITHDRAWN:
            return self.said("Withdrawn: %(title)s") % {"title": title}
        return title

    def _day(self, entry: Entry) -> str:
        day = dates.local_day(entry.published, self.archive.config.zone)
        return dates.period_in_words(day, entry.published.precision, entry.lang, weekday=False)

    # -- the text --

    def _html(self, entry: Entry, text: str, picture: Picture | None) -> str:
        """The lead picture unless the text shows it, the text, sources and corrections."""
        parts = [text or f"<p>{escape(markup.typeset(entry.title, entry.lang))}</p>"]
        if picture and picture.url not in _LOADED.findall(text):
            alt = escape(picture.alt)
            parts.insert(0, f'<figure><img src="{escape(picture.url)}" alt="{alt}"></figure>\n')
        if entry.status is not Status.WITHDRAWN:
            if entry.sources:
                sources = "".join(f"<li>{self._source(each)}</li>" for each in entry.sources)
                parts.append(
                    f"<p><strong>{self.said('Sources')}</strong></p>\n<ul>{sources}</ul>\n"
                )
            parts += [self._correction_html(each, entry) for each in entry.corrections]
        return printable("".join(parts))

    def _source(self, source: Source) -> str:
        config = self.archive.config
        title = escape(source.title or source.url)
        if source.url.startswith(("http://", "https://")):
            title = f'<a href="{escape(source.url)}">{title}</a>'
        when = dates.said(source.date, config.language, config.zone)
        return ", ".join([title, *(escape(each) for each in (source.publisher, when) if each)])

    def _correction_html(self, made: Correction, entry: Entry) -> str:
        config = self.archive.config
        when = escape(dates.in_words(made.date, config.language, config.zone))
        text = markup.render(made.text, place(entry)).absolute(self._site_url)
        return f"<p><strong>{self.said('Correction')}</strong>, {when}</p>\n{text}"

    # -- what belongs to it --

    def _picture(self, entry: Entry) -> Picture | None:
        """The lead picture; none where the file it names is not there."""
        address = image_url(entry, "")
        if not entry.image or not address:
            return None
        asset = self.archive.asset_at(address, self.now) if address.startswith("/") else None
        if address.startswith("/"):
            if asset is None:
                return None
            address = self._absolute(permalink.asset(asset.path))
        kind = _media_type(address)
        return Picture(
            printable(address),
            printable(markup.typeset(entry.image.alt, entry.lang)),
            kind if kind.startswith("image/") else "",
        )

    def _attachment(self, html: str) -> Attachment | None:
        """The first sound or film of the archive that a text plays: its size is known."""
        for address in _PLAYED.findall(html):
            below = address.removeprefix(self._site_url)
            kind = _media_type(address)
            if below == address or not kind.startswith(("audio/", "video/")):
                continue
            if asset := self.archive.asset_at(below, self.now):
                return Attachment(self._absolute(permalink.asset(asset.path)), kind, asset.size)
        return None

    def _other(self, lang: str) -> str:
        return "" if lang.lower() == self.lang.lower() else lang

    def _absolute(self, address: str) -> str:
        return permalink.absolute(self._site_url, address)


def _media_type(address: str) -> str:
    path = address.partition("?")[0]
    return MEDIA_TYPES.get(path[path.rfind(".") :].lower(), "")
