"""An entry, or a correction, as a feed gives it."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape, unescape
from urllib.parse import unquote

from newsarchive import dates, markup, permalink, summaries
from newsarchive.archive import Archive
from newsarchive.articles import MEDIA_TYPES
from newsarchive.documents import image_url
from newsarchive.entry import Correction, Entry, Moment, Source, Status
from newsarchive.feeds.feed import Attachment, FeedEntry, Picture
from newsarchive.memory import Memory
from newsarchive.renderings import place
from newsarchive.sanitise import address as encoded
from newsarchive.sanitise import printable

#: entries a process remembers, and the longest of them: some ten megabytes at most
MOST_KEPT = 500
MOST_CHARACTERS = 10_000

_PLAYED = re.compile(r'<(?:audio|video|source) [^<>]*?src="([^"]+)"')
_LOADED = re.compile(r'<img [^<>]*?src="([^"]+)"')


#: digest, language of the feed, title of the story, corrections so far
Key = tuple[str, str, str, int]
#: entries of feeds as they were made last: the same are in many lists, in three formats
Kept = Memory[Key, FeedEntry]


@dataclass(frozen=True, slots=True)
class Contents:
    """Makes them, as of one moment."""

    archive: Archive
    now: datetime
    #: says a text of the interface in the site's language
    said: Callable[[str], str]
    #: the feed's own, BCP 47
    lang: str
    #: what was made before
    kept: Kept

    @property
    def _site_url(self) -> str:
        return self.archive.config.site_url

    def entries(
        self, entries: Collection[Entry], stories: Mapping[str, str]
    ) -> tuple[FeedEntry, ...]:
        """Entries read with their bodies; ``stories`` are the titles of stories by path."""
        keys = {entry.id: self._key(entry, stories) for entry in entries}
        found = {id_: self.kept.get(key) for id_, key in keys.items()}
        renderings = self.archive.renderings([e for e in entries if found[e.id] is None])
        return tuple(
            found[entry.id] or self._make(entry, renderings[entry.id], stories, keys[entry.id])
            for entry in entries
        )

    def _key(self, entry: Entry, stories: Mapping[str, str]) -> Key:
        """All that a feed's entry depends on, its files aside."""
        return entry.digest, self.lang, stories.get(entry.story, ""), len(entry.corrections)

    def _make(
        self, entry: Entry, rendering: markup.Rendering, stories: Mapping[str, str], key: Key
    ) -> FeedEntry:
        made = self._entry(entry, rendering, stories)
        # a file of it may come or go
        depends_on_files = entry.image is not None or rendering.is_rich
        if not depends_on_files and len(made.html) <= MOST_CHARACTERS:
            self.kept.keep(key, made)
        return made

    def _entry(
        self, entry: Entry, rendering: markup.Rendering, stories: Mapping[str, str]
    ) -> FeedEntry:
        full, with_source = self.archive.config.feed_full_text, self.archive.config.feed_markdown
        withdrawn = entry.status is Status.WITHDRAWN
        text = rendering.absolute(self._site_url)
        summary = summaries.summary(entry.body) if withdrawn else entry.summary
        picture = None if withdrawn else self._picture(entry)
        return FeedEntry(
            id=entry.id,
            url=self._absolute(permalink.entry(entry.path)),
            title=self._title(entry, stories),
            published=dates.whole_minutes(entry.published.at),
            updated=dates.whole_minutes(entry.updated.at),
            lang=self._other(entry.lang),
            # something has to be there for those who get no text
            summary=_set(summary or ("" if full else entry.title), entry.lang),
            html=self._html(entry, text, picture) if full else "",
            markdown=printable(entry.body) if with_source else "",
            authors=tuple(map(printable, entry.authors)),
            tags=tuple(map(printable, entry.tags)),
            image=picture,
            attachment=self._attachment(text) if rendering.is_rich else None,
        )

    def correction(self, entry: Entry, position: int) -> FeedEntry:
        """A correction: what was, what is, and where."""
        made = entry.corrections[position]
        ids = permalink.correction_ids(entry.id, (dates.unparse(c.date) for c in entry.corrections))
        at, address = dates.whole_minutes(made.date.at), self._absolute(permalink.entry(entry.path))
        title = _set(entry.title, entry.lang)
        link = f'<p><a href="{escape(address)}">{escape(title)}</a></p>'
        return FeedEntry(
            id=ids[position],
            url=f"{address}#corrections",
            title=self.said("Correction: %(title)s")
            % {"title": f"{title}, {self._day(made.date, entry.lang)}"},
            published=at,
            updated=at,
            lang=self._other(entry.lang),
            summary=_set(summaries.summary(made.text), entry.lang),
            html=self._correction_html(made, entry) + link,
            authors=tuple(map(printable, entry.authors)),
            tags=tuple(map(printable, entry.tags)),
        )

    def _title(self, entry: Entry, stories: Mapping[str, str]) -> str:
        """An update's names its news, its story and its day, since a reader shows it alone."""
        title = _set(entry.title, entry.lang)
        story = _set(stories[entry.story], entry.lang) if entry.story in stories else ""
        if story and entry.untitled:
            title = f"{story} · {title}"
        elif story:
            title = f"{title} · {story}, {self._day(entry.published, entry.lang)}"
        if entry.status is Status.WITHDRAWN:
            return self.said("Withdrawn: %(title)s") % {"title": title}
        return title

    def _day(self, moment: Moment, lang: str) -> str:
        day = dates.local_day(moment, self.archive.config.zone)
        return dates.period_in_words(day, moment.precision, lang, weekday=False)

    # -- the text --

    def _html(self, entry: Entry, text: str, picture: Picture | None) -> str:
        """The lead picture unless the text shows it, the text, sources and corrections."""
        parts = [text or f"<p>{escape(_set(entry.title, entry.lang))}</p>"]
        loaded = {_plainly(address) for address in _LOADED.findall(text)} if picture else ()
        if picture and _plainly(picture.url) not in loaded:
            alt = escape(picture.alt)
            parts.insert(0, f'<figure><img src="{escape(picture.url)}" alt="{alt}"></figure>\n')
        if entry.status is not Status.WITHDRAWN:
            if entry.sources:
                sources = "".join(f"<li>{self._source(each)}</li>" for each in entry.sources)
                parts.append(
                    f"<p><strong>{self.said('Sources')}</strong></p>\n<ul>{sources}</ul>\n"
                )
            parts += [self._correction_html(each, entry) for each in entry.corrections]
        return "".join(parts)

    def _source(self, source: Source) -> str:
        config = self.archive.config
        title = escape(source.title or source.url)
        if source.url.startswith(("http://", "https://")):
            title = f'<a href="{escape(source.url)}">{title}</a>'
        when = dates.said(source.date, config.language, config.zone)
        parts = [title, *(escape(each) for each in (source.publisher, when) if each)]
        return printable(", ".join(parts))

    def _correction_html(self, made: Correction, entry: Entry) -> str:
        config = self.archive.config
        when = escape(dates.in_words(made.date, config.language, config.zone))
        text = markup.render(made.text, place(entry)).absolute(self._site_url)
        return f"<p><strong>{self.said('Correction')}</strong>, {when}</p>\n{text}"

    # -- what belongs to it --

    def _picture(self, entry: Entry) -> Picture | None:
        """The lead picture; none where the file it names is not there."""
        if not entry.image:
            return None
        address: str | None = image_url(entry, "")
        if address and address.startswith("/"):
            asset = self.archive.asset_at(address, self.now)
            address = self._absolute(permalink.asset(asset.path)) if asset else None
        else:
            address = encoded(entry.image.url, place(entry))
        if not address:
            return None
        kind = _media_type(address)
        return Picture(
            address,
            _set(entry.image.alt, entry.lang),
            kind if kind.startswith("image/") else "",
        )

    def _attachment(self, html: str) -> Attachment | None:
        """The first sound or film of the archive that a text plays: its size is known."""
        for address in map(unescape, _PLAYED.findall(html)):
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


def _set(text: str, lang: str) -> str:
    """A title or a summary, set and without what XML 1.0 forbids."""
    return printable(markup.typeset(text, lang))


def _plainly(address: str) -> str:
    """An address as it stands in HTML, without its two ways of escaping."""
    return unquote(unescape(address))


def _media_type(address: str) -> str:
    path = address.partition("?")[0]
    return MEDIA_TYPES.get(path[path.rfind(".") :].lower(), "")
