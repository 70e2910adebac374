"""Dates as precise as they are known: read, compared, and said in words."""

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from babel.dates import format_date

from newsarchive.entry import Moment, Precision
from newsarchive.errors import DateError
from newsarchive.i18n import locale

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
REMEDY = "write it as 2023-11-17, 2023-11-17 21:00, 2023-11 or 2023"
NNBSP = "\u202f"

_DATE = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2})"
    r"(?:(?:[Tt]|[ \t]+)(?P<hour>\d{1,2}):(?P<minute>\d\d)"
    r"(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?"
    r"[ \t]*(?P<zone>[Zz]|(?:UTC|GMT)?(?P<offset>[+-]\d{1,2}(?::?\d\d)?)?)?)?)?)?",
    re.ASCII,
)
_AMBIGUOUS = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d\d)", re.ASCII)


def parse(text: str, zone: tzinfo) -> Moment:
    """Read a date of any precision (ISO 8601, with RFC 3339's space for the T).

    A time without a zone, and a date without a time, are in ``zone``, in whole minutes (RFC 3339).

    Raises:
        DateError: the text is no such date, or names a day that does not exist.
    """
    text = text.strip()
    found = _DATE.fullmatch(text)
    if not found:
        if numbers := _AMBIGUOUS.fullmatch(text):
            said = "it is not clear which number is the month"
            raise DateError(text, said, _either(*map(int, numbers.groups())))
        raise DateError(text, "not a date", REMEDY)
    year, month, day, hour, minute, second, fraction, named, offset = found.groups()
    in_zone = _zone(text, named, offset)
    try:
        at = datetime(
            int(year),
            int(month or 1),
            int(day or 1),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            int((fraction or "0")[:6].ljust(6, "0")),
            tzinfo=in_zone or zone,
        )
    except ValueError:
        raise DateError(text, "no such date in the calendar", REMEDY) from None
    if not in_zone and (minutes := _minutes(at)):
        at = at.replace(tzinfo=minutes)
    if hour is not None:
        return Moment(at, Precision.MINUTE)
    return Moment(
        at, Precision.YEAR if month is None else Precision.MONTH if day is None else Precision.DAY
    )


def _zone(text: str, zone: str | None, offset: str | None) -> tzinfo | None:
    if not zone:
        return None
    if not offset:
        return UTC
    digits = offset[1:].replace(":", "")
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
    delta = timedelta(hours=int(hours), minutes=int(minutes))
    try:
        return timezone(-delta if offset[0] == "-" else delta)
    except ValueError:
        said = "no such time zone"
        raise DateError(text, said, "write the zone as +01:00, or leave it out") from None


def _either(first: int, second: int, year: int) -> str:
    """How to write a date of two small numbers, whichever is the month."""
    year += 2000 if year < 100 else 0
    read = [(month, day) for month, day in ((second, first), (first, second)) if month <= 12]
    ways = dict.fromkeys(f"{year:04d}-{month:02d}-{day:02d}" for month, day in read)
    return f"write it as {' or '.join(ways)}, year first" if ways else REMEDY


def unparse(moment: Moment) -> str:
    """Write a moment as it is known: ``2023``, ``2023-11``, ``2023-11-17`` or RFC 3339."""
    if moment.precision is Precision.MINUTE:
        return whole_minutes(moment.at).isoformat()
    return moment.at.date().isoformat()[: {"year": 4, "month": 7, "day": 10}[moment.precision]]


def whole_minutes(at: datetime) -> datetime:
    """The same instant under an offset that RFC 3339 can write: old local times have seconds."""
    zone = _minutes(at)
    if not zone:
        return at
    return local(at, zone) if at.year > 1 else at.replace(tzinfo=zone)


def _minutes(at: datetime) -> timezone | None:
    """The whole minutes of an offset that has seconds."""
    offset = at.utcoffset() or timedelta()
    if not (offset.seconds % 60 or offset.microseconds):
        return None
    return timezone(offset // timedelta(minutes=1) * timedelta(minutes=1))


def microseconds(at: datetime) -> int:
    """Microseconds from 1970-01-01T00:00Z, for any year from 1 to 9999 in any zone.

    Not ``at.timestamp()``, whose turn to UTC overflows at both ends of the calendar.
    """
    return (at - EPOCH) // _MICROSECOND


def instant(microseconds_: int) -> datetime:
    """The instant that ``microseconds`` counted; beyond the calendar, its nearest end."""
    try:
        return EPOCH + timedelta(microseconds=microseconds_)
    except OverflowError:
        if microseconds_ > 0:
            return datetime.max.replace(tzinfo=UTC)
        return datetime.min.replace(tzinfo=UTC)


def local(at: datetime, zone: tzinfo) -> datetime:
    """The same instant in ``zone``; at the calendar's very ends, as it was written."""
    try:
        return at.astimezone(zone)
    except (OverflowError, ValueError):
        return at


def local_day(moment: Moment, zone: tzinfo) -> date:
    """The day on which ``moment`` stands in the archive of a site in ``zone``."""
    if moment.precision is Precision.MINUTE:
        return local(moment.at, zone).date()
    return moment.at.date()


@lru_cache(maxsize=4096)
def day_in_words(day: date, lang: str, *, weekday: bool = True, year: bool = True) -> str:
    """``vendredi 17 novembre 2023``; in French the first is the « 1er »."""
    where = locale(lang)
    skeleton = ("EEEE " if weekday else "") + ("d MMMM y" if year else "d MMMM")
    text = format_date(day, skeleton, locale=where)
    if where.language == "fr" and day.day == 1:
        text = re.sub(r"\b1\b", "1er", text, count=1)
    return text


@lru_cache(maxsize=4096)
def short_day(day: date, lang: str) -> str:
    """``2 déc.``; in French a month's first is « 1er »."""
    text = format_date(day, "d MMM", locale=locale(lang))
    return text.replace("1 ", "1er ", 1) if lang[:2] == "fr" and day.day == 1 else text


def period_in_words(first: date, precision: Precision, lang: str, *, weekday: bool = True) -> str:
    """The day, month or year that begins at ``first``: ``vendredi 17 novembre 2023``,
    ``novembre 2023``, ``2023``."""
    match precision:
        case Precision.YEAR:
            return f"{first.year:04d}"
        case Precision.MONTH:
            return month_in_words(first, lang)
        case _:
            return day_in_words(first, lang, weekday=weekday)


@lru_cache(maxsize=512)
def month_in_words(day: date, lang: str, *, year: bool = True) -> str:
    """``novembre 2023``."""
    return format_date(day, "LLLL y" if year else "LLLL", locale=locale(lang))


def time_in_words(at: datetime, lang: str) -> str:
    """``21 h 00`` in French, with narrow no-break spaces; ``21:00`` elsewhere."""
    if locale(lang).language == "fr":
        return f"{at.hour}{NNBSP}h{NNBSP}{at.minute:02d}"
    return f"{at.hour:02d}:{at.minute:02d}"


def in_words(moment: Moment, lang: str, zone: tzinfo) -> str:
    """What is known: ``vendredi 17 novembre 2023, 21 h 00``, ``novembre 2023`` or ``2023``."""
    at = local(moment.at, zone) if moment.precision is Precision.MINUTE else moment.at
    match moment.precision:
        case Precision.MINUTE:
            return f"{day_in_words(at.date(), lang)}, {time_in_words(at, lang)}"
        case precision:
            return period_in_words(at.date(), precision, lang)


def short(moment: Moment, lang: str, zone: tzinfo) -> str:
    """What is known, for a narrow column: ``17 nov. 2023, 21 h 00``, ``nov. 2023`` or ``2023``."""
    at = local(moment.at, zone) if moment.precision is Precision.MINUTE else moment.at
    match moment.precision:
        case Precision.YEAR:
            return f"{at.year:04d}"
        case Precision.MONTH:
            return format_date(at.date(), "LLL y", locale=locale(lang)).replace(" ", "\u00a0")
        case precision:
            day = short_day(at.date(), lang).replace(" ", "\u00a0")
            time = f", {time_in_words(at, lang)}" if precision is Precision.MINUTE else ""
            return f"{day} {at.year:04d}{time}"


def said(text: str, lang: str, zone: tzinfo) -> str:
    """A date as somebody wrote it, in words; what is no date stays."""
    try:
        return in_words(parse(text, zone), lang, zone)
    except DateError:
        return text
