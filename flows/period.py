"""The company's calendar months in its own time zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from flows.errors import ConfigurationError

_FORM = re.compile(r"(?!0000)[0-9]{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, order=True)
class Period:
    """One calendar month. Ordered; prints as ``YYYY-MM``."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Period:
        """``YYYY-MM`` as a Period; raises ConfigurationError for anything else."""
        if not isinstance(text, str) or not _FORM.fullmatch(text):
            raise ConfigurationError(f"{text!r} is not a month", "write it as YYYY-MM, for example 2026-09")
        return cls(int(text[:4]), int(text[5:]))

    @classmethod
    def last_complete(cls, timezone: str, now: datetime | None = None) -> Period:
        """The last month that is over in ``timezone`` at ``now`` (an aware datetime; the clock by default)."""
        local = (now or datetime.now(UTC)).astimezone(ZoneInfo(timezone))
        return cls(local.year, local.month).shift(-1)

    def shift(self, months: int) -> Period:
        """The period ``months`` later (earlier when negative)."""
        index = self.year * 12 + self.month - 1 + months
        return Period(index // 12, index % 12 + 1)

    def start(self, timezone: str) -> datetime:
        """The first instant of the month in ``timezone``, as UTC.

        Where a clock change skips midnight of the first, the first instant that exists is meant.
        """
        return datetime(self.year, self.month, 1, tzinfo=ZoneInfo(timezone)).astimezone(UTC)

    def end(self, timezone: str) -> datetime:
        """The first instant after the month in ``timezone``, as UTC."""
        return self.shift(1).start(timezone)

    def until(self, last: Period) -> list[Period]:
        """All periods from this one to ``last``, both included; empty when ``last`` is earlier."""
        months = (last.year - self.year) * 12 + last.month - self.month
        return [self.shift(step) for step in range(months + 1)]

    @property
    def label(self) -> str:
        """The month as it is written in a sentence, such as September 2026."""
        from babel.dates import format_date

        return format_date(date(self.year, self.month, 1), "LLLL y", locale="en")

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"
