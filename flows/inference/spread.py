"""How much groups (agents, touchpoints) differ beyond chance: one-way random effects from sufficient statistics.

The standard deviation of plain group means is mostly chance where groups are small. Here the part within groups is
taken off, so that agents who are all alike have a spread of about 0 however few answers each has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from flows.inference.intervals import CONFIDENCE

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class Spread(NamedTuple):
    """One entry a cell, NaN where undefined: the standard deviation between groups with its 95 % limits, the p of no
    difference, and the variances between groups and of one row within its group."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray
    between_variance: np.ndarray
    within_variance: np.ndarray


def spread_between(
    groups: ArrayLike,
    n: ArrayLike,
    size_squares: ArrayLike,
    total: ArrayLike,
    squared_totals_per_row: ArrayLike,
    total_squares: ArrayLike,
) -> Spread:
    """Standard deviation between groups, in the unit of the measure, by the method of moments, cut off at 0.

    ``groups`` groups of n_g rows with the sums S_g; over groups ``n`` is Σ n_g, ``size_squares`` Σ n_g², ``total``
    Σ S_g, ``squared_totals_per_row`` Σ S_g² / n_g; over rows ``total_squares`` is Σ x². Shares are scores of 0 and 1.

    With the mean squares MSB and MSW of the analysis of variance and n_0 = (n - Σ n_g² / n) / (groups - 1) the variance
    between is (MSB - MSW) / n_0 (Searle, Casella & McCulloch 1992, Variance Components). Its limits invert the ratio
    F = MSB / MSW as Thomas & Hultquist (1978, Annals of Statistics 6:582) do, (MSB / F_q - MSW) / n_0, with n_0 for
    their harmonic mean, which does worse where groups differ by little. Simulated: 94 to 97 % where groups are of one
    size or their spread is up to a tenth of that within; with 5 to 80 rows a group 93 % at a third, 90 % at the same.

    p is of Cochran's Q = Σ n_g (mean_g - mean)² / MSW: for its chi-square with groups - 1 degrees stands
    Q / (groups - 1) ~ F, as MSW is itself estimated. NaN for fewer than two groups, or one row in each.
    """
    from scipy.stats import f

    groups, n, size_squares, total, squared_totals_per_row, total_squares = (
        np.atleast_1d(np.asarray(each, float))
        for each in (groups, n, size_squares, total, squared_totals_per_row, total_squares)
    )
    defined = (groups > 1) & (n > groups)
    freedom = np.where(defined, groups - 1, np.nan)
    within_freedom = np.where(defined, n - groups, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        # what is left of nearly equal sums below their rounding error counts as nothing
        rounding = 16 * np.finfo(float).eps * total_squares
        between, within = squared_totals_per_row - total**2 / n, total_squares - squared_totals_per_row
        between, within = (np.where(part > rounding, part, 0.0) for part in (between, within))
        between, within = between / freedom, within / within_freedom
        size = (n - size_squares / n) / freedom
        tail = (1 - CONFIDENCE) / 2
        variance, low, high = (
            np.maximum(0, between / ratio - within) / size
            for ratio in (1.0, f.ppf(1 - tail, freedom, within_freedom), f.ppf(tail, freedom, within_freedom))
        )
        p = np.where(between > 0, f.sf(between / within, freedom, within_freedom), np.where(defined, 1.0, np.nan))
    return Spread(np.sqrt(variance), np.sqrt(low), np.sqrt(high), p, variance, within)


def shrunk_means(
    cell: ArrayLike, n: ArrayLike, total: ArrayLike, between_variance: ArrayLike, within_variance: ArrayLike
) -> np.ndarray:
    """Each group's mean, drawn towards the mean of its cell as far as chance explains it (empirical Bayes).

    One entry a group: ``cell`` is its cell's place in the variances of ``Spread``, ``n`` its rows, ``total`` their
    sum. With the share B = between / (between + within / n_g) the mean is B · mean_g + (1 - B) · centre, the centre
    being the mean of group means weighted by 1 / (between + within / n_g): the best linear unbiased prediction
    (Robinson 1991, Statistical Science 6:15). Ranks of agents come from these, never from plain means. NaN where the
    cell has no variances.
    """
    cell = np.asarray(cell, int)
    n, mean = np.asarray(n, float), np.asarray(total, float) / np.asarray(n, float)
    between, within = (np.atleast_1d(np.asarray(each, float)) for each in (between_variance, within_variance))
    variance = between[cell] + within[cell] / n
    # without any variance all groups of the cell are equal, and weigh by their rows
    precision = np.where(variance > 0, 1 / np.where(variance > 0, variance, 1), n)
    cells = len(between)
    weights = np.bincount(cell, precision, cells)[cell]
    centre = np.bincount(cell, precision * mean, cells)[cell] / weights
    share = np.where(variance > 0, between[cell] * precision, 0.0)
    return np.where(np.isnan(variance), np.nan, share * mean + (1 - share) * centre)
