"""What rows of customers who answer often are worth: linearised variance, design effect, effective number of rows.

Rows of one customer are alike, so a share or mean over rows is less certain than their number says. The effective n
is the number of independent rows with the same variance; it goes where n goes: Wilson's interval (positives are the
share times it), adjusted Wald, Student. Two months in which the same customers answer are compared as if they were
independent, which errs on the side of no change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from flows.inference import intervals
from flows.inference.intervals import CONFIDENCE

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class Clustered(NamedTuple):
    """Mean over rows, its variance (NaN: one cluster), the design effect (at least 1) and the effective n (1 to n)."""

    mean: np.ndarray
    variance: np.ndarray
    design_effect: np.ndarray
    effective_n: np.ndarray


def ratio_variance(
    total: ArrayLike,
    base: ArrayLike,
    clusters: ArrayLike,
    total_squares: ArrayLike,
    products: ArrayLike,
    base_squares: ArrayLike,
) -> np.ndarray:
    """Linearised variance of a ratio Σ total / Σ base over clusters, NaN where there are fewer than two.

    ``total`` and ``base`` are the sums over all; ``total_squares``, ``products`` and ``base_squares`` the sums over
    clusters of total_c², total_c · base_c and base_c². With base_c the rows of a cluster it is the cluster-robust
    variance CR1 of a mean: m / (m - 1) · Σ (total_c - ratio · base_c)² / base² (Cochran 1977, Sampling Techniques).
    """
    total, base, clusters, total_squares, products, base_squares = (
        _floats(each) for each in (total, base, clusters, total_squares, products, base_squares)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = total / base
        residuals = total_squares - 2 * ratio * products + ratio**2 * base_squares
        # what is left of nearly equal sums below their rounding error counts as nothing
        rounding = 16 * np.finfo(float).eps * (total_squares + ratio**2 * base_squares)
        residuals = np.where(residuals > rounding, residuals, 0.0)
        return np.where(clusters > 1, clusters / np.where(clusters > 1, clusters - 1, 1) * residuals / base**2, np.nan)


def clustered_mean(
    n: ArrayLike,
    total: ArrayLike,
    total_squares: ArrayLike,
    clusters: ArrayLike,
    size_squares: ArrayLike,
    size_totals: ArrayLike,
    cluster_total_squares: ArrayLike,
) -> Clustered:
    """A mean over rows in clusters: a share (values 0 and 1), an NPS (1, 0 and -1), a score.

    ``n`` rows with the sums ``total`` (Σx) and ``total_squares`` (Σx²), in ``clusters`` clusters of n_c rows with the
    sums x_c: ``size_squares`` is Σ n_c², ``size_totals`` Σ n_c · x_c, ``cluster_total_squares`` Σ x_c².

    The design effect is the linearised variance over that of n independent rows. It is at least 1: below that it is
    nearly always chance (rows of one customer do not balance each other), and no interval shall be shorter than that
    of independent rows. As the variance is estimated from few clusters and Wilson's interval does not know it, the
    effective n is also multiplied with the squared ratio of Student's quantiles for n - 1 and clusters - 1 degrees
    (Korn & Graubard 1998, Survey Methodology 24:193). Where all rows are alike nothing is seen of how alike the rows
    of one customer are: they then count as copies, n² / Σ n_c², which is Kish's n for customers weighted by rows.
    """
    from scipy.stats import t

    n, total, total_squares, clusters, size_squares = (
        _floats(each) for each in (n, total, total_squares, clusters, size_squares)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        mean, square = total / n, total_squares / n
        variance = ratio_variance(total, n, clusters, cluster_total_squares, size_totals, size_squares)
        independent = intervals.sample_variance(n, mean, square) / n
        copies = intervals.kish_sample_size(n, size_squares)
        alike = ~(independent > 0)
        effect = np.where(alike, n / copies, np.maximum(variance / np.where(alike, 1, independent), 1.0))
        effect = np.where(clusters > 1, effect, n)
        several = clusters > 1
        freedom, row_freedom = (np.where(several, each - 1, np.nan) for each in (clusters, n))
        quantile = (1 + CONFIDENCE) / 2
        caution = np.where(several, (t.ppf(quantile, row_freedom) / t.ppf(quantile, freedom)) ** 2, 1.0)
        # copies are not estimated, so nothing has to be allowed for
        effective = n / effect * np.where(alike, 1.0, caution)
    return Clustered(mean, variance, effect, np.where(n > 0, np.clip(effective, 1.0, np.maximum(n, 1.0)), np.nan))


def _floats(values: ArrayLike) -> np.ndarray:
    return np.atleast_1d(np.asarray(values, float))
