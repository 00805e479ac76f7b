"""A value with its standard error made into 95 % limits, and the difference of two of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from flows.inference.comparisons import Difference
from flows.inference.intervals import normal_quantile

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class Estimate(NamedTuple):
    """Value and 95 % limits, one of each a cell; NaN where undefined."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray


def wald(value: ArrayLike, error: ArrayLike) -> Estimate:
    """Limits of an asymptotically normal value from its standard error."""
    value, reach = np.asarray(value, float), normal_quantile() * np.asarray(error, float)
    return Estimate(value, value - reach, value + reach)


def two_estimates(value: ArrayLike, error: ArrayLike, earlier_value: ArrayLike, earlier_error: ArrayLike) -> Difference:
    """Later minus earlier of two independent, asymptotically normal values, with a two-sided z test.

    Without any error p is 1 or 0, as for ``comparisons.two_means``.
    """
    from scipy.stats import norm

    difference = np.asarray(value, float) - np.asarray(earlier_value, float)
    error = np.hypot(error, earlier_error)
    _, low, high = wald(difference, error)
    sure = np.where(np.isnan(difference), np.nan, np.where(difference == 0, 1.0, 0.0))
    with np.errstate(over="ignore"):  # next to no error: p is 0
        z = np.abs(difference) / np.where(error > 0, error, 1)
    return Difference(low, high, np.where(error == 0, sure, np.where(np.isnan(error), np.nan, 2 * norm.sf(z))))
