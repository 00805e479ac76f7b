"""Differences between two months, over whole arrays at once: 95 % interval, p-value, and q-values over a family.

Every comparison is the later month minus the earlier one, in the unit of ``intervals``. Swapping the months turns the
signs and keeps p.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from flows.inference import intervals
from flows.inference.intervals import CONFIDENCE
from flows.inference.ranks import GRID

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

#: Whatever lies beyond the last point of the grid, in standard errors, is unknown.
GRID_REACH = float(GRID[-1])


class Difference(NamedTuple):
    """Later minus earlier month: limits of the 95 % interval and the two-sided p-value; NaN where undefined."""

    low: np.ndarray
    high: np.ndarray
    p: np.ndarray


def two_shares(positives: ArrayLike, n: ArrayLike, earlier_positives: ArrayLike, earlier_n: ArrayLike) -> Difference:
    """Difference of two shares, as fractions.

    Interval: Newcombe's method 10 (1998, Statistics in Medicine 17:873). p: pooled two-proportion z, or Fisher's
    exact test where a cell of the 2x2 table expects fewer than 5 (effective counts are rounded for it).
    """
    from scipy.stats import fisher_exact
    from statsmodels.stats.proportion import confint_proportions_2indep, score_test_proportions_2indep

    counts = [np.atleast_1d(np.asarray(count, float)) for count in (positives, n, earlier_positives, earlier_n)]
    low, high = confint_proportions_2indep(*counts, compare="diff", method="newcomb", alpha=1 - CONFIDENCE)
    later, later_n, before, before_n = counts
    pooled = (later + before) / (later_n + before_n)
    small = np.minimum(later_n, before_n) * np.minimum(pooled, 1 - pooled) < 5
    p = np.full(len(later), np.nan)
    if (~small).any():
        large = [count[~small] for count in counts]
        p[~small] = score_test_proportions_2indep(*large, value=0, correction=False, return_results=False)[1]
    tables = np.rint(np.stack([later, later_n - later, before, before_n - before], axis=1)[small]).astype(int)
    if len(tables):
        distinct, where = np.unique(tables, axis=0, return_inverse=True)
        exact = np.array([fisher_exact(table.reshape(2, 2)).pvalue for table in distinct])
        p[small] = exact[where.reshape(-1)]
    return Difference(np.clip(low, -1, 1), np.clip(high, -1, 1), np.clip(p, 0, 1))


def two_nps(
    promoters: ArrayLike,
    detractors: ArrayLike,
    n: ArrayLike,
    earlier_promoters: ArrayLike,
    earlier_detractors: ArrayLike,
    earlier_n: ArrayLike,
) -> Difference:
    """Difference of two NPS in points, each month adjusted as ``intervals.adjusted_nps``; clipped to ±200."""
    from scipy.stats import norm

    centre, error = intervals.adjusted_nps(promoters, detractors, n)
    earlier_centre, earlier_error = intervals.adjusted_nps(earlier_promoters, earlier_detractors, earlier_n)
    difference, error = centre - earlier_centre, np.hypot(error, earlier_error)
    half_width = intervals.normal_quantile() * error
    return Difference(
        np.clip(100 * (difference - half_width), -200, 200),
        np.clip(100 * (difference + half_width), -200, 200),
        2 * norm.sf(np.abs(difference) / error),
    )


def two_means(
    n: ArrayLike,
    mean: ArrayLike,
    variance: ArrayLike,
    earlier_n: ArrayLike,
    earlier_mean: ArrayLike,
    earlier_variance: ArrayLike,
) -> Difference:
    """Welch's difference of two means with Satterthwaite's degrees of freedom.

    Written out because SciPy gives no interval from summary statistics, and weighted months have fractional n.
    Where neither month has any spread the interval is the difference itself, and p is 1 or 0.
    """
    from scipy.stats import t

    n, mean, variance, earlier_n, earlier_mean, earlier_variance = (
        np.atleast_1d(np.asarray(part, float))
        for part in (n, mean, variance, earlier_n, earlier_mean, earlier_variance)
    )
    difference = mean - earlier_mean
    square, earlier_square = variance / n, earlier_variance / earlier_n
    error = np.sqrt(square + earlier_square)
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = error**4 / (square**2 / (n - 1) + earlier_square**2 / (earlier_n - 1))
        half_width = t.ppf((1 + CONFIDENCE) / 2, freedom) * error
        p = 2 * t.sf(np.abs(difference) / error, freedom)
    flat = error == 0
    half_width = np.where(flat, 0.0, half_width)
    p = np.where(flat, np.where(difference == 0, 1.0, 0.0), p)
    return Difference(difference - half_width, difference + half_width, p)


def two_rates(
    events: ArrayLike, exposure: ArrayLike, earlier_events: ArrayLike, earlier_exposure: ArrayLike
) -> Difference:
    """Difference of two Poisson rates, in events per unit of exposure.

    Interval: MOVER, the square-and-add of the two Garwood intervals (Zou & Donner 2008, Statistics in Medicine
    27:1693). p: given all events, the later month's are binomial with its share of the exposure (Przyborowski &
    Wilenski 1940); twice the smaller tail, which agrees with Garwood's equal tails.
    """
    from scipy.stats import binom
    from statsmodels.stats.rates import confint_poisson_2indep

    events, exposure, earlier_events, earlier_exposure = (
        np.atleast_1d(np.asarray(part, float)) for part in (events, exposure, earlier_events, earlier_exposure)
    )
    low, high = confint_poisson_2indep(
        events,
        exposure,
        earlier_events,
        earlier_exposure,
        compare="diff",
        method="mover",
        method_mover="exact-c",
        alpha=1 - CONFIDENCE,
    )
    both, share = events + earlier_events, exposure / (exposure + earlier_exposure)
    tails = np.minimum(binom.cdf(events, both, share), binom.sf(events - 1, both, share))
    return Difference(low, high, np.minimum(1.0, 2 * tails))


def two_quantiles(draws: np.ndarray, earlier_draws: np.ndarray) -> Difference:
    """Difference of two quantiles from their sampling distributions on a grid; one pair a row.

    Each row holds the order statistics that ``ranks.quantile_ranks`` names for the z of GRID, weighted by the standard
    normal density: what a bootstrap of the quantile tends to, without drawing. The difference has the distribution of
    all pairs of points; its 2.5th and 97.5th percentile bound it and p = 2·min(P(d ≤ 0), P(d ≥ 0)), half of a tie on
    either side.

    +infinity marks a point beyond the follow-up window. Two such points differ by something unknown: they count
    against any change, and the interval is NaN where a limit would rest on them or be infinite. Points beyond
    GRID_REACH are unknown too, so p is never below the normal tail there.
    """
    weights = np.exp(-(GRID**2) / 2)
    weights = np.outer(weights, weights).ravel() / weights.sum() ** 2
    # a few hundred pairs at a time: 65 x 65 differences each would otherwise fill the memory
    parts = [
        _grid_difference(draws[start : start + 256], earlier_draws[start : start + 256], weights)
        for start in range(0, len(draws), 256)
    ]
    if not parts:
        return Difference(np.empty(0), np.empty(0), np.empty(0))
    return Difference(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _grid_difference(draws: np.ndarray, earlier_draws: np.ndarray, weights: np.ndarray) -> Difference:
    from scipy.stats import norm

    with np.errstate(invalid="ignore"):  # infinity minus infinity is what is looked for
        # the earlier grid backwards: then every stretch of 65 ascends and the stable sort below merges them
        difference = (draws[:, :, None] - earlier_draws[:, None, ::-1]).reshape(len(draws), -1)
    # the weights are symmetric, so the backward grid keeps them
    unknown = np.isnan(difference) @ weights
    either = unknown + (difference == 0) @ weights / 2
    below, above = (difference < 0) @ weights + either, (difference > 0) @ weights + either
    p = np.clip(2 * np.minimum(below, above), 2 * norm.sf(GRID_REACH), 1.0)

    # The unknown ones sort last. For the lower limit they may as well lie first, and take their share from the tail.
    order = np.argsort(difference, axis=1, kind="stable")
    reached = np.cumsum(weights[order], axis=1)
    tail = (1 - CONFIDENCE) / 2

    def percentile(share: np.ndarray | float) -> np.ndarray:
        place = np.minimum((reached < np.reshape(share, (-1, 1))).sum(axis=1, keepdims=True), len(weights) - 1)
        return np.take_along_axis(difference, np.take_along_axis(order, place, axis=1), axis=1)[:, 0]

    low, high = percentile(tail - unknown), percentile(1 - tail)
    defined = (unknown < tail) & np.isfinite(low) & np.isfinite(high)
    return Difference(np.where(defined, low, np.nan), np.where(defined, high, np.nan), p)


def benjamini_hochberg(p: ArrayLike, family: ArrayLike) -> np.ndarray:
    """q-values by the step-up method of Benjamini & Hochberg (1995), each ``family`` for itself; NaN stays NaN.

    A cell without p is not counted in its family.
    """
    from statsmodels.stats.multitest import multipletests

    p, family = np.asarray(p, float), np.asarray(family)
    q = np.full(len(p), np.nan)
    tested = ~np.isnan(p)
    for name in np.unique(family[tested]):
        members = tested & (family == name)
        q[members] = multipletests(p[members], method="fdr_bh")[1]
    return q
