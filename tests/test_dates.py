"""Dates of every precision: read, written, compared, said in words."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive import dates
from newsarchive.entry import Moment, Precision
from newsarchive.errors import DateError

PARIS = ZoneInfo("Europe/Paris")


def hours(number: float) -> timezone:
    return timezone(timedelta(hours=number))


@pytest.mark.parametrize(
    ("text", "at", "precision"),
    [
        ("2023", datetime(2023, 1, 1, tzinfo=PARIS), Precision.YEAR),
        ("2023-11", datetime(2023, 11, 1, tzinfo=PARIS), Precision.MONTH),
        ("2023-11-17", datetime(2023, 11, 17, tzinfo=PARIS), Precision.DAY),
        ("2023-11-17 21:00", datetime(2023, 11, 17, 21, tzinfo=PARIS), Precision.MINUTE),
        ("2023-11-17T21:00", datetime(2023, 11, 17, 21, tzinfo=PARIS), Precision.MINUTE),
        ("2023-11-17t21:00z", datetime(2023, 11, 17, 21, tzinfo=UTC), Precision.MINUTE),
        ("2023-11-17 21:00:05 UTC", datetime(2023, 11, 17, 21, 0, 5, tzinfo=UTC), "minute"),
        ("2023-11-17T21:00+01:00", datetime(2023, 11, 17, 21, tzinfo=hours(1)), "minute"),
        ("2023-11-17 21:00:00 -0430", datetime(2023, 11, 17, 21, tzinfo=hours(-4.5)), "minute"),
        ("2023-11-17 21:00 -4", datetime(2023, 11, 17, 21, tzinfo=hours(-4)), "minute"),
        ("2023-11-17 21:00 -430", datetime(2023, 11, 17, 21, tzinfo=hours(-4.5)), "minute"),
        ("2023-11-17 21:00 UTC+02:00", datetime(2023, 11, 17, 21, tzinfo=hours(2)), "minute"),
        ("2021-11-24T16:00:00.25Z", datetime(2021, 11, 24, 16, 0, 0, 250000, UTC), "minute"),
        # Paris had its own time: 9 minutes and 21 seconds
        ("0001-01-01", datetime(1, 1, 1, tzinfo=hours(9 / 60)), Precision.DAY),
        ("1900-05-01 12:00", datetime(1900, 5, 1, 12, tzinfo=hours(9 / 60)), Precision.MINUTE),
        ("9999-12-31 23:59", datetime(9999, 12, 31, 23, 59, tzinfo=PARIS), Precision.MINUTE),
        (" 2023-1-5 9:00 ", datetime(2023, 1, 5, 9, tzinfo=PARIS), Precision.MINUTE),
    ],
)
def test_a_date_is_read_as_precisely_as_it_is_written(
    text: str, at: datetime, precision: str
) -> None:
    moment = dates.parse(text, PARIS)
    assert (moment.at, moment.precision) == (at, precision)
    assert moment.at.utcoffset() == at.utcoffset()


@pytest.mark.parametrize(
    ("text", "message", "remedy"),
    [
        ("03/01/2024", "it is not clear which number is the month", "2024-01-03 or 2024-03-01"),
        ("17/11/2023", "it is not clear which number is the month", "write it as 2023-11-17, "),
        ("05.05.24", "it is not clear which number is the month", "write it as 2024-05-05, "),
        ("17/17/2023", "it is not clear which number is the month", "2023-11"),
        ("2024-02-30", "no such date in the calendar", "2023-11-17"),
        ("2023-13", "no such date in the calendar", "2023-11"),
        ("2023-11-17 24:01", "no such date in the calendar", "21:00"),
        ("0000-01-01", "no such date in the calendar", "2023-11-17"),
        ("10000-01-01", "not a date", "2023-11-17"),
        ("2024-03-01T00:00:00+99:00", "no such time zone", "+01:00"),
        ("2024-03-01 00:00 -2400", "no such time zone", "+01:00"),
        ("2024-03-01 00:00 CET", "not a date", "2023-11-17"),
        ("17 novembre 2023", "not a date", "2023-11-17"),
        ("٢٠٢٣-١١-١٧", "not a date", "2023-11-17"),
        ("", "not a date", "2023-11-17"),
    ],
)
def test_what_is_no_date_is_refused_with_what_to_write(
    text: str, message: str, remedy: str
) -> None:
    with pytest.raises(DateError) as caught:
        dates.parse(text, PARIS)
    assert caught.value.message == message
    assert remedy in caught.value.remedy


@pytest.mark.parametrize(
    "text", ["2023", "2023-11", "2023-11-17", "2023-11-17T21:00:00+01:00", "0001", "0987-12-31"]
)
def test_a_date_is_written_as_it_was_read(text: str) -> None:
    assert dates.unparse(dates.parse(text, PARIS)) == text


@given(
    at=st.datetimes(timezones=st.sampled_from([UTC, PARIS, hours(14), hours(-12)])),
    precision=st.sampled_from(Precision),
)
def test_any_date_survives_writing_and_reading(at: datetime, precision: Precision) -> None:
    written = dates.unparse(Moment(at, precision))
    read = dates.parse(written, PARIS)
    assert read.precision is precision
    assert dates.unparse(read) == written
    if precision is Precision.MINUTE and at.year > 1:
        assert dates.microseconds(read.at) == dates.microseconds(at)


def test_a_time_before_time_zones_is_written_as_rfc_3339_can() -> None:
    noon = datetime(1900, 5, 1, 12, tzinfo=PARIS)  # 9 minutes and 21 seconds before UTC
    assert dates.unparse(Moment(noon)) == "1900-05-01T11:59:39+00:09"


@given(text=st.text() | st.text("0123456789-/. T:+Z", max_size=25))
def test_any_text_is_a_date_or_a_date_error(text: str) -> None:
    try:
        at = dates.parse(text, PARIS).at
    except DateError:
        return
    assert at.tzinfo is not None


@pytest.mark.requirement(19)
@given(at=st.datetimes(timezones=st.sampled_from([UTC, hours(14), hours(-12)])))
def test_instants_are_counted_for_every_year_of_the_calendar(at: datetime) -> None:
    counted = dates.microseconds(at)
    assert dates.instant(counted).tzinfo is UTC
    assert dates.local(at, PARIS).tzinfo is not None
    if 1 < at.year < 9999:
        assert dates.instant(counted) == at


def test_the_day_of_a_time_is_that_of_the_site_and_the_day_of_a_date_its_own() -> None:
    late = dates.parse("2023-11-17T23:30-05:00", PARIS)
    assert dates.local_day(late, PARIS) == date(2023, 11, 18)
    day = Moment(datetime(2023, 11, 17, tzinfo=hours(-5)), Precision.DAY)
    assert dates.local_day(day, PARIS) == date(2023, 11, 17)


@pytest.mark.parametrize(
    ("text", "lang", "words"),
    [
        ("2023", "fr", "2023"),
        ("2023-11", "fr", "novembre 2023"),
        ("2023-11-17", "fr", "vendredi 17 novembre 2023"),
        ("2023-12-01", "fr", "vendredi 1er décembre 2023"),
        ("2023-11-17 21:00", "fr", "vendredi 17 novembre 2023, 21\u202fh\u202f00"),
        ("2023-11-17T23:30-05:00", "fr", "samedi 18 novembre 2023, 5\u202fh\u202f30"),
        ("2023-11-17 09:05", "en", "Friday 17 November 2023, 09:05"),
        ("2023-11", "xx", "November 2023"),
    ],
)
def test_a_date_is_said_in_the_words_of_a_language(text: str, lang: str, words: str) -> None:
    assert dates.in_words(dates.parse(text, PARIS), lang, PARIS) == words


@pytest.mark.parametrize(
    ("text", "lang", "words"),
    [
        ("2023-11-17 21:00", "fr", "17\u00a0nov. 2023, 21\u202fh\u202f00"),
        ("2023-11-01", "fr", "1er\u00a0nov. 2023"),
        ("2023-11", "fr", "nov.\u00a02023"),
        ("2023", "fr", "2023"),
        ("2023-11-17", "en", "17\u00a0Nov 2023"),
        ("0001-01", "en", "Jan\u00a01"),
    ],
)
def test_a_date_is_said_in_a_narrow_column(text: str, lang: str, words: str) -> None:
    assert dates.short(dates.parse(text, PARIS), lang, PARIS) == words
