"""The month a row counts in, found without arithmetic of time zones, is the one that arithmetic gives."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.period import Period
from flows.settings import DBT_PROJECT
from flows.warehouse import month_bounds

FIRST, LAST = Period(2023, 1), Period(2026, 5)
WINDOWS = (0, 3, 14, 30, 90)
ZONES = ("Europe/Warsaw", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "UTC", "Africa/Cairo")


def month_number(time: str, timezone: str, days: int) -> str:
    """The macro's SQL."""
    bounds = {str(days): month_bounds(FIRST.until(LAST.shift(1)), timezone, days)}
    environment = jinja2.Environment(extensions=["jinja2.ext.do"], undefined=jinja2.Undefined)
    environment.globals["var"] = lambda name: {"month_bounds": bounds}[name]
    source = (Path(DBT_PROJECT) / "macros" / "observe.sql").read_text(encoding="utf-8")
    return environment.from_string(source).module.month_number(time, days)


def numbers(rows: list[object], kind: str, timezone: str, days: int) -> list[tuple[object, object]]:
    """By the macro, and by DuckDB's own arithmetic in the session's zone."""
    with duckdb.connect() as connection:
        connection.execute(f"set timezone = '{timezone}'")
        connection.execute(f"create table t (id integer, x {kind})")
        connection.executemany("insert into t values (?, ?)", list(enumerate(rows)))
        by_calendar = f"date_trunc('month', cast(x as timestamptz) + interval {days} day)"
        return connection.execute(f"""
            select {month_number("x", timezone, days)}, cast(
                case when {by_calendar} between timestamptz '{FIRST}-01' and timestamptz '{LAST}-01'
                then datediff('month', date '{FIRST}-01', cast({by_calendar} as date)) end as integer)
            from t order by id
        """).fetchall()


@pytest.mark.parametrize("timezone", ZONES)
@pytest.mark.parametrize("days", WINDOWS)
def test_the_month_of_a_moment_is_that_of_the_companys_calendar(timezone: str, days: int) -> None:
    beginnings = [month.start(timezone) for month in FIRST.shift(-1).until(LAST.shift(2))]
    edges = [
        start - timedelta(days=window) + timedelta(seconds=step)
        for start in beginnings
        for window in (0, days)
        for step in (-7200, -3601, -3600, -1, 0, 1, 3599, 3600, 7200)
    ]
    # An hour that a change of the clock skips or repeats: there DuckDB's own sum of days is off by that hour.
    zone_edges = [edge for edge in edges if days == 0 or _same_offset(edge, days, timezone)]
    found = numbers(zone_edges, "timestamptz", timezone, days)
    assert [ours for ours, _ in found] == [theirs for _, theirs in found]
    assert {None, 0, 40} <= {ours for ours, _ in found}


def _same_offset(moment: datetime, days: int, timezone: str) -> bool:
    from zoneinfo import ZoneInfo

    local = moment.astimezone(ZoneInfo(timezone))
    later = local + timedelta(days=days)
    return later.astimezone(UTC).astimezone(ZoneInfo(timezone)).replace(tzinfo=None) == later.replace(tzinfo=None)


@settings(max_examples=60, deadline=None)
@given(
    moments=st.lists(
        st.datetimes(datetime(2022, 11, 1), datetime(2026, 8, 1), timezones=st.just(UTC)), min_size=1, max_size=40
    ),
    timezone=st.sampled_from(ZONES),
)
def test_any_moment_finds_its_month(moments: list[datetime], timezone: str) -> None:
    found = numbers(list(moments), "timestamptz", timezone, 0)
    assert [ours for ours, _ in found] == [theirs for _, theirs in found]


@pytest.mark.parametrize("kind", ["date", "timestamp"])
@pytest.mark.parametrize("timezone", ZONES)
def test_a_date_and_a_wall_clock_lie_in_their_own_month_in_every_zone(kind: str, timezone: str) -> None:
    days = [
        date(2023, 1, 1),
        date(2023, 1, 31),
        date(2023, 2, 1),
        date(2024, 2, 29),
        date(2026, 5, 31),
        date(2026, 6, 1),
    ]
    assert [ours for ours, _ in numbers(list(days), kind, timezone, 0)] == [0, 0, 1, 13, 40, None]
