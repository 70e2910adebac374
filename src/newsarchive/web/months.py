"""Small calendars: a month, its days shaded by how much was published."""

import calendar
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from babel.dates import get_day_names

from newsarchive import dates, permalink
from newsarchive.i18n import counted, locale
from newsarchive.query import Period
from newsarchive.web import views

#: of all that are asked for; a page of a year has twelve
MOST_KEPT = 200


@dataclass(frozen=True, slots=True)
class Days:
    """All that a calendar shows."""

    month: Period
    #: entries by ISO day, of those that have any
    counts: tuple[tuple[str, int], ...]
    #: on the busiest day of what it is compared with
    most: int
    #: where it is in this month
    today: date | None


@lru_cache(maxsize=MOST_KEPT)
def month(days: Days, lang: str, *, year: bool) -> views.Month:
    """A small calendar, in the words of a language."""
    first_weekday = locale(lang).first_week_day
    of_year, of_month = days.month.year, days.month.first.month
    weeks = calendar.Calendar(first_weekday).monthdayscalendar(of_year, of_month)
    names = get_day_names("wide", "stand-alone", locale=locale(lang))
    narrow = get_day_names("narrow", "stand-alone", locale=locale(lang))
    order = [(first_weekday + place) % 7 for place in range(7)]
    counts = dict(days.counts)
    return views.Month(
        heading=dates.month_in_words(days.month.first, lang, year=year),
        url=permalink.period(of_year, of_month) if counts else "",
        entries=sum(counts.values()),
        weekdays=tuple((narrow[day], names[day]) for day in order),
        weeks=tuple(
            tuple(
                _cell(days, counts, date(of_year, of_month, day), lang) if day else None
                for day in week
            )
            for week in weeks
        ),
    )


def _cell(days: Days, counts: dict[str, int], when: date, lang: str) -> views.Cell:
    entries = counts.get(when.isoformat(), 0)
    words = dates.day_in_words(when, lang, weekday=False, year=False)
    number = counted("%(num)s entry", "%(num)s entries", entries, lang)
    return views.Cell(
        day=when.day,
        url=permalink.period(when.year, when.month, when.day) if entries else "",
        entries=entries,
        shade=views.shade(entries, days.most),
        name=f"{words}, {number}" if entries else words,
        is_today=when == days.today,
    )
