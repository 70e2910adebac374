"""Values of the archive made into what templates place: titles set, dates said, lists grouped."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import lru_cache
from itertools import groupby

from markupsafe import Markup

from newsarchive import dates, markup, permalink
from newsarchive.archive import Archive, Corrected, Story
from newsarchive.catalogue import Page, Running
from newsarchive.dates import local, local_day
from newsarchive.documents import image_url
from newsarchive.entry import Correction, Entry, Precision, Source, Status
from newsarchive.feeds import Format
from newsarchive.i18n import counted
from newsarchive.memory import Memory
from newsarchive.query import Order, Period, Query
from newsarchive.renderings import place
from newsarchive.syndication import Channel
from newsarchive.web import months, views

#: characters of whole updates on a story's page, which is to stay light; the others are folded
STORY_ROOM = 20_000
#: characters around an update's text
UPDATE_FRAME = 400
#: lines of lists, about a kilobyte each, as the newest are on many pages: by digest of the entry,
#: title of its story, language and time zone of the site; with the period of each
_LINES: Memory[tuple[str, str, str, tzinfo], tuple[Period, views.Line]] = Memory(4_000)
#: likewise, by digests of the story and of its last and first update, their number, the day
_RUNNING: Memory[tuple[str, str, str, int, str, tzinfo, date], views.RunningStory] = Memory(100)


@lru_cache(maxsize=256)
def _feeds(channel: Channel, name: str) -> tuple[views.Alternate, ...]:
    return tuple(
        views.Alternate(channel.feed(form), form.media_type, f"{name} ({form.label})", form.label)
        for form in Format
    )


@lru_cache(maxsize=1024)
def _heading(period: Period, lang: str) -> tuple[str, str, str]:
    """Of a group: its words, its address, and for machines."""
    words = dates.period_in_words(period.first, period.precision, lang)
    return words, permalink.period(period.year, period.month, period.day), str(period)


@dataclass(frozen=True, slots=True)
class Composer:
    """Composes pages in the site's language, as of one moment."""

    archive: Archive
    now: datetime

    @property
    def lang(self) -> str:
        """The site's language."""
        return self.archive.config.language

    @property
    def zone(self) -> tzinfo:
        """The site's time zone."""
        return self.archive.config.zone

    def counted(self, singular: str, plural: str, number: int) -> str:
        """ "3 articles", in the site's language."""
        return counted(singular, plural, number, self.lang)

    def feeds(self, channel: Channel, name: str) -> tuple[views.Alternate, ...]:
        """The feeds of a list, for the head of a page: those that every reader knows first."""
        return _feeds(channel, name)

    def site_feeds(self) -> tuple[views.Alternate, ...]:
        """Those of the whole site."""
        return self.feeds(Channel.of(Query()), self.archive.config.title)

    # -- lists --

    def line(self, entry: Entry) -> views.Line:
        """An entry as a line of a list, without the title of its story."""
        return self._dated(entry, "")[1]

    def _dated(self, entry: Entry, story: str) -> tuple[Period, views.Line]:
        """The period that an entry is listed under, and its line, with the title of its story."""
        key = (entry.digest, story, self.lang, self.zone)
        return _LINES.of(key, lambda: (self.period(entry), self._line(entry, story)))

    def _line(self, entry: Entry, title: str) -> views.Line:
        return views.Line(
            url=permalink.entry(entry.path),
            title=markup.typeset(entry.title, entry.lang),
            lang=self.other(entry.lang),
            summary=markup.typeset(entry.summary, entry.lang),
            time=self._time(entry),
            machine_time=dates.unparse(entry.published),
            story=views.Link(
                permalink.entry(entry.story),
                markup.typeset(title, entry.lang),
                self.other(entry.lang),
            ) if title else None,
            withdrawn=entry.status is Status.WITHDRAWN,
        )  # fmt: skip

    def lines(self, entries: Iterable[Entry]) -> tuple[views.Line, ...]:
        """Entries as lines."""
        return tuple(line for _, line in self._all_dated(entries))

    def _all_dated(self, entries: Iterable[Entry]) -> list[tuple[Period, views.Line]]:
        entries = tuple(entries)
        stories = self.archive.catalogue.titles(
            (each.story for each in entries if each.story), self.now
        )
        return [self._dated(each, stories.get(each.story, "")) for each in entries]

    def groups(self, entries: Iterable[Entry]) -> tuple[views.Group, ...]:
        """Entries under the day, month or year that is known of them."""
        grouped = groupby(self._all_dated(entries), key=lambda dated: dated[0])
        return tuple(
            self._group(period, tuple(line for _, line in pairs)) for period, pairs in grouped
        )

    def _group(self, period: Period, lines: tuple[views.Line, ...]) -> views.Group:
        return views.Group(*_heading(period, self.lang), lines)

    def period(self, entry: Entry) -> Period:
        """The smallest period of the calendar that an entry is known to belong to."""
        day = local_day(entry.published, self.zone)
        match entry.published.precision:
            case Precision.YEAR:
                return Period(day.year)
            case Precision.MONTH:
                return Period(day.year, day.month)
            case _:
                return Period(day.year, day.month, day.day)

    def period_in_words(self, period: Period, *, weekday: bool = True) -> str:
        """ "vendredi 17 novembre 2023", "novembre 2023", "2023"."""
        return dates.period_in_words(period.first, period.precision, self.lang, weekday=weekday)

    def pager(self, page: Page, address: str, args: dict[str, str]) -> views.Pager:
        """The other pages of a list."""

        def at(number: int) -> str:
            more = {"page": str(number)} if number > 1 else {}
            return permalink.with_args(address, args | more)

        near = {1, page.pages, *range(page.number - 1, page.number + 2)}
        links: list[tuple[int, str] | None] = []
        for number in sorted(n for n in near if 1 <= n <= page.pages):
            last = links[-1] if links else None
            if last is not None and number > last[0] + 1:
                links.append(None)
            links.append((number, at(number)))
        return views.Pager(
            number=page.number,
            pages=page.pages,
            previous=at(page.number - 1) if page.number > 1 else "",
            following=at(page.number + 1) if page.number < page.pages else "",
            links=tuple(links),
        )

    def running(self, found: Iterable[Running]) -> tuple[views.RunningStory, ...]:
        """The stories that lead the home page."""
        return tuple(map(self._running, found))

    def _running(self, found: Running) -> views.RunningStory:
        """Made again when the day is another: dates are said as they are from there."""
        key = (
            found.story.digest,
            found.last.digest,
            found.first.digest,
            found.updates,
            self.lang,
            self.zone,
            local(self.now, self.zone).date(),
        )
        return _RUNNING.of(key, lambda: views.RunningStory(
            url=permalink.entry(found.story.path),
            title=markup.typeset(found.story.title, found.story.lang),
            lang=self.other(found.story.lang),
            summary=markup.typeset(found.story.summary, found.story.lang),
            updates=found.updates,
            since=self._short_day(local_day(found.first.published, self.zone)),
            last=self.line(found.last),
            last_when=self._gutter(found.last),
        ))  # fmt: skip

    def _time(self, entry: Entry) -> str:
        """ "21 h 00"; '' when no time is known."""
        if entry.published.precision is not Precision.MINUTE:
            return ""
        return dates.time_in_words(local(entry.published.at, self.zone), self.lang)

    def short_time(self, entry: Entry) -> str:
        """ "17 novembre, 21 h 00", with its year if it is not this one."""
        day = self.period_in_words(self.period(entry), weekday=False)
        if entry.published.precision in {Precision.DAY, Precision.MINUTE}:
            day = self._short_day(local_day(entry.published, self.zone))
        time = self._time(entry)
        return f"{day}, {time}" if time else day

    def _gutter(self, entry: Entry) -> str:
        """A date and time for the gutter, which is narrow: the time alone today, "22 nov.,"
        above it otherwise."""
        day, time = local_day(entry.published, self.zone), self._time(entry)
        if day == local(self.now, self.zone).date() and time:
            return time
        words = dates.short_day(day, self.lang).replace(" ", "\u00a0")
        return f"{words}, {time}" if time else words

    def _short_day(self, day: date) -> str:
        same_year = day.year == local(self.now, self.zone).year
        return dates.day_in_words(day, self.lang, weekday=False, year=not same_year)

    # -- calendar --

    def month(self, period: Period, days: dict[str, int], most: int, *, year: bool) -> views.Month:
        """A small calendar; ``days`` counts entries by ISO day, ``most`` is the busiest's."""
        beginning = f"{period}-"
        of_it = (f"{beginning}{day:02}" for day in range(1, 32))
        counts = tuple((day, days[day]) for day in of_it if day in days)
        today = local(self.now, self.zone).date()
        is_now = (today.year, today.month) == (period.year, period.month)
        days_of_it = months.Days(period, counts, most, today if is_now else None)
        return months.month(days_of_it, self.lang, year=year)

    # -- entries --

    def other(self, lang: str) -> str:
        """A language where it is not the site's, else ''."""
        return "" if lang.lower() == self.lang.lower() else lang

    def body(self, entry: Entry) -> Markup:
        """An entry's text, safe."""
        return _on_page(self.archive.rendering(entry), entry)

    def picture(self, entry: Entry) -> views.Picture | None:
        """An entry's lead picture; none where the file it names is not there."""
        if entry.image is None:
            return None
        address = image_url(entry, "")
        if address.startswith("/") and self.archive.asset_at(address, self.now) is None:
            return None
        return views.Picture(address, markup.typeset(entry.image.alt, entry.lang))

    def authors(self, entry: Entry) -> tuple[views.Link, ...]:
        """The byline."""
        return tuple(
            views.Link(permalink.author(permalink.slug(name)), name) for name in entry.authors
        )

    def tags(self, entry: Entry) -> tuple[views.Link, ...]:
        """The tags, as written."""
        return tuple(
            views.Link(permalink.tag(permalink.slug(name)), name, self.other(entry.lang))
            for name in entry.tags
        )

    def article(self, entry: Entry) -> views.ArticleView:
        """An article's page."""
        tags, rendering = self.tags(entry), self.archive.rendering(entry)
        standfirst = bool(entry.summary) and not _repeats(entry.summary, rendering.beginning)
        updated = entry.updated.at > entry.published.at
        return views.ArticleView(
            entry=entry,
            url=permalink.entry(entry.path),
            title=markup.typeset(entry.title, entry.lang),
            lang=self.other(entry.lang),
            summary=markup.typeset(entry.summary, entry.lang),
            has_standfirst=standfirst,
            kicker=tags[0] if tags else None,
            authors=self.authors(entry),
            tags=tags,
            published=dates.in_words(entry.published, self.lang, self.zone),
            machine_published=dates.unparse(entry.published),
            updated=dates.in_words(entry.updated, self.lang, self.zone) if updated else "",
            machine_updated=dates.unparse(entry.updated) if updated else "",
            body=_on_page(rendering, entry),
            image=self.picture(entry),
            sources=tuple(self.source(each) for each in entry.sources),
            corrections=tuple(self.correction(each, entry) for each in entry.corrections),
            source_url=permalink.source(entry.path, entry.file),
            json_url=permalink.document(entry.path),
        )

    def source(self, source: Source) -> views.SourceView:
        """A source, its date in words."""
        when = dates.said(source.date, self.lang, self.zone)
        return views.SourceView(source.title, source.url, source.publisher, when)

    def correction(
        self, correction: Correction, entry: Entry, line: views.Line | None = None
    ) -> views.CorrectionView:
        """A correction of an entry."""
        rendered = markup.render(correction.text, place(entry))
        return views.CorrectionView(
            when=dates.in_words(correction.date, self.lang, self.zone),
            machine_time=dates.unparse(correction.date),
            text=Markup(rendered.on_page(permalink.entry(entry.path))),  # noqa: S704 - sanitised in markup
            entry=line,
        )

    def corrected(self, found: Iterable[Corrected]) -> tuple[views.CorrectionView, ...]:
        """Corrections listed apart from their entries."""
        found = tuple(found)
        lines = self.lines(each.entry for each in found)
        return tuple(
            self.correction(each.correction, each.entry, line)
            for each, line in zip(found, lines, strict=True)
        )

    def update(self, entry: Entry, story: Entry, *, folded: bool = False) -> views.UpdateView:
        """An update, on its own page or its story's; folded it is only a headline."""
        return views.UpdateView(
            entry=entry,
            url=permalink.entry(entry.path),
            anchor=permalink.anchor(story.path, entry.path),
            title=markup.typeset(entry.title, entry.lang),
            lang=self.other(entry.lang),
            time=self._time(entry),
            when=dates.in_words(entry.published, self.lang, self.zone),
            machine_time=dates.unparse(entry.published),
            is_folded=folded,
            body=Markup() if folded else self.body(entry),
            is_key=entry.key,
            withdrawn=entry.status is Status.WITHDRAWN,
            authors=() if folded or entry.authors == story.authors else self.authors(entry),
            sources=tuple(self.source(each) for each in entry.sources if not folded),
            corrections=tuple(self.correction(each, entry) for each in entry.corrections),
            image=None if folded else self.picture(entry),
        )

    def _updates(self, story: Story) -> list[views.UpdateView]:
        """The updates in order; those for which a light page has no room are folded."""
        found: list[views.UpdateView] = []
        room = STORY_ROOM
        for entry in story.updates:
            found.append(self.update(entry, story.article, folded=room <= 0))
            room -= len(found[-1].body) + UPDATE_FRAME
        return found

    def story(self, story: Story) -> views.StoryView:
        """What a story's page has besides its article."""
        most = max((day.updates for day in story.days), default=0)
        updates = self._updates(story)
        newest_first = story.order is not Order.OLDEST
        address = permalink.entry(story.article.path)
        usual = Order.NEWEST if story.is_open else Order.OLDEST
        other = Order.OLDEST if newest_first else Order.NEWEST
        grouped = groupby(updates, key=lambda each: self.period(each.entry))
        edges = [self.period_in_words(Period(d.day.year, d.day.month, d.day.day), weekday=False)
                 for d in story.days]  # fmt: skip
        return views.StoryView(
            is_open=story.is_open,
            is_newest_first=newest_first,
            other_order_url=permalink.with_args(
                address, {} if other is usual else {"order": other}
            ),
            total=len(updates),
            first_day=edges[0] if edges else "",
            last_day=edges[-1] if edges else "",
            bars=tuple(self._bar(each.day, each.updates, most) for each in story.days),
            has_key_events=any(each.is_key for each in updates),
            days=tuple(
                views.DayOfUpdates(
                    heading=self.period_in_words(period),
                    url=permalink.period(period.year, period.month, period.day),
                    anchor=f"d-{period}",
                    period=str(period),
                    updates=tuple(each),
                )
                for period, each in grouped
            ),
            poll_url=permalink.document(story.article.path),
        )

    def _bar(self, day: date, updates: int, most: int) -> views.Bar:
        words = dates.day_in_words(day, self.lang)
        counted = self.counted("%(num)s update", "%(num)s updates", updates)
        return views.Bar(
            label=str(day.day),
            heading=words, url=f"#d-{day.isoformat()}", updates=updates,
            height=max(4, round(100 * updates / max(most, 1))), name=f"{words}, {counted}",
        )  # fmt: skip


def _on_page(rendering: markup.Rendering, entry: Entry) -> Markup:
    return Markup(rendering.on_page(permalink.entry(entry.path)))  # noqa: S704 - sanitised in markup


def _repeats(summary: str, beginning: str) -> bool:
    """Whether a summary only repeats how the text begins."""
    start = summary.rstrip("…")[:60]
    return not start or start == beginning.rstrip("…")[:60]
