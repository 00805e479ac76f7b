"""Geometric means, for what is skewed and above zero: Student's interval and Welch's test on the logarithms.

Rows of zero have no logarithm: whoever observes adds half the clock's unit to every row, and says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from flows.inference import comparisons, intervals
from flows.inference.comparisons import Difference

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class Ratio(NamedTuple):
    """Later over earlier month: value, limits of the 95 % interval and the two-sided p-value; NaN where undefined."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray


def log_mean(
    n: ArrayLike, log_total: ArrayLike, log_total_squares: ArrayLike
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Geometric mean of n rows with its limits, in the unit of the rows; the limits are NaN where n <= 1.

    ``log_total`` and ``log_total_squares`` are the sums of the natural logarithms and of their squares.
    """
    n, mean, variance = _moments(n, log_total, log_total_squares)
    low, high = intervals.student_mean(n, mean, variance)
    with np.errstate(over="ignore"):  # two rows far apart: a limit may be infinite, and is then none
        low, high = np.exp(low), np.exp(high)
    return np.exp(mean), low, np.where(np.isfinite(high), high, np.nan)


def ratio_of_log_means(
    n: ArrayLike,
    log_total: ArrayLike,
    log_total_squares: ArrayLike,
    earlier_n: ArrayLike,
    earlier_log_total: ArrayLike,
    earlier_log_total_squares: ArrayLike,
) -> Ratio:
    """Ratio of two geometric means: Welch's difference of the mean logarithms, taken back."""
    later = _moments(n, log_total, log_total_squares)
    earlier = _moments(earlier_n, earlier_log_total, earlier_log_total_squares)
    low, high, p = comparisons.two_means(*later, *earlier)
    with np.errstate(over="ignore"):
        high = np.exp(high)
    return Ratio(np.exp(later[1] - earlier[1]), np.exp(low), np.where(np.isfinite(high), high, np.nan), p)


def two_log_means(
    n: ArrayLike,
    log_total: ArrayLike,
    log_total_squares: ArrayLike,
    earlier_n: ArrayLike,
    earlier_log_total: ArrayLike,
    earlier_log_total_squares: ArrayLike,
) -> Difference:
    """Difference of two geometric means in the unit of the rows, as a figure's change is told.

    p is Welch's on the logarithms. The interval is MOVER, the square-and-add of the two months' own limits (Zou &
    Donner 2008, Statistics in Medicine 27:1693): the ratio's limits say nothing in hours.
    """
    value, low, high = log_mean(n, log_total, log_total_squares)
    earlier_value, earlier_low, earlier_high = log_mean(earlier_n, earlier_log_total, earlier_log_total_squares)
    sums = (n, log_total, log_total_squares, earlier_n, earlier_log_total, earlier_log_total_squares)
    difference = value - earlier_value
    return Difference(
        difference - np.hypot(value - low, earlier_high - earlier_value),
        difference + np.hypot(high - value, earlier_value - earlier_low),
        ratio_of_log_means(*sums).p,
    )


def _moments(n: ArrayLike, total: ArrayLike, total_squares: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n, total, total_squares = (np.atleast_1d(np.asarray(each, float)) for each in (n, total, total_squares))
    n = np.where(n > 0, n, np.nan)
    mean = total / n
    return n, mean, intervals.sample_variance(n, mean, total_squares / n)
