"""XmR chart: does this month lie beyond what this series does of itself? (Wheeler 1993, Understanding Variation.)

A signal is about one series over time, not about two months: it reads no difference of neighbours as news.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

#: Mean moving range to standard deviation for pairs (d2 = 1.128), times three sigma: the chart's 2.66.
LIMIT_FACTOR = 3 / 1.128
#: Months with data that limits need.
BASELINE_MONTHS = 12
#: So many months in a row on one side of the centre are a signal.
RUN_LENGTH = 8
ABOVE, BELOW, RUN_ABOVE, RUN_BELOW = "above", "below", "run above", "run below"


class Chart(NamedTuple):
    """One entry a series: the natural process limits and their centre (NaN: no baseline), and the signal or None."""

    lower: np.ndarray
    centre: np.ndarray
    upper: np.ndarray
    signal: np.ndarray


def natural_limits(series: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lower limit, centre and upper limit of each row of ``series`` (series, months): mean ± 3/1.128 · mean range.

    NaN marks a month without data; a moving range is taken between neighbours among the months that have data. NaN
    where fewer than two have. The limits are not clipped to a scale: a limit beyond it just cannot be crossed.
    """
    series = np.atleast_2d(np.asarray(series, float))
    if series.shape[1] < 2:
        return tuple(np.full(len(series), np.nan) for _ in range(3))
    count = np.isfinite(series).sum(axis=1)
    values = _filled(series)
    moving_range = np.abs(np.diff(values, axis=1)).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = np.where(np.isfinite(series), series, 0.0).sum(axis=1) / count
        reach = LIMIT_FACTOR * moving_range / (count - 1)
    several = count > 1
    centre, reach = np.where(several, centre, np.nan), np.where(several, reach, np.nan)
    return centre - reach, centre, centre + reach


def judge(series: ArrayLike) -> Chart:
    """Judge the last month of each row of ``series``, shape (series, months), oldest first, NaN where without data.

    The baseline are all earlier months of the row that have data, at least BASELINE_MONTHS of them; the judged month
    is not in it, so that it cannot widen the limits it is held against. Signals, the first that applies: ``above`` or
    ``below`` the limits; ``run above`` or ``run below``, where it and the seven months with data before it all lie on
    one side of the centre. A month on the limit or on the centre is not beyond it. Where the baseline never moved the
    limits are the centre, and any move is a signal. No data in the judged month: limits but no signal.

    Of independent normal months in which nothing changes, 1.9 % are false signals with a baseline of twelve months and
    1.3 % with one of twenty-four (simulated): 1.8 and 0.9 % outside the limits, as these are estimated, the rest runs.
    Trends and seasons signal more often, and shall.
    """
    series = np.atleast_2d(np.asarray(series, float))
    baseline, judged = series[:, :-1], series[:, -1]
    enough = np.isfinite(baseline).sum(axis=1) >= BASELINE_MONTHS
    lower, centre, upper = (np.where(enough, limit, np.nan) for limit in natural_limits(baseline))

    # 80.1 - 80.1 must not count as a move
    rounding = 1e-12 * np.maximum(np.abs(lower), np.abs(upper))
    recent = _filled(series)[:, -RUN_LENGTH:] if series.shape[1] >= RUN_LENGTH else np.full((len(series), 1), np.nan)
    away = recent - centre[:, None]
    with np.errstate(invalid="ignore"):
        signal = np.select(
            [
                judged > upper + rounding,
                judged < lower - rounding,
                np.isfinite(judged) & (away > rounding[:, None]).all(axis=1),
                np.isfinite(judged) & (away < -rounding[:, None]).all(axis=1),
            ],
            [ABOVE, BELOW, RUN_ABOVE, RUN_BELOW],
            default="",
        ).astype(object)
    signal[signal == ""] = None
    return Chart(lower, centre, upper, signal)


def signals(cells: pd.DataFrame, value: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Limits of the control chart of the months before each month, and the signal it gives (``judge``).

    ``cells`` has kpi, slice, slice_value and period (YYYY-MM); ``value`` is NaN where hidden.
    """
    import pandas as pd

    low, high, signal = (np.full(len(cells), np.nan), np.full(len(cells), np.nan), np.full(len(cells), None, object))
    if not len(cells):
        return low, high, signal
    month = np.array([int(period[:4]) * 12 + int(period[5:7]) for period in cells["period"]])
    month -= month.min()
    identity = cells[["kpi", "slice", "slice_value"]].fillna({"slice_value": ""})
    series, _ = pd.factorize(pd.MultiIndex.from_frame(identity))
    table = np.full((series.max() + 1, month.max() + 1), np.nan)
    table[series, month] = value
    for column in range(table.shape[1]):
        rows = np.flatnonzero(month == column)
        chart = judge(table[series[rows], : column + 1])
        low[rows], high[rows], signal[rows] = chart.lower, chart.upper, chart.signal
    return low, high, signal


def _filled(series: np.ndarray) -> np.ndarray:
    """Each row's months with data pushed to the end, in their order; the first of them repeated before it.

    So neighbours are neighbours among months with data, and the padding has no moving range.
    """
    missing = ~np.isfinite(series)
    order = np.argsort(~missing, axis=1, kind="stable")
    pushed = np.take_along_axis(series, order, axis=1)
    first = np.minimum(missing.sum(axis=1), series.shape[1] - 1)
    return np.where(np.isfinite(pushed), pushed, np.take_along_axis(pushed, first[:, None], axis=1))
