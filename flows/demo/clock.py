"""Time in the made-up company: seconds since the epoch, written as local or UTC texts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

from flows.period import Period

ZONE = "Europe/Warsaw"
#: Customers were won from here on; extracts begin later.
FOUNDED = Period(2021, 1)
LAST = Period(2026, 6)
#: "It has not happened": the blank cell of every time column.
NEVER = -1
HOUR = 3_600
DAY = 86_400


def bounds(period: Period) -> tuple[int, int]:
    """First second of the month in the company's zone and of the month after, in seconds since the epoch."""
    return int(period.start(ZONE).timestamp()), int(period.end(ZONE).timestamp())


@cache
def _clock_changes() -> tuple[np.ndarray, np.ndarray]:
    """Moments at which the zone's offset changes, and the offset from each on (the first from ever)."""
    zone = ZoneInfo(ZONE)
    moment, end = datetime(2020, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
    offset = moment.astimezone(zone).utcoffset()
    moments, offsets = [], [offset.total_seconds()]
    while moment < end:
        moment += timedelta(hours=1)
        if moment.astimezone(zone).utcoffset() != offset:
            offset = moment.astimezone(zone).utcoffset()
            moments.append(int(moment.timestamp()))
            offsets.append(offset.total_seconds())
    return np.array(moments), np.array(offsets, dtype=np.int64)


def wall(seconds: np.ndarray) -> np.ndarray:
    """What the company's clocks show at each moment, as datetime64[s] without a zone; NaT for NEVER."""
    moments, offsets = _clock_changes()
    shown = (seconds + offsets[np.searchsorted(moments, seconds, side="right")]).astype("datetime64[s]")
    shown[seconds == NEVER] = np.datetime64("NaT")
    return shown


def _texts(shown: np.ndarray, seconds: np.ndarray, separator: str, ending: str) -> np.ndarray:
    texts = np.char.replace(np.datetime_as_string(shown, unit="s"), "T", separator)
    return np.where(seconds == NEVER, "", np.char.add(texts, ending))


def local_texts(seconds: np.ndarray) -> np.ndarray:
    """``2026-06-30 17:05:00`` by the company's clocks, no offset; blank for NEVER."""
    return _texts(wall(seconds), seconds, " ", "")


def utc_texts(seconds: np.ndarray) -> np.ndarray:
    """``2026-06-30T15:05:00+00:00``; blank for NEVER."""
    return _texts(seconds.astype("datetime64[s]"), seconds, "T", "+00:00")


def dates(seconds: np.ndarray) -> np.ndarray:
    """``2026-06-30`` by the company's calendar; blank for NEVER."""
    texts = np.datetime_as_string(wall(seconds).astype("datetime64[D]"))
    return np.where(seconds == NEVER, "", texts)


def known_at(seconds: np.ndarray, end: int) -> np.ndarray:
    """The column as a file written at ``end`` shows it: what comes later has not happened."""
    return np.where(seconds < end, seconds, NEVER)


def moments(rng: np.random.Generator, low: np.ndarray | int, high: np.ndarray | int, size: int) -> np.ndarray:
    """Moments between ``low`` and ``high``; few at night, none of them outside the bounds."""
    low, high = np.broadcast_to(low, size), np.broadcast_to(high, size)
    drawn = (low + rng.random(size) * (high - low)).astype(np.int64)
    hour = (wall(drawn) - wall(drawn).astype("datetime64[D]")).astype(np.int64) // HOUR
    by_day = drawn + 8 * HOUR
    moved = (hour < 6) & (rng.random(size) < 0.85) & (by_day < high)
    return np.where(moved, by_day, drawn)


def after(rng: np.random.Generator, start: np.ndarray, median_seconds: np.ndarray | float, spread: float) -> np.ndarray:
    """``start`` plus a log-normal wait with that median and standard deviation of its logarithm; NEVER stays."""
    wait = np.exp(rng.normal(0.0, spread, len(start))) * median_seconds
    return np.where(start == NEVER, NEVER, start + np.maximum(wait, 1).astype(np.int64))
