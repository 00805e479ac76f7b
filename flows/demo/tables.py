"""A table of the made-up company: columns of equal length by name."""

from __future__ import annotations

import zlib

import numpy as np

from flows.demo.clock import bounds
from flows.period import Period

Table = dict[str, np.ndarray]


def dice(seed: int, stream: str, period: Period | None = None) -> np.random.Generator:
    """The random numbers of one stream in one month: another stream's code does not move them."""
    month = 0 if period is None else period.year * 12 + period.month
    return np.random.default_rng([seed, zlib.crc32(stream.encode()), month])


def rows(table: Table, chosen: np.ndarray) -> Table:
    """The chosen rows (a mask or positions) of every column."""
    return {name: values[chosen] for name, values in table.items()}


def united(tables: list[Table]) -> Table:
    """The tables, one under the other; all have the same columns."""
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def length(table: Table) -> int:
    return len(next(iter(table.values())))


def numbered(prefix: str, period: Period, size: int) -> np.ndarray:
    """``size`` identifiers that are unique over all months: prefix, month, running number."""
    running = np.char.zfill(np.arange(1, size + 1).astype(str), 5)
    return np.char.add(f"{prefix}{period.year % 100:02d}{period.month:02d}-", running)


def yes_no(values: np.ndarray) -> np.ndarray:
    return np.where(values, "yes", "no")


def during(table: Table, column: str, period: Period) -> Table:
    """The rows of the month, by ``column``."""
    start, end = bounds(period)
    inside = np.flatnonzero((table[column] >= start) & (table[column] < end))
    return rows(table, inside[np.argsort(table[column][inside], kind="stable")])


def delivered_twice(table: Table, rng: np.random.Generator, times: int) -> Table:
    """The table with up to ``times`` of its rows once more, exactly alike, at the end."""
    size = length(table)
    again = rng.choice(size, min(times, size // 4), replace=False)
    return rows(table, np.concatenate([np.arange(size), np.sort(again)]))
