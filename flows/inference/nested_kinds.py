"""The kinds that are added up in two steps (see dbt_project/macros/observe_nested.sql): ratio, spread, survival.

Functions take rows of cells as those of ``kinds`` do: lists a cell where the observation hands over lists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flows.inference import bootstrap, spread, survival
from flows.inference.comparisons import Difference
from flows.inference.intervals import normal_quantile

if TYPE_CHECKING:
    import pandas as pd

    Level = tuple[np.ndarray, np.ndarray, np.ndarray]


def ratio(cells: pd.DataFrame) -> Level:
    """Sum over sum, times ``per``; customers are resampled in their random groups."""
    per, found = cells["per"].to_numpy(), bootstrap.ratio_of_sums(*_group_sums(cells))
    return per * found.value, *_around(per * found.value, per * found.low, per * found.high)


def ratio_difference(later: pd.DataFrame, earlier: pd.DataFrame) -> Difference:
    """The same customers are drawn in both months, so what they have in common cancels."""
    per = later["per"].to_numpy()
    low, high, p = bootstrap.two_ratios_of_sums(*_group_sums(later), *_group_sums(earlier))
    return Difference(per * low, per * high, p)


def _group_sums(cells: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Numerators and denominators by random group, one row a cell, 0 where a group has nobody."""
    sums = np.zeros((2, len(cells), bootstrap.GROUPS))
    columns = ("group_numbers", "group_numerators", "group_denominators")
    for row, (numbers, *parts) in enumerate(zip(*(cells[column] for column in columns), strict=True)):
        for place, part in enumerate(parts):
            sums[place, row, numbers.astype(int)] = part
    return sums[0], sums[1]


def between(cells: pd.DataFrame) -> Level:
    """Standard deviation between groups beyond chance."""
    found = spread.spread_between(*_spread_sums(cells))
    return found.value, *_around(found.value, found.low, found.high)


def between_difference(later: pd.DataFrame, earlier: pd.DataFrame) -> Difference:
    """Square-and-add of the two intervals (MOVER); p is the level at which, drawn normally, it would end at zero."""
    from scipy.stats import norm

    value, low, high = between(later)
    earlier_value, earlier_low, earlier_high = between(earlier)
    difference = value - earlier_value
    below, above = (
        np.hypot(value - low, earlier_high - earlier_value),
        np.hypot(high - value, earlier_value - earlier_low),
    )
    towards_zero = np.where(difference > 0, below, above)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(difference == 0, 0.0, np.abs(difference) / towards_zero * normal_quantile())
    return Difference(difference - below, difference + above, 2 * norm.sf(z))


def _spread_sums(cells: pd.DataFrame) -> list[np.ndarray]:
    columns = ("clusters", "n", "cluster_squares", "total", "cluster_mean_squares", "total_squares")
    return [cells[column].to_numpy(float) for column in columns]


def surviving(cells: pd.DataFrame) -> Level:
    """Share (in %) without the event at the horizon, or the time by which the declared share had it."""
    answer = _blank(len(cells))
    for rows, quantile, tables in _tables(cells):
        horizon = cells["horizon"].to_numpy()[rows]
        at_horizon = np.isnan(quantile)
        found = survival.survival_at(tables, horizon) if at_horizon else survival.quantile_time(tables, quantile)
        factor = 100 if at_horizon else 1
        for column, part in zip(answer, found, strict=True):
            column[rows] = factor * part
    return answer


def surviving_difference(later: pd.DataFrame, earlier: pd.DataFrame) -> Difference:
    """Of shares at a horizon by square-and-add; of times with the log-rank test's p over the whole curves."""
    answer = _blank(len(later))
    for rows, quantile, tables in _tables(later):
        before = _life_tables(earlier.iloc[rows])
        if np.isnan(quantile):
            low, high, p = survival.two_survivals(tables, before, later["horizon"].to_numpy()[rows])
            low, high = 100 * low, 100 * high
        else:
            low, high, p = survival.two_quantile_times(tables, before, quantile)
        for column, part in zip(answer, (low, high, p), strict=True):
            column[rows] = part
    return Difference(*answer)


def _tables(cells: pd.DataFrame) -> list[tuple[np.ndarray, float, survival.LifeTables]]:
    """The cells by declared quantile (NaN: told at a horizon): their places, the quantile, their life tables."""
    quantile = cells["quantile"].to_numpy(float)
    groups = [np.flatnonzero(np.isnan(quantile))] + [np.flatnonzero(quantile == each) for each in np.unique(quantile)]
    return [(rows, quantile[rows[0]], _life_tables(cells.iloc[rows])) for rows in groups if len(rows)]


def _life_tables(cells: pd.DataFrame) -> survival.LifeTables:
    lists = [list(cells[column]) for column in ("life_times", "life_events", "life_censored")]
    lengths = [len(each) for each in lists[0]]
    return survival.LifeTables.of(
        *(np.concatenate(each) for each in lists), cell=np.repeat(np.arange(len(cells)), lengths), cells=len(cells)
    )


def _around(value: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Limits that hold the printed value: a resampled interval of a few customers can miss it."""
    return np.minimum(low, value), np.maximum(high, value)


def _blank(length: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return tuple(np.full(length, np.nan) for _ in range(3))
