"""A month is the company's calendar month in its own time zone, over every change of the clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.errors import ConfigurationError
from flows.period import Period

#: Both ends of the earth's day, both hemispheres' clock changes, half an hour of daylight saving, none at all; zones
#: that changed at midnight of a first, and one that left out a whole day.
ZONES = [
    "UTC", "Europe/Warsaw", "America/New_York", "America/Santiago", "Australia/Lord_Howe", "Asia/Kathmandu",
    "Pacific/Kiritimati", "Etc/GMT-14", "Etc/GMT+12", "Asia/Amman", "America/Asuncion", "Africa/Cairo", "Pacific/Apia",
]  # fmt: skip
PERIODS = st.builds(Period, st.integers(1900, 2200), st.integers(1, 12))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-9",
        "2026-00",
        "2026-13",
        "26-09",
        "2026/09",
        "2026-09-01",
        "",
        " 2026-09",
        "2026-09\n",
        "0000-01",
        "२०२६-09",
    ],
)
def test_what_is_no_month_is_refused_with_an_example(text):
    with pytest.raises(ConfigurationError, match=r"not a month\n.*for example 2026-09"):
        Period.parse(text)


@given(PERIODS)
def test_a_month_is_read_as_it_is_printed(period):
    assert Period.parse(str(period)) == period


@given(PERIODS, st.integers(-600, 600))
def test_shifting_there_and_back_changes_nothing_and_keeps_the_order(period, months):
    shifted = period.shift(months)
    assert shifted.shift(-months) == period
    assert (shifted > period) == (months > 0)
    assert 1 <= shifted.month <= 12


def test_the_months_of_a_range_are_both_ends_and_all_between():
    assert [str(month) for month in Period(2025, 11).until(Period(2026, 2))] == [
        "2025-11", "2025-12", "2026-01", "2026-02",
    ]  # fmt: skip
    assert Period(2026, 2).until(Period(2026, 2)) == [Period(2026, 2)]
    assert Period(2026, 2).until(Period(2026, 1)) == []


@pytest.mark.parametrize(
    ("zone", "now", "expected"),
    [
        # The last second of September in Warsaw (CEST, +2) and the first of October.
        ("Europe/Warsaw", "2026-09-30T21:59:59+00:00", "2026-08"),
        ("Europe/Warsaw", "2026-09-30T22:00:00+00:00", "2026-09"),
        # Winter: +1.
        ("Europe/Warsaw", "2026-11-30T22:59:59+00:00", "2026-10"),
        ("Europe/Warsaw", "2026-11-30T23:00:00+00:00", "2026-11"),
        # The turn of the year, in the zones that reach it first and last.
        ("Etc/GMT-14", "2025-12-31T09:59:59+00:00", "2025-11"),
        ("Etc/GMT-14", "2025-12-31T10:00:00+00:00", "2025-12"),
        ("Pacific/Kiritimati", "2025-12-31T10:00:00+00:00", "2025-12"),
        ("Etc/GMT+12", "2026-01-01T11:59:59+00:00", "2025-11"),
        ("Etc/GMT+12", "2026-01-01T12:00:00+00:00", "2025-12"),
        # An instant given in another zone is the same instant.
        ("Europe/Warsaw", "2026-10-01T00:30:00+02:00", "2026-09"),
        ("America/New_York", "2026-10-01T00:30:00+02:00", "2026-08"),
        # The clock goes back within the last day of October: the hour that comes twice belongs to October both times.
        ("Europe/Warsaw", "2027-10-31T00:30:00+00:00", "2027-09"),
        ("Europe/Warsaw", "2027-10-31T01:30:00+00:00", "2027-09"),
        # Lord Howe moves by half an hour.
        ("Australia/Lord_Howe", "2026-03-31T12:59:59+00:00", "2026-02"),
        ("Australia/Lord_Howe", "2026-03-31T13:00:00+00:00", "2026-03"),
    ],
)
def test_the_last_complete_month_is_that_of_the_companys_clock(zone, now, expected):
    assert str(Period.last_complete(zone, at(now))) == expected


def test_without_a_moment_the_clock_decides():
    assert Period.last_complete("UTC") < Period(datetime.now(UTC).year, datetime.now(UTC).month)


@pytest.mark.parametrize("zone", ZONES)
def test_every_month_from_2020_to_2040_ends_where_the_next_begins(zone):
    """No instant is in two months or in none; the instant before a month's start is still the month before."""
    local = ZoneInfo(zone)
    months = Period(2020, 1).until(Period(2040, 12))
    assert len(months) == 252
    for month in months:
        start, end = month.start(zone), month.end(zone)
        assert start.tzinfo is UTC
        assert end == month.shift(1).start(zone)
        assert timedelta(days=27, hours=22) < end - start < timedelta(days=31, hours=2)
        first, last = start.astimezone(local), (end - timedelta(seconds=1)).astimezone(local)
        assert (first.year, first.month, first.day) == (month.year, month.month, 1)
        assert (last.year, last.month) == (month.year, month.month)
        assert Period.last_complete(zone, start) == month.shift(-1)
        assert Period.last_complete(zone, end - timedelta(seconds=1)) == month.shift(-1)
        assert Period.last_complete(zone, end) == month


@pytest.mark.parametrize(
    ("zone", "month", "hours"),
    [
        ("Europe/Warsaw", "2026-03", 31 * 24 - 1),
        ("Europe/Warsaw", "2026-10", 31 * 24 + 1),
        ("America/New_York", "2026-11", 30 * 24 + 1),
        ("Australia/Lord_Howe", "2026-04", 30 * 24 + 0.5),
        ("Europe/Warsaw", "2024-02", 29 * 24),
        ("UTC", "2026-02", 28 * 24),
        # Samoa had no 30 December 2011.
        ("Pacific/Apia", "2011-12", 30 * 24),
    ],
)
def test_a_month_in_which_the_clock_changes_is_so_much_longer_or_shorter(zone, month, hours):
    period = Period.parse(month)
    assert period.end(zone) - period.start(zone) == timedelta(hours=hours)


def test_a_month_whose_first_midnight_was_skipped_begins_with_its_first_instant():
    # The clocks of Asuncion went from midnight to one on 1 October 2017: that day began at 01:00, -3.
    assert Period(2017, 10).start("America/Asuncion") == at("2017-10-01T04:00:00+00:00")


@settings(max_examples=200)
@given(st.sampled_from(ZONES), st.datetimes(datetime(2020, 1, 1), datetime(2040, 12, 30)))
def test_every_instant_is_in_exactly_the_month_after_the_last_complete_one(zone, naive):
    now = naive.replace(tzinfo=UTC)
    month = Period.last_complete(zone, now).shift(1)
    assert month.start(zone) <= now < month.end(zone)


def test_a_month_is_written_out_for_a_sentence():
    assert Period(2026, 9).label == "September 2026"
